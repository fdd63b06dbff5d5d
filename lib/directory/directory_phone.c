/* SPDX-License-Identifier: Apache-2.0 */
/* lib/directory/directory_phone.c - phones and their lines in site.db. */
#include <string.h>

#include "directory/directory_schema.h"

#define PHONE_COLUMNS                                                                              \
	"p.device, p.description, p.model, p.profile, p.user, p.capf_operation, p.capf_mode,"      \
	" p.capf_key, p.capf_string_hash, p.capf_string_salt, p.capf_until, p.capf_serial"

static enum fault
read_capf(const struct row *row, struct capf_wish *wish, struct why *why)
{
	int64_t operation = row_number(row, 5), proof = row_number(row, 6);
	enum fault fault;

	if (operation < 0 || operation >= WISH_OPERATION_COUNT || proof < 0 ||
	    proof >= WISH_PROOF_COUNT)
		return explain(why, FAULT_MALFORMED, "a stored CAPF wish has unknown numbers");
	wish->operation = (enum wish_operation)operation;
	wish->proof = (enum wish_proof)proof;
	wish->until = row_number(row, 10);
	wish->serial = row_number(row, 11);
	if ((fault = directory_take_text(
		 row, 7, wish->key, sizeof(wish->key), "kind of key", why)) ||
	    (fault = directory_take_text(row, 8, wish->string_hash, sizeof(wish->string_hash),
		 "hash of the authentication string", why)))
		return fault;
	return directory_take_text(
	    row, 9, wish->string_salt, sizeof(wish->string_salt), "salt", why);
}

static enum fault
add_line(void *arg, const struct row *row, struct why *why)
{
	struct phone *phone = arg;
	struct line *line = &phone->lines[phone->line_count];
	enum fault fault;

	if (phone->line_count == DIRECTORY_LINES_MOST)
		return explain(
		    why, FAULT_LIMIT, "%s has over %d lines", phone->device, DIRECTORY_LINES_MOST);
	line->position = (unsigned)row_number(row, 0);
	if ((fault = directory_take_text(
		 row, 1, line->number, sizeof(line->number), "number", why)) ||
	    (fault = directory_take_text(
		 row, 2, line->display, sizeof(line->display), "display name", why)))
		return fault;
	phone->line_count++;
	return FAULT_NONE;
}

static enum fault
read_phone(struct directory *directory, const struct row *row, struct phone *phone, struct why *why)
{
	struct phone read = {0};
	enum fault fault;

	if ((fault = directory_take_text(
		 row, 0, read.device, sizeof(read.device), "device name", why)) ||
	    (fault = directory_take_text(
		 row, 1, read.description, sizeof(read.description), "description", why)) ||
	    (fault = directory_take_text(row, 2, read.model, sizeof(read.model), "model", why)) ||
	    (fault = directory_take_text(
		 row, 3, read.profile, sizeof(read.profile), "profile name", why)) ||
	    (fault = directory_take_text(row, 4, read.user, sizeof(read.user), "user", why)) ||
	    (fault = read_capf(row, &read.capf, why)) ||
	    (fault = database_query(directory->database, add_line, &read, why,
		 "SELECT position, number, display FROM line WHERE device = ? ORDER BY position",
		 "t", read.device)))
		return fault;
	*phone = read;
	return FAULT_NONE;
}

struct phones_wanted {
	struct directory *directory;
	directory_phone_handler *handler;
	void *arg;
	bool found;
};

static enum fault
give_phone(void *arg, const struct row *row, struct why *why)
{
	struct phones_wanted *wanted = arg;
	struct phone phone;
	enum fault fault = read_phone(wanted->directory, row, &phone, why);

	wanted->found = true;
	return fault != FAULT_NONE ? fault : wanted->handler(wanted->arg, &phone, why);
}

static enum fault
keep_phone(void *arg, const struct phone *phone, struct why *why)
{
	(void)why;
	*(struct phone *)arg = *phone;
	return FAULT_NONE;
}

enum fault
directory_phone(
    struct directory *directory, const char *device, struct phone *phone, struct why *why)
{
	struct phones_wanted wanted = {directory, keep_phone, phone, false};
	enum fault fault = database_query(directory->database, give_phone, &wanted, why,
	    "SELECT " PHONE_COLUMNS " FROM phone p WHERE p.device = ?", "t", device);

	if (fault == FAULT_NONE && !wanted.found)
		return explain(why, FAULT_MISSING, "there is no phone '%s'", device);
	return fault;
}

enum fault
directory_phone_of_user(
    struct directory *directory, const char *user, struct phone *phone, struct why *why)
{
	struct phones_wanted wanted = {directory, keep_phone, phone, false};
	enum fault fault = database_query(directory->database, give_phone, &wanted, why,
	    "SELECT " PHONE_COLUMNS " FROM phone p WHERE p.user = ? ORDER BY p.device LIMIT 1", "t",
	    user);

	if (fault == FAULT_NONE && !wanted.found)
		return explain(why, FAULT_MISSING, "no phone belongs to the user '%s'", user);
	return fault;
}

enum fault
directory_phones_of_number(struct directory *directory, const char *number,
    directory_phone_handler *handler, void *arg, struct why *why)
{
	struct phones_wanted wanted = {directory, handler, arg, false};

	return database_query(directory->database, give_phone, &wanted, why,
	    "SELECT DISTINCT " PHONE_COLUMNS " FROM phone p JOIN line l ON l.device = p.device"
	    " WHERE l.number = ? ORDER BY p.device",
	    "t", number);
}

enum fault
directory_phones(
    struct directory *directory, directory_phone_handler *handler, void *arg, struct why *why)
{
	struct phones_wanted wanted = {directory, handler, arg, false};

	return database_query(directory->database, give_phone, &wanted, why,
	    "SELECT " PHONE_COLUMNS " FROM phone p ORDER BY p.device", "");
}

/* What a user part of a SIP URI may hold without escapes, and a dial pad or a name can make. */
static bool
number_ok(const char *number)
{
	static const char allowed[] = "0123456789+*#-_.abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return number[0] != '\0' && strspn(number, allowed) == strlen(number);
}

static bool
device_ok(const char *device)
{
	static const char allowed[] = "0123456789-_.abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return device[0] != '\0' && device[0] != '.' && strspn(device, allowed) == strlen(device);
}

static enum fault
check_phone(struct directory *directory, const struct phone *phone, struct why *why)
{
	struct profile profile;
	enum fault fault;

	if (!device_ok(phone->device))
		return explain(why, FAULT_MALFORMED,
		    "a device name has letters, digits, '-', '_' and '.', for example "
		    "SEP001122AABBCC");
	if ((fault = directory_profile(directory, phone->profile, &profile, why)))
		return fault;
	if ((profile.digest || profile.third_party) && phone->user[0] == '\0')
		return explain(why, FAULT_FORBIDDEN,
		    "the profile '%s' demands a digest: give %s a user", profile.name,
		    phone->device);
	if (phone->line_count > DIRECTORY_LINES_MOST)
		return explain(why, FAULT_LIMIT, "%s has %zu lines, more than %d", phone->device,
		    phone->line_count, DIRECTORY_LINES_MOST);
	for (size_t i = 0; i < phone->line_count; i++)
		if (!number_ok(phone->lines[i].number))
			return explain(why, FAULT_MALFORMED,
			    "'%s' is no number: digits, letters, + * # - _ . only",
			    phone->lines[i].number);
	return FAULT_NONE;
}

/* A wish that says serial 0 is new: it gets the next one, so that it is carried out once. */
static int64_t
next_serial(const struct capf_wish *wish, const struct capf_wish *before)
{
	bool is_new = wish->operation != WISH_NONE && wish->serial == 0;

	return is_new ? before->serial + 1 : before->serial;
}

static enum fault
write_lines(struct database *database, const struct phone *phone, struct why *why)
{
	enum fault fault = database_do(
	    database, NULL, why, "DELETE FROM line WHERE device = ?", "t", phone->device);

	for (size_t i = 0; i < phone->line_count && fault == FAULT_NONE; i++)
		fault = database_do(database, NULL, why, "INSERT INTO line VALUES (?, ?, ?, ?)",
		    "tntt", phone->device, (int64_t)phone->lines[i].position,
		    phone->lines[i].number, phone->lines[i].display);
	return fault;
}

struct phone_change {
	struct directory *directory;
	const struct phone *phone;
};

static enum fault
write_phone(void *arg, struct database *database, struct why *why)
{
	struct phone_change *change = arg;
	const struct phone *phone = change->phone;
	struct phone before = {0};
	enum fault fault = directory_phone(change->directory, phone->device, &before, why);

	if (fault != FAULT_NONE && fault != FAULT_MISSING)
		return fault;
	fault = database_do(database, NULL, why,
	    "INSERT INTO phone VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
	    " ON CONFLICT (device) DO UPDATE SET description = ?2, model = ?3, profile = ?4,"
	    " user = ?5, capf_operation = ?6, capf_mode = ?7, capf_key = ?8,"
	    " capf_string_hash = ?9, capf_string_salt = ?10, capf_until = ?11, capf_serial = ?12",
	    "tttttnntttnn", phone->device, phone->description, phone->model, phone->profile,
	    phone->user[0] != '\0' ? phone->user : NULL, (int64_t)phone->capf.operation,
	    (int64_t)phone->capf.proof, phone->capf.key, phone->capf.string_hash,
	    phone->capf.string_salt, phone->capf.until, next_serial(&phone->capf, &before.capf));

	if (fault == FAULT_FORBIDDEN)
		return explain(why, FAULT_MISSING, "there is no user '%s'", phone->user);
	return fault != FAULT_NONE ? fault : write_lines(database, phone, why);
}

enum fault
directory_set_phone(struct directory *directory, const struct phone *phone, struct why *why)
{
	struct phone_change change = {directory, phone};
	enum fault fault = check_phone(directory, phone, why);

	if (fault != FAULT_NONE)
		return fault;
	return database_transaction(directory->database, write_phone, &change, why);
}

enum fault
directory_delete_phone(struct directory *directory, const char *device, struct why *why)
{
	int64_t changed;
	enum fault fault = database_do(
	    directory->database, &changed, why, "DELETE FROM phone WHERE device = ?", "t", device);

	if (fault == FAULT_NONE && changed == 0)
		return explain(why, FAULT_MISSING, "there is no phone '%s'", device);
	return fault;
}
