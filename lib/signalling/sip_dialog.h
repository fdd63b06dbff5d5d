/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_dialog.h - dialogs (RFC 3261 12): identity, route set, CSeq, target, the
 * offers of re-INVITE that may not cross. Pure state; sip_stack.h drives it.
 */
#ifndef SIGNALLING_SIP_DIALOG_H
#define SIGNALLING_SIP_DIALOG_H

#include "signalling/sip_builder.h"
#include "signalling/sip_session.h"
#include "signalling/sip_validate.h"

enum sip_dialog_state { SIP_DIALOG_EARLY, SIP_DIALOG_CONFIRMED, SIP_DIALOG_ENDED };

/* Read it freely; change it through the functions. Texts are C strings, owned. */
struct sip_dialog {
	enum sip_dialog_state state;
	bool uac; /* we sent the request that made it */
	char *call_id;
	char *local_tag, *remote_tag; /* "" when the peer gave none (RFC 2543) */
	char *local_uri, *remote_uri; /* From and To without tag: "\"Ann\" <sip:1000@host>" */
	char *remote_target;          /* URI of the peer's Contact */
	char *route[SIP_ROUTES_MOST]; /* "<sip:proxy;lr>" */
	size_t routes;
	uint32_t local_cseq, remote_cseq;
	bool has_remote_cseq;
	uint32_t invite_cseq;            /* of the INVITE an ACK belongs to */
	bool invite_ours, invite_theirs; /* INVITE or UPDATE under way */
	uint64_t flow;                   /* the connection its requests leave by; 0: none */
	struct sip_session session;
	void *user;  /* the caller's own */
	void *stack; /* sip_stack's own */
};

/* As a record survives a restart. All views. */
struct sip_dialog_facts {
	bool uac;
	const char *call_id, *local_tag, *remote_tag, *local_uri, *remote_uri, *remote_target;
	const char *const *route;
	size_t routes;
	uint32_t local_cseq, remote_cseq;
	bool has_remote_cseq;
	uint64_t flow;
};

/* UAC: our request and a 1xx or 2xx with a To tag. UAS: the request and the tag we chose. */
enum fault sip_dialog_from_response(struct sip_dialog **dialog, const struct sip_message *request,
    const struct sip_message *response, struct why *why) MUST_CHECK;
enum fault sip_dialog_from_request(struct sip_dialog **dialog, const struct sip_message *request,
    const char *local_tag, struct why *why) MUST_CHECK;
enum fault sip_dialog_from_facts(
    struct sip_dialog **dialog, const struct sip_dialog_facts *facts, struct why *why) MUST_CHECK;
void sip_dialog_free(struct sip_dialog *dialog);

/* A request of the peer's, or a response to ours: does it belong here? */
bool sip_dialog_matches(const struct sip_dialog *dialog, const struct sip_message *message);
/* Early to confirmed by a 2xx: target, and on the UAC side the route set, are taken anew. */
enum fault sip_dialog_confirm(
    struct sip_dialog *dialog, const struct sip_message *response, struct why *why) MUST_CHECK;
/*
 * A request of the peer's inside the dialog: order (500), crossing re-INVITEs (491, or 500 with
 * Retry-After), target refresh. False: answer as the verdict says.
 */
bool sip_dialog_receive(struct sip_dialog *dialog, const struct sip_message *request,
    struct sip_verdict *verdict) MUST_CHECK;
/*
 * Begins a request inside the dialog: request line, From, To, Call-ID, CSeq (counted up; ACK takes
 * invite_cseq), Route, Max-Forwards. via: the whole value of the Via. The caller adds Contact and
 * the rest and finishes.
 */
void sip_dialog_request(struct sip_dialog *dialog, enum sip_method method, const char *via,
    struct sip_builder *builder);
/* The answer to our INVITE or UPDATE inside the dialog: target refresh by 2xx, glare bookkeeping.
 */
enum fault sip_dialog_answered(
    struct sip_dialog *dialog, const struct sip_message *response, struct why *why) MUST_CHECK;
/* RFC 3261 14.1: after a 491, wait so long; random: any 16 bits. */
uint64_t sip_dialog_glare_ms(const struct sip_dialog *dialog, uint16_t random);
#endif
