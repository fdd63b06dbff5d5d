/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_scan.h"

/* clang-format off */
enum {
	T = SIP_SCAN_TOKEN, U = SIP_SCAN_USER, P = SIP_SCAN_PASSWORD, R = SIP_SCAN_PARAMETER,
	H = SIP_SCAN_HEADER, O = SIP_SCAN_HOST, W = SIP_SCAN_WORD, S = SIP_SCAN_SCHEME,
	V = SIP_SCAN_VALUE | SIP_SCAN_BARE, B = SIP_SCAN_BARE,
	ALNUM = T | U | P | R | H | O | W | S | V,
	MARK = U | P | R | H | V, /* the part of unreserved that is no letter or digit */
};

const uint16_t sip_scan_classes[256] = {
	[' '] = SIP_SCAN_BLANK, ['\t'] = SIP_SCAN_BLANK, ['\r'] = SIP_SCAN_BLANK,
	['\n'] = SIP_SCAN_BLANK,
	[0x01 ... 0x08] = B, [0x0b ... 0x0c] = B, [0x0e ... 0x1f] = B, [0x7f ... 0xff] = B,
	['0' ... '9'] = ALNUM, ['A' ... 'Z'] = ALNUM, ['a' ... 'z'] = ALNUM,
	['-'] = ALNUM,
	['.'] = ALNUM,
	['_'] = MARK | T | W | O,	/* not a host's by the book, but in real names */
	['!'] = MARK | T | W, ['~'] = MARK | T | W, ['*'] = MARK | T | W, ['\''] = MARK | T | W,
	['('] = MARK | W, [')'] = MARK | W,
	['&'] = U | P | R | H | V, ['='] = U | P | H | V, ['+'] = U | P | R | H | T | W | S | V,
	['$'] = U | P | R | H | V, [','] = U | P | B, [';'] = U, ['?'] = U | H | W | V,
	['/'] = U | R | H | W | V, ['['] = R | H | W | V, [']'] = R | H | W | V,
	[':'] = R | H | W | V, ['%'] = T | W | V, ['`'] = T | W | V,
	['<'] = W | B, ['>'] = W | B, ['"'] = W | B,
	['\\'] = W, ['{'] = W | V, ['}'] = W | V, ['@'] = W | V,
	['#'] = V, ['^'] = V, ['|'] = V,
};
/* clang-format on */

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
		} else if (!(sip_scan_classes[view.at[i]] & classes)) {
			return false;
		}
	}
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
