/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/sdp/target.c - views lie inside; what can be agreed on can be answered, and the answer is
 * a description; nothing that was stripped holds a key, and nothing masked shows one.
 */
#include <stdlib.h>
#include <string.h>

#include "signalling/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
nothing_secret_is_left(struct bytes input)
{
	struct buffer out;
	struct bytes left;
	size_t at;

	buffer_init(&out, 4 * SDP_MOST + 4096);
	if (input.left <= SDP_MOST && sdp_strip_keys(input, &out, NULL) == FAULT_NONE)
		expect(!sdp_has_keys(buffer_bytes_of(&out)));
	buffer_clear(&out);
	sdp_mask_keys(bytes_part(input, 0, SDP_MOST), &out);
	left = buffer_bytes_of(&out);
	while (bytes_find(left, bytes_text("inline:"), &at)) {
		left = bytes_part(left, at + 7, left.left);
		expect(bytes_start_with(left, bytes_text("***")));
	}
	buffer_finish(&out);
}

static void
views_lie_inside(const struct sdp *sdp, struct bytes input)
{
	expect(bytes_within(sdp->origin_host, input) && sdp->medias <= SDP_MEDIA_MOST);
	for (size_t i = 0; i < sdp->medias; i++) {
		const struct sdp_media *media = &sdp->media[i];

		expect(bytes_within(media->kind, input) && bytes_within(media->profile, input));
		expect(bytes_within(media->connection_host, input));
		expect(media->formats <= SDP_FORMATS_MOST && media->cryptos <= SDP_CRYPTO_MOST);
		for (size_t j = 0; j < media->cryptos; j++)
			expect(bytes_within(media->crypto[j], input));
		for (size_t j = 0; j < media->formats; j++)
			expect(bytes_within(media->format[j].fmtp, input));
	}
}

static void
make_local(struct sdp_local *local, bool secure, bool fallback)
{
	static const uint8_t key[SDP_KEY_MOST];

	memset(local, 0, sizeof(*local));
	local->codecs = (1u << CODEC_COUNT) - 1;
	local->secure = secure;
	local->fallback = fallback;
	expect(address_read(bytes_text("192.0.2.1"), 30000, &local->media, NULL) == FAULT_NONE);
	for (unsigned suite = 0; secure && suite < SUITE_COUNT; suite++) {
		const struct suite_sizes *sizes = suite_sizes((enum suite)suite);

		expect(sdp_local_add_key(local, (enum suite)suite,
			   bytes_of(key, sizes->key + sizes->salt), NULL) == FAULT_NONE);
	}
}

static void
agree(const struct sdp *offer, bool secure, bool fallback)
{
	static struct sdp again;
	struct sdp_agreed agreed;
	struct sdp_local local;
	struct buffer body;

	make_local(&local, secure, fallback);
	if (sdp_answer_agree(&local, offer, &agreed, NULL) == FAULT_NONE)
		expect(agreed.refused || !secure || fallback || agreed.secure);
	if (sdp_offer_agree(&local, offer, &agreed, NULL) != FAULT_NONE)
		return;
	expect(secure || !agreed.secure);
	expect(!secure || fallback || agreed.secure);
	buffer_init(&body, 2 * SDP_MOST);
	expect(sdp_answer_write(&local, offer, &agreed, &body, NULL) == FAULT_NONE);
	if (body.size <= SDP_MOST) {
		expect(sdp_read(buffer_bytes_of(&body), &again, NULL) == FAULT_NONE);
		expect(again.medias == offer->medias && sdp_audio(&again) != NULL);
		expect(sdp_audio(&again)->secure == agreed.secure);
	}
	buffer_finish(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sdp sdp;
	struct bytes input = bytes_of(data, size);
	struct sdp_crypto crypto;
	struct why why = {""};

	nothing_secret_is_left(input);
	if (sdp_crypto_read(input, &crypto, NULL) == FAULT_NONE)
		expect(crypto.key_size <= SDP_KEY_MOST && crypto.tag > 0);
	if (sdp_read(input, &sdp, &why) != FAULT_NONE) {
		expect(why.text[0] != '\0');
		return 0;
	}
	views_lie_inside(&sdp, input);
	for (int way = 0; way < 4; way++)
		agree(&sdp, way & 1, way & 2);
	return 0;
}
