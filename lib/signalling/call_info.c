/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/call_info.h"

#include <stdio.h>

#include "signalling/sip_scan.h"

static const char family[] = "urn:x-cisco-remotecc:";

static const struct {
	const char *name;
	enum call_info_kind kind;
} kinds[] = {
    {"callinfo", CALL_INFO_CALLINFO},
    {"hold", CALL_INFO_HOLD},
    {"resume", CALL_INFO_RESUME},
    {"barge", CALL_INFO_BARGE},
    {"cbarge", CALL_INFO_CBARGE},
};

static const char *const orientations[] = {
    [CALL_INFO_UNSAID] = "",
    [CALL_INFO_FROM] = "from",
    [CALL_INFO_TO] = "to",
};

static enum call_info_kind
kind_of(struct bytes name)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (bytes_equal_text_nocase(name, kinds[i].name))
			return kinds[i].kind;
	return CALL_INFO_OTHER;
}

static enum call_info_orientation
orientation_of(struct bytes word)
{
	for (size_t i = 1; i < COUNT(orientations); i++)
		if (bytes_equal_text_nocase(word, orientations[i]))
			return (enum call_info_orientation)i;
	return CALL_INFO_UNSAID;
}

static void
read_parameters(struct bytes parameters, struct call_info *info)
{
	struct bytes value;
	uint64_t number;

	if (sip_parameter(parameters, "security", &value))
		info->has_security = level_from_call_info(value, &info->security);
	if (sip_parameter(parameters, "orientation", &value))
		info->orientation = orientation_of(value);
	if (sip_parameter(parameters, "call-instance", &value) &&
	    bytes_decimal(value, UINT32_MAX, &number))
		info->call_instance = (uint32_t)number;
	(void)sip_parameter(parameters, "gci", &info->gci);
	(void)sip_parameter(parameters, "ui-state", &info->ui_state);
	(void)sip_parameter(parameters, "priority", &info->priority);
	(void)sip_parameter(parameters, "reason", &info->reason);
	(void)sip_parameter(parameters, "mode", &info->mode);
	info->is_voip = sip_parameter(parameters, "isVoip", NULL);
}

enum fault
call_info_read(struct bytes value, struct call_info *info, struct why *why)
{
	struct call_info read = {0};
	struct bytes left = bytes_trim(value), urn;
	size_t size = sizeof(family) - 1;

	if (!sip_scan_char(&left, '<') || !bytes_take_until(&left, '>', &urn))
		return explain(why, FAULT_MALFORMED, "Call-Info without <URI>");
	urn = bytes_trim(urn);
	if (!bytes_equal_text_nocase(bytes_part(urn, 0, size), family))
		return explain(why, FAULT_MISSING, "Call-Info of another family");
	read.kind = kind_of(bytes_part(urn, size, urn.left));
	if (!sip_parameters_well_formed(left))
		return explain(why, FAULT_MALFORMED, "parameters of Call-Info are broken");
	read_parameters(left, &read);
	*info = read;
	return FAULT_NONE;
}

bool
call_info_of(const struct sip_message *message, struct call_info *info)
{
	struct sip_values values;
	struct bytes value;

	sip_values_begin(message, SIP_HEADER_CALL_INFO, &values);
	while (sip_values_next(&values, &value)) {
		struct call_info read;

		if (call_info_read(value, &read, NULL) == FAULT_NONE &&
		    read.kind == CALL_INFO_CALLINFO) {
			*info = read;
			return true;
		}
	}
	return false;
}

static void
put_word(struct buffer *out, const char *name, struct bytes value)
{
	bool plain = sip_scan_all(value, SIP_SCAN_TOKEN, false);

	if (value.left == 0)
		return;
	buffer_format(out, ";%s=%s", name, plain ? "" : "\"");
	buffer_bytes(out, value);
	buffer_text(out, plain ? "" : "\"");
}

void
call_info_write(const struct call_info *info, struct buffer *out)
{
	const char *name = "callinfo";

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].kind == info->kind)
			name = kinds[i].name;
	buffer_format(out, "<%s%s>", family, name);
	put_word(out, "orientation", bytes_text(orientations[info->orientation]));
	if (info->has_security)
		put_word(out, "security", bytes_text(level_call_info(info->security)));
	put_word(out, "gci", info->gci);
	if (info->is_voip)
		buffer_text(out, ";isVoip");
	if (info->call_instance > 0)
		buffer_format(out, ";call-instance=%u", info->call_instance);
	put_word(out, "ui-state", info->ui_state);
	put_word(out, "priority", info->priority);
	put_word(out, "reason", info->reason);
	put_word(out, "mode", info->mode);
}

const char *
call_info_level_text(
    enum level level, enum call_info_orientation orientation, char text[CALL_INFO_TEXT_SIZE])
{
	snprintf(text, CALL_INFO_TEXT_SIZE, "<%scallinfo>%s%s;security=%s", family,
	    orientation != CALL_INFO_UNSAID ? ";orientation=" : "", orientations[orientation],
	    level_call_info(level));
	return text;
}
