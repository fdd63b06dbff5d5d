/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/peer.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static const struct {
	const char *words;
	int verify_error;
	const char *next_step[2]; /* the peer is a client, a server */
} rules[PEER_RULE_COUNT] = {
    [PEER_RULE_NONE] = {"approved", X509_V_OK, {"nothing to do", "nothing to do"}},
    [PEER_RULE_EXPIRED] = {"expired", X509_V_ERR_CERT_HAS_EXPIRED,
	{"give the phone a new certificate (capf install), and check both clocks",
	    "renew the server's certificate, and check both clocks"}},
    [PEER_RULE_NOT_YET_VALID] = {"not yet valid", X509_V_ERR_CERT_NOT_YET_VALID,
	{"check the clocks of both sides, then issue the certificate again",
	    "check the clocks of both sides, then issue the certificate again"}},
    [PEER_RULE_UNKNOWN_CA] = {"issued by nobody we trust",
	X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	{"enrol the phone with this manager's CAPF, or add its issuer to the trusted ones",
	    "compare the server's certificate with the trust lists (itl show)"}},
    [PEER_RULE_REVOKED] = {"revoked", X509_V_ERR_CERT_REVOKED,
	{"give the phone a new certificate, or remove the device",
	    "replace the server's certificate"}},
    [PEER_RULE_SIGNATURE] = {"not signed by the issuer it names", X509_V_ERR_CERT_SIGNATURE_FAILURE,
	{"treat the device as forged until its certificate was issued again",
	    "treat the server as forged until its certificate was compared"}},
    [PEER_RULE_PURPOSE] = {"not made for this use", X509_V_ERR_INVALID_PURPOSE,
	{"issue a certificate with the client purpose",
	    "issue a certificate with the server purpose"}},
    [PEER_RULE_NAME] = {"a certificate of someone else", X509_V_ERR_HOSTNAME_MISMATCH,
	{"check that the device uses its own certificate",
	    "check the address the peer was reached at, and the names in its certificate"}},
    [PEER_RULE_WEAK] = {"too weak", X509_V_ERR_EE_KEY_TOO_SMALL,
	{"issue a certificate with RSA 2048 or P-256 at least, signed with SHA-256 at least",
	    "issue a certificate with RSA 2048 or P-256 at least, signed with SHA-256 at least"}},
    /* Any error that OpenSSL's table does not name becomes certificate_unknown. */
    [PEER_RULE_OTHER] = {"refused", X509_V_ERR_PERMITTED_VIOLATION,
	{"look at the certificate (cert show)", "look at the certificate (cert show)"}},
    [PEER_RULE_ABSENT] = {"absent", X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	{"give the phone a certificate, or a profile that needs none",
	    "give the server a certificate"}},
};

const char *
peer_rule_words(enum peer_rule rule)
{
	return rules[rule].words;
}

const char *
peer_rule_next_step(enum peer_rule rule, bool peer_is_server)
{
	return rules[rule].next_step[peer_is_server];
}

int
peer_rule_verify_error(enum peer_rule rule)
{
	return rules[rule].verify_error;
}

static const struct {
	int error;
	enum peer_rule rule;
} errors[] = {
    {X509_V_OK, PEER_RULE_NONE},
    {X509_V_ERR_CERT_HAS_EXPIRED, PEER_RULE_EXPIRED},
    {X509_V_ERR_CERT_NOT_YET_VALID, PEER_RULE_NOT_YET_VALID},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, PEER_RULE_UNKNOWN_CA},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, PEER_RULE_UNKNOWN_CA},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, PEER_RULE_UNKNOWN_CA},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, PEER_RULE_UNKNOWN_CA},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, PEER_RULE_UNKNOWN_CA},
    {X509_V_ERR_CERT_UNTRUSTED, PEER_RULE_UNKNOWN_CA},
    {X509_V_ERR_CERT_REVOKED, PEER_RULE_REVOKED},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, PEER_RULE_SIGNATURE},
    {X509_V_ERR_INVALID_PURPOSE, PEER_RULE_PURPOSE},
    {X509_V_ERR_INVALID_CA, PEER_RULE_PURPOSE},
    {X509_V_ERR_HOSTNAME_MISMATCH, PEER_RULE_NAME},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, PEER_RULE_NAME},
    {X509_V_ERR_EE_KEY_TOO_SMALL, PEER_RULE_WEAK},
    {X509_V_ERR_CA_KEY_TOO_SMALL, PEER_RULE_WEAK},
    {X509_V_ERR_CA_MD_TOO_WEAK, PEER_RULE_WEAK},
};

enum peer_rule
peer_rule_of_verify_error(int error)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (errors[i].error == error)
			return errors[i].rule;
	return PEER_RULE_OTHER;
}

static void
read_name(X509_NAME *name, char *text, size_t room)
{
	BIO *memory = BIO_new(BIO_s_mem());
	int size;

	text[0] = '\0';
	if (memory == NULL)
		return;
	/* Escapes control characters, so that a subject cannot forge a line. */
	X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	size = BIO_read(memory, text, (int)room - 1);
	text[size > 0 ? size : 0] = '\0';
	BIO_free(memory);
}

static void
read_common_name(X509_NAME *name, char *text, size_t room)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	int size;

	text[0] = '\0';
	if (at < 0)
		return;
	size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	/* A name that is too long or holds a NUL is no name: better none than half a one. */
	if (size < 0 || !bytes_copy_text(bytes_of(utf8, (size_t)size), text, room))
		text[0] = '\0';
	for (char *letter = text; *letter != '\0'; letter++)
		if ((unsigned char)*letter < 0x20 || *letter == 0x7f)
			*letter = '?';
	OPENSSL_free(utf8);
}

static void
read_serial(const ASN1_INTEGER *number, char *text, size_t room)
{
	BIGNUM *serial = ASN1_INTEGER_to_BN(number, NULL);
	char *hex = serial != NULL ? BN_bn2hex(serial) : NULL;

	snprintf(text, room, "%s", hex != NULL ? hex : "");
	OPENSSL_free(hex);
	BN_free(serial);
}

static int64_t
read_time(const ASN1_TIME *time)
{
	struct tm broken;

	return ASN1_TIME_to_tm(time, &broken) == 1 ? (int64_t)timegm(&broken) : 0;
}

void
peer_card_read(X509 *certificate, struct peer_card *card)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	read_common_name(subject, card->name, sizeof(card->name));
	read_name(subject, card->subject, sizeof(card->subject));
	read_name(X509_get_issuer_name(certificate), card->issuer, sizeof(card->issuer));
	read_serial(X509_get0_serialNumber(certificate), card->serial, sizeof(card->serial));
	card->not_before = read_time(X509_get0_notBefore(certificate));
	card->not_after = read_time(X509_get0_notAfter(certificate));
}

const char *
peer_card_text(const struct peer_card *card, char *text, size_t room)
{
	char from[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];

	snprintf(text, room, "subject '%s', issuer '%s', serial %s, valid %s to %s", card->subject,
	    card->issuer, card->serial, clock_text(card->not_before, from),
	    clock_text(card->not_after, until));
	return text;
}
