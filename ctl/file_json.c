/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/file_json.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "base/clock.h"
#include "ctl/command.h"

/* Peers' bytes are not always UTF-8, and JSON must be. */
static json_t *
text_json(struct bytes text)
{
	char printable[SIGNED_NAME_MOST + 1];
	size_t size = 0;

	for (; size < text.left && size < SIGNED_NAME_MOST; size++) {
		uint8_t c = text.at[size];

		printable[size] = c >= ' ' && c <= '~' ? (char)c : '?';
	}
	return json_stringn(printable, size);
}

static json_t *
hex_json(struct bytes bytes)
{
	char text[CERTIFICATE_HASH_SIZE] = "";

	for (size_t i = 0; i < bytes.left && 2 * i + 2 < sizeof(text); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes.at[i]);
	return json_string(text);
}

static json_t *
time_json(int64_t time)
{
	char text[CLOCK_TEXT_SIZE];

	return json_string(clock_text(time, text));
}

json_t *
file_certificate_json(X509 *certificate)
{
	struct certificate_facts facts;
	struct why why;

	if (certificate_describe(certificate, &facts, &why) != FAULT_NONE)
		return json_pack("{s:s}", "error", why.text);
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:b, s:s}", "subject", facts.subject,
	    "issuer", facts.issuer, "common_name", facts.common_name, "serial", facts.serial,
	    "not_before", time_json(facts.not_before), "not_after", time_json(facts.not_after),
	    "key", facts.key_text, "authority", facts.authority, "sha256", facts.sha256);
}

static json_t *
record_json(const struct trust_record *record)
{
	json_t *object =
	    json_pack("{s:s, s:o, s:o, s:o, s:I}", "role", trust_role_name(record->role), "subject",
		text_json(record->subject), "serial", hex_json(record->serial), "host",
		text_json(record->host), "bytes", (json_int_t)record->size);

	if (record->certificate != NULL)
		json_object_set_new(
		    object, "certificate", file_certificate_json(record->certificate));
	return object;
}

static const char *
digest_name(enum signed_digest digest)
{
	switch (digest) {
	case SIGNED_SHA1:
		return "SHA-1";
	case SIGNED_SHA256:
		return "SHA-256";
	default:
		return "SHA-512";
	}
}

/* What the phone's trust list page shows: the SHA-1 of the whole file. */
static json_t *
checksum_json(struct bytes file)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (!EVP_Digest(file.at, file.left, hash, &size, EVP_sha1(), NULL))
		size = 0;
	return hex_json(bytes_of(hash, size));
}

json_t *
file_list_json(const struct trust_list *list)
{
	const struct signed_header *header = &list->header;
	struct why why = {.text = ""};
	bool whole = trust_list_verify(list, &why) == FAULT_NONE;
	json_t *records = json_array(), *object;

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(records, record_json(&list->records[i]));
	object = json_pack("{s:s, s:I, s:i, s:o, s:o, s:s, s:o, s:o, s:b, s:o}", "kind",
	    trust_list_kind_name(list->kind), "bytes", (json_int_t)list->bytes.left, "bytes_most",
	    TRUST_LIST_MOST, "signer", text_json(header->signer), "signer_serial",
	    hex_json(header->serial), "digest", digest_name(header->digest), "time",
	    time_json(header->timestamp), "sha1", checksum_json(list->bytes), "verified", whole,
	    "records", records);
	if (!whole)
		json_object_set_new(object, "error", json_string(why.text));
	return object;
}

json_t *
file_signed_json(const char *name, const struct signed_file *verified)
{
	struct certificate_facts facts;

	if (certificate_describe(verified->signer, &facts, NULL) != FAULT_NONE)
		return json_null();
	return json_pack("{s:s, s:b, s:s, s:s, s:s, s:o, s:I}", "name", name, "verified", 1,
	    "signer", facts.subject, "signer_serial", facts.serial, "digest",
	    digest_name(verified->digest), "time", time_json(verified->timestamp), "bytes",
	    (json_int_t)verified->payload.left);
}

static const char *
member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "-";
}

void
file_print_list(const json_t *list)
{
	json_t *records = json_object_get(list, "records"), *record;
	size_t i;

	printf("%s of %" JSON_INTEGER_FORMAT " bytes (at most %" JSON_INTEGER_FORMAT
	       "), SHA-1 %s\n",
	    member(list, "kind"), json_integer_value(json_object_get(list, "bytes")),
	    json_integer_value(json_object_get(list, "bytes_most")), member(list, "sha1"));
	printf("signed by %s, serial %s, %s, at %s: %s\n", member(list, "signer"),
	    member(list, "signer_serial"), member(list, "digest"), member(list, "time"),
	    json_is_true(json_object_get(list, "verified")) ? "verified" : member(list, "error"));
	json_array_foreach(records, i, record)
	{
		const json_t *certificate = json_object_get(record, "certificate");

		printf("%2zu %-10s %s\n   serial %s, %s, until %s\n", i + 1, member(record, "role"),
		    member(record, "subject"), member(record, "serial"), member(certificate, "key"),
		    member(certificate, "not_after"));
	}
}

void
file_print_certificates(const json_t *certificates)
{
	json_t *certificate;
	size_t i;

	json_array_foreach(certificates, i, certificate)
	{
		if (i > 0)
			putchar('\n');
		command_print_plain(certificate);
	}
}
