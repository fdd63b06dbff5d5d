/* SPDX-License-Identifier: Apache-2.0 */
#include "directory/site.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "storage/storage.h"

static const struct {
	const char *name;
	uint16_t usual;
} ports[SITE_PORTS] = {
    [SITE_SIP] = {"sip", 5060},
    [SITE_SIP_TLS] = {"sip_tls", 5061},
    [SITE_TFTP] = {"tftp", 69},
    [SITE_FILES_HTTP] = {"files_http", 6970},
    [SITE_FILES_HTTPS] = {"files_https", 6971},
    [SITE_CAPF] = {"capf", 3804},
    [SITE_TVS] = {"tvs", 2445},
    [SITE_ADMIN] = {"admin", 8443},
    [SITE_SIP_OAUTH] = {"sip_oauth", 5090},
    [SITE_SIP_OAUTH_EDGE] = {"sip_oauth_edge", 5091},
};

static const char *const ctl_names[] = {
    [SITE_CTL_RECOVERY] = "recovery", [SITE_CTL_TOKENS] = "tokens"};

const char *
site_port_name(enum site_port port)
{
	return ports[port].name;
}

uint16_t
site_port_default(enum site_port port)
{
	return ports[port].usual;
}

void
site_init(struct site *site)
{
	*site = (struct site){
	    .name = "Ringfence",
	    .address = "127.0.0.1",
	    .host = "127.0.0.1",
	    .ctl = SITE_CTL_RECOVERY,
	    .mixed = true,
	    .edges = 1,
	};
	for (size_t i = 0; i < SITE_PORTS; i++)
		site->port[i] = ports[i].usual;
}

enum fault
site_set_ports(struct site *site, unsigned base, struct why *why)
{
	if (base == 0 || base + SITE_PORTS > UINT16_MAX + 1U)
		return explain(
		    why, FAULT_FORBIDDEN, "no room for %d ports from %u on", SITE_PORTS, base);
	for (unsigned i = 0; i < SITE_PORTS; i++)
		site->port[i] = (uint16_t)(base + i);
	return FAULT_NONE;
}

enum fault
site_address(const struct site *site, enum site_port port, struct address *address, struct why *why)
{
	return address_read(bytes_text(site->address), site->port[port], address, why);
}

/* It goes into certificates, configuration files and logs: printable, no quoting trouble. */
static bool
printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~' || strchr("\"\\<>&;", *text) != NULL)
			return false;
	return true;
}

enum fault
site_check(const struct site *site, struct why *why)
{
	struct address address;
	enum fault fault;

	if (site->name[0] == '\0' || !printable(site->name))
		return explain(why, FAULT_FORBIDDEN, "site name must be printable ASCII");
	if (site->host[0] == '\0' || !printable(site->host) || strchr(site->host, ' ') != NULL)
		return explain(why, FAULT_FORBIDDEN, "host must be a name or an address");
	if (site->edges < 1 || site->edges > SITE_EDGES_MOST)
		return explain(why, FAULT_FORBIDDEN, "edges must be 1 to %d", SITE_EDGES_MOST);
	if ((fault = address_read(bytes_text(site->address), 1, &address, why)))
		return explain_within(why, fault, "address of the site: ");
	for (size_t i = 0; i < SITE_PORTS; i++)
		for (size_t j = 0; j < i; j++)
			if (site->port[i] == site->port[j])
				return explain(why, FAULT_FORBIDDEN, "ports %s and %s are both %u",
				    ports[j].name, ports[i].name, site->port[i]);
	return FAULT_NONE;
}

static enum fault
read_ports(json_t *object, struct site *site, struct why *why)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		size_t i = 0;

		while (i < SITE_PORTS && strcmp(ports[i].name, name) != 0)
			i++;
		if (i == SITE_PORTS)
			return explain(
			    why, FAULT_MALFORMED, "site.json: unknown port \"%.40s\"", name);
		if (!json_is_integer(value) || json_integer_value(value) < 1 ||
		    json_integer_value(value) > UINT16_MAX)
			return explain(why, FAULT_MALFORMED,
			    "site.json: port %s is not a number from 1 to %d", name, UINT16_MAX);
		site->port[i] = (uint16_t)json_integer_value(value);
	}
	return FAULT_NONE;
}

static enum fault
read_ctl(const char *name, struct site *site, struct why *why)
{
	for (size_t i = 0; i < COUNT(ctl_names); i++)
		if (strcmp(ctl_names[i], name) == 0) {
			site->ctl = (enum site_ctl)i;
			return FAULT_NONE;
		}
	return explain(why, FAULT_MALFORMED, "site.json: ctl is \"recovery\" or \"tokens\"");
}

static enum fault
read_members(json_t *root, struct site *site, struct why *why)
{
	const char *name = "", *address = "", *host = "", *ctl = "";
	json_t *numbers = NULL;
	json_error_t error;
	int mixed = 0, edges = 1, aes_256_only = 0;
	enum fault fault;

	if (json_unpack_ex(root, &error, JSON_STRICT, "{s:s, s:s, s:s, s:s, s:b, s:i, s?b, s:o}",
		"name", &name, "address", &address, "host", &host, "ctl", &ctl, "mixed", &mixed,
		"edges", &edges, "aes_256_only", &aes_256_only, "ports", &numbers) != 0)
		return explain(why, FAULT_MALFORMED, "site.json: %s", error.text);
	if (!bytes_copy_text(bytes_text(name), site->name, sizeof(site->name)) ||
	    !bytes_copy_text(bytes_text(address), site->address, sizeof(site->address)) ||
	    !bytes_copy_text(bytes_text(host), site->host, sizeof(site->host)))
		return explain(why, FAULT_LIMIT, "site.json: name, address or host is too long");
	site->mixed = mixed != 0;
	site->aes_256_only = aes_256_only != 0;
	site->edges = edges < 0 ? 0 : (unsigned)edges;
	if (!json_is_object(numbers))
		return explain(why, FAULT_MALFORMED, "site.json: ports is not an object");
	if ((fault = read_ctl(ctl, site, why)))
		return fault;
	return read_ports(numbers, site, why);
}

enum fault
site_parse(struct bytes json, struct site *site, struct why *why)
{
	struct site reading;
	json_error_t error;
	json_t *root;
	enum fault fault;

	site_init(&reading);
	if (json.left > SITE_FILE_MOST)
		return explain(why, FAULT_LIMIT, "site.json of %zu bytes", json.left);
	root = json_loadb((const char *)json.at, json.left, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return explain(
		    why, FAULT_MALFORMED, "site.json: line %d: %s", error.line, error.text);
	if ((fault = read_members(root, &reading, why)) == FAULT_NONE &&
	    (fault = site_check(&reading, why)) == FAULT_NONE)
		*site = reading;
	json_decref(root);
	return fault;
}

enum fault
site_read(const char *folder, struct site *site, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	struct content file = {0};
	enum fault fault;

	if ((fault = storage_path(path, folder, "site.json", why)) ||
	    (fault = storage_read(path, SITE_FILE_MOST, &file, why)))
		return fault;
	fault = site_parse(content_bytes(&file), site, why);
	content_free(&file);
	return fault;
}

static json_t *
site_json(const struct site *site)
{
	json_t *numbers = json_object();

	for (size_t i = 0; i < SITE_PORTS; i++)
		json_object_set_new(numbers, ports[i].name, json_integer(site->port[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:b, s:o}", "name", site->name, "address",
	    site->address, "host", site->host, "ctl", ctl_names[site->ctl], "mixed", site->mixed,
	    "edges", (int)site->edges, "aes_256_only", site->aes_256_only, "ports", numbers);
}

enum fault
site_write(const char *folder, const struct site *site, struct why *why)
{
	char path[STORAGE_PATH_MOST], *text;
	enum fault fault;
	json_t *root;

	if ((fault = site_check(site, why)) ||
	    (fault = storage_path(path, folder, "site.json", why)))
		return fault;
	root = site_json(site);
	text = json_dumps(root, JSON_INDENT(2));
	if (text == NULL)
		fault = explain(why, FAULT_SYSTEM, "no memory for site.json");
	else
		fault = storage_replace(path, bytes_text(text), 0644, why);
	free(text);
	json_decref(root);
	return fault;
}
