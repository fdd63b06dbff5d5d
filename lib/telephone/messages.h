/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/telephone/messages.h - every sentence a person at the phone can see or hear, in one
 * catalogue. A "{}" in a message is the place of its one argument.
 */
#ifndef TELEPHONE_MESSAGES_H
#define TELEPHONE_MESSAGES_H

#include <stddef.h>

enum message {
	/* The header line. */
	MESSAGE_PHONE_SECURED,
	MESSAGE_STARTING,
	MESSAGE_FINDING_SERVER,
	MESSAGE_FETCHING_LISTS,
	MESSAGE_FETCHING_CONFIGURATION,
	MESSAGE_ENROLLING,
	MESSAGE_REGISTERING,
	MESSAGE_READY,
	MESSAGE_NO_MANAGER,
	MESSAGE_WAITING,
	/* The call lines. */
	MESSAGE_DIALLING,
	MESSAGE_RING_OUT,
	MESSAGE_INCOMING,
	MESSAGE_CONNECTED,
	MESSAGE_HELD,
	MESSAGE_ENDED,
	MESSAGE_UNKNOWN_CALLER,
	/* What a screen reader says of a call. */
	MESSAGE_SECURE_CALL,
	MESSAGE_AUTHENTICATED_CALL,
	MESSAGE_PLAIN_CALL,
	/* Status messages, kept and shown on request; {} is a file name or a reason. */
	MESSAGE_FILE_AUTH_FAILED,
	MESSAGE_ITL_TOO_LARGE,
	MESSAGE_CTL_TOO_LARGE,
	MESSAGE_FILE_NOT_FOUND,
	MESSAGE_FILE_UNREADABLE,
	MESSAGE_LIST_UPDATED,
	MESSAGE_LIST_FAILED,
	MESSAGE_NO_SERVER,
	MESSAGE_NO_TRUST_LIST,
	MESSAGE_NO_SECURE_MANAGER,
	MESSAGE_MANAGER_REFUSED,
	MESSAGE_REGISTRATION_REFUSED,
	MESSAGE_CONNECTION_LOST,
	MESSAGE_REGISTERED,
	MESSAGE_LSC_INSTALLED,
	MESSAGE_LSC_DELETED,
	MESSAGE_LSC_FAILED,
	MESSAGE_CLOCK_CORRECTED,
	MESSAGE_FACTORY_RESET,
	MESSAGE_RESTARTING,
	MESSAGE_COUNT
};

enum { MESSAGE_SIZE = 320 }; /* with argument and NUL */

/* The words as they stand in the catalogue. Never NULL. */
const char *message_text(enum message message);
/* With the argument in place of "{}" (NULL: nothing), cut to fit. Returns text. */
const char *message_write(enum message message, const char *argument, char text[MESSAGE_SIZE]);
/* A stable name for programs: "file-auth-failed". */
const char *message_name(enum message message);
#endif
