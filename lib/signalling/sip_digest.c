/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "signalling/sip_limits.h"
#include "signalling/sip_scan.h"
#include "signalling/sip_value.h"

static const struct {
	const char *name, *openssl;
	size_t size; /* bytes of the hash */
} digests[SIP_DIGESTS] = {
    [SIP_DIGEST_SHA256] = {"SHA-256", "SHA256", 32},
    [SIP_DIGEST_MD5] = {"MD5", "MD5", 16},
};

const char *
sip_digest_name(enum sip_digest digest)
{
	return digests[digest].name;
}

/* Lower-case hexadecimal of the hash of what was written; the buffer is wiped. */
static enum fault
hash(enum sip_digest digest, struct buffer *input, char text[SIP_HA1_SIZE], struct why *why)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	EVP_MD *md = EVP_MD_fetch(NULL, digests[digest].openssl, NULL);
	enum fault fault = FAULT_NONE;

	if (md == NULL || !buffer_ok(input) ||
	    EVP_Digest(input->at, input->size, bytes, NULL, md, NULL) != 1) {
		/* MD5 is not there in FIPS mode. */
		fault = explain(
		    why, FAULT_FORBIDDEN, "%s cannot be computed here", digests[digest].name);
	} else {
		for (size_t i = 0; i < digests[digest].size; i++)
			snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	}
	EVP_MD_free(md);
	explicit_bzero(bytes, sizeof(bytes));
	buffer_wipe(input);
	return fault;
}

static void
put_field(struct buffer *out, struct bytes value)
{
	if (out->size > 0)
		buffer_u8(out, ':');
	buffer_bytes(out, value);
}

enum fault
sip_digest_ha1(enum sip_digest digest, struct bytes user, struct bytes realm, struct bytes password,
    char ha1[SIP_HA1_SIZE], struct why *why)
{
	struct buffer input;

	buffer_init(&input, 3 * SIP_DIGEST_VALUE_MOST + 2);
	buffer_bytes(&input, user);
	buffer_u8(&input, ':');
	buffer_bytes(&input, realm);
	buffer_u8(&input, ':');
	buffer_bytes(&input, password);
	return hash(digest, &input, ha1, why);
}

/* KD of RFC 7616 3.4.1, with or without qop. */
static enum fault
compute(enum sip_digest digest, const char *ha1, const char *method, struct bytes uri,
    struct bytes nonce, struct bytes nc, struct bytes cnonce, bool qop, char response[SIP_HA1_SIZE],
    struct why *why)
{
	struct buffer input;
	char ha2[SIP_HA1_SIZE];
	enum fault fault;

	buffer_init(&input, 4 * SIP_URI_MOST);
	put_field(&input, bytes_text(method));
	put_field(&input, uri);
	if ((fault = hash(digest, &input, ha2, why)) != FAULT_NONE)
		return fault;
	buffer_init(&input, 4 * SIP_URI_MOST);
	put_field(&input, bytes_text(ha1));
	put_field(&input, nonce);
	if (qop) {
		put_field(&input, nc);
		put_field(&input, cnonce);
		put_field(&input, bytes_text("auth"));
	}
	put_field(&input, bytes_text(ha2));
	return hash(digest, &input, response, why);
}

/* --- name=value lists ------------------------------------------------------------------- */

/* Behind "Digest": name = token or "quoted", divided by commas. */
struct field {
	struct bytes name, value;
};

static bool
take_scheme(struct bytes *from)
{
	struct bytes left = bytes_trim(*from), scheme = sip_scan_run(&left, SIP_SCAN_TOKEN);

	if (!bytes_equal_text_nocase(scheme, "Digest"))
		return false;
	*from = left;
	return true;
}

/* False at the end; *broken when what stands there is no field. */
static bool
take_field(struct bytes *from, struct field *field, bool *broken)
{
	sip_scan_blanks(from);
	while (sip_scan_separator(from, ','))
		continue;
	if (from->left == 0)
		return false;
	*broken = true;
	field->name = sip_scan_run(from, SIP_SCAN_TOKEN);
	if (field->name.left == 0 || !sip_scan_separator(from, '='))
		return false;
	if (!sip_scan_quoted(from, &field->value)) {
		size_t count = 0;

		while (count < from->left && from->at[count] > ' ' && from->at[count] != ',' &&
		       from->at[count] != '"' && from->at[count] != '\\')
			count++;
		field->value = bytes_part(*from, 0, count);
		*from = bytes_part(*from, count, from->left);
		if (count == 0)
			return false;
	}
	if (field->value.left > SIP_DIGEST_VALUE_MOST &&
	    !bytes_equal_text_nocase(field->name, "uri"))
		return false;
	sip_scan_blanks(from);
	*broken = from->left > 0 && from->at[0] != ',';
	return !*broken;
}

static bool
digest_of(struct bytes name, enum sip_digest *digest)
{
	for (size_t i = 0; i < SIP_DIGESTS; i++)
		if (bytes_equal_text_nocase(name, digests[i].name)) {
			*digest = (enum sip_digest)i;
			return true;
		}
	return false;
}

/* Does a list of qop values ("auth,auth-int") hold auth? */
static bool
offers_auth(struct bytes list)
{
	struct bytes value;

	while (sip_list_take(&list, &value))
		if (bytes_equal_text_nocase(value, "auth"))
			return true;
	return false;
}

/* Where each field goes; a field given twice is refused. */
struct place {
	const char *name;
	struct bytes *value;
};

static enum fault
read_fields(struct bytes left, const struct place *places, size_t count, struct why *why)
{
	struct field field;
	bool broken = false;

	while (take_field(&left, &field, &broken))
		for (size_t i = 0; i < count; i++) {
			if (!bytes_equal_text_nocase(field.name, places[i].name))
				continue;
			if (places[i].value->at != NULL)
				return explain(
				    why, FAULT_MALFORMED, "digest: %s given twice", places[i].name);
			*places[i].value = field.value;
		}
	return broken ? explain(why, FAULT_MALFORMED, "digest fields are broken") : FAULT_NONE;
}

/* --- the client ------------------------------------------------------------------------- */

enum fault
sip_challenge_read(struct bytes value, struct sip_challenge *challenge, struct why *why)
{
	struct sip_challenge read = {.digest = SIP_DIGEST_MD5};
	struct bytes algorithm = {0}, qop = {0}, stale = {0};
	const struct place places[] = {
	    {"realm", &read.realm},
	    {"nonce", &read.nonce},
	    {"opaque", &read.opaque},
	    {"algorithm", &algorithm},
	    {"qop", &qop},
	    {"stale", &stale},
	};
	enum fault fault;

	if (!take_scheme(&value))
		return explain(why, FAULT_MISSING, "a challenge that is not Digest");
	if ((fault = read_fields(value, places, COUNT(places), why)) != FAULT_NONE)
		return fault;
	if (algorithm.at != NULL && !digest_of(algorithm, &read.digest))
		return explain(why, FAULT_MISSING, "a digest algorithm that is not known here");
	if (read.realm.at == NULL || read.nonce.left == 0)
		return explain(why, FAULT_MALFORMED, "digest challenge without realm or nonce");
	read.qop_auth = offers_auth(qop);
	if (qop.at != NULL && !read.qop_auth)
		return explain(why, FAULT_MISSING, "a digest that wants more than auth");
	read.stale = bytes_equal_text_nocase(stale, "true");
	*challenge = read;
	return FAULT_NONE;
}

static enum fault
give_text(struct buffer *out, char *text, size_t room, struct why *why)
{
	bool fits = buffer_ok(out) && bytes_copy_text(buffer_bytes_of(out), text, room);

	buffer_wipe(out);
	return fits ? FAULT_NONE : explain(why, FAULT_LIMIT, "digest values are too long");
}

/* ", name=\"value\"": values came quoted and go quoted, with their escapes as they were. */
static void
put_quoted(struct buffer *out, const char *name, struct bytes value)
{
	buffer_format(out, "%s%s=\"", out->size > sizeof("Digest ") - 1 ? ", " : "", name);
	buffer_bytes(out, value);
	buffer_u8(out, '"');
}

enum fault
sip_challenge_write(const struct sip_challenge *challenge, char *text, size_t room, struct why *why)
{
	struct buffer out;

	buffer_init(&out, SIP_DIGEST_TEXT_SIZE);
	buffer_text(&out, "Digest ");
	put_quoted(&out, "realm", challenge->realm);
	put_quoted(&out, "nonce", challenge->nonce);
	if (challenge->opaque.left > 0)
		put_quoted(&out, "opaque", challenge->opaque);
	buffer_format(&out, ", algorithm=%s", digests[challenge->digest].name);
	if (challenge->qop_auth)
		buffer_text(&out, ", qop=\"auth\"");
	if (challenge->stale)
		buffer_text(&out, ", stale=true");
	return give_text(&out, text, room, why);
}

enum fault
sip_digest_answer(const struct sip_challenge *challenge, const struct sip_answer *answer,
    char *text, size_t room, struct why *why)
{
	char ha1[SIP_HA1_SIZE], response[SIP_HA1_SIZE], nc[9];
	const char *cnonce = answer->cnonce != NULL ? answer->cnonce : "";
	struct buffer out;
	enum fault fault = FAULT_NONE;

	if (challenge->qop_auth && (cnonce[0] == '\0' || answer->nc == 0))
		return explain(why, FAULT_UNEXPECTED, "qop=auth needs a cnonce and a count");
	snprintf(nc, sizeof(nc), "%08x", answer->nc);
	if (answer->ha1 != NULL)
		snprintf(ha1, sizeof(ha1), "%s", answer->ha1);
	else
		fault = sip_digest_ha1(
		    challenge->digest, answer->user, challenge->realm, answer->password, ha1, why);
	if (fault == FAULT_NONE)
		fault =
		    compute(challenge->digest, ha1, answer->method, answer->uri, challenge->nonce,
			bytes_text(nc), bytes_text(cnonce), challenge->qop_auth, response, why);
	explicit_bzero(ha1, sizeof(ha1));
	if (fault != FAULT_NONE)
		return fault;
	buffer_init(&out, SIP_DIGEST_TEXT_SIZE);
	buffer_text(&out, "Digest ");
	put_quoted(&out, "username", answer->user);
	put_quoted(&out, "realm", challenge->realm);
	put_quoted(&out, "nonce", challenge->nonce);
	put_quoted(&out, "uri", answer->uri);
	put_quoted(&out, "response", bytes_text(response));
	buffer_format(&out, ", algorithm=%s", digests[challenge->digest].name);
	if (challenge->opaque.at != NULL)
		put_quoted(&out, "opaque", challenge->opaque);
	if (challenge->qop_auth)
		buffer_format(&out, ", qop=auth, nc=%s, cnonce=\"%s\"", nc, cnonce);
	return give_text(&out, text, room, why);
}

/* --- the server ------------------------------------------------------------------------- */

/* Exactly eight hexadecimal digits. */
static bool
read_count(struct bytes text, uint32_t *count)
{
	uint32_t number = 0;

	if (text.left != 8)
		return false;
	for (size_t i = 0; i < text.left; i++) {
		int digit = sip_scan_hex(text.at[i]);

		if (digit < 0)
			return false;
		number = number << 4 | (uint32_t)digit;
	}
	*count = number;
	return number > 0;
}

enum fault
sip_credentials_read(struct bytes value, struct sip_credentials *credentials, struct why *why)
{
	struct sip_credentials read = {.digest = SIP_DIGEST_MD5};
	struct bytes algorithm = {0}, qop = {0};
	const struct place places[] = {
	    {"username", &read.user},
	    {"realm", &read.realm},
	    {"nonce", &read.nonce},
	    {"uri", &read.uri},
	    {"response", &read.response},
	    {"opaque", &read.opaque},
	    {"cnonce", &read.cnonce},
	    {"nc", &read.nc_text},
	    {"algorithm", &algorithm},
	    {"qop", &qop},
	};
	enum fault fault;

	if (!take_scheme(&value))
		return explain(why, FAULT_MISSING, "credentials that are not Digest");
	if ((fault = read_fields(value, places, COUNT(places), why)) != FAULT_NONE)
		return fault;
	if (algorithm.at != NULL && !digest_of(algorithm, &read.digest))
		return explain(why, FAULT_MISSING, "a digest algorithm that is not known here");
	if (read.user.left == 0 || read.realm.at == NULL || read.nonce.left == 0 ||
	    read.uri.left == 0 || read.response.left == 0)
		return explain(why, FAULT_MALFORMED, "digest credentials are not whole");
	read.qop_auth = bytes_equal_text_nocase(qop, "auth");
	if (qop.at != NULL && !read.qop_auth)
		return explain(why, FAULT_MALFORMED, "digest: qop is not auth");
	if (read.qop_auth && (!read_count(read.nc_text, &read.nc) || read.cnonce.left == 0))
		return explain(why, FAULT_MALFORMED, "digest: qop=auth without nc or cnonce");
	*credentials = read;
	return FAULT_NONE;
}

enum fault
sip_credentials_verify(
    const struct sip_credentials *credentials, const char *method, const char *ha1, struct why *why)
{
	char expected[SIP_HA1_SIZE], said[SIP_HA1_SIZE];
	size_t size = 2 * digests[credentials->digest].size;
	enum fault fault =
	    compute(credentials->digest, ha1, method, credentials->uri, credentials->nonce,
		credentials->nc_text, credentials->cnonce, credentials->qop_auth, expected, why);

	if (fault != FAULT_NONE)
		return fault;
	fault = explain(why, FAULT_UNTRUSTED, "digest: user name or password is wrong");
	if (credentials->response.left == size) {
		for (size_t i = 0; i < size; i++)
			said[i] = (char)sip_scan_lower(credentials->response.at[i]);
		if (bytes_equal_secret(bytes_of(expected, size), bytes_of(said, size)))
			fault = FAULT_NONE;
	}
	explicit_bzero(expected, sizeof(expected));
	return fault;
}
