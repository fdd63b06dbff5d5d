/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/call_directory.h"

#include <stdio.h>
#include <string.h>

/* The phones that have a line: how many, and the first. */
struct owners {
	size_t count;
	struct phone first;
};

static enum fault
note_owner(void *arg, const struct phone *phone, struct why *why)
{
	struct owners *owners = arg;

	(void)why;
	if (owners->count++ == 0)
		owners->first = *phone;
	return FAULT_NONE;
}

static enum fault
owners_of(struct directory *directory, struct bytes line, struct owners *owners, struct why *why)
{
	char number[DIRECTORY_NUMBER_SIZE];

	owners->count = 0;
	if (!bytes_copy_text(line, number, sizeof(number)))
		return explain(why, FAULT_MISSING, "there is no such line");
	return directory_phones_of_number(directory, number, note_owner, owners, why);
}

static enum fault
only_owner(struct directory *directory, struct bytes line, struct phone *phone, struct why *why)
{
	struct owners owners;
	enum fault fault = owners_of(directory, line, &owners, why);

	if (fault)
		return fault;
	if (owners.count == 0)
		return explain(why, FAULT_MISSING, "no phone has line %.*s", (int)line.left,
		    (const char *)line.at);
	if (owners.count > 1)
		return explain(why, FAULT_UNEXPECTED,
		    "line %.*s is on %zu phones, and this one does not say which it is",
		    (int)line.left, (const char *)line.at, owners.count);
	*phone = owners.first;
	return FAULT_NONE;
}

static const struct line *
line_of(const struct phone *phone, struct bytes number)
{
	for (size_t i = 0; i < phone->line_count; i++)
		if (bytes_equal_text(number, phone->lines[i].number))
			return &phone->lines[i];
	return NULL;
}

static enum fault
add_user(struct directory *directory, const struct phone *phone, struct subscriber *subscriber,
    struct why *why)
{
	struct digest_user user;
	enum fault fault;

	if (phone->user[0] == '\0')
		return FAULT_NONE;
	if ((fault = directory_user(directory, phone->user, &user, why)))
		return fault;
	snprintf(subscriber->digest_user, sizeof(subscriber->digest_user), "%s", user.name);
	snprintf(subscriber->ha1_sha256, sizeof(subscriber->ha1_sha256), "%s", user.ha1_sha256);
	snprintf(subscriber->ha1_md5, sizeof(subscriber->ha1_md5), "%s", user.ha1_md5);
	explicit_bzero(&user, sizeof(user));
	return FAULT_NONE;
}

static enum fault
fill(struct directory *directory, const struct phone *phone, struct bytes number,
    struct subscriber *found, struct why *why)
{
	const struct line *line = line_of(phone, number);
	struct subscriber filled = {""};
	enum fault fault;

	if (line == NULL)
		return explain(why, FAULT_MISSING, "device %s has no line %.*s", phone->device,
		    (int)number.left, (const char *)number.at);
	snprintf(filled.device, sizeof(filled.device), "%s", phone->device);
	snprintf(filled.line, sizeof(filled.line), "%s", line->number);
	snprintf(filled.display, sizeof(filled.display), "%s", line->display);
	if ((fault = directory_profile(directory, phone->profile, &filled.profile, why)) ||
	    (fault = add_user(directory, phone, &filled, why)))
		return fault;
	*found = filled;
	explicit_bzero(&filled, sizeof(filled));
	return FAULT_NONE;
}

enum fault
call_directory_find(
    void *arg, struct bytes device, struct bytes line, struct subscriber *found, struct why *why)
{
	char name[DIRECTORY_DEVICE_SIZE];
	struct phone phone;
	enum fault fault;

	if (device.left == 0) {
		if ((fault = only_owner(arg, line, &phone, why)))
			return fault;
	} else {
		if (!bytes_copy_text(device, name, sizeof(name)))
			return explain(why, FAULT_MISSING, "there is no such device");
		if ((fault = directory_phone(arg, name, &phone, why)))
			return fault;
	}
	return fill(arg, &phone, line, found, why);
}

bool
call_directory_line_exists(void *arg, struct bytes line)
{
	struct owners owners;

	return owners_of(arg, line, &owners, NULL) == FAULT_NONE && owners.count > 0;
}
