/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/trust_publish.h"

#include "storage/storage.h"
#include "trust/certificate.h"

/* Which certificate of a site stands in which list, as what. NONE: not at all. */
enum { NONE = -1 };

static const char recovery_name[] = "itl-recovery.pem";

static const struct {
	const char *name;
	int itl_mixed, itl_plain, ctl; /* enum trust_role */
} places[] = {
    {recovery_name, TRUST_SAST, TRUST_SAST, TRUST_SAST},
    {"callmanager.pem", TRUST_SAST, TRUST_SAST, NONE},
    {"callmanager.pem", TRUST_CCM_TFTP, TRUST_TFTP, TRUST_CCM_TFTP},
    {"callmanager-ec.pem", TRUST_CCM_TFTP, NONE, TRUST_CCM_TFTP},
    {"tftp.pem", TRUST_TFTP, TRUST_TFTP, TRUST_TFTP},
    {"capf.pem", TRUST_CAPF, TRUST_CAPF, TRUST_CAPF},
    {"tvs.pem", TRUST_TVS, TRUST_TVS, NONE},
    {"tvs-ec.pem", TRUST_TVS, TRUST_TVS, NONE},
};

/* What stands in the folder listed/. */
struct others {
	const char *folder;
	struct trust_entry entries[TRUST_LIST_RECORDS_MOST];
	size_t count;
	enum fault fault; /* of the first that could not be taken */
	struct why *why;
};

/* One list being built. */
struct draft {
	struct trust_entry entries[TRUST_LIST_RECORDS_MOST];
	size_t count;
	struct buffer file;
};

static int
place_in(size_t place, enum trust_list_kind kind, bool mixed)
{
	if (kind == TRUST_CTL)
		return places[place].ctl;
	return mixed ? places[place].itl_mixed : places[place].itl_plain;
}

/* A site need not have every certificate of the table; NULL where it has none. */
static enum fault
load_certificates(const char *folder, X509 *certificates[COUNT(places)], struct why *why)
{
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	for (size_t i = 0; i < COUNT(places); i++) {
		if ((fault = storage_path(path, folder, places[i].name, why)))
			return fault;
		fault = certificate_load(path, &certificates[i], why);
		if (fault != FAULT_NONE && (fault != FAULT_MISSING || i == 0))
			return fault;
	}
	return FAULT_NONE;
}

/* "APP-SERVER.directory.pem" is listed as APP-SERVER. Who signs lists or carries calls is decided
 * by the site, not by a file that lies in a folder. */
static enum fault
take_other(struct others *others, const char *name, struct why *why)
{
	struct trust_entry *entry = &others->entries[others->count];
	struct bytes rest = bytes_text(name), word;
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if (!bytes_take_until(&rest, '.', &word) || !trust_role_from_name(word, &entry->role) ||
	    entry->role == TRUST_SAST || entry->role == TRUST_CCM || entry->role == TRUST_CCM_TFTP)
		return explain(why, FAULT_FORBIDDEN,
		    "%.100s: its name must start with a role that may be added, as in "
		    "APP-SERVER.name.pem",
		    name);
	if (others->count + 1 == TRUST_LIST_RECORDS_MOST)
		return explain(why, FAULT_LIMIT, "more than %d certificates to be listed",
		    TRUST_LIST_RECORDS_MOST);
	if ((fault = storage_path(path, others->folder, name, why)) ||
	    (fault = certificate_load(path, &entry->certificate, why)))
		return fault;
	others->count++;
	return FAULT_NONE;
}

static void
each_other(void *arg, const char *name)
{
	struct others *others = arg;

	if (others->fault == FAULT_NONE)
		others->fault = take_other(others, name, others->why);
}

static enum fault
load_others(const char *certificates, struct others *others, struct why *why)
{
	char folder[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = storage_path(folder, certificates, "listed", why)))
		return fault;
	if (!storage_exists(folder))
		return FAULT_NONE;
	others->folder = folder;
	others->why = why;
	if ((fault = storage_each(folder, each_other, others, why)) == FAULT_NONE)
		fault = others->fault;
	others->folder = NULL;
	return fault;
}

static enum fault
choose_entries(const struct trust_publication *publication, enum trust_list_kind kind,
    X509 *const certificates[COUNT(places)], const struct others *others, struct draft *draft,
    struct why *why)
{
	for (size_t i = 0; i < COUNT(places); i++) {
		int role = place_in(i, kind, publication->mixed);

		if (role == NONE || certificates[i] == NULL)
			continue;
		draft->entries[draft->count++] = (struct trust_entry){
		    .role = (enum trust_role)role,
		    .certificate = certificates[i],
		    .host = publication->host,
		    .address = publication->address,
		};
	}
	for (size_t i = 0; i < others->count; i++) {
		/* TVS stands in the ITL only. */
		if (kind == TRUST_CTL && others->entries[i].role == TRUST_TVS)
			continue;
		if (draft->count == COUNT(draft->entries))
			return explain(why, FAULT_LIMIT, "more than %d records in the %s",
			    TRUST_LIST_RECORDS_MOST, trust_list_kind_name(kind));
		draft->entries[draft->count++] = others->entries[i];
	}
	return FAULT_NONE;
}

/* Whoever reads it will judge it so; a list that our own reader refuses is not published. */
static enum fault
check_draft(const struct draft *draft, enum trust_list_kind kind, struct why *why)
{
	struct trust_list *list = NULL;
	enum fault fault = trust_list_read(&list, kind, buffer_bytes_of(&draft->file), why);

	if (fault == FAULT_NONE)
		fault = trust_list_verify(list, why);
	trust_list_free(list);
	return fault;
}

static enum fault
build(const struct trust_publication *publication, enum trust_list_kind kind,
    X509 *const certificates[COUNT(places)], const struct others *others, struct draft *draft,
    struct why *why)
{
	struct trust_list_plan plan = {.kind = kind,
	    .entries = draft->entries,
	    .signer = certificates[0],
	    .key = publication->recovery_key,
	    .now = publication->now};
	enum fault fault;

	if ((fault = choose_entries(publication, kind, certificates, others, draft, why)))
		return fault;
	plan.count = draft->count;
	if ((fault = trust_list_write(&plan, &draft->file, why)) ||
	    (fault = check_draft(draft, kind, why)))
		return fault;
	return FAULT_NONE;
}

static enum fault
put(const struct trust_publication *publication, enum trust_list_kind kind,
    const struct draft *draft, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = storage_path(path, publication->files, trust_list_filename(kind), why)))
		return fault;
	return storage_replace(path, buffer_bytes_of(&draft->file), 0644, why);
}

enum fault
trust_publish(
    const struct trust_publication *publication, struct trust_published *published, struct why *why)
{
	X509 *certificates[COUNT(places)] = {NULL};
	struct draft itl = {.count = 0}, ctl = {.count = 0};
	struct others others = {.count = 0};
	enum fault fault;

	buffer_init(&itl.file, TRUST_LIST_MOST);
	buffer_init(&ctl.file, TRUST_LIST_MOST);
	if ((fault = load_certificates(publication->certificates, certificates, why)) ||
	    (fault = load_others(publication->certificates, &others, why)) ||
	    (fault = build(publication, TRUST_ITL, certificates, &others, &itl, why)))
		goto done;
	if (publication->with_ctl &&
	    (fault = build(publication, TRUST_CTL, certificates, &others, &ctl, why)))
		goto done;
	/* The CTL first: a phone asks for it first. */
	if (publication->with_ctl && (fault = put(publication, TRUST_CTL, &ctl, why)))
		goto done;
	if ((fault = put(publication, TRUST_ITL, &itl, why)))
		goto done;
	*published = (struct trust_published){.itl_size = itl.file.size,
	    .itl_records = itl.count,
	    .ctl_size = ctl.file.size,
	    .ctl_records = ctl.count};
done:
	for (size_t i = 0; i < COUNT(places); i++)
		X509_free(certificates[i]);
	for (size_t i = 0; i < others.count; i++)
		X509_free(others.entries[i].certificate);
	buffer_finish(&itl.file);
	buffer_finish(&ctl.file);
	return fault;
}
