/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { VALUE_MOST = 400 }; /* characters of one value that are written */

static struct {
	char process[32];
	enum log_level least;
	int fd;
} out = {"ringfence", LOG_LEVEL_INFO, STDERR_FILENO};

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void
log_open(const char *process, enum log_level least, int fd)
{
	snprintf(out.process, sizeof(out.process), "%s", process);
	out.least = least;
	out.fd = fd;
}

const char *
log_process(void)
{
	return out.process;
}

enum log_level
log_least(void)
{
	return out.least;
}

const char *
log_level_name(enum log_level level)
{
	return level_names[level];
}

bool
log_level_from_name(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < COUNT(level_names); i++)
		if (strcmp(level_names[i], name) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	return false;
}

/* A line being written: what does not fit is left out. */
struct line {
	char text[LOG_LINE_MOST];
	size_t size;
};

static void
put(struct line *line, const char *text, size_t size)
{
	size_t room = sizeof(line->text) - 1 - line->size; /* one for the line feed */

	if (size > room)
		size = room;
	memcpy(line->text + line->size, text, size);
	line->size += size;
}

static bool
is_plain(struct bytes text)
{
	if (text.left == 0)
		return false;
	for (size_t i = 0; i < text.left; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~' || text.at[i] == '"' ||
		    text.at[i] == '\\' || text.at[i] == '=')
			return false;
	return true;
}

/* Quotes whatever could end the value or the line; other bytes become \xNN. */
static void
put_value(struct line *line, struct bytes text)
{
	bool cut = text.left > VALUE_MOST;

	text = bytes_part(text, 0, VALUE_MOST);
	if (is_plain(text)) {
		put(line, (const char *)text.at, text.left);
	} else {
		put(line, "\"", 1);
		for (size_t i = 0; i < text.left; i++) {
			char escaped[5] = {(char)text.at[i], 0};
			size_t size = 1;

			if (text.at[i] == '"' || text.at[i] == '\\')
				size =
				    (size_t)snprintf(escaped, sizeof(escaped), "\\%c", text.at[i]);
			else if (text.at[i] < ' ' || text.at[i] > '~')
				size = (size_t)snprintf(
				    escaped, sizeof(escaped), "\\x%02x", text.at[i]);
			put(line, escaped, size);
		}
		put(line, "\"", 1);
	}
	if (cut)
		put(line, "...", 3);
}

static void
put_head(struct line *line, enum log_level level, const char *module, const char *event)
{
	char time[CLOCK_TEXT_SIZE], head[160];
	int64_t now = clock_wall_ms();
	int size;

	clock_text(now / 1000, time);
	size = snprintf(head, sizeof(head), "%.19s.%03dZ %s[%d] %s %s: ", time, (int)(now % 1000),
	    out.process, (int)getpid(), level_names[level], module);
	put(line, head, (size_t)size);
	put(line, event, strlen(event));
}

void
log_write(enum log_level level, const char *module, const char *event,
    const struct log_field *fields, size_t count)
{
	struct line line = {.size = 0};

	if (level < out.least)
		return;
	put_head(&line, level, module, event);
	for (size_t i = 0; i < count; i++) {
		put(&line, " ", 1);
		put(&line, fields[i].key, strlen(fields[i].key));
		put(&line, "=", 1);
		if (fields[i].is_number) {
			char number[24];
			int size =
			    snprintf(number, sizeof(number), "%lld", (long long)fields[i].number);

			put(&line, number, (size_t)size);
		} else {
			put_value(&line, fields[i].text);
		}
	}
	line.text[line.size++] = '\n';
	/* A log that cannot be written must not stop the program. */
	if (write(out.fd, line.text, line.size) == -1)
		return;
}
