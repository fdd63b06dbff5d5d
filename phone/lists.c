/* SPDX-License-Identifier: Apache-2.0 */
/* phone/lists.c - fetches CTL and ITL, believes them or keeps the old ones, and judges peers. */
#include <stdio.h>

#include "base/clock.h"
#include "phone/phone.h"

static const char *
own_name(struct phone *phone, enum trust_list_kind kind)
{
	snprintf(phone->start.own_name, sizeof(phone->start.own_name), "%s%s.tlv",
	    trust_list_kind_name(kind), phone->identity.device.text);
	return phone->start.own_name;
}

static bool
is_stored(struct phone *phone, enum trust_list_kind kind, struct bytes content)
{
	const struct trust_list *stored = trust_store_list(phone->store, kind);

	return stored != NULL && bytes_equal(stored->bytes, content);
}

static void
refuse(struct phone *phone, enum trust_list_kind kind, enum fault fault, const struct why *why)
{
	if (fault == FAULT_LIMIT)
		notice_status(
		    phone, kind == TRUST_ITL ? MESSAGE_ITL_TOO_LARGE : MESSAGE_CTL_TOO_LARGE, NULL);
	else
		notice_status(phone, MESSAGE_FILE_AUTH_FAILED, trust_list_filename(kind));
	notice_refusal(phone, "trust list refused", trust_list_filename(kind), why->text);
}

static enum fault
take(struct phone *phone, enum trust_list_kind kind, struct bytes content)
{
	bool first = trust_store_empty(phone->store);
	struct why why;
	enum fault fault;

	if (is_stored(phone, kind, content))
		return FAULT_NONE;
	fault = trust_store_accept(phone->store, kind, content, &why);
	if (fault != FAULT_NONE) {
		refuse(phone, kind, fault, &why);
		return fault;
	}
	notice_status(phone, MESSAGE_LIST_UPDATED, trust_list_kind_name(kind));
	notice_event(phone, "trust list believed",
	    json_pack("{s:s, s:b, s:I}", "list", trust_list_kind_name(kind), "first", (int)first,
		"bytes", (json_int_t)content.left));
	return FAULT_NONE;
}

static void start(struct phone *phone, enum trust_list_kind kind, const char *name);

static void
fetched(struct phone *phone, enum trust_list_kind kind, enum fault fault, struct bytes content,
    const char *way, const struct why *why)
{
	const char *name = phone->start.fetching;

	phone->start.fetch = NULL;
	if (fault == FAULT_MISSING && name == phone->start.own_name) {
		start(phone, kind, trust_list_filename(kind));
		return;
	}
	notice_event(phone, "file",
	    json_pack("{s:s, s:s, s:I, s:s}", "name", name, "way", way != NULL ? way : "none",
		"bytes", (json_int_t)content.left, "result",
		fault == FAULT_NONE ? "fetched" : why->text));
	if (fault == FAULT_LIMIT)
		refuse(phone, kind, fault, why);
	else if (fault == FAULT_NONE)
		fault = take(phone, kind, content);
	/* A site without a CTL is no failure; nor is one list that stays as it was. */
	boot_post(phone, fault == FAULT_NONE || fault == FAULT_MISSING ? BOOT_DONE : BOOT_FAILED);
}

static void
fetched_ctl(
    void *arg, enum fault fault, struct bytes content, const char *way, const struct why *why)
{
	fetched(arg, TRUST_CTL, fault, content, way, why);
}

static void
fetched_itl(
    void *arg, enum fault fault, struct bytes content, const char *way, const struct why *why)
{
	fetched(arg, TRUST_ITL, fault, content, way, why);
}

static void
start(struct phone *phone, enum trust_list_kind kind, const char *name)
{
	struct file_fetch_plan plan = {.server = phone->start.server,
	    .local = &phone->options.local,
	    .name = name,
	    .class = FILE_TRUST_LIST,
	    .on_fetched = kind == TRUST_CTL ? fetched_ctl : fetched_itl,
	    .arg = phone};
	struct why why;

	phone->start.fetching = name;
	if (file_fetch_new(&phone->start.fetch, phone->loop, &plan, &why) != FAULT_NONE) {
		notice_event(
		    phone, "file", json_pack("{s:s, s:s}", "name", name, "result", why.text));
		boot_post(phone, BOOT_FAILED);
	}
}

void
lists_fetch(struct phone *phone, enum trust_list_kind kind)
{
	start(phone, kind, own_name(phone, kind));
}

enum fault
lists_approve(struct phone *phone, uint32_t roles, const struct peer_chain *chain,
    struct peer_verdict *verdict, struct why *why)
{
	int64_t now = phone_wall(phone);
	time_t at = (time_t)now;
	enum fault fault =
	    trust_store_check_peer(phone->store, chain->certificate, roles, now, why);

	if (fault == FAULT_NONE) {
		snprintf(verdict->trusted_by, sizeof(verdict->trusted_by), "trust list: %s",
		    trust_role_set_text(roles));
		return FAULT_NONE;
	}
	/* The alert says what is wrong with the certificate, not with our list. */
	if (X509_cmp_time(X509_get0_notAfter(chain->certificate), &at) < 0)
		verdict->rule = PEER_RULE_EXPIRED;
	else if (X509_cmp_time(X509_get0_notBefore(chain->certificate), &at) > 0)
		verdict->rule = PEER_RULE_NOT_YET_VALID;
	else
		verdict->rule = PEER_RULE_UNKNOWN_CA;
	return fault;
}
