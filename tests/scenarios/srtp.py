# SPDX-License-Identifier: Apache-2.0
"""srtp - a peer of ours that speaks SRTP by libsrtp2, which shares no line with the project."""

import base64
import ctypes
import ctypes.util
import functools
import os
import re
import socket
import struct
import threading
import uuid

from harness import Skip, free_address
from peers import PEER_SECONDS, Refused

KEY_SIZES = {"AEAD_AES_256_GCM": 44, "AEAD_AES_128_GCM": 28,
             "AES_CM_128_HMAC_SHA1_80": 30, "AES_CM_128_HMAC_SHA1_32": 30}
RTP_POLICIES = {"AEAD_AES_256_GCM": "srtp_crypto_policy_set_aes_gcm_256_16_auth",
                "AEAD_AES_128_GCM": "srtp_crypto_policy_set_aes_gcm_128_16_auth",
                "AES_CM_128_HMAC_SHA1_80": "srtp_crypto_policy_set_rtp_default",
                "AES_CM_128_HMAC_SHA1_32": "srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32"}
# RFC 4568 6.2.2: SRTCP keeps the tag of 80 bits.
RTCP_POLICIES = dict(RTP_POLICIES, AES_CM_128_HMAC_SHA1_32="srtp_crypto_policy_set_rtp_default")
ANY_INBOUND, ANY_OUTBOUND = 2, 3
ROOM = 256
FRAME = 160   # samples of PCMU in 20 ms
PCMU = 0


class CryptoPolicy(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("cipher", "cipher_key_size", "auth",
                                                  "auth_key_size", "auth_tag_size", "services")]


class Policy(ctypes.Structure):
    _fields_ = [("ssrc_type", ctypes.c_int), ("ssrc", ctypes.c_uint32), ("rtp", CryptoPolicy),
                ("rtcp", CryptoPolicy), ("key", ctypes.c_char_p), ("keys", ctypes.c_void_p),
                ("key_count", ctypes.c_ulong), ("ekt", ctypes.c_void_p),
                ("window", ctypes.c_ulong), ("repeats", ctypes.c_int),
                ("headers", ctypes.c_void_p), ("header_count", ctypes.c_int),
                ("next", ctypes.c_void_p)]


@functools.lru_cache
def library():
    name = ctypes.util.find_library("srtp2")
    if name is None:
        raise Skip("libsrtp2 is not installed")
    loaded = ctypes.CDLL(name)
    assert loaded.srtp_init() == 0
    return loaded


class Direction:
    """One master key: either all we send, or all we receive."""

    def __init__(self, suite, key, sends):
        self.library = library()
        policy = Policy(ssrc_type=ANY_OUTBOUND if sends else ANY_INBOUND, key=key, window=1024)
        getattr(self.library, RTP_POLICIES[suite])(ctypes.byref(policy.rtp))
        getattr(self.library, RTCP_POLICIES[suite])(ctypes.byref(policy.rtcp))
        self.session = ctypes.c_void_p()
        assert self.library.srtp_create(ctypes.byref(self.session), ctypes.byref(policy)) == 0

    def run(self, function, packet):
        """What became of the packet; None when libsrtp2 refused it."""
        whole = ctypes.create_string_buffer(packet, len(packet) + ROOM)
        size = ctypes.c_int(len(packet))
        done = getattr(self.library, function)(self.session, whole, ctypes.byref(size))
        return whole.raw[:size.value] if done == 0 else None

    def seal(self, packet, rtcp=False):
        sealed = self.run("srtp_protect_rtcp" if rtcp else "srtp_protect", packet)
        assert sealed is not None, "libsrtp2 did not protect it"
        return sealed

    def open(self, packet, rtcp=False):
        return self.run("srtp_unprotect_rtcp" if rtcp else "srtp_unprotect", packet)


def rtp_packet(sequence, timestamp, ssrc, payload=b"\xff" * FRAME):
    return struct.pack("!BBHII", 0x80, PCMU, sequence & 0xFFFF, timestamp & 0xFFFFFFFF,
                       ssrc) + payload


def rtcp_packet(ssrc):
    """A sender report without blocks, and the description that must go with it."""
    report = struct.pack("!BBHIQIII", 0x80, 200, 6, ssrc, 0, 0, 0, 0)
    items = struct.pack("!IBB", ssrc, 1, 4) + b"peer" + bytes(2)
    return report + struct.pack("!BBH", 0x81, 202, len(items) // 4) + items


class Talker:
    """A phone played by us: SIP on a connection that has registered, media by libsrtp2."""

    def __init__(self, client, line, device, domain):
        self.client, self.line, self.domain = client, line, domain
        answer = client.ask(client.register(line, device, domain))
        assert answer.status == 200, answer.text
        self.address = free_address()
        self.rtp, self.rtcp = self.bind_pair()
        self.ssrc = int.from_bytes(os.urandom(4), "big")
        self.sends = self.receives = None
        self.invite = None
        self.requests = []

    def bind_pair(self):
        for port in range(40000, 50000, 2):
            pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
            try:
                for index, one in enumerate(pair):
                    one.settimeout(PEER_SECONDS)
                    one.bind((self.address, port + index))
                return pair
            except OSError:
                for one in pair:
                    one.close()
        raise AssertionError("no pair of ports")

    def close(self):
        self.rtp.close()
        self.rtcp.close()
        self.client.close()

    def sdp(self, crypto):
        port = self.rtp.getsockname()[1]
        kind = "SAVP" if crypto else "AVP"
        lines = ["v=0", f"o=- 1 1 IN IP4 {self.address}", "s=-", f"c=IN IP4 {self.address}",
                 "t=0 0", f"m=audio {port} RTP/{kind} {PCMU}", "a=rtpmap:0 PCMU/8000",
                 *(f"a=crypto:{tag} {suite} inline:{key}" for tag, suite, key in crypto)]
        return "".join(line + "\r\n" for line in lines)

    def reply(self, request, status, body="", extra=()):
        keep = [f"{name}: {value}" for name, value in request.headers
                if name.lower() in ("via", "from", "call-id", "cseq", "record-route")]
        to = request.header("To")
        to = to if ";tag=" in to else to + ";tag=talker"
        self.client.send("\r\n".join([
            f"SIP/2.0 {status}", *keep, f"To: {to}",
            f"Contact: <sip:{self.line}@{self.client.local};transport=tls>", *extra,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}", "", body]))

    def wait_invite(self):
        while True:
            message = self.client.receive()
            if message.start.startswith("INVITE"):
                self.invite = message
                return message

    def offered(self):
        """Of the INVITE: suite to (tag, key), in its order."""
        return {suite.decode(): (int(tag), key.decode()) for tag, suite, key in re.findall(
            rb"a=crypto:(\d+) (\S+) inline:([^|\s]+)", self.invite.body)}

    def use(self, suite, their_key):
        own = os.urandom(KEY_SIZES[suite])
        self.sends = Direction(suite, own, True)
        self.receives = Direction(suite, decode(their_key), False)
        return own

    def answer(self, suite="AEAD_AES_256_GCM", padded=True):
        """Takes the call: our key in its answer, then whatever the dialog asks is granted."""
        tag, their_key = self.offered()[suite]
        own = base64.b64encode(self.use(suite, their_key)).decode()
        key = own if padded else own.rstrip("=")
        self.reply(self.invite, "200 OK", self.sdp([(tag, suite, key)]))
        self.remote = self.remote_of(self.invite.body)
        threading.Thread(target=self.serve, daemon=True).start()

    def call(self, number, suites):
        """Calls with these suites alone; the final answer."""
        keys = {suite: os.urandom(KEY_SIZES[suite]) for suite in suites}
        body = self.sdp([(tag, suite, base64.b64encode(key).decode())
                         for tag, (suite, key) in enumerate(keys.items(), 1)])
        request = self.client.request(
            "INVITE", f"sip:{number}@{self.domain}", self.line, self.domain, body=body,
            call_id=uuid.uuid4().hex, headers=[
                f"Contact: <sip:{self.line}@{self.client.local};transport=tls>",
                "Content-Type: application/sdp"])
        request = re.sub(r"^To: <sip:[^@]*@", f"To: <sip:{number}@", request, flags=re.M)
        self.client.send(request)
        while True:
            answer = self.client.receive()
            if answer.status is not None and answer.status >= 200 and \
                    "INVITE" in answer.header("CSeq"):
                self.acknowledge(number, answer)
                return answer

    def acknowledge(self, number, answer):
        ok = answer.status < 300
        target = re.search(r"<([^>]+)>", answer.header("Contact") or "") if ok else None
        uri = target.group(1) if target else f"sip:{number}@{self.domain}"
        via = answer.header("Via") if not ok else \
            f"SIP/2.0/TLS {self.client.local};branch=z9hG4bK{uuid.uuid4().hex}"
        self.client.send("\r\n".join([
            f"ACK {uri} SIP/2.0", f"Via: {via}", "Max-Forwards: 70",
            f"From: {answer.header('From')}", f"To: {answer.header('To')}",
            f"Call-ID: {answer.header('Call-ID')}", "CSeq: 1 ACK", "Content-Length: 0", "", ""]))

    @staticmethod
    def remote_of(body):
        address = re.search(rb"c=IN IP4 (\S+)", body).group(1).decode()
        return address, int(re.search(rb"m=audio (\d+)", body).group(1))

    def serve(self):
        """Grants what comes in the dialog, until the connection ends."""
        try:
            while True:
                message = self.client.receive()
                if message.status is None and not message.start.startswith("ACK"):
                    self.requests.append(message.start.split()[0])
                    self.reply(message, "200 OK")
        except (Refused, OSError):
            pass

    def sealed(self, sequence):
        return self.sends.seal(rtp_packet(sequence, sequence * FRAME, self.ssrc))

    def throw(self, packet, source=None):
        (source or self.rtp).sendto(packet, self.remote)

    def throw_rtcp(self, packet):
        self.rtcp.sendto(packet, (self.remote[0], self.remote[1] + 1))


def decode(key):
    return base64.b64decode(key + "=" * (-len(key) % 4))


def flipped(packet, at=-1):
    changed = bytearray(packet)
    changed[at] ^= 1
    return bytes(changed)


def pcmu_sample(code):
    """ITU-T G.711, mu-law to linear."""
    code = ~code & 0xFF
    size = ((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)
    return 0x84 - size if code & 0x80 else size - 0x84
