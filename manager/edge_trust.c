/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/edge_trust.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "storage/storage.h"
#include "trust/certificate.h"

#define LSC_WORDS "LSC"
#define MIC_WORDS "MIC"

/* Who shows us to phones, and who vouches for phones. */
static const struct {
	const char *file, *key; /* key: an identity of ours */
	const char *words;      /* an issuer: what it issues */
	bool optional;
} sources[] = {
    {"certificates/callmanager.pem", KEY_CALLMANAGER, NULL, false},
    {"certificates/callmanager-ec.pem", KEY_CALLMANAGER_EC, NULL, true},
    {"certificates/capf.pem", NULL, LSC_WORDS, false},
    {"certificates/manufacturing-ca.pem", NULL, MIC_WORDS, true},
};

struct loading {
	struct edge_trust trust;
	struct tls_plan plan;
	STACK_OF(X509) * issuers;
};

static enum fault
load_identity(struct loading *loading, const char *path, const char *key_name, struct keys *keys,
    struct why *why)
{
	struct tls_identity *identity = &loading->plan.identities[loading->plan.identity_count];
	enum fault fault;

	if ((fault = certificate_load(path, &identity->certificate, why)))
		return fault;
	loading->plan.identity_count++;
	return keys_load(keys, key_name, &identity->key, why);
}

static enum fault
add_anchor(struct loading *loading, X509 *certificate, const char *words, struct why *why)
{
	struct edge_trust *trust = &loading->trust;
	struct peer_card card;

	if (trust->count == EDGE_ANCHORS_MOST)
		return explain(why, FAULT_LIMIT, "more than %d issuers of phones' certificates",
		    EDGE_ANCHORS_MOST);
	if (!certificate_stack_add(loading->issuers, certificate))
		return explain(why, FAULT_SYSTEM, "out of memory for issuers");
	peer_card_read(certificate, &card);
	snprintf(trust->words[trust->count], EDGE_ANCHOR_WORDS, "%s issued by %.60s", words,
	    card.name[0] != '\0' ? card.name : card.subject);
	X509_up_ref(certificate);
	trust->anchors[trust->count].certificate = certificate;
	trust->count++;
	return FAULT_NONE;
}

static enum fault
load_issuers(struct loading *loading, const char *path, const char *words, struct why *why)
{
	STACK_OF(X509) *read = NULL;
	enum fault fault;

	if ((fault = certificate_load_all(path, &read, why)))
		return fault;
	for (int i = 0; i < sk_X509_num(read) && fault == FAULT_NONE; i++)
		fault = add_anchor(loading, sk_X509_value(read, i), words, why);
	certificate_stack_free(read);
	return fault;
}

static enum fault
load_all(struct loading *loading, const char *folder, struct keys *keys, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	enum fault fault = FAULT_NONE;

	for (size_t i = 0; i < COUNT(sources) && fault == FAULT_NONE; i++) {
		struct stat status;

		if ((fault = storage_path(path, folder, sources[i].file, why)))
			break;
		if (sources[i].optional && stat(path, &status) != 0)
			continue;
		if (sources[i].key != NULL)
			fault = load_identity(loading, path, sources[i].key, keys, why);
		else
			fault = load_issuers(loading, path, sources[i].words, why);
	}
	return fault;
}

static void
finish_plan(struct tls_plan *plan)
{
	for (size_t i = 0; i < plan->identity_count; i++) {
		X509_free(plan->identities[i].certificate);
		EVP_PKEY_free(plan->identities[i].key);
	}
}

enum fault
edge_trust_load(struct edge_trust *trust, const char *folder, struct keys *keys,
    struct bytes ticket_keys, struct why *why)
{
	struct loading loading = {0};
	enum fault fault;

	loading.issuers = sk_X509_new_null();
	/* A third-party phone has no certificate: its absence is a fact for `call`, which refuses
	 * a secure device without one. */
	loading.plan.side = TLS_SERVER;
	loading.plan.peer_certificate = TLS_PEER_ASKED;
	loading.plan.small_records = true;
	loading.plan.purpose = "sip";
	loading.plan.aes_256_only = loading.trust.aes_256_only = trust->aes_256_only;
	loading.plan.wanted_issuers = loading.issuers;
	if (loading.issuers == NULL) {
		fault = explain(why, FAULT_SYSTEM, "out of memory for issuers");
		goto done;
	}
	if ((fault = load_all(&loading, folder, keys, why)) ||
	    (fault = tls_new(&loading.trust.tls, &loading.plan, why)) ||
	    (ticket_keys.left > 0 &&
		(fault = tls_set_ticket_keys(loading.trust.tls, ticket_keys, why))))
		goto done;
	edge_trust_finish(trust);
	*trust = loading.trust;
	for (size_t i = 0; i < trust->count; i++)
		trust->anchors[i].words = trust->words[i];
	loading.trust = (struct edge_trust){0};
done:
	edge_trust_finish(&loading.trust);
	finish_plan(&loading.plan);
	certificate_stack_free(loading.issuers);
	return fault;
}

void
edge_trust_finish(struct edge_trust *trust)
{
	for (size_t i = 0; i < trust->count; i++)
		X509_free(trust->anchors[i].certificate);
	tls_free(trust->tls);
	*trust = (struct edge_trust){0};
}

/*
 * The factory vouches for model and MAC, CAPF for a device of this site: a name of the other
 * form was made for something else (row S50).
 */
static enum fault
check_form(const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	bool by_factory = strncmp(verdict->trusted_by, MIC_WORDS " ", sizeof(MIC_WORDS)) == 0;
	bool factory = false;
	struct device_name device;
	struct peer_card card;
	enum fault fault = certificate_device(chain->certificate, &device, &factory, NULL);

	if (fault == FAULT_NONE && factory == by_factory)
		return FAULT_NONE;
	peer_card_read(chain->certificate, &card);
	verdict->rule = PEER_RULE_NAME;
	return explain(why, FAULT_UNTRUSTED, "a certificate %s names '%s', not %s",
	    verdict->trusted_by, card.name,
	    by_factory ? "model and device: CP-<model>-SEP<MAC>" : "a device: SEP<MAC>");
}

enum fault
edge_trust_approve(
    void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	enum fault fault;
	const struct edge_trust *trust = arg;
	struct peer_check check = {.anchors = trust->anchors, .count = trust->count};

	check.now = clock_wall();
	if ((fault = peer_check(chain, &check, verdict, why)))
		return fault;
	return check_form(chain, verdict, why);
}

uint64_t
edge_trust_mark(const char *folder)
{
	char path[STORAGE_PATH_MOST];
	uint64_t mark = 0;

	for (size_t i = 0; i < COUNT(sources); i++) {
		struct stat status;

		if (storage_path(path, folder, sources[i].file, NULL) != FAULT_NONE ||
		    stat(path, &status) != 0)
			continue;
		mark = mark * 31 + (uint64_t)status.st_ino;
		mark = mark * 31 + (uint64_t)status.st_mtim.tv_sec;
		mark = mark * 31 + (uint64_t)status.st_mtim.tv_nsec;
	}
	return mark;
}
