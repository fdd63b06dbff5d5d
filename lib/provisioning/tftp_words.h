/* SPDX-License-Identifier: Apache-2.0 */
/* lib/provisioning/tftp_words.h - a peer's text, made fit for a sentence. */
#ifndef PROVISIONING_TFTP_WORDS_H
#define PROVISIONING_TFTP_WORDS_H

#include "base/bytes.h"

enum { TFTP_WORDS_SIZE = 80 };

/* Printable ASCII stays, the rest becomes '?'; cut to fit. Returns words. */
const char *tftp_words(struct bytes text, char words[TFTP_WORDS_SIZE]);
#endif
