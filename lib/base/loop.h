/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/base/loop.h - the event loop seam: descriptors, timers, signals, over libevent.
 *
 * Single-threaded. A handler may free its own watch or timer.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct event_base;
struct loop;
struct loop_watch;
struct loop_timer;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_fd_handler(int fd, int ready, void *arg);
typedef void loop_handler(void *arg);

enum fault loop_new(struct loop **loop, struct why *why) MUST_CHECK;
void loop_free(struct loop *loop);
/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* For libraries that live on libevent themselves (evhttp, evdns). */
struct event_base *loop_base(struct loop *loop);

/* interest: LOOP_READ, LOOP_WRITE or both. Never owns fd. NULL when memory is out. */
struct loop_watch *loop_watch_new(
    struct loop *loop, int fd, int interest, loop_fd_handler *handler, void *arg) MUST_CHECK;
void loop_watch_set(struct loop_watch *watch, int interest); /* 0 pauses */
void loop_watch_free(struct loop_watch *watch);

struct loop_timer *loop_timer_new(struct loop *loop, loop_handler *handler, void *arg) MUST_CHECK;
void loop_timer_set(struct loop_timer *timer, uint64_t after_ms); /* again: moves it */
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

/* One handler per signal; SIGPIPE is ignored from loop_new() on. */
enum fault loop_on_signal(
    struct loop *loop, int signal, loop_handler *handler, void *arg, struct why *why) MUST_CHECK;
/* Runs handler once from the loop, after the current handlers. */
void loop_later(struct loop *loop, loop_handler *handler, void *arg);
#endif
