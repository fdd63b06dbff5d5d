# SPDX-License-Identifier: Apache-2.0
"""Who may register: certificates of every kind against the real manager."""

import os
import re
import ssl
import subprocess

from harness import free_address, proves, wait_until
from identities import Authority, Identity, stored_key
from peers import Middleman, Refused, SipClient, client_context

EXPIRED = {"start": "20200101000000Z", "end": "20210101000000Z"}
EARLY = {"start": "20390101000000Z", "end": "20400101000000Z"}


def a_site(world, **options):
    site = world.site(**options).start()
    return site


def device_of(site, mac, line, profile="encrypted"):
    """A phone known to the manager, of which we play the network side ourselves."""
    folder = site.world.folder / "phones" / ("SEP" + mac)
    if not folder.exists():
        site.make_phone_identity(mac)
    site.ctl("phone", "add", "SEP" + mac, "--line", line, "--profile", profile)
    return Identity(folder / "mic.pem",
                    stored_key(folder / "keys", "mic", site.world.folder / (mac + ".key")))


def manufacturing(site):
    """The factory's own CA, for certificates that it would never make."""
    key = stored_key(site.factory / "keys", "manufacturing", site.world.folder / "factory.key")
    return Authority(site.world.folder / "forger", site.factory / "manufacturing-ca.pem", key)


def connect(site, identity=None, **options):
    return SipClient(site.address, site.port("sip_tls"), client_context(identity, **options))


def register(site, identity, line, device, **options):
    """The final answer to one REGISTER over a new connection."""
    with connect(site, identity, **options) as client:
        return client.ask(client.register(line, device, site.address))


@proves("S46 phone-mic", "S50 verified")
def test_a_phone_with_its_mic_registers(world):
    site = a_site(world)
    identity = device_of(site, site.first_mac, "2001")
    answer = register(site, identity, "2001", "SEP" + site.first_mac)
    assert answer.status == 200, answer.text
    assert "expires=" in answer.header("Contact"), answer.text
    world.saw("S46 phone-mic")
    other_model = manufacturing(site).issue("SEP" + site.first_mac)
    try:
        answer = register(site, other_model, "2001", "SEP" + site.first_mac)
        raise AssertionError("a MIC whose CN lacks the model: " + answer.start)
    except Refused as refusal:
        assert refusal.alert == "bad_certificate", refusal
    site.wait_audit(reason=re.compile("not model and device"))
    world.saw("S50 verified")


@proves("S47 name-mismatch", "S46 phone-wrong-cn")
def test_a_certificate_of_another_phone_is_refused(world):
    site = a_site(world)
    mac = site.new_mac()
    first = device_of(site, site.first_mac, "2001")
    device_of(site, mac, "2002")
    answer = register(site, first, "2002", "SEP" + mac)
    assert answer.status == 403, answer.text
    wanted = re.compile("certificate CN .*SEP%s does not match device SEP%s"
                        % (site.first_mac, mac))
    site.wait_audit(reason=wanted, device="SEP" + mac)
    world.saw("S47 name-mismatch")
    stranger = manufacturing(site).issue("CP-8832-SEP0200000000FF")
    assert register(site, stranger, "2001", "SEP" + site.first_mac).status == 403
    listed = site.ctl("registration", "list")
    assert "2002" not in str(listed), listed
    world.saw("S46 phone-wrong-cn")


@proves("S46 phone-expired", "S46 phone-early", "S46 phone-wrong-ca", "S1 unknown-ca")
def test_bad_certificates_end_in_the_handshake(world):
    site = a_site(world)
    device_of(site, site.first_mac, "2001")
    name = "CP-8832-SEP" + site.first_mac
    known, unknown = manufacturing(site), Authority(world.folder / "unknown", name="Nobody")
    cases = [
        ("S46 phone-expired", known.issue(name, **EXPIRED), "expired", "expired"),
        ("S46 phone-early", known.issue(name, **EARLY), None, "not valid before|not yet valid"),
        ("S46 phone-wrong-ca", unknown.issue(name), "unknown_ca", "Nobody"),
    ]
    for clause, identity, alert, words in cases:
        try:
            answer = register(site, identity, "2001", "SEP" + site.first_mac)
            raise AssertionError(f"{clause}: answered {answer.start}")
        except Refused as refusal:
            assert alert is None or alert in (refusal.alert or ""), f"{clause}: {refusal}"
        records = site.wait_audit(reason=re.compile(words))
        assert all(key in records[0] for key in ("subject", "issuer", "serial")), records[0]
        world.saw(clause)
    assert not site.ctl("registration", "list") or \
        site.first_mac not in str(site.ctl("registration", "list"))
    world.saw("S1 unknown-ca")


@proves("S46 phone-none")
def test_a_secure_phone_without_a_certificate_is_refused(world):
    site = a_site(world)
    device_of(site, site.first_mac, "2001")
    try:
        answer = register(site, None, "2001", "SEP" + site.first_mac)
        assert answer.status == 403, answer.text
    except Refused as refusal:
        assert refusal.alert, refusal
    site.wait_audit(device="SEP" + site.first_mac, reason=re.compile("certificate"))
    for transport in ("tcp", "udp"):
        with SipClient(site.address, site.port("sip"), udp=transport == "udp") as client:
            answer = client.ask(client.register("2001", "SEP" + site.first_mac, site.address))
            assert answer.status == 403, answer.text
    world.saw("S46 phone-none")


@proves("S49 flipped", "S1 record-flipped")
def test_a_flipped_bit_in_a_record_ends_the_connection(world):
    site = a_site(world)
    identity = device_of(site, site.first_mac, "2001")
    position = iter(range(10 ** 9))

    def flip(record):
        if record[0] != 23:  # application data; the handshake passes
            return record
        at = 5 + (next(position) * 7) % (len(record) - 5)
        return record[:at] + bytes([record[at] ^ 1 << at % 8]) + record[at + 1:]

    middle = Middleman((free_address(), 0), (site.address, site.port("sip_tls")), flip)
    host, port = middle.listener.getsockname()
    context = client_context(identity)
    for number in range(1000):
        with SipClient(host, port, context) as client:
            try:
                client.ask(client.register("2001", "SEP" + site.first_mac, site.address))
                raise AssertionError("a flipped record was answered")
            except Refused as refusal:
                assert refusal.alert == "bad_record_mac", f"record {number}: {refusal}"
    middle.stop()
    assert site.first_mac not in str(site.ctl("registration", "list"))
    world.saw("S49 flipped", "S1 record-flipped")


@proves("S49 downgrade", "S49 truncated", "S49 renegotiation")
def test_old_versions_truncation_and_renegotiation(world):
    site = a_site(world)
    identity = device_of(site, site.first_mac, "2001")
    try:
        connect(site, identity, suites="ALL:@SECLEVEL=0", least=ssl.TLSVersion.TLSv1,
                most=ssl.TLSVersion.TLSv1_1)
        raise AssertionError("TLS 1.1 was accepted")
    except Refused as refusal:
        assert refusal.alert == "protocol_version", refusal
    world.saw("S49 downgrade")
    client = connect(site, identity)
    assert client.ask(client.register("2001", "SEP" + site.first_mac, site.address)).status == 200
    os.close(client.socket.detach())  # FIN without close_notify
    wait_until(lambda: re.search("close_notify|truncat", site.manager.text()),
               "a word about the truncation")
    world.saw("S49 truncated")
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"{site.address}:{site.port('sip_tls')}", "-tls1_2",
         "-cert", identity.certificate, "-key", identity.key], input=b"R\n",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    output = done.stdout.decode(errors="replace")
    assert "RENEGOTIATING" in output and re.search("no renegotiation|alert|error", output), output
    world.saw("S49 renegotiation")


@proves("S65 side-by-side", "S65 p256", "S65 p384", "S65 p521")
def test_ec_and_rsa_side_by_side(world):
    site = a_site(world)
    device_of(site, site.first_mac, "2001")
    authority = manufacturing(site)
    for kind in ("ec-p256", "ec-p384", "ec-p521"):
        identity = authority.issue("CP-8832-SEP" + site.first_mac, kind=kind)
        with connect(site, identity, suites="ECDHE-ECDSA-AES256-GCM-SHA384") as client:
            assert client.socket.cipher()[0] == "ECDHE-ECDSA-AES256-GCM-SHA384"
            answer = client.ask(client.register("2001", "SEP" + site.first_mac, site.address))
            assert answer.status == 200, answer.text
        world.saw("S65 p" + kind[4:])
        with connect(site, identity, suites="ECDHE-RSA-AES128-GCM-SHA256") as client:
            answer = client.ask(client.register("2001", "SEP" + site.first_mac, site.address))
            assert answer.status == 200, answer.text
    world.saw("S65 side-by-side")


@proves("S63 each-registers", "S63 older-refused")
def test_each_suite_registers_and_others_do_not(world):
    site = a_site(world)
    identity = device_of(site, site.first_mac, "2001")
    for suite in ("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"):
        answer = register(site, identity, "2001", "SEP" + site.first_mac, suites=suite)
        assert answer.status == 200, answer.text
    world.saw("S63 each-registers")
    for suite in ("ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "AES256-GCM-SHA384",
                  "AES128-SHA", "DHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"):
        try:
            connect(site, identity, suites=suite + ":@SECLEVEL=0").close()
            raise AssertionError(suite + " was accepted")
        except Refused as refusal:
            assert refusal.alert == "handshake_failure", f"{suite}: {refusal}"
    world.saw("S63 older-refused")
