/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile.h"

#include <string.h>

enum { PLAIN = 1 << TRANSPORT_UDP | 1 << TRANSPORT_TCP, TLS_ONLY = 1 << TRANSPORT_TLS };

/* In the order of enum profile_standard: name, mode, transports, suites, third party, digest
 * demanded, digest counts. */
static const struct profile standard[PROFILE_STANDARD_COUNT] = {
    {"nonsecure", LEVEL_NONSECURE, PLAIN, 0, false, false, false},
    {"authenticated", LEVEL_AUTHENTICATED, TLS_ONLY, 0, false, false, false},
    {"encrypted", LEVEL_ENCRYPTED, TLS_ONLY, SUITES_ALL, false, false, false},
    {"third-party", LEVEL_ENCRYPTED, TLS_ONLY, SUITES_ALL, true, true, false},
    {"third-party-encrypted", LEVEL_ENCRYPTED, TLS_ONLY, SUITES_ALL, true, true, true},
};

const struct profile *
profile_standard(enum profile_standard which)
{
	return &standard[which];
}

/* What a profile must not be, each with the reason that is shown when it is saved. */
static bool
no_transport(const struct profile *p)
{
	return p->transports == 0;
}

static bool
secure_in_clear(const struct profile *p)
{
	return p->mode != LEVEL_NONSECURE && (p->transports & ~(unsigned)TLS_ONLY) != 0;
}

static bool
nonsecure_on_tls(const struct profile *p)
{
	return p->mode == LEVEL_NONSECURE && (p->transports & ~(unsigned)PLAIN) != 0;
}

static bool
encrypted_without_suite(const struct profile *p)
{
	return p->mode == LEVEL_ENCRYPTED && p->suites == 0;
}

static bool
clear_with_suite(const struct profile *p)
{
	return p->mode != LEVEL_ENCRYPTED && p->suites != 0;
}

static bool
unknown_suite(const struct profile *p)
{
	return (p->suites & ~(unsigned)SUITES_ALL) != 0;
}

static bool
third_party_in_clear(const struct profile *p)
{
	return p->third_party && p->mode == LEVEL_NONSECURE;
}

static bool
third_party_without_digest(const struct profile *p)
{
	return p->third_party && !p->digest;
}

static bool
vouched_without_third_party(const struct profile *p)
{
	return p->digest_counts && !p->third_party;
}

static const struct {
	bool (*wrong)(const struct profile *profile);
	const char *because;
} contradictions[] = {
    {no_transport, "it permits no transport"},
    {secure_in_clear, "an authenticated or encrypted profile permits only TLS"},
    {nonsecure_on_tls, "a nonsecure profile permits only TCP and UDP"},
    {unknown_suite, "it names an SRTP suite that does not exist"},
    {encrypted_without_suite, "an encrypted profile needs an SRTP suite"},
    {clear_with_suite, "only an encrypted profile has SRTP suites"},
    {third_party_in_clear, "a third-party profile needs TLS: its password is its identity"},
    {third_party_without_digest, "a third-party profile has no proof but the digest"},
    {vouched_without_third_party, "digest counts as proof only for a third-party profile"},
};

enum fault
profile_check(const struct profile *profile, struct why *why)
{
	for (size_t i = 0; i < COUNT(contradictions); i++)
		if (contradictions[i].wrong(profile))
			return explain(why, FAULT_FORBIDDEN, "profile %s: %s", profile->name,
			    contradictions[i].because);
	return FAULT_NONE;
}

bool
profile_equal(const struct profile *a, const struct profile *b)
{
	return strcmp(a->name, b->name) == 0 && a->mode == b->mode &&
	       a->transports == b->transports && a->suites == b->suites &&
	       a->third_party == b->third_party && a->digest == b->digest &&
	       a->digest_counts == b->digest_counts;
}

static const struct {
	const char *name;
	unsigned suites;
} suite_sets[] = {
    {"none", 0},
    {"all", SUITES_ALL},
    {"aead", SUITES_AEAD},
    {"aes-256", SUITES_AES_256_ONLY},
};

bool
profile_suites_from_name(struct bytes name, unsigned *suites)
{
	for (size_t i = 0; i < COUNT(suite_sets); i++)
		if (bytes_equal_text_nocase(name, suite_sets[i].name)) {
			*suites = suite_sets[i].suites;
			return true;
		}
	return false;
}

const char *
profile_suites_name(unsigned suites)
{
	for (size_t i = 0; i < COUNT(suite_sets); i++)
		if (suite_sets[i].suites == suites)
			return suite_sets[i].name;
	return "some";
}

/*
 * Who may register, read from the top: the first row whose conditions all hold decides.
 * "any" leaves a column open. What no row grants is refused.
 */
enum column { no, yes, any };

enum reason { FINE, WRONG_TRANSPORT, WRONG_NAME, NO_CERTIFICATE, NO_PROOF, NO_DIGEST };

static const char *const reasons[] = {
    [WRONG_TRANSPORT] = "its profile does not permit this transport",
    [WRONG_NAME] = "its certificate names another device",
    [NO_CERTIFICATE] = "its profile demands a certificate and it showed none",
    [NO_PROOF] = "a third-party phone proves itself by digest",
    [NO_DIGEST] = "its profile demands a digest",
};

static const struct rule {
	enum column permitted;   /* the profile permits this transport */
	enum column secure;      /* its mode is not nonsecure */
	enum column third_party; /* as in the profile */
	enum column certificate; /* shown and approved */
	enum column names;       /* and it names the device */
	enum column wanted;      /* the profile demands a digest */
	enum column digest;      /* one was verified */
	enum admission admission;
	enum reason reason;
} rules[] = {
    {no, any, any, any, any, any, any, ADMISSION_REFUSED, WRONG_TRANSPORT},
    {yes, no, any, any, any, no, any, ADMISSION_GRANTED, FINE},
    {yes, no, any, any, any, yes, yes, ADMISSION_GRANTED, FINE},
    {yes, no, any, any, any, yes, no, ADMISSION_CHALLENGE, NO_DIGEST},
    {yes, yes, yes, yes, no, any, any, ADMISSION_REFUSED, WRONG_NAME},
    {yes, yes, yes, any, any, any, yes, ADMISSION_GRANTED, FINE},
    {yes, yes, yes, any, any, any, no, ADMISSION_CHALLENGE, NO_PROOF},
    {yes, yes, no, no, any, any, any, ADMISSION_REFUSED, NO_CERTIFICATE},
    {yes, yes, no, yes, no, any, any, ADMISSION_REFUSED, WRONG_NAME},
    {yes, yes, no, yes, yes, no, any, ADMISSION_GRANTED, FINE},
    {yes, yes, no, yes, yes, yes, yes, ADMISSION_GRANTED, FINE},
    {yes, yes, no, yes, yes, yes, no, ADMISSION_CHALLENGE, NO_DIGEST},
};

static bool
meets(enum column column, bool fact)
{
	return column == any || (column == yes) == fact;
}

static bool
applies(const struct rule *rule, const struct profile *p, const struct credentials *c)
{
	return meets(rule->permitted, (p->transports & 1u << c->transport) != 0) &&
	       meets(rule->secure, p->mode != LEVEL_NONSECURE) &&
	       meets(rule->third_party, p->third_party) &&
	       meets(rule->certificate, c->certificate) &&
	       meets(rule->names, c->certificate_names) && meets(rule->wanted, p->digest) &&
	       meets(rule->digest, c->digest);
}

static const struct rule *
rule_for(const struct profile *profile, const struct credentials *credentials)
{
	static const struct rule refused = {.admission = ADMISSION_REFUSED, .reason = NO_PROOF};

	for (size_t i = 0; i < COUNT(rules); i++)
		if (applies(&rules[i], profile, credentials))
			return &rules[i];
	return &refused;
}

/* The profile, the transport, and the row's reason make the sentence. */
enum admission
profile_admit(const struct profile *profile, const struct credentials *credentials, struct why *why)
{
	const struct rule *rule = rule_for(profile, credentials);

	if (rule->admission != ADMISSION_GRANTED &&
	    explain(why, FAULT_FORBIDDEN, "profile %s over %s: %s", profile->name,
		transport_name(credentials->transport), reasons[rule->reason]) == FAULT_NONE)
		return ADMISSION_REFUSED;
	return rule->admission;
}
