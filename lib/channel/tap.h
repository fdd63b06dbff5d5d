/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/channel/tap.h - what the stream connections of this process carry, as it is on the wire
 * (TLS records, never what is in them), for a packet capture.
 */
#ifndef CHANNEL_TAP_H
#define CHANNEL_TAP_H

#include "base/bytes.h"
#include "policy/address.h"

/* bytes is a view, valid during the call. */
typedef void channel_tap(
    void *arg, const struct address *from, const struct address *to, struct bytes bytes);

/* One for the process; NULL ends it. Set before the first connection. */
void channel_tap_set(channel_tap *tap, void *arg);
#endif
