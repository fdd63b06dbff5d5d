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
};

bool sip_scan_is(uint8_t c, unsigned classes);
/* Takes the longest run of characters of these classes; may be empty. */
struct bytes sip_scan_run(struct bytes *from, unsigned classes);
/* Is all of it of these classes? escapes: %XX counts too. The empty view is. */
bool sip_scan_all(struct bytes view, unsigned classes, bool escapes);
/* Skips blanks, folds included. */
void sip_scan_blanks(struct bytes *from);
/* Takes one character if it is c. */
bool sip_scan_char(struct bytes *from, char c);
/* Behind blanks, and skips the blanks behind it: SEMI, EQUAL, SLASH ... */
bool sip_scan_separator(struct bytes *from, char c);
/* A quoted string: *inner is what stands between the quotes. Takes nothing if it is not whole. */
bool sip_scan_quoted(struct bytes *from, struct bytes *inner);
/* The character c, in lower case if it is an ASCII letter. */
uint8_t sip_scan_lower(uint8_t c);
/* 0 to 15, or -1. */
int sip_scan_hex(uint8_t c);
#endif
