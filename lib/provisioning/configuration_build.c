/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/configuration_build.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { STAMP_BYTES = 8 /* of the digest; enough to see a change */ };

_Static_assert((int)WISH_BY_NULL_STRING == (int)CAPF_AUTH_NULL_STRING &&
		   (int)WISH_BY_STRING == (int)CAPF_AUTH_STRING &&
		   (int)WISH_BY_LSC == (int)CAPF_AUTH_LSC_FIRST &&
		   (int)WISH_BY_MIC == (int)CAPF_AUTH_MIC_FIRST,
    "a wish is written as it is numbered");

static uint32_t
security_mode(enum level mode)
{
	static const uint32_t modes[LEVEL_COUNT] = {
	    [LEVEL_NONSECURE] = DEVICE_SECURITY_NONSECURE,
	    [LEVEL_AUTHENTICATED] = DEVICE_SECURITY_AUTHENTICATED,
	    [LEVEL_ENCRYPTED] = DEVICE_SECURITY_ENCRYPTED,
	};

	return modes[mode];
}

static uint32_t
transport(unsigned transports)
{
	bool tcp = (transports & 1U << TRANSPORT_TCP) != 0;
	bool udp = (transports & 1U << TRANSPORT_UDP) != 0;

	if (tcp && udp)
		return DEVICE_TRANSPORT_TCP_AND_UDP;
	return udp ? DEVICE_TRANSPORT_UDP : DEVICE_TRANSPORT_TCP;
}

/* A text that does not fit is a fault of the whole, told once at the end. */
static void
set_text(char *room, size_t size, const char *text, bool *fits)
{
	if (!bytes_copy_text(bytes_text(text), room, size))
		*fits = false;
}
#define SET_TEXT(array, text, fits) set_text(array, sizeof(array), text, fits)
_Static_assert((int)SITE_HOST_SIZE <= (int)CONFIGURED_HOST_SIZE, "a site's host always fits");

static void
set_security(const struct site *site, const struct profile *profile,
    struct phone_configuration *configuration, bool *fits)
{
	unsigned all;

	configuration->security_mode = DEVICE_SECURITY_NONSECURE;
	configuration->transport = DEVICE_TRANSPORT_TCP;
	if (profile->mode == LEVEL_NONSECURE) {
		configuration->transport = transport(profile->transports);
	} else if (site->mixed) {
		configuration->security_mode = security_mode(profile->mode);
		configuration->transport = DEVICE_TRANSPORT_TLS;
		/* Only a choice that has a name has a place in the document. */
		if (profile_suites_from_name(
			bytes_text(profile_suites_name(profile->suites)), &all))
			SET_TEXT(
			    configuration->srtp_suites, profile_suites_name(profile->suites), fits);
	}
}

static enum fault
set_lines(const struct site *site, const struct phone *phone,
    struct phone_configuration *configuration, bool *fits, struct why *why)
{
	bool secure = configuration->security_mode != DEVICE_SECURITY_NONSECURE;

	if (phone->line_count > CONFIGURED_LINES_MOST)
		return explain(why, FAULT_LIMIT, "%.63s has %zu lines, a phone has at most %d",
		    phone->device, phone->line_count, CONFIGURED_LINES_MOST);
	for (size_t i = 0; i < phone->line_count; i++) {
		struct configured_line *line = &configuration->lines[i];

		line->button = phone->lines[i].position;
		SET_TEXT(line->name, phone->lines[i].number, fits);
		SET_TEXT(line->display_name, phone->lines[i].display, fits);
		SET_TEXT(line->auth_name,
		    phone->user[0] != '\0' ? phone->user : phone->lines[i].number, fits);
		SET_TEXT(line->proxy, CONFIGURED_USE_CALL_MANAGER, fits);
		line->port = site->port[secure ? SITE_SIP_TLS : SITE_SIP];
	}
	configuration->line_count = phone->line_count;
	return FAULT_NONE;
}

void
configuration_build_default(const struct site *site, struct phone_configuration *configuration)
{
	bool fits = true;

	phone_configuration_init(configuration);
	vendor_settings_default(&configuration->vendor);
	configuration->manager_count = 1;
	SET_TEXT(configuration->managers[0].host, site->host, &fits);
	configuration->managers[0].sip_port = site->port[SITE_SIP];
	configuration->managers[0].secured_sip_port = site->port[SITE_SIP_TLS];
}

enum fault
configuration_build(const struct site *site, const struct phone *phone,
    const struct profile *profile, struct phone_configuration *configuration, struct why *why)
{
	bool fits = true;
	enum fault fault;

	configuration_build_default(site, configuration);
	SET_TEXT(configuration->device, phone->device, &fits);
	configuration->trust_service_count = 1;
	SET_TEXT(configuration->trust_services[0].host, site->host, &fits);
	configuration->trust_services[0].port = site->port[SITE_TVS];
	set_security(site, profile, configuration, &fits);
	if (phone->capf.operation != WISH_NONE) {
		configuration->capf_auth_mode = (uint32_t)phone->capf.proof;
		snprintf(configuration->version_stamp, sizeof(configuration->version_stamp),
		    "%" PRId64, phone->capf.serial);
	}
	configuration->capf_count = 1;
	SET_TEXT(configuration->capf[0].host, site->host, &fits);
	configuration->capf[0].port = site->port[SITE_CAPF];
	fault = set_lines(site, phone, configuration, &fits, why);
	if (fault == FAULT_NONE && !fits)
		return explain(why, FAULT_LIMIT, "a name of %s is too long for its configuration",
		    phone->device);
	return fault;
}

enum fault
configuration_write_stamped(
    struct phone_configuration *configuration, struct buffer *document, struct why *why)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t start = document->size;
	enum fault fault;

	if ((fault = phone_configuration_write(configuration, document, why)))
		return fault;
	if (EVP_Digest(document->at + start, document->size - start, digest, NULL, EVP_sha256(),
		NULL) != 1)
		return explain(why, FAULT_SYSTEM, "cannot compute a version stamp");
	for (size_t i = 0; i < STAMP_BYTES; i++)
		snprintf(configuration->version_stamp + 2 * i, 3, "%02x", digest[i]);
	document->size = start;
	return phone_configuration_write(configuration, document, why);
}
