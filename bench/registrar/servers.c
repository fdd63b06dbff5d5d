/* SPDX-License-Identifier: Apache-2.0 */
#include "servers.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "channel/channel.h"
#include "phones.h"
#include "responder/responder.h"
#include "storage/storage.h"
#include "trust/certificate.h"

#define KAMAILIO "/usr/sbin/kamailio"

enum { READY_MS = 20000, LOOK_AGAIN_MS = 20, PATH_SIZE = STORAGE_PATH_MOST, WORDS_MOST = 24 };

static const char *const names[] = {"bare responder", "bare, tickets", "ringfence", "kamailio"};

static const struct {
	const char *certificate, *key, *ciphers;
} keys[] = {
    {"callmanager.pem", "callmanager", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"callmanager-ec.pem", "callmanager-ec", "ECDHE-ECDSA-AES256-GCM-SHA384"},
};

const char *
server_name(enum server_kind kind)
{
	return names[kind];
}

bool
server_is_installed(enum server_kind kind)
{
	return kind != SERVER_KAMAILIO || access(KAMAILIO, X_OK) == 0;
}

/* stdout and stderr go to a file in scratch; it dies with us. */
static pid_t
spawn(const struct server_plan *plan, const char *log, const char *const words[])
{
	char path[PATH_SIZE], *arguments[WORDS_MOST] = {NULL};
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	snprintf(path, sizeof(path), "%s/%s.log", plan->scratch, log);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600)) < 0)
		_exit(1);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	for (size_t i = 0; words[i] != NULL && i + 1 < WORDS_MOST; i++)
		arguments[i] = strdup(words[i]);
	execv(arguments[0], arguments);
	_exit(1);
}

static pid_t
start_manager(const struct server_plan *plan)
{
	char program[PATH_SIZE];

	snprintf(program, sizeof(program), "%s/ringfence-manager", plan->programs);
	return spawn(plan, "manager", (const char *const[]){program, "--site", plan->site, NULL});
}

static pid_t
start_responder(const struct server_plan *plan, enum server_kind kind)
{
	char self[PATH_SIZE] = "", port[8], key[8];

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return -1;
	snprintf(port, sizeof(port), "%u", plan->port + (unsigned)kind);
	snprintf(key, sizeof(key), "%d", plan->key);
	return spawn(plan, "bare",
	    (const char *const[]){self, kind == SERVER_TICKETS ? "bare-tickets" : "bare",
		plan->site, plan->host, port, key, NULL});
}

static pid_t
start_bare(const struct server_plan *plan)
{
	return start_responder(plan, SERVER_BARE);
}

static pid_t
start_tickets(const struct server_plan *plan)
{
	return start_responder(plan, SERVER_TICKETS);
}

static int
accept_all(X509_STORE_CTX *store, void *arg)
{
	(void)store, (void)arg;
	return 1;
}

static enum fault
serve_bare(char **words, bool tickets, struct why *why)
{
	static const uint8_t ticket_key[TLS_TICKET_KEY_SIZE] = {1};
	int key = atoi(words[3]), fd;
	struct tls_plan plan = {.side = TLS_SERVER,
	    .identity_count = 1,
	    .small_records = true,
	    .peer_certificate = TLS_PEER_REQUIRED};
	struct address address, bound;
	char path[PATH_SIZE];
	struct tls *tls;
	enum fault fault;

	snprintf(path, sizeof(path), "%s/certificates/%s", words[0], keys[key].certificate);
	if ((fault = certificate_load(path, &plan.identities[0].certificate, why)) ||
	    (fault = phones_site_key(words[0], keys[key].key, &plan.identities[0].key, why)) ||
	    (fault = tls_new(&tls, &plan, why)) ||
	    (tickets && (fault = tls_set_ticket_keys(
			     tls, bytes_of(ticket_key, sizeof(ticket_key)), why))) ||
	    (fault = address_read(bytes_text(words[1]), (uint16_t)atoi(words[2]), &address, why)) ||
	    (fault = channel_bind(TRANSPORT_TLS, &address, false, &fd, &bound, why)))
		return fault;
	SSL_CTX_set_cert_verify_callback(tls_context(tls), accept_all, NULL);
	responder_run(fd, tls_context(tls));
	return FAULT_NONE;
}

int
server_main_bare(char **words, bool tickets)
{
	struct why why;

	if (serve_bare(words, tickets, &why) == FAULT_NONE)
		return 0;
	fprintf(stderr, "bare responder: %s\n", why.text);
	return 1;
}

/*
 * Registrar and locations in memory, mutual TLS; no database, no digest, no check of the
 * certificate's name: the least a registrar with kamailio can be. One worker: with two, Debian
 * 12's kamailio 5.6.3 corrupts its memory and ends within seconds (double free in TLS with
 * OpenSSL 3, kamailio issue 3791). For processor time a request that is the better case anyhow.
 */
static const char kamailio_cfg[] =
    "debug=0\nlog_stderror=yes\nchildren=1\ntcp_children=1\nenable_tls=yes\n"
    "auto_aliases=no\ndns=no\nrev_dns=no\n"
    "tcp_max_connections=20000\ntls_max_connections=20000\ntcp_connection_lifetime=3900\n"
    "listen=tls:%s:%u\n"
    "loadmodule \"tls.so\"\nloadmodule \"sl.so\"\nloadmodule \"pv.so\"\n"
    "loadmodule \"usrloc.so\"\nloadmodule \"registrar.so\"\n"
    "modparam(\"tls\", \"config\", \"%s/tls.cfg\")\n"
    "modparam(\"usrloc\", \"db_mode\", 0)\n"
    "modparam(\"registrar\", \"max_expires\", 7200)\n"
    "request_route {\n"
    "  if (method==\"REGISTER\") { save(\"location\"); exit; }\n"
    "  sl_send_reply(\"403\", \"Forbidden\");\n}\n";
static const char tls_cfg[] = "[server:default]\nmethod = TLSv1.2\nverify_certificate = yes\n"
			      "require_certificate = yes\nverify_depth = 2\n"
			      "certificate = %s/certificates/%s\nprivate_key = %s/kamailio.key\n"
			      "ca_list = %s/certificates/capf.pem\ncipher_list = %s\n";

static enum fault
write_text(const char *folder, const char *name, const char *text, struct why *why)
{
	char path[PATH_SIZE];
	enum fault fault = storage_path(path, folder, name, why);

	return fault != FAULT_NONE ? fault : storage_replace(path, bytes_text(text), 0600, why);
}

/* kamailio reads keys in PEM. */
static enum fault
write_key(const struct server_plan *plan, struct why *why)
{
	char path[PATH_SIZE];
	EVP_PKEY *key = NULL;
	FILE *file;
	enum fault fault = phones_site_key(plan->site, keys[plan->key].key, &key, why);

	if (fault != FAULT_NONE)
		return fault;
	snprintf(path, sizeof(path), "%s/kamailio.key", plan->scratch);
	if ((file = fopen(path, "w")) == NULL ||
	    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) != 1)
		fault = explain(why, FAULT_SYSTEM, "cannot write %s", path);
	if (file != NULL)
		fclose(file);
	EVP_PKEY_free(key);
	return fault;
}

static enum fault
write_kamailio(const struct server_plan *plan, struct why *why)
{
	char text[4 * PATH_SIZE];
	enum fault fault = write_key(plan, why);

	if (fault != FAULT_NONE)
		return fault;
	snprintf(text, sizeof(text), kamailio_cfg, plan->host,
	    plan->port + (unsigned)SERVER_KAMAILIO, plan->scratch);
	if ((fault = write_text(plan->scratch, "kamailio.cfg", text, why)))
		return fault;
	snprintf(text, sizeof(text), tls_cfg, plan->site, keys[plan->key].certificate,
	    plan->scratch, plan->site, keys[plan->key].ciphers);
	return write_text(plan->scratch, "tls.cfg", text, why);
}

/* Never with -P: as root it removes whatever stands under that name, a device too. */
static pid_t
start_kamailio(const struct server_plan *plan)
{
	char file[PATH_SIZE];

	snprintf(file, sizeof(file), "%s/kamailio.cfg", plan->scratch);
	return spawn(plan, "kamailio",
	    (const char *const[]){KAMAILIO, "-DD", "-E", "-m", "1024", "-M", "32", "-f", file, "-Y",
		plan->scratch, NULL});
}

/* Until it takes connections. */
static enum fault
wait_ready(const struct server *server, struct why *why)
{
	const struct timespec pause = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};

	for (int waited = 0; waited < READY_MS; waited += LOOK_AGAIN_MS) {
		int fd = socket(server->address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bool open = connect(fd, (const struct sockaddr *)&server->address.storage,
				server->address.size) == 0;

		close(fd);
		if (open)
			return FAULT_NONE;
		if (waitpid(server->pid, NULL, WNOHANG) == server->pid)
			return explain(
			    why, FAULT_CLOSED, "%s ended at once", server_name(server->kind));
		nanosleep(&pause, NULL);
	}
	return explain(why, FAULT_TIMEOUT, "%s takes no connections", server_name(server->kind));
}

enum fault
server_start(
    struct server *server, enum server_kind kind, const struct server_plan *plan, struct why *why)
{
	static pid_t (*const starts[])(const struct server_plan *) = {
	    start_bare, start_tickets, start_manager, start_kamailio};
	enum fault fault;

	*server = (struct server){.kind = kind};
	if ((kind == SERVER_KAMAILIO && (fault = write_kamailio(plan, why))) ||
	    (fault = address_read(bytes_text(plan->host),
		 kind == SERVER_MANAGER ? plan->manager_port : (uint16_t)(plan->port + kind),
		 &server->address, why)))
		return fault;
	if ((server->pid = starts[kind](plan)) <= 0)
		return explain_errno(why, "cannot start %s", server_name(kind));
	if ((fault = wait_ready(server, why)))
		server_stop(server);
	return fault;
}

void
server_stop(struct server *server)
{
	if (server->pid <= 0)
		return;
	kill(server->pid, SIGTERM);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
}
