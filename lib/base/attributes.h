/* SPDX-License-Identifier: Apache-2.0 */
/* lib/base/attributes.h - the compiler's help, and two small macros everyone uses. */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

#define MUST_CHECK               __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define UNUSED                   __attribute__((unused))

/* How many elements an array (not a pointer) has. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#endif
