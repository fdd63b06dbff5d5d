/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_scan.h - the characters of SIP's grammar (RFC 3261 25.1) as classes, and the
 * few ways the parsers of this folder walk over them.
 */
#ifndef SIGNALLING_SIP_SCAN_H
#define SIGNALLING_SIP_SCAN_H

#include "base/bytes.h"

enum {
	SIP_SCAN_TOKEN = 1,     /* token */
	SIP_SCAN_USER = 2,      /* user part without '%' */
	SIP_SCAN_PASSWORD = 4,  /* password without '%' */
	SIP_SCAN_PARAMETER = 8, /* URI parameter without '%' */
	SIP_SCAN_HEADER = 16,   /* URI header, '=' and '&' too, without '%' */
	SIP_SCAN_HOST = 32,     /* host name */
	SIP_SCAN_WORD = 64,     /* word, and '@': Call-ID */
	SIP_SCAN_SCHEME = 128,  /* scheme behind its first letter */
	SIP_SCAN_VALUE = 256,   /* a parameter's value as phones write it: no blank , ; < > " \ */
	SIP_SCAN_BARE = 512,    /* what a URI without brackets may hold: no blank or ; */
	SIP_SCAN_BLANK = 1024,  /* blanks, and CR and LF as folds have them */
};

extern const uint16_t sip_scan_classes[256];

static inline bool
sip_scan_is(uint8_t c, unsigned classes)
{
	return (sip_scan_classes[c] & classes) != 0;
}

/* Takes count bytes, which must be there. */
static inline struct bytes
sip_scan_take(struct bytes *from, size_t count)
{
	struct bytes taken = {from->at, count};

	if (count > 0)
		from->at += count;
	from->left -= count;
	return taken;
}

/* Takes the longest run of characters of these classes; may be empty. */
static inline struct bytes
sip_scan_run(struct bytes *from, unsigned classes)
{
	size_t count = 0;

	while (count < from->left && sip_scan_is(from->at[count], classes))
		count++;
	return sip_scan_take(from, count);
}

/* Skips blanks, folds included. */
static inline void
sip_scan_blanks(struct bytes *from)
{
	(void)sip_scan_run(from, SIP_SCAN_BLANK);
}

/* Takes one character if it is c. */
static inline bool
sip_scan_char(struct bytes *from, char c)
{
	if (from->left == 0 || from->at[0] != (uint8_t)c)
		return false;
	(void)sip_scan_take(from, 1);
	return true;
}

/* Behind blanks, and skips the blanks behind it: SEMI, EQUAL, SLASH ... */
static inline bool
sip_scan_separator(struct bytes *from, char c)
{
	struct bytes trying = *from;

	sip_scan_blanks(&trying);
	if (!sip_scan_char(&trying, c))
		return false;
	sip_scan_blanks(&trying);
	*from = trying;
	return true;
}

/* The character c, in lower case if it is an ASCII letter. */
static inline uint8_t
sip_scan_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* Is all of it of these classes? escapes: %XX counts too. The empty view is. */
bool sip_scan_all(struct bytes view, unsigned classes, bool escapes);
/* A quoted string: *inner is what stands between the quotes. Takes nothing if it is not whole. */
bool sip_scan_quoted(struct bytes *from, struct bytes *inner);
/* 0 to 15, or -1. */
int sip_scan_hex(uint8_t c);
#endif
