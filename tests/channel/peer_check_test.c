/* SPDX-License-Identifier: Apache-2.0 */
/* tests/channel/peer_check_test.c - the usual approver names the rule that was broken. */
#include "channel/peer_check.h"

#include "channel_kit.h"

static const struct {
	const char *says, *name;
	int from, until;
	bool own_ca, as_server;
	enum peer_rule rule;
	const char *check_name;
} judged[] = {
    {"a good phone", "SEP001122334455", -1, 9, true, false, PEER_RULE_NONE, NULL},
    {"an expired one", "SEP001122334455", -9, -1, true, false, PEER_RULE_EXPIRED, NULL},
    {"one of next year", "SEP001122334455", 5, 9, true, false, PEER_RULE_NOT_YET_VALID, NULL},
    {"one of another CA", "SEP001122334455", -1, 9, false, false, PEER_RULE_UNKNOWN_CA, NULL},
    {"a good server", "m|DNS:manager.test", -1, 9, true, true, PEER_RULE_NONE, "manager.test"},
    {"a server of another name", "m|DNS:other.test", -1, 9, true, true, PEER_RULE_NAME,
	"manager.test"},
    {"a server of an address", "m|IP:127.0.0.1", -1, 9, true, true, PEER_RULE_NONE, "127.0.0.1"},
    {"of another address", "m|IP:127.0.0.2", -1, 9, true, true, PEER_RULE_NAME, "127.0.0.1"},
};

static void
the_usual_approver_names_the_rule(void **state)
{
	struct kit_certificate other, tested;

	(void)state;
	kit_make(&other, "P-256", "Other CA", NULL, -1, 99);
	for (size_t i = 0; i < COUNT(judged); i++) {
		struct peer_anchor anchor = {kit_ca.certificate, "issued by the test"};
		struct peer_check check = {&anchor, 1, clock_wall(), judged[i].check_name};
		struct peer_chain chain = {.peer_is_server = judged[i].as_server};
		struct peer_verdict verdict = {0};
		struct why why = {""};
		enum fault fault;

		kit_make(&tested, "P-256", judged[i].name, judged[i].own_ca ? &kit_ca : &other,
		    judged[i].from, judged[i].until);
		chain.certificate = tested.certificate;
		fault = peer_check(&chain, &check, &verdict, &why);
		if (verdict.rule != judged[i].rule ||
		    (fault == FAULT_NONE) != (judged[i].rule == PEER_RULE_NONE))
			fail_msg(
			    "%s: %s: %s", judged[i].says, peer_rule_words(verdict.rule), why.text);
		if (fault == FAULT_NONE)
			assert_string_equal(verdict.trusted_by, "issued by the test");
		else
			assert_string_not_equal(why.text, "");
		kit_forget(&tested);
	}
	kit_forget(&other);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_usual_approver_names_the_rule),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
