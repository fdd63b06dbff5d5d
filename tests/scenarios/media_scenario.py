# SPDX-License-Identifier: Apache-2.0
"""What a phone does with packets: forged, damaged, repeated, reordered, wrapped round, strange.

The other end is ours, with libsrtp2 under it, so that every packet is exactly as wanted."""

import array
import re
import socket
import wave

from call_scenario import SPEECH, live, wait_icon
from harness import free_address, proves, wait_until
from registration_scenario import connect, device_of
import sound
import srtp

WINDOW = 128          # how far behind the newest a packet may come (lib/media/srtp.h)
SECOND = 50           # packets
FAR = 1 << 15         # beyond what a sequence number can tell apart


def in_a_call(world, profile="encrypted"):
    """A phone of ours in an encrypted call with a talker."""
    site = world.site().start()
    phone = site.phone("2001", profile, capf=None, start=False)
    phone.start(speaks=SPEECH[0])
    phone.wait_registered()
    mac = site.new_mac()
    talker = srtp.Talker(connect(site, device_of(site, mac, "2002")), "2002", "SEP" + mac,
                         site.address)
    phone.ctl("dial", "2002")
    talker.wait_invite()
    talker.answer()
    phone.wait_status("connected", lambda status: any(
        call["state"] == "connected" for call in live(status)))
    return site, phone, talker


def counts(phone):
    return live(phone.status())[0]["media"]


def wait_counts(phone, before, **grown):
    """Until exactly these counts have grown, by this much, and no other of the four."""
    watched = ("received", "refused_authentication", "refused_replay", "refused_source")
    wanted = {name: before[name] + grown.get(name, 0) for name in watched}

    def look():
        now = {name: counts(phone)[name] for name in watched}
        assert all(now[name] <= wanted[name] for name in watched), (now, wanted)
        return now == wanted
    wait_until(look, f"{grown} to be counted after {before}")


def send(phone, talker, sequences):
    before = counts(phone)
    for sequence in sequences:
        talker.throw(talker.sealed(sequence))
    wait_counts(phone, before, received=len(sequences))


@proves("S1 srtp-flipped", "S1 srtp-replayed", "S55 replay")
def test_flipped_and_repeated_packets_are_dropped_and_counted(world):
    site, phone, talker = in_a_call(world)
    send(phone, talker, range(1000, 1010))
    wait_icon(phone, "lock")
    for at in (0, 1, 12, 40, -1):  # header, payload, tag: another one of each is whole
        before = counts(phone)
        packet = talker.sealed(1100 + at)
        talker.throw(srtp.flipped(packet, at) if at else packet[:2] + b"\x07\x07" + packet[4:])
        wait_counts(phone, before, refused_authentication=1)
        talker.throw(packet)
        wait_counts(phone, before, refused_authentication=1, received=1)
    world.saw("S1 srtp-flipped")
    for packet in [talker.sealed(sequence) for sequence in range(1200, 1210)]:
        before = counts(phone)
        talker.throw(packet)
        wait_counts(phone, before, received=1)
        talker.throw(packet)
        wait_counts(phone, before, received=1, refused_replay=1)
    assert live(wait_icon(phone, "lock"))[0]["state"] == "connected"
    for words in ("authenticat", "seen before"):
        site.wait_audit(device=phone.name, reason=re.compile(words))
    world.saw("S1 srtp-replayed", "S55 replay")


@proves("S55 window")
def test_reordering_inside_the_window_is_honoured(world):
    _, phone, talker = in_a_call(world)
    packets = {sequence: talker.sealed(sequence) for sequence in range(2000, 2400)}
    late = {2390 - WINDOW + 1, 2300, 2389}
    too_late = {2390 - WINDOW, 2390 - WINDOW - 30}
    before = counts(phone)
    ahead = [sequence for sequence in range(2200, 2391) if sequence not in late | too_late]
    for sequence in ahead:
        talker.throw(packets[sequence])
    wait_counts(phone, before, received=len(ahead))
    for sequence in sorted(late, reverse=True):
        talker.throw(packets[sequence])
    wait_counts(phone, before, received=len(ahead) + len(late))
    for sequence in too_late:
        talker.throw(packets[sequence])
    wait_counts(phone, before, received=len(ahead) + len(late), refused_replay=len(too_late))
    world.saw("S55 window")


@proves("S55 roll-over")
def test_the_sequence_wraps_round_while_a_second_is_lost(world):
    _, phone, talker = in_a_call(world)
    first = 0x10000 - 2 * SECOND
    send(phone, talker, range(first, 0x10000 - SECOND // 2))
    for sequence in range(0x10000 - SECOND // 2, 0x10000 + SECOND // 2):
        talker.sealed(sequence)  # sealed, so that the talker's own counter rolls, but lost
    send(phone, talker, range(0x10000 + SECOND // 2, 0x10000 + 3 * SECOND))
    # What was forged far ahead moves no counter: the stream goes on.
    before = counts(phone)
    talker.throw(srtp.rtp_packet(FAR, 0, talker.ssrc) + bytes(16))
    wait_counts(phone, before, refused_authentication=1)
    send(phone, talker, range(0x10000 + 3 * SECOND, 0x10000 + 4 * SECOND))
    wait_icon(phone, "lock")
    world.saw("S55 roll-over")


@proves("S55 srtcp")
def test_control_packets_are_protected(world):
    _, phone, talker = in_a_call(world)
    packet = talker.rtcp.recv(2048)
    plain = talker.receives.open(packet, rtcp=True)
    assert plain is not None, "libsrtp2 refuses the phone's SRTCP"
    kinds, at = [], 0
    while at < len(plain):
        kinds.append(plain[at + 1])
        at += 4 * (int.from_bytes(plain[at + 2:at + 4], "big") + 1)
    assert at == len(plain) and kinds[0] in (200, 201) and 202 in kinds, kinds
    assert plain[8:] not in packet, "the report is not encrypted"
    assert talker.receives.open(srtp.flipped(packet), rtcp=True) is None
    report = srtp.rtcp_packet(talker.ssrc)
    before = counts(phone)
    for damaged in (srtp.flipped(talker.sends.seal(report, rtcp=True), 12), report):
        talker.throw_rtcp(damaged)
    wait_until(lambda: counts(phone)["refused_authentication"] ==
               before["refused_authentication"] + 2, "damaged and plain SRTCP to be refused")
    assert counts(phone)["authenticated"] == before["authenticated"]
    whole = talker.sends.seal(report, rtcp=True)
    talker.throw_rtcp(whole)
    wait_until(lambda: counts(phone)["authenticated"] == before["authenticated"] + 1,
               "a whole SRTCP packet to be believed")
    talker.throw_rtcp(whole)
    wait_until(lambda: counts(phone)["refused_replay"] == before["refused_replay"] + 1,
               "the same again to be refused")
    world.saw("S55 srtcp")


@proves()
def test_another_implementation_hears_what_is_said(world):
    _, _, talker = in_a_call(world)
    samples = array.array("h")
    path = world.folder / "heard-by-libsrtp2.wav"
    with wave.open(str(SPEECH[0])) as said:
        wanted = said.getnframes() * 8000 // said.getframerate() + 16000
    while len(samples) < wanted:
        packet = talker.receives.open(talker.rtp.recv(2048))
        assert packet is not None, "libsrtp2 refuses a packet of the phone"
        samples.extend(srtp.pcmu_sample(code) for code in packet[12:])
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(samples.tobytes())
    assert sound.likeness(SPEECH[0], path) >= sound.LIKENESS


@proves()
def test_packets_from_a_strange_address_are_not_played(world):
    _, phone, talker = in_a_call(world)
    send(phone, talker, range(100, 110))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((free_address(), 0))
        before = counts(phone)
        for sequence in range(110, 120):  # under the right key, even
            talker.throw(talker.sealed(sequence), stranger)
        wait_counts(phone, before, refused_source=10)
    send(phone, talker, range(120, 130))
