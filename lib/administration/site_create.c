/* SPDX-License-Identifier: Apache-2.0 */
#include "administration/site_create.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/audit.h"
#include "keys/keys.h"
#include "storage/storage.h"
#include "trust/certificate_make.h"
#include "trust/trust_publish.h"

enum { NAME_MOST = 64 /* characters of a CN (RFC 5280) */, TAG_SIZE = 4 };

/* What a certificate's name and key are made of. */
enum trait { RANDOM_NAME = 1, ELLIPTIC = 2, SHARED_KEY = 4 /* made with an earlier certificate */ };

/* Every certificate of a site. Its name: prefix, host (or four random bytes), suffix. The TFTP
 * certificate is the CallManager's key in its other office: phones find the signer of a file by
 * certificate, not by key. */
static const struct {
	const char *file, *key;
	enum certificate_profile profile;
	const char *prefix, *suffix;
	unsigned traits;
} certificates[] = {
    {"callmanager.pem", KEY_CALLMANAGER, CERTIFICATE_CALLMANAGER, "", "", 0},
    {"callmanager-ec.pem", KEY_CALLMANAGER_EC, CERTIFICATE_CALLMANAGER, "", "-EC", ELLIPTIC},
    {"tftp.pem", KEY_CALLMANAGER, CERTIFICATE_TFTP, "", "-TFTP", SHARED_KEY},
    {"capf.pem", KEY_CAPF, CERTIFICATE_CAPF, "CAPF-", "", RANDOM_NAME},
    {"tvs.pem", KEY_TVS, CERTIFICATE_TVS, "", "-TVS", 0},
    {"tvs-ec.pem", KEY_TVS_EC, CERTIFICATE_TVS, "", "-TVS-EC", ELLIPTIC},
    {"itl-recovery.pem", KEY_ITL_RECOVERY, CERTIFICATE_ITL_RECOVERY, "ITLRECOVERY_", "", 0},
};

static const struct {
	const char *name;
	mode_t mode;
} folders[] = {
    {"", 0755},
    {"keys", 0700},
    {"certificates", 0755},
    {"files", 0755},
    {"run", 0700},
};

struct making {
	const struct site_plan *plan;
	struct keys *keys;
	char certificates[STORAGE_PATH_MOST], files[STORAGE_PATH_MOST];
};

static enum fault
name_folders(struct making *making, struct why *why)
{
	enum fault fault;

	if ((fault = storage_path(making->certificates, making->plan->folder, "certificates", why)))
		return fault;
	return storage_path(making->files, making->plan->folder, "files", why);
}

static enum fault
make_folders(struct making *making, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = storage_path(path, making->plan->folder, "site.json", why)))
		return fault;
	if (storage_exists(path))
		return explain(
		    why, FAULT_UNEXPECTED, "%.150s already holds a site", making->plan->folder);
	for (size_t i = 0; i < COUNT(folders); i++)
		if ((fault = storage_path(path, making->plan->folder, folders[i].name, why)) ||
		    (fault = storage_folder(path, folders[i].mode, why)))
			return fault;
	return name_folders(making, why);
}

static enum fault
certificate_name(size_t i, const struct site *site, char name[NAME_MOST + 1], struct why *why)
{
	uint8_t tag[TAG_SIZE];
	int size;

	if (RAND_bytes(tag, sizeof(tag)) != 1)
		return explain(why, FAULT_SYSTEM, "no random bytes");
	if (certificates[i].traits & RANDOM_NAME)
		size = snprintf(name, NAME_MOST + 1, "%s%02x%02x%02x%02x%s", certificates[i].prefix,
		    tag[0], tag[1], tag[2], tag[3], certificates[i].suffix);
	else
		size = snprintf(name, NAME_MOST + 1, "%s%s%s", certificates[i].prefix, site->host,
		    certificates[i].suffix);
	if (size > NAME_MOST)
		return explain(why, FAULT_LIMIT,
		    "host \"%.100s\" is too long for a certificate's name", site->host);
	return FAULT_NONE;
}

static enum fault
make_key(const struct making *making, size_t i, EVP_PKEY **key, struct why *why)
{
	enum key_kind kind =
	    certificates[i].traits & ELLIPTIC ? making->plan->ec : making->plan->rsa;

	if (certificates[i].traits & SHARED_KEY)
		return keys_load(making->keys, certificates[i].key, key, why);
	return keys_generate(making->keys, certificates[i].key, kind, false, key, why);
}

static enum fault
make_certificate(const struct making *making, size_t i, struct why *why)
{
	const struct site *site = &making->plan->site;
	const char *const hosts[] = {
	    site->host, strcmp(site->host, site->address) != 0 ? site->address : NULL, NULL};
	char path[STORAGE_PATH_MOST], name[NAME_MOST + 1];
	struct certificate_plan plan = {.profile = certificates[i].profile,
	    .common_name = name,
	    .organization = site->name,
	    .hosts = hosts,
	    .now = making->plan->now};
	X509 *certificate = NULL;
	enum fault fault;

	if ((fault = certificate_name(i, site, name, why)) ||
	    (fault = storage_path(path, making->certificates, certificates[i].file, why)) ||
	    (fault = make_key(making, i, &plan.subject_key, why)) ||
	    (fault = certificate_make(&plan, &certificate, why)))
		goto done;
	fault = certificate_save(path, certificate, 0644, why);
done:
	EVP_PKEY_free(plan.subject_key);
	X509_free(certificate);
	return fault;
}

/* The factory's CA is believed for enrolment; what is no CA is refused now. */
static enum fault
copy_factory(const struct making *making, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	struct certificate_rules rules = {.now = making->plan->now, .purpose = CERTIFICATE_ISSUER};
	X509 *factory = NULL;
	enum fault fault;

	if (making->plan->manufacturing_ca == NULL)
		return FAULT_NONE;
	if ((fault = storage_path(path, making->certificates, "manufacturing-ca.pem", why)) ||
	    (fault = certificate_load(making->plan->manufacturing_ca, &factory, why)))
		goto done;
	if ((rules.trusted = sk_X509_new_null()) == NULL ||
	    !certificate_stack_add(rules.trusted, factory)) {
		fault = explain(why, FAULT_SYSTEM, "no memory for the factory's CA");
		goto done;
	}
	if ((fault = certificate_check(factory, &rules, why)) == FAULT_NONE)
		fault = certificate_save(path, factory, 0644, why);
done:
	certificate_stack_free(rules.trusted);
	X509_free(factory);
	return fault;
}

static enum fault
publish(const struct making *making, struct trust_published *published, struct why *why)
{
	const struct site *site = &making->plan->site;
	struct trust_publication publication = {.certificates = making->certificates,
	    .files = making->files,
	    .host = site->host,
	    .address = site->address,
	    .mixed = site->mixed,
	    .with_ctl = site->ctl == SITE_CTL_RECOVERY,
	    .now = making->plan->now};
	enum fault fault;

	if ((fault = keys_load(making->keys, KEY_ITL_RECOVERY, &publication.recovery_key, why)))
		return fault;
	fault = trust_publish(&publication, published, why);
	EVP_PKEY_free(publication.recovery_key);
	return fault;
}

static enum fault
fingerprint(const struct making *making, struct site_created *created, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	X509 *recovery = NULL;
	enum fault fault;

	if ((fault = storage_path(path, making->certificates, "itl-recovery.pem", why)) ||
	    (fault = certificate_load(path, &recovery, why)))
		return fault;
	fault = certificate_hash(recovery, "SHA256", created->fingerprint, why);
	X509_free(recovery);
	return fault;
}

/* The first lines of the site's audit: who may sign, and that mixed mode came without tokens. */
static enum fault
audit(const struct making *making, const struct site_created *created, struct why *why)
{
	const struct log_field fields[] = {
	    LOG_TEXT("site", making->plan->site.name),
	    LOG_TEXT("recovery_sha256", created->fingerprint),
	};
	struct audit_record record = {
	    .event = "site created", .fields = fields, .count = COUNT(fields)};
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = storage_path(path, making->plan->folder, "audit.log", why)) ||
	    (fault = audit_open(path, why)))
		return fault;
	record.reason =
	    making->plan->site.ctl == SITE_CTL_RECOVERY
		? "mixed mode from the start: the CTL is signed by the ITL recovery key, an "
		  "extension of ours; the guide's way is two hardware tokens (--ctl tokens)"
		: "nothing is secure before the CTL client has run with two tokens";
	audit_write(&record);
	return FAULT_NONE;
}

static enum fault
make_with_keys(struct making *making, struct site_created *created, struct why *why)
{
	struct trust_published published;
	enum fault fault;

	for (size_t i = 0; i < COUNT(certificates); i++)
		if ((fault = make_certificate(making, i, why)))
			return fault;
	if ((fault = publish(making, &published, why)))
		return fault;
	created->itl_size = published.itl_size;
	created->ctl_size = published.ctl_size;
	return FAULT_NONE;
}

enum fault
site_create(const struct site_plan *plan, struct site_created *created, struct why *why)
{
	struct making making = {.plan = plan};
	struct site_created done = {0};
	char keys[STORAGE_PATH_MOST];
	enum fault fault;
	pid_t pid = 0;

	if ((fault = site_check(&plan->site, why)) || (fault = make_folders(&making, why)) ||
	    (fault = copy_factory(&making, why)) ||
	    (fault = storage_path(keys, plan->folder, "keys", why)) ||
	    (fault = keys_start(&making.keys, keys, ROLE_SITE, &pid, why)))
		return fault;
	fault = make_with_keys(&making, &done, why);
	keys_stop(making.keys, pid);
	if (fault != FAULT_NONE || (fault = fingerprint(&making, &done, why)) ||
	    (fault = audit(&making, &done, why)) ||
	    (fault = site_write(plan->folder, &plan->site, why)))
		return fault;
	*created = done;
	return FAULT_NONE;
}

enum fault
site_publish(const char *folder, int64_t now, struct trust_published *published, struct why *why)
{
	struct site_plan plan = {.folder = folder, .now = now};
	struct making making = {.plan = &plan};
	char keys[STORAGE_PATH_MOST];
	enum fault fault;
	pid_t pid = 0;

	if ((fault = site_read(folder, &plan.site, why)) || (fault = name_folders(&making, why)) ||
	    (fault = storage_path(keys, folder, "keys", why)) ||
	    (fault = keys_start(&making.keys, keys, ROLE_SITE, &pid, why)))
		return fault;
	fault = publish(&making, published, why);
	keys_stop(making.keys, pid);
	return fault;
}
