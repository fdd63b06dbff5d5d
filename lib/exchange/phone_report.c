/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/phone_report.h"

#include <jansson.h>

#include "policy/audit_report.h"
#include "signalling/multipart.h"

enum { REPORT_OK = 200, REPORT_BAD = 400, REPORT_FORBIDDEN = 403, REPORT_TYPE = 415 };

static bool
is_text(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) <= AUDIT_REPORT_TEXT_MOST;
}

static bool
is_record(const json_t *record)
{
	return is_text(json_object_get(record, "time")) &&
	       is_text(json_object_get(record, "event")) &&
	       is_text(json_object_get(record, "subject")) &&
	       is_text(json_object_get(record, "reason")) &&
	       json_is_integer(json_object_get(record, "times"));
}

static bool
is_report(const json_t *report)
{
	const json_t *records = json_object_get(report, "records");

	if (!json_is_integer(json_object_get(report, "dropped")) || !json_is_array(records) ||
	    json_array_size(records) > AUDIT_REPORT_RECORDS_MOST)
		return false;
	for (size_t i = 0; i < json_array_size(records); i++)
		if (!is_record(json_array_get(records, i)))
			return false;
	return true;
}

static const char *
text_of(const json_t *record, const char *member)
{
	return json_string_value(json_object_get(record, member));
}

static void
write_record(struct exchange *exchange, const struct connection *connection, const char *device,
    const json_t *record)
{
	const struct log_field fields[] = {
	    LOG_TEXT("what", text_of(record, "event")),
	    LOG_TEXT("subject", text_of(record, "subject")),
	    LOG_TEXT("seen", text_of(record, "time")),
	    LOG_NUMBER("repeats", json_integer_value(json_object_get(record, "times"))),
	};
	const struct audit_record audit = {
	    .event = "phone refused",
	    .device = device,
	    .peer = connection->remote,
	    .reason = text_of(record, "reason"),
	    .fields = fields,
	    .count = COUNT(fields),
	};

	exchange->seams.audit(exchange->seams.arg, &audit);
}

static void
write_dropped(struct exchange *exchange, const struct connection *connection, const char *device,
    const json_t *report)
{
	const struct log_field field =
	    LOG_NUMBER("dropped", json_integer_value(json_object_get(report, "dropped")));
	const struct audit_record audit = {
	    .event = "phone refusals lost",
	    .device = device,
	    .peer = connection->remote,
	    .reason = "more refusals than the phone could keep",
	    .fields = &field,
	    .count = 1,
	};

	if (field.number > 0)
		exchange->seams.audit(exchange->seams.arg, &audit);
}

unsigned
phone_report_take(struct exchange *exchange, const struct connection *connection,
    const struct sip_message *message)
{
	const struct registration *from = location_on(connection, bytes_of(NULL, 0));
	struct bytes body;
	json_t *report;
	bool good;

	if (from == NULL)
		return REPORT_FORBIDDEN;
	if (sip_message_part(message, AUDIT_REPORT_TYPE, &body, NULL) != FAULT_NONE)
		return REPORT_TYPE;
	if (body.left > AUDIT_REPORT_MOST)
		return REPORT_BAD;
	report = json_loadb((const char *)body.at, body.left, JSON_REJECT_DUPLICATES, NULL);
	good = is_report(report);
	if (good) {
		const json_t *records = json_object_get(report, "records");

		for (size_t i = 0; i < json_array_size(records); i++)
			write_record(
			    exchange, connection, from->record.device, json_array_get(records, i));
		write_dropped(exchange, connection, from->record.device, report);
	}
	json_decref(report);
	return good ? REPORT_OK : REPORT_BAD;
}
