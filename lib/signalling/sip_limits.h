/* SPDX-License-Identifier: Apache-2.0 */
/* lib/signalling/sip_limits.h - how much SIP we are willing to handle, all in one place. */
#ifndef SIGNALLING_SIP_LIMITS_H
#define SIGNALLING_SIP_LIMITS_H

enum {
	/* one message */
	SIP_MESSAGE_MOST = 65535,    /* bytes, start line to the end of the body */
	SIP_HEADERS_MOST = 256,      /* header lines, a folded one counts once */
	SIP_HEADER_LINE_MOST = 8192, /* bytes of one header with its folds; the start line too */
	SIP_LIST_MOST = 256,         /* values in all lines of one list header */
	SIP_NAME_MOST = 64,          /* bytes of a method or header name */
	SIP_CALL_ID_MOST = 256,      /* bytes */
	SIP_TAG_MOST = 256,
	SIP_BRANCH_MOST = 256,
	SIP_URI_MOST = 1024,
	SIP_PARAMETERS_MOST = 64, /* of one value */
	SIP_EXTRA_MOST = 16384,   /* header bytes a user adds to one message */
	/* transactions and dialogs */
	SIP_ROUTES_MOST = 16,
	SIP_EARLY_DIALOGS_MOST = 16, /* forks of one INVITE */
	SIP_TRANSACTIONS_MOST = 200000,
	SIP_DIALOGS_MOST = 100000,
	SIP_FLOWS_MOST = 100000,
	/* bodies */
	SIP_PARTS_MOST = 16,
	SIP_BOUNDARY_MOST = 70, /* RFC 2046 5.1.1 */
	SIP_PART_HEADERS_MOST = 16,
	/* digest */
	SIP_DIGEST_VALUE_MOST = 512, /* user name, realm, nonce, ... */
};
#endif
