/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/rtp/target.c - what is accepted lies inside what was given, and is written back as it was
 * read: RTP when the first byte is even, a compound of RTCP when it is odd.
 */
#include <stdlib.h>
#include <string.h>

#include "media/rtcp.h"
#include "media/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
try_rtp(struct bytes input)
{
	struct rtp_packet packet, again;
	struct buffer buffer;
	struct rtp_outline outline;

	if (rtp_read(input, &packet, NULL) != FAULT_NONE)
		return;
	expect(bytes_within(packet.payload, input) && bytes_within(packet.extension, input));
	expect(rtp_outline_read(input, &outline) &&
	       outline.header + packet.payload.left <= input.left);
	buffer_init(&buffer, input.left);
	rtp_write(&buffer, &packet);
	expect(buffer_ok(&buffer));
	expect(rtp_read(buffer_bytes_of(&buffer), &again, NULL) == FAULT_NONE);
	expect(again.sequence == packet.sequence && again.ssrc == packet.ssrc &&
	       again.timestamp == packet.timestamp && again.csrc_count == packet.csrc_count &&
	       bytes_equal(again.payload, packet.payload) &&
	       bytes_equal(again.extension, packet.extension));
	buffer_finish(&buffer);
}

static void
try_packet(const struct rtcp_packet *packet, struct bytes input)
{
	struct rtcp_packet again;
	struct buffer buffer;
	struct bytes written;

	expect(bytes_within(packet->reason, input));
	for (size_t i = 0; i < packet->count; i++)
		expect(bytes_within(packet->sources[i].cname, input));
	if (packet->type < RTCP_SR || packet->type > RTCP_BYE)
		return;
	buffer_init(&buffer, 65536);
	rtcp_write(&buffer, packet);
	expect(buffer_ok(&buffer));
	written = buffer_bytes_of(&buffer);
	expect(rtcp_take(&written, &again, NULL) == FAULT_NONE && written.left == 0);
	expect(again.type == packet->type && again.count == packet->count);
	expect(memcmp(again.reports, packet->reports, sizeof(again.reports)) == 0);
	for (size_t i = 0; i < packet->count; i++)
		expect(again.sources[i].ssrc == packet->sources[i].ssrc &&
		       bytes_equal(again.sources[i].cname, packet->sources[i].cname));
	buffer_finish(&buffer);
}

static void
try_rtcp(struct bytes input)
{
	struct bytes rest = input;
	struct rtcp_packet packet;

	if (rtcp_check(input, NULL) != FAULT_NONE)
		return;
	while (rest.left > 0) {
		expect(rtcp_take(&rest, &packet, NULL) == FAULT_NONE);
		try_packet(&packet, input);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	uint8_t kind;

	if (!bytes_take_u8(&input, &kind))
		return 0;
	if (kind % 2 == 0)
		try_rtp(input);
	else
		try_rtcp(input);
	return 0;
}
