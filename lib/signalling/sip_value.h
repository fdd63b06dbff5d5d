/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_value.h - what stands in header fields: parameters, addresses, Via, CSeq.
 *
 * All are views into the header value. A value may be folded: CR LF and a blank count as blank.
 */
#ifndef SIGNALLING_SIP_VALUE_H
#define SIGNALLING_SIP_VALUE_H

#include "base/bytes.h"
#include "base/fault.h"
#include "signalling/sip_uri.h"

enum sip_method {
	SIP_METHOD_OTHER, /* some token we do not know */
	SIP_METHOD_ACK,
	SIP_METHOD_BYE,
	SIP_METHOD_CANCEL,
	SIP_METHOD_INFO,
	SIP_METHOD_INVITE,
	SIP_METHOD_MESSAGE,
	SIP_METHOD_NOTIFY,
	SIP_METHOD_OPTIONS,
	SIP_METHOD_PRACK,
	SIP_METHOD_PUBLISH,
	SIP_METHOD_REFER,
	SIP_METHOD_REGISTER,
	SIP_METHOD_SUBSCRIBE,
	SIP_METHOD_UPDATE,
	SIP_METHODS
};

/* "INVITE"; "" for SIP_METHOD_OTHER. */
const char *sip_method_name(enum sip_method method);
/* Methods have case (RFC 3261 7.1). */
enum sip_method sip_method_of(struct bytes name);

/* ;a=b;c;d="e" */
struct sip_parameter {
	struct bytes name;
	struct bytes value; /* without its quotes; "" for a flag */
	bool quoted;
};
/* Takes the next one off *parameters (which begins with ';'). False at the end or at nonsense. */
bool sip_parameter_next(struct bytes *parameters, struct sip_parameter *parameter);
/* By name, without case; false when absent. value may be NULL. */
bool sip_parameter(struct bytes parameters, const char *name, struct bytes *value);
/* Are these parameters well formed to the end? */
bool sip_parameters_well_formed(struct bytes parameters);
/* The same in one pass with the values of some; *value stays as it is for what is absent. */
struct sip_wanted {
	const char *name;
	struct bytes *value;
	bool *present; /* may be NULL */
};
bool sip_parameters_read(struct bytes parameters, const struct sip_wanted *wanted, size_t count);

/* From, To, Contact, Route, Record-Route, Refer-To: [display] <uri> ;parameters, or a bare uri. */
struct sip_address {
	struct bytes text;       /* all of it, trimmed */
	struct bytes display;    /* without quotes, escapes as they were; "" when absent */
	struct sip_uri uri;      /* of "*" the text only */
	struct bytes parameters; /* ";tag=..." */
	struct bytes tag;        /* "" when absent */
	bool star;               /* Contact: * */
};
enum fault sip_address_read(
    struct bytes value, struct sip_address *address, struct why *why) MUST_CHECK;

struct sip_via {
	struct bytes text;
	struct bytes transport; /* "TLS" */
	struct bytes host;
	uint16_t port;           /* 0: not given */
	struct bytes parameters; /* ";branch=..." */
	struct bytes branch;     /* "" when absent (RFC 2543) */
	struct bytes received;
	bool rport; /* asked for, or given */
};
enum fault sip_via_read(struct bytes value, struct sip_via *via, struct why *why) MUST_CHECK;
/* Does the branch follow RFC 3261 (the cookie, and something behind it)? */
bool sip_via_has_cookie(const struct sip_via *via);

struct sip_cseq {
	uint32_t number;
	enum sip_method method;
	struct bytes method_name;
};
enum fault sip_cseq_read(struct bytes value, struct sip_cseq *cseq, struct why *why) MUST_CHECK;

/* Session-Expires: 1800;refresher=uac (RFC 4028 4). */
enum sip_refresher { SIP_REFRESHER_UNSAID, SIP_REFRESHER_UAC, SIP_REFRESHER_UAS };
struct sip_session_expires {
	uint32_t seconds;
	enum sip_refresher refresher;
};
enum fault sip_session_expires_read(
    struct bytes value, struct sip_session_expires *expires, struct why *why) MUST_CHECK;

/* Replaces and Join: call-id;to-tag=..;from-tag=..[;early-only] (RFC 3891, 3911). */
struct sip_replaces {
	struct bytes call_id, to_tag, from_tag;
	bool early_only;
};
enum fault sip_replaces_read(
    struct bytes value, struct sip_replaces *replaces, struct why *why) MUST_CHECK;

/* Content-Type, Content-Disposition, Event: "application/sdp" ;parameters. */
struct sip_token_value {
	struct bytes token; /* trimmed; a media type as written, blanks around '/' refused */
	struct bytes parameters;
};
enum fault sip_token_value_read(
    struct bytes value, struct sip_token_value *read, struct why *why) MUST_CHECK;

/* delta-seconds and other plain numbers; FAULT_MALFORMED over 2^32-1. */
enum fault sip_number_read(struct bytes value, uint32_t *number, struct why *why) MUST_CHECK;
/* Takes the next value of a comma list; commas in "quotes" and <brackets> do not divide. */
bool sip_list_take(struct bytes *list, struct bytes *value);
#endif
