/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/file_service.h"

#include <stdlib.h>
#include <string.h>

#include "policy/device_name.h"
#include "provisioning/configuration_build.h"
#include "storage/storage.h"
#include "trust/signed_file.h"

enum { BUCKETS = 4096, SIGNATURE_ROOM = 8192 };

/* A signed file, and what was signed: as long as that does not change, it is given again. */
struct kept {
	struct kept *next;
	char name[STORAGE_NAME_MOST + 1];
	struct shared_content *source, *file;
};

struct file_service {
	struct file_service_plan plan;
	struct kept *buckets[BUCKETS];
	size_t kept;
};

/* One request on its way through the table below. */
struct asking {
	struct file_service *service;
	char name[STORAGE_NAME_MOST + 1];
	struct device_name device; /* if the rule has one in its name */
	int64_t now;
	bool unknown_device;
};

static size_t
bucket_of(const char *name)
{
	uint64_t hash = 14695981039346656037U;

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * 1099511628211U;
	return (size_t)(hash % BUCKETS);
}

static void
kept_free(struct kept *kept)
{
	shared_content_release(kept->source);
	shared_content_release(kept->file);
	free(kept);
}

static void
drop_all(struct file_service *service)
{
	for (size_t i = 0; i < BUCKETS; i++)
		while (service->buckets[i] != NULL) {
			struct kept *kept = service->buckets[i];

			service->buckets[i] = kept->next;
			kept_free(kept);
		}
	service->kept = 0;
}

static struct kept *
find_kept(struct file_service *service, const char *name)
{
	struct kept *kept = service->buckets[bucket_of(name)];

	while (kept != NULL && strcmp(kept->name, name) != 0)
		kept = kept->next;
	return kept;
}

/* Puts a new signature in the place of the old one. On failure everything stays as it was. */
static enum fault
keep(struct file_service *service, const char *name, struct bytes source, struct bytes file,
    struct shared_content **content, struct why *why)
{
	struct kept *kept = find_kept(service, name);
	struct shared_content *held_source = shared_content_new(source);
	struct shared_content *held_file = shared_content_new(file);

	if (kept == NULL && service->kept >= FILE_SERVICE_KEPT_MOST)
		drop_all(service);
	if (kept == NULL && (kept = calloc(1, sizeof(*kept))) != NULL) {
		struct kept **bucket = &service->buckets[bucket_of(name)];

		memcpy(kept->name, name, strlen(name) + 1);
		kept->next = *bucket;
		*bucket = kept;
		service->kept++;
	}
	if (kept == NULL || held_source == NULL || held_file == NULL) {
		shared_content_release(held_source);
		shared_content_release(held_file);
		return explain(why, FAULT_SYSTEM, "no memory for %s", name);
	}
	shared_content_release(kept->source);
	shared_content_release(kept->file);
	kept->source = held_source;
	kept->file = held_file;
	*content = shared_content_hold(held_file);
	return FAULT_NONE;
}

/* Signs source under the name asked for, unless the same was signed before. */
static enum fault
give_signed(
    struct asking *asking, struct bytes source, struct shared_content **content, struct why *why)
{
	struct file_service *service = asking->service;
	struct kept *kept = find_kept(service, asking->name);
	struct buffer file;
	enum fault fault;

	if (kept != NULL && kept->source != NULL &&
	    bytes_equal(shared_content_bytes(kept->source), source)) {
		*content = shared_content_hold(kept->file);
		return FAULT_NONE;
	}
	buffer_init(&file, source.left + SIGNATURE_ROOM);
	fault = signed_file_write(source, asking->name, service->plan.signer, service->plan.key, 0,
	    asking->now, &file, why);
	if (fault == FAULT_NONE)
		fault = keep(service, asking->name, source, buffer_bytes_of(&file), content, why);
	buffer_finish(&file);
	return fault;
}

static enum fault
give_document(struct asking *asking, struct phone_configuration *configuration,
    struct shared_content **content, struct why *why)
{
	struct buffer document;
	enum fault fault;

	buffer_init(&document, 2 * PHONE_CONFIGURATION_MOST);
	if ((fault = configuration_write_stamped(configuration, &document, why)) == FAULT_NONE)
		fault = give_signed(asking, buffer_bytes_of(&document), content, why);
	buffer_wipe(&document);
	return fault;
}

/* The phone must be known; otherwise the name does not exist. */
static enum fault
find_phone(struct asking *asking, struct phone *phone, struct why *why)
{
	enum fault fault =
	    directory_phone(asking->service->plan.directory, asking->device.text, phone, why);

	asking->unknown_device = fault == FAULT_MISSING;
	return fault;
}

static enum fault
give_configuration(struct asking *asking, struct shared_content **content, struct why *why)
{
	struct phone_configuration *configuration;
	struct phone *phone = calloc(1, sizeof(*phone));
	struct profile profile;
	enum fault fault;

	configuration = calloc(1, sizeof(*configuration));
	if (phone == NULL || configuration == NULL) {
		fault = explain(why, FAULT_SYSTEM, "no memory for a configuration");
		goto done;
	}
	if ((fault = find_phone(asking, phone, why)) ||
	    (fault = directory_profile(
		 asking->service->plan.directory, phone->profile, &profile, why)) ||
	    (fault = configuration_build(
		 asking->service->plan.site, phone, &profile, configuration, why)) ||
	    (fault = give_document(asking, configuration, content, why)))
		goto done;
done:
	if (configuration != NULL)
		phone_configuration_wipe(configuration);
	free(configuration);
	free(phone);
	return fault;
}

static enum fault
give_default(struct asking *asking, struct shared_content **content, struct why *why)
{
	struct phone_configuration configuration;

	configuration_build_default(asking->service->plan.site, &configuration);
	return give_document(asking, &configuration, content, why);
}

static enum fault
read_file(const struct asking *asking, const char *name, struct content *file, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = storage_path(path, asking->service->plan.files, name, why)))
		return fault;
	fault = storage_read(path, FILE_SERVICE_FILE_MOST, file, why);
	if (fault == FAULT_MISSING)
		return explain(why, fault, "there is no file %s", asking->name);
	return fault;
}

static enum fault
give_as_it_is(
    const struct asking *asking, const char *name, struct shared_content **content, struct why *why)
{
	struct content file = {0};
	enum fault fault;

	if ((fault = read_file(asking, name, &file, why)) == FAULT_NONE &&
	    (*content = shared_content_new(content_bytes(&file))) == NULL)
		fault = explain(why, FAULT_SYSTEM, "no memory for %s", name);
	content_free(&file);
	return fault;
}

static enum fault
give_list(struct asking *asking, struct shared_content **content, struct why *why)
{
	return give_as_it_is(asking, asking->name, content, why);
}

/* A list under the name of one phone: its own if there is one, else everyone's. */
static enum fault
give_list_of_phone(struct asking *asking, struct shared_content **content, struct why *why)
{
	char common[] = "???File.tlv";
	struct phone *phone = calloc(1, sizeof(*phone));
	enum fault fault;

	memcpy(common, asking->name, 3);
	if (phone == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a phone");
	if ((fault = find_phone(asking, phone, why)) == FAULT_NONE &&
	    (fault = give_as_it_is(asking, asking->name, content, why)) == FAULT_MISSING)
		fault = give_as_it_is(asking, common, content, why);
	free(phone);
	return fault;
}

static enum fault
give_signed_file(struct asking *asking, struct shared_content **content, struct why *why)
{
	struct content file = {0};
	char plain[STORAGE_NAME_MOST + 1] = "";
	enum fault fault;

	memcpy(plain, asking->name, strlen(asking->name) - strlen(".sgn"));
	if ((fault = read_file(asking, plain, &file, why)) == FAULT_NONE)
		fault = give_signed(asking, content_bytes(&file), content, why);
	content_free(&file);
	return fault;
}

/* What is given under which name; the first that fits. device: SEP<MAC> stands between the two. */
static const struct rule {
	const char *start, *end;
	bool device, between; /* between: anything may stand between the two */
	enum fault (*give)(struct asking *, struct shared_content **, struct why *);
} rules[] = {
    /* clang-format off */
	{ "XMLDefault", ".cnf.xml.sgn", false, false, give_default },
	{ "",           ".cnf.xml.sgn", true,  false, give_configuration },
	{ "ITLFile",    ".tlv",         false, false, give_list },
	{ "CTLFile",    ".tlv",         false, false, give_list },
	{ "ITL",        ".tlv",         true,  false, give_list_of_phone },
	{ "CTL",        ".tlv",         true,  false, give_list_of_phone },
	{ "",           ".tlv.sgn",     false, true,  NULL },
	{ "",           ".cnf.xml.sgn", false, true,  NULL },
	{ "",           ".sgn",         false, true,  give_signed_file },
    /* clang-format on */
};

static bool
rule_fits(const struct rule *rule, struct bytes name, struct device_name *device)
{
	size_t start = strlen(rule->start), end = strlen(rule->end);
	struct bytes middle, last;

	if (name.left < start + end || !bytes_start_with(name, bytes_text(rule->start)))
		return false;
	middle = bytes_part(name, start, name.left - start - end);
	last = bytes_part(name, name.left - end, end);
	if (!bytes_equal_text(last, rule->end))
		return false;
	if (rule->device)
		return device_name_read(middle, device, NULL) == FAULT_NONE;
	return rule->between ? middle.left > 0 : middle.left == 0;
}

enum fault
file_service_find(struct file_service *service, struct bytes name, int64_t now,
    struct shared_content **content, bool *unknown_device, struct why *why)
{
	struct asking asking = {.service = service, .now = now};
	enum fault fault;

	if (unknown_device != NULL)
		*unknown_device = false;
	if (!storage_name_ok(name) || !bytes_copy_text(name, asking.name, sizeof(asking.name)))
		return explain(why, FAULT_FORBIDDEN,
		    "not the name of a file here: no folders, no leading dot");
	for (size_t i = 0; i < COUNT(rules); i++) {
		if (!rule_fits(&rules[i], name, &asking.device))
			continue;
		if (rules[i].give == NULL)
			break;
		fault = rules[i].give(&asking, content, why);
		if (unknown_device != NULL)
			*unknown_device = asking.unknown_device;
		return fault;
	}
	return explain(why, FAULT_MISSING, "there is no file %s", asking.name);
}

enum fault
file_service_new(
    struct file_service **service, const struct file_service_plan *plan, struct why *why)
{
	struct file_service *making = calloc(1, sizeof(*making));

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a file service");
	making->plan = *plan;
	*service = making;
	return FAULT_NONE;
}

void
file_service_free(struct file_service *service)
{
	if (service == NULL)
		return;
	drop_all(service);
	free(service);
}
