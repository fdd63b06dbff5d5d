/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/telephone/agent_test.c - a phone's SIP side plays against a scripted manager: bytes in,
 * bytes out, a clock we hold in our hand.
 */
#include "telephone/agent.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/audit_report.h"
#include "tests.h"

enum { SENT_MOST = 16, TEXT_SIZE = 8192 };

/* The world around the agent: what it sent and told. */
static struct {
	struct agent *agent;
	char sent[SENT_MOST][TEXT_SIZE];
	size_t sent_count;
	uint64_t now;
	uint8_t random;
	bool registered;
	unsigned refusal_status;
	struct agent_call call; /* as last told */
	unsigned icons;         /* changes told */
	struct media_plan plan; /* as last run */
	unsigned media_open, media_runs, media_closed;
	unsigned reported, not_reported, resets, refusals;
	char refused[WHY_SIZE];
	uint64_t flow;
} world;

static void
on_send(void *arg, uint64_t flow, struct bytes message)
{
	(void)arg;
	assert_int_equal(flow, world.flow);
	assert_true(world.sent_count < SENT_MOST && message.left < TEXT_SIZE);
	memcpy(world.sent[world.sent_count], message.at, message.left);
	world.sent[world.sent_count++][message.left] = '\0';
}

static void
on_random(void *arg, uint8_t *bytes, size_t count)
{
	(void)arg;
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(world.random++ * 37 + i);
}

static enum fault
on_media_open(void *arg, unsigned call, struct address *local, struct why *why)
{
	(void)arg;
	(void)call;
	world.media_open++;
	return address_read(bytes_text("127.0.0.2"), 20000, local, why);
}

static enum fault
on_media_run(void *arg, unsigned call, const struct media_plan *plan, struct why *why)
{
	(void)arg;
	(void)call;
	(void)why;
	world.plan = *plan;
	world.media_runs++;
	return FAULT_NONE;
}

static void
on_media_close(void *arg, unsigned call)
{
	(void)arg;
	(void)call;
	world.media_closed++;
}

static void
on_registration(void *arg, const struct agent_registration *registration)
{
	(void)arg;
	world.registered = registration->registered;
	world.refusal_status = registration->status;
}

static void
on_call(void *arg, const struct agent_call *call, enum agent_change change)
{
	(void)arg;
	world.call = *call;
	world.icons += change == AGENT_CALL_ICON;
	/* The property of the lock, at every single change. */
	if (call->icon == ICON_LOCK)
		assert_true(call->manager_says == LEVEL_ENCRYPTED && call->signalling_up &&
			    call->media_secure && call->srtp && world.flow != 0);
}

static void
on_reset(void *arg, const char *action)
{
	(void)arg;
	assert_string_equal(action, "reset");
	world.resets++;
}

static void
on_reported(void *arg, bool received)
{
	(void)arg;
	if (received)
		world.reported++;
	else
		world.not_reported++;
}

static void
on_refused(void *arg, const char *event, const char *sentence)
{
	(void)arg;
	(void)event;
	world.refusals++;
	snprintf(world.refused, sizeof(world.refused), "%s", sentence);
}

static const struct agent_plan encrypted = {.device = "SEP001122334455",
    .user = "1001",
    .display = "Anna",
    .auth_name = "",
    .auth_password = "",
    .manager = "127.0.0.1",
    .mode = LEVEL_ENCRYPTED,
    .suites = SUITES_ALL,
    .codecs = 1u << CODEC_PCMU,
    .seams = {NULL, on_send, on_random, on_media_open, on_media_run, on_media_close,
	on_registration, on_call, on_reset, on_reported, on_refused}};

static const char *
last_sent(void)
{
	return world.sent_count > 0 ? world.sent[world.sent_count - 1] : "";
}

/* The newest message that begins so; "" when there is none. */
static const char *
sent_beginning(const char *words)
{
	for (size_t i = world.sent_count; i > 0; i--)
		if (strncmp(world.sent[i - 1], words, strlen(words)) == 0)
			return world.sent[i - 1];
	return "";
}

/* A header's whole line, out of a message the phone sent. */
static const char *
line_of(const char *message, const char *name, char line[512])
{
	const char *at = message;
	size_t size = strlen(name);

	while ((at = strstr(at, "\r\n")) != NULL) {
		at += 2;
		if (strncasecmp(at, name, size) == 0 && at[size] == ':') {
			snprintf(line, 512, "%.*s\r\n", (int)strcspn(at, "\r"), at);
			return line;
		}
	}
	line[0] = '\0';
	return line;
}

static void
receive(const char *message)
{
	agent_receive(world.agent, bytes_text(message), world.now);
}

/* The manager's answer to a request of the phone; To gets a tag. */
static void
respond(const char *request, const char *status, const char *extra, const char *body)
{
	char message[TEXT_SIZE], via[512], from[512], to[512], call_id[512], cseq[512];

	line_of(request, "To", to);
	if (strstr(to, "tag=") == NULL)
		snprintf(to + strlen(to) - 2, 64, ";tag=manager\r\n");
	snprintf(message, sizeof(message),
	    "SIP/2.0 %s\r\n%s%s%s%s%s%sContent-Length: %zu\r\n\r\n%s", status,
	    line_of(request, "Via", via), line_of(request, "From", from), to,
	    line_of(request, "Call-ID", call_id), line_of(request, "CSeq", cseq), extra,
	    strlen(body), body);
	receive(message);
}

#define CONTACT "Contact: <sip:1002@127.0.0.1:5061;transport=tls>\r\n"
#define SDP     "Content-Type: application/sdp\r\n"
#define ENCRYPTED                                                                                  \
	"Call-Info: <urn:x-cisco-remotecc:callinfo>; security= Encrypted; orientation= to\r\n"
#define NONSECURE                                                                                  \
	"Call-Info: <urn:x-cisco-remotecc:callinfo>;orientation=to;security=NotAuthenticated\r\n"

#define SDP_HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\n"
#define SECURE_SDP                                                                                 \
	SDP_HEAD "m=audio 30000 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n"                            \
		 "a=crypto:1 AEAD_AES_256_GCM "                                                    \
		 "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis=\r\n"         \
		 "a=sendrecv\r\n"
#define PLAIN_SDP SDP_HEAD "m=audio 30000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"

static void
open_flow(uint64_t id)
{
	struct sip_flow flow = {.id = id, .transport = TRANSPORT_TLS};
	struct why why;

	assert_accepted(address_read(bytes_text("127.0.0.2"), 40000, &flow.local, &why), why);
	assert_accepted(address_read(bytes_text("127.0.0.1"), 5061, &flow.remote, &why), why);
	world.flow = id;
	assert_accepted(agent_open(world.agent, &flow, world.now, &why), why);
}

static void
lose_flow(void)
{
	agent_lost(world.agent, world.now);
	world.flow = 0;
}

static void
register_phone(void)
{
	open_flow(1);
	respond(sent_beginning("REGISTER"), "200 OK",
	    "Contact: <sip:1001@127.0.0.2:40000;transport=tls>;expires=600\r\n", "");
	assert_true(world.registered);
}

static unsigned
dial(void)
{
	struct why why;
	unsigned call = 0;

	assert_accepted(agent_dial(world.agent, "1002", world.now, &call, &why), why);
	return call;
}

/* A call up to its lock. */
static unsigned
secure_call(void)
{
	unsigned call;

	register_phone();
	call = dial();
	respond(sent_beginning("INVITE"), "200 OK", CONTACT SDP ENCRYPTED, SECURE_SDP);
	agent_media_secure(world.agent, call, true, world.now);
	assert_int_equal(world.call.icon, ICON_LOCK);
	return call;
}

static int
set_up(void **state)
{
	struct why why;

	(void)state;
	memset(&world, 0, sizeof(world));
	world.now = 1000;
	return agent_new(&world.agent, &encrypted, &why) != FAULT_NONE;
}

static int
tear_down(void **state)
{
	(void)state;
	agent_free(world.agent);
	return 0;
}

static void
a_connection_is_followed_by_a_registration(void **state)
{
	const char *request;

	(void)state;
	open_flow(1);
	request = sent_beginning("REGISTER sip:127.0.0.1");
	assert_non_null(strstr(request, "transport=tls"));
	assert_non_null(strstr(request, "+u.sip!devicename.ccm.cisco.com=\"SEP001122334455\""));
	assert_non_null(strstr(request, "X-cisco-callinfo"));
	assert_false(world.registered);
	respond(request, "200 OK", "Expires: 600\r\n", "");
	assert_true(world.registered);
}

static void
a_registration_is_refreshed_at_half_time_in_the_same_call_id(void **state)
{
	char before[512], after[512];

	(void)state;
	register_phone();
	line_of(sent_beginning("REGISTER"), "Call-ID", before);
	world.sent_count = 0;
	world.now += 300 * 1000 - 1;
	agent_tick(world.agent, world.now);
	assert_string_equal(sent_beginning("REGISTER"), "");
	world.now += 1;
	agent_tick(world.agent, world.now);
	line_of(sent_beginning("REGISTER"), "Call-ID", after);
	assert_string_equal(before, after);
	assert_non_null(strstr(sent_beginning("REGISTER"), "CSeq: 2 REGISTER"));
}

static void
a_refused_registration_says_its_status(void **state)
{
	(void)state;
	open_flow(1);
	respond(sent_beginning("REGISTER"), "403 certificate CN SEP-A does not match", "", "");
	assert_false(world.registered);
	assert_int_equal(world.refusal_status, 403);
}

static void
an_invite_offers_every_suite_with_a_key_of_its_own(void **state)
{
	const char *invite, *first, *second;

	(void)state;
	register_phone();
	dial();
	invite = sent_beginning("INVITE sip:1002@127.0.0.1");
	assert_non_null(strstr(invite, "RTP/SAVP"));
	first = strstr(invite, "a=crypto:1 AEAD_AES_256_GCM inline:");
	second = strstr(invite, "a=crypto:2 AEAD_AES_128_GCM inline:");
	assert_non_null(first);
	assert_non_null(second);
	assert_non_null(strstr(invite, "AES_CM_128_HMAC_SHA1_80"));
	assert_non_null(strstr(invite, "AES_CM_128_HMAC_SHA1_32"));
	assert_memory_not_equal(strchr(first, ':') + 28, strchr(second, ':') + 28, 16);
}

static void
two_calls_have_different_keys(void **state)
{
	char first[128], second[128];
	struct why why;

	(void)state;
	register_phone();
	dial();
	snprintf(first, sizeof(first), "%.100s", strstr(sent_beginning("INVITE"), "a=crypto:1"));
	assert_accepted(agent_hangup(world.agent, 0, world.now, &why), why);
	dial();
	snprintf(second, sizeof(second), "%.100s", strstr(sent_beginning("INVITE"), "a=crypto:1"));
	assert_string_not_equal(first, second);
}

static void
ringing_then_answered_runs_media_under_both_keys(void **state)
{
	(void)state;
	register_phone();
	dial();
	respond(sent_beginning("INVITE"), "180 Ringing", CONTACT, "");
	assert_int_equal(world.call.state, CALL_RING_OUT);
	respond(sent_beginning("INVITE"), "200 OK", CONTACT SDP ENCRYPTED, SECURE_SDP);
	assert_int_equal(world.call.state, CALL_CONNECTED);
	assert_true(world.plan.secure && world.plan.send && world.plan.receive);
	assert_int_equal(world.plan.receive_key.suite, SUITE_AEAD_AES_256_GCM);
	assert_int_equal(world.plan.receive_key.bytes[5], 5);
	assert_true(strncmp(last_sent(), "ACK ", 4) == 0);
}

static void
the_lock_waits_for_the_media_and_for_the_manager(void **state)
{
	unsigned call;

	(void)state;
	register_phone();
	call = dial();
	respond(sent_beginning("INVITE"), "200 OK", CONTACT SDP ENCRYPTED, SECURE_SDP);
	assert_int_equal(world.call.icon, ICON_NONE);
	agent_media_secure(world.agent, call, true, world.now);
	assert_int_equal(world.call.icon, ICON_LOCK);
	agent_media_secure(world.agent, call, false, world.now);
	assert_int_equal(world.call.icon, ICON_NONE);
}

static void
secure_media_without_the_managers_word_is_no_lock(void **state)
{
	unsigned call;

	(void)state;
	register_phone();
	call = dial();
	respond(sent_beginning("INVITE"), "200 OK", CONTACT SDP NONSECURE, SECURE_SDP);
	agent_media_secure(world.agent, call, true, world.now);
	assert_int_equal(world.call.icon, ICON_NONE);
}

static void
an_answer_in_clear_is_a_call_without_a_lock(void **state)
{
	unsigned call;

	(void)state;
	register_phone();
	call = dial();
	respond(sent_beginning("INVITE"), "200 OK", CONTACT SDP ENCRYPTED, PLAIN_SDP);
	assert_int_equal(world.call.state, CALL_CONNECTED);
	assert_false(world.plan.secure);
	agent_media_secure(world.agent, call, true, world.now);
	assert_int_equal(world.call.icon, ICON_NONE);
}

/* A request of the manager's in the dialog of the phone's INVITE. */
static void
request_in_dialog(const char *method, unsigned cseq, const char *extra, const char *body)
{
	char message[TEXT_SIZE], from[512], call_id[512];
	const char *invite = sent_beginning("INVITE");

	line_of(invite, "From", from);
	memmove(from, from + 5, strlen(from) - 4); /* "From:" */
	snprintf(message, sizeof(message),
	    "%s sip:1001@127.0.0.2:40000;transport=tls SIP/2.0\r\n"
	    "Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKm%u%s\r\n"
	    "Max-Forwards: 70\r\nFrom: <sip:1002@127.0.0.1>;tag=manager\r\nTo:%s%s"
	    "CSeq: %u %s\r\n%sContent-Length: %zu\r\n\r\n%s",
	    method, cseq, method, from, line_of(invite, "Call-ID", call_id), cseq, method, extra,
	    strlen(body), body);
	receive(message);
}

static void
an_update_puts_the_lock_out_at_once(void **state)
{
	(void)state;
	secure_call();
	request_in_dialog("UPDATE", 1, CONTACT NONSECURE, "");
	assert_int_equal(world.call.icon, ICON_NONE);
	assert_true(strncmp(last_sent(), "SIP/2.0 200", 11) == 0);
}

static void
a_reinvite_to_clear_media_puts_the_lock_out(void **state)
{
	(void)state;
	secure_call();
	request_in_dialog("INVITE", 1, CONTACT SDP ENCRYPTED, PLAIN_SDP);
	assert_false(world.plan.secure);
	assert_int_equal(world.call.icon, ICON_NONE);
}

static void
a_lost_connection_keeps_the_media_and_puts_the_lock_out(void **state)
{
	(void)state;
	secure_call();
	lose_flow();
	assert_int_equal(world.call.icon, ICON_NONE);
	assert_int_equal(world.call.state, CALL_CONNECTED);
	assert_int_equal(world.media_closed, 0);
}

static void
after_the_connection_is_back_the_manager_says_again_how_secure_it_is(void **state)
{
	(void)state;
	secure_call();
	lose_flow();
	world.now += 500;
	world.sent_count = 0;
	open_flow(2);
	respond(sent_beginning("REGISTER"), "200 OK", "Expires: 600\r\n", "");
	assert_int_equal(world.call.icon, ICON_NONE);
	respond(sent_beginning("UPDATE"), "200 OK", CONTACT ENCRYPTED, "");
	assert_int_equal(world.call.icon, ICON_LOCK);
}

static void
hold_silences_at_once_and_resume_brings_new_keys(void **state)
{
	struct srtp_master before;
	struct why why;
	unsigned call;

	(void)state;
	call = secure_call();
	before = world.plan.send_key;
	world.sent_count = 0;
	assert_accepted(agent_hold(world.agent, call, world.now, &why), why);
	assert_false(world.plan.send || world.plan.receive);
	assert_non_null(strstr(sent_beginning("INVITE"), "a=inactive"));
	respond(sent_beginning("INVITE"), "200 OK", CONTACT SDP ENCRYPTED, SECURE_SDP);
	assert_int_equal(world.call.state, CALL_HELD);
	assert_true(srtp_master_equal(&before, &world.plan.send_key));
	world.sent_count = 0;
	assert_accepted(agent_resume(world.agent, call, world.now, &why), why);
	respond(sent_beginning("INVITE"), "200 OK", CONTACT SDP ENCRYPTED, SECURE_SDP);
	assert_int_equal(world.call.state, CALL_CONNECTED);
	assert_true(world.plan.send && world.plan.receive);
	assert_false(srtp_master_equal(&before, &world.plan.send_key));
}

static void
a_refused_resume_leaves_the_call_on_hold(void **state)
{
	struct why why;
	unsigned call;

	(void)state;
	call = secure_call();
	assert_accepted(agent_hold(world.agent, call, world.now, &why), why);
	respond(sent_beginning("INVITE"), "200 OK", CONTACT SDP ENCRYPTED, SECURE_SDP);
	assert_accepted(agent_resume(world.agent, call, world.now, &why), why);
	respond(sent_beginning("INVITE"), "488 Not Acceptable Here", "", "");
	assert_int_equal(world.call.state, CALL_HELD);
	assert_false(world.plan.send || world.plan.receive);
}

static void
hanging_up_says_bye(void **state)
{
	struct why why;

	(void)state;
	secure_call();
	assert_accepted(agent_hangup(world.agent, 0, world.now, &why), why);
	assert_true(strncmp(last_sent(), "BYE ", 4) == 0);
	assert_int_equal(world.call.state, CALL_ENDED);
	assert_int_equal(world.media_closed, 1);
}

static void
the_peers_bye_ends_the_call(void **state)
{
	(void)state;
	secure_call();
	request_in_dialog("BYE", 1, "", "");
	assert_int_equal(world.call.state, CALL_ENDED);
	assert_int_equal(world.call.cause, CALL_CAUSE_REMOTE);
	assert_int_equal(world.media_closed, 1);
}

static void
a_busy_peer_ends_the_call_with_its_cause(void **state)
{
	(void)state;
	register_phone();
	dial();
	respond(sent_beginning("INVITE"), "486 Busy Here", "", "");
	assert_int_equal(world.call.state, CALL_ENDED);
	assert_int_equal(world.call.cause, CALL_CAUSE_BUSY);
	assert_true(strncmp(last_sent(), "ACK ", 4) == 0);
}

static void
an_ended_call_is_gone_after_a_while(void **state)
{
	struct agent_call calls[AGENT_CALLS_MOST];

	(void)state;
	register_phone();
	dial();
	respond(sent_beginning("INVITE"), "486 Busy Here", "", "");
	assert_int_equal(agent_calls(world.agent, calls), 1);
	world.now += AGENT_LINGER_MS;
	agent_tick(world.agent, world.now);
	assert_int_equal(agent_calls(world.agent, calls), 0);
}

static void
offer_call(const char *extra, const char *body)
{
	char message[TEXT_SIZE];

	snprintf(message, sizeof(message),
	    "INVITE sip:1001@127.0.0.2:40000;transport=tls SIP/2.0\r\n"
	    "Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKin1\r\n"
	    "Max-Forwards: 70\r\nFrom: \"Beate\" <sip:1002@127.0.0.1>;tag=caller\r\n"
	    "To: <sip:1001@127.0.0.1>\r\nCall-ID: incoming\r\nCSeq: 1 INVITE\r\n" CONTACT
	    "%sContent-Length: %zu\r\n\r\n%s",
	    extra, strlen(body), body);
	receive(message);
}

static void
acknowledge(void)
{
	char message[TEXT_SIZE], to[512];

	line_of(sent_beginning("SIP/2.0 200"), "To", to);
	snprintf(message, sizeof(message),
	    "ACK sip:1001@127.0.0.2:40000;transport=tls SIP/2.0\r\n"
	    "Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKin1a\r\n"
	    "Max-Forwards: 70\r\nFrom: \"Beate\" <sip:1002@127.0.0.1>;tag=caller\r\n"
	    "%sCall-ID: incoming\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
	    to);
	receive(message);
}

static void
a_call_rings_is_answered_and_has_its_lock(void **state)
{
	struct why why;

	(void)state;
	register_phone();
	world.sent_count = 0;
	offer_call(SDP ENCRYPTED, SECURE_SDP);
	assert_int_equal(world.call.state, CALL_RINGING);
	assert_string_equal(world.call.party, "1002 Beate");
	assert_true(strncmp(last_sent(), "SIP/2.0 180", 11) == 0);
	assert_int_equal(world.media_runs, 0);
	assert_accepted(agent_answer(world.agent, 0, world.now, &why), why);
	assert_non_null(strstr(last_sent(), "AEAD_AES_256_GCM inline:"));
	assert_non_null(strstr(last_sent(), "UPDATE")); /* how the level reaches us */
	assert_true(world.plan.secure);
	acknowledge();
	assert_int_equal(world.call.state, CALL_CONNECTED);
	agent_media_secure(world.agent, world.call.number, true, world.now);
	assert_int_equal(world.call.icon, ICON_LOCK);
}

static void
a_call_without_common_media_is_refused_and_told(void **state)
{
	(void)state;
	register_phone();
	offer_call(SDP, SDP_HEAD "m=audio 30000 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\n");
	assert_true(strncmp(last_sent(), "SIP/2.0 488", 11) == 0);
	assert_int_equal(world.refusals, 1);
}

static void
a_caller_who_gives_up_stops_the_ringing(void **state)
{
	(void)state;
	register_phone();
	offer_call(SDP ENCRYPTED, SECURE_SDP);
	receive("CANCEL sip:1001@127.0.0.2:40000;transport=tls SIP/2.0\r\n"
		"Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKin1\r\n"
		"Max-Forwards: 70\r\nFrom: \"Beate\" <sip:1002@127.0.0.1>;tag=caller\r\n"
		"To: <sip:1001@127.0.0.1>\r\nCall-ID: incoming\r\nCSeq: 1 CANCEL\r\n"
		"Content-Length: 0\r\n\r\n");
	assert_int_equal(world.call.state, CALL_ENDED);
	assert_int_equal(world.call.cause, CALL_CAUSE_CANCELLED);
}

static void
a_declined_call_is_answered_603(void **state)
{
	struct why why;

	(void)state;
	register_phone();
	offer_call(SDP ENCRYPTED, SECURE_SDP);
	assert_accepted(agent_hangup(world.agent, 0, world.now, &why), why);
	assert_true(strncmp(last_sent(), "SIP/2.0 603", 11) == 0);
	assert_int_equal(world.call.state, CALL_ENDED);
}

static void
a_second_call_holds_the_first(void **state)
{
	struct agent_call calls[AGENT_CALLS_MOST];

	(void)state;
	secure_call();
	dial();
	assert_int_equal(agent_calls(world.agent, calls), 2);
	assert_int_equal(calls[0].state, CALL_HELD);
	assert_int_equal(calls[1].state, CALL_DIALLING);
}

static void
keys_travel_as_info(void **state)
{
	struct why why;

	(void)state;
	secure_call();
	assert_accepted(agent_keys(world.agent, 0, "5#", world.now, &why), why);
	assert_non_null(strstr(last_sent(), "Signal=#"));
	assert_refused(
	    agent_keys(world.agent, 0, "x", world.now, &why), FAULT_MALFORMED, why, "keys are");
}

static void
what_cannot_be_dialled_is_refused(void **state)
{
	struct why why;
	unsigned call;

	(void)state;
	assert_refused(agent_dial(world.agent, "1002", world.now, &call, &why), FAULT_UNEXPECTED,
	    why, "not registered");
	register_phone();
	assert_refused(agent_dial(world.agent, "10 02>\r\nX: y", world.now, &call, &why),
	    FAULT_MALFORMED, why, "not a number");
	assert_refused(agent_dial(world.agent, "", world.now, &call, &why), FAULT_MALFORMED, why,
	    "not a number");
}

static void
a_report_is_a_message_with_our_content_type(void **state)
{
	struct why why;

	(void)state;
	register_phone();
	assert_accepted(agent_report(world.agent, bytes_text("{}"), world.now, &why), why);
	assert_non_null(strstr(sent_beginning("MESSAGE sip:audit@127.0.0.1"), AUDIT_REPORT_TYPE));
	assert_refused(agent_report(world.agent, bytes_text("{}"), world.now, &why),
	    FAULT_UNEXPECTED, why, "no report");
	respond(sent_beginning("MESSAGE"), "200 OK", "", "");
	assert_int_equal(world.reported, 1);
}

static void
notify(const char *call_id)
{
	char message[TEXT_SIZE], body[256];

	snprintf(body, sizeof(body), "action=reset\nRegisterCallId={%s}\n", call_id);
	snprintf(message, sizeof(message),
	    "NOTIFY sip:1001@127.0.0.2:40000;transport=tls SIP/2.0\r\n"
	    "Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKn%.4s\r\n"
	    "Max-Forwards: 70\r\nFrom: <sip:m@127.0.0.1>;tag=n\r\nTo: <sip:1001@127.0.0.1>\r\n"
	    "Call-ID: notify-%.4s\r\nCSeq: 1 NOTIFY\r\nEvent: service-control\r\n" CONTACT
	    "Subscription-State: active\r\nContent-Type: text/plain\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    call_id, call_id, strlen(body), body);
	receive(message);
}

static void
a_reset_must_name_our_registration(void **state)
{
	char line[512], *id;

	(void)state;
	register_phone();
	notify("somebody-elses");
	assert_int_equal(world.resets, 0);
	assert_int_equal(world.refusals, 1);
	line_of(sent_beginning("REGISTER"), "Call-ID", line);
	id = strchr(line, ':') + 2;
	id[strcspn(id, "\r\n")] = '\0';
	notify(id);
	assert_int_equal(world.resets, 1);
}

static void
nonsense_is_survived(void **state)
{
	(void)state;
	register_phone();
	receive("");
	receive("\r\n\r\n");
	receive("INVITE\r\n\r\n");
	receive("SIP/2.0 200 OK\r\n\r\n");
	receive("\x80\x00\xff");
	assert_true(agent_registered(world.agent));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(a_connection_is_followed_by_a_registration),
	    STORY(a_registration_is_refreshed_at_half_time_in_the_same_call_id),
	    STORY(a_refused_registration_says_its_status),
	    STORY(an_invite_offers_every_suite_with_a_key_of_its_own),
	    STORY(two_calls_have_different_keys),
	    STORY(ringing_then_answered_runs_media_under_both_keys),
	    STORY(the_lock_waits_for_the_media_and_for_the_manager),
	    STORY(secure_media_without_the_managers_word_is_no_lock),
	    STORY(an_answer_in_clear_is_a_call_without_a_lock),
	    STORY(an_update_puts_the_lock_out_at_once),
	    STORY(a_reinvite_to_clear_media_puts_the_lock_out),
	    STORY(a_lost_connection_keeps_the_media_and_puts_the_lock_out),
	    STORY(after_the_connection_is_back_the_manager_says_again_how_secure_it_is),
	    STORY(hold_silences_at_once_and_resume_brings_new_keys),
	    STORY(a_refused_resume_leaves_the_call_on_hold),
	    STORY(hanging_up_says_bye),
	    STORY(the_peers_bye_ends_the_call),
	    STORY(a_busy_peer_ends_the_call_with_its_cause),
	    STORY(an_ended_call_is_gone_after_a_while),
	    STORY(a_call_rings_is_answered_and_has_its_lock),
	    STORY(a_call_without_common_media_is_refused_and_told),
	    STORY(a_caller_who_gives_up_stops_the_ringing),
	    STORY(a_declined_call_is_answered_603),
	    STORY(a_second_call_holds_the_first),
	    STORY(keys_travel_as_info),
	    STORY(what_cannot_be_dialled_is_refused),
	    STORY(a_report_is_a_message_with_our_content_type),
	    STORY(a_reset_must_name_our_registration),
	    STORY(nonsense_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
