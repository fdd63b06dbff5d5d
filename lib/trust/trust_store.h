/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/trust/trust_store.h - what a phone believes: its stored CTL and ITL together.
 *
 * It keeps at most TRUST_STORE_LISTS_MOST lists, one of each kind; a new one that is
 * believed replaces the old one of its kind, on disk first, whole or not at all.
 *
 * When is a new list believed? It must be whole and signed by one of its own SAST records,
 * and, unless the store is empty (first trust), its signer must be
 *   - for an ITL while there is a CTL but no ITL: a SAST of the CTL;
 *   - otherwise: a SAST of the stored CTL or ITL, or one that TVS vouches for.
 * The certificates of lists are believed by being listed; their dates are judged where they
 * are used as TLS peers.
 */
#ifndef TRUST_TRUST_STORE_H
#define TRUST_TRUST_STORE_H

#include "trust/certificate.h"
#include "trust/signed_file.h"
#include "trust/trust_list.h"

enum { TRUST_STORE_LISTS_MOST = TRUST_LIST_KINDS };

struct trust_store;

/*
 * folder holds CTLFile.tlv and ITLFile.tlv (NULL: nothing is kept on disk). A stored list
 * that no longer verifies is not believed: *store is then still made without it, and
 * trust_store_complaint() says so. With nothing but damaged lists no list is trusted first:
 * both must be forgotten (factory reset) before one is.
 */
enum fault trust_store_open(
    struct trust_store **store, const char *folder, struct why *why) MUST_CHECK;
void trust_store_free(struct trust_store *store);
/* What was wrong with the stored lists when opened, or NULL. */
const char *trust_store_complaint(const struct trust_store *store);

/* May this unknown signer sign lists? FAULT_NONE vouches. Asked only about roles but TVS, SRST. */
typedef enum fault trust_vouch_handler(
    void *arg, X509 *certificate, enum trust_role role, struct why *why);
void trust_store_on_unknown(struct trust_store *store, trust_vouch_handler *vouch, void *arg);

/* Believes the list (rule above) and stores it, or changes nothing and says who signed it and
 * who was expected. The same bytes again are no fault. */
enum fault trust_store_accept(struct trust_store *store, enum trust_list_kind kind,
    struct bytes file, struct why *why) MUST_CHECK;
enum fault trust_store_accept_ctl(
    struct trust_store *store, struct bytes file, struct why *why) MUST_CHECK;
enum fault trust_store_accept_itl(
    struct trust_store *store, struct bytes file, struct why *why) MUST_CHECK;
/* Forgets one list, or (factory reset) both; also on disk. */
enum fault trust_store_forget(
    struct trust_store *store, enum trust_list_kind kind, struct why *why) MUST_CHECK;

/* NULL when there is none. Valid until the next accept or forget. */
const struct trust_list *trust_store_list(
    const struct trust_store *store, enum trust_list_kind kind);
bool trust_store_empty(const struct trust_store *store);
/* Does any list hold a certificate with one of these roles (TRUST_ROLE_SET)? */
bool trust_store_has(const struct trust_store *store, uint32_t roles);

/* The listed certificate with one of the roles, by issuer and serial number, or by being the
 * same; NULL when there is none. Owned by the store. */
X509 *trust_store_find(const struct trust_store *store, uint32_t roles, const X509_NAME *issuer,
    const ASN1_INTEGER *serial);
bool trust_store_knows(const struct trust_store *store, uint32_t roles, const X509 *certificate);
/* All certificates with one of the roles; certificate_stack_free() it. */
enum fault trust_store_collect(const struct trust_store *store, uint32_t roles,
    STACK_OF(X509) * *certificates, struct why *why) MUST_CHECK;

/* A TLS peer: listed with one of the roles, and valid now. The sentence says what was expected. */
enum fault trust_store_check_peer(const struct trust_store *store, X509 *peer, uint32_t roles,
    int64_t now, struct why *why) MUST_CHECK;
/* A .sgn file by a listed file signer (TRUST_SIGNS_FILES); see signed_file_verify(). */
enum fault trust_store_check_file(const struct trust_store *store, struct bytes file,
    const char *name, struct signed_file *verified, struct why *why) MUST_CHECK;
#endif
