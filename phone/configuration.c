/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phone/configuration.c - fetches SEP<MAC>.cnf.xml.sgn. Its signature is verified before a byte
 * of it is parsed or stored; the file is stored as signed and verified again at every start.
 */
#include <stdio.h>
#include <string.h>

#include "phone/phone.h"
#include "policy/profile.h"

static const char *
name_of(struct phone *phone)
{
	snprintf(phone->start.own_name, sizeof(phone->start.own_name), "%s.cnf.xml.sgn",
	    phone->identity.device.text);
	return phone->start.own_name;
}

/* Verified, then parsed, then checked to be ours. from: "server" or "store". */
static enum fault
read_file(struct phone *phone, const char *from, struct bytes file,
    struct phone_configuration *configuration, struct bytes *payload, struct why *why)
{
	struct signed_file verified;
	enum fault fault =
	    trust_store_check_file(phone->store, file, phone->start.own_name, &verified, why);

	if (fault != FAULT_NONE)
		return fault;
	*payload = verified.payload;
	notice_event(phone, "parsing configuration",
	    json_pack("{s:s, s:I}", "from", from, "bytes", (json_int_t)verified.payload.left));
	phone_configuration_init(configuration);
	fault = phone_configuration_read(verified.payload, configuration, why);
	if (fault != FAULT_NONE)
		return explain_within(why, FAULT_UNEXPECTED, "signed, but not usable");
	if (configuration->device[0] != '\0' &&
	    strcmp(configuration->device, phone->identity.device.text) != 0)
		return explain(
		    why, FAULT_UNEXPECTED, "the file is for %s, not for us", configuration->device);
	return FAULT_NONE;
}

static void
use(struct phone *phone, struct phone_configuration *configuration)
{
	phone_configuration_wipe(&phone->start.configuration);
	phone->start.configuration = *configuration;
	explicit_bzero(configuration, sizeof(*configuration));
	phone->start.configured = true;
	notice_event(phone, "configuration",
	    json_pack("{s:s, s:s, s:i, s:s, s:b}", "mode", level_name(configuration_mode(phone)),
		"transport", transport_name(configuration_transport(phone)), "capf",
		(int)phone->start.configuration.capf_auth_mode, "stamp",
		phone->start.configuration.version_stamp, "changed",
		(int)phone->start.configuration_changed));
}

/* Does it ask for a CAPF session that needs nobody's keys pressed? */
static bool
wants_certificate(const struct phone *phone)
{
	const struct phone_configuration *configuration = &phone->start.configuration;

	if (configuration->capf_count == 0 || configuration->capf_auth_mode == CAPF_AUTH_NONE ||
	    configuration->capf_auth_mode == CAPF_AUTH_STRING)
		return false;
	return phone->identity.lsc == NULL || phone->start.configuration_changed;
}

static void
finish(struct phone *phone)
{
	boot_post(phone, wants_certificate(phone) ? BOOT_CERTIFICATE_WANTED : BOOT_DONE);
}

/* The copy on disk, whatever it still is worth by today's lists. */
static bool
read_stored(struct phone *phone, struct phone_configuration *configuration, struct content *file,
    struct bytes *payload)
{
	char path[STORAGE_PATH_MOST];
	struct why why;

	return storage_path(path, phone->store_folder, phone->start.own_name, &why) == FAULT_NONE &&
	       storage_read(path, file_class_most(FILE_CONFIGURATION), file, &why) == FAULT_NONE &&
	       read_file(phone, "store", content_bytes(file), configuration, payload, &why) ==
		   FAULT_NONE;
}

static void
use_stored(struct phone *phone)
{
	struct phone_configuration configuration;
	struct content file = {0};
	struct bytes payload;
	bool good = read_stored(phone, &configuration, &file, &payload);

	if (good) {
		phone->start.configuration_changed = false;
		use(phone, &configuration);
	} else if (trust_store_empty(phone->store)) {
		notice_status(phone, MESSAGE_NO_TRUST_LIST, NULL);
	}
	content_wipe(&file);
	if (good)
		finish(phone);
	else
		boot_post(phone, BOOT_FAILED);
}

static bool
differs_from_stored(struct phone *phone, struct bytes payload)
{
	struct phone_configuration configuration;
	struct content file = {0};
	struct bytes stored;
	bool same =
	    read_stored(phone, &configuration, &file, &stored) && bytes_equal(stored, payload);

	phone_configuration_wipe(&configuration);
	content_wipe(&file);
	return !same;
}

static enum fault
take(struct phone *phone, struct bytes file, struct why *why)
{
	struct phone_configuration configuration = {0};
	struct bytes payload;
	char path[STORAGE_PATH_MOST];
	enum fault fault = read_file(phone, "server", file, &configuration, &payload, why);

	if (fault != FAULT_NONE) {
		phone_configuration_wipe(&configuration);
		return fault;
	}
	phone->start.configuration_changed = differs_from_stored(phone, payload);
	if (phone->start.configuration_changed &&
	    ((fault = storage_path(path, phone->store_folder, phone->start.own_name, why)) !=
		    FAULT_NONE ||
		(fault = storage_replace(path, file, 0600, why)) != FAULT_NONE))
		notice_status(phone, MESSAGE_FILE_UNREADABLE, why->text);
	use(phone, &configuration);
	return FAULT_NONE;
}

static void
fetched(void *arg, enum fault fault, struct bytes content, const char *way, const struct why *why)
{
	struct phone *phone = arg;
	const char *name = phone->start.own_name;
	struct why refused;

	phone->start.fetch = NULL;
	notice_event(phone, "file",
	    json_pack("{s:s, s:s, s:I, s:s}", "name", name, "way", way != NULL ? way : "none",
		"bytes", (json_int_t)content.left, "result",
		fault == FAULT_NONE ? "fetched" : why->text));
	if (fault == FAULT_MISSING)
		notice_status(phone, MESSAGE_FILE_NOT_FOUND, name);
	if (fault != FAULT_NONE) {
		use_stored(phone);
		return;
	}
	fault = take(phone, content, &refused);
	if (fault == FAULT_NONE) {
		finish(phone);
		return;
	}
	notice_status(phone,
	    fault == FAULT_UNEXPECTED ? MESSAGE_FILE_UNREADABLE : MESSAGE_FILE_AUTH_FAILED, name);
	notice_refusal(phone, "file refused", name, refused.text);
	use_stored(phone);
}

void
configuration_fetch(struct phone *phone)
{
	struct file_fetch_plan plan = {.server = phone->start.server,
	    .local = &phone->options.local,
	    .name = name_of(phone),
	    .class = FILE_CONFIGURATION,
	    .on_fetched = fetched,
	    .arg = phone};
	struct why why;

	if (phone->start.server.host.size == 0 ||
	    file_fetch_new(&phone->start.fetch, phone->loop, &plan, &why) != FAULT_NONE)
		use_stored(phone);
}

enum level
configuration_mode(const struct phone *phone)
{
	switch (phone->start.configuration.security_mode) {
	case DEVICE_SECURITY_ENCRYPTED:
		return LEVEL_ENCRYPTED;
	case DEVICE_SECURITY_AUTHENTICATED:
		return LEVEL_AUTHENTICATED;
	default:
		return LEVEL_NONSECURE;
	}
}

unsigned
configuration_suites(const struct phone *phone)
{
	unsigned suites;

	if (configuration_mode(phone) != LEVEL_ENCRYPTED)
		return 0;
	if (!profile_suites_from_name(bytes_text(phone->start.configuration.srtp_suites), &suites))
		return SUITES_ALL;
	return suites;
}

enum transport
configuration_transport(const struct phone *phone)
{
	if (configuration_mode(phone) != LEVEL_NONSECURE)
		return TRANSPORT_TLS;
	return phone->start.configuration.transport == DEVICE_TRANSPORT_UDP ? TRANSPORT_UDP
									    : TRANSPORT_TCP;
}
