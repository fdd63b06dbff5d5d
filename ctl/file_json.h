/* SPDX-License-Identifier: Apache-2.0 */
/* ctl/file_json.h - lists, signed files and certificates as JSON, and in words. */
#ifndef CTL_FILE_JSON_H
#define CTL_FILE_JSON_H

#include <jansson.h>

#include "trust/certificate.h"
#include "trust/signed_file.h"
#include "trust/trust_list.h"

/* New references. */
json_t *file_certificate_json(X509 *certificate);
json_t *file_list_json(const struct trust_list *list);
json_t *file_signed_json(const char *name, const struct signed_file *verified);

void file_print_list(const json_t *list);
void file_print_certificates(const json_t *certificates);
#endif
