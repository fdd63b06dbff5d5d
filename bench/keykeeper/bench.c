/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/keykeeper/bench.c - what keys in another process cost: signatures and whole TLS 1.2
 * handshakes a second, in process against the keykeeper, everything on one core. A second here
 * is one of processor time, ours and the keykeeper's together, so other load hardly matters.
 *
 * Prints ratios; times of different machines mean nothing. RINGFENCE_PROGRAMS says where the
 * keykeeper is.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "keys/keys.h"

enum { ROUND_MS = 1000, ROUNDS = 3 };

static _Noreturn void
die(const char *what, const char *reason)
{
	fprintf(stderr, "bench: %s: %s\n", what, reason);
	exit(1);
}

static void
sign_once(EVP_PKEY *key, SSL_CTX *unused_server, SSL_CTX *unused_client)
{
	static const unsigned char text[64];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[512];
	size_t size = sizeof(signature);

	(void)unused_server;
	(void)unused_client;
	if (EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) != 1 ||
	    EVP_DigestSign(context, signature, &size, text, sizeof(text)) != 1)
		die("sign", ERR_reason_error_string(ERR_get_error()));
	EVP_MD_CTX_free(context);
}

static void
shake_once(EVP_PKEY *unused, SSL_CTX *server_context, SSL_CTX *client_context)
{
	SSL *server = SSL_new(server_context), *client = SSL_new(client_context);
	BIO *one, *other;
	int a = 0, b = 0;

	(void)unused;
	if (BIO_new_bio_pair(&one, 0, &other, 0) != 1)
		die("handshake", "no memory");
	SSL_set_bio(client, one, one);
	SSL_set_bio(server, other, other);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	for (int i = 0; i < 10 && (a != 1 || b != 1); i++) {
		a = SSL_do_handshake(client);
		b = SSL_do_handshake(server);
	}
	if (a != 1 || b != 1)
		die("handshake", "not completed");
	SSL_free(server);
	SSL_free(client);
}

static clockid_t keeper_clock;

static uint64_t
nanoseconds(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t
cpu_ns(void)
{
	return nanoseconds(CLOCK_PROCESS_CPUTIME_ID) + nanoseconds(keeper_clock);
}

/* The clock of the one worker behind a keykeeper. */
static void
find_keeper_clock(pid_t keeper)
{
	char path[64];
	long worker = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", keeper, keeper);
	if ((file = fopen(path, "r")) == NULL || fscanf(file, "%ld", &worker) != 1 ||
	    clock_getcpuclockid((pid_t)worker, &keeper_clock) != 0)
		die("keykeeper", "its worker is not to be found");
	fclose(file);
}

typedef void work(EVP_PKEY *key, SSL_CTX *server, SSL_CTX *client);

static double
rate(work *once, EVP_PKEY *key, SSL_CTX *server, SSL_CTX *client)
{
	uint64_t start = cpu_ns(), end = start + ROUND_MS * UINT64_C(1000000), now;
	unsigned count = 0;

	do {
		once(key, server, client);
		count++;
	} while ((now = cpu_ns()) < end);
	return count * 1e9 / (double)(now - start);
}

static SSL_CTX *
server_of(EVP_PKEY *key, EVP_PKEY *issuer)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	X509 *certificate = X509_new();

	X509_set_version(certificate, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	if (X509_set_pubkey(certificate, key) != 1 ||
	    X509_sign(certificate, issuer, EVP_sha256()) <= 0 ||
	    SSL_CTX_use_certificate(context, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey(context, key) != 1 ||
	    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) != 1)
		die("context", ERR_reason_error_string(ERR_get_error()));
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	X509_free(certificate);
	return context;
}

/* The two by turns, so that a machine that grows warm or busy treats both alike; the best of
 * each counts. */
static void
compare(const char *what, work *once, EVP_PKEY *local, EVP_PKEY *kept)
{
	SSL_CTX *local_server = server_of(local, local), *kept_server = server_of(kept, local);
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());
	double best_local = 0, best_kept = 0, now;

	for (int i = 0; i < ROUNDS; i++) {
		if ((now = rate(once, local, local_server, client)) > best_local)
			best_local = now;
		if ((now = rate(once, kept, kept_server, client)) > best_kept)
			best_kept = now;
	}
	printf("%-24s in process %7.0f/s   keykeeper %7.0f/s   ratio %.2f\n", what, best_local,
	    best_kept, best_kept / best_local);
	SSL_CTX_free(local_server);
	SSL_CTX_free(kept_server);
	SSL_CTX_free(client);
}

static void
run(struct keys *site, struct keys *edge)
{
	static const struct {
		const char *name, *sign, *shake;
		enum key_kind kind;
	} cases[] = {
	    {KEY_CALLMANAGER, "RSA-2048 signatures", "RSA-2048 handshakes", KEY_RSA_2048},
	    {KEY_CALLMANAGER_EC, "P-256 signatures", "P-256 handshakes", KEY_P256},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		EVP_PKEY *local =
		    cases[i].kind == KEY_P256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
		EVP_PKEY *kept;
		struct why why;

		if (keys_generate(site, cases[i].name, cases[i].kind, false, NULL, &why) ||
		    keys_load(edge, cases[i].name, &kept, &why))
			die("keys", why.text);
		compare(cases[i].sign, sign_once, local, kept);
		compare(cases[i].shake, shake_once, local, kept);
		EVP_PKEY_free(local);
		EVP_PKEY_free(kept);
	}
}

int
main(void)
{
	char directory[] = "/tmp/ringfence-bench-XXXXXX", command[64];
	struct keys *site, *edge;
	pid_t site_pid, edge_pid;
	cpu_set_t one_core;
	EVP_PKEY *first;
	struct why why;

	CPU_ZERO(&one_core);
	CPU_SET(0, &one_core);
	if (sched_setaffinity(0, sizeof(one_core), &one_core) == -1 || mkdtemp(directory) == NULL)
		die("start", "no core or no folder");
	if (keys_start(&site, directory, ROLE_SITE, &site_pid, &why) ||
	    keys_start(&edge, directory, ROLE_EDGE, &edge_pid, &why))
		die("keykeeper", why.text);
	/* Its first answer proves that the worker runs. */
	if (keys_generate(site, KEY_CALLMANAGER, KEY_RSA_2048, false, NULL, &why) ||
	    keys_public(edge, KEY_CALLMANAGER, &first, &why))
		die("keys", why.text);
	EVP_PKEY_free(first);
	find_keeper_clock(edge_pid);
	run(site, edge);
	keys_stop(site, site_pid);
	keys_stop(edge, edge_pid);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command) != 0;
}
