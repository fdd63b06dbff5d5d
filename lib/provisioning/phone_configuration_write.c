/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer walks the table in its order; between two elements it closes what the next one
 * does not share and opens what it needs, so that nobody writes a tag by hand.
 */
#include <stdio.h>
#include <string.h>

#include "provisioning/phone_configuration_table.h"

struct writer {
	struct buffer *document;
	char open[PHONE_CONFIGURATION_TEXT_MOST]; /* path of the elements that are open */
	struct why *why;
};

static size_t
depth_of(const char *path, size_t size)
{
	size_t depth = 0;

	for (size_t i = 0; i < size; i++)
		depth += path[i] == '/';
	return depth;
}

static void
indent(struct writer *writer, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		buffer_text(writer->document, "  ");
}

/* Closes elements until only the first keep characters of the open path are left. */
static void
close_to(struct writer *writer, size_t keep)
{
	size_t size = strlen(writer->open);

	while (size > keep) {
		const char *slash = memrchr(writer->open, '/', size);
		size_t parent = slash != NULL ? (size_t)(slash - writer->open) : 0;

		indent(writer, depth_of(writer->open, size));
		buffer_format(
		    writer->document, "</%s>\n", writer->open + (slash != NULL ? parent + 1 : 0));
		writer->open[parent] = '\0';
		size = parent;
	}
}

/* How many characters of path are open already, counted in whole names. */
static size_t
shared(const char *open, const char *path, size_t size)
{
	size_t i = 0, whole = 0;

	for (; i < size && open[i] == path[i] && open[i] != '\0'; i++)
		if (path[i] == '/')
			whole = i;
	if ((open[i] == '\0' || open[i] == '/') && (i == size || path[i] == '/'))
		whole = i;
	return whole;
}

/* Opens the first size characters of path; member: the attribute of its last element, or NULL. */
static void
open_to(struct writer *writer, const char *path, size_t size, const char *attribute, uint32_t value)
{
	size_t at = shared(writer->open, path, size);

	close_to(writer, at);
	while (at < size) {
		size_t start = at > 0 ? at + 1 : 0;
		const char *slash = memchr(path + start, '/', size - start);
		size_t end = slash != NULL ? (size_t)(slash - path) : size;

		indent(writer, depth_of(path, start));
		buffer_format(writer->document, "<%.*s", (int)(end - start), path + start);
		if (end == size && attribute != NULL)
			buffer_format(writer->document, " %s=\"%u\"", attribute, value);
		buffer_text(writer->document, ">\n");
		at = end;
	}
	memcpy(writer->open, path, size);
	writer->open[size] = '\0';
}

/* Bytes that continue a UTF-8 character which starts with first; -1 if none may. */
static int
utf8_more(uint8_t first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

/* Printable, and UTF-8 as every XML reader takes it (the rare forms it refuses are refused). */
static bool
text_ok(struct bytes text)
{
	uint8_t byte, next;

	while (bytes_take_u8(&text, &byte)) {
		int more = utf8_more(byte);

		if (byte < 0x20 || byte == 0x7f || more < 0)
			return false;
		for (int i = 0; i < more; i++) {
			if (!bytes_take_u8(&text, &next) || (next & 0xc0) != 0x80)
				return false;
			if (i == 0 &&
			    ((byte == 0xe0 && next < 0xa0) || (byte == 0xed && next > 0x9f) ||
				byte == 0xef || (byte == 0xf0 && next < 0x90) ||
				(byte == 0xf4 && next > 0x8f)))
				return false;
		}
	}
	return true;
}

static void
write_escaped(struct buffer *document, struct bytes text)
{
	uint8_t byte;

	while (bytes_take_u8(&text, &byte))
		switch (byte) {
		case '&':
			buffer_text(document, "&amp;");
			break;
		case '<':
			buffer_text(document, "&lt;");
			break;
		case '>':
			buffer_text(document, "&gt;");
			break;
		default:
			buffer_u8(document, byte);
		}
}

static void
write_leaf(struct writer *writer, const char *path, struct bytes text)
{
	const char *slash = strrchr(path, '/');

	open_to(writer, path, (size_t)(slash - path), NULL, 0);
	indent(writer, depth_of(path, strlen(path)));
	buffer_format(writer->document, "<%s>", slash + 1);
	write_escaped(writer->document, text);
	buffer_format(writer->document, "</%s>\n", slash + 1);
}

static enum fault
write_number(struct writer *writer, const struct configuration_element *element, uint32_t number)
{
	char text[16];

	if (number == 0 && element->least > 0)
		return FAULT_NONE;
	if (number < element->least || number > element->most)
		return explain(writer->why, FAULT_FORBIDDEN, "%s of %u, not %u to %u",
		    element->path, number, element->least, element->most);
	snprintf(text, sizeof(text), "%u", number);
	write_leaf(writer, element->path, bytes_text(text));
	return FAULT_NONE;
}

static enum fault
write_text(struct writer *writer, const struct configuration_element *element, const char *text)
{
	size_t size = strnlen(text, element->size);

	if (size == element->size || !text_ok(bytes_of(text, size)))
		return explain(writer->why, FAULT_FORBIDDEN,
		    "%s holds a character that has no place in XML", element->path);
	if (element->kind == ELEMENT_HEX && strspn(text, "0123456789abcdef") != size)
		return explain(
		    writer->why, FAULT_FORBIDDEN, "%s is not lower-case hex", element->path);
	if (size > 0 || element->always)
		write_leaf(writer, element->path, bytes_of(text, size));
	return FAULT_NONE;
}

static enum fault
write_vendor(struct writer *writer, const struct vendor_settings *vendor)
{
	char path[PHONE_CONFIGURATION_TEXT_MOST], text[16];
	enum fault fault;
	unsigned number;

	for (enum vendor_setting i = 0; i < VENDOR_SETTINGS; i++) {
		if (vendor->value[i] == VENDOR_NOT_GIVEN)
			continue;
		if ((fault = vendor_setting_number(i, vendor->value[i], &number, writer->why)))
			return fault;
		snprintf(path, sizeof(path), "device/vendorConfig/%s", vendor_setting_element(i));
		snprintf(text, sizeof(text), "%u", number);
		write_leaf(writer, path, bytes_text(text));
	}
	return FAULT_NONE;
}

static enum fault
write_element(struct writer *writer, const struct phone_configuration *configuration,
    const struct configuration_element *element, size_t index)
{
	const void *value = configuration_value(configuration, element, index);

	switch (element->kind) {
	case ELEMENT_NUMBER:
		return write_number(writer, element, *(const uint32_t *)value);
	case ELEMENT_FLAG:
		write_leaf(
		    writer, element->path, bytes_text(*(const bool *)value ? "true" : "false"));
		return FAULT_NONE;
	case ELEMENT_VENDOR:
		return write_vendor(writer, &configuration->vendor);
	default:
		return write_text(writer, element, value);
	}
}

/* All members of a group: its elements stand together in the table. */
static enum fault
write_group(struct writer *writer, const struct phone_configuration *configuration, size_t first,
    size_t last)
{
	enum element_group name = configuration_elements[first].group;
	const struct configuration_group *group = &configuration_groups[name];
	size_t count = configuration_group_count(configuration, name), size = strlen(group->path);
	const char *parent = strrchr(group->path, '/');
	enum fault fault;

	if (count > group->most)
		return explain(writer->why, FAULT_FORBIDDEN, "%zu of %s, at most %zu", count,
		    group->path, group->most);
	for (size_t i = 0; i < count; i++) {
		const char *member = (const char *)configuration + group->offset +
				     i * group->member_size + group->attribute_offset;
		uint32_t attribute;

		memcpy(&attribute, member, sizeof(attribute));
		open_to(writer, group->path, (size_t)(parent - group->path), NULL, 0);
		open_to(writer, group->path, size, group->attribute, attribute);
		for (size_t j = first; j < last; j++)
			if ((fault = write_element(
				 writer, configuration, &configuration_elements[j], i)))
				return fault;
	}
	return FAULT_NONE;
}

enum fault
phone_configuration_write(
    const struct phone_configuration *configuration, struct buffer *document, struct why *why)
{
	struct writer writer = {.document = document, .why = why};
	size_t start = document->size, next;
	enum fault fault = FAULT_NONE;

	buffer_text(document, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	for (size_t i = 0; i < configuration_element_count && fault == FAULT_NONE; i = next) {
		enum element_group group = configuration_elements[i].group;

		next = i + 1;
		if (group == GROUP_NONE) {
			fault =
			    write_element(&writer, configuration, &configuration_elements[i], 0);
			continue;
		}
		while (next < configuration_element_count &&
		       configuration_elements[next].group == group)
			next++;
		fault = write_group(&writer, configuration, i, next);
	}
	close_to(&writer, 0);
	if (fault == FAULT_NONE &&
	    (!buffer_ok(document) || document->size - start > PHONE_CONFIGURATION_MOST))
		return explain(
		    why, FAULT_LIMIT, "configuration over %d bytes", PHONE_CONFIGURATION_MOST);
	return fault;
}
