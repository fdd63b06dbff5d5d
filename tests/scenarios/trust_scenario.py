# SPDX-License-Identifier: Apache-2.0
"""Which lists a phone takes, and which managers it then accepts. The lists are made by openssl
and a few lines of Python (tlv.py), not by the programs that are tested."""

import json
import re

from files_scenario import fetch
from harness import free_address, proves, wait_until
from identities import Authority, Identity, stored_key
from peers import FileServer
from phone_scenario import Impostor
import tlv

FILES_PORT = 21023
MOST = 65536
EXPIRED = {"start": "20200101000000Z", "end": "20210101000000Z"}


def identity_of(site, name):
    """One of the site's own certificates with its key."""
    return Identity(site.folder / "certificates" / (name + ".pem"),
                    stored_key(site.folder / "keys", name, site.world.folder / (name + ".key")))


def roles(site, **names):
    """[(role, certificate)]: CCM="callmanager" and so on, by the names of the site's files."""
    return [(getattr(tlv, role), site.folder / "certificates" / (name + ".pem"))
            for role, name in names.items()]


def managers(site):
    return [(tlv.CCM_TFTP, site.folder / "certificates" / "callmanager.pem"),
            (tlv.CCM, site.folder / "certificates" / "callmanager-ec.pem")]


class Story:
    """A factory-new phone whose lists we write; its configuration is the site's own."""

    def __init__(self, world, site, ctl=None, itl=None):
        self.site = site
        self.phone = site.phone("2001", start=False, capf=None)
        self.address = free_address()
        self.server = FileServer(self.address, FILES_PORT, world.folder / "nothing")
        self.configuration = self.phone.name + ".cnf.xml.sgn"
        self.server.answers[self.configuration] = fetch(site, "http", self.configuration)
        self.give(ctl=ctl, itl=itl)

    def give(self, **lists):
        for kind, content in lists.items():
            self.server.answers["%s%s.tlv" % (kind.upper(), self.phone.name)] = content

    def start(self):
        self.phone.start("--file-server", "%s:%d:0" % (self.address, FILES_PORT))
        return self

    def count(self, what):
        return len(re.findall(what, self.phone.program.text()))

    def boot_again(self):
        """A reset, until the phone has looked at its configuration again."""
        before = self.count("phone: file name=SEP")
        self.phone.ctl("reset")
        wait_until(lambda: self.count("phone: file name=SEP") > before, "another configuration")

    def messages(self):
        return [entry["text"] for entry in self.phone.ctl("status-messages")]

    def stored(self, kind):
        path = self.phone.folder / "store" / (kind + "File.tlv")
        return path.read_bytes() if path.exists() else None

    def refusals(self):
        path = self.phone.folder / "audit-pending.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def listed_roles(story, kind):
    return {entry["role"] for entry in (story.phone.ctl("security")[kind] or {}).get("records", [])}


@proves("S46 manager-ctl", "S46 manager-itl")
def test_a_manager_in_either_list_is_accepted(world):
    site = world.site().start()
    recovery = identity_of(site, "itl-recovery")
    story = Story(world, site, ctl=tlv.trust_list("CTLFile.tlv", managers(site), recovery),
                  itl=tlv.trust_list("ITLFile.tlv", roles(site, TVS="tvs", CAPF="capf"),
                                     recovery)).start()
    story.phone.wait_registered()
    assert listed_roles(story, "ctl") == {"SAST", "CCM", "CCM+TFTP"}
    assert listed_roles(story, "itl") == {"SAST", "TVS", "CAPF"}
    world.saw("S46 manager-ctl")
    story.give(ctl=None, itl=tlv.trust_list("ITLFile.tlv", managers(site), recovery))
    story.phone.ctl("factory-reset")
    story.phone.wait_status("without CTL", lambda status: status["itl"] and not status["ctl"])
    story.phone.wait_registered()
    assert listed_roles(story, "itl") == {"SAST", "CCM", "CCM+TFTP"}
    assert listed_roles(story, "ctl") == set()
    world.saw("S46 manager-itl")
    story.server.stop()


@proves("S46 manager-unknown", "S46 manager-expired")
def test_a_manager_that_is_not_listed_or_expired_gets_no_register(world):
    site = world.site().start()
    recovery = identity_of(site, "itl-recovery")
    authority = Authority(world.folder / "authority", name="Somebody")
    valid, unlisted = authority.issue(site.address), authority.issue(site.address)
    for_capf = authority.issue(site.address)
    expired = authority.issue(site.address, **EXPIRED)
    entries = roles(site, TFTP="callmanager") + [(tlv.CCM, valid.certificate),
                                                 (tlv.CCM, expired.certificate),
                                                 (tlv.CAPF, for_capf.certificate)]
    story = Story(world, site, itl=tlv.trust_list("ITLFile.tlv", entries, recovery))
    site.manager.stop()
    listener = Impostor(site.address, site.port("sip_tls"), valid)
    story.start()
    wait_until(lambda: listener.heard, "a REGISTER for the listed manager")
    assert listener.heard[0].startswith(b"REGISTER sip:"), listener.heard
    listener.stop()
    for clause, identity, alert, words in (
            (None, for_capf, "unknown ca", "is not listed as CCM"),
            ("S46 manager-unknown", unlisted, "unknown ca", "is not listed as CCM"),
            ("S46 manager-expired", expired, "certificate expired", "expired")):
        listener = Impostor(site.address, site.port("sip_tls"), identity)
        wait_until(lambda: listener.problems, "the phone's alert", 70)
        assert alert in listener.problems[0], listener.problems
        serial = tlv.Facts(identity.certificate).serial.hex()
        refused = wait_until(lambda: [entry for entry in story.refusals()
                                      if entry["event"] == "manager connection refused"
                                      and words in entry["reason"]
                                      and serial in entry["reason"]], "a record of " + words)
        assert "Somebody" in refused[0]["reason"], refused
        assert not listener.heard, listener.heard
        assert [text for text in story.messages() if text.startswith("Manager not trusted:")]
        listener.stop()
        if clause:
            world.saw(clause)
    story.server.stop()


@proves("S27 phone-accepts", "S27 phone-refuses")
def test_a_list_of_64k_is_taken_and_one_byte_more_is_not(world):
    site = world.site().start()
    recovery = identity_of(site, "itl-recovery")

    def itl(size):
        content = tlv.trust_list("ITLFile.tlv", managers(site), recovery, size)
        assert len(content) == size, len(content)
        return content
    story = Story(world, site, itl=itl(MOST - 1)).start()
    story.phone.wait_registered()
    assert len(story.stored("ITL")) == MOST - 1
    whole = itl(MOST)
    story.give(itl=whole)
    story.boot_again()
    assert story.stored("ITL") == whole
    world.saw("S27 phone-accepts")
    story.give(itl=itl(MOST + 1))
    story.boot_again()
    assert "ITL file too large" in story.messages(), story.messages()
    assert story.stored("ITL") == whole
    story.phone.wait_registered()
    world.saw("S27 phone-refuses")
    story.server.stop()


@proves("S28 phone-keeps")
def test_a_phone_keeps_two_lists_the_newest_of_each_kind(world):
    site = world.site().start()
    recovery = identity_of(site, "itl-recovery")
    lists = {kind: [tlv.trust_list(kind + "File.tlv", managers(site), recovery, 8000 + 100 * number)
                    for number in range(8)] for kind in ("CTL", "ITL")}
    story = Story(world, site, ctl=lists["CTL"][0], itl=lists["ITL"][0]).start()
    wanted = {"CTLFile.tlv", "ITLFile.tlv", story.configuration}

    def kept():
        return {path.name for path in (story.phone.folder / "store").iterdir()}
    story.phone.wait_registered()
    for number in range(1, 5):
        story.give(ctl=lists["CTL"][number], itl=lists["ITL"][number])
        story.boot_again()
        assert kept() == wanted
        assert story.stored("CTL") == lists["CTL"][number]
        assert story.stored("ITL") == lists["ITL"][number]
    for number in range(5, 8):  # a power cut while new lists arrive
        before = {kind: story.stored(kind) for kind in lists}
        story.give(ctl=lists["CTL"][number], itl=lists["ITL"][number])
        seen = story.count("fetching CTL")
        story.phone.ctl("reset")
        wait_until(lambda: story.count("fetching CTL") > seen, "new lists under way")
        story.phone.program.kill()
        for kind in lists:
            assert story.stored(kind) in (before[kind], lists[kind][number])
        story.start()
        story.phone.wait_registered()
        assert kept() == wanted
        assert story.stored("ITL") == lists["ITL"][number]
    world.saw("S28 phone-keeps")
    story.server.stop()


@proves("S29 ctl-signer")
def test_with_a_ctl_the_first_itl_must_be_signed_by_one_of_its_signers(world):
    site = world.site().start()
    recovery = identity_of(site, "itl-recovery")
    authority = Authority(world.folder / "tokens", name="Tokens")
    token, other_token = (authority.issue(name) for name in ("SAST-1", "SAST-2"))
    ctl = tlv.trust_list("CTLFile.tlv",
                         [(tlv.SAST, other_token.certificate), *managers(site)], token)
    story = Story(world, site, ctl=ctl,
                  itl=tlv.trust_list("ITLFile.tlv", managers(site), recovery)).start()
    story.phone.wait_registered()
    assert story.stored("CTL") == ctl and story.stored("ITL") is None
    assert "File auth failed ITLFile.tlv" in story.messages(), story.messages()
    serial = tlv.Facts(recovery.certificate).serial.hex()
    record = site.wait_audit(event="phone refused", subject="ITLFile.tlv")[0]
    assert "ITL signer expected: serial" in record["reason"], record
    assert serial in record["reason"], (serial, record)
    good = tlv.trust_list("ITLFile.tlv", managers(site), other_token)
    story.give(itl=good)
    story.boot_again()
    assert story.stored("ITL") == good
    world.saw("S29 ctl-signer")
    story.server.stop()


@proves("S67 all")
def test_capf_must_stand_in_the_list_before_a_phone_speaks_to_it(world):
    site = world.site().start()
    recovery = identity_of(site, "itl-recovery")
    without = tlv.trust_list("ITLFile.tlv", managers(site), recovery)
    story = Story(world, site, itl=without)
    site.ctl("phone", "set", story.phone.name, "--capf", "install", "--capf-proof", "mic")
    story.server.answers[story.configuration] = fetch(site, "http", story.configuration)
    story.start()
    story.phone.wait_registered()
    assert "LSC not installed: CAPF certificate not in trust list" in story.messages()
    heard = [line for line in site.manager.text().splitlines()
             if re.search(r" enrolment\[\d+\] ", line) and "sandbox entered" not in line]
    assert not heard, heard
    assert story.count("phone: enrolment server=") == 0
    another = Authority(world.folder / "other").issue("CAPF")
    story.give(itl=tlv.trust_list("ITLFile.tlv",
                                  managers(site) + [(tlv.CAPF, another.certificate)], recovery))
    story.boot_again()
    record = site.wait_audit(event="phone refused", device=story.phone.name,
                             what="CAPF server refused")[0]
    assert "is not listed as CAPF" in record["reason"], record
    assert not (story.phone.folder / "lsc.pem").exists()
    story.give(itl=tlv.trust_list("ITLFile.tlv", managers(site) + roles(site, CAPF="capf"),
                                  recovery))
    story.boot_again()
    story.phone.wait_status("an LSC", lambda status: status["lsc"])
    world.saw("S67 all")
    story.server.stop()
