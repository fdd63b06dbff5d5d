/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/processes.h"

#include <string.h>

int admin_main(struct start *start);
int call_main(struct start *start);
int edge_main(struct start *start);
int enrolment_main(struct start *start);
int files_main(struct start *start);

/*
 * Each gets the least it can work with. The order is the order of starting: who answers stands
 * before who asks.
 */
const struct process_kind process_kinds[] = {
    /* Every registration, dialog and call: no private keys, no media. */
    {.name = "call", .main = call_main},
    /* Phones' connections: a TLS key it may sign with, but never sees; no call state. */
    {.name = "edge",
	.main = edge_main,
	.per_edge = true,
	.asks = true,
	.role = ROLE_EDGE,
	.tickets = true,
	.listens = {{START_LISTEN_SIP_TLS, SITE_SIP_TLS, TRANSPORT_TLS},
	    {START_LISTEN_SIP_TCP, SITE_SIP, TRANSPORT_TCP},
	    {START_LISTEN_SIP_UDP, SITE_SIP, TRANSPORT_UDP}}},
    /* The operator's view: no private keys, no media, no phone's bytes. */
    {.name = "admin", .main = admin_main},
    /* What phones fetch: signs files and lists, sees no call. */
    {.name = "files",
	.main = files_main,
	.asks = true,
	.role = ROLE_FILES,
	.listens = {{START_LISTEN_TFTP, SITE_TFTP, TRANSPORT_UDP},
	    {START_LISTEN_FILES_HTTP, SITE_FILES_HTTP, TRANSPORT_TCP}}},
    /* CAPF: issues certificates, sees no call. */
    {.name = "enrolment",
	.main = enrolment_main,
	.asks = true,
	.role = ROLE_ENROLMENT,
	.listens = {{START_LISTEN_CAPF, SITE_CAPF, TRANSPORT_TCP}}},
};
const size_t process_kind_count = COUNT(process_kinds);

const struct process_link process_links[] = {
    {"edge", "call"},       /* connections and SIP messages */
    {"admin", "call"},      /* what is registered, which calls there are */
    {"admin", "files"},     /* something changed: build the files again */
    {"admin", "enrolment"}, /* a CAPF wish changed */
};
const size_t process_link_count = COUNT(process_links);

const struct process_kind *
process_kind_find(const char *name)
{
	for (size_t i = 0; i < process_kind_count; i++)
		if (strcmp(process_kinds[i].name, name) == 0)
			return &process_kinds[i];
	return NULL;
}
