/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/call_info/target.c - what is read, written and read again says the same. */
#include <stdlib.h>

#include "signalling/call_info.h"
#include "signalling/remotecc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	struct call_info info, again;
	struct remotecc_alarm alarm;
	struct buffer written;
	struct why why = {""};

	if (remotecc_alarm_read(input, &alarm))
		expect(bytes_within(alarm.name, input) && bytes_within(alarm.last, input));
	if (call_info_read(input, &info, &why) != FAULT_NONE) {
		expect(why.text[0] != '\0');
		return 0;
	}
	expect(bytes_within(info.gci, input) && bytes_within(info.reason, input));
	buffer_init(&written, 1 << 20);
	call_info_write(&info, &written);
	expect(call_info_read(buffer_bytes_of(&written), &again, &why) == FAULT_NONE);
	expect(again.has_security == info.has_security && again.orientation == info.orientation);
	expect(!info.has_security || again.security == info.security);
	expect(again.call_instance == info.call_instance && again.is_voip == info.is_voip);
	expect(bytes_equal(again.gci, info.gci) && bytes_equal(again.mode, info.mode));
	buffer_finish(&written);
	return 0;
}
