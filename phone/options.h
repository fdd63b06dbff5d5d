/* SPDX-License-Identifier: Apache-2.0 */
/* phone/options.h - the command line of ringfence-phone; ringfence-phone(8) documents it. */
#ifndef PHONE_OPTIONS_H
#define PHONE_OPTIONS_H

#include "base/fault.h"
#include "base/log.h"
#include "provisioning/file_fetch.h"

enum { OPTIONS_FIRST_PORT = 16384, OPTIONS_LAST_PORT = 32766 };

enum options_answer { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION };

/* Texts are argv's. */
struct options {
	enum options_answer answer;
	const char *state;      /* directory; required */
	const char *audio;      /* media/audio_device.h */
	const char *control;    /* socket; NULL: <state>/run/control.sock */
	const char *dhcp_lease; /* file, or NULL */
	const char *capture;    /* file, or NULL */
	const char *user;       /* to become when root, or NULL */
	struct file_server server;
	bool has_server;
	struct address local;           /* port 0 */
	uint16_t first_port, last_port; /* RTP */
	bool terminal, auto_answer;
	enum log_level log_least;
};

enum fault options_read(
    int count, char **values, struct options *options, struct why *why) MUST_CHECK;
extern const char options_help[];
#endif
