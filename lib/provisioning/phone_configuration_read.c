/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader follows expat through the document, keeps the path of where it is, and looks each
 * leaf up in the table. What it does not find there is passed over.
 */
#include <expat.h>
#include <string.h>

#include "provisioning/phone_configuration_table.h"

#define VENDOR_PATH "device/vendorConfig/"

struct reader {
	struct phone_configuration configuration;
	XML_Parser parser;
	char path[PHONE_CONFIGURATION_TEXT_MOST]; /* of the element we are in */
	char text[PHONE_CONFIGURATION_TEXT_MOST];
	size_t text_size;
	bool text_over, leaf;
	unsigned depth, elements;
	unsigned too_long; /* levels below a path that is longer than any we know */
	bool seen[CONFIGURATION_TABLE_MOST];
	bool vendor_seen[VENDOR_SETTINGS];
	enum fault fault;
	struct why *why;
};

/* Stops the parser; the sentence is there. */
static void
stop(struct reader *reader, enum fault fault)
{
	reader->fault = fault;
	XML_StopParser(reader->parser, XML_FALSE);
}

/* expat 2.9 renamed it when it widened the number. */
static unsigned long
line_now(XML_Parser parser)
{
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
	return (unsigned long)XML_GetCurrentLineNumber64(parser);
#else
	return (unsigned long)XML_GetCurrentLineNumber(parser);
#endif
}

/* The line is put in front of the sentence. */
static enum fault
within_line(struct reader *reader, enum fault fault)
{
	return explain_within(reader->why, fault, "line %lu: ", line_now(reader->parser));
}

static void
refuse_doctype(void *arg, const XML_Char *name, const XML_Char *system, const XML_Char *public,
    int has_internal)
{
	struct reader *reader = arg;

	(void)name;
	(void)system;
	(void)public;
	(void)has_internal;
	stop(reader, explain(reader->why, FAULT_FORBIDDEN, "a document type is not accepted"));
}

static bool
push(struct reader *reader, const char *name)
{
	size_t size = strlen(reader->path), more = strlen(name);

	if (reader->too_long > 0 || size + more + 2 > sizeof(reader->path)) {
		reader->too_long++;
		return false;
	}
	if (size > 0)
		reader->path[size++] = '/';
	memcpy(reader->path + size, name, more + 1);
	return true;
}

static void
pop(struct reader *reader)
{
	char *slash;

	if (reader->too_long > 0) {
		reader->too_long--;
		return;
	}
	slash = strrchr(reader->path, '/');
	*(slash != NULL ? slash : reader->path) = '\0';
}

static enum fault
read_attribute(const struct configuration_group *group, const XML_Char **attributes,
    uint32_t *value, struct why *why)
{
	uint64_t number = 0;

	for (size_t i = 0; attributes[i] != NULL; i += 2)
		if (group->attribute != NULL && strcmp(attributes[i], group->attribute) == 0 &&
		    !bytes_decimal(bytes_text(attributes[i + 1]), UINT16_MAX, &number))
			return explain(why, FAULT_MALFORMED, "%s of %s is not a number",
			    group->attribute, group->path);
	*value = (uint32_t)number;
	return FAULT_NONE;
}

/* A new member of a list begins. */
static enum fault
begin_member(struct reader *reader, enum element_group name, const XML_Char **attributes)
{
	const struct configuration_group *group = &configuration_groups[name];
	size_t count = configuration_group_count(&reader->configuration, name);
	char *base = (char *)&reader->configuration;
	uint32_t attribute;
	enum fault fault;

	if (count >= group->most)
		return explain(
		    reader->why, FAULT_LIMIT, "more than %zu of %s", group->most, group->path);
	if ((fault = read_attribute(group, attributes, &attribute, reader->why)))
		return fault;
	if (group->attribute != NULL)
		memcpy(base + group->offset + count * group->member_size + group->attribute_offset,
		    &attribute, sizeof(attribute));
	count++;
	memcpy(base + group->count_offset, &count, sizeof(count));
	for (size_t i = 0; i < configuration_element_count; i++)
		if (configuration_elements[i].group == name)
			reader->seen[i] = false;
	return FAULT_NONE;
}

static enum fault
begin(struct reader *reader, const char *name, const XML_Char **attributes)
{
	if (++reader->depth > PHONE_CONFIGURATION_DEPTH_MOST)
		return explain(reader->why, FAULT_LIMIT, "elements nested over %d deep",
		    PHONE_CONFIGURATION_DEPTH_MOST);
	if (++reader->elements > PHONE_CONFIGURATION_ELEMENTS_MOST)
		return explain(reader->why, FAULT_LIMIT, "more than %d elements",
		    PHONE_CONFIGURATION_ELEMENTS_MOST);
	if (reader->depth == 1 && strcmp(name, "device") != 0)
		return explain(reader->why, FAULT_MALFORMED,
		    "the document is not the configuration of a device");
	if (!push(reader, name))
		return FAULT_NONE;
	for (enum element_group i = GROUP_NONE + 1; i < ELEMENT_GROUPS; i++)
		if (strcmp(reader->path, configuration_groups[i].path) == 0)
			return begin_member(reader, i, attributes);
	return FAULT_NONE;
}

static void
on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *reader = arg;
	enum fault fault;

	reader->text_size = 0;
	reader->text_over = false;
	reader->leaf = true;
	if ((fault = begin(reader, name, attributes)))
		stop(reader, within_line(reader, fault));
}

static void
on_text(void *arg, const XML_Char *text, int size)
{
	struct reader *reader = arg;

	if ((size_t)size >= sizeof(reader->text) - reader->text_size) {
		reader->text_over = true;
		return;
	}
	memcpy(reader->text + reader->text_size, text, (size_t)size);
	reader->text_size += (size_t)size;
}

static enum fault
read_number(const char *path, struct bytes text, uint32_t least, uint32_t most, uint32_t *value,
    struct why *why)
{
	uint64_t number;

	if (!bytes_decimal(bytes_trim(text), UINT32_MAX, &number))
		return explain(why, FAULT_MALFORMED, "%s is not a number", path);
	if (number < least || number > most)
		return explain(why, FAULT_MALFORMED, "%s of %llu, not %u to %u", path,
		    (unsigned long long)number, least, most);
	*value = (uint32_t)number;
	return FAULT_NONE;
}

static enum fault
read_flag(const char *path, struct bytes text, bool *value, struct why *why)
{
	text = bytes_trim(text);
	*value = bytes_equal_text(text, "true");
	if (!*value && !bytes_equal_text(text, "false"))
		return explain(why, FAULT_MALFORMED, "%s is neither true nor false", path);
	return FAULT_NONE;
}

static enum fault
read_text(
    const struct configuration_element *element, struct bytes text, char *value, struct why *why)
{
	if (!bytes_copy_text(text, value, element->size))
		return explain(
		    why, FAULT_LIMIT, "%s over %zu characters", element->path, element->size - 1);
	if (element->kind == ELEMENT_HEX && strspn(value, "0123456789abcdef") != strlen(value))
		return explain(why, FAULT_MALFORMED, "%s is not lower-case hex", element->path);
	return FAULT_NONE;
}

static enum fault
end_element(struct reader *reader, const struct configuration_element *element, struct bytes text)
{
	size_t count = 0;
	char *value;

	if (element->group != GROUP_NONE)
		count = configuration_group_count(&reader->configuration, element->group) - 1;
	value = (char *)&reader->configuration +
		((const char *)configuration_value(&reader->configuration, element, count) -
		    (const char *)&reader->configuration);
	switch (element->kind) {
	case ELEMENT_NUMBER:
		return read_number(element->path, text, element->least, element->most,
		    (uint32_t *)(void *)value, reader->why);
	case ELEMENT_FLAG:
		return read_flag(element->path, text, (bool *)value, reader->why);
	default:
		return read_text(element, text, value, reader->why);
	}
}

static enum fault
end_vendor(struct reader *reader, enum vendor_setting setting, struct bytes text)
{
	const char *name = vendor_setting_element(setting);
	uint32_t number;
	enum fault fault;

	if (reader->vendor_seen[setting])
		return explain(reader->why, FAULT_MALFORMED, "%s given twice", name);
	reader->vendor_seen[setting] = true;
	if ((fault = read_number(name, text, 0, UINT8_MAX, &number, reader->why)))
		return fault;
	return vendor_setting_value(
	    setting, number, &reader->configuration.vendor.value[setting], reader->why);
}

static enum fault
end_leaf(struct reader *reader)
{
	struct bytes text = bytes_of(reader->text, reader->text_size);

	for (size_t i = 0; i < configuration_element_count; i++) {
		const struct configuration_element *element = &configuration_elements[i];

		if (element->kind == ELEMENT_VENDOR || strcmp(element->path, reader->path) != 0)
			continue;
		if (reader->seen[i])
			return explain(
			    reader->why, FAULT_MALFORMED, "%s given twice", element->path);
		reader->seen[i] = true;
		if (reader->text_over)
			return explain(reader->why, FAULT_LIMIT, "%s is too long", element->path);
		return end_element(reader, element, text);
	}
	for (enum vendor_setting i = 0; i < VENDOR_SETTINGS; i++)
		if (strncmp(reader->path, VENDOR_PATH, strlen(VENDOR_PATH)) == 0 &&
		    strcmp(reader->path + strlen(VENDOR_PATH), vendor_setting_element(i)) == 0)
			return end_vendor(reader, i, text);
	return FAULT_NONE;
}

static void
on_end(void *arg, const XML_Char *name)
{
	struct reader *reader = arg;
	enum fault fault;

	(void)name;
	if (reader->leaf && reader->too_long == 0 && (fault = end_leaf(reader))) {
		stop(reader, within_line(reader, fault));
		return;
	}
	reader->leaf = false;
	reader->depth--;
	pop(reader);
}

/* Members stand in the order of their attribute; those with the same keep the document's. */
static void
sort_group(struct phone_configuration *configuration, const struct configuration_group *group,
    size_t count)
{
	char *first = (char *)configuration + group->offset, moved[sizeof(struct configured_line)];

	for (size_t i = 1; i < count; i++) {
		uint32_t mine, other;
		size_t to = i;

		memcpy(moved, first + i * group->member_size, group->member_size);
		memcpy(&mine, moved + group->attribute_offset, sizeof(mine));
		for (; to > 0; to--) {
			const char *before = first + (to - 1) * group->member_size;

			memcpy(&other, before + group->attribute_offset, sizeof(other));
			if (other <= mine)
				break;
			memcpy(first + to * group->member_size, before, group->member_size);
		}
		memcpy(first + to * group->member_size, moved, group->member_size);
	}
	explicit_bzero(moved, sizeof(moved));
}

/* The configuration must be usable by itself: nothing is half given. */
static enum fault
check(const struct phone_configuration *configuration, struct why *why)
{
	for (size_t i = 0; i < configuration->manager_count; i++)
		if (configuration->managers[i].host[0] == '\0')
			return explain(why, FAULT_MALFORMED, "a call manager without a host");
	for (size_t i = 0; i < configuration->capf_count; i++)
		if (configuration->capf[i].host[0] == '\0')
			return explain(why, FAULT_MALFORMED, "a CAPF server without a host");
	for (size_t i = 0; i < configuration->trust_service_count; i++)
		if (configuration->trust_services[i].host[0] == '\0')
			return explain(why, FAULT_MALFORMED, "a TVS member without a host");
	return FAULT_NONE;
}

static enum fault
parse(struct reader *reader, struct bytes document)
{
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader->parser, refuse_doctype);
	if (XML_Parse(reader->parser, (const char *)document.at, (int)document.left, XML_TRUE) ==
		XML_STATUS_ERROR &&
	    reader->fault == FAULT_NONE) {
		return explain(reader->why, FAULT_MALFORMED, "line %lu: %s",
		    line_now(reader->parser), XML_ErrorString(XML_GetErrorCode(reader->parser)));
	}
	if (reader->fault != FAULT_NONE)
		return reader->fault;
	for (enum element_group i = GROUP_NONE + 1; i < ELEMENT_GROUPS; i++)
		if (configuration_groups[i].sorted)
			sort_group(&reader->configuration, &configuration_groups[i],
			    configuration_group_count(&reader->configuration, i));
	return check(&reader->configuration, reader->why);
}

enum fault
phone_configuration_read(
    struct bytes document, struct phone_configuration *configuration, struct why *why)
{
	struct why unread;
	struct reader reader = {.why = why != NULL ? why : &unread};
	enum fault fault;

	if (document.left > PHONE_CONFIGURATION_MOST)
		return explain(why, FAULT_LIMIT, "configuration of %zu bytes, at most %d",
		    document.left, PHONE_CONFIGURATION_MOST);
	phone_configuration_init(&reader.configuration);
	if ((reader.parser = XML_ParserCreate(NULL)) == NULL)
		return explain(why, FAULT_SYSTEM, "no memory to read a configuration");
	fault = parse(&reader, document);
	if (fault == FAULT_NONE)
		*configuration = reader.configuration;
	XML_ParserFree(reader.parser);
	explicit_bzero(&reader, sizeof(reader));
	return fault;
}
