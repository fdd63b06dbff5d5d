/* SPDX-License-Identifier: Apache-2.0 */
/* lib/policy/device_name.h - "SEP" and the twelve capital hex digits of the MAC address. */
#ifndef POLICY_DEVICE_NAME_H
#define POLICY_DEVICE_NAME_H

#include "base/bytes.h"
#include "base/fault.h"

enum { DEVICE_NAME_SIZE = 16, MAC_SIZE = 6 }; /* with the NUL */

struct device_name {
	char text[DEVICE_NAME_SIZE];
};

/* Strict: "SEP" + 12 of [0-9A-F]. A third-party SIP phone has no such name (directory/). */
enum fault device_name_read(
    struct bytes text, struct device_name *name, struct why *why) MUST_CHECK;
/* From a MAC as people write it: 001122AABBCC, 00:11:22:aa:bb:cc, 00-11-.., 0011.22aa.bbcc. */
enum fault device_name_from_mac(
    struct bytes mac, struct device_name *name, struct why *why) MUST_CHECK;
#endif
