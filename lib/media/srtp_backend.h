/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/srtp_backend.h - who computes the cipher and the tag of an SRTP packet, chosen when
 * the program starts.
 *
 * Two back-ends: OpenSSL EVP (always there, all suites, FIPS), and intel-ipsec-mb (AEAD suites
 * only; where it was built in, the processor has AES instructions, and the library's self-test
 * and our own comparison with EVP pass). srtp_backend_best() takes ipsec-mb where it can; a
 * suite it does not do goes to EVP.
 */
#ifndef MEDIA_SRTP_BACKEND_H
#define MEDIA_SRTP_BACKEND_H

#include "base/fault.h"
#include "policy/suite.h"

struct srtp_backend;

/* Never NULL. */
const struct srtp_backend *srtp_backend_evp(void);
/* NULL, and why, when it cannot be used here. Checked once a process. */
const struct srtp_backend *srtp_backend_ipsec_mb(struct why *why);
const struct srtp_backend *srtp_backend_best(void);
/* "openssl", "intel-ipsec-mb" */
const char *srtp_backend_name(const struct srtp_backend *backend);
bool srtp_backend_has(const struct srtp_backend *backend, enum suite suite);
#endif
