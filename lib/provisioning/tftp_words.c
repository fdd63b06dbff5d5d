/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/tftp_words.h"

const char *
tftp_words(struct bytes text, char words[TFTP_WORDS_SIZE])
{
	size_t size = 0;
	uint8_t byte;

	while (size < TFTP_WORDS_SIZE - 1 && bytes_take_u8(&text, &byte))
		words[size++] = (char)(byte >= 0x20 && byte < 0x7f && byte != '"' ? byte : '?');
	words[size] = '\0';
	return words;
}
