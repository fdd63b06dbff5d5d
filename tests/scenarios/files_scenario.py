# SPDX-License-Identifier: Apache-2.0
"""Signed files: what the manager gives over TFTP and HTTP, and which of what is given a phone
takes; hostile files through a server in the middle."""

import os
import re
import shutil
import signal
import subprocess

from harness import Skip, free_address, proves, wait_until
from identities import Authority, Identity, stored_key
from peers import FileServer
import tlv

FILES_PORT = 21013


def fetch(site, way, name):
    """The file by a client that is not ours; None where there is none."""
    target = site.world.folder / ("fetched-%s-%s" % (way, name))
    target.unlink(missing_ok=True)
    if way == "tftp":
        command = ["tftp", "-m", "binary", site.address, str(site.port("tftp")), "-c", "get", name,
                   target]
    else:
        command = ["curl", "-sSf", "-o", target, "http://%s:%d/%s" % (
            site.address, site.port("files_http"), name)]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    content = target.read_bytes() if target.exists() else b""
    return content or None


def file_signers(itl):
    return [der for role, der in tlv.records(itl) if role in (tlv.TFTP, tlv.CCM_TFTP)]


@proves("S4 tftp", "S4 http")
def test_files_are_signed_from_the_first_day_without_a_ctl(world):
    for program in ("tftp", "curl"):
        if shutil.which(program) is None:
            raise Skip("no " + program)
    site = world.site(create=["--ctl", "tokens"]).start()
    assert not (site.folder / "files" / "CTLFile.tlv").exists()
    name = "SEP" + site.first_mac
    site.ctl("phone", "add", name, "--line", "2001")
    for way in ("tftp", "http"):
        assert fetch(site, way, "CTLFile.tlv") is None
        assert fetch(site, way, "CTL%s.tlv" % name) is None
        itl, signed = fetch(site, way, "ITL%s.tlv" % name), fetch(site, way, name + ".cnf.xml.sgn")
        folder = world.folder / way
        folder.mkdir()
        (folder / "ITLFile.tlv").write_bytes(itl)
        path = folder / (name + ".cnf.xml.sgn")
        path.write_bytes(signed)
        facts = world.ctl("file", "verify", path, "--list", folder / "ITLFile.tlv")
        assert facts["verified"], facts
        assert any(tlv.openssl_verifies(signed, der, folder) for der in file_signers(itl))
        values, _, payload = tlv.header(signed)
        assert values[14] == path.name.encode() + b"\0" and b"<device>" in payload, values
        altered = signed[:-3] + bytes([signed[-3] ^ 1]) + signed[-2:]
        assert not any(tlv.openssl_verifies(altered, der, folder) for der in file_signers(itl))
        assert not any(tlv.openssl_verifies(signed, der, folder)
                       for role, der in tlv.records(itl) if role == tlv.SAST
                       and der not in file_signers(itl))
        world.saw("S4 " + way)


class Behind:
    """A registered phone whose files come through a server that can lie."""

    def __init__(self, world, site, **start):
        self.site, self.world = site, world
        self.phone = site.phone("2001", start=False, capf=None)
        address = free_address()
        self.liar = FileServer(address, FILES_PORT, world.folder / "nothing")
        self.name = self.phone.name + ".cnf.xml.sgn"
        self.refresh()
        self.phone.start("--file-server", "%s:%d:0" % (address, FILES_PORT), **start)
        self.phone.wait_registered()

    def refresh(self):
        """The server's files become what the site has now."""
        for name in ("CTL%s.tlv" % self.phone.name, "ITL%s.tlv" % self.phone.name, self.name):
            self.liar.answers[name] = fetch(self.site, "http", name)

    def count(self, what):
        return len(re.findall(what, self.phone.program.text()))

    def boot_again(self):
        before = self.count("phone: registered manager=")
        self.phone.ctl("reset")
        wait_until(lambda: self.count("phone: registered manager=") > before,
                   "another registration")

    def messages(self):
        return [entry["text"] for entry in self.phone.ctl("status-messages")]

    def stored(self):
        return (self.phone.folder / "store" / self.name).read_bytes()


def site_signer(site):
    return Identity(site.folder / "certificates" / "callmanager.pem",
                    stored_key(site.folder / "keys", "callmanager",
                               site.world.folder / "callmanager.key"))


def bad_files(behind):
    """(what is wrong, the file): everything but the right file, the right signer, the right name."""
    good = behind.liar.answers[behind.name]
    _, _, payload = tlv.header(good)
    signer, world = site_signer(behind.site), behind.world
    stranger = Authority(world.folder / "stranger", name="Stranger").issue("Stranger")
    namesake = Authority(world.folder / "namesake", name="Namesake").issue("127.0.0.1")
    listed = Identity(behind.site.folder / "certificates" / "capf.pem",
                      stored_key(behind.site.folder / "keys", "capf", world.folder / "capf.key"))
    same_name = tlv.signed(tlv.FILE, behind.name, payload, Identity(signer.certificate,
                                                                    namesake.key))
    broken = b"<device><unclosed>"
    return [
        ("unsigned", payload),
        ("signed by a stranger", tlv.signed(tlv.FILE, behind.name, payload, stranger)),
        ("the signer's name, another key", same_name),
        ("a listed certificate that signs no files",
         tlv.signed(tlv.FILE, behind.name, payload, listed)),
        ("altered in the content", good[:-9] + bytes([good[-9] ^ 0x20]) + good[-8:]),
        ("altered in the signature", tlv.signed(tlv.FILE, behind.name, broken, signer)[:-1] + b"!"),
        ("truncated", good[:-40]),
        ("truncated in the header", good[:100]),
        ("longer", good + b"\n"),
        ("nothing", b""),
        ("renamed", tlv.signed(tlv.FILE, "SEP00DEADBEEF00.cnf.xml.sgn", payload, signer)),
        ("a list under the name of a file", tlv.signed(tlv.LIST, behind.name, payload, signer)),
    ]


STRACE = ["strace", "-I", "2", "-f", "-y", "-s", "0", "-e", "trace=%file,write,pwrite64,writev,pwritev,"
          "ftruncate,fallocate,sendfile,copy_file_range", "-o"]
WRITES = re.compile(r"\b(write|pwrite64|writev|pwritev|ftruncate|fallocate|sendfile|"
                    r"copy_file_range|rename|renameat|renameat2|unlink|unlinkat|mkdir|mkdirat|"
                    r"link|linkat|symlink|symlinkat|truncate|creat|mknod|mknodat)\(|"
                    r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE")


def store_writes(behind, trace):
    """The system calls that would change something in the phone's store."""
    folder = str(behind.phone.folder / "store")
    return [line for line in trace.read_text(errors="replace").splitlines()
            if folder in line and WRITES.search(line)]


@proves("S3 device-configuration", "S48 nothing-written", "S48 nothing-parsed")
def test_a_configuration_that_is_not_ours_is_not_parsed_and_not_written(world):
    if shutil.which("strace") is None:
        raise Skip("no strace")
    site = world.site().start()
    trace = world.folder / "trace"
    behind = Behind(world, site, wrap=STRACE + [trace], env={
        "ASAN_OPTIONS": world.env["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0")})
    phone, kept = behind.phone, behind.stored()
    assert store_writes(behind, trace), "strace did not see how the first files came"
    good, failed = behind.liar.answers[behind.name], "File auth failed " + behind.name
    for what, content in bad_files(behind):
        writes = len(store_writes(behind, trace))
        parsed = behind.count("phone: parsing configuration from=server")
        told = behind.messages().count(failed)
        behind.liar.answers[behind.name] = content
        behind.boot_again()
        assert behind.messages().count(failed) == told + 1, (what, behind.messages()[-5:])
        assert "File cannot be used" not in str(behind.messages()), what
        assert behind.count("phone: parsing configuration from=server") == parsed, what
        assert store_writes(behind, trace)[writes:] == [], what
        assert behind.stored() == kept, what
        site.wait_audit(event="phone refused", device=phone.name, subject=behind.name)
    world.saw("S48 nothing-written", "S48 nothing-parsed")
    parsed = behind.count("phone: parsing configuration from=server")
    behind.liar.answers[behind.name] = good
    behind.boot_again()
    assert behind.count("phone: parsing configuration from=server") == parsed + 1
    site.ctl("phone", "set", phone.name, "--line", "2001=Somebody")
    behind.refresh()
    writes = len(store_writes(behind, trace))
    behind.boot_again()
    assert behind.stored() == behind.liar.answers[behind.name] != kept
    assert len(store_writes(behind, trace)) > writes
    world.saw("S3 device-configuration")
    behind.liar.stop()
    phone.program.expected_end = True  # strace ends with what it runs
    os.kill(int(re.search(r" phone\[(\d+)\]", phone.program.text()).group(1)), signal.SIGTERM)
    assert phone.program.process.wait(20) == 0


def test_a_signed_file_that_makes_no_sense_is_told_from_a_bad_signature(world):
    site = world.site().start()
    behind = Behind(world, site)
    kept, signer = behind.stored(), site_signer(site)
    other = tlv.header(behind.liar.answers[behind.name])[2].replace(
        behind.phone.name.encode(), b"SEP00DEADBEEF00")
    for content in (b"<device><unclosed>", b"", b"<!DOCTYPE device><device/>", other):
        behind.liar.answers[behind.name] = tlv.signed(tlv.FILE, behind.name, content, signer)
        told = behind.messages().count("File cannot be used " + behind.name)
        behind.boot_again()
        assert behind.messages().count("File cannot be used " + behind.name) == told + 1, content
        assert behind.stored() == kept
    behind.liar.stop()
