# SPDX-License-Identifier: Apache-2.0
"""How a phone gets its own certificate: CAPF between the real phone and the real manager, and
servers that would like to change what the factory gave."""

import contextlib
import re
import socket
import ssl
import struct
import threading

from harness import proves, wait_until
from identities import Authority, openssl, stored_key

STRING = "48151623"


def capf_of(site, phone):
    """The phone's row of what the manager knows about its CAPF operation."""
    return next(row for row in site.ctl("capf", "list") if row["device"] == phone.name)


def wait_capf(site, phone, status):
    return wait_until(lambda: (row := capf_of(site, phone))["status"] == status and row,
                      f"CAPF status {status}")


def order(site, phone, operation, *options):
    site.ctl("phone", "set", phone.name, "--capf", operation, *options)


def sessions_ended(phone):
    return len(re.findall("phone: enrolment ended", phone.program.text()))


def enrol(phone, *string):
    """A session that somebody asks for on the phone; returns when it is over."""
    before = sessions_ended(phone)
    phone.ctl("capf", *string)
    wait_until(lambda: sessions_ended(phone) > before, "the end of a CAPF session")


def registered_with(site, phone):
    """The certificate by which the phone is registered now."""
    listed = site.ctl("registration", "list")["registrations"]
    return next((entry["common_name"] for entry in listed if entry["device"] == phone.name), None)


def facts(certificate):
    """Subject, issuer and serial by openssl, which nobody here wrote."""
    text = openssl("x509", "-in", certificate, "-noout", "-subject", "-issuer", "-serial",
                   "-nameopt", "RFC2253").decode()
    return dict(line.split("=", 1) for line in text.splitlines())


def common_name(certificate):
    return re.search("CN=([^,]*)", facts(certificate)["subject"]).group(1)


def lsc_of(phone):
    """The bytes of the LSC; None without one."""
    path = phone.folder / "lsc.pem"
    return path.read_bytes() if path.exists() else None


def boot_again(phone):
    """A reset on the phone, until it is registered once more."""
    def told():
        return len(re.findall("phone: registered manager=", phone.program.text()))
    before = told()
    phone.ctl("reset")
    wait_until(lambda: told() > before, "another registration")


@proves("S12 session", "S12 status", "S46 phone-lsc")
def test_capf_gives_a_phone_its_certificate_and_keeps_the_record(world):
    site = world.site().start()
    phone = site.phone("2001", start=False)
    assert capf_of(site, phone)["status"] == "Pending"
    phone.start()
    phone.wait_registered()
    lsc, capf = phone.folder / "lsc.pem", site.folder / "certificates" / "capf.pem"
    assert common_name(lsc) == phone.name, facts(lsc)
    assert facts(lsc)["issuer"] == facts(capf)["subject"]
    openssl("verify", "-partial_chain", "-purpose", "sslclient", "-CAfile", capf, lsc)
    world.saw("S12 session")
    row = wait_capf(site, phone, "Installed")
    shown = phone.ctl("security")["lsc"]
    assert int(row["lsc_serial"], 16) == int(facts(lsc)["serial"], 16) == int(shown["serial"], 16)
    assert row["lsc_expires"] == shown["not_after"], (row, shown)
    assert site.audit(event="certificate installed", device=phone.name)
    world.saw("S12 status")
    assert registered_with(site, phone) == phone.name
    world.saw("S46 phone-lsc")


@proves("S51 registration", "S84 certificates")
def test_the_lsc_goes_before_the_mic_until_capf_takes_it_away(world):
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    assert registered_with(site, phone) == common_name(phone.folder / "mic.pem")
    order(site, phone, "install", "--capf-proof", "mic")
    boot_again(phone)
    assert registered_with(site, phone) == phone.name
    first = lsc_of(phone)
    order(site, phone, "install", "--capf-proof", "lsc")
    boot_again(phone)
    assert lsc_of(phone) not in (None, first), "the LSC was not renewed"
    order(site, phone, "fetch", "--capf-proof", "lsc")
    boot_again(phone)
    row = wait_capf(site, phone, "Fetched")
    assert int(row["lsc_serial"], 16) == int(facts(phone.folder / "lsc.pem")["serial"], 16), row
    order(site, phone, "delete", "--capf-proof", "lsc")
    boot_again(phone)
    row = wait_capf(site, phone, "Deleted")
    assert row["lsc_serial"] is None and row["lsc_expires"] is None, row
    assert lsc_of(phone) is None and not (phone.folder / "keys" / "lsc").exists()
    assert registered_with(site, phone) == common_name(phone.folder / "mic.pem")
    world.saw("S51 registration", "S84 certificates")


@proves("S66 all", "S84 string", "S70 one-time")
def test_an_authentication_string_counts_once_and_only_when_it_is_right(world):
    site = world.site().start()
    phone = site.phone("2001", start=False, capf=None)
    order(site, phone, "install", "--capf-proof", "string", "--capf-string", STRING)
    phone.start()
    phone.wait_registered()
    boot_again(phone)
    assert sessions_ended(phone) == 0 and lsc_of(phone) is None
    assert capf_of(site, phone)["status"] == "Pending"
    world.saw("S66 all")
    enrol(phone, "11111111")
    row = wait_capf(site, phone, "Failed")
    assert "the authentication string is wrong (attempt 1 of 5)" in row["reason"], row
    site.wait_audit(event="CAPF session refused", device=phone.name,
                    reason=re.compile("string is wrong"))
    assert lsc_of(phone) is None
    enrol(phone, STRING)
    wait_capf(site, phone, "Installed")
    phone.wait_registered()
    installed = lsc_of(phone)
    assert installed is not None
    enrol(phone, STRING)  # used up: nothing waits
    assert lsc_of(phone) == installed
    assert len(site.audit(event="certificate installed", device=phone.name)) == 1
    world.saw("S70 one-time")
    order(site, phone, "install", "--capf-proof", "string", "--capf-string", "27182818")
    for _ in range(5):
        enrol(phone, STRING)
    assert capf_of(site, phone)["status"] == "Locked"
    enrol(phone, "27182818")
    assert capf_of(site, phone)["status"] == "Locked" and lsc_of(phone) == installed
    for record in site.audit() + [phone.program.text(), site.manager.text()]:
        assert STRING not in str(record) and "27182818" not in str(record), record
    world.saw("S84 string")


def proof_options(proof):
    return ["--capf-proof", proof] + (["--capf-string", STRING] if proof == "string" else [])


@proves("S84 operations")
def test_every_operation_works_by_every_proof(world):
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()

    def carry_out(operation, proof, status):
        order(site, phone, operation, *proof_options(proof))
        boot_again(phone)
        if proof == "string":
            enrol(phone, STRING)
            phone.wait_registered()
        return wait_capf(site, phone, status)
    for proof in ("mic", "lsc", "string", "null-string"):
        carry_out("install", proof, "Installed")
        first = lsc_of(phone)
        assert first is not None, proof
        row = carry_out("install", proof, "Installed")
        upgraded = lsc_of(phone)
        assert upgraded not in (None, first), proof
        assert int(row["lsc_serial"], 16) == int(facts(phone.folder / "lsc.pem")["serial"], 16)
        carry_out("fetch", proof, "Fetched")
        assert lsc_of(phone) == upgraded, proof
        carry_out("delete", proof, "Deleted")
        assert lsc_of(phone) is None, proof
    world.saw("S84 operations")


@proves("S84 null-string", "S84 flagged")
def test_a_null_string_proves_nothing_and_works_only_when_ordered(world):
    site = world.site().start()
    phone = site.phone("2001", start=False, capf=None)
    order(site, phone, "install", "--capf-proof", "null-string")
    assert site.audit(event="phone changed", device=phone.name, reason=re.compile("no security"))
    assert "no security" in capf_of(site, phone)["proof"]
    world.saw("S84 flagged")
    phone.start()
    phone.wait_registered()
    wait_capf(site, phone, "Installed")
    assert site.audit(event="certificate installed", device=phone.name, proof="null string")
    assert registered_with(site, phone) == phone.name
    world.saw("S84 null-string")


def test_a_phone_that_the_manager_forgot_gets_no_certificate(world):
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    site.ctl("phone", "delete", phone.name)
    enrol(phone)
    site.wait_audit(event="CAPF session refused", device=phone.name,
                    reason=re.compile("there is no phone"))
    assert lsc_of(phone) is None
    assert [entry for entry in phone.ctl("status-messages") if entry["name"] == "lsc-failed"]


@proves("S65 lsc")
def test_an_lsc_may_have_an_ec_key(world):
    site = world.site().start()
    phone = site.phone("2001", start=False, capf=None)
    phone_started = False
    for kind, curve in (("p-256", "P-256"), ("p-384", "P-384"), ("p-521", "P-521")):
        order(site, phone, "install", "--capf-key", kind)
        if phone_started:
            boot_again(phone)
        else:
            phone.start()
            phone.wait_registered()
            phone_started = True
        wait_capf(site, phone, "Installed")
        text = openssl("x509", "-in", phone.folder / "lsc.pem", "-noout", "-text").decode()
        assert "NIST CURVE: " + curve in text, text
        assert phone.ctl("security")["lsc"]["key"] == "EC " + curve
        assert registered_with(site, phone) == phone.name
    world.saw("S65 lsc")


CAPF_AUTH, CAPF_KEY, CAPF_STORE, CAPF_FETCH, CAPF_DELETE, CAPF_END = 1, 3, 9, 11, 13, 15
LSC, MIC = 1, 2


class CapfServer:
    """A CAPF server with the site's own key that asks for what it should not: one session for
    each list of (command, elements); what the phone answered stands in answers."""

    def __init__(self, site):
        folder = site.world.folder
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(
            str(site.folder / "certificates" / "capf.pem"),
            str(stored_key(site.folder / "keys", "capf", folder / "capf.key")))
        self.listener = socket.create_server((site.address, site.port("capf")))
        self.script, self.answers = [], []
        threading.Thread(target=self.serve, daemon=True).start()

    @staticmethod
    def element(tag, value):
        return struct.pack(">BH", tag, len(value)) + value

    @staticmethod
    def read(connection):
        def exactly(count):
            data = b""
            while len(data) < count:
                got = connection.recv(count - len(data))
                if not got:
                    raise ConnectionError("closed")
                data += got
            return data
        head = exactly(8)
        return head[1], exactly(int.from_bytes(head[6:8], "big"))

    def ask(self, connection, command, elements):
        connection.sendall(struct.pack(">BBIH", 0x55, command, 1, len(elements)) + elements)
        answer = self.read(connection)
        while answer[0] == 17:  # in progress
            answer = self.read(connection)
        self.answers.append(answer)
        return answer

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                with contextlib.suppress(OSError), \
                        self.context.wrap_socket(client, server_side=True) as connection:
                    connection.settimeout(20)
                    self.session(connection)

    def session(self, connection):
        self.ask(connection, CAPF_AUTH, self.element(7, b"\3") + self.element(8, b"\0"))
        for command, elements in self.script:
            if callable(elements):
                elements = elements(self.answers)
            self.ask(connection, command, elements)
        connection.sendall(struct.pack(">BBIH", 0x55, CAPF_END, 1, 4) + self.element(1, b"\1"))

    def stop(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def certificate_elements(kind, der):
    inner = b"\x00" + bytes([kind]) + der
    return (CapfServer.element(3, bytes([kind]))
            + CapfServer.element(4, CapfServer.element(1, inner)))


@proves("S50 permanent")
def test_not_even_the_sites_own_capf_can_touch_the_mic(world):
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    mic, key = ((phone.folder / name).read_bytes() for name in ("mic.pem", "keys/mic"))

    def untouched():
        return ((phone.folder / "mic.pem").read_bytes() == mic
                and (phone.folder / "keys" / "mic").read_bytes() == key)
    order(site, phone, "delete")  # by CAPF, as the operator may ask
    boot_again(phone)
    assert untouched() and registered_with(site, phone) == common_name(phone.folder / "mic.pem")
    site.manager.stop()
    factory = Authority(world.folder / "forger", site.factory / "manufacturing-ca.pem",
                        stored_key(site.factory / "keys", "manufacturing",
                                   world.folder / "factory.key"))
    server = CapfServer(site)

    def new_mic(kind):
        """A factory certificate for the key that the phone has just made."""
        def make(answers):
            elements = answers[-1][1]
            public = elements[3:3 + int.from_bytes(elements[1:3], "big")]
            issued = factory.issue_for(public, "CP-8832-" + phone.name)
            return certificate_elements(kind, issued)
        return make
    make_key = (CAPF_KEY, CapfServer.element(10, b"\x08\0") + CapfServer.element(17, b"\0"))
    for script in ([(CAPF_DELETE, b"")], [(CAPF_DELETE, CapfServer.element(3, bytes([MIC])))],
                   [make_key, (CAPF_STORE, new_mic(MIC))], [make_key, (CAPF_STORE, new_mic(LSC))],
                   [(CAPF_STORE, certificate_elements(MIC, factory.issue_for(
                       openssl("pkey", "-pubout", "-outform", "DER", "-in", factory.key), "CP-8832-" + phone.name)))]):
        server.script, server.answers = script, []
        enrol(phone)
        assert server.answers, "the phone did not come"
        assert untouched() and lsc_of(phone) is None, (script, server.answers)
    server.stop()
    refused = {entry["name"] for entry in phone.ctl("status-messages")}
    assert "lsc-failed" in refused, refused
    fault = phone.ctl("factory-reset")
    phone.wait_status("forgotten", lambda status: not status["itl"])
    assert untouched(), fault
    world.saw("S50 permanent")


def test_a_second_session_waits_for_the_end_of_the_first(world):
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    site.manager.stop()
    server, under_way, go_on = CapfServer(site), threading.Event(), threading.Event()

    def slowly(_):
        under_way.set()
        go_on.wait(20)
        return b""
    server.script = [(CAPF_FETCH, slowly)]
    phone.ctl("capf")
    assert under_way.wait(20), "no CAPF session"
    refused = phone.ctl("capf", STRING, ok=False)
    assert "enrolment asked for while enrolling" in refused, refused
    go_on.set()
    wait_until(lambda: sessions_ended(phone) == 1, "the end of the session")
    assert phone.wait_status("going on", lambda status: status["step"] != "enrolling")
    server.stop()
    site.start()
    phone.wait_registered(60)


@proves("S70 lengths", "S70 hashed", "S70 expires")
def test_an_authentication_string_is_kept_hashed_and_not_for_ever(world):
    site = world.site().start()
    phone = site.phone("2001", start=False, capf=None)
    for wrong in ("123", "12345678901", "12a45", "١٢٣٤", ""):
        site.ctl("phone", "set", phone.name, "--capf", "install", "--capf-proof", "string",
                 "--capf-string", wrong, ok=False)
    for right in ("1234", "1234567890", STRING):
        order(site, phone, "install", "--capf-proof", "string", "--capf-string", right)
    world.saw("S70 lengths")
    for path in site.folder.rglob("*"):
        if path.is_file():
            assert STRING.encode() not in path.read_bytes(), path
    assert STRING not in site.manager.text() + str(site.ctl("phone", "show", phone.name))
    world.saw("S70 hashed")
    phone.start()
    phone.wait_registered()
    world.move_clock(10 * 86400 + 60)
    assert capf_of(site, phone)["status"] == "Expired", capf_of(site, phone)
    phone.wait_registered(60)
    enrol(phone, STRING)
    assert lsc_of(phone) is None and capf_of(site, phone)["status"] == "Expired"
    world.saw("S70 expires")
