/* SPDX-License-Identifier: Apache-2.0 */
/* ctl/factory.c - "factory ...": make phones with an identity for life. */
#include "administration/site_factory.h"

#include <string.h>

#include "base/clock.h"
#include "ctl/command.h"

enum { PHONES_MOST = 1000 /* in one run */ };

static enum fault
read_kind(struct command_call *call, const char *rsa, const char *ec, enum key_kind *kind,
    struct why *why)
{
	unsigned long bits = 2048;
	enum fault fault;

	if (rsa != NULL && ec != NULL)
		return command_usage(call, why, "a MIC has one key: --rsa or --ec");
	if (ec != NULL) {
		if (!key_kind_from_name(bytes_text(ec), kind) ||
		    key_kind_family(*kind) != KEY_FAMILY_EC)
			return command_usage(call, why, "--ec is p-256, p-384 or p-521");
		return FAULT_NONE;
	}
	if (rsa != NULL && (fault = command_number(call, rsa, 2048, 4096, &bits, why)))
		return fault;
	return key_kind_of_rsa((unsigned)bits, kind, why);
}

/* All names are checked before the first phone is made. */
static enum fault
read_devices(struct command_call *call, struct device_name *devices, struct why *why)
{
	for (size_t i = 0; i < call->count; i++)
		if (device_name_from_mac(bytes_text(call->arguments[i]), &devices[i], why) !=
			FAULT_NONE &&
		    device_name_read(bytes_text(call->arguments[i]), &devices[i], why) !=
			FAULT_NONE)
			return command_usage(
			    call, why, "\"%.40s\" is not a MAC address", call->arguments[i]);
	return FAULT_NONE;
}

static json_t *
phone_json(const struct factory_phone *phone)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "device", phone->device.text, "directory",
	    phone->path, "serial", phone->serial, "sha256", phone->sha256);
}

static enum fault
make_all(struct command_call *call, const char *folder, const char *out, enum key_kind kind,
    json_t **result, struct why *why)
{
	struct device_name devices[PHONES_MOST];
	struct factory *factory = NULL;
	struct factory_phone phone;
	json_t *made = json_array();
	enum fault fault;

	if ((fault = read_devices(call, devices, why)) ||
	    (fault = factory_open(&factory, folder, clock_wall(), why)))
		goto done;
	for (size_t i = 0; i < call->count && fault == FAULT_NONE; i++)
		if ((fault = factory_make(
			 factory, &devices[i], out, kind, clock_wall(), &phone, why)) == FAULT_NONE)
			json_array_append_new(made, phone_json(&phone));
	if (fault == FAULT_NONE)
		*result = json_incref(made);
done:
	factory_close(factory);
	json_decref(made);
	return fault;
}

static enum fault
make(struct command_call *call, json_t **result, struct why *why)
{
	const char *folder = NULL, *out = NULL, *rsa = NULL, *ec = NULL;
	const struct command_option options[] = {
	    {"--factory", &folder, NULL},
	    {"--ca", &folder, NULL},
	    {"--out", &out, NULL},
	    {"--rsa", &rsa, NULL},
	    {"--ec", &ec, NULL},
	};
	enum key_kind kind = KEY_RSA_2048;
	enum fault fault;

	if ((fault = command_options(call, options, COUNT(options), 1, PHONES_MOST, why)) ||
	    (fault = read_kind(call, rsa, ec, &kind, why)))
		return fault;
	if (folder == NULL || out == NULL)
		return command_usage(call, why, "factory make needs --factory DIR and --out DIR");
	return make_all(call, folder, out, kind, result, why);
}

static const struct command commands[] = {
    {"factory make",
	"MAC... --factory DIR --out DIR [--rsa 2048|3072|4096 | --ec p-256|p-384|p-521]",
	"make phones with a MIC, and the manufacturing CA if there is none", make, NULL, false},
};

const struct command_table factory_commands = {commands, COUNT(commands)};
