/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/directory/site.h - site.json: what a manager is called and where it listens.
 *
 *     {"name":"Head office","address":"127.0.0.1","host":"manager.example","ctl":"recovery",
 *      "mixed":true,"edges":1,
 *      "ports":{"sip":5060,"sip_tls":5061,"tftp":69,"files_http":6970,"files_https":6971,
 *               "capf":3804,"tvs":2445,"admin":8443,"sip_oauth":5090,"sip_oauth_edge":5091}}
 *
 * "aes_256_only":true (false when absent) leaves only the suites with AES-256 to the listeners.
 * Unknown members, duplicates and numbers out of range are refused with a sentence.
 */
#ifndef DIRECTORY_SITE_H
#define DIRECTORY_SITE_H

#include "base/buffer.h"
#include "base/fault.h"
#include "policy/address.h"

enum {
	SITE_FILE_MOST = 64 * 1024,
	SITE_NAME_SIZE = 65,
	SITE_HOST_SIZE = 254,
	SITE_EDGES_MOST = 64,
};

enum site_port {
	SITE_SIP, /* UDP and TCP */
	SITE_SIP_TLS,
	SITE_TFTP,
	SITE_FILES_HTTP,
	SITE_FILES_HTTPS,
	SITE_CAPF,
	SITE_TVS,
	SITE_ADMIN,
	SITE_SIP_OAUTH,
	SITE_SIP_OAUTH_EDGE,
	SITE_PORTS
};

/* How the trust in the CTL begins. */
enum site_ctl {
	SITE_CTL_RECOVERY, /* mixed mode from the start, signed by the recovery key (ours) */
	SITE_CTL_TOKENS,   /* nothing secure before the CTL client has run */
};

struct site {
	char name[SITE_NAME_SIZE];
	char address[ADDRESS_TEXT_SIZE]; /* literal, without port; every listener binds it */
	char host[SITE_HOST_SIZE];       /* how phones call it: a name, or the address again */
	enum site_ctl ctl;
	bool mixed; /* secure profiles work; false until the CTL client ran */
	unsigned edges;
	bool aes_256_only; /* TLS without AES-128: no phone that knows only that connects */
	uint16_t port[SITE_PORTS];
};

/* The member of "ports", and the number it has when nothing else is said. */
const char *site_port_name(enum site_port port);
uint16_t site_port_default(enum site_port port);
/* Name, address 127.0.0.1, the default ports. */
void site_init(struct site *site);
/* Ports base, base + 1, ... in the order of the enum. */
enum fault site_set_ports(struct site *site, unsigned base, struct why *why) MUST_CHECK;
enum fault site_address(const struct site *site, enum site_port port, struct address *address,
    struct why *why) MUST_CHECK;

/* folder/site.json */
enum fault site_read(const char *folder, struct site *site, struct why *why) MUST_CHECK;
enum fault site_parse(struct bytes json, struct site *site, struct why *why) MUST_CHECK;
enum fault site_write(const char *folder, const struct site *site, struct why *why) MUST_CHECK;
/* Everything in the limits? */
enum fault site_check(const struct site *site, struct why *why) MUST_CHECK;
#endif
