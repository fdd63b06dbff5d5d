/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/trust/trust_publish.h - build, sign and write a site's ITLFile.tlv and CTLFile.tlv from
 * its certificates. Used when a site is made and by the running manager.
 *
 * Besides the site's own, the certificates in its folder listed/ are listed, each in the role
 * that its file name starts with: "APP-SERVER.directory.pem", "SRST.branch-7.pem".
 */
#ifndef TRUST_TRUST_PUBLISH_H
#define TRUST_TRUST_PUBLISH_H

#include "trust/trust_list.h"

struct trust_publication {
	const char *certificates; /* folder: callmanager.pem, callmanager-ec.pem, ... */
	const char *files;        /* folder the lists are written to */
	const char *host;         /* name or address of the site in the records */
	const char *address;      /* IPv4 literal, or NULL */
	EVP_PKEY *recovery_key;   /* of certificates/itl-recovery.pem: signs both */
	bool mixed;    /* the CallManager records are CCM+TFTP; else TFTP (nothing secure) */
	bool with_ctl; /* also write a CTL signed by the recovery key */
	int64_t now;
};

struct trust_published {
	size_t itl_size, itl_records;
	size_t ctl_size, ctl_records; /* 0: none written */
};

/* Both lists are built and checked before the first is written. */
enum fault trust_publish(const struct trust_publication *publication,
    struct trust_published *published, struct why *why) MUST_CHECK;
#endif
