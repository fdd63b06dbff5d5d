/* SPDX-License-Identifier: Apache-2.0 */
/* phone/options.c - reads the command line through one table. */
#include "phone/options.h"

#include <getopt.h>
#include <string.h>

#include "provisioning/tftp_message.h"

const char options_help[] =
    "Usage: ringfence-phone --state DIR [OPTION...]\n"
    "\n"
    "  --state DIR             the phone's directory, made by `ringfencectl factory make`\n"
    "  --file-server ADDRESS[:HTTP[:TFTP]]\n"
    "                          where lists and configuration come from (6970, 69)\n"
    "  --dhcp-lease FILE       take it from option 150 or 66 of this lease instead\n"
    "  --address ADDRESS       the phone's own address (127.0.0.1)\n"
    "  --rtp-ports FIRST-LAST  ports for media (16384-32766)\n"
    "  --audio DEVICE          null, file:IN.wav,OUT.wav or alsa:NAME (null)\n"
    "  --control SOCKET        the control socket (DIR/run/control.sock)\n"
    "  --auto-answer           answer every call\n"
    "  --terminal              draw the screen in this terminal\n"
    "  --capture FILE.pcap     write down what the phone's sockets carry\n"
    "  --user NAME             become this user when started as root\n"
    "  --verbose               log more\n"
    "  --help, --version\n";

enum {
	STATE = 1,
	SERVER,
	LEASE,
	ADDRESS,
	PORTS,
	AUDIO,
	CONTROL,
	ANSWER,
	TERMINAL,
	CAPTURE,
	USER,
	VERBOSE,
	HELP,
	VERSION
};

static const struct option longs[] = {
    {"state", required_argument, NULL, STATE},
    {"file-server", required_argument, NULL, SERVER},
    {"dhcp-lease", required_argument, NULL, LEASE},
    {"address", required_argument, NULL, ADDRESS},
    {"rtp-ports", required_argument, NULL, PORTS},
    {"audio", required_argument, NULL, AUDIO},
    {"control", required_argument, NULL, CONTROL},
    {"auto-answer", no_argument, NULL, ANSWER},
    {"terminal", no_argument, NULL, TERMINAL},
    {"capture", required_argument, NULL, CAPTURE},
    {"user", required_argument, NULL, USER},
    {"verbose", no_argument, NULL, VERBOSE},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {NULL, 0, NULL, 0},
};

static enum fault
read_port(struct bytes text, uint16_t *port, struct why *why)
{
	uint64_t number;

	if (!bytes_decimal(text, UINT16_MAX, &number))
		return explain(why, FAULT_MALFORMED, "\"%.*s\" is not a port", (int)text.left,
		    (const char *)text.at);
	*port = (uint16_t)number;
	return FAULT_NONE;
}

/* ADDRESS[:HTTP[:TFTP]]; an IPv6 address stands in brackets when ports follow. */
static enum fault
read_server(const char *text, struct file_server *server, struct why *why)
{
	struct bytes left = bytes_text(text), host, port;
	enum fault fault = FAULT_NONE;

	server->http_port = FILE_HTTP_PORT;
	server->tftp_port = TFTP_PORT;
	if (left.left > 0 && left.at[0] == '[') {
		if (!bytes_take_until(&left, ']', &host))
			return explain(why, FAULT_MALFORMED, "\"%s\" has no ']'", text);
		host = bytes_part(host, 1, host.left);
		if (left.left > 0 && !bytes_take(&left, 1, &port))
			return explain(why, FAULT_MALFORMED, "\"%s\" is not an address", text);
	} else if (!bytes_take_until(&left, ':', &host)) {
		host = bytes_take_rest(&left);
	}
	fault = address_read(host, 0, &server->host, why);
	if (fault == FAULT_NONE && left.left > 0) {
		if (!bytes_take_until(&left, ':', &port))
			port = bytes_take_rest(&left);
		fault = read_port(port, &server->http_port, why);
	}
	if (fault == FAULT_NONE && left.left > 0)
		fault = read_port(left, &server->tftp_port, why);
	return fault;
}

static enum fault
read_ports(const char *text, struct options *options, struct why *why)
{
	struct bytes left = bytes_text(text), first;
	enum fault fault;

	if (!bytes_take_until(&left, '-', &first))
		return explain(why, FAULT_MALFORMED, "\"%s\" is not FIRST-LAST", text);
	if ((fault = read_port(first, &options->first_port, why)) != FAULT_NONE ||
	    (fault = read_port(left, &options->last_port, why)) != FAULT_NONE)
		return fault;
	if (options->first_port > options->last_port)
		return explain(why, FAULT_MALFORMED, "\"%s\" holds no port", text);
	return FAULT_NONE;
}

static enum fault
take(int which, const char *value, struct options *options, struct why *why)
{
	switch (which) {
	case STATE:
		options->state = value;
		return FAULT_NONE;
	case SERVER:
		options->has_server = true;
		return read_server(value, &options->server, why);
	case LEASE:
		options->dhcp_lease = value;
		return FAULT_NONE;
	case ADDRESS:
		return address_read(bytes_text(value), 0, &options->local, why);
	case PORTS:
		return read_ports(value, options, why);
	case AUDIO:
		options->audio = value;
		return FAULT_NONE;
	case CONTROL:
		options->control = value;
		return FAULT_NONE;
	case ANSWER:
		options->auto_answer = true;
		return FAULT_NONE;
	case TERMINAL:
		options->terminal = true;
		return FAULT_NONE;
	case CAPTURE:
		options->capture = value;
		return FAULT_NONE;
	case USER:
		options->user = value;
		return FAULT_NONE;
	case VERBOSE:
		options->log_least = LOG_LEVEL_DEBUG;
		return FAULT_NONE;
	case HELP:
		options->answer = OPTIONS_HELP;
		return FAULT_NONE;
	case VERSION:
		options->answer = OPTIONS_VERSION;
		return FAULT_NONE;
	default:
		return explain(why, FAULT_MALFORMED, "unknown option; try --help");
	}
}

enum fault
options_read(int count, char **values, struct options *options, struct why *why)
{
	enum fault fault;
	int which;

	*options = (struct options){.audio = "null",
	    .first_port = OPTIONS_FIRST_PORT,
	    .last_port = OPTIONS_LAST_PORT,
	    .log_least = LOG_LEVEL_INFO};
	fault = address_read(bytes_text("127.0.0.1"), 0, &options->local, why);
	opterr = 0;
	while (fault == FAULT_NONE && (which = getopt_long(count, values, "", longs, NULL)) != -1)
		fault = take(which, optarg, options, why);
	if (fault != FAULT_NONE || options->answer != OPTIONS_RUN)
		return fault;
	if (optind < count)
		return explain(why, FAULT_MALFORMED, "\"%s\" is no option", values[optind]);
	if (options->state == NULL)
		return explain(why, FAULT_MALFORMED, "--state DIR is missing");
	return FAULT_NONE;
}
