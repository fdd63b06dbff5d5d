/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/keys/keys.h - private keys by name, as ordinary EVP_PKEYs that sign elsewhere.
 *
 * The private half never enters this process: ringfence-keykeeper(8) holds it, and a built-in
 * OpenSSL provider asks it over a socket whenever such an EVP_PKEY signs or decrypts. So the
 * keys work with SSL_CTX_use_PrivateKey(), X509_sign(), X509_REQ_sign(), EVP_DigestSign(),
 * EVP_PKEY_sign() (RSA without a digest: type-1 padding of the bare bytes) and
 * EVP_PKEY_decrypt(); public operations (verify, compare, encode) happen here. Asking for the
 * private part fails.
 *
 * Every call blocks until the keykeeper answers. A keykeeper that dies ends a pending call
 * with FAULT_CLOSED; calls work again after keys_reopen(). Threads may share a struct keys.
 */
#ifndef KEYS_KEYS_H
#define KEYS_KEYS_H

#include <openssl/evp.h>
#include <sys/types.h>

#include "base/fault.h"
#include "keys/keeper_role.h"
#include "keys/key_kind.h"

enum {
	KEYS_NAME_MOST = 64,      /* characters of a key's name */
	KEYS_MOST = 64,           /* keys in one directory */
	KEYS_ANSWER_MS = 10000,   /* how long signing may take at most */
	KEYS_GENERATE_MS = 120000 /* RSA 4096 on a slow phone */
};

/* The names of the keys we know; lib/keys/ knows no others, see keykeeper/permission.c. */
#define KEY_CALLMANAGER    "callmanager"
#define KEY_CALLMANAGER_EC "callmanager-ec"
#define KEY_CAPF           "capf"
#define KEY_TVS            "tvs"
#define KEY_TVS_EC         "tvs-ec"
#define KEY_ITL_RECOVERY   "itl-recovery"
#define KEY_MANUFACTURING  "manufacturing"
#define KEY_MIC            "mic"
#define KEY_LSC            "lsc"
#define KEY_LSC_NEXT       "lsc-next"

/* One connection to a keykeeper. */
struct keys;

/* Owns fd, this process's end of a mailbox_pair(), also when it fails. */
enum fault keys_open(struct keys **keys, int fd, struct why *why) MUST_CHECK;
/* EVP_PKEYs that are still held stay valid for their public half; signing is refused. */
void keys_close(struct keys *keys);
/* Another socket to (another) keykeeper of the same directory, under all loaded EVP_PKEYs.
 * Owns fd. */
void keys_reopen(struct keys *keys, int fd);

/* The caller ends *key with EVP_PKEY_free(). */
enum fault keys_load(
    struct keys *keys, const char *name, EVP_PKEY **key, struct why *why) MUST_CHECK;
/* The public half alone, an EVP_PKEY that needs no keykeeper. */
enum fault keys_public(
    struct keys *keys, const char *name, EVP_PKEY **key, struct why *why) MUST_CHECK;
/* Makes the key, replacing one of that name. A weak kind needs allow_weak. Key may be NULL, else
 * it is as from keys_load(). */
enum fault keys_generate(struct keys *keys, const char *name, enum key_kind kind, bool allow_weak,
    EVP_PKEY **key, struct why *why) MUST_CHECK;
/* FAULT_MISSING if there is no such key. */
enum fault keys_remove(struct keys *keys, const char *name, struct why *why) MUST_CHECK;
/* Atomic; a key named to is replaced. EVP_PKEYs loaded under either name must be loaded again:
 * they refuse to sign once the key behind their name is another one. */
enum fault keys_rename(
    struct keys *keys, const char *from, const char *to, struct why *why) MUST_CHECK;
/* Calls back for each key this role may see, in name order. */
enum fault keys_list(struct keys *keys, void (*each)(void *arg, const char *name), void *arg,
    struct why *why) MUST_CHECK;

/*
 * Starts a keykeeper of our own for a directory (made if need be, mode 0700), with one asker of
 * that role: us. For tools and the phone. The program stands beside /proc/self/exe, or in the
 * folder RINGFENCE_PROGRAMS names (tests). *pid is the caller's to reap, by keys_stop().
 */
enum fault keys_start(struct keys **keys, const char *directory, enum keeper_role role, pid_t *pid,
    struct why *why) MUST_CHECK;
/* Where that program is; path has room for STORAGE_PATH_MOST. For those who start it themselves. */
enum fault keys_program(char path[], struct why *why) MUST_CHECK;
/* Closes keys, which ends the keykeeper, and waits for it. */
void keys_stop(struct keys *keys, pid_t pid);

/* Why the last operation inside OpenSSL (a handshake's signature, say) was refused; "" if none
 * was. Valid until the next operation. */
const char *keys_complaint(const struct keys *keys);
#endif
