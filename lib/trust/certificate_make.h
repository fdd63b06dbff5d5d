/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/trust/certificate_make.h - issue certificates: one profile for each thing a site, a
 * factory or an enrolment needs. Signs through any EVP_PKEY, also one whose private half
 * lives in the keykeeper.
 */
#ifndef TRUST_CERTIFICATE_MAKE_H
#define TRUST_CERTIFICATE_MAKE_H

#include "trust/certificate.h"

enum certificate_profile {
	CERTIFICATE_CALLMANAGER,   /* SIP TLS both ways; signs files */
	CERTIFICATE_TFTP,          /* signs files; HTTPS file server */
	CERTIFICATE_CAPF,          /* TLS server that issues LSCs: CA, no CA below it */
	CERTIFICATE_TVS,           /* TLS server */
	CERTIFICATE_ITL_RECOVERY,  /* signs trust lists */
	CERTIFICATE_MANUFACTURING, /* CA of the factory */
	CERTIFICATE_MIC,           /* a phone's factory identity */
	CERTIFICATE_LSC,           /* a phone's identity at this site */
	CERTIFICATE_PROFILES
};

enum { CERTIFICATE_HOSTS_MOST = 8, CERTIFICATE_BACKDATE = 3600 /* seconds, for slow clocks */ };

struct certificate_plan {
	enum certificate_profile profile;
	const char *common_name;
	/* NULL: the issuer's (LSC), or none. */
	const char *organization;
	/* Names and addresses it is valid for (subjectAltName); NULL-terminated, may be NULL. */
	const char *const *hosts;
	EVP_PKEY *subject_key; /* the public half is enough when an issuer is given */
	X509 *issuer;          /* NULL: self-signed with subject_key */
	EVP_PKEY *issuer_key;
	int64_t now;   /* Unix time */
	unsigned days; /* 0: the profile's */
};

/* The caller X509_free()s. Never outlives its issuer. */
enum fault certificate_make(
    const struct certificate_plan *plan, X509 **certificate, struct why *why) MUST_CHECK;
#endif
