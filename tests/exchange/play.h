/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/exchange/play.h - plays phones against the exchange: SIP as text, a clock that moves only
 * when told, and an ear on every byte that leaves.
 *
 * Every message sent is checked: nothing that could be a key goes to a connection that is not
 * TLS, and no log or audit record holds one.
 */
#ifndef TESTS_PLAY_H
#define TESTS_PLAY_H

#include "exchange/exchange.h"
#include "tests.h"

enum { PLAY_TEXT = 8192 };

/* A phone of the cast: one line, one connection. */
struct player {
	uint64_t flow;
	enum transport transport;
	const char *device, *line;
	const char *common_name; /* of its certificate; NULL: shows none */
	bool names_device;       /* in its Contact */
	unsigned cseq;
};

/* One side of a dialog, as the phone sees it. */
struct side {
	char call_id[256];
	char mine[512], theirs[512]; /* From and To as the phone writes them */
	char target[512];            /* the Contact of the other side */
	unsigned cseq;
};

extern struct exchange *play_exchange;
extern uint64_t play_now;
extern unsigned play_changes[4];     /* how often each call_change was told */
extern struct call_record play_call; /* the last one told */
extern struct registration_record play_registration;
extern char play_audit[1024]; /* the last record: "event|device|reason" */
extern uint64_t play_closed_flow;

int play_begin(void **state);
int play_end(void **state);
/* A new exchange in place of the old one, as after kill -9; it is told what calls.db would hold.
 * Then play_replay(), and exchange_restored(). */
void play_restart(void);

/* Profiles of the cast: 1001 and 1002 encrypted (SEP...A, B), 1003 nonsecure, 1004 authenticated,
 * 1005 third-party, 1006 third-party vouched for, 1007 shared by two encrypted phones, 1008 nobody
 * registers. Digest user and password of 1005 and 1006: "user", "secret". */
struct player play_phone(const char *line);
void play_set_profile(const char *line, const struct profile *profile);
void play_connect(struct player *player);
/* The connection as it was, replayed to a restarted exchange. */
void play_replay(const struct player *player);
void play_hang_connection(struct player *player);
/* Sends; %-formats. Lines may end with a bare LF; they are sent with CRLF. */
void play_send(const struct player *player, const char *format, ...) PRINTF_LIKE(2, 3);
/* The next message for this phone must begin so. Valid until the test ends. */
const char *play_expect(const struct player *player, const char *start);
/* The next request, or final response, that waits for this phone; NULL if none does. */
const char *play_next_request(const struct player *player);
const char *play_next_response(const struct player *player);
/* How many messages with a key were sent so far (all of them over TLS). */
unsigned play_keys_passed(void);
void play_expect_nothing(const struct player *player);
/* Drops whatever waits for this phone. */
void play_ignore(const struct player *player);
/* Moves the clock in steps, so that timers run in order. */
void play_wait(uint64_t ms);

/* The value of a header in a message ("" if absent), and its body. */
const char *play_header(const char *message, const char *name);
const char *play_body(const char *message);

void play_register(struct player *player);
/* A REGISTER with these extra header lines. */
void play_send_register(struct player *player, const char *device, const char *extra);

/* Sends an INVITE; *side is the caller's. sdp NULL: without an offer. */
void play_invite(struct player *player, const char *line, const char *sdp, struct side *side);
/* After the 2xx to it. */
void play_take_answer(struct side *side, const char *response);
/* The called phone's side, from the INVITE it got. */
void play_take_invite(const char *invite, struct side *side);
/* Answers a request that the phone got. */
void play_answer(const struct player *player, const char *request, unsigned status,
    const char *extra, const char *sdp);
/* A request in the dialog. */
void play_request(struct player *player, struct side *side, const char *method, const char *extra,
    const char *sdp);
void play_ack(struct player *player, struct side *side, unsigned cseq, const char *sdp);

/* A whole call that is answered, with descriptions of both; both sides are filled. */
void play_talk(struct player *from, struct player *to, const char *offer, const char *answer,
    struct side *a, struct side *b);
/* Both BYE. */
void play_bye(struct player *from, struct side *a, struct player *to);

#define PLAY_SDP_HEAD   "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
#define PLAY_OFFER_KEY  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis="
#define PLAY_ANSWER_KEY "VvVhRSPemKrKGQxEyhbLipvrtLdE5d5mi2hXhKFIQJ9T5xeCh61ktw62n8E="
#define PLAY_SECURE_OFFER                                                                          \
	PLAY_SDP_HEAD                                                                              \
	"m=audio 20000 RTP/SAVP 0\r\na=crypto:1 AEAD_AES_256_GCM inline:" PLAY_OFFER_KEY           \
	"\r\na=sendrecv\r\n"
#define PLAY_SECURE_ANSWER                                                                         \
	PLAY_SDP_HEAD                                                                              \
	"m=audio 30000 RTP/SAVP 0\r\na=crypto:1 AEAD_AES_256_GCM inline:" PLAY_ANSWER_KEY          \
	"\r\na=sendrecv\r\n"
#define PLAY_CLEAR_OFFER  PLAY_SDP_HEAD "m=audio 20000 RTP/AVP 0\r\na=sendrecv\r\n"
#define PLAY_CLEAR_ANSWER PLAY_SDP_HEAD "m=audio 30000 RTP/AVP 0\r\na=sendrecv\r\n"
#endif
