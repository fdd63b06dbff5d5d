/* SPDX-License-Identifier: Apache-2.0 */
#include "media/srtp_replay.h"

#include <string.h>

static uint64_t
bit_of(uint64_t index)
{
	return (uint64_t)1 << index % 64;
}

static uint64_t
word_of(uint64_t index)
{
	return index / 64 % (REPLAY_WINDOW / 64);
}

bool
replay_is_fresh(const struct replay *replay, uint64_t index)
{
	if (!replay->any || index > replay->newest)
		return true;
	if (replay->newest - index >= REPLAY_WINDOW)
		return false;
	return !(replay->seen[word_of(index)] & bit_of(index));
}

void
replay_mark(struct replay *replay, uint64_t index)
{
	if (!replay->any || (index > replay->newest && index - replay->newest >= REPLAY_WINDOW)) {
		memset(replay->seen, 0, sizeof(replay->seen));
		replay->newest = index;
	}
	/* The places that now stand for newer packets were those of forgotten ones. */
	while (replay->newest < index) {
		replay->newest++;
		replay->seen[word_of(replay->newest)] &= ~bit_of(replay->newest);
	}
	replay->any = true;
	replay->seen[word_of(index)] |= bit_of(index);
}
