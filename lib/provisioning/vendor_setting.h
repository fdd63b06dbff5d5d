/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/vendor_setting.h - the values of <vendorConfig>: several of them count
 * upside down (webAccess 0 is enabled), so nobody but this table sees the numbers.
 */
#ifndef PROVISIONING_VENDOR_SETTING_H
#define PROVISIONING_VENDOR_SETTING_H

#include "base/bytes.h"
#include "base/fault.h"

enum vendor_setting {
	VENDOR_SETTINGS_ACCESS,
	VENDOR_WEB_ACCESS,
	VENDOR_WEB_PROTOCOL,
	VENDOR_TLS12_ONLY,
	VENDOR_WEB_ADMIN,
	VENDOR_SSH_ACCESS,
	VENDOR_PC_PORT,
	VENDOR_SPAN_TO_PC_PORT,
	VENDOR_VOICE_VLAN_ACCESS,
	VENDOR_GARP,
	VENDOR_EAP_AUTHENTICATION,
	VENDOR_FIPS_MODE, /* ours */
	VENDOR_SETTINGS
};

enum vendor_value {
	VENDOR_NOT_GIVEN,
	VENDOR_DISABLED,
	VENDOR_ENABLED,
	VENDOR_RESTRICTED,
	VENDOR_READ_ONLY,
	VENDOR_HTTP_AND_HTTPS,
	VENDOR_HTTPS_ONLY,
	VENDOR_USER_CONTROLLED,
	VENDOR_VALUES
};

enum { VENDOR_PASSWORD_SIZE = 128, VENDOR_PASSWORD_LEAST = 8 };

struct vendor_settings {
	enum vendor_value value[VENDOR_SETTINGS];
	char admin_password[VENDOR_PASSWORD_SIZE]; /* a secret; "" not given */
};

/* What a new site writes: every access that is not needed is disabled. */
void vendor_settings_default(struct vendor_settings *settings);
/* The element's name: "webAccess". */
const char *vendor_setting_element(enum vendor_setting setting);
/* "disabled", "read-only": the word used by people and commands. */
const char *vendor_value_name(enum vendor_value value);
bool vendor_value_from_name(struct bytes name, enum vendor_value *value) MUST_CHECK;
/* The number that stands on the wire for a value; FAULT_FORBIDDEN if the setting has no such. */
enum fault vendor_setting_number(enum vendor_setting setting, enum vendor_value value,
    unsigned *number, struct why *why) MUST_CHECK;
enum fault vendor_setting_value(enum vendor_setting setting, unsigned number,
    enum vendor_value *value, struct why *why) MUST_CHECK;
#endif
