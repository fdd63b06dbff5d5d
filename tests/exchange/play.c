/* SPDX-License-Identifier: Apache-2.0 */
#include "play.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "signalling/sip_digest.h"

enum { SENT_MOST = 16384, FLOWS_MOST = 1024 };

struct exchange *play_exchange;
uint64_t play_now;
unsigned play_changes[4];
struct call_record play_call;
struct registration_record play_registration;
char play_audit[1024];
uint64_t play_closed_flow;

static struct {
	uint64_t flow;
	char *text;
	bool taken;
} sent[SENT_MOST];
static size_t sent_count;
static enum transport transport_of[FLOWS_MOST];
static uint64_t next_flow, random_state;
static unsigned next_branch;
static struct registration_record kept[FLOWS_MOST]; /* as calls.db */
static size_t kept_count;
static int64_t wall_start = 1900000000000;

/* The cast */

static struct {
	const char *line, *device;
	struct profile profile;
} cast[] = {
    {"1001", "SEP00000000000A", {""}},
    {"1002", "SEP00000000000B", {""}},
    {"1003", "SEP00000000000C", {""}},
    {"1004", "SEP00000000000D", {""}},
    {"1005", "softphone", {""}},
    {"1006", "vouched", {""}},
    {"1007", "SEP00000000000E", {""}},
    {"1007", "SEP00000000000F", {""}},
    {"1008", "SEP000000000010", {""}},
};

static const enum profile_standard profiles_of_cast[] = {
    PROFILE_ENCRYPTED,
    PROFILE_ENCRYPTED,
    PROFILE_NONSECURE,
    PROFILE_AUTHENTICATED,
    PROFILE_THIRD_PARTY,
    PROFILE_THIRD_PARTY_ENCRYPTED,
    PROFILE_ENCRYPTED,
    PROFILE_ENCRYPTED,
    PROFILE_ENCRYPTED,
};

void
play_set_profile(const char *line, const struct profile *profile)
{
	for (size_t i = 0; i < COUNT(cast); i++)
		if (strcmp(cast[i].line, line) == 0)
			cast[i].profile = *profile;
}

static enum fault
find(void *arg, struct bytes device, struct bytes line, struct subscriber *found, struct why *why)
{
	(void)arg;
	for (size_t i = 0; i < COUNT(cast); i++) {
		struct bytes realm = bytes_text("ringfence"), secret = bytes_text("secret");

		if (!bytes_equal_text(line, cast[i].line) ||
		    (device.left > 0 && !bytes_equal_text(device, cast[i].device)))
			continue;
		*found = (struct subscriber){.profile = cast[i].profile};
		snprintf(found->device, sizeof(found->device), "%s", cast[i].device);
		snprintf(found->line, sizeof(found->line), "%s", cast[i].line);
		snprintf(found->display, sizeof(found->display), "Phone %s", cast[i].line);
		if (!cast[i].profile.third_party)
			return FAULT_NONE;
		snprintf(found->digest_user, sizeof(found->digest_user), "user");
		if (sip_digest_ha1(SIP_DIGEST_SHA256, bytes_text("user"), realm, secret,
			found->ha1_sha256, why) != FAULT_NONE ||
		    sip_digest_ha1(SIP_DIGEST_MD5, bytes_text("user"), realm, secret,
			found->ha1_md5, why) != FAULT_NONE)
			return FAULT_SYSTEM;
		return FAULT_NONE;
	}
	return explain(why, FAULT_MISSING, "no such phone with that line");
}

static bool
line_exists(void *arg, struct bytes line)
{
	(void)arg;
	for (size_t i = 0; i < COUNT(cast); i++)
		if (bytes_equal_text(line, cast[i].line))
			return true;
	return false;
}

struct player
play_phone(const char *line)
{
	for (size_t i = 0; i < COUNT(cast); i++)
		if (strcmp(cast[i].line, line) == 0)
			return (struct player){
			    .device = cast[i].device,
			    .line = cast[i].line,
			    .transport = cast[i].profile.mode == LEVEL_NONSECURE ? TRANSPORT_TCP
										 : TRANSPORT_TLS,
			    .common_name = cast[i].profile.mode == LEVEL_NONSECURE ||
						   cast[i].profile.third_party
					       ? NULL
					       : cast[i].device,
			    .names_device = !cast[i].profile.third_party,
			};
	fail_msg("no phone has line %s", line);
	return (struct player){0};
}

/* The ear */

static bool
holds_key(const char *text)
{
	return strcasestr(text, "inline:") != NULL || strcasestr(text, "a=crypto") != NULL ||
	       strstr(text, PLAY_OFFER_KEY) != NULL || strstr(text, PLAY_ANSWER_KEY) != NULL;
}

static void
hear(void *arg, const struct flow *to, struct bytes message)
{
	char *text = strndup((const char *)message.at, message.left);
	uint64_t flow = to->id;

	(void)arg;
	if (text == NULL || sent_count == SENT_MOST || flow == 0 || flow >= FLOWS_MOST)
		abort();
	if (transport_of[flow] != TRANSPORT_TLS && holds_key(text))
		fail_msg("a key left by %s:\n%s", transport_name(transport_of[flow]), text);
	if (getenv("PLAY_TRACE") != NULL)
		fprintf(stderr, "---- to %d at %d\n%s\n", (int)flow, (int)play_now, text);
	sent[sent_count].flow = flow;
	sent[sent_count].taken = false;
	sent[sent_count++].text = text;
}

static void
hear_close(void *arg, const struct flow *flow, const char *reason)
{
	(void)arg;
	(void)reason;
	play_closed_flow = flow->id;
}

static void
hear_audit(void *arg, const struct audit_record *record)
{
	(void)arg;
	snprintf(play_audit, sizeof(play_audit), "%s|%s|%s", record->event,
	    record->device == NULL ? "" : record->device, record->reason);
	assert_false(holds_key(play_audit));
}

static void
hear_log(void *arg, enum log_level level, const char *event, const struct log_field *fields,
    size_t count)
{
	(void)arg;
	(void)level;
	assert_false(holds_key(event));
	for (size_t i = 0; i < count; i++) {
		char text[512];

		snprintf(text, sizeof(text), "%.*s", (int)fields[i].text.left,
		    (const char *)fields[i].text.at);
		assert_false(holds_key(text));
		if (getenv("PLAY_TRACE") != NULL)
			fprintf(stderr, "log: %s %s=%s %lld\n", event, fields[i].key, text,
			    (long long)fields[i].number);
	}
}

static void
hear_registration(
    void *arg, enum registration_change change, const struct registration_record *record)
{
	size_t at = 0;

	(void)arg;
	play_registration = *record;
	while (at < kept_count && (strcmp(kept[at].line, record->line) != 0 ||
				      strcmp(kept[at].device, record->device) != 0))
		at++;
	if (change == REGISTRATION_REMOVED && at < kept_count)
		kept[at] = kept[--kept_count];
	else if (change != REGISTRATION_REMOVED && at < FLOWS_MOST)
		kept[at] = *record, kept_count += at == kept_count;
}

static void
hear_call(void *arg, enum call_change change, const struct call_record *record)
{
	(void)arg;
	play_changes[change]++;
	play_call = *record;
}

static void
make_random(void *arg, uint8_t *bytes, size_t count)
{
	(void)arg;
	for (size_t i = 0; i < count; i++) {
		random_state = random_state * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (uint8_t)(random_state >> 40);
	}
}

static void
make_exchange(void)
{
	const struct exchange_plan plan = {
	    .domain = "ringfence",
	    .realm = "ringfence",
	    .limits = exchange_limits_default,
	    .seams = {NULL, hear, hear_close, find, line_exists, make_random, hear_audit, hear_log,
		hear_registration, hear_call},
	};
	struct why why;

	exchange_free(play_exchange);
	play_exchange = NULL;
	assert_accepted(
	    exchange_new(&play_exchange, &plan, play_now, wall_start + (int64_t)play_now, &why),
	    why);
}

void
play_restart(void)
{
	struct why why;

	make_exchange();
	for (size_t i = 0; i < kept_count; i++)
		assert_accepted(exchange_restore_registration(play_exchange, &kept[i], &why), why);
	if (play_call.answered_wall_ms != 0)
		assert_accepted(exchange_restore_call(play_exchange, &play_call, &why), why);
}

int
play_begin(void **state)
{
	(void)state;
	play_now = 1000;
	next_flow = 1;
	random_state = 1;
	memset(play_changes, 0, sizeof(play_changes));
	memset(&play_call, 0, sizeof(play_call));
	play_audit[0] = '\0';
	play_closed_flow = 0;
	kept_count = 0;
	for (size_t i = 0; i < COUNT(cast); i++)
		cast[i].profile = *profile_standard(profiles_of_cast[i]);
	make_exchange();
	return 0;
}

int
play_end(void **state)
{
	(void)state;
	exchange_free(play_exchange);
	play_exchange = NULL;
	for (size_t i = 0; i < sent_count; i++)
		free(sent[i].text);
	sent_count = 0;
	return 0;
}

/* Sending and hearing */

void
play_connect(struct player *player)
{
	player->flow = next_flow++;
	transport_of[player->flow] = player->transport;
	play_replay(player);
}

void
play_replay(const struct player *player)
{
	struct flow flow = {.id = player->flow, .transport = player->transport};
	char host[32];
	struct why why;

	snprintf(host, sizeof(host), "127.0.0.%u", (unsigned)flow.id % 250 + 1);
	assert_accepted(address_read(bytes_text("127.0.0.1"), 5061, &flow.local, &why), why);
	assert_accepted(address_read(bytes_text(host), 40000, &flow.remote, &why), why);
	if (player->common_name != NULL) {
		flow.certificate = true;
		snprintf(flow.common_name, sizeof(flow.common_name), "%s", player->common_name);
		snprintf(flow.serial, sizeof(flow.serial), "5f03");
	}
	assert_accepted(exchange_open(play_exchange, &flow, play_now, &why), why);
}

void
play_hang_connection(struct player *player)
{
	exchange_closed(play_exchange, player->flow, "reset by peer", play_now);
}

void
play_send(const struct player *player, const char *format, ...)
{
	char text[PLAY_TEXT], wire[PLAY_TEXT * 2];
	size_t size = 0;
	va_list arguments;

	va_start(arguments, format);
	assert_in_range(vsnprintf(text, sizeof(text), format, arguments), 1, sizeof(text) - 1);
	va_end(arguments);
	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '\n' && (at == text || at[-1] != '\r'))
			wire[size++] = '\r';
		wire[size++] = *at;
	}
	if (getenv("PLAY_TRACE") != NULL)
		fprintf(stderr, ">>>> from %d at %d\n%.*s\n", (int)player->flow, (int)play_now,
		    (int)size, wire);
	exchange_message(play_exchange, player->flow, bytes_of(wire, size), play_now);
}

const char *
play_expect(const struct player *player, const char *start)
{
	for (size_t i = 0; i < sent_count; i++) {
		if (sent[i].taken || sent[i].flow != player->flow)
			continue;
		if (strncmp(sent[i].text, "SIP/2.0 1", 9) == 0 &&
		    strncmp(sent[i].text, start, strlen(start)) != 0) {
			sent[i].taken = true;
			continue;
		}
		if (strncmp(sent[i].text, start, strlen(start)) != 0)
			fail_msg(
			    "%s expected \"%s\" but got:\n%s", player->device, start, sent[i].text);
		sent[i].taken = true;
		return sent[i].text;
	}
	fail_msg("%s expected \"%s\" but got nothing", player->device, start);
	return NULL;
}

static const char *
next_of(const struct player *player, bool response)
{
	for (size_t i = 0; i < sent_count; i++)
		if (!sent[i].taken && sent[i].flow == player->flow &&
		    (strncmp(sent[i].text, "SIP/2.0", 7) == 0) == response &&
		    strncmp(sent[i].text, "SIP/2.0 1", 9) != 0 &&
		    strncmp(sent[i].text, "ACK", 3) != 0) {
			sent[i].taken = true;
			return sent[i].text;
		}
	return NULL;
}

const char *
play_next_request(const struct player *player)
{
	return next_of(player, false);
}

const char *
play_next_response(const struct player *player)
{
	return next_of(player, true);
}

unsigned
play_keys_passed(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < sent_count; i++)
		count += holds_key(sent[i].text);
	return count;
}

void
play_expect_nothing(const struct player *player)
{
	for (size_t i = 0; i < sent_count; i++)
		if (!sent[i].taken && sent[i].flow == player->flow &&
		    strncmp(sent[i].text, "SIP/2.0 100", 11) != 0)
			fail_msg("%s expected nothing but got:\n%s", player->device, sent[i].text);
}

void
play_ignore(const struct player *player)
{
	for (size_t i = 0; i < sent_count; i++)
		if (sent[i].flow == player->flow)
			sent[i].taken = true;
}

void
play_wait(uint64_t ms)
{
	uint64_t until = play_now + ms;

	while (play_now < until) {
		uint64_t step = exchange_due(play_exchange, play_now);

		if (step == 0)
			step = 1;
		play_now = step > until - play_now ? until : play_now + step;
		exchange_tick(play_exchange, play_now);
	}
}

const char *
play_header(const char *message, const char *name)
{
	static char values[8][1024];
	static unsigned turn;
	char *value = values[turn++ % 8];
	const char *line = message;

	value[0] = '\0';
	while ((line = strstr(line, "\r\n")) != NULL && strncmp(line, "\r\n\r\n", 4) != 0) {
		line += 2;
		if (strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
			line += strlen(name) + 1;
			line += strspn(line, " ");
			snprintf(value, sizeof(values[0]), "%.*s", (int)strcspn(line, "\r"), line);
			break;
		}
	}
	return value;
}

const char *
play_body(const char *message)
{
	const char *body = strstr(message, "\r\n\r\n");

	return body == NULL ? "" : body + 4;
}

/* Registering */

void
play_send_register(struct player *player, const char *device, const char *extra)
{
	char named[128] = "";

	next_branch++;
	if (device != NULL)
		snprintf(named, sizeof(named), ";+u.sip!devicename.ccm.cisco.com=\"%s\"", device);
	play_send(player,
	    "REGISTER sip:ringfence SIP/2.0\n"
	    "Via: SIP/2.0/%s 127.0.0.%u:40000;branch=z9hG4bKr%u\n"
	    "Max-Forwards: 70\n"
	    "From: <sip:%s@ringfence>;tag=r%u\n"
	    "To: <sip:%s@ringfence>\n"
	    "Call-ID: reg-%s\n"
	    "CSeq: %u REGISTER\n"
	    "Contact: <sip:%s@127.0.0.%u:40000;transport=%s>%s\n"
	    "%s%sContent-Length: 0\n\n",
	    transport_via(player->transport), (unsigned)player->flow + 1, next_branch, player->line,
	    next_branch, player->line, player->device, ++player->cseq, player->line,
	    (unsigned)player->flow + 1, transport_name(player->transport), named,
	    player->names_device ? "Supported: X-cisco-callinfo,X-cisco-srtp-fallback\n" : "",
	    extra);
}

/* MD5 or SHA-256, as the first challenge in the 401 says. */
static void
answer_challenge(struct player *player, const char *response)
{
	struct sip_challenge challenge;
	struct sip_answer answer = {
	    .user = bytes_text("user"),
	    .password = bytes_text("secret"),
	    .method = "REGISTER",
	    .uri = bytes_text("sip:ringfence"),
	    .cnonce = "0a4f113b",
	    .nc = 1,
	};
	char text[SIP_DIGEST_TEXT_SIZE], header[SIP_DIGEST_TEXT_SIZE + 32];
	struct why why;

	assert_accepted(sip_challenge_read(bytes_text(play_header(response, "WWW-Authenticate")),
			    &challenge, &why),
	    why);
	assert_accepted(sip_digest_answer(&challenge, &answer, text, sizeof(text), &why), why);
	snprintf(header, sizeof(header), "Authorization: %s\n", text);
	play_send_register(player, NULL, header);
}

void
play_register(struct player *player)
{
	if (player->flow == 0)
		play_connect(player);
	play_send_register(player, player->names_device ? player->device : NULL, "");
	if (!player->names_device)
		answer_challenge(player, play_expect(player, "SIP/2.0 401"));
	play_expect(player, "SIP/2.0 200");
}

/* Calling */

static const char *
sdp_headers(const char *sdp)
{
	static char headers[128];

	snprintf(headers, sizeof(headers), "%sContent-Length: %zu\n",
	    sdp == NULL ? "" : "Content-Type: application/sdp\n", sdp == NULL ? 0 : strlen(sdp));
	return headers;
}

#define CAN                                                                                        \
	"Allow: INVITE, ACK, CANCEL, BYE, UPDATE, OPTIONS\n"                                       \
	"Supported: X-cisco-callinfo, X-cisco-srtp-fallback\n"

void
play_invite(struct player *player, const char *line, const char *sdp, struct side *side)
{
	*side = (struct side){.cseq = 1};
	snprintf(side->call_id, sizeof(side->call_id), "call-%u", ++next_branch);
	snprintf(side->mine, sizeof(side->mine), "<sip:%s@ringfence>;tag=a%u", player->line,
	    next_branch);
	snprintf(side->theirs, sizeof(side->theirs), "<sip:%s@ringfence>", line);
	snprintf(side->target, sizeof(side->target), "sip:%s@ringfence", line);
	play_request(player, side, "INVITE", CAN, sdp);
}

void
play_request(struct player *player, struct side *side, const char *method, const char *extra,
    const char *sdp)
{
	if (strcmp(method, "ACK") != 0 && strcmp(method, "CANCEL") != 0)
		side->cseq++;
	play_send(player,
	    "%s %s SIP/2.0\n"
	    "Via: SIP/2.0/%s 127.0.0.%u:40000;branch=z9hG4bK%s%u\n"
	    "Max-Forwards: 70\n"
	    "From: %s\nTo: %s\nCall-ID: %s\nCSeq: %u %s\n"
	    "Contact: <sip:%s@127.0.0.%u:40000;transport=%s>\n%s%s\n%s",
	    method, side->target, transport_via(player->transport), (unsigned)player->flow + 1,
	    strcmp(method, "CANCEL") == 0 ? "INVITE" : method,
	    strcmp(method, "CANCEL") == 0 ? next_branch : ++next_branch, side->mine, side->theirs,
	    side->call_id, side->cseq, method, player->line, (unsigned)player->flow + 1,
	    transport_name(player->transport), extra, sdp_headers(sdp), sdp == NULL ? "" : sdp);
}

void
play_ack(struct player *player, struct side *side, unsigned cseq, const char *sdp)
{
	unsigned keep = side->cseq;

	side->cseq = cseq;
	play_request(player, side, "ACK", "", sdp);
	side->cseq = keep;
}

static void
take_target(struct side *side, const char *message)
{
	const char *contact = play_header(message, "Contact");
	const char *start = strchr(contact, '<');

	if (start != NULL)
		snprintf(side->target, sizeof(side->target), "%.*s", (int)strcspn(start + 1, ">"),
		    start + 1);
}

void
play_take_answer(struct side *side, const char *response)
{
	snprintf(side->theirs, sizeof(side->theirs), "%s", play_header(response, "To"));
	take_target(side, response);
}

void
play_take_invite(const char *invite, struct side *side)
{
	*side = (struct side){.cseq = 100};
	snprintf(side->call_id, sizeof(side->call_id), "%s", play_header(invite, "Call-ID"));
	snprintf(side->mine, sizeof(side->mine), "%s;tag=b1", play_header(invite, "To"));
	snprintf(side->theirs, sizeof(side->theirs), "%s", play_header(invite, "From"));
	take_target(side, invite);
}

void
play_answer(const struct player *player, const char *request, unsigned status, const char *extra,
    const char *sdp)
{
	bool tagged = strstr(play_header(request, "To"), "tag=") != NULL;

	play_send(player,
	    "SIP/2.0 %u Whatever\n"
	    "Via: %s\nFrom: %s\nTo: %s%s\nCall-ID: %s\nCSeq: %s\n"
	    "Contact: <sip:%s@127.0.0.%u:40000;transport=%s>\n" CAN "%s%s\n%s",
	    status, play_header(request, "Via"), play_header(request, "From"),
	    play_header(request, "To"), tagged ? "" : ";tag=b1", play_header(request, "Call-ID"),
	    play_header(request, "CSeq"), player->line, (unsigned)player->flow + 1,
	    transport_name(player->transport), extra, sdp_headers(sdp), sdp == NULL ? "" : sdp);
}

void
play_talk(struct player *from, struct player *to, const char *offer, const char *answer,
    struct side *a, struct side *b)
{
	const char *invite, *ok;

	play_invite(from, to->line, offer, a);
	invite = play_expect(to, "INVITE");
	play_take_invite(invite, b);
	play_answer(to, invite, 180, "", NULL);
	play_expect(from, "SIP/2.0 180");
	play_answer(to, invite, 200, "", answer);
	play_expect(to, "ACK");
	ok = play_expect(from, "SIP/2.0 200");
	play_take_answer(a, ok);
	play_ack(from, a, a->cseq, NULL);
}

void
play_bye(struct player *from, struct side *a, struct player *to)
{
	play_request(from, a, "BYE", "", NULL);
	play_expect(from, "SIP/2.0 200");
	play_answer(to, play_expect(to, "BYE"), 200, "", NULL);
}
