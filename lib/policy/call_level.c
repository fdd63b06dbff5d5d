/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/call_level.h"

#include "base/attributes.h"

static bool
away(const struct leg_facts *leg)
{
	return !leg->connected;
}

static bool
in_clear(const struct leg_facts *leg)
{
	return leg->transport != TRANSPORT_TLS;
}

static bool
nobody(const struct leg_facts *leg)
{
	return !leg->certificate && !leg->digest;
}

/* The manager cannot see whether a digest user verified the manager's certificate; somebody in
 * between could pass the digest on. */
static bool
only_digest(const struct leg_facts *leg)
{
	return !leg->certificate && !leg->digest_counts;
}

static bool
mode_nonsecure(const struct leg_facts *leg)
{
	return leg->mode == LEVEL_NONSECURE;
}

static bool
mode_authenticated(const struct leg_facts *leg)
{
	return leg->mode == LEVEL_AUTHENTICATED;
}

static bool
clear_to_us(const struct leg_facts *leg)
{
	return !leg->srtp_to_us;
}

static bool
clear_from_us(const struct leg_facts *leg)
{
	return !leg->srtp_from_us;
}

static bool
vouched_digest(const struct leg_facts *leg)
{
	return !leg->certificate;
}

static bool
always(const struct leg_facts *leg)
{
	(void)leg;
	return true;
}

/* Read from the top: the first row that holds decides. The words go into log and "call why". */
static const struct {
	bool (*holds)(const struct leg_facts *leg);
	struct leg_judgement judgement;
} rows[] = {
    {away, {LEVEL_NONSECURE, "its signalling connection is gone"}},
    {in_clear, {LEVEL_NONSECURE, "its signalling is not TLS"}},
    {nobody, {LEVEL_NONSECURE, "its TLS peer is not verified"}},
    {only_digest, {LEVEL_NONSECURE, "its digest user is not vouched for"}},
    {mode_nonsecure, {LEVEL_NONSECURE, "its profile is nonsecure"}},
    {mode_authenticated, {LEVEL_AUTHENTICATED, "its profile is authenticated: media in clear"}},
    {clear_to_us, {LEVEL_AUTHENTICATED, "it sends its media in clear"}},
    {clear_from_us, {LEVEL_AUTHENTICATED, "it receives its media in clear"}},
    {vouched_digest, {LEVEL_ENCRYPTED, "TLS, a vouched digest user, SRTP in both directions"}},
    {always, {LEVEL_ENCRYPTED, "TLS, a verified certificate, SRTP in both directions"}},
};

struct leg_judgement
leg_judge(const struct leg_facts *facts)
{
	size_t i = 0;

	while (!rows[i].holds(facts))
		i++; /* ends: the last row always holds */
	return rows[i].judgement;
}

struct call_judgement
call_judge(const struct leg_facts *legs, size_t count)
{
	struct call_judgement call = {LEVEL_NONSECURE, 0, "it has no legs"};

	for (size_t i = 0; i < count; i++) {
		struct leg_judgement leg = leg_judge(&legs[i]);

		if (i == 0 || leg.level < call.level)
			call = (struct call_judgement){leg.level, i, leg.because};
	}
	return call;
}
