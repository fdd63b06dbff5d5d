/* SPDX-License-Identifier: Apache-2.0 */
#include "base/loop.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

enum { SIGNALS_MOST = 8 };

struct loop {
	struct event_base *base;
	struct {
		struct event *event;
		loop_handler *handler;
		void *arg;
	} signals[SIGNALS_MOST];
	size_t signal_count;
};

struct loop_watch {
	struct event *event;
	struct loop *loop;
	int fd, interest;
	loop_fd_handler *handler;
	void *arg;
};

struct loop_timer {
	struct event *event;
	loop_handler *handler;
	void *arg;
};

enum fault
loop_new(struct loop **loop, struct why *why)
{
	struct loop *making = calloc(1, sizeof(*making));

	if (making == NULL || (making->base = event_base_new()) == NULL) {
		free(making);
		return explain(why, FAULT_SYSTEM, "cannot start the event loop: out of memory");
	}
	signal(SIGPIPE, SIG_IGN);
	*loop = making;
	return FAULT_NONE;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	for (size_t i = 0; i < loop->signal_count; i++)
		event_free(loop->signals[i].event);
	event_base_free(loop->base);
	free(loop);
}

void
loop_run(struct loop *loop)
{
	event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

void
loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

struct event_base *
loop_base(struct loop *loop)
{
	return loop->base;
}

static void
on_fd(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *watch = arg;
	int ready = 0;

	if (what & EV_READ)
		ready |= LOOP_READ;
	if (what & EV_WRITE)
		ready |= LOOP_WRITE;
	watch->handler(fd, ready, watch->arg);
}

static bool
watch_start(struct loop_watch *watch, int interest)
{
	short what = EV_PERSIST;

	if (interest & LOOP_READ)
		what |= EV_READ;
	if (interest & LOOP_WRITE)
		what |= EV_WRITE;
	return event_assign(watch->event, watch->loop->base, watch->fd, what, on_fd, watch) == 0 &&
	       (interest == 0 || event_add(watch->event, NULL) == 0);
}

struct loop_watch *
loop_watch_new(struct loop *loop, int fd, int interest, loop_fd_handler *handler, void *arg)
{
	struct loop_watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL || (watch->event = malloc(event_get_struct_event_size())) == NULL) {
		free(watch);
		return NULL;
	}
	watch->loop = loop;
	watch->fd = fd;
	watch->interest = interest;
	watch->handler = handler;
	watch->arg = arg;
	if (!watch_start(watch, interest)) {
		free(watch->event);
		free(watch);
		return NULL;
	}
	return watch;
}

void
loop_watch_set(struct loop_watch *watch, int interest)
{
	if (interest == watch->interest)
		return;
	event_del(watch->event);
	watch->interest = interest;
	/* The event exists already: adding it again takes no memory that could run out. */
	(void)watch_start(watch, interest);
}

void
loop_watch_free(struct loop_watch *watch)
{
	if (watch == NULL)
		return;
	event_del(watch->event);
	free(watch->event);
	free(watch);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *timer = arg;

	(void)fd;
	(void)what;
	timer->handler(timer->arg);
}

struct loop_timer *
loop_timer_new(struct loop *loop, loop_handler *handler, void *arg)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));

	if (timer == NULL || (timer->event = evtimer_new(loop->base, on_timer, timer)) == NULL) {
		free(timer);
		return NULL;
	}
	timer->handler = handler;
	timer->arg = arg;
	return timer;
}

void
loop_timer_set(struct loop_timer *timer, uint64_t after_ms)
{
	struct timeval after = {(time_t)(after_ms / 1000), (suseconds_t)(after_ms % 1000 * 1000)};

	event_add(timer->event, &after);
}

void
loop_timer_stop(struct loop_timer *timer)
{
	event_del(timer->event);
}

void
loop_timer_free(struct loop_timer *timer)
{
	if (timer == NULL)
		return;
	event_free(timer->event);
	free(timer);
}

static void
on_signal(evutil_socket_t signal, short what, void *arg)
{
	struct loop *loop = arg;

	(void)what;
	for (size_t i = 0; i < loop->signal_count; i++)
		if (event_get_signal(loop->signals[i].event) == signal)
			loop->signals[i].handler(loop->signals[i].arg);
}

enum fault
loop_on_signal(struct loop *loop, int signal, loop_handler *handler, void *arg, struct why *why)
{
	struct event *event;

	if (loop->signal_count == SIGNALS_MOST)
		return explain(why, FAULT_LIMIT, "more than %d signals are handled", SIGNALS_MOST);
	event = evsignal_new(loop->base, signal, on_signal, loop);
	if (event == NULL || event_add(event, NULL) == -1) {
		if (event != NULL)
			event_free(event);
		return explain(why, FAULT_SYSTEM, "cannot handle signal %d", signal);
	}
	loop->signals[loop->signal_count].event = event;
	loop->signals[loop->signal_count].handler = handler;
	loop->signals[loop->signal_count].arg = arg;
	loop->signal_count++;
	return FAULT_NONE;
}

struct later {
	loop_handler *handler;
	void *arg;
};

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
	struct later later = *(struct later *)arg;

	(void)fd;
	(void)what;
	free(arg);
	later.handler(later.arg);
}

void
loop_later(struct loop *loop, loop_handler *handler, void *arg)
{
	static const struct timeval at_once;
	struct later *later = malloc(sizeof(*later));

	if (later == NULL)
		abort(); /* to forget it would break a promise silently */
	*later = (struct later){handler, arg};
	if (event_base_once(loop->base, -1, EV_TIMEOUT, on_later, later, &at_once) == -1)
		abort();
}
