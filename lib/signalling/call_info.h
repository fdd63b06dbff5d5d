/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/call_info.h - the Call-Info value that tells a phone how secure its call is:
 *     <urn:x-cisco-remotecc:callinfo>; security= Encrypted; orientation= to; call-instance= 1
 * Read with and without blanks, in any order and case; written without blanks.
 */
#ifndef SIGNALLING_CALL_INFO_H
#define SIGNALLING_CALL_INFO_H

#include "base/buffer.h"
#include "policy/level.h"
#include "signalling/sip_message.h"

enum call_info_kind {
	CALL_INFO_CALLINFO,
	CALL_INFO_HOLD,
	CALL_INFO_RESUME,
	CALL_INFO_BARGE,
	CALL_INFO_CBARGE,
	CALL_INFO_OTHER /* some URN of the family we do not know */
};
enum call_info_orientation { CALL_INFO_UNSAID, CALL_INFO_FROM, CALL_INFO_TO };

struct call_info {
	enum call_info_kind kind;
	bool has_security;   /* false also for "Unknown" */
	enum level security; /* meaningful with has_security */
	enum call_info_orientation orientation;
	uint32_t call_instance; /* 0: not said */
	struct bytes gci;       /* "1-1"; "" */
	struct bytes ui_state;  /* "ringout", "busy", "connected"; "" */
	struct bytes priority, reason, mode;
	bool is_voip;
};

/* One value. FAULT_MISSING: a Call-Info that is not of this family (an icon, a web page). */
enum fault call_info_read(struct bytes value, struct call_info *info, struct why *why) MUST_CHECK;
/* The first callinfo of a message; false when it has none that can be read. */
bool call_info_of(const struct sip_message *message, struct call_info *info);
void call_info_write(const struct call_info *info, struct buffer *out);
/* Just the level: "<urn:x-cisco-remotecc:callinfo>;orientation=to;security=Encrypted". */
enum { CALL_INFO_TEXT_SIZE = 128 };
const char *call_info_level_text(
    enum level level, enum call_info_orientation orientation, char text[CALL_INFO_TEXT_SIZE]);
#endif
