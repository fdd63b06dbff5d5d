# SPDX-License-Identifier: Apache-2.0
"""What somebody on the wire sees: tshark reads whole lives of phones, with and without keys."""

import array
import contextlib
import ctypes
import ctypes.util
import json
import math
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import wave

from call_scenario import (SPEECH, hang_up, live, place_call, two_phones, wait_icon)
from harness import ROOT, Skip, proves, wait_until
from peers import SipClient, client_context
from registration_scenario import device_of
import sound
import srtp

SIP_WORDS = [b"SIP/2.0", b"REGISTER sip:", b"INVITE sip:", b"Call-ID:", b"m=audio", b"a=crypto",
             b"inline:", b"a=rtpmap", b"Call-Info"]
ECDHE_GCM = {"0xc02b", "0xc02c", "0xc02f", "0xc030"}
ENTROPY_LEAST = 7.95     # bits a byte, of a direction's whole payload
PACKETS_LEAST = 200      # of speech in a direction
UNLIKE = 0.5
ATTEMPTS = 3
RTP_HEADER, SRTP_TAG = 12, 16
OPUS_RATE, OPUS_FRAME = 48000, 5760


def need_capture():
    if os.geteuid() != 0:
        raise Skip("capturing on the loopback interface needs root")
    if shutil.which("tshark") is None:
        raise Skip("tshark is not installed")


def tshark(path, *arguments):
    done = subprocess.run(["tshark", "-n", "-r", str(path), *map(str, arguments)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(errors="replace").splitlines()


MARK_PORT = 9  # discard


@contextlib.contextmanager
def capturing(world, name, wanted):
    """The packets of wanted (a capture filter) while the block runs; gives the file's path."""
    path = world.folder / (name + ".pcapng")
    program = world.start(name, "tshark", "-n", "-q", "-i", "lo", "-s", "0", "-f", wanted,
                          "-w", path)
    wait_until(lambda: "Capturing on" in program.text() and path.exists(), "tshark to capture")
    yield path
    # The last packet is ours: once it stands in the file, so does everything before it.
    mark = os.urandom(16)
    address = re.search(r"\d+\.\d+\.\d+\.\d+", wanted).group(0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as marker:
        def written():
            marker.sendto(mark, (address, MARK_PORT))
            return mark in path.read_bytes()
        wait_until(written, "tshark to have written all")
    program.expected_end = True
    program.process.send_signal(signal.SIGINT)
    assert program.process.wait(20) == 0, program.text()


def speech_packets(path, least=PACKETS_LEAST):
    """RTP by its direction: (address, port) of the sender to the packets."""
    found = {}
    for line in tshark(path, "-Y", "udp", "-T", "fields", "-e", "ip.src", "-e", "udp.srcport",
                       "-e", "udp.payload"):
        address, port, payload = line.split("\t")
        packet = bytes.fromhex(payload)
        if len(packet) > RTP_HEADER and packet[0] & 0xC0 == 0x80 and not 200 <= packet[1] <= 207:
            found.setdefault((address, port), []).append(packet)
    return {who: packets for who, packets in found.items() if len(packets) >= least}


def entropy(content):
    counts = [content.count(value) for value in range(256)]
    return -sum(count / len(content) * math.log2(count / len(content))
                for count in counts if count)


def eavesdropped(world, packets, cut=0):
    """Likeness of what somebody hears who decodes the payloads as Opus, to each speech."""
    name = ctypes.util.find_library("opus")
    if name is None:
        raise Skip("libopus is not installed")
    opus = ctypes.CDLL(name)
    opus.opus_decoder_create.restype = ctypes.c_void_p
    problem = ctypes.c_int()
    decoder = ctypes.c_void_p(opus.opus_decoder_create(OPUS_RATE, 1, ctypes.byref(problem)))
    frame = (ctypes.c_int16 * OPUS_FRAME)()
    samples = array.array("h")
    for packet in packets:
        payload = packet[RTP_HEADER:len(packet) - cut]
        count = opus.opus_decode(decoder, payload, len(payload), frame, OPUS_FRAME, 0)
        samples.extend(frame[:count] if count > 0 else [0] * (OPUS_RATE // 50))
    opus.opus_decoder_destroy(decoder)
    path = world.folder / "eavesdropped.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, OPUS_RATE, 0, "NONE", ""))
        out.writeframes(samples.tobytes())
    return max(sound.likeness(said, path) for said in SPEECH)


def demonstrate(world, folder):
    """The whole of ./run --check. Its speech is said once: a busy machine may spoil it."""
    for _ in range(ATTEMPTS):
        shutil.rmtree(folder, ignore_errors=True)
        done = run_demonstration(world, folder)
        if b"FAIL  speech" not in done.stdout:
            break
    assert done.returncode == 0, done.stdout.decode(errors="replace")


def run_demonstration(world, folder):
    return subprocess.run([sys.executable, ROOT / "tools" / "demonstration", "--check", "--keep",
                           folder], env=dict(world.env, RINGFENCE_BUILD=str(world.build)),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300)


@proves("S40 signalling", "S40 media", "S40 files")
def test_a_whole_run_shows_nothing_on_the_wire(world):
    need_capture()
    folder = world.folder / "demonstration"
    with capturing(world, "wire", "host 127.0.0.2 or host 127.0.0.3") as everything:
        demonstrate(world, folder)
    ports = json.loads((folder / "site" / "site.json").read_text())["ports"]
    # Its addresses are everybody's on this machine: what went to or from this site and between
    # these phones is ours.
    path = world.folder / "ours.pcapng"
    numbers = ", ".join(str(port) for port in sorted(ports.values()))
    tshark(everything, "-Y", f"tcp.port in {{{numbers}}} || udp.port in {{{numbers}}} || "
           "(ip.src in {127.0.0.2, 127.0.0.3} && ip.dst in {127.0.0.2, 127.0.0.3})", "-w", path)
    content = path.read_bytes()
    assert b"GET /SEP" in content or b"GET /CTL" in content, "the search finds nothing at all"

    connections = tshark(path, "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0", "-T", "fields",
                         "-e", "ip.src", "-e", "tcp.dstport")
    asked = {tuple(line.split("\t")) for line in connections}
    for phone in ("127.0.0.2", "127.0.0.3"):
        for port in ("sip_tls", "capf", "files_http"):
            assert (phone, str(ports[port])) in asked, (phone, port, asked)
    in_clear = {port for _, port in asked} - {str(ports["sip_tls"]), str(ports["capf"])}
    assert in_clear == {str(ports["files_http"])}, in_clear
    for word in SIP_WORDS:
        assert word not in content, f"{word} stands in clear on the wire"
    secure = ["-d", f"tcp.port=={ports['sip_tls']},tls", "-d", f"tcp.port=={ports['capf']},tls"]
    assert not tshark(path, *secure, "-Y", "sip || sdp")
    data = tshark(path, *secure, "-Y", f"tcp.port == {ports['sip_tls']} && tcp.len > 0 && "
                  "!tls && !tcp.analysis.retransmission && tcp.segment_data == 0")
    assert not data, data[:3]
    world.saw("S40 signalling")

    speakers = speech_packets(path)
    assert {address for address, _ in speakers} == {"127.0.0.2", "127.0.0.3"}, list(speakers)
    for who, packets in speakers.items():
        assert entropy(b"".join(packet[RTP_HEADER:] for packet in packets)) >= ENTROPY_LEAST, who
        assert len({packet[RTP_HEADER] for packet in packets}) > 64, "the same byte begins each"
        for cut in (0, SRTP_TAG):
            assert eavesdropped(world, packets, cut) < UNLIKE, who
    world.saw("S40 media")

    taken = world.folder / "taken"
    tshark(path, "-q", "-d", f"tcp.port=={ports['files_http']},http", "--export-objects",
           f"http,{taken}")
    names = {file.name for file in taken.iterdir()}
    assert sum(name.endswith(".cnf.xml.sgn") for name in names) >= 2 and \
        sum(name.endswith(".tlv") for name in names) >= 4, names
    for file in taken.iterdir():
        name = re.sub(r"\(\d+\)", "", file.name)
        assert name.endswith((".sgn", ".tlv")), f"{name} is not a signed file"
        world.ctl("file", "verify", file, "--list", folder / "site" / "files" / "ITLFile.tlv",
                  "--name", name)
    world.saw("S40 files")


@proves()
def test_the_eavesdropper_would_hear_a_call_in_clear(world):
    """The control: the same search, where there is something to find."""
    need_capture()
    site, phones = two_phones(world, profiles=("nonsecure", "nonsecure"))
    with capturing(world, "clear", f"host {phones[0].address}") as path:
        place_call(*phones)
        sound.wait_heard(SPEECH[0], phones[1].heard)
        hang_up(*phones)
    content = path.read_bytes()
    assert all(word in content for word in (b"SIP/2.0", b"INVITE sip:", b"m=audio")), site.address
    speakers = speech_packets(path)
    assert max(eavesdropped(world, packets) for packets in speakers.values()) >= sound.LIKENESS
    for packets in speakers.values():
        assert len({packet[RTP_HEADER] for packet in packets}) < 64


@proves("S54 undecipherable")
def test_without_the_keys_of_tls_a_capture_stays_closed(world):
    need_capture()
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    mac = site.new_mac()
    context = client_context(device_of(site, mac, "2002"))
    log = world.folder / "keys-of-tls"
    context.keylog_filename = str(log)
    with capturing(world, "closed", f"host {site.address}") as path:
        talker = srtp.Talker(SipClient(site.address, site.port("sip_tls"), context), "2002",
                             "SEP" + mac, site.address)
        phone.ctl("dial", "2002")
        talker.wait_invite()
        keys = [key for _, key in talker.offered().values()]
        talker.answer()
        phone.wait_status("connected", lambda status: any(
            call["state"] == "connected" for call in live(status)))
        talker.throw(talker.sealed(1))
        wait_icon(phone, "lock")
        phone.ctl("hangup")
        phone.wait_status("idle", lambda status: not live(status))
        talker.close()
    decode = ["-d", f"tcp.port=={site.port('sip_tls')},tls",
              "-d", f"tls.port=={site.port('sip_tls')},sip"]
    suites = set(tshark(path, *decode, "-Y", "tls.handshake.type == 2", "-T", "fields", "-e",
                        "tls.handshake.ciphersuite"))
    assert suites and suites <= ECDHE_GCM, suites
    stored = world.folder / "callmanager.key"
    for name in ("callmanager", "callmanager-ec"):  # not even the server's own keys help
        subprocess.run(["openssl", "pkey", "-inform", "DER", "-in", site.folder / "keys" / name,
                        "-out", stored], check=True)
        assert not tshark(path, *decode, "-o", f'uat:rsa_keys:"{stored}",""', "-Y",
                          "sip || sdp"), name
    content = path.read_bytes()
    assert not any(key.encode() in content for key in keys)
    opened = tshark(path, *decode, "-o", f"tls.keylog_file:{log}", "-Y", "sip", "-V")
    assert any(keys[0] in line for line in opened), "with the keys tshark should have read it"
    world.saw("S54 undecipherable")
