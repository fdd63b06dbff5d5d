/* SPDX-License-Identifier: Apache-2.0 */
/* ctl/site.c - "site ...": offline work on a site's directory. */
#include "administration/site_create.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/command.h"

/* The words of the line, before they mean anything. */
struct words {
	const char *name, *rsa, *ec, *address, *host, *ports, *ctl, *mic_ca, *edges;
	bool aes_256_only;
};

static enum fault
copy(struct command_call *call, const char *option, const char *from, char *to, size_t room,
    struct why *why)
{
	if (from == NULL || bytes_copy_text(bytes_text(from), to, room))
		return FAULT_NONE;
	return command_usage(call, why, "%s is longer than %zu characters", option, room - 1);
}

static enum fault
read_keys(
    struct command_call *call, const struct words *words, struct site_plan *plan, struct why *why)
{
	unsigned long bits = 2048;
	enum fault fault;

	if (words->rsa != NULL &&
	    (fault = command_number(call, words->rsa, 2048, 4096, &bits, why)))
		return fault;
	/* The lists and files are signed with sizes that have a number in the format. */
	if (bits != 2048 && bits != 4096)
		return command_usage(call, why, "--rsa is 2048 or 4096");
	plan->rsa = bits == 2048 ? KEY_RSA_2048 : KEY_RSA_4096;
	plan->ec = KEY_P256;
	if (words->ec != NULL && (!key_kind_from_name(bytes_text(words->ec), &plan->ec) ||
				     key_kind_family(plan->ec) != KEY_FAMILY_EC))
		return command_usage(call, why, "--ec is p-256, p-384 or p-521");
	return FAULT_NONE;
}

static enum fault
read_numbers(
    struct command_call *call, const struct words *words, struct site *site, struct why *why)
{
	unsigned long number;
	enum fault fault;

	if (words->ports != NULL) {
		if ((fault = command_number(call, words->ports, 1, UINT16_MAX, &number, why)))
			return fault;
		if ((fault = site_set_ports(site, (unsigned)number, why)))
			return fault;
	}
	if (words->edges != NULL) {
		if ((fault = command_number(call, words->edges, 1, SITE_EDGES_MOST, &number, why)))
			return fault;
		site->edges = (unsigned)number;
	}
	site->aes_256_only = words->aes_256_only;
	if (words->ctl != NULL && strcmp(words->ctl, "tokens") == 0) {
		site->ctl = SITE_CTL_TOKENS;
		site->mixed = false;
	} else if (words->ctl != NULL && strcmp(words->ctl, "recovery") != 0)
		return command_usage(call, why, "--ctl is recovery or tokens");
	return FAULT_NONE;
}

static enum fault
read_plan(
    struct command_call *call, const struct words *words, struct site_plan *plan, struct why *why)
{
	struct site *site = &plan->site;
	enum fault fault;

	site_init(site);
	if ((fault = copy(call, "--name", words->name, site->name, sizeof(site->name), why)) ||
	    (fault = copy(
		 call, "--address", words->address, site->address, sizeof(site->address), why)) ||
	    (fault = copy(call, "--host", words->host != NULL ? words->host : words->address,
		 site->host, sizeof(site->host), why)) ||
	    (fault = read_numbers(call, words, site, why)))
		return fault;
	plan->manufacturing_ca = words->mic_ca;
	plan->now = clock_wall();
	return read_keys(call, words, plan, why);
}

static enum fault
create(struct command_call *call, json_t **result, struct why *why)
{
	struct words words = {0};
	const struct command_option options[] = {
	    {"--name", &words.name, NULL},
	    {"--rsa", &words.rsa, NULL},
	    {"--ec", &words.ec, NULL},
	    {"--address", &words.address, NULL},
	    {"--host", &words.host, NULL},
	    {"--ports", &words.ports, NULL},
	    {"--ctl", &words.ctl, NULL},
	    {"--mic-ca", &words.mic_ca, NULL},
	    {"--edges", &words.edges, NULL},
	    {"--aes-256-only", NULL, &words.aes_256_only},
	};
	struct site_created created;
	struct site_plan plan = {0};
	enum fault fault;

	if ((fault = command_options(call, options, COUNT(options), 1, 1, why)) ||
	    (fault = read_plan(call, &words, &plan, why)))
		return fault;
	plan.folder = call->arguments[0];
	if ((fault = site_create(&plan, &created, why)))
		return fault;
	*result = json_pack("{s:s, s:s, s:s, s:b, s:s, s:I, s:I}", "site", plan.folder, "name",
	    plan.site.name, "address", plan.site.address, "mixed", plan.site.mixed,
	    "recovery_sha256", created.fingerprint, "itl_bytes", (json_int_t)created.itl_size,
	    "ctl_bytes", (json_int_t)created.ctl_size);
	return FAULT_NONE;
}

static enum fault
show(struct command_call *call, json_t **result, struct why *why)
{
	struct site site;
	enum fault fault;
	json_t *ports;

	if ((fault = command_options(call, NULL, 0, 0, 1, why)))
		return fault;
	if (call->count == 0 && call->site == NULL)
		return command_usage(call, why, "which site? Name its directory");
	if ((fault = site_read(call->count > 0 ? call->arguments[0] : call->site, &site, why)))
		return fault;
	ports = json_object();
	for (int port = 0; port < SITE_PORTS; port++)
		json_object_set_new(
		    ports, site_port_name((enum site_port)port), json_integer(site.port[port]));
	*result = json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:b, s:o}", "name", site.name,
	    "address", site.address, "host", site.host, "ctl",
	    site.ctl == SITE_CTL_TOKENS ? "tokens" : "recovery", "mixed", site.mixed, "edges",
	    (int)site.edges, "aes_256_only", (int)site.aes_256_only, "ports", ports);
	return FAULT_NONE;
}

static json_t *
list_json(const char *name, size_t size, size_t records)
{
	return json_pack("{s:s, s:I, s:i, s:I, s:b, s:I}", "list", name, "bytes", (json_int_t)size,
	    "bytes_most", TRUST_LIST_MOST, "percent", (json_int_t)(100 * size / TRUST_LIST_MOST),
	    "warning", size > TRUST_LIST_WARN, "records", (json_int_t)records);
}

static enum fault
publish(struct command_call *call, json_t **result, struct why *why)
{
	struct trust_published published;
	enum fault fault;

	if ((fault = command_options(call, NULL, 0, 0, 1, why)))
		return fault;
	if (call->count == 0 && call->site == NULL)
		return command_usage(call, why, "which site? Name its directory");
	if ((fault = site_publish(
		 call->count > 0 ? call->arguments[0] : call->site, clock_wall(), &published, why)))
		return fault;
	*result = json_array();
	json_array_append_new(*result, list_json("ITL", published.itl_size, published.itl_records));
	if (published.ctl_size > 0)
		json_array_append_new(
		    *result, list_json("CTL", published.ctl_size, published.ctl_records));
	return FAULT_NONE;
}

static const struct command commands[] = {
    {"site create",
	"DIR [--name NAME] [--address ADDRESS] [--host HOST] [--ports BASE] [--rsa 2048|4096] "
	"[--ec p-256|p-384|p-521] [--ctl recovery|tokens] [--mic-ca FILE] [--edges N]\n"
	"[--aes-256-only]",
	"make a site: keys, certificates, trust lists, settings", create, NULL, false},
    {"site publish", "[DIR]", "build and sign the trust lists again, while no manager runs",
	publish, NULL, false},
    {"site show", "[DIR]", "the settings of a site", show, NULL, false},
};

const struct command_table site_commands = {commands, COUNT(commands)};
