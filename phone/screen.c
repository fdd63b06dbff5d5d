/* SPDX-License-Identifier: Apache-2.0 */
/* phone/screen.c - the screen's facts, and the terminal that shows them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "phone/phone.h"
#include "telephone/indication.h"

static void
fill_call(struct phone *phone, const struct agent_call *call, struct screen_call *shown)
{
	uint64_t until = call->ended_ms != 0 ? call->ended_ms : clock_monotonic_ms();

	(void)phone;
	*shown = (struct screen_call){
	    .number = call->number, .state = call->state, .cause = call->cause, .icon = call->icon};
	snprintf(shown->party, sizeof(shown->party), "%s", call->party);
	if (call->connected_ms != 0)
		shown->seconds = (uint32_t)((until - call->connected_ms) / 1000);
}

void
screen_draw(struct phone *phone, struct screen_text *text)
{
	struct agent_call calls[AGENT_CALLS_MOST];
	struct secured_facts secured = {.mode = configuration_mode(phone),
	    .transport = phone->connection.flow.transport,
	    .registered = phone->agent != NULL && agent_registered(phone->agent)};
	struct screen_facts facts = {.device = phone->identity.device.text,
	    .extension = phone->start.configured ? phone->start.configuration.lines[0].name : "",
	    .phone_secured = indication_phone_secured(&secured),
	    .state = boot_message(phone),
	    .status = notice_newest_status(phone)};

	facts.call_count = phone->agent != NULL ? agent_calls(phone->agent, calls) : 0;
	for (size_t i = 0; i < facts.call_count; i++)
		fill_call(phone, &calls[i], &facts.calls[i]);
	screen_text_draw(&facts, text);
}

static void
draw_again(void *arg)
{
	screen_refresh(arg);
}

void
screen_refresh(struct phone *phone)
{
	struct screen_text text;

	if (!phone->options.terminal)
		return;
	screen_draw(phone, &text);
	printf("\033[H\033[2J");
	for (size_t i = 0; i < text.count; i++)
		printf("%s\r\n", text.lines[i]);
	fflush(stdout);
	if (phone->screen_timer == NULL)
		phone->screen_timer = loop_timer_new(phone->loop, draw_again, phone);
	if (phone->screen_timer != NULL && calls_any(phone))
		loop_timer_set(phone->screen_timer, 1000);
}
