/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/manager/supervised.c - the manager's supervisor over processes that only tell what
 * happens to them: who they were linked to, what they heard, whether they could sign.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mailbox.h"
#include "manager/processes.h"

enum { HELLO = 1, PEERS_MOST = 8 };

struct teller {
	struct start *start;
	EVP_PKEY *key;
	struct mailbox *links[PEERS_MOST];
	char peers[PEERS_MOST][START_NAME_SIZE];
};

static void
on_hello(void *arg, const struct mailbox_message *message)
{
	(void)arg;
	log_info("teller", "heard", LOG_BYTES("from", message->body));
}

static void
on_gone(void *arg, const struct why *why)
{
	(void)arg;
	(void)why;
}

/* The same peer again is a new one; its old mailbox is dead. */
static void
on_link(void *arg, const char *peer, int fd)
{
	struct teller *teller = arg;
	size_t i = 0;
	struct why why;

	while (i < PEERS_MOST - 1 && teller->peers[i][0] != '\0' &&
	       strcmp(teller->peers[i], peer) != 0)
		i++;
	mailbox_free(teller->links[i]);
	teller->links[i] = NULL;
	strncpy(teller->peers[i], peer, START_NAME_SIZE - 1);
	if (mailbox_new(&teller->links[i], teller->start->loop, fd, on_hello, on_gone, teller,
		&why) != FAULT_NONE ||
	    mailbox_send(teller->links[i], HELLO, bytes_text(teller->start->process), NULL, 0,
		&why) != FAULT_NONE)
		log_error("teller", "not linked", LOG_TEXT("reason", why.text));
}

static bool
can_sign(EVP_PKEY *key)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[512];
	size_t size = sizeof(signature);
	bool done = EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
		    EVP_DigestSign(context, signature, &size, signature, 1) == 1;

	EVP_MD_CTX_free(context);
	return done;
}

/* Whoever connects is told in one letter whether a signature succeeds. */
static void
on_connect(int fd, int ready, void *arg)
{
	struct teller *teller = arg;
	int caller = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	(void)ready;
	if (caller == -1)
		return;
	(void)!write(caller, teller->key != NULL && can_sign(teller->key) ? "y" : "n", 1);
	close(caller);
}

static void
on_tickets(void *arg, struct bytes keys)
{
	(void)arg;
	log_info("teller", "tickets", LOG_NUMBER("bytes", keys.left));
}

static int
teller_main(struct start *start)
{
	struct teller teller = {.start = start};
	struct loop_watch *watch = NULL;
	struct why why = {"no watch"};
	int fd, status = EXIT_FAILURE;

	start->arg = &teller;
	start->on_link = on_link;
	start->on_tickets = on_tickets;
	if (start->keys != NULL &&
	    (keys_load(start->keys, KEY_CALLMANAGER, &teller.key, &why) != FAULT_NONE ||
		start_descriptor(start, START_LISTEN_SIP_TLS, &fd, &why) != FAULT_NONE ||
		(watch = loop_watch_new(start->loop, fd, LOOP_READ, on_connect, &teller)) == NULL))
		goto done;
	if (start_sandbox(start, SANDBOX_NETWORK, NULL, NULL, &why) != FAULT_NONE)
		goto done;
	log_info("teller", "ready", LOG_NUMBER("pid", getpid()));
	start_run(start);
	status = EXIT_SUCCESS;
done:
	if (status != EXIT_SUCCESS)
		log_error("teller", "not started", LOG_TEXT("reason", why.text));
	for (size_t i = 0; i < PEERS_MOST; i++)
		mailbox_free(teller.links[i]);
	loop_watch_free(watch);
	EVP_PKEY_free(teller.key);
	return status;
}

const struct process_kind process_kinds[] = {
    {.name = "call", .main = teller_main},
    {.name = "edge",
	.main = teller_main,
	.per_edge = true,
	.asks = true,
	.role = ROLE_EDGE,
	.tickets = true,
	.listens = {{START_LISTEN_SIP_TLS, SITE_SIP_TLS, TRANSPORT_TLS}}},
};
const size_t process_kind_count = COUNT(process_kinds);
const struct process_link process_links[] = {{"edge", "call"}};
const size_t process_link_count = COUNT(process_links);

const struct process_kind *
process_kind_find(const char *name)
{
	for (size_t i = 0; i < process_kind_count; i++)
		if (strcmp(process_kinds[i].name, name) == 0)
			return &process_kinds[i];
	return NULL;
}
