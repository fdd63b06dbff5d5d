/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/sip/bench.c - nanoseconds to read a REGISTER and an INVITE, ours (read and judged) against
 * libosip2 (read alone), in one run; the cost of a header when there are 10, 100, 1000 of them;
 * the memory of a transaction. Best of several rounds, taken in turns.
 */
#include <malloc.h>
#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* It takes this name for itself. */
#undef SIP_ACCEPTED
#include "base/buffer.h"
#include "signalling/sip_transaction.h"
#include "signalling/sip_validate.h"

enum { ROUNDS = 15, TIMES = 4000, HEADERS_MOST = 1000, TRANSACTIONS = 10000 };

#define COMMON                                                                                     \
	"Via: SIP/2.0/TLS 192.0.2.9:50123;branch=z9hG4bK4f1d2c3b4a5968778695a4b3c2d1e0f\r\n"       \
	"Max-Forwards: 70\r\nFrom: <sip:1000@192.0.2.1>;tag=4a3b2c1d0e9f8a7b\r\n"                  \
	"Call-ID: 0011223344556677-8899aabb@192.0.2.9\r\n"                                         \
	"User-Agent: Cisco-CP8832/14.2.1\r\n"                                                      \
	"Supported: replaces,join,sdp-anat,norefersub,resource-priority,extended-refer,"           \
	"X-cisco-callinfo,X-cisco-serviceuri,X-cisco-escapecodes,X-cisco-srtp-fallback\r\n"        \
	"Contact: <sip:a1b2c3d4-0000-4000-8000-001122334455@192.0.2.9:50123;transport=tls>;"       \
	"+sip.instance=\"<urn:uuid:00000000-0000-0000-0000-001122334455>\";"                       \
	"+u.sip!devicename.ccm.cisco.com=\"SEP001122334455\"\r\n"

static const char reg[] = "REGISTER sip:192.0.2.1 SIP/2.0\r\n" COMMON
			  "To: <sip:1000@192.0.2.1>\r\nCSeq: 101 REGISTER\r\nExpires: 3600\r\n"
			  "Content-Length: 0\r\n\r\n";

static const char invite[] =
    "INVITE sip:1001@192.0.2.1 SIP/2.0\r\n" COMMON "To: <sip:1001@192.0.2.1>\r\nCSeq: 1 INVITE\r\n"
    "Allow: ACK,BYE,CANCEL,INVITE,NOTIFY,OPTIONS,REFER,REGISTER,UPDATE,SUBSCRIBE,INFO\r\n"
    "Call-Info: <urn:x-cisco-remotecc:callinfo>; security= Unknown; orientation= from\r\n"
    "Content-Type: application/sdp\r\nContent-Length: 143\r\n\r\n"
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 20000 RTP/AVP 96 0 8\r\na=rtpmap:96 opus/48000/2\r\na=ptime:20\r\na=sendrecv\r\n";

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "bench/sip: %s\n", what);
	exit(1);
}

static double
now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void
ours(struct bytes message)
{
	static struct sip_message read;
	struct sip_verdict verdict;

	must(sip_message_read(message, &read, NULL) == FAULT_NONE, "ours: read");
	must(sip_validate(&read, &verdict), "ours: judged");
}

static void
osip(struct bytes message)
{
	osip_message_t *read;

	must(osip_message_init(&read) == 0, "libosip2: init");
	must(osip_message_parse(read, (const char *)message.at, message.left) == 0,
	    "libosip2: parse");
	osip_message_free(read);
}

/* Only the header table, whose room may be larger than a message's. */
static void
our_table(struct bytes headers)
{
	static struct sip_header rows[HEADERS_MOST + 16];
	struct sip_header_table table = {.row = rows, .room = COUNT(rows)};

	must(sip_header_table_read(&headers, &table, NULL) == FAULT_NONE, "ours: headers");
}

/* Best of the rounds, ns for one. */
static double
best(void (*read)(struct bytes), struct bytes message, unsigned times)
{
	double least = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ns(), each;

		for (unsigned i = 0; i < times; i++)
			read(message);
		each = (now_ns() - start) / times;
		if (round == 0 || each < least)
			least = each;
	}
	return least;
}

static void
compare(const char *name, const char *text)
{
	double mine = best(ours, bytes_text(text), TIMES),
	       its = best(osip, bytes_text(text), TIMES);

	printf("%-10s %6zu bytes   ours %7.0f ns   libosip2 %7.0f ns   ratio %5.1f\n", name,
	    strlen(text), mine, its, its / mine);
}

static void
grow(unsigned headers)
{
	struct buffer text;
	struct bytes whole, lines, start;
	double mine, its;

	buffer_init(&text, 1 << 20);
	/* libosip2 takes the last bytes of a very short message for a missing end. */
	buffer_text(&text, "OPTIONS sip:bench@192.0.2.1 SIP/2.0\r\n"
			   "Via: SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK1\r\n"
			   "From: <sip:1000@192.0.2.1>;tag=1\r\nTo: <sip:1000@192.0.2.1>\r\n"
			   "Call-ID: bench@192.0.2.9\r\nCSeq: 1 OPTIONS\r\n");
	for (unsigned i = 0; i < headers; i++)
		buffer_format(&text, "X-Header-%04u: some value of no great length\r\n", i);
	buffer_text(&text, "Content-Length: 0\r\n\r\n");
	must(buffer_text_of(&text)[0] != '\0', "memory");
	whole = lines = buffer_bytes_of(&text);
	must(bytes_take_until(&lines, '\n', &start), "a first line");
	mine = best(our_table, lines, 40000 / headers);
	its = best(osip, whole, headers >= 1000 ? 3 : 4000 / headers);
	printf("%6u headers          ours %7.1f ns   libosip2 %7.1f ns   for each header\n",
	    headers, mine / headers, its / headers);
	buffer_finish(&text);
}

/* --- transactions ----------------------------------------------------------------------- */

static void
on_send(void *arg, uint64_t flow, struct bytes message)
{
	(void)arg;
	(void)flow;
	(void)message;
}

static void
on_request(void *arg, struct sip_transaction *server, const struct sip_message *request,
    struct sip_transaction *invite_found)
{
	(void)arg;
	(void)server;
	(void)request;
	(void)invite_found;
}

static void
on_end(void *arg, struct sip_transaction *transaction, enum sip_transaction_end end)
{
	(void)arg;
	(void)transaction;
	(void)end;
}

static void
weigh_transactions(void)
{
	const struct sip_transaction_seams seams = {
	    .send = on_send, .on_request = on_request, .on_end = on_end};
	static struct sip_message read;
	struct sip_transactions *table;
	struct sip_verdict verdict;
	size_t before;
	double start;

	must(sip_transactions_new(&table, TRANSACTIONS, &seams, NULL) == FAULT_NONE, "table");
	before = mallinfo2().uordblks;
	start = now_ns();
	for (unsigned i = 0; i < TRANSACTIONS; i++) {
		char text[256];

		snprintf(text, sizeof(text),
		    "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TLS a;branch=z9hG4bK%u\r\n"
		    "From: <sip:a>;tag=1\r\nTo: <sip:a>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n",
		    i);
		must(sip_message_read(bytes_text(text), &read, NULL) == FAULT_NONE, "read");
		must(sip_validate(&read, &verdict), "judged");
		must(sip_transactions_receive(table, i % 100, true, &read, 0, NULL) == FAULT_NONE,
		    "received");
	}
	printf("%6u transactions: %zu bytes each, %.0f ns each to read, judge and begin\n",
	    (unsigned)TRANSACTIONS, (mallinfo2().uordblks - before) / TRANSACTIONS,
	    (now_ns() - start) / TRANSACTIONS);
	sip_transactions_free(table);
}

int
main(void)
{
	static const unsigned counts[] = {10, 100, HEADERS_MOST};

	parser_init();
	compare("REGISTER", reg);
	compare("INVITE", invite);
	for (size_t i = 0; i < COUNT(counts); i++)
		grow(counts[i]);
	weigh_transactions();
	return 0;
}
