/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/file_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/http_client.h"
#include "provisioning/phone_configuration.h"
#include "provisioning/tftp_client.h"
#include "trust/trust_list.h"

enum { HTTP_OK = 200, HTTP_NOT_FOUND = 404, SIGNATURE_MOST = 8192 };

static const struct {
	const char *name;
	size_t most;
} classes[FILE_CLASSES] = {
    /* One byte more, so that a list which is too large is told from one that is as large as may
     * be by whoever reads it. */
    [FILE_TRUST_LIST] = {"trust list", TRUST_LIST_MOST + 1},
    [FILE_CONFIGURATION] = {"configuration", PHONE_CONFIGURATION_MOST + SIGNATURE_MOST},
    [FILE_MEDIA] = {"media", 2 * 1024 * 1024 + SIGNATURE_MOST},
};

struct file_fetch {
	struct loop *loop;
	struct file_fetch_plan plan;
	char name[TFTP_NAME_MOST + 1];
	char path[TFTP_NAME_MOST + 2];
	struct http_fetch *http;
	struct tftp_fetch *tftp;
	struct why http_why; /* why HTTP was given up */
};

size_t file_class_most(enum file_class class)
{
	return classes[class].most;
}

const char *file_class_name(enum file_class class)
{
	return classes[class].name;
}

void
file_fetch_free(struct file_fetch *fetch)
{
	if (fetch == NULL)
		return;
	http_fetch_free(fetch->http);
	tftp_fetch_free(fetch->tftp);
	free(fetch);
}

static void
finish(struct file_fetch *fetch, enum fault fault, struct bytes content, const char *way,
    const struct why *why)
{
	static const struct why nothing;

	fetch->plan.on_fetched(fetch->plan.arg, fault, content, way, why != NULL ? why : &nothing);
	file_fetch_free(fetch);
}

/* The sentence of both ways: what became of HTTP stands before what became of TFTP. */
static enum fault
explain_both(const struct file_fetch *fetch, enum fault fault, struct why *why)
{
	if (fetch->http_why.text[0] == '\0')
		return explain_within(why, fault, "%s over TFTP: ", fetch->name);
	return explain_within(
	    why, fault, "%s over HTTP: %.100s; over TFTP: ", fetch->name, fetch->http_why.text);
}

static void
on_tftp(void *arg, enum fault fault, struct bytes content, const struct why *why)
{
	struct file_fetch *fetch = arg;
	struct why said = *why;

	fetch->tftp = NULL; /* it frees itself */
	if (fault != FAULT_NONE)
		fault = explain_both(fetch, fault, &said);
	finish(fetch, fault, content, "tftp", &said);
}

static enum fault
begin_tftp(struct file_fetch *fetch, struct why *why)
{
	struct tftp_fetch_plan plan = {.remote = fetch->plan.server.host,
	    .local = fetch->plan.local,
	    .name = fetch->name,
	    .most = classes[fetch->plan.class].most,
	    .deadline_ms = fetch->plan.deadline_ms,
	    .on_fetched = on_tftp,
	    .arg = fetch};

	if (fetch->plan.server.tftp_port == 0)
		return explain(why, FAULT_UNEXPECTED, "%s over HTTP: %.160s", fetch->name,
		    fetch->http_why.text);
	address_set_port(&plan.remote, fetch->plan.server.tftp_port);
	return tftp_fetch_new(&fetch->tftp, fetch->loop, &plan, why);
}

/* The server answered: its word counts, and TFTP is not tried. */
static enum fault
judge_status(const struct file_fetch *fetch, int status, struct bytes body, struct why *why)
{
	char words[TFTP_NAME_MOST + 1];
	size_t size = body.left < sizeof(words) - 1 ? body.left : sizeof(words) - 1;

	if (status == HTTP_OK)
		return FAULT_NONE;
	for (size_t i = 0; i < size; i++)
		words[i] = (char)(body.at[i] >= ' ' && body.at[i] <= '~' ? body.at[i] : ' ');
	words[size] = '\0';
	if (status == HTTP_NOT_FOUND)
		return explain(why, FAULT_MISSING, "the server has no file %s", fetch->name);
	return explain(
	    why, FAULT_UNEXPECTED, "%s over HTTP: status %d, \"%s\"", fetch->name, status, words);
}

static void
on_http(void *arg, enum fault fault, int status, struct bytes body, const struct why *why)
{
	struct file_fetch *fetch = arg;
	struct why said;

	fetch->http = NULL; /* it frees itself */
	/* Too large is too large on the other way as well. */
	if (fault == FAULT_NONE || fault == FAULT_LIMIT) {
		if (fault == FAULT_NONE)
			fault = judge_status(fetch, status, body, &said);
		else
			fault =
			    explain(&said, fault, "%s over HTTP: %.160s", fetch->name, why->text);
		finish(fetch, fault, body, "http", &said);
		return;
	}
	fetch->http_why = *why;
	if ((fault = begin_tftp(fetch, &said)) != FAULT_NONE)
		finish(fetch, fault, bytes_of(NULL, 0), NULL, &said);
}

static enum fault
begin_http(struct file_fetch *fetch, struct why *why)
{
	struct http_fetch_plan plan = {.remote = fetch->plan.server.host,
	    .local = fetch->plan.local,
	    .path = fetch->path,
	    .body_most = classes[fetch->plan.class].most,
	    .deadline_ms = fetch->plan.deadline_ms,
	    .on_fetched = on_http,
	    .arg = fetch};

	address_set_port(&plan.remote, fetch->plan.server.http_port);
	return http_fetch_new(&fetch->http, fetch->loop, &plan, why);
}

enum fault
file_fetch_new(struct file_fetch **fetch, struct loop *loop, const struct file_fetch_plan *plan,
    struct why *why)
{
	struct file_fetch *making = calloc(1, sizeof(*making));
	enum fault fault;

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "no memory to fetch a file");
	making->loop = loop;
	making->plan = *plan;
	if (plan->deadline_ms == 0)
		making->plan.deadline_ms = FILE_FETCH_MS;
	if (!bytes_copy_text(bytes_text(plan->name), making->name, sizeof(making->name))) {
		fault = explain(why, FAULT_LIMIT, "file name over %d characters", TFTP_NAME_MOST);
		goto done;
	}
	(void)snprintf(making->path, sizeof(making->path), "/%s", making->name);
	if (plan->server.http_port != 0)
		fault = begin_http(making, why);
	else
		fault = begin_tftp(making, why);
	if (fault != FAULT_NONE)
		goto done;
	*fetch = making;
	making = NULL;
done:
	file_fetch_free(making);
	return fault;
}
