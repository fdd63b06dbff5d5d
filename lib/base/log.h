/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/base/log.h - one line per event: module, what happened, then key=value.
 *
 *     2026-11-23T20:21:00.123Z enrolment[712] info enrolment: certificate installed serial=5f03
 *
 * Programs log; libraries explain (base/fault.h). No secrets. Values are quoted and escaped
 * here, so a peer's text can neither break a line nor forge one.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#include "base/bytes.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

enum { LOG_LINE_MOST = 2048 };

/* One key=value. Made by the macros below; text is a view, valid for the call. */
struct log_field {
	const char *key;
	struct bytes text;
	int64_t number;
	bool is_number;
};

#define LOG_TEXT(k, v)   ((struct log_field){.key = (k), .text = bytes_text(v)})
#define LOG_BYTES(k, v)  ((struct log_field){.key = (k), .text = (v)})
#define LOG_NUMBER(k, v) ((struct log_field){.key = (k), .number = (int64_t)(v), .is_number = true})

/* The process name that stands in each line; least is the lowest level written. Default: stderr. */
void log_open(const char *process, enum log_level least, int fd);
const char *log_process(void);
enum log_level log_least(void);
/* "debug", "info", "warning", "error" */
const char *log_level_name(enum log_level level);
bool log_level_from_name(const char *name, enum log_level *level) MUST_CHECK;
void log_write(enum log_level level, const char *module, const char *event,
    const struct log_field *fields, size_t count);

/* log_info("sip", "registered", LOG_TEXT("device", name), LOG_NUMBER("expires", 3600)); */
#define log_at(level, module, event, ...)                                                          \
	log_write(level, module, event, (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}}, \
	    COUNT(((const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})) - 1)
#define log_debug(module, ...)   log_at(LOG_LEVEL_DEBUG, module, __VA_ARGS__)
#define log_info(module, ...)    log_at(LOG_LEVEL_INFO, module, __VA_ARGS__)
#define log_warning(module, ...) log_at(LOG_LEVEL_WARNING, module, __VA_ARGS__)
#define log_error(module, ...)   log_at(LOG_LEVEL_ERROR, module, __VA_ARGS__)
#endif
