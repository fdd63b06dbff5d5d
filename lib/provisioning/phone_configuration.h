/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/phone_configuration.h - what a phone is told: the SEP<MAC>.cnf.xml document,
 * as a typed struct, written and read through one table of elements.
 *
 * Reading is strict where two readers could differ (a document type, an element given twice, a
 * number with a sign) and ignores elements it does not know, as the field's phones do. Elements
 * inside <ringfence> are ours; every other one is the field's own.
 */
#ifndef PROVISIONING_PHONE_CONFIGURATION_H
#define PROVISIONING_PHONE_CONFIGURATION_H

#include "base/buffer.h"
#include "base/fault.h"
#include "provisioning/vendor_setting.h"

enum {
	PHONE_CONFIGURATION_MOST = 256 * 1024, /* bytes of the document */
	PHONE_CONFIGURATION_DEPTH_MOST = 16,
	PHONE_CONFIGURATION_ELEMENTS_MOST = 4096,
	PHONE_CONFIGURATION_TEXT_MOST = 256, /* characters of one element, with the NUL */
	CONFIGURED_MANAGERS_MOST = 5,
	CONFIGURED_SERVICES_MOST = 5, /* members of TVS, of capfList */
	CONFIGURED_LINES_MOST = 8,
	CONFIGURED_HOST_SIZE = 254,
	CONFIGURED_NAME_SIZE = 128,
	CONFIGURED_HASH_SIZE = 130, /* lower-case hex of up to 64 bytes */
};

/* The proxy of a line that means "the call managers above". */
#define CONFIGURED_USE_CALL_MANAGER "USECALLMANAGER"

/* The numbers are those on the wire (deviceSecurityMode). 0: not given. */
enum device_security_mode {
	DEVICE_SECURITY_NOT_GIVEN,
	DEVICE_SECURITY_NONSECURE = 1,
	DEVICE_SECURITY_AUTHENTICATED = 2,
	DEVICE_SECURITY_ENCRYPTED = 3,
};

/* transportLayerProtocol, as on the wire. */
enum device_transport {
	DEVICE_TRANSPORT_NOT_GIVEN,
	DEVICE_TRANSPORT_TCP = 1,
	DEVICE_TRANSPORT_UDP = 2,
	DEVICE_TRANSPORT_TLS = 3,
	DEVICE_TRANSPORT_TCP_AND_UDP = 4,
};

/* capfAuthMode, as on the wire. */
enum capf_auth_mode {
	CAPF_AUTH_NONE,
	CAPF_AUTH_STRING,      /* the user types it */
	CAPF_AUTH_NULL_STRING, /* nothing is proved; only where the operator says so */
	CAPF_AUTH_LSC_FIRST,   /* existing certificate: LSC, else MIC */
	CAPF_AUTH_MIC_FIRST,   /* existing certificate: MIC, else LSC */
};

/* ipAddressMode, as on the wire. */
enum ip_address_mode { IP_ADDRESS_V4, IP_ADDRESS_V6, IP_ADDRESS_BOTH };

/* In order of preference: the document's priority attribute decides, then its order. */
struct configured_manager {
	uint32_t priority;
	char host[CONFIGURED_HOST_SIZE];
	uint32_t sip_port, secured_sip_port; /* 0: not given, use 5060 and 5061 */
};

struct configured_service {
	uint32_t priority;
	char host[CONFIGURED_HOST_SIZE];
	uint32_t port; /* 0: not given */
};

struct configured_line {
	uint32_t button; /* 1 is the first */
	char name[CONFIGURED_NAME_SIZE];
	char display_name[CONFIGURED_NAME_SIZE];
	char auth_name[CONFIGURED_NAME_SIZE];
	char auth_password[CONFIGURED_NAME_SIZE]; /* a secret */
	char proxy[CONFIGURED_HOST_SIZE];
	uint32_t port;
};

struct phone_configuration {
	bool full; /* fullConfig; false is the short form beside an encrypted file */
	char protocol[16];
	uint32_t ip_address_mode; /* enum ip_address_mode */
	struct configured_manager managers[CONFIGURED_MANAGERS_MOST];
	size_t manager_count;
	struct configured_service trust_services[CONFIGURED_SERVICES_MOST]; /* TVS */
	size_t trust_service_count;
	struct configured_line lines[CONFIGURED_LINES_MOST];
	size_t line_count;
	char load[CONFIGURED_NAME_SIZE];
	struct vendor_settings vendor;
	char version_stamp[CONFIGURED_NAME_SIZE];
	uint32_t security_mode;  /* enum device_security_mode */
	uint32_t transport;      /* enum device_transport */
	uint32_t resumption_s;   /* TLSResumptionTimer: 0 disables */
	uint32_t capf_auth_mode; /* enum capf_auth_mode */
	struct configured_service capf[CONFIGURED_SERVICES_MOST];
	size_t capf_count;
	char certificate_hash[CONFIGURED_HASH_SIZE]; /* of an encrypted file's device certificate */
	bool encrypted;                              /* encrConfig: fetch the .enc.sgn next */

	/* Ours, inside <ringfence>. */
	char device[16];     /* whom it is for; a phone refuses another's file. "" not given */
	char srtp_suites[8]; /* "all", "aead", "aes-256"; "" not given */
};

/* Sets what an absent element means: full, SIP, 3600 s, nothing else. */
void phone_configuration_init(struct phone_configuration *configuration);
/* The lines' passwords are secrets. */
void phone_configuration_wipe(struct phone_configuration *configuration);

/* Writes the document. FAULT_FORBIDDEN names the value that has no place in it. */
enum fault phone_configuration_write(const struct phone_configuration *configuration,
    struct buffer *document, struct why *why) MUST_CHECK;
/* FAULT_MALFORMED, FAULT_LIMIT; the sentence names the line and the element. */
enum fault phone_configuration_read(
    struct bytes document, struct phone_configuration *configuration, struct why *why) MUST_CHECK;
#endif
