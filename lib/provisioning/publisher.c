/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/publisher.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "storage/storage.h"

struct newest {
	char folder[STORAGE_PATH_MOST];
	struct timespec when;
};

static bool
later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

static void
look_at(void *arg, const char *name)
{
	struct newest *newest = arg;
	char path[STORAGE_PATH_MOST];
	struct stat facts;

	if (storage_path(path, newest->folder, name, NULL) == FAULT_NONE &&
	    stat(path, &facts) == 0 && later(&facts.st_mtim, &newest->when))
		newest->when = facts.st_mtim;
}

/* A list that is missing, or older than newest. */
static bool
is_old(const char *files, enum trust_list_kind kind, const struct newest *newest)
{
	char path[STORAGE_PATH_MOST];
	struct stat facts;

	return storage_path(path, files, trust_list_filename(kind), NULL) != FAULT_NONE ||
	       stat(path, &facts) != 0 || later(&newest->when, &facts.st_mtim);
}

enum fault
publisher_due(const char *folder, const struct site *site, bool *due, struct why *why)
{
	struct newest newest = {.when = {0, 0}};
	char files[STORAGE_PATH_MOST];
	enum fault fault;

	(void)snprintf(newest.folder, sizeof(newest.folder), "%s", folder);
	look_at(&newest, "site.json");
	if ((fault = storage_path(files, folder, "files", why)) ||
	    (fault = storage_path(newest.folder, folder, "certificates", why)) ||
	    (fault = storage_each(newest.folder, look_at, &newest, why)))
		return fault;
	*due = is_old(files, TRUST_ITL, &newest) ||
	       (site->ctl == SITE_CTL_RECOVERY && is_old(files, TRUST_CTL, &newest));
	return FAULT_NONE;
}

enum fault
publisher_publish(const char *folder, const struct site *site, EVP_PKEY *recovery_key, int64_t now,
    struct trust_published *published, struct why *why)
{
	char certificates[STORAGE_PATH_MOST], files[STORAGE_PATH_MOST];
	struct in_addr ignored;
	struct trust_publication publication = {
	    .certificates = certificates,
	    .files = files,
	    .host = site->host,
	    .address = inet_pton(AF_INET, site->address, &ignored) == 1 ? site->address : NULL,
	    .recovery_key = recovery_key,
	    .mixed = site->mixed,
	    .with_ctl = site->ctl == SITE_CTL_RECOVERY,
	    .now = now,
	};
	enum fault fault;

	if ((fault = storage_path(certificates, folder, "certificates", why)) ||
	    (fault = storage_path(files, folder, "files", why)))
		return fault;
	return trust_publish(&publication, published, why);
}
