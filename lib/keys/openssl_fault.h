/* SPDX-License-Identifier: Apache-2.0 */
/* lib/keys/openssl_fault.h - a refusal of OpenSSL's as one of ours. */
#ifndef KEYS_OPENSSL_FAULT_H
#define KEYS_OPENSSL_FAULT_H

#include "base/fault.h"

/* "what: " and OpenSSL's oldest complaint, if it has one; its stack is empty afterwards. */
enum fault explain_openssl(struct why *why, enum fault fault, const char *what) MUST_CHECK;
#endif
