/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_scan.h"

/* clang-format off */
enum {
	T = SIP_SCAN_TOKEN, U = SIP_SCAN_USER, P = SIP_SCAN_PASSWORD, R = SIP_SCAN_PARAMETER,
	H = SIP_SCAN_HEADER, O = SIP_SCAN_HOST, W = SIP_SCAN_WORD, S = SIP_SCAN_SCHEME,
	ALNUM = T | U | P | R | H | O | W | S,
	MARK = U | P | R | H, /* the part of unreserved that is no letter or digit */
};

static const uint8_t classes_of[256] = {
	['0' ... '9'] = ALNUM, ['A' ... 'Z'] = ALNUM, ['a' ... 'z'] = ALNUM,
	['-'] = ALNUM,
	['.'] = ALNUM,
	['_'] = MARK | T | W | O,	/* not a host's by the book, but in real names */
	['!'] = MARK | T | W, ['~'] = MARK | T | W, ['*'] = MARK | T | W, ['\''] = MARK | T | W,
	['('] = MARK | W, [')'] = MARK | W,
	['&'] = U | P | R | H, ['='] = U | P | H, ['+'] = U | P | R | H | T | W | S,
	['$'] = U | P | R | H, [','] = U | P, [';'] = U, ['?'] = U | H | W, ['/'] = U | R | H | W,
	['['] = R | H | W, [']'] = R | H | W, [':'] = R | H | W,
	['%'] = T | W, ['`'] = T | W,
	['<'] = W, ['>'] = W, ['\\'] = W, ['"'] = W, ['{'] = W, ['}'] = W, ['@'] = W,
};
/* clang-format on */

bool
sip_scan_is(uint8_t c, unsigned classes)
{
	return (classes_of[c] & classes) != 0;
}

struct bytes
sip_scan_run(struct bytes *from, unsigned classes)
{
	struct bytes run = *from;
	size_t count = 0;

	while (count < from->left && classes_of[from->at[count]] & classes)
		count++;
	run.left = count;
	*from = bytes_part(*from, count, from->left);
	return run;
}

int
sip_scan_hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = sip_scan_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
sip_scan_all(struct bytes view, unsigned classes, bool escapes)
{
	for (size_t i = 0; i < view.left; i++) {
		if (escapes && view.at[i] == '%') {
			if (view.left - i < 3 || sip_scan_hex(view.at[i + 1]) < 0 ||
			    sip_scan_hex(view.at[i + 2]) < 0)
				return false;
			i += 2;
		} else if (!(classes_of[view.at[i]] & classes)) {
			return false;
		}
	}
	return true;
}

void
sip_scan_blanks(struct bytes *from)
{
	size_t count = 0;

	while (count < from->left && (from->at[count] == ' ' || from->at[count] == '\t' ||
					 from->at[count] == '\r' || from->at[count] == '\n'))
		count++;
	if (count > 0)
		*from = bytes_part(*from, count, from->left);
}

bool
sip_scan_char(struct bytes *from, char c)
{
	if (from->left == 0 || from->at[0] != (uint8_t)c)
		return false;
	*from = bytes_part(*from, 1, from->left);
	return true;
}

bool
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

bool
sip_scan_quoted(struct bytes *from, struct bytes *inner)
{
	if (from->left == 0 || from->at[0] != '"')
		return false;
	for (size_t i = 1; i < from->left; i++) {
		if (from->at[i] == '"') {
			*inner = bytes_of(from->at + 1, i - 1);
			*from = bytes_part(*from, i + 1, from->left);
			return true;
		}
		if (from->at[i] == '\\' && ++i < from->left &&
		    (from->at[i] == '\r' || from->at[i] == '\n'))
			return false;
	}
	return false;
}

uint8_t
sip_scan_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}
