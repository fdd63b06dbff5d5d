/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/base/fault.h - why something was refused: a code for the program, a sentence for the
 * operator. Libraries explain, programs log.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "base/attributes.h"

enum fault {
	FAULT_NONE,       /* success; every other value is a refusal */
	FAULT_MALFORMED,  /* the bytes break their own format */
	FAULT_UNTRUSTED,  /* well formed, but nobody we trust vouches */
	FAULT_UNEXPECTED, /* fine in itself, but not now */
	FAULT_FORBIDDEN,  /* fine in itself, but a rule says no */
	FAULT_MISSING,    /* what was asked for does not exist */
	FAULT_LIMIT,      /* larger or more than we are willing to handle */
	FAULT_BUSY,       /* not now; try again */
	FAULT_TIMEOUT,    /* the peer did not answer in time */
	FAULT_CLOSED,     /* the peer went away */
	FAULT_SYSTEM,     /* the machine refused: memory, disk, descriptors */
	FAULT_COUNT
};

enum { WHY_SIZE = 256 };

/* The sentence. Set only where a function returns a fault; may be passed as NULL. */
struct why {
	char text[WHY_SIZE];
};

/* Writes the sentence and returns the fault: "return explain(why, ...);" */
enum fault explain(struct why *why, enum fault fault, const char *format, ...) MUST_CHECK
    PRINTF_LIKE(3, 4);
/* The same, for the system call that just failed: ": " and the text of errno follow. */
enum fault explain_errno(struct why *why, const char *format, ...) MUST_CHECK PRINTF_LIKE(2, 3);
/* Puts words before the sentence that is there: "ITLFile.tlv: " + "field cut short". */
enum fault explain_within(struct why *why, enum fault fault, const char *format, ...) MUST_CHECK
    PRINTF_LIKE(3, 4);
/* One lower-case word, for logs and --json: "malformed". */
const char *fault_name(enum fault fault);
#endif
