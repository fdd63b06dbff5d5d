/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/responder/responder.h - the least a registrar could do: accept TLS with a client
 * certificate, and answer every request at once. What registrars are compared with.
 *
 * libssl and epoll alone, none of our own code on the way, so that it shows what TLS itself costs.
 */
#ifndef BENCH_RESPONDER_H
#define BENCH_RESPONDER_H

#include <openssl/ssl.h>

/* Serves listen_fd (listening, non-blocking) for ever; context asks for client certificates and
 * accepts every one. Run it in a process of its own. */
void responder_run(int listen_fd, SSL_CTX *context);
#endif
