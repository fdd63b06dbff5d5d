/* SPDX-License-Identifier: Apache-2.0 */
/* tests/provisioning/file_fetch_test.c - HTTP first, TFTP when HTTP cannot be reached. */
#include "provisioning/file_fetch.h"

#include <event2/event.h>
#include <unistd.h>

#include "channel/http_server.h"
#include "provisioning/tftp_server.h"
#include "tests.h"

enum { TEST_MS = 20000 };

static struct {
	struct loop *loop;
	struct loop_timer *timer;
	struct http_server *http;
	struct tftp_server *tftp;
	struct file_server server;
	bool late;
	size_t http_asked, tftp_asked;
	/* What came. */
	enum fault fault;
	struct why why;
	const char *way;
	char content[64];
	size_t size;
} here;

static void
on_late(void *arg)
{
	(void)arg;
	here.late = true;
	loop_stop(here.loop);
}

static void
on_request(void *arg, struct http_exchange *exchange, const struct http_request *request)
{
	static char large[70000];
	struct why why;
	enum fault fault = explain(&why, FAULT_MISSING, "nothing here");

	(void)arg;
	(void)fault;
	here.http_asked++;
	if (strcmp(request->head->path, "/file") == 0)
		http_respond(
		    exchange, 200, "application/octet-stream", NULL, bytes_text("over http"));
	else if (strcmp(request->head->path, "/large") == 0)
		http_respond(exchange, 200, "application/octet-stream", NULL,
		    bytes_of(large, sizeof(large)));
	else if (strcmp(request->head->path, "/broken") == 0)
		http_refuse(exchange, 503, &why);
	else
		http_refuse(exchange, 404, &why);
}

static enum fault
on_find(void *arg, struct bytes name, const struct address *peer, struct shared_content **content,
    struct why *why)
{
	(void)arg;
	(void)peer;
	here.tftp_asked++;
	if (!bytes_equal_text(name, "file"))
		return explain(why, FAULT_MISSING, "nothing there");
	*content = shared_content_new(bytes_text("over tftp"));
	return FAULT_NONE;
}

static void
open_servers(bool http, bool tftp)
{
	struct address any, bound = {.size = sizeof(bound.storage)};
	struct http_server_plan http_plan = {.on_request = on_request};
	struct tftp_server_plan tftp_plan = {.on_find = on_find};
	struct why why;

	memset(&here, 0, sizeof(here));
	assert_accepted(loop_new(&here.loop, &why), why);
	assert_accepted(address_read(bytes_text("127.0.0.1"), 0, &any, &why), why);
	here.timer = loop_timer_new(here.loop, on_late, NULL);
	loop_timer_set(here.timer, TEST_MS);
	here.server.host = any;
	assert_accepted(channel_bind(TRANSPORT_TCP, &any, false, &http_plan.fd, &bound, &why), why);
	here.server.http_port = address_port(&bound);
	if (http)
		assert_accepted(http_server_new(&here.http, here.loop, &http_plan, &why), why);
	else
		close(http_plan.fd);
	assert_accepted(channel_bind(TRANSPORT_UDP, &any, false, &tftp_plan.fd, &bound, &why), why);
	here.server.tftp_port = address_port(&bound);
	if (tftp)
		assert_accepted(tftp_server_new(&here.tftp, here.loop, &tftp_plan, &why), why);
	else
		close(tftp_plan.fd);
}

static void
close_servers(void)
{
	assert_false(here.late);
	http_server_free(here.http);
	tftp_server_free(here.tftp);
	/* Connections say goodbye by themselves. */
	while (channel_alive() > 0)
		event_base_loop(loop_base(here.loop), EVLOOP_ONCE);
	loop_timer_free(here.timer);
	loop_free(here.loop);
}

static void
on_fetched(
    void *arg, enum fault fault, struct bytes content, const char *way, const struct why *why)
{
	(void)arg;
	here.fault = fault;
	here.why = *why;
	here.way = way;
	here.size = content.left;
	if (fault == FAULT_NONE && content.left < sizeof(here.content) && content.left > 0)
		memcpy(here.content, content.at, content.left);
	loop_stop(here.loop);
}

static void
fetch(const char *name, enum file_class class)
{
	struct file_fetch_plan plan = {
	    .server = here.server, .name = name, .class = class, .on_fetched = on_fetched};
	struct file_fetch *fetching;
	struct why why;

	memset(here.content, 0, sizeof(here.content));
	assert_accepted(file_fetch_new(&fetching, here.loop, &plan, &why), why);
	loop_run(here.loop);
}

static void
http_is_asked_first(void **state)
{
	(void)state;
	open_servers(true, true);
	fetch("file", FILE_CONFIGURATION);
	assert_accepted(here.fault, here.why);
	assert_string_equal(here.content, "over http");
	assert_string_equal(here.way, "http");
	assert_int_equal(here.tftp_asked, 0);
	close_servers();
}

static void
without_http_tftp_is_asked(void **state)
{
	(void)state;
	open_servers(false, true);
	fetch("file", FILE_CONFIGURATION);
	assert_accepted(here.fault, here.why);
	assert_string_equal(here.content, "over tftp");
	assert_string_equal(here.way, "tftp");
	here.server.http_port = 0;
	fetch("file", FILE_CONFIGURATION);
	assert_accepted(here.fault, here.why);
	assert_string_equal(here.content, "over tftp");
	close_servers();
}

static void
a_server_that_answers_is_believed_about_what_it_has(void **state)
{
	(void)state;
	open_servers(true, true);
	fetch("other", FILE_CONFIGURATION);
	assert_refused(here.fault, FAULT_MISSING, here.why, "the server has no file other");
	fetch("broken", FILE_CONFIGURATION);
	assert_refused(here.fault, FAULT_UNEXPECTED, here.why, "broken over HTTP: status 503");
	assert_int_equal(here.tftp_asked, 0);
	here.server.http_port = 0;
	fetch("other", FILE_CONFIGURATION);
	assert_refused(here.fault, FAULT_MISSING, here.why, "other over TFTP");
	close_servers();
}

static void
each_class_has_its_size(void **state)
{
	(void)state;
	open_servers(true, true);
	fetch("large", FILE_CONFIGURATION);
	assert_accepted(here.fault, here.why);
	assert_int_equal(here.size, 70000);
	fetch("large", FILE_TRUST_LIST);
	assert_refused(here.fault, FAULT_LIMIT, here.why, "large over HTTP");
	assert_int_equal(here.size, 0);
	assert_int_equal(here.tftp_asked, 0);
	close_servers();
}

static void
nobody_there_is_told_for_both_ways(void **state)
{
	(void)state;
	open_servers(false, false);
	fetch("file", FILE_CONFIGURATION);
	assert_refused(here.fault, FAULT_CLOSED, here.why, "file over HTTP: ");
	assert_non_null(strstr(here.why.text, "; over TFTP: nobody answers"));
	here.server.tftp_port = 0;
	fetch("file", FILE_CONFIGURATION);
	assert_refused(here.fault, FAULT_UNEXPECTED, here.why, "file over HTTP: ");
	close_servers();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(http_is_asked_first),
	    cmocka_unit_test(without_http_tftp_is_asked),
	    cmocka_unit_test(a_server_that_answers_is_believed_about_what_it_has),
	    cmocka_unit_test(each_class_has_its_size),
	    cmocka_unit_test(nobody_there_is_told_for_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
