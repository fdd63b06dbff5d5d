/* SPDX-License-Identifier: Apache-2.0 */
#include "phones.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "directory/directory.h"
#include "storage/storage.h"
#include "trust/certificate_make.h"

enum { LINE_FIRST = 100000, PATH_SIZE = STORAGE_PATH_MOST };

enum fault
phones_make_site(
    const char *folder, const char *programs, const char *address, unsigned base, struct why *why)
{
	char command[4 * PATH_SIZE];

	snprintf(command, sizeof(command),
	    "'%s/ringfencectl' site create '%s' --address %s --ports %u >/dev/null", programs,
	    folder, address, base);
	return system(command) == 0 ? FAULT_NONE
				    : explain(why, FAULT_SYSTEM, "no site: %s", command);
}

enum fault
phones_site_key(const char *site, const char *name, EVP_PKEY **key, struct why *why)
{
	char path[PATH_SIZE];
	FILE *file;

	snprintf(path, sizeof(path), "%s/keys/%s", site, name);
	if ((file = fopen(path, "rb")) == NULL)
		return explain_errno(why, "%s", path);
	*key = d2i_PrivateKey_fp(file, NULL);
	fclose(file);
	return *key != NULL ? FAULT_NONE
			    : explain(why, FAULT_MALFORMED, "%s holds no private key", path);
}

static enum fault
issue(struct phones *phones, const char *site, struct why *why)
{
	struct certificate_plan plan = {
	    .profile = CERTIFICATE_LSC, .subject_key = phones->key, .now = clock_wall()};
	enum fault fault = FAULT_NONE;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/certificates/capf.pem", site);
	if ((fault = certificate_load(path, &plan.issuer, why)) ||
	    (fault = phones_site_key(site, "capf", &plan.issuer_key, why)))
		goto done;
	for (size_t i = 0; i < phones->count && fault == FAULT_NONE; i++) {
		struct load_identity *identity = &phones->identities[i];

		identity->key = phones->key;
		identity->device = phones->names[i][0];
		identity->line = phones->names[i][1];
		plan.common_name = identity->device;
		fault = certificate_make(&plan, &identity->certificate, why);
	}
done:
	X509_free(plan.issuer);
	EVP_PKEY_free(plan.issuer_key);
	return fault;
}

static enum fault
fill_directory(const struct phones *phones, const char *site, struct why *why)
{
	struct directory *directory = NULL;
	char path[PATH_SIZE];
	enum fault fault;

	snprintf(path, sizeof(path), "%s/site.db", site);
	if ((fault = directory_open(&directory, path, DATABASE_WRITE, why)))
		return fault;
	for (size_t i = 0; i < phones->count && fault == FAULT_NONE; i++) {
		struct phone phone = {.profile = "encrypted", .line_count = 1};

		snprintf(phone.device, sizeof(phone.device), "%s", phones->names[i][0]);
		phone.lines[0].position = 1;
		snprintf(phone.lines[0].number, sizeof(phone.lines[0].number), "%s",
		    phones->names[i][1]);
		fault = directory_set_phone(directory, &phone, why);
	}
	directory_close(directory);
	return fault;
}

enum fault
phones_make(struct phones *phones, const char *site, size_t count, struct why *why)
{
	enum fault fault;

	*phones = (struct phones){.count = count};
	phones->identities = calloc(count, sizeof(*phones->identities));
	phones->names = calloc(count, sizeof(*phones->names));
	phones->key = EVP_RSA_gen(2048);
	if (phones->identities == NULL || phones->names == NULL || phones->key == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for %zu phones", count);
	for (size_t i = 0; i < count; i++) {
		snprintf(phones->names[i][0], 16, "SEP02%010zX", i);
		snprintf(phones->names[i][1], 16, "%zu", LINE_FIRST + i);
	}
	if ((fault = fill_directory(phones, site, why)) || (fault = issue(phones, site, why)))
		phones_finish(phones);
	return fault;
}

void
phones_finish(struct phones *phones)
{
	for (size_t i = 0; phones->identities != NULL && i < phones->count; i++)
		X509_free(phones->identities[i].certificate);
	EVP_PKEY_free(phones->key);
	free(phones->identities);
	free(phones->names);
	*phones = (struct phones){0};
}
