/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/srtp_master.h - an SRTP master key and salt: a secret with one owner, which wipes it.
 *
 * What an a=crypto line carries as "inline:" is srtp_master_bytes(): the key, then the salt
 * (RFC 4568 6.1, RFC 7714 14.1). Never logged.
 */
#ifndef MEDIA_SRTP_MASTER_H
#define MEDIA_SRTP_MASTER_H

#include "base/bytes.h"
#include "base/fault.h"
#include "policy/suite.h"

enum { SRTP_MASTER_MOST = SUITE_KEY_MOST + SUITE_SALT_MOST };

struct srtp_master {
	enum suite suite;
	uint8_t bytes[SRTP_MASTER_MOST]; /* key, then salt, as long as the suite says */
};

/* From the decoded inline value. FAULT_MALFORMED unless it has exactly the suite's size. */
enum fault srtp_master_read(enum suite suite, struct bytes key_and_salt, struct srtp_master *master,
    struct why *why) MUST_CHECK;
/* Fresh and random. FAULT_SYSTEM when the machine has no randomness. */
enum fault srtp_master_make(
    enum suite suite, struct srtp_master *master, struct why *why) MUST_CHECK;
/* Views into *master. */
struct bytes srtp_master_bytes(const struct srtp_master *master);
struct bytes srtp_master_key(const struct srtp_master *master);
struct bytes srtp_master_salt(const struct srtp_master *master);
/* Takes the same time whatever differs. */
bool srtp_master_equal(const struct srtp_master *a, const struct srtp_master *b);
void srtp_master_wipe(struct srtp_master *master);
#endif
