/* SPDX-License-Identifier: Apache-2.0 */
/* ctl/files.c - look at, verify and sign files offline: lists, signed files, certificates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/command.h"
#include "ctl/file_json.h"
#include "keys/keys.h"
#include "storage/storage.h"
#include "trust/signed_file.h"
#include "trust/trust_store.h"

/* Reads a list of either kind, by the name inside it. */
static enum fault
load_list(const char *path, struct trust_list **list, struct why *why)
{
	struct signed_header header;
	struct content file = {0};
	enum trust_list_kind kind = TRUST_ITL;
	enum fault fault;

	/* One byte more than allowed, so that the reader says "too large". */
	if ((fault = storage_read(path, TRUST_LIST_MOST + 1, &file, why)))
		return fault;
	if (signed_header_read(content_bytes(&file), &header, NULL) == FAULT_NONE &&
	    bytes_equal_text(header.filename, trust_list_filename(TRUST_CTL)))
		kind = TRUST_CTL;
	if ((fault = trust_list_read(list, kind, content_bytes(&file), why)))
		fault = explain_within(why, fault, "%.100s: ", path);
	content_free(&file);
	return fault;
}

static enum fault
list_show(struct command_call *call, json_t **result, struct why *why)
{
	struct trust_list *list = NULL;
	enum fault fault;

	if ((fault = command_options(call, NULL, 0, 1, 1, why)) ||
	    (fault = load_list(call->arguments[0], &list, why)))
		return fault;
	*result = file_list_json(list);
	trust_list_free(list);
	return FAULT_NONE;
}

/* A store in memory that believes the list that was named, and nothing else. */
static enum fault
open_store(const char *list_path, struct trust_store **store, struct why *why)
{
	struct trust_list *list = NULL;
	enum fault fault;

	if ((fault = load_list(list_path, &list, why)) ||
	    (fault = trust_store_open(store, NULL, why)))
		goto done;
	if ((fault = trust_store_accept(*store, list->kind, list->bytes, why)))
		fault = explain_within(why, fault, "%.100s: ", list_path);
done:
	trust_list_free(list);
	return fault;
}

/* Would a phone that holds this list believe that one? */
static enum fault
verify_list(struct trust_store *store, const char *path, json_t **result, struct why *why)
{
	struct trust_list *list = NULL;
	enum fault fault;

	if ((fault = load_list(path, &list, why)))
		return fault;
	if ((fault = trust_store_accept(store, list->kind, list->bytes, why)) == FAULT_NONE)
		*result = file_list_json(list);
	trust_list_free(list);
	return fault;
}

static enum fault
verify_file(struct trust_store *store, const char *path, const char *name, const char *payload,
    json_t **result, struct why *why)
{
	const char *slash = strrchr(path, '/');
	struct signed_file verified;
	struct content file = {0};
	enum fault fault;

	if (name == NULL)
		name = slash != NULL ? slash + 1 : path;
	if ((fault = storage_read(path, SIGNED_FILE_MOST, &file, why)) ||
	    (fault = trust_store_check_file(store, content_bytes(&file), name, &verified, why)))
		goto done;
	if (payload != NULL && (fault = storage_replace(payload, verified.payload, 0644, why)))
		goto done;
	*result = file_signed_json(name, &verified);
done:
	content_free(&file);
	return fault;
}

static bool
ends_in(const char *path, const char *end)
{
	return strlen(path) > strlen(end) && strcmp(path + strlen(path) - strlen(end), end) == 0;
}

static enum fault
file_verify(struct command_call *call, json_t **result, struct why *why)
{
	const char *list = NULL, *name = NULL, *payload = NULL;
	const struct command_option options[] = {
	    {"--list", &list, NULL},
	    {"--name", &name, NULL},
	    {"--payload", &payload, NULL},
	};
	struct trust_store *store = NULL;
	enum fault fault;

	if ((fault = command_options(call, options, COUNT(options), 1, 1, why)))
		return fault;
	if (list == NULL)
		return command_usage(call, why, "file verify needs --list FILE");
	if ((fault = open_store(list, &store, why)) == FAULT_NONE)
		fault = ends_in(call->arguments[0], ".tlv")
			    ? verify_list(store, call->arguments[0], result, why)
			    : verify_file(store, call->arguments[0], name, payload, result, why);
	trust_store_free(store);
	return fault;
}

/* With the site's CallManager key, in a keykeeper of our own. */
static enum fault
sign(const char *site, struct bytes payload, const char *name, struct buffer *file, struct why *why)
{
	char path[STORAGE_PATH_MOST], directory[STORAGE_PATH_MOST];
	struct keys *keys = NULL;
	EVP_PKEY *key = NULL;
	X509 *signer = NULL;
	enum fault fault;
	pid_t pid = 0;

	if ((fault = storage_path(path, site, "certificates/callmanager.pem", why)) ||
	    (fault = certificate_load(path, &signer, why)) ||
	    (fault = storage_path(directory, site, "keys", why)) ||
	    (fault = keys_start(&keys, directory, ROLE_SITE, &pid, why)))
		goto done;
	if ((fault = keys_load(keys, KEY_CALLMANAGER, &key, why)) == FAULT_NONE)
		fault = signed_file_write(
		    payload, name, signer, key, SIGNED_SHA512, clock_wall(), file, why);
	EVP_PKEY_free(key);
	keys_stop(keys, pid);
done:
	X509_free(signer);
	return fault;
}

static enum fault
sign_path(const char *site, const char *path, const char *out, const char *name, json_t **result,
    struct why *why)
{
	struct content payload = {0};
	struct buffer file;
	enum fault fault;

	buffer_init(&file, SIGNED_FILE_MOST);
	if ((fault = storage_read(path, SIGNED_FILE_MOST, &payload, why)) ||
	    (fault = sign(site, content_bytes(&payload), name, &file, why)) ||
	    (fault = storage_replace(out, buffer_bytes_of(&file), 0644, why)))
		goto done;
	*result =
	    json_pack("{s:s, s:s, s:I}", "file", out, "name", name, "bytes", (json_int_t)file.size);
done:
	buffer_finish(&file);
	content_free(&payload);
	return fault;
}

static enum fault
file_sign(struct command_call *call, json_t **result, struct why *why)
{
	const char *out = NULL, *name = NULL, *slash;
	const struct command_option options[] = {
	    {"--out", &out, NULL},
	    {"--name", &name, NULL},
	};
	char beside[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = command_options(call, options, COUNT(options), 1, 1, why)))
		return fault;
	if (call->site == NULL)
		return command_usage(call, why, "file sign needs --site DIR");
	snprintf(beside, sizeof(beside), "%s.sgn", call->arguments[0]);
	if (out == NULL)
		out = beside;
	slash = strrchr(out, '/');
	if (name == NULL)
		name = slash != NULL ? slash + 1 : out;
	return sign_path(call->site, call->arguments[0], out, name, result, why);
}

static enum fault
certificate_show(struct command_call *call, json_t **result, struct why *why)
{
	STACK_OF(X509) *several = NULL;
	enum fault fault;

	if ((fault = command_options(call, NULL, 0, 1, 1, why)) ||
	    (fault = certificate_load_all(call->arguments[0], &several, why)))
		return fault;
	*result = json_array();
	for (int i = 0; i < sk_X509_num(several); i++)
		json_array_append_new(*result, file_certificate_json(sk_X509_value(several, i)));
	certificate_stack_free(several);
	return FAULT_NONE;
}

static const struct command commands[] = {
    {"itl show", "FILE", "what a trust list (ITL or CTL) says, and whether it is whole", list_show,
	file_print_list, false},
    {"ctl show", "FILE", "the same", list_show, file_print_list, false},
    {"file verify", "FILE --list LIST [--name NAME] [--payload FILE]",
	"would a phone that holds this list believe the file (.sgn or .tlv)?", file_verify, NULL,
	false},
    {"file sign", "FILE --site DIR [--out FILE] [--name NAME]",
	"sign a file with the site's CallManager key", file_sign, NULL, false},
    {"cert show", "FILE", "the certificates of a file (PEM or DER), in words", certificate_show,
	file_print_certificates, false},
};

const struct command_table file_commands = {commands, COUNT(commands)};
