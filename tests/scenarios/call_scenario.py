# SPDX-License-Identifier: Apache-2.0
"""Calls between real phones through a real manager: levels, locks, keys, speech."""

import base64
import itertools
import re

from harness import ROOT, proves, wait_until
from peers import SipClient
from registration_scenario import connect, device_of
import sound

SPEECH = [ROOT / "share" / "speech-1.wav", ROOT / "share" / "speech-2.wav"]
ICONS = {"nonsecure": "none", "authenticated": "shield", "encrypted": "lock"}


def two_phones(world, profiles=("encrypted", "encrypted"), **start):
    site = world.site().start()
    phones = [site.phone(str(2001 + index), profile, start=False, capf=None)
              for index, profile in enumerate(profiles)]
    for index, phone in enumerate(phones):
        phone.start(speaks=SPEECH[index], **start)
    for phone in phones:
        phone.wait_registered()
    return site, phones


def states(status):
    return [call["state"] for call in status.get("calls", [])]


def live(status):
    return [call for call in status.get("calls", []) if call["state"] != "ended"]


def place_call(caller, called):
    caller.ctl("dial", called.number)
    called.wait_status("ringing", lambda status: "ringing" in states(status))
    called.ctl("answer")
    for phone in (caller, called):
        phone.wait_status("connected", lambda status: "connected" in states(status))


def wait_icon(phone, icon):
    return phone.wait_status("icon " + icon, lambda status: any(
        call["icon"] == icon for call in live(status)))


def hang_up(caller, called):
    caller.ctl("hangup")
    for phone in (caller, called):
        phone.wait_status("idle", lambda status: not live(status))


def manager_levels(site):
    listed = site.ctl("call", "list")
    return [call["level"] for call in (listed["calls"] if isinstance(listed, dict) else listed)]


def screen(phone):
    shown = phone.ctl("screen")
    return shown["lines"] if isinstance(shown, dict) else shown


@proves("S57 encrypted", "S93 lock", "S94 position", "S107 same-cluster", "S108 dial",
        "S109 two-indicators")
def test_two_encrypted_phones_talk_and_show_the_lock(world):
    site, (first, second) = two_phones(world)
    first.ctl("dial", "2002")
    second.wait_status("ringing", lambda status: "ringing" in states(status))
    header, *rest = screen(first)
    assert "[phone secured]" in header, header
    assert not any("[lock]" in line for line in rest), rest
    second.ctl("answer")
    for phone in (first, second):
        wait_icon(phone, "lock")
        timer = wait_until(lambda: [line for line in screen(phone) if "[lock]" in line],
                           "a line with the lock")[0]
        assert re.search(r"\d+:\d\d \[lock\]", timer), timer
    world.saw("S109 two-indicators", "S94 position")
    assert manager_levels(site) == ["encrypted"]
    for phone in (first, second):
        call = live(phone.status())[0]
        assert call["suite"] == "AEAD_AES_256_GCM" and call["media_secure"], call
    world.saw("S57 encrypted", "S93 lock", "S107 same-cluster", "S108 dial")
    for speaker, hearer in ((0, second), (1, first)):
        sound.wait_heard(SPEECH[speaker], hearer.heard)
    hang_up(first, second)


@proves("S57 matrix", "S57 nonsecure", "S57 authenticated", "S91 states")
def test_each_pair_of_profiles_gives_the_lower_level(world):
    site = world.site().start()
    profiles = ["nonsecure", "authenticated", "encrypted"]
    phones = {}
    for index, (profile, side) in enumerate(itertools.product(profiles, (0, 1))):
        phones[profile, side] = site.phone(str(2001 + index), profile, capf=None)
    for phone in phones.values():
        phone.wait_registered()
    transports = {entry["device"]: entry["transport"] for entry in registrations(site)}
    assert transports[phones["nonsecure", 0].name] in ("tcp", "udp"), transports
    assert transports[phones["authenticated", 0].name] == "tls", transports
    for left, right in itertools.product(profiles, profiles):
        caller, called = phones[left, 0], phones[right, 1]
        place_call(caller, called)
        lower = min(left, right, key=profiles.index)
        for phone in (caller, called):
            wait_icon(phone, ICONS[lower])
        wait_until(lambda: manager_levels(site) == [lower], f"{left} to {right}: {lower}")
        suites = {live(phone.status())[0]["suite"] for phone in (caller, called)}
        assert (suites == {"none"}) == (lower != "encrypted"), (left, right, suites)
        hang_up(caller, called)
        wait_until(lambda: manager_levels(site) == [], "no call left")
    world.saw("S57 matrix", "S57 nonsecure", "S57 authenticated", "S91 states")


def registrations(site):
    listed = site.ctl("registration", "list")
    return listed["registrations"] if isinstance(listed, dict) else listed


@proves("S57 transitions", "S41 default", "S41 transport", "S41 menu")
def test_a_profile_changes_the_phone_after_reset(world):
    site = world.site().start()
    phone = site.phone("2001", "nonsecure", capf=None)
    assert site.ctl("phone", "show", phone.name)["profile"] == "nonsecure"
    other = "SEP" + site.new_mac()
    assert site.ctl("phone", "add", other)["profile"] == "nonsecure"
    world.saw("S41 default")
    phone.wait_registered()
    order = ["authenticated", "encrypted", "nonsecure", "encrypted", "authenticated", "nonsecure"]
    wanted = {"nonsecure": ("tcp", "udp"), "authenticated": ("tls",), "encrypted": ("tls",)}
    for profile in order:
        site.ctl("phone", "set", phone.name, "--profile", profile)
        phone.ctl("reset")
        phone.wait_status("mode " + profile, lambda _: phone.ctl("security")["mode"] == profile)
        phone.wait_registered()
        wait_until(lambda: [entry["transport"] for entry in registrations(site)
                            if entry["device"] == phone.name][:1] and all(
                   entry["transport"] in wanted[profile] for entry in registrations(site)
                   if entry["device"] == phone.name), "a registration by " + str(wanted[profile]))
        suites = phone.ctl("security")["srtp_suites"]
        assert (suites == "none") == (profile != "encrypted"), (profile, suites)
    world.saw("S57 transitions", "S41 transport", "S41 menu")


class Callee:
    """A SIP endpoint of ours that answers calls, to see what the manager sends it."""

    def __init__(self, client, line, device, domain):
        self.client, self.invites = client, []
        answer = client.ask(client.register(line, device, domain))
        assert answer.status == 200, answer.text

    def wait_invite(self):
        while True:
            message = self.client.receive()
            if message.start.startswith("INVITE"):
                self.invites.append(message)
                return message

    def reply(self, request, status):
        keep = [f"{name}: {value}" for name, value in request.headers
                if name.lower() in ("via", "from", "call-id", "cseq")]
        to = request.header("To")
        self.client.send("\r\n".join([f"SIP/2.0 {status}", *keep,
                                      f"To: {to};tag=callee" if ";tag=" not in to else f"To: {to}",
                                      "Content-Length: 0", "", ""]))


def cryptos(invite):
    return re.findall(rb"a=crypto:\d+ (\S+) inline:([^|\s]+)", invite.body)


@proves("S54 keys-differ", "S64 order", "S54 never-logged")
def test_every_call_has_keys_of_its_own(world):
    site = world.site().start()
    caller = site.phone("2001", capf=None)
    caller.wait_registered()
    mac = site.new_mac()
    identity = device_of(site, mac, "2002")
    callee = Callee(connect(site, identity), "2002", "SEP" + mac, site.address)
    seen = []
    for _ in range(2):
        caller.ctl("dial", "2002")
        invite = callee.wait_invite()
        offered = cryptos(invite)
        assert [name for name, _ in offered][:2] == [b"AEAD_AES_256_GCM", b"AEAD_AES_128_GCM"]
        seen += [key for _, key in offered]
        callee.reply(invite, "486 Busy Here")
        caller.wait_status("refused", lambda status: not live(status))
    sizes = [len(base64.b64decode(key + b"=" * (-len(key) % 4))) for key in seen]
    assert sizes[:2] == [44, 28], sizes
    assert len(set(seen)) == len(seen), "a key was used twice"
    world.saw("S54 keys-differ", "S64 order")
    logs = "".join(program.text() for program in world.programs) + \
        (site.folder / "audit.log").read_text()
    assert "inline:" not in logs
    assert not any(key.decode() in logs for key in seen)
    world.saw("S54 never-logged")


@proves("S54 never-in-clear")
def test_keys_never_leave_on_a_leg_that_is_not_tls(world):
    site = world.site().start()
    caller = site.phone("2001", capf=None)
    caller.wait_registered()
    mac = site.new_mac()
    site.ctl("phone", "add", "SEP" + mac, "--line", "2002", "--profile", "nonsecure")
    for udp in (False, True):
        callee = Callee(SipClient(site.address, site.port("sip"), udp=udp), "2002", "SEP" + mac,
                        site.address)
        caller.ctl("dial", "2002")
        invite = callee.wait_invite()
        assert b"crypto" not in invite.body and b"RTP/SAVP" not in invite.body, invite.body
        assert b"RTP/AVP" in invite.body, invite.body
        callee.reply(invite, "486 Busy Here")
        caller.wait_status("refused", lambda status: not live(status))
        callee.client.close()
    world.saw("S54 never-in-clear")


@proves("S93 downgrade")
def test_the_lock_goes_out_when_signalling_is_lost_and_media_goes_on(world):
    site, (first, second) = two_phones(world)
    place_call(first, second)
    for phone in (first, second):
        wait_icon(phone, "lock")
    site.manager.kill()
    for phone in (first, second):
        phone.wait_status("no lock", lambda status: live(status) and all(
            call["icon"] != "lock" for call in live(status)))
    before = live(second.status())[0]["media"]["authenticated"]
    second.wait_status("more speech", lambda status:
                       live(status)[0]["media"]["authenticated"] > before + 20)
    world.saw("S93 downgrade")
    site.start()
    for phone in (first, second):
        phone.wait_registered()


def test_keys_hold_and_resume(world):
    """What a person does in a call: keys reach the other side; the lock survives hold."""
    site, (first, second) = two_phones(world)
    place_call(first, second)
    for phone in (first, second):
        wait_icon(phone, "lock")
    first.ctl("keys", "42#")
    wait_until(lambda: second.program.text().count("phone: key ") == 3 and
               re.findall(r"phone: key .*\bkey=\"?(.)", second.program.text()) == ["4", "2", "#"],
               "the keys on the other phone")
    first.ctl("hold")
    first.wait_status("held", lambda status: "held" in states(status))
    second.wait_status("held by the peer", lambda status:
                       any(call["held_by_peer"] for call in live(status)))
    first.ctl("resume")
    for phone in (first, second):
        phone.wait_status("connected", lambda status: "connected" in states(status))
        wait_icon(phone, "lock")
    assert manager_levels(site) == ["encrypted"]
    hang_up(first, second)
