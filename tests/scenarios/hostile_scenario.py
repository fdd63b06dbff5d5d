# SPDX-License-Identifier: Apache-2.0
"""What the manager does with bad input: tortuous, broken, oversized, too much of it."""

import contextlib
import os
import re
import resource
import socket

from call_scenario import live, manager_levels, wait_icon
from harness import ROOT, free_address, proves, wait_until
from peers import Refused, SipClient, client_context
from registration_scenario import connect, device_of
import srtp

TORTURE = ROOT / "tests" / "data" / "rfc4475"
OUTCOMES = ROOT / "tests" / "signalling" / "sip_validate_test.c"
# The manager refuses the stranger who sends these before it looks at the body.
REFUSED_EARLIER = {"invut": 403, "sdp01": 403}
# No length, two, or one that is not there: on a stream nobody knows where the next one begins.
UNBOUNDED = {"clerr", "multi01", "mcl01", "ncl", "dblreq", "inv2543"}
WAITS_FOR_MORE = {"clerr", "multi01"}
CROWD = 2000       # connections
HALF_OPEN = 1000   # handshakes that were begun
GARBAGE = 5000     # datagrams
SIP_MESSAGE_MOST = 65535
REASONS = 4        # different ones, for what is refused below
DESCRIPTORS = 4096


def expectations():
    """Name to status as the unit test has it; None: no answer, 0: whatever the manager decides."""
    rows = re.findall(r'\{"(\w+)", "[^"]*", (TAKEN|ANSWERED|DROPPED|UNREADABLE), (\d+),',
                      OUTCOMES.read_text())
    kinds = {"TAKEN": lambda _: 0, "ANSWERED": int, "DROPPED": lambda _: None,
             "UNREADABLE": lambda _: None}
    wanted = {name: kinds[outcome](status) for name, outcome, status in rows}
    for name in ("noreason", "unreason"):  # good answers, but to nobody's request
        wanted[name] = None
    return dict(wanted, **REFUSED_EARLIER)


def registers(client, line, device, site):
    answer = client.ask(client.register(line, device, site.address))
    assert answer.status == 200, answer.text


def answers_before_register(client, line, device, site):
    """Statuses that came before the answer to a REGISTER of ours, which must be a good one."""
    request = client.register(line, device, site.address)
    call_id = re.search(r"Call-ID: (\S+)", request).group(1)
    client.send(request)
    statuses = []
    while True:
        message = client.receive()
        if message.header("Call-ID") == call_id and message.status >= 200:
            assert message.status == 200, message.text
            return statuses
        if message.status is not None and message.status >= 200:
            statuses.append(message.status)


def open_client(site, transport, identity):
    if transport == "tls":
        return connect(site, identity)
    return SipClient(site.address, site.port("sip"), udp=transport == "udp")


@proves()
def test_each_message_of_rfc_4475_is_answered_as_it_says(world):
    site = world.site().start()
    identity = device_of(site, site.first_mac, "2001")
    plain = "SEP" + site.new_mac()
    site.ctl("phone", "add", plain, "--line", "2002", "--profile", "nonsecure")
    wanted = expectations()
    assert len(wanted) == 49
    for name, status in wanted.items():
        content = (TORTURE / (name + ".dat")).read_bytes()
        for transport in ("udp", "tcp", "tls"):
            line, device = ("2001", "SEP" + site.first_mac) if transport == "tls" else \
                ("2002", plain)
            with open_client(site, transport, identity) as client:
                client.send(content)
                if transport != "udp" and name in WAITS_FOR_MORE:
                    continue
                try:
                    found = answers_before_register(client, line, device, site)
                except Refused:
                    assert transport != "udp" and name in UNBOUNDED, (name, transport)
                    continue
                case = (name, transport, status, found)
                if status is None:
                    assert found == [], case
                elif status == 0:
                    assert len(found) <= 2 and all(one < 500 for one in found), case
                else:
                    assert status in found, case
    with open_client(site, "tls", identity) as client:
        registers(client, "2001", "SEP" + site.first_mac, site)


@proves()
def test_nonsense_and_oversized_sip_ends_its_own_connection_only(world):
    site = world.site().start()
    identity = device_of(site, site.first_mac, "2001")
    good = connect(site, identity)
    registers(good, "2001", "SEP" + site.first_mac, site)
    whole = good.register("2001", "SEP" + site.first_mac, site.address).encode()
    head = whole.split(b"\r\n\r\n")[0]
    cases = {
        "no SIP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "bytes": bytes(range(256)) * 64,
        "a line without end": b"REGISTER sip:" + b"a" * SIP_MESSAGE_MOST,
        "a head without end": head + b"\r\nX-Filler: x" * 10000,
        "a body too large": head.replace(b"Content-Length: 0", b"Content-Length: 99999999")
        + b"\r\n\r\n",
        "a negative body": head.replace(b"Content-Length: 0", b"Content-Length: -1")
        + b"\r\n\r\n",
    }
    for name, content in cases.items():
        for transport in ("tcp", "tls"):
            # Each from an address of its own: repeats of one host are only counted.
            with SipClient(site.address, site.port("sip_tls" if transport == "tls" else "sip"),
                           client_context(identity) if transport == "tls" else None,
                           source=free_address()) as client:
                try:
                    client.send(content)
                    answer = client.receive()
                    raise AssertionError(f"{name} by {transport}: {answer.start}")
                except Refused:
                    pass
        registers(good, "2001", "SEP" + site.first_mac, site)
    wait_until(lambda: len({record["reason"] for record in
                            site.audit(event="sip connection refused")}) >= REASONS,
               "records that say what was wrong")
    for size in range(0, len(whole), 7):  # cut at every seventh byte, then gone
        with open_client(site, "tcp", identity) as client:
            client.send(whole[:size])
    for cut in (whole[:-4], whole[:40], whole[:1], b""):
        with SipClient(site.address, site.port("sip"), udp=True) as client:
            client.send(cut)
    registers(good, "2001", "SEP" + site.first_mac, site)


@proves()
def test_a_flood_on_one_listener_leaves_the_others_working(world):
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    identity = device_of(site, site.new_mac(), "2002")

    resource.setrlimit(resource.RLIMIT_NOFILE, (
        DESCRIPTORS, max(DESCRIPTORS, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))

    def all_else_works(flooded):
        if flooded != "sip_tls":
            with connect(site, identity) as client:
                assert client.socket.version() == "TLSv1.2"
        for port in {"files_http", "capf", "sip"} - {flooded}:
            with socket.create_connection((site.address, site.port(port)), 10):
                pass
        assert phone.status()["registered"]

    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    for port, count, first in (("sip", CROWD, b""), ("sip_tls", HALF_OPEN, hello),
                               ("capf", HALF_OPEN, hello), ("files_http", HALF_OPEN, b"GET /")):
        with contextlib.ExitStack() as crowd:
            for _ in range(count):
                one = crowd.enter_context(socket.create_connection(
                    (site.address, site.port(port)), 10, (free_address(), 0)))
                with contextlib.suppress(ConnectionError):  # it may be refused again
                    one.sendall(first)
            all_else_works(port)
        with socket.create_connection((site.address, site.port(port)), 10):
            pass  # and it takes new ones again
    for port in ("sip", "tftp"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(GARBAGE):
                with contextlib.suppress(OSError):
                    sender.sendto(os.urandom(64), (site.address, site.port(port)))
            all_else_works(port)
    with connect(site, identity) as client:
        assert client.socket.version() == "TLSv1.2"
    assert "process ended" not in site.manager.text().partition("registered line=2001")[2]


@proves()
def test_tftp_reads_nothing_outside_its_root(world):
    site = world.site().start()
    (site.folder / "files" / "inside").write_text("x")
    for name in ("../site.json", "/etc/passwd", "..\\site.json", "inside/../../site.json",
                 "../keys/callmanager", ".", "..", "a" * 300, "\x01\x02", "%2e%2e/site.json"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.sendto(b"\0\1" + name.encode() + b"\0octet\0",
                          (site.address, site.port("tftp")))
            answer = client.recv(2048)
            assert answer[:2] == b"\0\5", (name, answer)
    site.wait_audit(event=re.compile("file|tftp", re.I), reason=re.compile(r"\.\."))
    done = get(site, "/../site.json")
    assert b"200" not in done.split(b"\r\n")[0] and b"ports" not in done, done


def get(site, path):
    """HTTP by hand: a library would tidy the path."""
    with socket.create_connection((site.address, site.port("files_http")), 10) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        content = b""
        while got := client.recv(65536):
            content += got
        return content


def talker_of(site, line, profile="encrypted"):
    mac = site.new_mac()
    return srtp.Talker(connect(site, device_of(site, mac, line, profile)), line, "SEP" + mac,
                       site.address)


SHA1_32 = "AES_CM_128_HMAC_SHA1_32"


@proves("S64 policy")
def test_a_weak_suite_is_used_only_where_the_profile_allows_it(world):
    site = world.site().start()
    site.ctl("profile", "set", "strong", "--mode", "encrypted", "--suites", "aead")
    lenient = site.phone("2001", "encrypted", capf=None, start=False)
    strict = site.phone("2002", "strong", capf=None, start=False)
    for phone in (lenient, strict):
        phone.start("--auto-answer")
        phone.wait_registered()
    talker = talker_of(site, "2003")
    lenient.ctl("dial", "2003")
    talker.wait_invite()
    assert SHA1_32 in talker.offered()
    talker.answer(SHA1_32)
    call = live(lenient.wait_status("connected", lambda status: any(
        one["state"] == "connected" for one in live(status))))[0]
    assert call["suite"] == SHA1_32 and manager_levels(site) == ["encrypted"], call
    for sequence in range(10):
        talker.throw(talker.sealed(sequence))
    wait_icon(lenient, "lock")
    assert talker.receives.open(talker.rtp.recv(2048)) is not None
    lenient.ctl("hangup")
    lenient.wait_status("idle", lambda status: not live(status))
    talker.close()
    talker = talker_of(site, "2004")
    strict.ctl("dial", "2004")
    talker.wait_invite()
    assert set(talker.offered()) == {"AEAD_AES_256_GCM", "AEAD_AES_128_GCM"}, talker.offered()
    talker.reply(talker.invite, "488 Not Acceptable Here")
    strict.wait_status("idle", lambda status: not live(status))
    answer = talker.call("2002", [SHA1_32])
    assert b"crypto" not in answer.body, answer.body
    assert answer.status >= 400 or b"RTP/AVP" in answer.body, (answer.text, answer.body)
    assert "encrypted" not in manager_levels(site)
    assert all(one["icon"] != "lock" for one in live(strict.status()))
    world.saw("S64 policy")


@proves("S64 base64")
def test_keys_are_read_with_and_without_padding(world):
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    for line, (suite, padded) in enumerate(
            [("AEAD_AES_256_GCM", True), ("AEAD_AES_256_GCM", False),
             ("AEAD_AES_128_GCM", True), ("AEAD_AES_128_GCM", False)], 2002):
        talker = talker_of(site, str(line))
        phone.ctl("dial", str(line))
        talker.wait_invite()
        talker.answer(suite, padded)
        phone.wait_status("connected", lambda status: any(
            one["state"] == "connected" for one in live(status)))
        talker.throw(talker.sealed(1))
        call = live(wait_icon(phone, "lock"))[0]
        assert call["suite"] == suite and call["media"]["authenticated"] >= 1, call
        assert not call["media"]["refused_authentication"], call
        phone.ctl("hangup")
        phone.wait_status("idle", lambda status: not live(status))
        talker.close()
    world.saw("S64 base64")
