/* SPDX-License-Identifier: Apache-2.0 */
#include "base/audit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"

static int audit_fd = -1;

/* One counted event: written at first, then again with its count when the quiet time is over. */
struct quiet {
	uint64_t until_ms; /* 0: free */
	unsigned more;     /* times it happened since it was written */
	uint64_t key;
	char event[64], device[32], peer[64], reason[WHY_SIZE];
};
static struct quiet quiets[AUDIT_QUIET_ENTRIES];

enum fault
audit_open(const char *path, struct why *why)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	if (fd == -1)
		return explain_errno(why, "cannot open the audit file %s", path);
	audit_open_fd(fd);
	return FAULT_NONE;
}

void
audit_open_fd(int fd)
{
	audit_fd = fd;
}

/* JSON text; bytes that are not printable ASCII become \u00NN, so the line is always valid. */
static void
put_string(struct buffer *line, struct bytes text)
{
	buffer_u8(line, '"');
	for (size_t i = 0; i < text.left; i++) {
		uint8_t c = text.at[i];

		if (c == '"' || c == '\\')
			buffer_format(line, "\\%c", c);
		else if (c < ' ' || c > '~')
			buffer_format(line, "\\u%04x", c);
		else
			buffer_u8(line, c);
	}
	buffer_u8(line, '"');
}

static void
put_member(struct buffer *line, const char *key, struct bytes text)
{
	buffer_format(line, ",\"%s\":", key);
	put_string(line, text);
}

static void
put_field(struct buffer *line, const struct log_field *field)
{
	if (field->is_number)
		buffer_format(line, ",\"%s\":%lld", field->key, (long long)field->number);
	else
		put_member(line, field->key, field->text);
}

/* Fields that would make the record too large are left out; the reason never is. */
static void
write_line(const struct audit_record *record, unsigned times)
{
	char time[CLOCK_TEXT_SIZE];
	struct buffer line;

	buffer_init(&line, AUDIT_RECORD_MOST);
	buffer_format(&line, "{\"time\":\"%s\",\"process\":\"%s\"", clock_text(clock_wall(), time),
	    log_process());
	put_member(&line, "event", bytes_text(record->event));
	if (record->device != NULL)
		put_member(&line, "device", bytes_text(record->device));
	if (record->peer != NULL)
		put_member(&line, "peer", bytes_text(record->peer));
	if (record->reason != NULL)
		put_member(&line, "reason", bytes_part(bytes_text(record->reason), 0, WHY_SIZE));
	for (size_t i = 0; i < record->count; i++) {
		size_t before = line.size;

		put_field(&line, &record->fields[i]);
		if (!buffer_ok(&line) || line.size > AUDIT_RECORD_MOST - 32) {
			line.spoilt = false;
			line.size = before;
		}
	}
	buffer_format(&line, ",\"times\":%u}\n", times);
	if (buffer_ok(&line) && audit_fd != -1 && write(audit_fd, line.at, line.size) == -1)
		log_error("audit", "record lost", LOG_TEXT("event", record->event));
	buffer_finish(&line);
}

static void
write_record(const struct audit_record *record, unsigned times)
{
	write_line(record, times);
	log_warning("audit", record->event,
	    LOG_TEXT("device", record->device != NULL ? record->device : "-"),
	    LOG_TEXT("peer", record->peer != NULL ? record->peer : "-"),
	    LOG_TEXT("reason", record->reason != NULL ? record->reason : "-"),
	    LOG_NUMBER("times", times));
}

static void
mix(uint64_t *hash, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		*hash = (*hash ^ (uint8_t)text[i]) * 1099511628211u;
	*hash = (*hash ^ 0xff) * 1099511628211u;
}

/*
 * Event, device, alert and the peer's host, not its port: a flood uses many ports. The alert
 * keeps refusals for different reasons apart; the reason itself may hold the peer's own words,
 * of which a flood has as many as it likes.
 */
static uint64_t
key_of(const struct audit_record *record)
{
	const char *device = record->device != NULL ? record->device : "";
	const char *peer = record->peer != NULL ? record->peer : "";
	const char *colon = strrchr(peer, ':');
	uint64_t hash = 14695981039346656037u;

	mix(&hash, record->event, strlen(record->event));
	mix(&hash, device, strlen(device));
	mix(&hash, peer, colon != NULL ? (size_t)(colon - peer) : strlen(peer));
	for (size_t i = 0; i < record->count; i++)
		if (strcmp(record->fields[i].key, "alert") == 0)
			mix(&hash, (const char *)record->fields[i].text.at,
			    record->fields[i].text.left);
	return hash;
}

static void
write_quiet(struct quiet *quiet)
{
	struct audit_record record = {
	    .event = quiet->event,
	    .device = quiet->device[0] != '\0' ? quiet->device : NULL,
	    .peer = quiet->peer[0] != '\0' ? quiet->peer : NULL,
	    .reason = quiet->reason,
	};

	if (quiet->more > 0)
		write_record(&record, quiet->more);
	quiet->until_ms = 0;
	quiet->more = 0;
}

static void
remember(struct quiet *quiet, const struct audit_record *record, uint64_t key, uint64_t now)
{
	quiet->key = key;
	quiet->until_ms = now + AUDIT_QUIET_MS;
	quiet->more = 0;
	snprintf(quiet->event, sizeof(quiet->event), "%s", record->event);
	snprintf(quiet->device, sizeof(quiet->device), "%s",
	    record->device != NULL ? record->device : "");
	snprintf(quiet->peer, sizeof(quiet->peer), "%s", record->peer != NULL ? record->peer : "");
	snprintf(quiet->reason, sizeof(quiet->reason), "%s",
	    record->reason != NULL ? record->reason : "");
}

void
audit_write(const struct audit_record *record)
{
	uint64_t now, key;
	struct quiet *quiet;

	if (!record->counted) {
		write_record(record, 1);
		return;
	}
	now = clock_monotonic_ms();
	key = key_of(record);
	quiet = &quiets[key % AUDIT_QUIET_ENTRIES];
	if (quiet->until_ms > now && quiet->key == key) {
		quiet->more++;
		return;
	}
	write_quiet(quiet); /* its time is over, or its place is taken */
	remember(quiet, record, key, now);
	write_record(record, 1);
}

void
audit_flush(bool all)
{
	uint64_t now = clock_monotonic_ms();

	for (size_t i = 0; i < AUDIT_QUIET_ENTRIES; i++)
		if (quiets[i].until_ms != 0 && (all || quiets[i].until_ms <= now))
			write_quiet(&quiets[i]);
}
