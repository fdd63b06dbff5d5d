/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/signalling/sip_transaction_test.c - the four machines with a clock of our own: each case is
 * a script of what happens, and the trace it leaves.
 *
 *     script: "@500" the time is then 500 ms; "!500" so too, but nobody ticked on the way; "<180" a
 * response comes; "<INVITE" a request comes;
 *             ">200" the user answers; "close" the flow goes
 *     trace:  "500 send INVITE", "600 hear 180", "700 end timeout" ...
 */
#include "signalling/sip_transaction.h"

#include <stdio.h>
#include <stdlib.h>

#include "signalling/sip_builder.h"
#include "signalling/sip_validate.h"
#include "tests.h"

enum { TRACE_SIZE = 4096 };

struct play {
	struct sip_transactions *table;
	struct sip_transaction *transaction;
	uint64_t now;
	bool reliable;
	const char *method;
	char trace[TRACE_SIZE];
};

static struct sip_message message;

static void
note(struct play *play, const char *what, const char *more)
{
	size_t size = strlen(play->trace);

	snprintf(play->trace + size, sizeof(play->trace) - size, "%s%llu %s %s",
	    size > 0 ? ", " : "", (unsigned long long)play->now, what, more);
}

static const char *
name_of(struct bytes bytes, char name[16])
{
	struct sip_message read;
	struct why why;

	assert_accepted(sip_message_read(bytes, &read, &why), why);
	if (read.request)
		snprintf(name, 16, "%.*s", (int)read.method_name.left,
		    (const char *)read.method_name.at);
	else
		snprintf(name, 16, "%u", read.status);
	return name;
}

static void
on_send(void *arg, uint64_t flow, struct bytes bytes)
{
	char name[16];

	assert_int_equal(flow, 7);
	note(arg, "send", name_of(bytes, name));
}

static void
on_request(void *arg, struct sip_transaction *server, const struct sip_message *request,
    struct sip_transaction *invite)
{
	struct play *play = arg;

	(void)request;
	if (invite != NULL) {
		note(play, "cancels", sip_transaction_state(invite));
		return;
	}
	play->transaction = server;
	note(play, "asked", sip_method_name(sip_transaction_method(server)));
}

static void
on_ack(void *arg, uint64_t flow, const struct sip_message *ack)
{
	(void)flow;
	(void)ack;
	note(arg, "hear", "ACK");
}

static void
on_response(
    void *arg, uint64_t flow, struct sip_transaction *client, const struct sip_message *response)
{
	char status[8];

	(void)flow;
	snprintf(status, sizeof(status), "%u", response->status);
	note(arg, client != NULL ? "hear" : "stray", status);
}

static void
on_end(void *arg, struct sip_transaction *transaction, enum sip_transaction_end end)
{
	static const char *const names[] = {"timeout", "transport", "done"};
	struct play *play = arg;

	if (play->transaction == transaction)
		play->transaction = NULL;
	note(play, "end", names[end]);
}

/* A request of the peer's or of ours; an ACK for a 2xx has a branch of its own. */
static struct bytes
make_request(struct sip_builder *builder, const char *method, const char *branch)
{
	struct bytes bytes;
	struct why why;

	sip_builder_request(builder, method, bytes_text("sip:b@192.0.2.1"));
	sip_builder_header(builder, SIP_HEADER_VIA, "SIP/2.0/UDP 192.0.2.9%s%s",
	    branch[0] ? ";branch=" : "", branch);
	sip_builder_header(builder, SIP_HEADER_FROM, "<sip:a@192.0.2.9>;tag=a");
	sip_builder_header(builder, SIP_HEADER_TO, "<sip:b@192.0.2.1>");
	sip_builder_header(builder, SIP_HEADER_CALL_ID, "c");
	sip_builder_header(builder, SIP_HEADER_CSEQ, "1 %s", method);
	assert_accepted(sip_builder_finish(builder, NULL, bytes_of(NULL, 0), &bytes, &why), why);
	return bytes;
}

static void
receive(struct play *play, struct bytes bytes)
{
	struct sip_verdict verdict;
	struct why why;

	assert_accepted(sip_message_read(bytes, &message, &why), why);
	if (!sip_validate(&message, &verdict))
		fail_msg("%s", verdict.why.text);
	(void)!sip_transactions_receive(play->table, 7, play->reliable, &message, play->now, &why);
}

static void
receive_request(struct play *play, const char *method)
{
	struct sip_builder builder;
	bool new_branch = strcmp(method, "ACK2") == 0;
	bool old = play->method[0] == '-';

	receive(play, make_request(&builder, new_branch ? "ACK" : method,
			  old          ? ""
			  : new_branch ? "z9hG4bKsecond"
				       : "z9hG4bKfirst"));
	sip_builder_free(&builder);
}

/* A response to our request. */
static void
receive_response(struct play *play, unsigned status)
{
	struct sip_builder request, response;
	static struct sip_message asked;
	struct bytes bytes;
	struct why why;

	assert_accepted(
	    sip_message_read(make_request(&request, play->method, "z9hG4bKfirst"), &asked, &why),
	    why);
	sip_builder_response(&response, &asked, status, NULL, "b");
	assert_accepted(sip_builder_finish(&response, NULL, bytes_of(NULL, 0), &bytes, &why), why);
	receive(play, bytes);
	sip_builder_free(&response);
	sip_builder_free(&request);
}

static void
respond(struct play *play, unsigned status)
{
	struct sip_builder request, response;
	static struct sip_message asked;
	struct bytes bytes;
	struct why why;

	if (play->transaction == NULL) {
		note(play, "cannot", "answer");
		return;
	}
	assert_accepted(
	    sip_message_read(make_request(&request, "INVITE", "z9hG4bKfirst"), &asked, &why), why);
	sip_builder_response(&response, &asked, status, NULL, "b");
	assert_accepted(sip_builder_finish(&response, NULL, bytes_of(NULL, 0), &bytes, &why), why);
	if (sip_transaction_respond(play->transaction, status, bytes, play->now, &why) !=
	    FAULT_NONE)
		note(play, "cannot", "answer");
	sip_builder_free(&response);
	sip_builder_free(&request);
}

/* Every deadline on the way there happens at its own time. */
static void
advance(struct play *play, uint64_t until)
{
	uint64_t due;

	while ((due = sip_transactions_due(play->table)) <= until) {
		play->now = due > play->now ? due : play->now;
		sip_transactions_tick(play->table, play->now);
	}
	play->now = until;
}

static void
step(struct play *play, const char *word)
{
	if (word[0] == '@')
		advance(play, (uint64_t)atoi(word + 1));
	else if (word[0] == '<' && word[1] >= '0' && word[1] <= '9')
		receive_response(play, (unsigned)atoi(word + 1));
	else if (word[0] == '<')
		receive_request(play, word + 1);
	else if (word[0] == '>')
		respond(play, (unsigned)atoi(word + 1));
	else if (word[0] == '!')
		play->now = (uint64_t)atoi(word + 1);
	else if (strcmp(word, "close") == 0)
		sip_transactions_flow_closed(play->table, 7);
	else
		fail_msg("\"%s\" is no step", word);
}

static void
run(struct play *play, const char *script)
{
	const struct sip_transaction_seams seams = {
	    .arg = play,
	    .send = on_send,
	    .on_request = on_request,
	    .on_ack = on_ack,
	    .on_response = on_response,
	    .on_end = on_end,
	};
	char copy[256], *rest = copy, *word;
	struct sip_builder builder;
	struct why why;

	assert_accepted(sip_transactions_new(&play->table, 10, &seams, &why), why);
	if (play->method[0] != '\0' && play->method[0] != '-') {
		assert_accepted(sip_transactions_request(play->table, 7, play->reliable,
				    make_request(&builder, play->method, "z9hG4bKfirst"), NULL, 0,
				    &play->transaction, &why),
		    why);
		sip_builder_free(&builder);
	}
	snprintf(copy, sizeof(copy), "%s", script);
	while ((word = strsep(&rest, " ")) != NULL)
		if (word[0] != '\0')
			step(play, word);
	sip_transactions_free(play->table);
}

static const struct {
	const char *says;
	const char *method; /* of our request; "" when the peer asks; "-": asks as RFC 2543 did */
	bool reliable;
	const char *script, *trace;
} cases[] = {
    /* client INVITE */
    {"an INVITE nobody answers is repeated, then given up (A, B)", "INVITE", false, "@40000",
	"0 send INVITE, 500 send INVITE, 1500 send INVITE, 3500 send INVITE, 7500 send INVITE, "
	"15500 send INVITE, 31500 send INVITE, 32000 end timeout"},
    {"over TCP it is not repeated", "INVITE", true, "@40000", "0 send INVITE, 32000 end timeout"},
    {"a provisional answer stops repeating, without end", "INVITE", false,
	"@100 <180 @200 <180 @90000", "0 send INVITE, 100 hear 180, 200 hear 180"},
    {"a failure is acknowledged, as often as it comes (D)", "INVITE", false,
	"@100 <180 @200 <486 @700 <486 @40000",
	"0 send INVITE, 100 hear 180, 200 send ACK, 200 hear 486, 700 send ACK, 32200 end done"},
    {"over TCP a failure ends at once", "INVITE", true, "@100 <486 @200 <486",
	"0 send INVITE, 100 send ACK, 100 hear 486, 100 end done"},
    {"every 2xx is the user's for 32 s (M)", "INVITE", false,
	"@100 <200 @600 <200 @700 <180 @40000",
	"0 send INVITE, 100 hear 200, 600 hear 200, 32100 end done"},
    {"a 2xx after that matches nothing", "INVITE", true, "@100 <200 @40000 <200",
	"0 send INVITE, 100 hear 200, 32100 end done, 40000 stray 200"},
    {"its flow closes", "INVITE", true, "@100 close <200",
	"0 send INVITE, 100 end transport, 100 stray 200"},

    /* client non-INVITE */
    {"a request nobody answers is repeated up to every 4 s (E, F)", "OPTIONS", false, "@40000",
	"0 send OPTIONS, 500 send OPTIONS, 1500 send OPTIONS, 3500 send OPTIONS, "
	"7500 send OPTIONS, 11500 send OPTIONS, 15500 send OPTIONS, 19500 send OPTIONS, "
	"23500 send OPTIONS, 27500 send OPTIONS, 31500 send OPTIONS, 32000 end timeout"},
    {"a provisional answer slows it down to 4 s, and F still runs", "OPTIONS", false,
	"@100 <100 @13000 <200 @14000 <200 @40000",
	"0 send OPTIONS, 100 hear 100, 4100 send OPTIONS, 8100 send OPTIONS, 12100 send OPTIONS, "
	"13000 hear 200, 18000 end done"},
    {"over TCP it ends with its answer (K)", "OPTIONS", true, "@100 <404",
	"0 send OPTIONS, 100 hear 404, 100 end done"},
    {"over TCP it times out all the same", "OPTIONS", true, "@40000",
	"0 send OPTIONS, 32000 end timeout"},

    {"an answer that comes late, before anyone looked at the clock, counts", "OPTIONS", true,
	"!40000 <183 @40001", "0 send OPTIONS, 40000 hear 183, 40000 end timeout"},

    /* server INVITE */
    {"a repeated INVITE gets the last provisional answer", "", false,
	"<INVITE @100 <INVITE @200 >180 @300 <INVITE",
	"0 asked INVITE, 200 send 180, 300 send 180"},
    {"a failure is repeated until its ACK (G), then absorbed (I)", "", false,
	"<INVITE >486 @1600 <INVITE <ACK @2000 <ACK @9000",
	"0 asked INVITE, 0 send 486, 500 send 486, 1500 send 486, 1600 send 486, 6600 end done"},
    {"a failure without ACK is given up (H)", "", false, "<INVITE >486 @40000",
	"0 asked INVITE, 0 send 486, 500 send 486, 1500 send 486, 3500 send 486, 7500 send 486, "
	"11500 send 486, 15500 send 486, 19500 send 486, 23500 send 486, 27500 send 486, "
	"31500 send 486, 32000 end timeout"},
    {"over TCP a failure is not repeated, and its ACK ends all", "", true,
	"<INVITE >486 @5000 <ACK", "0 asked INVITE, 0 send 486, 5000 end done"},
    {"after a 2xx the INVITE is absorbed, the user repeats, ACK is the user's (L)", "", false,
	"<INVITE >200 @400 <INVITE @500 >200 @600 <ACK2 @40000",
	"0 asked INVITE, 0 send 200, 500 send 200, 600 hear ACK, 32000 end done"},
    {"a 2xx is not followed by a failure", "", true, "<INVITE >200 >486",
	"0 asked INVITE, 0 send 200, 0 cannot answer"},
    {"CANCEL finds its INVITE", "", false, "<INVITE @100 <CANCEL",
	"0 asked INVITE, 100 cancels proceeding"},
    {"an INVITE without the branch of RFC 3261", "-", false,
	"<INVITE @100 <INVITE @200 >486 @300 <INVITE @400 <ACK @9000",
	"0 asked INVITE, 200 send 486, 300 send 486, 5400 end done"},

    /* server non-INVITE */
    {"a repeated request waits, then gets the same answer for 32 s (J)", "", false,
	"<OPTIONS @100 <OPTIONS @200 >100 @250 <OPTIONS @300 >200 @400 <OPTIONS >404 @40000",
	"0 asked OPTIONS, 200 send 100, 250 send 100, 300 send 200, 400 send 200, "
	"400 cannot answer, 32300 end done"},
    {"over TCP it ends with its answer", "", true, "<OPTIONS >200",
	"0 asked OPTIONS, 0 send 200, 0 end done"},
    {"an ACK for nothing is the user's", "", false, "<ACK", "0 hear ACK"},
};

static void
each_machine_leaves_its_trace(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct play play = {.reliable = cases[i].reliable, .method = cases[i].method};

		run(&play, cases[i].script);
		if (strcmp(play.trace, cases[i].trace) != 0)
			fail_msg("%s:\n  is       %s\n  expected %s", cases[i].says, play.trace,
			    cases[i].trace);
	}
}

static void
there_are_never_more_than_allowed(void **state)
{
	struct play play = {.method = ""};
	const struct sip_transaction_seams seams = {
	    .arg = &play, .send = on_send, .on_request = on_request, .on_end = on_end};
	struct sip_verdict verdict;
	struct why why;

	(void)state;
	assert_accepted(sip_transactions_new(&play.table, 3, &seams, &why), why);
	for (int i = 0; i < 4; i++) {
		struct sip_builder builder;
		char branch[32];
		enum fault fault;

		snprintf(branch, sizeof(branch), "z9hG4bK%d", i);
		assert_accepted(
		    sip_message_read(make_request(&builder, "OPTIONS", branch), &message, &why),
		    why);
		assert_true(sip_validate(&message, &verdict));
		fault = sip_transactions_receive(play.table, 7, false, &message, 0, &why);
		assert_int_equal(fault, i < 3 ? FAULT_NONE : FAULT_LIMIT);
		sip_builder_free(&builder);
	}
	assert_int_equal(sip_transactions_count(play.table), 3);
	sip_transactions_free(play.table);
}

static void
a_response_by_another_flow_is_none_of_ours(void **state)
{
	struct play play = {.method = "OPTIONS"};
	const struct sip_transaction_seams seams = {
	    .arg = &play, .send = on_send, .on_response = on_response, .on_end = on_end};
	struct sip_builder builder, response;
	struct sip_verdict verdict;
	struct bytes bytes;
	struct why why;

	(void)state;
	assert_accepted(sip_transactions_new(&play.table, 3, &seams, &why), why);
	bytes = make_request(&builder, "OPTIONS", "z9hG4bKfirst");
	assert_accepted(
	    sip_transactions_request(play.table, 7, true, bytes, NULL, 0, NULL, &why), why);
	assert_accepted(sip_message_read(bytes, &message, &why), why);
	sip_builder_response(&response, &message, 200, NULL, "b");
	assert_accepted(sip_builder_finish(&response, NULL, bytes_of(NULL, 0), &bytes, &why), why);
	assert_accepted(sip_message_read(bytes, &message, &why), why);
	assert_true(sip_validate(&message, &verdict));
	assert_refused(sip_transactions_receive(play.table, 8, true, &message, 0, &why),
	    FAULT_UNEXPECTED, why, "nothing we asked");
	sip_builder_free(&builder);
	sip_builder_free(&response);
	sip_transactions_free(play.table);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_machine_leaves_its_trace),
	    cmocka_unit_test(there_are_never_more_than_allowed),
	    cmocka_unit_test(a_response_by_another_flow_is_none_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
