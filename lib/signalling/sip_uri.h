/* SPDX-License-Identifier: Apache-2.0 */
/* lib/signalling/sip_uri.h - a SIP, SIPS or TEL URI as views (RFC 3261 19.1, 25.1; RFC 3966). */
#ifndef SIGNALLING_SIP_URI_H
#define SIGNALLING_SIP_URI_H

#include "base/bytes.h"
#include "base/fault.h"

enum sip_scheme { SIP_SCHEME_SIP, SIP_SCHEME_SIPS, SIP_SCHEME_TEL, SIP_SCHEME_OTHER };

/* Views into the text that was read; nothing is unescaped. */
struct sip_uri {
	struct bytes text; /* all of it */
	enum sip_scheme scheme;
	struct bytes scheme_name;
	struct bytes user;       /* "" when absent; of a TEL URI: the number */
	struct bytes password;   /* "" when absent */
	struct bytes host;       /* "host", "192.0.2.1", "[2001:db8::1]"; "" for TEL and OTHER */
	uint16_t port;           /* 0: not given */
	struct bytes parameters; /* ";transport=tls;lr", with the first ';'; "" when absent */
	struct bytes headers;    /* after '?'; "" when absent */
};

/* Any scheme is read; of SIP_SCHEME_OTHER only text and scheme. No blanks, no '<' '>'. */
enum fault sip_uri_read(struct bytes text, struct sip_uri *uri, struct why *why) MUST_CHECK;
/* The value of a parameter ("" for a flag such as lr); false when absent. Names without case. */
bool sip_uri_parameter(const struct sip_uri *uri, const char *name, struct bytes *value);
/* RFC 3261 19.1.4. URIs of other schemes are equal when their text is. */
bool sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b);
/* Takes "host[:port]" off the front; blanks around ':' are allowed. port 0: none given. */
bool sip_host_take(struct bytes *from, struct bytes *host, uint16_t *port) MUST_CHECK;
/* The user part with %XX undone; false when it does not fit, or holds a NUL or a control. */
bool sip_uri_user_text(const struct sip_uri *uri, char *text, size_t room) MUST_CHECK;
#endif
