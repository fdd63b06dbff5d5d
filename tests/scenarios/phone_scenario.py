# SPDX-License-Identifier: Apache-2.0
"""What a phone believes: hostile file servers and managers against the real phone."""

import contextlib
import os
import re
import signal
import socket
import ssl
import threading
import urllib.error
import urllib.request

from call_scenario import place_call, states, two_phones, wait_icon
from harness import free_address, proves, wait_until
from identities import Authority
from peers import FileServer

FILES_PORT = 21003


def served(site, name):
    """What the manager itself would give; None if it has no such file."""
    try:
        with urllib.request.urlopen("http://%s:%d/%s" % (site.address, site.port("files_http"),
                                                         name), timeout=30) as answer:
            return answer.read()
    except urllib.error.HTTPError:
        return None


def names_of(phone):
    return ["CTL%s.tlv" % phone.name, "ITL%s.tlv" % phone.name, phone.name + ".cnf.xml.sgn"]


def behind_a_liar(world, site, number="2001", **options):
    """A registered phone whose files come through a server that can lie."""
    phone = site.phone(number, start=False, capf=None, **options)
    address = free_address()
    liar = FileServer(address, FILES_PORT, world.folder / "nothing")
    liar.honest = {name: served(site, name) for name in names_of(phone)}
    liar.answers = dict(liar.honest)
    phone.start("--file-server", "%s:%d:0" % (address, FILES_PORT))
    phone.wait_registered()
    return phone, liar


def store(phone):
    """Every stored file, so that a single write shows: inode, time, bytes."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
            for path in sorted((phone.folder / "store").iterdir())}


def messages(phone, text):
    return [entry for entry in phone.ctl("status-messages") if entry["text"] == text]


def registrations_told(phone):
    return len([entry for entry in phone.ctl("status-messages") if entry["name"] == "registered"])


def boot_again(phone):
    before = registrations_told(phone)
    phone.ctl("reset")
    wait_until(lambda: registrations_told(phone) > before, "another registration")


def flipped(content, at):
    changed = bytearray(content)
    changed[at] ^= 1
    return bytes(changed)


@proves("S1 file-flipped", "S48 nothing-written", "S29 known-signer", "S29 first-trust")
def test_only_files_that_the_stored_lists_vouch_for_are_taken(world):
    site = world.site().start()
    phone, liar = behind_a_liar(world, site)
    ctl, itl, configuration = names_of(phone)
    assert phone.status()["itl"], "the first lists were not taken"
    world.saw("S29 first-trust")
    kept = store(phone)
    other = site.phone("2002", start=False, capf=None)
    foreign = strangers_list(world)
    cases = []
    for name, complaint in ((ctl, "CTLFile.tlv"), (itl, "ITLFile.tlv"),
                            (configuration, configuration)):
        content = liar.honest[name]
        cases += [(name, flipped(content, len(content) - 30), complaint),
                  (name, flipped(content, len(content) // 3), complaint),
                  (name, content[:len(content) // 2], complaint)]
    header = int.from_bytes(liar.honest[configuration][8:10], "big")
    cases += [(itl, foreign, "ITLFile.tlv"),
              (configuration, liar.honest[configuration][header:], configuration),
              (configuration, served(site, other.name + ".cnf.xml.sgn"), configuration)]
    for name, content, complaint in cases:
        text = "File auth failed " + complaint
        before = len(messages(phone, text))
        liar.answers = dict(liar.honest)
        liar.answers[name] = content
        boot_again(phone)
        assert len(messages(phone, text)) == before + 1, (name, text)
        assert store(phone) == kept, name
    world.saw("S1 file-flipped", "S48 nothing-written", "S29 known-signer")
    site.wait_audit(event="phone refused", device=phone.name, subject="ITLFile.tlv")
    wanted = site.wait_audit(event="phone refused", device=phone.name, subject=configuration)
    assert all(record["reason"] for record in wanted), wanted
    liar.answers = dict(liar.honest)
    count = len(phone.ctl("status-messages"))
    boot_again(phone)
    assert not [entry for entry in phone.ctl("status-messages")[count:]
                if "failed" in entry["text"]]
    liar.stop()


def strangers_list(world):
    """The ITL of another site, whole and signed, by nobody this phone knows."""
    folder = world.folder / "stranger"
    world.ctl("site", "create", folder, "--address", "127.0.0.1", "--ports", "24000")
    return (folder / "files" / "ITLFile.tlv").read_bytes()


@proves("S27 phone-refuses")
def test_a_list_over_64k_is_refused_and_the_old_one_kept(world):
    site = world.site().start()
    phone, liar = behind_a_liar(world, site)
    kept = store(phone)
    itl = names_of(phone)[1]
    liar.answers[itl] = liar.honest[itl].ljust(65537, b"\0")
    boot_again(phone)
    assert messages(phone, "ITL file too large"), phone.ctl("status-messages")
    assert store(phone) == kept
    world.saw("S27 phone-refuses")
    liar.stop()


@proves("S2 mutual-tls", "S2 reconnect")
def test_a_cut_connection_comes_back_by_mutual_tls(world):
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    for _ in range(3):
        before = registrations_told(phone)
        os.kill(process_of(site, "edge-0"), signal.SIGKILL)
        wait_until(lambda: registrations_told(phone) > before, "another registration")
    lines = [line for line in phone.program.text().splitlines() if "connected to manager" in line]
    assert len(lines) >= 4, lines
    assert all("transport=tls version=TLSv1.2" in line for line in lines), lines
    entries = site.ctl("registration", "list")
    entries = entries["registrations"] if isinstance(entries, dict) else entries
    assert [entry["transport"] for entry in entries] == ["tls"], entries
    world.saw("S2 mutual-tls")
    waits = [int(ms) for ms in re.findall(r"phone: waiting ms=(\d+)", phone.program.text())]
    assert len(waits) >= 3 and all(100 <= ms <= 60000 for ms in waits), waits
    world.saw("S2 reconnect")


@proves("S2 no-fallback")
def test_a_phone_without_its_manager_never_tries_tcp_or_udp(world):
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    site.manager.stop()
    with socket.create_server((site.address, site.port("sip"))) as tcp, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((site.address, site.port("sip")))
        wait_until(lambda: phone.program.text().count("phone: waiting ms=") >= 5, "five attempts")
        for wire, take in ((tcp, tcp.accept), (udp, lambda: udp.recv(1))):
            wire.setblocking(False)
            try:
                take()
                raise AssertionError("the phone came in clear")
            except BlockingIOError:
                pass
    world.saw("S2 no-fallback")


def process_of(site, name):
    """The newest process of that name, by the supervisor's log."""
    found = re.findall(r"process started name=%s pid=(\d+)" % name, site.manager.text())
    return int(found[-1])


class Impostor:
    """Listens where the manager should be, with a certificate of its own; never gets a byte of
    SIP from a phone that looks at it."""

    def __init__(self, address, port, identity):
        self.heard, self.problems = [], []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(str(identity.certificate), str(identity.key))
        self.listener = socket.create_server((address, port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                client.settimeout(20)
                try:
                    with self.context.wrap_socket(client, server_side=True) as connection:
                        data = connection.recv(4096)
                        if data:
                            self.heard.append(data)
                except (ssl.SSLError, OSError) as problem:
                    self.problems.append(str(problem))

    def stop(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self.listener.close()


@proves("S1 manager-not-listed", "S1 kept-and-reported")
def test_an_impostor_is_refused_and_reported_when_the_manager_is_back(world):
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    site.manager.stop()
    impostor = Impostor(site.address, site.port("sip_tls"),
                        Authority(world.folder / "forger").issue(site.address))
    wait_until(lambda: [entry for entry in phone.ctl("status-messages")
                        if entry["name"] == "manager-refused"], "a refused manager")
    wait_until(lambda: impostor.problems, "the phone's alert")
    assert not impostor.heard, impostor.heard
    assert phone.status()["pending_refusals"] >= 1, phone.status()
    assert (phone.folder / "audit-pending.jsonl").read_text().count("\n") >= 1
    world.saw("S1 manager-not-listed")
    impostor.stop()
    site.start()
    phone.wait_registered(60)
    record = site.wait_audit(event="phone refused", device=phone.name,
                             what="manager connection refused")[0]
    assert record["seen"] and record["reason"], record
    phone.wait_status("nothing left to report", lambda status: status["pending_refusals"] == 0)
    world.saw("S1 kept-and-reported")


@proves("S50 factory-reset", "S12 session")
def test_a_factory_reset_keeps_the_mic_and_forgets_the_site(world):
    site = world.site().start()
    phone = site.phone("2001")
    phone.wait_registered()
    security = phone.ctl("security")
    assert security["lsc"]["subject"].startswith("CN=" + phone.name), security["lsc"]
    assert "CAPF" in security["lsc"]["issuer"], security["lsc"]
    world.saw("S12 session")
    mic = (phone.folder / "mic.pem").read_bytes()
    site.manager.stop()  # so that nothing is fetched again
    phone.ctl("factory-reset")
    phone.wait_status("forgotten", lambda status: not (status["lsc"] or status["itl"]
                                                       or status["ctl"]))
    assert (phone.folder / "mic.pem").read_bytes() == mic
    assert not (phone.folder / "lsc.pem").exists()
    assert sorted(path.name for path in (phone.folder / "keys").iterdir()
                  if path.name in ("mic", "lsc", "lsc-next")) == ["mic"]
    assert not list((phone.folder / "store").iterdir())
    assert phone.ctl("security")["mic"]["subject"] == security["mic"]["subject"]
    world.saw("S50 factory-reset")


@proves("S91 spoken")
def test_a_secure_call_is_said_to_those_who_cannot_see_the_lock(world):
    _, (first, second) = two_phones(world)
    place_call(first, second)
    assert first.ctl("screen")["spoken"].startswith("phone secured. ")
    for phone in (first, second):
        wait_icon(phone, "lock")
        assert phone.ctl("screen")["spoken"].endswith(", secure call. "), phone.ctl("screen")
    first.ctl("hold")
    first.wait_status("held", lambda status: "held" in states(status))
    first.ctl("resume")
    for phone in (first, second):
        wait_icon(phone, "lock")
    world.saw("S91 spoken")


@proves("S48 back-off")
def test_a_phone_that_gets_nothing_but_bad_files_waits_longer_each_time(world):
    site = world.site().start()
    phone = site.phone("2001", start=False, capf=None)
    address = free_address()
    liar = FileServer(address, FILES_PORT, world.folder / "nothing")
    liar.answers = {name: served(site, name) for name in names_of(phone)}
    configuration = names_of(phone)[2]
    liar.answers[configuration] = flipped(liar.answers[configuration], -30)
    phone.start("--file-server", "%s:%d:0" % (address, FILES_PORT))
    waits = []

    def waited():
        waits[:] = [int(ms) for ms in re.findall(r"phone: waiting ms=(\d+)",
                                                 phone.program.text())]
        return len(waits) >= 5
    wait_until(waited, "five waits")
    for number, ms in enumerate(waits[:5]):
        whole = 200 << number
        assert whole // 2 <= ms <= whole, waits
    assert liar.asked.count(configuration) <= len(waits) + 1, liar.asked
    assert not phone.status()["registered"]
    assert configuration not in store(phone)
    liar.answers[configuration] = served(site, configuration)
    phone.wait_registered()
    world.saw("S48 back-off")
    liar.stop()
