# SPDX-License-Identifier: Apache-2.0
"""tlv - trust lists and signed files written and judged by openssl and a few lines of Python, so
that what our programs sign is checked, and what they read is made, by somebody else."""

import re
import time

from identities import openssl

SAST, CCM, CCM_TFTP, TFTP, CAPF, APP_SERVER, TVS = 0, 1, 2, 3, 4, 7, 21
LIST, FILE = b"\x01\x02", b"\x01\x00"   # versions
SIGNATURE_SIZES = [64, 128, 256, 512]
DIGESTS = {1: "sha1", 2: "sha256", 3: "sha512"}
CONTAINERS = (3, 7, 9)                  # header tags whose values are tags again
PADDING, SIGNATURE = 13, 12


def tlv(tag, value):
    return bytes([tag]) + len(value).to_bytes(2, "big") + value


class Facts:
    """What the formats say of a certificate."""

    def __init__(self, certificate):
        def ask(*options):
            return openssl("x509", "-in", certificate, "-noout", *options).decode()
        self.der = openssl("x509", "-in", certificate, "-outform", "DER")
        names = dict(line.split("=", 1) for line in
                     ask("-subject", "-issuer", "-nameopt", "RFC2253").splitlines())
        self.subject, self.issuer = (names[name].encode() + b"\0" for name in ("subject", "issuer"))
        digits = ask("-serial").strip().split("=")[1].lstrip("0") or "00"
        self.serial = bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))


def record(role, certificate):
    facts = Facts(certificate)
    body = (tlv(3, facts.subject) + tlv(4, role.to_bytes(2, "big")) + tlv(5, facts.issuer)
            + tlv(6, facts.serial) + tlv(9, facts.der))
    return tlv(1, (len(body) + 5).to_bytes(2, "big")) + body


def bare_record(size):
    """A record of that size without a certificate, as plain clusters have them."""
    host = b"h" * (size - 14) + b"\0"
    return tlv(1, size.to_bytes(2, "big")) + tlv(2, host) + tlv(4, APP_SERVER.to_bytes(2, "big"))


def signed(version, name, content, signer, digest=3):
    """content under a header that the signer (an identity with certificate and key) signs."""
    facts = Facts(signer.certificate)
    bits = int(re.search(r"(\d+) bit", openssl("pkey", "-in", signer.key, "-noout",
                                               "-text").decode()).group(1))
    before = tlv(3, tlv(4, facts.subject) + tlv(5, facts.serial) + tlv(6, facts.issuer))
    before += tlv(7, tlv(8, bytes([digest])) + tlv(9, tlv(10, b"\0") + tlv(
        11, bytes([SIGNATURE_SIZES.index(bits // 8)]))))
    behind = tlv(14, name.encode() + b"\0") + tlv(15, int(time.time()).to_bytes(4, "big"))
    size = 5 + 5 + len(before) + 3 + bits // 8 + len(behind)
    behind += bytes([PADDING]) * (-size % 4)
    before = tlv(1, version) + tlv(2, (size + -size % 4).to_bytes(2, "big")) + before
    signature = openssl("dgst", "-" + DIGESTS[digest], "-sign", signer.key,
                        data=before + behind + content)
    return before + tlv(SIGNATURE, signature) + behind + content


def trust_list(name, entries, signer, size=None):
    """A list of (role, certificate) in which the signer stands as SAST; of exactly that size."""
    def make(content):
        return signed(LIST, name, content, signer)
    content = record(SAST, signer.certificate) + b"".join(record(*entry) for entry in entries)
    if size is not None:
        left = size - len(make(content))
        filler = record(APP_SERVER, signer.certificate)
        content += filler * ((left - 300) // len(filler))
        left = size - len(make(content))
        while left > 260:
            content, left = content + bare_record(200), left - 200
        content += bare_record(left)
    return make(content)


def header(data):
    """{tag: value} of the header, the offset and size of the signature element, and the rest."""
    values, at, size, place = {}, 0, None, None
    while size is None or at < size:
        tag = data[at]
        if tag == PADDING:
            at += 1
            continue
        length = int.from_bytes(data[at + 1:at + 3], "big")
        values[tag] = data[at + 3:at + 3 + length]
        if tag == 2:
            size = int.from_bytes(values[2], "big")
        if tag == SIGNATURE:
            place = (at, 3 + length)
        at += 3 if tag in CONTAINERS else 3 + length
    return values, place, data[size:]


def records(data):
    """[(role, DER or None)] of a trust list."""
    _, _, left = header(data)
    found = []
    while left:
        size, at, values = int.from_bytes(left[3:5], "big"), 5, {}
        while at < size:
            length = int.from_bytes(left[at + 1:at + 3], "big")
            values[left[at]] = left[at + 3:at + 3 + length]
            at += 3 + length
        found.append((int.from_bytes(values[4], "big"), values.get(9)))
        left = left[size:]
    return found


def openssl_verifies(data, der, folder):
    """Cuts the signature out and lets openssl verify what is left with the certificate."""
    values, (at, size), _ = header(data)
    public, signature = folder / "signer.pub", folder / "signature"
    public.write_bytes(openssl("x509", "-inform", "DER", "-noout", "-pubkey", data=der))
    signature.write_bytes(values[SIGNATURE])
    try:
        answer = openssl("dgst", "-" + DIGESTS[values[8][0]], "-verify", public, "-signature",
                         signature, data=data[:at] + data[at + size:])
    except AssertionError:
        return False
    return b"Verified OK" in answer
