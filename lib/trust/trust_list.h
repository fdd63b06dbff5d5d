/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/trust/trust_list.h - CTLFile.tlv and ITLFile.tlv: whom a phone may believe, as what.
 *
 * Any order and spelling is read; ours is written as the field's call managers do. Names are
 * never compared as text: a signer is a SAST record with the header's serial number, and the
 * certificate inside that record.
 */
#ifndef TRUST_TRUST_LIST_H
#define TRUST_TRUST_LIST_H

#include "trust/signed_header.h"
#include "trust/trust_record.h"

enum {
	TRUST_LIST_MOST = 65536, /* bytes; a phone stores no larger */
	TRUST_LIST_RECORDS_MOST = 128,
	TRUST_LIST_SAST_MOST = 2,
	TRUST_LIST_WARN = TRUST_LIST_MOST / 5 * 4, /* the operator is told from here on */
};

enum trust_list_kind { TRUST_CTL, TRUST_ITL, TRUST_LIST_KINDS };

/* "CTL", "ITL" */
const char *trust_list_kind_name(enum trust_list_kind kind);
/* "CTLFile.tlv", "ITLFile.tlv": the name inside the file and in the store */
const char *trust_list_filename(enum trust_list_kind kind);

struct trust_list {
	enum trust_list_kind kind;
	struct bytes bytes; /* the whole file, owned by the list; everything below views into it */
	struct signed_header header;
	struct trust_record records[TRUST_LIST_RECORDS_MOST];
	size_t count;
};

/*
 * Format only. Over TRUST_LIST_MOST bytes is FAULT_LIMIT, "ITL file too large". The caller
 * trust_list_free()s.
 */
enum fault trust_list_read(struct trust_list **list, enum trust_list_kind kind, struct bytes file,
    struct why *why) MUST_CHECK;
void trust_list_free(struct trust_list *list);
/* The SAST record of its own that the header names; NULL if there is none. */
const struct trust_record *trust_list_signer(const struct trust_list *list);
/* Signed by one of its own SAST records: whole, though not yet believed. */
enum fault trust_list_verify(const struct trust_list *list, struct why *why) MUST_CHECK;

/* What the operator sees of a record that is to be written. */
struct trust_entry {
	enum trust_role role;
	X509 *certificate;
	const char *host;    /* DNS name or address literal, or NULL */
	const char *address; /* IPv4 literal, or NULL */
};

struct trust_list_plan {
	enum trust_list_kind kind;
	const struct trust_entry *entries; /* must contain the signer as TRUST_SAST */
	size_t count;
	X509 *signer;
	EVP_PKEY *key;
	enum signed_digest digest; /* 0: SHA-512 */
	int64_t now;
};

/* Too large: FAULT_LIMIT, with the size and what could be dropped. EC records set version 1.1. */
enum fault trust_list_write(
    const struct trust_list_plan *plan, struct buffer *file, struct why *why) MUST_CHECK;
#endif
