/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/responder/bench.c - what our connections and our edge cost above bare TLS.
 *
 * Two servers with the same key and certificate, one after the other in one run, each a process
 * of its own: the bare responder; our edge with a `call` that answers at once (so without SIP
 * transactions, dialogs and database). One load process against each.
 */
#include <fcntl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/log.h"
#include "load/load.h"
#include "manager/edge_serve.h"
#include "responder.h"
#include "signalling/edge_message.h"

enum { SECONDS = 5, PHONES_NEW = 32, PHONES_OPEN = 1000, WINDOW = 1 };

struct identity {
	X509 *certificate;
	EVP_PKEY *key;
};

static void
check(enum fault fault, const struct why *why)
{
	if (fault == FAULT_NONE)
		return;
	fprintf(stderr, "bench: %s\n", why->text);
	exit(1);
}

static struct identity
make_identity(const char *name, EVP_PKEY *key)
{
	struct identity made = {X509_new(), key};
	X509_NAME *subject = X509_get_subject_name(made.certificate);

	X509_set_version(made.certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), 7);
	X509_gmtime_adj(X509_getm_notBefore(made.certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(made.certificate), 24 * 3600);
	X509_set_pubkey(made.certificate, key);
	X509_NAME_add_entry_by_txt(
	    subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(made.certificate, subject);
	X509_sign(made.certificate, key, EVP_sha256());
	return made;
}

static enum fault
approve(void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	(void)arg, (void)chain, (void)verdict, (void)why;
	return FAULT_NONE;
}

static int
accept_all(X509_STORE_CTX *store, void *arg)
{
	(void)store, (void)arg;
	return 1;
}

static struct tls *
server_tls(const struct identity *identity)
{
	struct tls_plan plan = {.side = TLS_SERVER,
	    .identities = {{identity->certificate, NULL, identity->key}},
	    .identity_count = 1,
	    .small_records = true,
	    .peer_certificate = TLS_PEER_ASKED};
	struct tls *tls = NULL;
	struct why why;

	check(tls_new(&tls, &plan, &why), &why);
	return tls;
}

static void
serve_bare(int fd, const struct identity *identity)
{
	struct tls *tls = server_tls(identity);

	SSL_CTX_set_cert_verify_callback(tls_context(tls), accept_all, NULL);
	responder_run(fd, tls_context(tls));
}

/* A `call` that does no more than the responder: everything it costs is the edge's seam. */
static void
answer_items(int fd, struct bytes packet)
{
	static struct edge_item item;
	struct buffer batch;

	buffer_init(&batch, EDGE_BATCH_MOST);
	while (packet.left > 0 && edge_item_read(&packet, &item, NULL) == FAULT_NONE) {
		static const char text[] = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";

		if (item.kind == EDGE_MESSAGE && edge_bytes_write(&batch, EDGE_SEND, item.id,
						     bytes_text(text), NULL) != FAULT_NONE)
			_exit(1);
	}
	if (batch.size > 0 &&
	    mailbox_write(fd, EDGE_BATCH, buffer_bytes_of(&batch), NULL) != FAULT_NONE)
		_exit(1);
	buffer_finish(&batch);
}

static void
serve_call(int fd)
{
	static uint8_t room[MAILBOX_BODY_MOST + 4];
	struct mailbox_message message;

	while (mailbox_read(fd, room, sizeof(room), -1, &message, NULL) == FAULT_NONE)
		answer_items(fd, message.body);
	_exit(0);
}

static void
serve_edge(int fd, const struct identity *identity)
{
	struct edge_plan plan = {.fds = {-1, -1, -1}, .approve = approve};
	struct edge *edge = NULL;
	struct why why;
	int ends[2];

	log_open("edge", LOG_LEVEL_ERROR, STDERR_FILENO);
	audit_open_fd(open("/dev/null", O_WRONLY));
	check(loop_new(&plan.loop, &why), &why);
	plan.fds[TRANSPORT_TLS] = fd;
	plan.tls = server_tls(identity);
	check(edge_new(&edge, &plan, &why), &why);
	check(mailbox_pair(ends, &why), &why);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		serve_call(ends[1]);
	}
	close(ends[1]);
	check(edge_link_call(edge, ends[0], &why), &why);
	loop_run(plan.loop);
}

static const struct {
	const char *name;
	void (*serve)(int fd, const struct identity *identity);
} servers[] = {
    {"bare responder", serve_bare},
    {"edge and call", serve_edge},
};

static long
resident_kb(pid_t pid)
{
	char path[64];
	long pages = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	file = fopen(path, "r");
	if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	if (file != NULL)
		fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static const char *const keys[] = {"RSA 2048", "P-256"};

/* The server's side: a fresh process image, so that its memory is its own. */
static int
serve(size_t server, size_t key, int fd, int ready)
{
	struct identity ours =
	    make_identity("callmanager", key == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(ready, "r", 1) != 1)
		return 1;
	close(ready);
	servers[server].serve(fd, &ours);
	return 0;
}

static pid_t
start_server(size_t server, size_t key, int fd)
{
	char words[4][16], told;
	int ready[2];
	pid_t pid;

	if (pipe(ready) != 0 || (pid = fork()) < 0)
		exit(1);
	if (pid == 0) {
		close(ready[0]);
		fcntl(fd, F_SETFD, 0);
		snprintf(words[0], sizeof(words[0]), "%zu", server);
		snprintf(words[1], sizeof(words[1]), "%zu", key);
		snprintf(words[2], sizeof(words[2]), "%d", fd);
		snprintf(words[3], sizeof(words[3]), "%d", ready[1]);
		execl("/proc/self/exe", "bench_responder", words[0], words[1], words[2], words[3],
		    (char *)NULL);
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &told, 1) != 1)
		exit(1);
	close(ready[0]);
	return pid;
}

/* How much a server grew while every phone was connected. */
struct growth {
	pid_t pid;
	long kb;
};

static void
note_growth(void *arg)
{
	struct growth *growth = arg;

	growth->kb = resident_kb(growth->pid) - growth->kb;
}

/* A rate; kb: of the server, for one open connection (refreshes only). */
static double
measure(
    size_t server, enum load_kind kind, size_t key, const struct load_identity *phone, double *kb)
{
	struct load_plan plan = {.kind = kind,
	    .identities = phone,
	    .identity_count = 1,
	    .phones = kind == LOAD_NEW ? PHONES_NEW : PHONES_OPEN,
	    .seconds = SECONDS,
	    .window = WINDOW};
	struct load_result result;
	struct address any;
	struct why why;
	struct growth growth;
	pid_t pid;
	int fd;

	check(address_read(bytes_text("127.0.0.1"), 0, &any, &why), &why);
	check(channel_bind(TRANSPORT_TLS, &any, false, &fd, &plan.server, &why), &why);
	pid = start_server(server, key, fd);
	close(fd);
	growth = (struct growth){pid, resident_kb(pid)};
	plan.on_end = note_growth;
	plan.arg = &growth;
	check(load_run(&plan, &result, &why), &why);
	*kb = kind == LOAD_NEW ? 0 : (double)growth.kb / (double)plan.phones;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (result.failed + result.refused > 0)
		fprintf(stderr, "%s: %llu failed, %llu refused: %s\n", servers[server].name,
		    (unsigned long long)result.failed, (unsigned long long)result.refused,
		    result.why.text);
	return (double)result.done / result.seconds;
}

int
main(int count, char **words)
{
	static const struct {
		const char *name;
		enum load_kind kind;
	} loads[] = {{"new TLS registrations/s", LOAD_NEW}, {"refreshes/s", LOAD_REFRESHES}};
	struct identity phone = make_identity("SEP001122334455", EVP_RSA_gen(2048));
	const struct load_identity load = {phone.certificate, phone.key, "SEP001122334455", "1001"};

	if (count == 5)
		return serve(
		    (size_t)atoi(words[1]), (size_t)atoi(words[2]), atoi(words[3]), atoi(words[4]));
	printf("%-26s %-8s %-16s %10s %8s %10s\n", "load", "key", "server", "rate", "ratio",
	    "KB a phone");
	for (size_t l = 0; l < COUNT(loads); l++)
		for (size_t k = 0; k < COUNT(keys); k++) {
			double first = 0;

			for (size_t s = 0; s < COUNT(servers); s++) {
				double kb, rate = measure(s, loads[l].kind, k, &load, &kb);

				first = s == 0 ? rate : first;
				printf("%-26s %-8s %-16s %10.0f %8.2f", loads[l].name, keys[k],
				    servers[s].name, rate, rate / first);
				if (loads[l].kind == LOAD_REFRESHES)
					printf(" %10.1f", kb);
				printf("\n");
				fflush(stdout);
			}
		}
	return 0;
}
