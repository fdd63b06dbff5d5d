/* SPDX-License-Identifier: Apache-2.0 */
/* lib/administration/audit_actions.c - audit tail, site show. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "administration/administration.h"

/* The end of the audit file, at most ADMINISTRATION_TAIL_BYTES, from a line's start. */
static enum fault
read_end(const char *path, char **text, size_t *size, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum fault fault = FAULT_NONE;
	struct stat about;
	char *reading = NULL;
	off_t from;
	ssize_t got = 0;

	if (fd == -1)
		return explain_errno(why, "cannot open the audit log");
	if (fstat(fd, &about) == -1) {
		fault = explain_errno(why, "cannot measure the audit log");
		goto done;
	}
	from = about.st_size > ADMINISTRATION_TAIL_BYTES ? about.st_size - ADMINISTRATION_TAIL_BYTES
							 : 0;
	if ((reading = malloc((size_t)(about.st_size - from) + 1)) == NULL)
		fault = explain(why, FAULT_SYSTEM, "out of memory for the audit log");
	else if ((got = pread(fd, reading, (size_t)(about.st_size - from), from)) == -1)
		fault = explain_errno(why, "cannot read the audit log");
	if (fault == FAULT_NONE) {
		*text = reading;
		*size = (size_t)got;
		reading = NULL;
	}
done:
	free(reading);
	close(fd);
	return fault;
}

/* Each whole line that is a JSON object; the first of a cut file is none and is left out. */
static enum fault
add_lines(json_t *list, struct bytes text, const char *device, size_t most, struct why *why)
{
	struct bytes line;

	while (bytes_take_until(&text, '\n', &line)) {
		json_t *record = json_loadb((const char *)line.at, line.left, 0, NULL);
		const char *of;

		if (record == NULL)
			continue;
		of = json_string_value(json_object_get(record, "device"));
		if (device != NULL && (of == NULL || !bytes_equal_text(bytes_text(of), device))) {
			json_decref(record);
			continue;
		}
		if (json_array_append_new(list, record) == -1)
			return explain(why, FAULT_SYSTEM, "out of memory for the audit log");
		if (json_array_size(list) > most)
			json_array_remove(list, 0);
	}
	return FAULT_NONE;
}

static enum fault
audit_tail(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	const char *device = NULL;
	json_int_t lines = 20;
	json_t *list;
	char *text;
	size_t size;
	enum fault fault =
	    administration_unpack(arguments, why, "{s?I s?s}", "lines", &lines, "device", &device);

	if (fault != FAULT_NONE)
		return fault;
	if (lines < 1 || lines > ADMINISTRATION_TAIL_MOST)
		return explain(why, FAULT_LIMIT, "1 to %d records are given at once",
		    ADMINISTRATION_TAIL_MOST);
	if ((fault = read_end(administration->audit_path, &text, &size, why)))
		return fault;
	if ((list = json_array()) == NULL)
		fault = explain(why, FAULT_SYSTEM, "out of memory for the audit log");
	else
		fault = add_lines(list, bytes_of(text, size), device, (size_t)lines, why);
	free(text);
	if (fault != FAULT_NONE) {
		json_decref(list);
		return fault;
	}
	*result = list;
	return FAULT_NONE;
}

static enum fault
site_show(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	const struct site *site = administration->site;
	enum fault fault = administration_unpack(arguments, why, "{}");
	json_t *ports = json_object();

	if (fault != FAULT_NONE) {
		json_decref(ports);
		return fault;
	}
	for (int i = 0; i < SITE_PORTS; i++)
		json_object_set_new(
		    ports, site_port_name((enum site_port)i), json_integer(site->port[i]));
	return administration_result(
	    json_pack("{s:s s:s s:s s:b s:s s:o}", "name", site->name, "address", site->address,
		"host", site->host, "mixed", site->mixed, "ctl",
		site->ctl == SITE_CTL_TOKENS ? "tokens" : "recovery", "ports", ports),
	    result, why);
}

static const struct control_command entries[] = {
    {"audit tail", audit_tail, NULL},
    {"site show", site_show},
};
const struct administration_table audit_actions = {entries, COUNT(entries)};
