/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/phone_configuration_table.h - every element of the phone's configuration,
 * once, in the order it is written. Private to the writer and the reader.
 */
#ifndef PROVISIONING_PHONE_CONFIGURATION_TABLE_H
#define PROVISIONING_PHONE_CONFIGURATION_TABLE_H

#include "provisioning/phone_configuration.h"

enum element_kind {
	ELEMENT_TEXT,
	ELEMENT_NUMBER, /* uint32_t */
	ELEMENT_FLAG,   /* bool; true, false */
	ELEMENT_HEX,    /* text of lower-case hex digits */
	ELEMENT_VENDOR, /* stands for all of struct vendor_settings' values */
};

/* Elements that repeat: members of a list. */
enum element_group {
	GROUP_NONE,
	GROUP_MANAGERS,
	GROUP_TRUST_SERVICES,
	GROUP_LINES,
	GROUP_CAPF,
	ELEMENT_GROUPS
};

struct configuration_element {
	const char *path; /* from the root: "device/fullConfig" */
	enum element_kind kind;
	enum element_group group;
	size_t offset;        /* in struct phone_configuration, or in the member */
	size_t size;          /* of a text, with the NUL */
	uint32_t least, most; /* of a number; a number of 0 below least is not written */
	bool always;          /* written also when empty */
};

struct configuration_group {
	const char *path; /* of one member */
	const char *attribute;
	size_t offset, count_offset; /* in struct phone_configuration */
	size_t member_size, most;
	size_t attribute_offset; /* a uint32_t in the member */
	bool sorted;             /* by the attribute, after reading */
};

enum { CONFIGURATION_TABLE_MOST = 48 };

extern const struct configuration_group configuration_groups[ELEMENT_GROUPS];
extern const struct configuration_element configuration_elements[];
extern const size_t configuration_element_count;

/* Where an element's value is; index counts the members of its group. */
const void *configuration_value(const struct phone_configuration *configuration,
    const struct configuration_element *element, size_t index);
size_t configuration_group_count(
    const struct phone_configuration *configuration, enum element_group group);
#endif
