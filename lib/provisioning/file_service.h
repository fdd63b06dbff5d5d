/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/file_service.h - which bytes stand behind a name a phone asks for, whatever
 * carries them. No sockets.
 *
 *     SEP<MAC>.cnf.xml.sgn       built from the directory, signed, kept until something changes
 *     XMLDefault.cnf.xml.sgn     the same for everyone: where the call manager is
 *     ITLFile.tlv, CTLFile.tlv   from the site's files
 *     ITLSEP<MAC>.tlv, CTL...    the same lists, for phones of this site only
 *     <name>.sgn                 <name> from the site's files, signed
 *
 * Anything else does not exist here: no file leaves unsigned, and a device that is not in the
 * directory is told nothing about itself.
 */
#ifndef PROVISIONING_FILE_SERVICE_H
#define PROVISIONING_FILE_SERVICE_H

#include <openssl/x509.h>

#include "directory/directory.h"
#include "directory/site.h"
#include "provisioning/shared_content.h"

enum {
	FILE_SERVICE_FILE_MOST = 8 * 1024 * 1024, /* bytes of a file of the site */
	FILE_SERVICE_KEPT_MOST = 16384,           /* signed files kept; past it all are dropped */
};

struct file_service;

struct file_service_plan {
	const char *files; /* folder */
	struct directory *directory;
	const struct site *site;
	X509 *signer;  /* certificate in the trust lists with role TFTP or CCM+TFTP */
	EVP_PKEY *key; /* its key, in the keykeeper */
};

/* Keeps references to the plan's things; they must live as long. */
enum fault file_service_new(struct file_service **service, const struct file_service_plan *plan,
    struct why *why) MUST_CHECK;
void file_service_free(struct file_service *service);

/*
 * *content is held for the caller. FAULT_MISSING: there is no such file; *unknown_device (may be
 * NULL) then says whether that is because the device is not known here. FAULT_FORBIDDEN: not a
 * name. now: Unix time, for the signature.
 */
enum fault file_service_find(struct file_service *service, struct bytes name, int64_t now,
    struct shared_content **content, bool *unknown_device, struct why *why) MUST_CHECK;
#endif
