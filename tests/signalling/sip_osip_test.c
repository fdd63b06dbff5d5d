/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/signalling/sip_osip_test.c - libosip2 as an oracle: what we accept it reads the same way.
 * Where it does not, the reason stands in the table of oddities, and is checked to be still true.
 */
#include <dirent.h>
#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <stdio.h>
#include <stdlib.h>

/* It takes this name for itself. */
#undef SIP_ACCEPTED
#include "signalling/sip_validate.h"
#include "tests.h"

/* Messages we take that libosip2 refuses, or reads another way. */
static const struct {
	const char *name, *why;
} oddities[] = {
    {"intmeth", "it reads C strings: the escaped NUL in To ends it"},
    {"novelsc", "it refuses a request URI that is not SIP's"},
};

struct comparison {
	const char *name;
	const char *differs; /* NULL: nothing */
	char detail[256];
};

static uint8_t bytes[SIP_MESSAGE_MOST];
static struct sip_message ours;

static void
differ(struct comparison *comparison, const char *what, struct bytes mine, const char *its)
{
	if (comparison->differs != NULL)
		return;
	comparison->differs = what;
	snprintf(comparison->detail, sizeof(comparison->detail), "\"%.*s\" and \"%s\"",
	    (int)mine.left, (const char *)mine.at, its != NULL ? its : "(none)");
}

/* NULL and "" mean the same on both sides. */
static void
compare(struct comparison *comparison, const char *what, struct bytes mine, const char *its)
{
	if (!bytes_equal(bytes_trim(mine), bytes_trim(bytes_text(its))))
		differ(comparison, what, mine, its);
}

/* It takes the brackets off an IPv6 address. */
static void
compare_host(struct comparison *comparison, const char *what, struct bytes mine, const char *its)
{
	if (mine.left > 2 && mine.at[0] == '[')
		mine = bytes_part(mine, 1, mine.left - 2);
	compare(comparison, what, mine, its);
}

static void
compare_port(struct comparison *comparison, const char *what, uint16_t mine, const char *its)
{
	if (mine != (its != NULL ? atoi(its) : 0))
		differ(comparison, what, bytes_text("port"), its);
}

static void
compare_uri(
    struct comparison *comparison, const char *what, const struct sip_uri *mine, osip_uri_t *its)
{
	if (mine->scheme != SIP_SCHEME_SIP && mine->scheme != SIP_SCHEME_SIPS)
		return;
	if (its == NULL) {
		differ(comparison, what, mine->text, NULL);
		return;
	}
	compare(comparison, what, mine->scheme_name, its->scheme);
	/* It undoes the escapes of a user; compared only where there are none. */
	if (mine->user.left > 0 && memchr(mine->user.at, '%', mine->user.left) == NULL)
		compare(comparison, what, mine->user, its->username);
	compare_host(comparison, what, mine->host, its->host);
	compare_port(comparison, what, mine->port, its->port);
}

static void
compare_party(struct comparison *comparison, const char *what, const struct sip_address *mine,
    osip_from_t *its)
{
	osip_generic_param_t *tag = NULL;

	if (its == NULL) {
		differ(comparison, what, mine->text, NULL);
		return;
	}
	compare_uri(comparison, what, &mine->uri, its->url);
	osip_generic_param_get_byname(&its->gen_params, (char[]){"tag"}, &tag);
	compare(comparison, what, mine->tag, tag != NULL ? tag->gvalue : NULL);
}

static void
compare_via(struct comparison *comparison, osip_message_t *its)
{
	osip_via_t *via = osip_list_get(&its->vias, 0);
	osip_generic_param_t *branch = NULL;

	if (via == NULL) {
		differ(comparison, "Via", ours.via.text, NULL);
		return;
	}
	compare(comparison, "Via transport", ours.via.transport, via->protocol);
	compare_host(comparison, "Via host", ours.via.host, via->host);
	compare_port(comparison, "Via port", ours.via.port, via->port);
	osip_via_param_get_byname(via, (char[]){"branch"}, &branch);
	compare(comparison, "branch", ours.via.branch, branch != NULL ? branch->gvalue : NULL);
}

static void
compare_call_id(struct comparison *comparison, const osip_message_t *its)
{
	char text[512] = "";

	if (its->call_id != NULL)
		snprintf(text, sizeof(text), "%s%s%s", its->call_id->number,
		    its->call_id->host != NULL ? "@" : "",
		    its->call_id->host != NULL ? its->call_id->host : "");
	compare(comparison, "Call-ID", ours.call_id, text);
}

static void
compare_cseq(struct comparison *comparison, const osip_message_t *its)
{
	if (its->cseq == NULL || (uint32_t)strtoul(its->cseq->number, NULL, 10) != ours.cseq.number)
		differ(comparison, "CSeq", ours.cseq.method_name,
		    its->cseq != NULL ? its->cseq->number : NULL);
	else
		compare(comparison, "CSeq", ours.cseq.method_name, its->cseq->method);
}

static void
compare_contacts(struct comparison *comparison, const osip_message_t *its)
{
	struct sip_values values;
	struct sip_address mine;
	struct bytes value;
	int index = 0;

	sip_values_begin(&ours, SIP_HEADER_CONTACT, &values);
	while (sip_values_next(&values, &value)) {
		osip_contact_t *contact = osip_list_get(&its->contacts, index++);

		if (sip_address_read(value, &mine, NULL) != FAULT_NONE || mine.star)
			continue;
		if (contact == NULL)
			differ(comparison, "Contact", value, NULL);
		else
			compare_uri(comparison, "Contact", &mine.uri, contact->url);
	}
}

static void
compare_start(struct comparison *comparison, osip_message_t *its)
{
	if (ours.request != (MSG_IS_REQUEST(its) != 0)) {
		differ(comparison, "kind", ours.method_name, NULL);
	} else if (ours.request) {
		compare(comparison, "method", ours.method_name, its->sip_method);
		compare_uri(comparison, "request URI", &ours.uri, its->req_uri);
	} else if (ours.status != (unsigned)its->status_code) {
		differ(comparison, "status", ours.reason, its->reason_phrase);
	}
}

/* Lets it read what we accepted, and compares what it found. */
static void
compare_message(struct bytes message, struct comparison *comparison)
{
	osip_message_t *its = NULL;
	/* It wants a NUL behind the message. */
	char *copy = calloc(1, message.left + 1);

	memcpy(copy, message.at, message.left);
	if (osip_message_init(&its) != 0 || osip_message_parse(its, copy, message.left) != 0) {
		differ(comparison, "libosip2 refuses it", bytes_of(NULL, 0), "");
	} else {
		compare_start(comparison, its);
		compare_via(comparison, its);
		compare_party(comparison, "From", &ours.from, its->from);
		compare_party(comparison, "To", &ours.to, its->to);
		compare_call_id(comparison, its);
		compare_cseq(comparison, its);
		compare_contacts(comparison, its);
	}
	osip_message_free(its);
	free(copy);
}

static bool
is_odd(const char *name)
{
	for (size_t i = 0; i < COUNT(oddities); i++)
		if (strcmp(oddities[i].name, name) == 0)
			return true;
	return false;
}

static bool
load(const char *name, struct bytes *message)
{
	struct sip_verdict verdict;
	char path[512];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "%s/rfc4475/%s.dat", TEST_DATA, name);
	if ((file = fopen(path, "rb")) == NULL)
		fail_msg("%s is missing", path);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	*message = bytes_of(bytes, size);
	if (sip_message_read(*message, &ours, NULL) != FAULT_NONE || !sip_validate(&ours, &verdict))
		return false;
	*message = bytes_part(*message, 0, size - ours.rest.left);
	return true;
}

static void
what_we_accept_of_rfc_4475_it_reads_the_same(void **state)
{
	char path[512];
	struct dirent *entry;
	unsigned compared = 0;
	DIR *folder;

	(void)state;
	snprintf(path, sizeof(path), "%s/rfc4475", TEST_DATA);
	assert_non_null(folder = opendir(path));
	while ((entry = readdir(folder)) != NULL) {
		struct comparison comparison = {.name = entry->d_name};
		char *dot = strrchr(entry->d_name, '.');
		struct bytes message;

		if (dot == NULL || strcmp(dot, ".dat") != 0)
			continue;
		*dot = '\0';
		if (!load(entry->d_name, &message))
			continue;
		compared++;
		compare_message(message, &comparison);
		if (comparison.differs != NULL && !is_odd(entry->d_name))
			fail_msg(
			    "%s: %s: %s", entry->d_name, comparison.differs, comparison.detail);
		if (comparison.differs == NULL && is_odd(entry->d_name))
			fail_msg("%s is not odd any more", entry->d_name);
	}
	closedir(folder);
	assert_true(compared >= 20);
}

static const char *const everyday[] = {
    "REGISTER sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK1;rport\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:1000@192.0.2.1>;tag=1\r\nTo: <sip:1000@192.0.2.1>\r\n"
    "Call-ID: a@192.0.2.9\r\nCSeq: 1 REGISTER\r\n"
    "Contact: <sip:1000@192.0.2.9:5061;transport=tls>;expires=60, <sip:x@192.0.2.8>\r\n"
    "Expires: 3600\r\nContent-Length: 0\r\n\r\n",
    "SIP/2.0 180 Ringing\r\nv: SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bK1\r\n"
    "f: \"Ann \\\"A\\\"\" <sips:1000@a.example>;tag=1\r\nt: <sip:1001@a.example>;tag=2\r\ni: b\r\n"
    "CSeq: 2 INVITE\r\nm: <sip:1001@192.0.2.9>\r\nl: 0\r\n\r\n",
    "BYE sip:1001@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/TCP host.example;branch=z9hG4bK2\r\n"
    "Route: <sip:p1;lr>,<sip:p2;lr>\r\nFrom: sip:1000@a.example;tag=1\r\n"
    "To: sip:1001@a.example;tag=2\r\nCall-ID: b\r\nCSeq: 3 BYE\r\nContent-Length: 0\r\n\r\n",
};

static void
everyday_messages_are_read_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(everyday); i++) {
		struct comparison comparison = {.name = "everyday"};
		struct sip_verdict verdict;
		struct why why;

		assert_accepted(sip_message_read(bytes_text(everyday[i]), &ours, &why), why);
		if (!sip_validate(&ours, &verdict))
			fail_msg("%s", verdict.why.text);
		compare_message(bytes_text(everyday[i]), &comparison);
		if (comparison.differs != NULL)
			fail_msg("%zu: %s: %s", i, comparison.differs, comparison.detail);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_we_accept_of_rfc_4475_it_reads_the_same),
	    cmocka_unit_test(everyday_messages_are_read_the_same),
	};

	parser_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
