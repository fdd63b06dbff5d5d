/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/srtp/target.c - an attacker between two ends: replays, mixes, turns bits, and makes up
 * packets. What was not sent never authenticates and moves nothing; what was sent is accepted
 * exactly once, as long as it is inside the window.
 */
#include <stdlib.h>
#include <string.h>

#include "media/srtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SENT_MOST = 64, ROOM = 128, SSRC = 0x01020304 };
enum { SEND, REPEAT, TURN_BIT, MAKE_UP, MAKE_UP_RTCP, OPERATIONS };

struct world {
	struct srtp *sender, *receiver;
	struct {
		uint8_t at[ROOM];
		size_t size;
		uint64_t index;
		bool received;
	} sent[SENT_MOST];
	size_t count;
	uint64_t next, newest; /* to send; highest that was received */
	bool any;
};

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

/* Delivers a copy; true when it was accepted. Counter and window may move only then. */
static bool
deliver(struct world *world, const uint8_t *at, size_t size, bool rtcp)
{
	uint64_t before = 0, after = 0;
	bool known = srtp_stream_index(world->receiver, SSRC, &before), accepted;
	uint8_t copy[4096];

	memcpy(copy, at, size);
	accepted = (rtcp ? srtcp_open(world->receiver, copy, &size, NULL)
			 : srtp_open(world->receiver, copy, &size, NULL)) == FAULT_NONE;
	if (!accepted)
		expect(
		    srtp_stream_index(world->receiver, SSRC, &after) == known && after == before);
	return accepted;
}

static void
send(struct world *world, struct bytes *input)
{
	uint8_t step = 0, packet[ROOM] = {0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 'h', 'i'};
	size_t size = 14;

	if (world->count == SENT_MOST || !bytes_take_u8(input, &step))
		return;
	world->next += 1U + (step < 250 ? step : step * 80U);
	packet[2] = (uint8_t)(world->next >> 8);
	packet[3] = (uint8_t)world->next;
	expect(srtp_seal(world->sender, packet, &size, sizeof(packet), NULL) == FAULT_NONE);
	memcpy(world->sent[world->count].at, packet, size);
	world->sent[world->count].size = size;
	world->sent[world->count].index = world->next;
	world->sent[world->count++].received = false;
}

static void
repeat(struct world *world, struct bytes *input)
{
	uint8_t which;
	bool fresh, near, accepted;
	uint64_t index;

	if (world->count == 0 || !bytes_take_u8(input, &which))
		return;
	which %= world->count;
	index = world->sent[which].index;
	fresh = !world->sent[which].received &&
		(!world->any || index > world->newest || world->newest - index < SRTP_WINDOW);
	/* Further away than half a round the counter is anyone's guess, and refusal is right; a
	 * receiver that has heard nothing yet takes the counter to be 0. */
	near = world->any ? (index > world->newest ? index - world->newest < 32768 : true)
			  : index < 65536;
	accepted = deliver(world, world->sent[which].at, world->sent[which].size, false);
	if (near)
		expect(accepted == fresh);
	if (!accepted)
		return;
	expect(fresh);
	world->sent[which].received = true;
	world->newest = world->any && world->newest > index ? world->newest : index;
	world->any = true;
}

static void
turn_bit(struct world *world, struct bytes *input)
{
	uint8_t which, byte, copy[ROOM];

	if (world->count == 0 || !bytes_take_u8(input, &which) || !bytes_take_u8(input, &byte))
		return;
	which %= world->count;
	memcpy(copy, world->sent[which].at, ROOM);
	copy[byte % world->sent[which].size] ^= (uint8_t)(1 << byte / 32);
	expect(!deliver(world, copy, world->sent[which].size, false));
}

static void
make_up(struct world *world, struct bytes *input, bool rtcp)
{
	struct bytes made;
	uint8_t size;

	if (!bytes_take_u8(input, &size) || !bytes_take(input, size, &made))
		return;
	for (size_t i = 0; i < world->count; i++)
		if (bytes_equal(made, bytes_of(world->sent[i].at, world->sent[i].size)))
			return;
	expect(!deliver(world, made.at, made.left, rtcp));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct srtp_master master = {.bytes = {1, 2, 3, 4, 5}};
	struct bytes input = bytes_of(data, size);
	static struct world world;
	const struct srtp_backend *backend;
	uint8_t kind, operation;

	if (!bytes_take_u8(&input, &kind))
		return 0;
	memset(&world, 0, sizeof(world));
	world.next = 65500;
	master.suite = (enum suite)(kind % SUITE_COUNT);
	backend = kind & 0x80 ? srtp_backend_best() : srtp_backend_evp();
	expect(srtp_new(&world.sender, &master, backend, NULL) == FAULT_NONE);
	expect(srtp_new(&world.receiver, &master, backend, NULL) == FAULT_NONE);
	while (bytes_take_u8(&input, &operation)) {
		if (operation % OPERATIONS == SEND)
			send(&world, &input);
		else if (operation % OPERATIONS == REPEAT)
			repeat(&world, &input);
		else if (operation % OPERATIONS == TURN_BIT)
			turn_bit(&world, &input);
		else
			make_up(&world, &input, operation % OPERATIONS == MAKE_UP_RTCP);
	}
	srtp_free(world.sender);
	srtp_free(world.receiver);
	return 0;
}
