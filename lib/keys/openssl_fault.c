/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/openssl_fault.h"

#include <openssl/err.h>

enum fault
explain_openssl(struct why *why, enum fault fault, const char *what)
{
	unsigned long error = ERR_get_error();
	const char *reason = error != 0 ? ERR_reason_error_string(error) : NULL;

	ERR_clear_error();
	return reason != NULL ? explain(why, fault, "%s: %s", what, reason)
			      : explain(why, fault, "%s", what);
}
