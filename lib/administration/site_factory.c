/* SPDX-License-Identifier: Apache-2.0 */
#include "administration/site_factory.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/keys.h"
#include "storage/storage.h"
#include "trust/certificate_make.h"

static const char ca_name[] = "manufacturing-ca.pem";

struct factory {
	struct keys *keys;
	pid_t pid;
	EVP_PKEY *key;
	X509 *certificate;
};

void
factory_close(struct factory *factory)
{
	if (factory == NULL)
		return;
	EVP_PKEY_free(factory->key);
	X509_free(factory->certificate);
	if (factory->keys != NULL)
		keys_stop(factory->keys, factory->pid);
	free(factory);
}

static enum fault
make_ca(struct factory *factory, const char *path, int64_t now, struct why *why)
{
	struct certificate_plan plan = {.profile = CERTIFICATE_MANUFACTURING,
	    .common_name = "Ringfence Manufacturing CA",
	    .organization = "Ringfence",
	    .now = now};
	enum fault fault;

	if ((fault = keys_generate(
		 factory->keys, KEY_MANUFACTURING, KEY_RSA_2048, false, &factory->key, why)))
		return fault;
	plan.subject_key = factory->key;
	if ((fault = certificate_make(&plan, &factory->certificate, why)))
		return fault;
	return certificate_save(path, factory->certificate, 0644, why);
}

enum fault
factory_open(struct factory **factory, const char *folder, int64_t now, struct why *why)
{
	struct factory *opening = calloc(1, sizeof(*opening));
	char path[STORAGE_PATH_MOST], keys[STORAGE_PATH_MOST];
	enum fault fault;

	if (opening == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a factory");
	if ((fault = storage_folder(folder, 0700, why)) ||
	    (fault = storage_path(path, folder, ca_name, why)) ||
	    (fault = storage_path(keys, folder, "keys", why)) ||
	    (fault = keys_start(&opening->keys, keys, ROLE_FACTORY, &opening->pid, why)))
		goto done;
	if (!storage_exists(path))
		fault = make_ca(opening, path, now, why);
	else if ((fault = certificate_load(path, &opening->certificate, why)) == FAULT_NONE)
		fault = keys_load(opening->keys, KEY_MANUFACTURING, &opening->key, why);
	if (fault != FAULT_NONE)
		goto done;
	*factory = opening;
	opening = NULL;
done:
	factory_close(opening);
	return fault;
}

static enum fault
write_identity(const char *folder, const struct device_name *device, struct why *why)
{
	char path[STORAGE_PATH_MOST], *text;
	enum fault fault;
	json_t *root;

	if ((fault = storage_path(path, folder, "identity.json", why)))
		return fault;
	root = json_pack("{s:s, s:s, s:s}", "device", device->text, "model", FACTORY_MODEL, "mac",
	    device->text + strlen("SEP"));
	text = json_dumps(root, JSON_INDENT(2));
	fault = text != NULL ? storage_replace(path, bytes_text(text), 0644, why)
			     : explain(why, FAULT_SYSTEM, "no memory for identity.json");
	free(text);
	json_decref(root);
	return fault;
}

/* The key is made in the phone's directory, by a keykeeper that ends with this call. */
static enum fault
make_mic(struct factory *factory, const struct device_name *device, const char *folder,
    enum key_kind kind, int64_t now, X509 **mic, struct why *why)
{
	char path[STORAGE_PATH_MOST], name[sizeof(FACTORY_MODEL) + DEVICE_NAME_SIZE];
	struct certificate_plan plan = {.profile = CERTIFICATE_MIC,
	    .common_name = name,
	    .organization = "Ringfence",
	    .issuer = factory->certificate,
	    .issuer_key = factory->key,
	    .now = now};
	struct keys *keys = NULL;
	enum fault fault;
	pid_t pid = 0;

	snprintf(name, sizeof(name), "%s-%s", FACTORY_MODEL, device->text);
	if ((fault = storage_path(path, folder, "keys", why)) ||
	    (fault = keys_start(&keys, path, ROLE_FACTORY, &pid, why)))
		return fault;
	if ((fault = keys_generate(keys, KEY_MIC, kind, false, &plan.subject_key, why)) ==
	    FAULT_NONE)
		fault = certificate_make(&plan, mic, why);
	EVP_PKEY_free(plan.subject_key);
	keys_stop(keys, pid);
	return fault;
}

enum fault
factory_make(struct factory *factory, const struct device_name *device, const char *out,
    enum key_kind kind, int64_t now, struct factory_phone *phone, struct why *why)
{
	char folder[STORAGE_PATH_MOST], path[STORAGE_PATH_MOST];
	struct factory_phone made = {.device = *device};
	struct certificate_facts facts;
	X509 *mic = NULL;
	enum fault fault;

	if ((fault = storage_path(folder, out, device->text, why)) ||
	    (fault = storage_path(path, folder, "mic.pem", why)))
		return fault;
	if (storage_exists(path))
		return explain(
		    why, FAULT_UNEXPECTED, "%s has its MIC already, for life", device->text);
	/* mic.pem is written last: without it the phone is not made, and can be made again. */
	if ((fault = storage_folder(folder, 0700, why)) ||
	    (fault = make_mic(factory, device, folder, kind, now, &mic, why)) ||
	    (fault = certificate_describe(mic, &facts, why)) ||
	    (fault = write_identity(folder, device, why)) ||
	    (fault = certificate_save(path, mic, 0644, why)))
		goto done;
	memcpy(made.path, folder, sizeof(made.path));
	memcpy(made.serial, facts.serial, sizeof(made.serial));
	memcpy(made.sha256, facts.sha256, sizeof(made.sha256));
	*phone = made;
done:
	X509_free(mic);
	return fault;
}
