/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/tap.h"

#include "channel/channel_inner.h"

static channel_tap *handler;
static void *handler_arg;

void
channel_tap_set(channel_tap *tap, void *arg)
{
	handler = tap;
	handler_arg = arg;
}

void
tap_tell(const struct channel *channel, bool sent, struct bytes bytes)
{
	struct address local = {.size = sizeof(local.storage)};

	if (handler == NULL || bytes.left == 0 ||
	    getsockname(channel->fd, (struct sockaddr *)&local.storage, &local.size) == -1)
		return;
	if (sent)
		handler(handler_arg, &local, &channel->remote, bytes);
	else
		handler(handler_arg, &channel->remote, &local, bytes);
}

/* OpenSSL's own socket BIO: after each read and write, the bytes it moved. */
static long
on_bio(BIO *bio, int operation, const char *at, size_t size, int number, long offset, int result,
    size_t *moved)
{
	const struct channel *channel = (const struct channel *)BIO_get_callback_arg(bio);

	(void)size;
	(void)number;
	(void)offset;
	if (result > 0 && moved != NULL && operation == (BIO_CB_READ | BIO_CB_RETURN))
		tap_tell(channel, false, bytes_of(at, *moved));
	else if (result > 0 && moved != NULL && operation == (BIO_CB_WRITE | BIO_CB_RETURN))
		tap_tell(channel, true, bytes_of(at, *moved));
	return result;
}

void
tap_tls(struct channel *channel)
{
	BIO *bio = SSL_get_rbio(channel->ssl);

	if (handler == NULL)
		return;
	BIO_set_callback_arg(bio, (char *)channel);
	BIO_set_callback_ex(bio, on_bio);
}
