/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/sip_framing/target.c - however a stream is cut, the same messages come out of it, and it
 * ends in the same way.
 */
#include <stdlib.h>

#include "signalling/sip_framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

struct outcome {
	size_t messages, bytes;
	uint64_t sum;
	enum fault fault;
};

static void
count(struct outcome *outcome, struct bytes message)
{
	outcome->messages++;
	outcome->bytes += message.left;
	for (size_t i = 0; i < message.left; i++)
		outcome->sum = outcome->sum * 31 + message.at[i];
}

static struct outcome
run(struct bytes stream, size_t piece)
{
	struct outcome outcome = {0};
	struct sip_framing framing;
	struct sip_frame frame = {0};
	struct why why = {""};

	sip_framing_init(&framing);
	while (outcome.fault == FAULT_NONE && stream.left > 0) {
		struct bytes input = bytes_part(stream, 0, piece);

		stream = bytes_part(stream, input.left, stream.left);
		do {
			outcome.fault = sip_framing_next(&framing, &input, &frame, &why);
			if (outcome.fault == FAULT_NONE && frame.kind == SIP_FRAME_MESSAGE)
				count(&outcome, frame.bytes);
			expect(outcome.fault == FAULT_NONE || why.text[0] != '\0');
		} while (outcome.fault == FAULT_NONE && frame.kind != SIP_FRAME_MORE);
		expect(outcome.fault != FAULT_NONE || input.left == 0);
		expect(sip_framing_held(&framing) <= SIP_MESSAGE_MOST);
	}
	sip_framing_finish(&framing);
	return outcome;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes stream;
	struct outcome whole, pieces;

	if (size < 2)
		return 0;
	stream = bytes_of(data + 1, size - 1);
	whole = run(stream, stream.left);
	pieces = run(stream, 1 + data[0] % 64);
	expect(whole.messages == pieces.messages && whole.sum == pieces.sum);
	expect((whole.fault != FAULT_NONE) == (pieces.fault != FAULT_NONE));
	return 0;
}
