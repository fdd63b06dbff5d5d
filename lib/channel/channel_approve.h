/* SPDX-License-Identifier: Apache-2.0 */
/* lib/channel/channel_approve.h - where OpenSSL asks and the channel's approver answers. */
#ifndef CHANNEL_CHANNEL_APPROVE_H
#define CHANNEL_CHANNEL_APPROVE_H

#include <openssl/ssl.h>
#include <stdbool.h>

/* For SSL_CTX_set_cert_verify_callback(). */
int channel_approve_presented(X509_STORE_CTX *store, void *arg);
/* Is the certificate of a session we would resume still good? Asked again each time. */
bool channel_approve_resumed(SSL *ssl, SSL_SESSION *session);
#endif
