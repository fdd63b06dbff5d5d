/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keys.h"

#include <openssl/x509.h>
#include <string.h>

#include "keys/asking.h"

/* A request that carries no more than a name (and a kind); its result is appended. */
static enum fault
ask(struct keys *keys, struct keeper_request *request, const char *name, struct buffer *result,
    struct why *why)
{
	request->name = bytes_text(name);
	if (request->name.left > KEYS_NAME_MOST)
		return explain(
		    why, FAULT_LIMIT, "a key's name of over %d characters", KEYS_NAME_MOST);
	return keys_ask(keys, request, result, why);
}

/* The EVP_PKEY for a public key the keykeeper just told. */
static enum fault
wrap(struct keys *keys, const char *name, struct bytes spki, EVP_PKEY **key, struct why *why)
{
	struct key_handle *handle = NULL;
	enum fault fault;

	if (!(fault = key_handle_new(&handle, keys, name, spki, why)))
		fault = provider_key(handle, key, why);
	key_handle_drop(handle);
	return fault;
}

enum fault
keys_load(struct keys *keys, const char *name, EVP_PKEY **key, struct why *why)
{
	struct keeper_request request = {.operation = KEEPER_PUBLIC};
	struct buffer spki;
	enum fault fault;

	buffer_init(&spki, KEEPER_RESULT_MOST);
	if (!(fault = ask(keys, &request, name, &spki, why)))
		fault = wrap(keys, name, buffer_bytes_of(&spki), key, why);
	buffer_finish(&spki);
	return fault;
}

enum fault
keys_public(struct keys *keys, const char *name, EVP_PKEY **key, struct why *why)
{
	struct keeper_request request = {.operation = KEEPER_PUBLIC};
	struct key_handle *handle = NULL;
	struct buffer spki;
	enum fault fault;

	buffer_init(&spki, KEEPER_RESULT_MOST);
	if ((fault = ask(keys, &request, name, &spki, why)) ||
	    (fault = key_handle_new(&handle, keys, name, buffer_bytes_of(&spki), why)))
		goto done;
	EVP_PKEY_up_ref(handle->public);
	*key = handle->public;
done:
	key_handle_drop(handle);
	buffer_finish(&spki);
	return fault;
}

enum fault
keys_generate(struct keys *keys, const char *name, enum key_kind kind, bool allow_weak,
    EVP_PKEY **key, struct why *why)
{
	struct keeper_request request = {
	    .operation = KEEPER_GENERATE, .kind = kind, .allow_weak = allow_weak};
	struct buffer spki;
	enum fault fault;

	buffer_init(&spki, KEEPER_RESULT_MOST);
	if (!(fault = ask(keys, &request, name, &spki, why)) && key != NULL)
		fault = wrap(keys, name, buffer_bytes_of(&spki), key, why);
	buffer_finish(&spki);
	return fault;
}

enum fault
keys_remove(struct keys *keys, const char *name, struct why *why)
{
	struct keeper_request request = {.operation = KEEPER_REMOVE};
	struct buffer nothing;

	buffer_init(&nothing, 0);
	return ask(keys, &request, name, &nothing, why);
}

enum fault
keys_rename(struct keys *keys, const char *from, const char *to, struct why *why)
{
	struct keeper_request request = {.operation = KEEPER_RENAME, .new_name = bytes_text(to)};
	struct buffer nothing;

	buffer_init(&nothing, 0);
	return ask(keys, &request, from, &nothing, why);
}

enum fault
keys_list(struct keys *keys, void (*each)(void *arg, const char *name), void *arg, struct why *why)
{
	struct keeper_request request = {.operation = KEEPER_LIST};
	struct buffer row;
	struct bytes rest, name;
	enum fault fault;

	buffer_init(&row, KEEPER_RESULT_MOST);
	if ((fault = ask(keys, &request, "", &row, why)))
		goto done;
	rest = buffer_bytes_of(&row);
	while (rest.left > 0) {
		char text[KEYS_NAME_MOST + 1];

		if (!bytes_take_sized(&rest, &name) || !bytes_copy_text(name, text, sizeof(text))) {
			fault = explain(why, FAULT_MALFORMED, "the keykeeper's list of names");
			goto done;
		}
		each(arg, text);
	}
done:
	buffer_finish(&row);
	return fault;
}
