/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/record.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum kind { TEXT, U64, U32, UNSIGNED, TRUTH, WALL, TRANSPORT, LEVEL };

struct field {
	const char *name;
	enum kind kind;
	size_t offset, size;
};

#define FIELD(type, kind, member)                                                                  \
	{                                                                                          \
#member, kind, offsetof(struct type, member), sizeof(((struct type *)0)->member)   \
	}

static const struct field profile_fields[] = {
    FIELD(profile, TEXT, name),
    FIELD(profile, LEVEL, mode),
    FIELD(profile, UNSIGNED, transports),
    FIELD(profile, UNSIGNED, suites),
    FIELD(profile, TRUTH, third_party),
    FIELD(profile, TRUTH, digest),
    FIELD(profile, TRUTH, digest_counts),
};

static const struct field registration_fields[] = {
    FIELD(registration_record, TEXT, line),
    FIELD(registration_record, TEXT, device),
    FIELD(registration_record, TEXT, display),
    FIELD(registration_record, TEXT, contact),
    FIELD(registration_record, TEXT, call_id),
    FIELD(registration_record, TEXT, user_agent),
    FIELD(registration_record, TEXT, remote),
    FIELD(registration_record, TEXT, common_name),
    FIELD(registration_record, TRANSPORT, transport),
    FIELD(registration_record, U64, flow),
    FIELD(registration_record, U32, cseq),
    FIELD(registration_record, TRUTH, certificate),
    FIELD(registration_record, TRUTH, digest),
    FIELD(registration_record, TRUTH, callinfo),
    FIELD(registration_record, TRUTH, srtp_fallback),
    FIELD(registration_record, WALL, expires_wall_ms),
};

static const struct field leg_fields[] = {
    FIELD(leg_record, TEXT, line),
    FIELD(leg_record, TEXT, device),
    FIELD(leg_record, TEXT, display),
    FIELD(leg_record, TEXT, call_id),
    FIELD(leg_record, TEXT, local_tag),
    FIELD(leg_record, TEXT, remote_tag),
    FIELD(leg_record, TEXT, local_uri),
    FIELD(leg_record, TEXT, remote_uri),
    FIELD(leg_record, TEXT, remote_target),
    FIELD(leg_record, U32, local_cseq),
    FIELD(leg_record, U32, remote_cseq),
    FIELD(leg_record, TRUTH, has_remote_cseq),
    FIELD(leg_record, TRUTH, uac),
    FIELD(leg_record, TRUTH, certificate),
    FIELD(leg_record, TRUTH, digest),
    FIELD(leg_record, TRUTH, callinfo),
    FIELD(leg_record, TRUTH, srtp_fallback),
    FIELD(leg_record, TRUTH, update),
    FIELD(leg_record, TRUTH, srtp_to_us),
    FIELD(leg_record, TRUTH, srtp_from_us),
    FIELD(leg_record, TRANSPORT, transport),
    FIELD(leg_record, U64, flow),
    FIELD(leg_record, U32, session_s),
    FIELD(leg_record, TRUTH, session_ours),
};

static const struct field call_fields[] = {
    FIELD(call_record, U64, id),
    FIELD(call_record, WALL, started_wall_ms),
    FIELD(call_record, WALL, answered_wall_ms),
    FIELD(call_record, LEVEL, level),
};

static json_t *
number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* Members are copied out and in with memcpy: a field table knows offsets, not types. */
static uint64_t
number_at(const void *at, size_t size)
{
	uint64_t wide = 0;
	uint32_t narrow;

	if (size == sizeof(narrow)) {
		memcpy(&narrow, at, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, at, sizeof(wide));
	return wide;
}

static json_t *
write_field(const struct field *field, const void *at)
{
	bool truth;

	switch (field->kind) {
	case TEXT:
		return json_string(at);
	case TRUTH:
		memcpy(&truth, at, sizeof(truth));
		return json_boolean(truth);
	case TRANSPORT:
		return json_string(transport_name((enum transport)number_at(at, field->size)));
	case LEVEL:
		return json_string(level_name((enum level)number_at(at, field->size)));
	default:
		return number(number_at(at, field->size));
	}
}

static json_t *
write_fields(const struct field *fields, size_t count, const void *record)
{
	json_t *object = json_object();

	for (size_t i = 0; object != NULL && i < count; i++)
		if (json_object_set_new(object, fields[i].name,
			write_field(&fields[i], (const char *)record + fields[i].offset)) != 0) {
			json_decref(object);
			object = NULL;
		}
	return object;
}

static enum fault
read_text(const json_t *value, const char *name, char *at, size_t size, struct why *why)
{
	const char *text = json_string_value(value);

	if (text == NULL || json_string_length(value) != strlen(text) || strlen(text) >= size)
		return explain(why, FAULT_MALFORMED, "%s is no text of its size", name);
	snprintf(at, size, "%s", text);
	return FAULT_NONE;
}

static enum fault
read_number(const json_t *value, const char *name, void *at, size_t size, struct why *why)
{
	uint64_t wide = (uint64_t)json_integer_value(value);
	uint32_t narrow = (uint32_t)wide;

	if (!json_is_integer(value) || (size == sizeof(narrow) && narrow != wide))
		return explain(why, FAULT_MALFORMED, "%s is no number of its size", name);
	if (size == sizeof(narrow))
		memcpy(at, &narrow, sizeof(narrow));
	else
		memcpy(at, &wide, sizeof(wide));
	return FAULT_NONE;
}

static enum fault
read_word(const struct field *field, const json_t *value, void *at, struct why *why)
{
	struct bytes word = bytes_text(json_string_value(value));
	enum transport transport;
	enum level level;

	if (field->kind == TRANSPORT && transport_from_name(word, &transport))
		memcpy(at, &transport, sizeof(transport));
	else if (field->kind == LEVEL && level_from_name(word, &level))
		memcpy(at, &level, sizeof(level));
	else
		return explain(why, FAULT_MALFORMED, "%s is no word it may be", field->name);
	return FAULT_NONE;
}

static enum fault
read_field(const struct field *field, const json_t *value, void *at, struct why *why)
{
	bool truth = json_is_true(value);

	switch (field->kind) {
	case TEXT:
		return read_text(value, field->name, at, field->size, why);
	case TRUTH:
		if (!json_is_boolean(value))
			return explain(
			    why, FAULT_MALFORMED, "%s is not true or false", field->name);
		memcpy(at, &truth, sizeof(truth));
		return FAULT_NONE;
	case TRANSPORT:
	case LEVEL:
		return read_word(field, value, at, why);
	default:
		return read_number(value, field->name, at, field->size, why);
	}
}

static enum fault
read_fields(
    const struct field *fields, size_t count, const json_t *json, void *record, struct why *why)
{
	enum fault fault;

	for (size_t i = 0; i < count; i++)
		if ((fault = read_field(&fields[i], json_object_get(json, fields[i].name),
			 (char *)record + fields[i].offset, why)))
			return fault;
	return FAULT_NONE;
}

static bool
add(json_t *object, const char *name, json_t *member)
{
	return json_object_set_new(object, name, member) == 0;
}

/* object with member, or NULL and nothing kept. */
static json_t *
with(json_t *object, const char *name, json_t *member)
{
	if (object == NULL) {
		json_decref(member);
		return NULL;
	}
	if (add(object, name, member))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *
profile_json(const struct profile *profile)
{
	return write_fields(profile_fields, COUNT(profile_fields), profile);
}

static enum fault
profile_of(const json_t *json, struct profile *profile, struct why *why)
{
	return read_fields(
	    profile_fields, COUNT(profile_fields), json_object_get(json, "profile"), profile, why);
}

json_t *
registration_write(const struct registration_record *record)
{
	return with(write_fields(registration_fields, COUNT(registration_fields), record),
	    "profile", profile_json(&record->profile));
}

enum fault
registration_read(const json_t *json, struct registration_record *record, struct why *why)
{
	struct registration_record read = {0};
	enum fault fault;

	if ((fault = read_fields(
		 registration_fields, COUNT(registration_fields), json, &read, why)) ||
	    (fault = profile_of(json, &read.profile, why)))
		return explain_within(why, fault, "registration");
	*record = read;
	return FAULT_NONE;
}

static json_t *
leg_json(const struct leg_record *leg)
{
	return with(write_fields(leg_fields, COUNT(leg_fields), leg), "profile",
	    profile_json(&leg->profile));
}

static enum fault
leg_of(const json_t *json, struct leg_record *leg, struct why *why)
{
	enum fault fault = read_fields(leg_fields, COUNT(leg_fields), json, leg, why);

	return fault ? fault : profile_of(json, &leg->profile, why);
}

json_t *
call_write(const struct call_record *record)
{
	json_t *call = write_fields(call_fields, COUNT(call_fields), record);

	call = with(call, "caller", leg_json(&record->leg[0]));
	return with(call, "called", leg_json(&record->leg[1]));
}

enum fault
call_read(const json_t *json, struct call_record *record, struct why *why)
{
	struct call_record read = {0};
	enum fault fault;

	if ((fault = read_fields(call_fields, COUNT(call_fields), json, &read, why)) ||
	    (fault = leg_of(json_object_get(json, "caller"), &read.leg[0], why)) ||
	    (fault = leg_of(json_object_get(json, "called"), &read.leg[1], why)))
		return explain_within(why, fault, "call");
	*record = read;
	return FAULT_NONE;
}
