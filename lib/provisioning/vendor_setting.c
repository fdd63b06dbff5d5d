/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/vendor_setting.h"

#include <string.h>

enum { NUMBERS_MOST = 3 };

/*
 * Which value each number stands for, drawn as the phone reads it: column 0, 1, 2. voiceVlanAccess
 * and garp count like pcPort; public sources differ there, real files agree with this reading.
 */
static const struct {
	const char *element;
	enum vendor_value value[NUMBERS_MOST];
} settings_table[VENDOR_SETTINGS] = {
    /* clang-format off */
	[VENDOR_SETTINGS_ACCESS] =    { "settingsAccess",    { VENDOR_DISABLED, VENDOR_ENABLED, VENDOR_RESTRICTED } },
	[VENDOR_WEB_ACCESS] =         { "webAccess",         { VENDOR_ENABLED, VENDOR_DISABLED, VENDOR_READ_ONLY } },
	[VENDOR_WEB_PROTOCOL] =       { "webProtocol",       { VENDOR_HTTP_AND_HTTPS, VENDOR_HTTPS_ONLY } },
	[VENDOR_TLS12_ONLY] =         { "tls12Only",         { VENDOR_DISABLED, VENDOR_ENABLED } },
	[VENDOR_WEB_ADMIN] =          { "webAdmin",          { VENDOR_DISABLED, VENDOR_ENABLED } },
	[VENDOR_SSH_ACCESS] =         { "sshAccess",         { VENDOR_ENABLED, VENDOR_DISABLED } },
	[VENDOR_PC_PORT] =            { "pcPort",            { VENDOR_ENABLED, VENDOR_DISABLED } },
	[VENDOR_SPAN_TO_PC_PORT] =    { "spanToPCPort",      { VENDOR_ENABLED, VENDOR_DISABLED } },
	[VENDOR_VOICE_VLAN_ACCESS] =  { "voiceVlanAccess",   { VENDOR_ENABLED, VENDOR_DISABLED } },
	[VENDOR_GARP] =               { "garp",              { VENDOR_ENABLED, VENDOR_DISABLED } },
	[VENDOR_EAP_AUTHENTICATION] = { "eapAuthentication", { VENDOR_USER_CONTROLLED, VENDOR_DISABLED, VENDOR_ENABLED } },
	[VENDOR_FIPS_MODE] =          { "fipsMode",          { VENDOR_DISABLED, VENDOR_ENABLED } },
    /* clang-format on */
};

static const char *const value_names[VENDOR_VALUES] = {
    [VENDOR_NOT_GIVEN] = "not given",
    [VENDOR_DISABLED] = "disabled",
    [VENDOR_ENABLED] = "enabled",
    [VENDOR_RESTRICTED] = "restricted",
    [VENDOR_READ_ONLY] = "read-only",
    [VENDOR_HTTP_AND_HTTPS] = "http-and-https",
    [VENDOR_HTTPS_ONLY] = "https-only",
    [VENDOR_USER_CONTROLLED] = "user-controlled",
};

void
vendor_settings_default(struct vendor_settings *settings)
{
	*settings = (struct vendor_settings){
	    .value =
		{
		    [VENDOR_SETTINGS_ACCESS] = VENDOR_ENABLED,
		    [VENDOR_WEB_ACCESS] = VENDOR_DISABLED,
		    [VENDOR_WEB_PROTOCOL] = VENDOR_HTTPS_ONLY,
		    [VENDOR_TLS12_ONLY] = VENDOR_ENABLED,
		    [VENDOR_WEB_ADMIN] = VENDOR_DISABLED,
		    [VENDOR_SSH_ACCESS] = VENDOR_DISABLED,
		    [VENDOR_PC_PORT] = VENDOR_DISABLED,
		    [VENDOR_SPAN_TO_PC_PORT] = VENDOR_DISABLED,
		    [VENDOR_VOICE_VLAN_ACCESS] = VENDOR_DISABLED,
		    [VENDOR_GARP] = VENDOR_DISABLED,
		    [VENDOR_EAP_AUTHENTICATION] = VENDOR_USER_CONTROLLED,
		},
	};
}

const char *
vendor_setting_element(enum vendor_setting setting)
{
	return settings_table[setting].element;
}

const char *
vendor_value_name(enum vendor_value value)
{
	return value_names[value];
}

bool
vendor_value_from_name(struct bytes name, enum vendor_value *value)
{
	for (enum vendor_value i = VENDOR_DISABLED; i < VENDOR_VALUES; i++)
		if (bytes_equal_text(name, value_names[i])) {
			*value = i;
			return true;
		}
	return false;
}

enum fault
vendor_setting_number(
    enum vendor_setting setting, enum vendor_value value, unsigned *number, struct why *why)
{
	for (unsigned i = 0; value != VENDOR_NOT_GIVEN && i < NUMBERS_MOST; i++)
		if (settings_table[setting].value[i] == value) {
			*number = i;
			return FAULT_NONE;
		}
	return explain(why, FAULT_FORBIDDEN, "%s cannot be %s", settings_table[setting].element,
	    value_names[value]);
}

enum fault
vendor_setting_value(
    enum vendor_setting setting, unsigned number, enum vendor_value *value, struct why *why)
{
	if (number >= NUMBERS_MOST || settings_table[setting].value[number] == VENDOR_NOT_GIVEN)
		return explain(why, FAULT_MALFORMED, "%s of %u has no meaning",
		    settings_table[setting].element, number);
	*value = settings_table[setting].value[number];
	return FAULT_NONE;
}
