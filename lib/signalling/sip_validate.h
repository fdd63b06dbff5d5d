/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_validate.h - is this message well formed, can we do what it asks, and if
 * not, what does RFC 3261 (and RFC 4475) say to answer.
 */
#ifndef SIGNALLING_SIP_VALIDATE_H
#define SIGNALLING_SIP_VALIDATE_H

#include "signalling/sip_message.h"

enum sip_judgement {
	SIP_ACCEPTED,
	SIP_ANSWER_WITH, /* a request that gets status, with the sentence as its reason phrase */
	SIP_DROPPED,     /* a response, an ACK, or a request nobody could answer */
};

struct sip_verdict {
	enum sip_judgement judgement;
	unsigned status;
	struct why why;
	/* For the answer; "" when none: 420 Unsupported, 405 Allow, 415 and 406 Accept. */
	enum sip_header_id header;
	char value[128];
};

/*
 * The form of everything every element must understand; fills uri, via, from, to, call_id, cseq
 * and (of a response) method. False: see verdict; then the views needed to answer (Via, From, To,
 * Call-ID, CSeq lines) may be copied as they are.
 */
bool sip_validate(struct sip_message *message, struct sip_verdict *verdict) MUST_CHECK;

/* What an element can do; lists end with NULL, NULL means: do not check. */
struct sip_abilities {
	const char *const *methods;    /* else 405 if known to SIP, 501 if not */
	const char *const *extensions; /* for Require; else 420 */
	const char *const *types;      /* bodies; else 415. "multipart/" allows all below */
	bool schemes_sip_only;         /* else a request URI of another scheme gets 416 */
	bool forwards;                 /* Max-Forwards: 0 gets 483 */
};
/* RFC 3261 8.2: of a request that sip_validate() accepted. */
bool sip_validate_for(const struct sip_message *message, const struct sip_abilities *abilities,
    struct sip_verdict *verdict) MUST_CHECK;
#endif
