/* SPDX-License-Identifier: Apache-2.0 */
/* phone/main.c - ringfence-phone: opens everything, gives up the rest, then meets the world. */
#include <libgen.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "channel/tap.h"
#include "phone/phone.h"
#include "telephone/first_clock.h"

int64_t
phone_wall(struct phone *phone)
{
	int64_t newest = 0;

	for (int kind = 0; kind < TRUST_LIST_KINDS && phone->store != NULL; kind++) {
		const struct trust_list *list = trust_store_list(phone->store, kind);

		if (list != NULL && list->header.timestamp > newest)
			newest = list->header.timestamp;
	}
	return first_clock(clock_wall(), first_clock_built(), newest);
}

static void
on_agent_due(void *arg)
{
	struct phone *phone = arg;

	if (phone->agent != NULL)
		agent_tick(phone->agent, clock_monotonic_ms());
	phone_agent_settle(phone);
}

void
phone_agent_settle(struct phone *phone)
{
	uint64_t now = clock_monotonic_ms(), due;

	if (phone->agent == NULL)
		return;
	due = agent_due(phone->agent);
	if (due == UINT64_MAX)
		loop_timer_stop(phone->agent_timer);
	else
		loop_timer_set(phone->agent_timer, due > now ? due - now : 0);
}

static void
stop(void *arg)
{
	struct phone *phone = arg;

	loop_stop(phone->loop);
}

/* <state>/store, <state>/run, and the socket: --control or <state>/run/control.sock. */
static enum fault
make_folders(struct phone *phone, struct why *why)
{
	char run[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = storage_path(phone->store_folder, phone->options.state, "store", why)) !=
		FAULT_NONE ||
	    (fault = storage_folder(phone->store_folder, 0700, why)) != FAULT_NONE ||
	    (fault = storage_tidy(phone->store_folder, why)) != FAULT_NONE)
		return fault;
	if (phone->options.control != NULL) {
		snprintf(
		    phone->control_path, sizeof(phone->control_path), "%s", phone->options.control);
		return FAULT_NONE;
	}
	if ((fault = storage_path(run, phone->options.state, "run", why)) != FAULT_NONE ||
	    (fault = storage_folder(run, 0700, why)) != FAULT_NONE)
		return fault;
	return storage_path(phone->control_path, run, "control.sock", why);
}

static void
on_tapped(void *arg, const struct address *from, const struct address *to, struct bytes bytes)
{
	capture_tcp(((struct phone *)arg)->capture, clock_wall_ms(), from, to, bytes);
}

/* --capture: what all our sockets carry; the streams of calls write their packets themselves. */
static enum fault
start_capture(struct phone *phone, struct why *why)
{
	enum fault fault;

	if (phone->options.capture == NULL)
		return FAULT_NONE;
	if ((fault = capture_open(&phone->capture, phone->options.capture, why)) == FAULT_NONE)
		channel_tap_set(on_tapped, phone);
	return fault;
}

static enum fault
open_parts(struct phone *phone, struct why *why)
{
	char pending[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = make_folders(phone, why)) != FAULT_NONE ||
	    (fault = identity_open(phone, why)) != FAULT_NONE ||
	    (fault = trust_store_open(&phone->store, phone->store_folder, why)) != FAULT_NONE ||
	    (fault = storage_path(pending, phone->options.state, "audit-pending.jsonl", why)) !=
		FAULT_NONE ||
	    (fault = pending_audit_open(&phone->pending, pending, phone_wall(phone), why)) !=
		FAULT_NONE ||
	    (fault = audio_device_open(&phone->sound.device, phone->options.audio, why)) !=
		FAULT_NONE)
		return fault;
	if ((fault = start_capture(phone, why)) != FAULT_NONE)
		return fault;
	phone->agent_timer = loop_timer_new(phone->loop, on_agent_due, phone);
	if ((fault = loop_on_signal(phone->loop, SIGTERM, stop, phone, why)) != FAULT_NONE ||
	    (fault = loop_on_signal(phone->loop, SIGINT, stop, phone, why)) != FAULT_NONE)
		return fault;
	return control_open(phone, why);
}

/* What OpenSSL would otherwise load in the middle of the first handshake. */
static void
warm_up(void)
{
	unsigned char byte;

	OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL);
	(void)!RAND_bytes(&byte, 1);
}

static enum fault
give_up_the_rest(struct phone *phone, struct why *why)
{
	bool alsa = strncmp(phone->options.audio, "alsa:", 5) == 0;
	char control[STORAGE_PATH_MOST];
	struct sandbox sandbox = {.process = "phone",
	    .allow = SANDBOX_NETWORK | SANDBOX_FILES | (alsa ? SANDBOX_AUDIO : 0),
	    .user = phone->options.user};
	struct sandbox_report report = {""};
	size_t count = 0;
	enum fault fault;

	snprintf(control, sizeof(control), "%s", phone->control_path);
	sandbox.paths[count].path = phone->options.state;
	sandbox.paths[count++].write = true;
	sandbox.paths[count].path = dirname(control);
	sandbox.paths[count++].write = true;
	if (phone->options.dhcp_lease != NULL)
		sandbox.paths[count++].path = phone->options.dhcp_lease;
	if (alsa) {
		sandbox.paths[count].path = "/dev/snd";
		sandbox.paths[count++].write = true;
		sandbox.paths[count++].path = "/usr/share/alsa";
		sandbox.paths[count++].path = "/etc";
		sandbox.paths[count++].path = "/proc/asound";
	}
	fault = sandbox_enter(&sandbox, &report, why);
	if (fault == FAULT_NONE)
		log_info("phone", "sandbox", LOG_TEXT("enforced", report.text));
	return fault;
}

static void
close_parts(struct phone *phone)
{
	connection_close(phone);
	control_server_free(phone->control);
	calls_free(phone);
	boot_free(phone);
	notices_free(&phone->notices);
	audio_device_free(phone->sound.device);
	channel_tap_set(NULL, NULL);
	capture_close(phone->capture);
	pending_audit_free(phone->pending);
	trust_store_free(phone->store);
	identity_close(&phone->identity);
	tls_free(phone->connection.tls);
	loop_timer_free(phone->connection.ping);
	loop_timer_free(phone->agent_timer);
	loop_timer_free(phone->screen_timer);
	phone_configuration_wipe(&phone->start.configuration);
}

static enum fault
run(struct phone *phone, struct why *why)
{
	enum fault fault;

	phone->start.started_ms = clock_monotonic_ms();
	log_open("phone", phone->options.log_least, 2);
	warm_up();
	if ((fault = loop_new(&phone->loop, why)) != FAULT_NONE)
		return fault;
	if ((fault = open_parts(phone, why)) == FAULT_NONE &&
	    (fault = give_up_the_rest(phone, why)) == FAULT_NONE) {
		if (trust_store_complaint(phone->store) != NULL)
			notice_refusal(phone, "stored trust list refused", NULL,
			    trust_store_complaint(phone->store));
		boot_post(phone, BOOT_START);
		loop_run(phone->loop);
	}
	close_parts(phone);
	channel_settle(phone->loop);
	loop_free(phone->loop);
	return fault;
}

int
main(int count, char **values)
{
	struct phone *phone = calloc(1, sizeof(*phone));
	struct why why = {"no memory"};
	enum fault fault = FAULT_SYSTEM;

	if (phone != NULL)
		fault = options_read(count, values, &phone->options, &why);
	if (fault == FAULT_NONE && phone->options.answer == OPTIONS_HELP)
		fputs(options_help, stdout);
	else if (fault == FAULT_NONE && phone->options.answer == OPTIONS_VERSION)
		puts("ringfence-phone " RINGFENCE_VERSION);
	else if (fault == FAULT_NONE)
		fault = run(phone, &why);
	free(phone);
	if (fault == FAULT_NONE)
		return EXIT_SUCCESS;
	fprintf(stderr, "ringfence-phone: %s\n", why.text);
	return EXIT_FAILURE;
}
