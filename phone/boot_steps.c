/* SPDX-License-Identifier: Apache-2.0 */
/* phone/boot_steps.c - carries out the wishes of telephone/boot.h. */
#include <openssl/rand.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "phone/phone.h"
#include "provisioning/tftp_message.h"
#include "telephone/dhcp_lease.h"
#include "telephone/first_clock.h"

static void
find_by_lease(struct phone *phone)
{
	struct content lease = {0};
	struct dhcp_servers servers;
	struct why why;
	enum fault fault;

	if ((fault = storage_read(phone->options.dhcp_lease, DHCP_LEASE_MOST, &lease, &why)) ==
		FAULT_NONE &&
	    (fault = dhcp_lease_read(content_bytes(&lease), &servers, &why)) == FAULT_NONE)
		phone->start.server.host = servers.servers[0];
	content_free(&lease);
	phone->start.server.http_port = FILE_HTTP_PORT;
	phone->start.server.tftp_port = TFTP_PORT;
	if (fault != FAULT_NONE)
		notice_status(phone, MESSAGE_NO_SERVER, why.text);
	boot_post(phone, fault == FAULT_NONE ? BOOT_DONE : BOOT_FAILED);
}

static void
tell_clock(struct phone *phone)
{
	char text[CLOCK_TEXT_SIZE];

	if (phone->start.clock_told || phone_wall(phone) <= clock_wall())
		return;
	phone->start.clock_told = true;
	notice_status(phone, MESSAGE_CLOCK_CORRECTED, clock_text(phone_wall(phone), text));
}

static void
find_server(struct phone *phone)
{
	tell_clock(phone);
	if (phone->options.has_server) {
		phone->start.server = phone->options.server;
		boot_post(phone, BOOT_DONE);
	} else if (phone->options.dhcp_lease != NULL) {
		find_by_lease(phone);
	} else {
		notice_status(phone, MESSAGE_NO_SERVER, "neither set nor told by DHCP");
		boot_post(phone, BOOT_FAILED);
	}
}

static void
fetch_ctl(struct phone *phone)
{
	lists_fetch(phone, TRUST_CTL);
}

static void
fetch_itl(struct phone *phone)
{
	lists_fetch(phone, TRUST_ITL);
}

static void
serve(struct phone *phone)
{
	backoff_clear(&phone->start.backoff);
	if (phone->start.registered_ms == 0)
		phone->start.registered_ms = clock_monotonic_ms();
	notice_status(phone, MESSAGE_REGISTERED, phone->connection.manager_text);
	notice_event(phone, "registered",
	    json_pack("{s:s, s:s, s:s, s:I}", "manager", phone->connection.manager_text,
		"transport", transport_name(phone->connection.flow.transport), "level",
		level_name(configuration_mode(phone)), "since_power_on_ms",
		(json_int_t)(clock_monotonic_ms() - phone->start.started_ms)));
	calls_report(phone);
}

static uint32_t
random_number(void)
{
	uint32_t number = 0;

	if (RAND_bytes((unsigned char *)&number, sizeof(number)) != 1)
		number = (uint32_t)clock_monotonic_ns();
	return number;
}

static void
wait_a_while(struct phone *phone)
{
	uint32_t after = backoff_next(&phone->start.backoff, random_number());

	notice_event(phone, "waiting",
	    json_pack(
		"{s:i, s:i}", "ms", (int)after, "failures", (int)phone->start.backoff.failures));
	loop_timer_set(phone->start.timer, after);
}

static void
pause_connection(struct phone *phone)
{
	connection_close(phone);
	wait_a_while(phone);
}

static void
time_is_up(void *arg)
{
	struct phone *phone = arg;
	bool stale = phone->start.boot.state == BOOT_PAUSED &&
		     backoff_is_stale(&phone->start.backoff) && !calls_any(phone);

	boot_post(phone, stale ? BOOT_STALE : BOOT_DUE);
}

static void
nothing(struct phone *phone)
{
	(void)phone;
}

static void (*const wishes[BOOT_WISHES])(struct phone *phone) = {
    [BOOT_NOTHING] = nothing,
    [BOOT_FIND_SERVER] = find_server,
    [BOOT_FETCH_CTL] = fetch_ctl,
    [BOOT_FETCH_ITL] = fetch_itl,
    [BOOT_FETCH_CONFIGURATION] = configuration_fetch,
    [BOOT_RUN_ENROLMENT] = enrolment_run,
    [BOOT_CONNECT] = connection_open,
    [BOOT_REGISTER] = nothing, /* the agent registers as soon as it has a connection */
    [BOOT_SERVE] = serve,
    [BOOT_PAUSE] = pause_connection,
    [BOOT_WAIT] = wait_a_while,
};

static void
stop_steps(struct phone *phone)
{
	loop_timer_stop(phone->start.timer);
	file_fetch_free(phone->start.fetch);
	phone->start.fetch = NULL;
	enrolment_free(phone);
}

static void
handle(struct phone *phone, enum boot_event event)
{
	enum boot_state before = phone->start.boot.state;
	enum boot_wish wish;
	struct why why;

	if (boot_handle(&phone->start.boot, event, &wish, &why) != FAULT_NONE) {
		log_debug("phone", "event ignored", LOG_TEXT("reason", why.text));
		return;
	}
	if (event == BOOT_RESET || event == BOOT_ENROL)
		stop_steps(phone); /* of the state that was left */
	if (event == BOOT_START || event == BOOT_RESET)
		notice_event(phone, "boot", NULL);
	if (phone->start.boot.state != before)
		notice_event(phone, "boot step",
		    json_pack("{s:s, s:s}", "step", boot_state_name(phone->start.boot.state),
			"after", boot_event_name(event)));
	wishes[wish](phone);
}

static void
handle_posted(void *arg)
{
	struct phone *phone = arg;
	struct start *start = &phone->start;

	while (start->posted_count > 0) {
		enum boot_event event = start->posted[0];

		start->posted_count--;
		memmove(start->posted, start->posted + 1,
		    start->posted_count * sizeof(start->posted[0]));
		handle(phone, event);
	}
}

void
boot_post(struct phone *phone, enum boot_event event)
{
	struct start *start = &phone->start;

	if (start->timer == NULL)
		start->timer = loop_timer_new(phone->loop, time_is_up, phone);
	if (start->posted_count == PHONE_POSTED_MOST)
		return; /* cannot be: each wish posts once */
	start->posted[start->posted_count++] = event;
	if (start->posted_count == 1)
		loop_later(phone->loop, handle_posted, phone);
}

void
boot_free(struct phone *phone)
{
	phone->start.posted_count = 0; /* channel_settle() runs what was put off */
	if (phone->start.timer == NULL)
		return;
	stop_steps(phone);
	loop_timer_free(phone->start.timer);
}

enum message
boot_message(const struct phone *phone)
{
	static const enum message messages[BOOT_STATES] = {
	    [BOOT_OFF] = MESSAGE_STARTING,
	    [BOOT_SEEKING] = MESSAGE_FINDING_SERVER,
	    [BOOT_CTL] = MESSAGE_FETCHING_LISTS,
	    [BOOT_ITL] = MESSAGE_FETCHING_LISTS,
	    [BOOT_CONFIGURATION] = MESSAGE_FETCHING_CONFIGURATION,
	    [BOOT_ENROLLING] = MESSAGE_ENROLLING,
	    [BOOT_CONNECTING] = MESSAGE_REGISTERING,
	    [BOOT_REGISTERING] = MESSAGE_REGISTERING,
	    [BOOT_REGISTERED] = MESSAGE_READY,
	    [BOOT_PAUSED] = MESSAGE_NO_MANAGER,
	    [BOOT_WAITING] = MESSAGE_WAITING,
	};

	return messages[phone->start.boot.state];
}
