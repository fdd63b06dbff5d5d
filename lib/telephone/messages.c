/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/messages.c - the catalogue. Another language is another table of this shape. */
#include "telephone/messages.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *text;
} catalogue[MESSAGE_COUNT] = {
    [MESSAGE_PHONE_SECURED] = {"phone-secured", "phone secured"},
    [MESSAGE_STARTING] = {"starting", "Starting"},
    [MESSAGE_FINDING_SERVER] = {"finding-server", "Looking for the file server"},
    [MESSAGE_FETCHING_LISTS] = {"fetching-lists", "Fetching trust lists"},
    [MESSAGE_FETCHING_CONFIGURATION] = {"fetching-configuration", "Fetching configuration"},
    [MESSAGE_ENROLLING] = {"enrolling", "Getting a certificate"},
    [MESSAGE_REGISTERING] = {"registering", "Registering"},
    [MESSAGE_READY] = {"ready", "Ready"},
    [MESSAGE_NO_MANAGER] = {"no-manager", "Manager cannot be reached"},
    [MESSAGE_WAITING] = {"waiting", "Waiting to try again"},
    [MESSAGE_DIALLING] = {"dialling", "Dialling"},
    [MESSAGE_RING_OUT] = {"ring-out", "Ring out"},
    [MESSAGE_INCOMING] = {"incoming", "Incoming call"},
    [MESSAGE_CONNECTED] = {"connected", "Connected"},
    [MESSAGE_HELD] = {"held", "On hold"},
    [MESSAGE_ENDED] = {"ended", "Call ended"},
    [MESSAGE_UNKNOWN_CALLER] = {"unknown-caller", "Unknown"},
    [MESSAGE_SECURE_CALL] = {"secure-call", "secure call"},
    [MESSAGE_AUTHENTICATED_CALL] = {"authenticated-call", "authenticated call"},
    [MESSAGE_PLAIN_CALL] = {"plain-call", "call not secure"},
    [MESSAGE_FILE_AUTH_FAILED] = {"file-auth-failed", "File auth failed {}"},
    [MESSAGE_ITL_TOO_LARGE] = {"itl-too-large", "ITL file too large"},
    [MESSAGE_CTL_TOO_LARGE] = {"ctl-too-large", "CTL file too large"},
    [MESSAGE_FILE_NOT_FOUND] = {"file-not-found", "File not found {}"},
    [MESSAGE_FILE_UNREADABLE] = {"file-unreadable", "File cannot be used {}"},
    [MESSAGE_LIST_UPDATED] = {"list-updated", "Trust list updated {}"},
    [MESSAGE_LIST_FAILED] = {"list-failed", "Trust list update failed {}"},
    [MESSAGE_NO_SERVER] = {"no-server", "No file server: {}"},
    [MESSAGE_NO_TRUST_LIST] = {"no-trust-list", "No trust list installed"},
    [MESSAGE_NO_SECURE_MANAGER] = {"no-secure-manager", "No manager for secure calls: {}"},
    [MESSAGE_MANAGER_REFUSED] = {"manager-refused", "Manager not trusted: {}"},
    [MESSAGE_REGISTRATION_REFUSED] = {"registration-refused", "Registration refused: {}"},
    [MESSAGE_CONNECTION_LOST] = {"connection-lost", "Connection lost: {}"},
    [MESSAGE_REGISTERED] = {"registered", "Registered with {}"},
    [MESSAGE_LSC_INSTALLED] = {"lsc-installed", "LSC installed: {}"},
    [MESSAGE_LSC_DELETED] = {"lsc-deleted", "LSC deleted"},
    [MESSAGE_LSC_FAILED] = {"lsc-failed", "LSC not installed: {}"},
    [MESSAGE_CLOCK_CORRECTED] = {"clock-corrected", "Clock was behind, now {}"},
    [MESSAGE_FACTORY_RESET] = {"factory-reset", "Reset to factory state"},
    [MESSAGE_RESTARTING] = {"restarting", "Restarting"},
};

const char *
message_text(enum message message)
{
	return (unsigned)message < MESSAGE_COUNT ? catalogue[message].text : "";
}

const char *
message_name(enum message message)
{
	return (unsigned)message < MESSAGE_COUNT ? catalogue[message].name : "";
}

const char *
message_write(enum message message, const char *argument, char text[MESSAGE_SIZE])
{
	const char *words = message_text(message);
	const char *place = strstr(words, "{}");

	if (place == NULL)
		snprintf(text, MESSAGE_SIZE, "%s", words);
	else
		snprintf(text, MESSAGE_SIZE, "%.*s%s%s", (int)(place - words), words,
		    argument != NULL ? argument : "", place + 2);
	return text;
}
