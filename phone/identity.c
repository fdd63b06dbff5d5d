/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phone/identity.c - the factory's certificate and the site's: mic.pem for ever, lsc.pem when
 * the phone has enrolled. Their keys live in the keykeeper.
 *
 * An LSC is installed in three steps, each whole: lsc-next.pem is written, the key lsc-next
 * becomes lsc, lsc-next.pem becomes lsc.pem. After a power cut between the last two the
 * certificate that belongs to the key is found again.
 */
#include <stdio.h>
#include <string.h>

#include "phone/phone.h"
#include "trust/certificate.h"

static enum fault
path_of(const struct phone *phone, const char *name, char path[STORAGE_PATH_MOST], struct why *why)
{
	return storage_path(path, phone->options.state, name, why);
}

static bool
belongs(struct keys *keys, const char *name, X509 *certificate)
{
	EVP_PKEY *key = NULL;
	bool same = keys_public(keys, name, &key, NULL) == FAULT_NONE &&
		    EVP_PKEY_eq(X509_get0_pubkey(certificate), key) == 1;

	EVP_PKEY_free(key);
	return same;
}

/* NULL when there is no such file, or its certificate is not of our key. */
static X509 *
load_lsc(struct phone *phone, const char *name)
{
	char path[STORAGE_PATH_MOST];
	X509 *certificate = NULL;

	if (path_of(phone, name, path, NULL) != FAULT_NONE || !storage_exists(path) ||
	    certificate_load(path, &certificate, NULL) != FAULT_NONE)
		return NULL;
	if (belongs(phone->identity.keys, KEY_LSC, certificate))
		return certificate;
	X509_free(certificate);
	return NULL;
}

static enum fault
move_next(struct phone *phone, struct why *why)
{
	char next[STORAGE_PATH_MOST], path[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = path_of(phone, "lsc-next.pem", next, why)) != FAULT_NONE ||
	    (fault = path_of(phone, "lsc.pem", path, why)) != FAULT_NONE ||
	    (fault = certificate_save(path, phone->identity.lsc, 0600, why)) != FAULT_NONE)
		return fault;
	return storage_remove(next, why);
}

static enum fault
find_lsc(struct phone *phone, struct why *why)
{
	struct identity *identity = &phone->identity;

	identity->lsc = load_lsc(phone, "lsc.pem");
	if (identity->lsc != NULL)
		return FAULT_NONE;
	identity->lsc = load_lsc(phone, "lsc-next.pem");
	return identity->lsc != NULL ? move_next(phone, why) : FAULT_NONE;
}

enum fault
identity_open(struct phone *phone, struct why *why)
{
	struct identity *identity = &phone->identity;
	char path[STORAGE_PATH_MOST], folder[STORAGE_PATH_MOST];
	bool factory = false;
	enum fault fault;

	if ((fault = path_of(phone, "mic.pem", path, why)) != FAULT_NONE ||
	    (fault = certificate_load(path, &identity->mic, why)) != FAULT_NONE ||
	    (fault = certificate_device(identity->mic, &identity->device, &factory, why)) !=
		FAULT_NONE ||
	    (fault = path_of(phone, "keys", folder, why)) != FAULT_NONE ||
	    (fault = keys_start(&identity->keys, folder, ROLE_PHONE, &identity->keykeeper, why)) !=
		FAULT_NONE)
		return fault;
	if (!factory)
		return explain(why, FAULT_UNTRUSTED, "mic.pem is not a factory certificate");
	if (!belongs(identity->keys, KEY_MIC, identity->mic))
		return explain(
		    why, FAULT_UNTRUSTED, "mic.pem and the factory key do not belong together");
	return find_lsc(phone, why);
}

void
identity_close(struct identity *identity)
{
	X509_free(identity->mic);
	X509_free(identity->lsc);
	if (identity->keys != NULL)
		keys_stop(identity->keys, identity->keykeeper);
}

enum fault
identity_mic(struct identity *identity, EVP_PKEY **key, struct why *why)
{
	return keys_load(identity->keys, KEY_MIC, key, why);
}

enum fault
identity_current(
    struct identity *identity, X509 **certificate, EVP_PKEY **key, bool *is_lsc, struct why *why)
{
	*is_lsc = identity->lsc != NULL;
	*certificate = *is_lsc ? identity->lsc : identity->mic;
	return keys_load(identity->keys, *is_lsc ? KEY_LSC : KEY_MIC, key, why);
}

enum fault
identity_install(struct phone *phone, X509 *certificate, struct why *why)
{
	struct identity *identity = &phone->identity;
	char next[STORAGE_PATH_MOST];
	enum fault fault;

	if (!belongs(identity->keys, KEY_LSC_NEXT, certificate))
		return explain(why, FAULT_UNTRUSTED, "the certificate is not for the key we made");
	if ((fault = path_of(phone, "lsc-next.pem", next, why)) != FAULT_NONE ||
	    (fault = certificate_save(next, certificate, 0600, why)) != FAULT_NONE ||
	    (fault = keys_rename(identity->keys, KEY_LSC_NEXT, KEY_LSC, why)) != FAULT_NONE)
		return fault;
	X509_free(identity->lsc);
	X509_up_ref(certificate);
	identity->lsc = certificate;
	return move_next(phone, why);
}

enum fault
identity_remove_lsc(struct phone *phone, struct why *why)
{
	struct identity *identity = &phone->identity;
	char path[STORAGE_PATH_MOST];
	enum fault fault = keys_remove(identity->keys, KEY_LSC, why);

	if (fault != FAULT_NONE && fault != FAULT_MISSING)
		return fault;
	X509_free(identity->lsc);
	identity->lsc = NULL;
	if ((fault = path_of(phone, "lsc.pem", path, why)) != FAULT_NONE)
		return fault;
	return storage_remove(path, why);
}
