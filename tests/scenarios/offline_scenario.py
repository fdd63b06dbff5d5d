# SPDX-License-Identifier: Apache-2.0
"""What the operator makes and inspects while nothing runs: sites, phones, lists, signed files."""

import json
import pathlib
import shutil
import subprocess

from harness import proves

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


def refusal(text):
    """The sentence of the one JSON line among what was printed."""
    answer = json.loads(next(line for line in text.splitlines() if line.startswith('{"ok":')))
    assert answer["ok"] is False
    return answer["fault"], answer["error"]


def exit_code(world, *arguments):
    command = [str(world.program("ringfencectl")), *map(str, arguments)]
    return subprocess.run(command, env=world.env, stdin=subprocess.DEVNULL, timeout=120,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


@proves("S27 manager-refuses", "S28 manager-shows")
def test_a_list_that_phones_cannot_store_is_not_published(world):
    site = world.site()
    listed = site.folder / "certificates" / "listed"
    listed.mkdir()
    rows = {row["list"]: row for row in world.ctl("site", "publish", site.folder)}
    assert rows["ITL"]["bytes_most"] == 65536 and not rows["ITL"]["warning"], rows

    def add(name):
        shutil.copy(DATA / "trust" / "ccm.pem", listed / ("APP-SERVER.%s.pem" % name))

    count = 0
    while not rows["ITL"]["warning"]:
        add("server-%02d" % count)
        count += 1
        rows = {row["list"]: row for row in world.ctl("site", "publish", site.folder)}
    assert rows["ITL"]["bytes"] > 0.8 * 65536 and rows["ITL"]["percent"] >= 80, rows
    on_disk = (site.folder / "files" / "ITLFile.tlv").read_bytes()
    assert len(on_disk) == rows["ITL"]["bytes"]
    world.saw("S28 manager-shows")

    for extra in range(20):
        add("extra-%02d" % extra)
    fault, sentence = refusal(world.ctl("site", "publish", site.folder, ok=False))
    assert fault == "limit", sentence
    assert "phones store at most 65536: drop some of APP-SERVER CN=Test-CCM" in sentence, sentence
    assert "ITL of " in sentence and " bytes in " in sentence, sentence
    assert (site.folder / "files" / "ITLFile.tlv").read_bytes() == on_disk
    world.saw("S27 manager-refuses")


@proves("S50 factory")
def test_the_factory_gives_each_phone_an_identity_of_its_own(world):
    factory, phones = world.folder / "factory", world.folder / "phones"
    made = world.ctl("factory", "make", "00:11:22:33:44:55", "0011.2233.4466", "--factory",
                     factory, "--out", phones)
    assert [phone["device"] for phone in made] == ["SEP001122334455", "SEP001122334466"]
    assert made[0]["serial"] != made[1]["serial"]
    keys = set()
    for phone in made:
        mic = pathlib.Path(phone["directory"]) / "mic.pem"
        subprocess.run(["openssl", "verify", "-purpose", "sslclient", "-CAfile",
                        factory / "manufacturing-ca.pem", mic], check=True,
                       stdout=subprocess.DEVNULL)
        facts = world.ctl("cert", "show", mic)[0]
        assert facts["common_name"] == "CP-8832-" + phone["device"], facts
        keys.add(subprocess.run(["openssl", "x509", "-in", mic, "-noout", "-pubkey"], check=True,
                                stdout=subprocess.PIPE).stdout)
    assert len(keys) == 2
    fault, sentence = refusal(world.ctl("factory", "make", "001122334455", "--factory", factory,
                                        "--out", phones, ok=False))
    assert fault == "unexpected" and "has its MIC already, for life" in sentence, sentence
    world.saw("S50 factory")


def test_a_signed_file_is_believed_whole_and_under_its_name_only(world):
    site = world.site()
    plain = world.folder / "SEP001122334455.cnf.xml"
    plain.write_text("<device/>\n")
    signed = pathlib.Path(world.ctl("--site", site.folder, "file", "sign", plain)["file"])
    itl = site.folder / "files" / "ITLFile.tlv"
    facts = world.ctl("file", "verify", signed, "--list", itl, "--payload", world.folder / "out")
    assert facts["digest"] == "SHA-512" and facts["verified"], facts
    assert (world.folder / "out").read_bytes() == plain.read_bytes()

    renamed = world.folder / "SEP00AABBCCDDEE.cnf.xml.sgn"
    shutil.copy(signed, renamed)
    fault, sentence = refusal(world.ctl("file", "verify", renamed, "--list", itl, ok=False))
    assert fault == "untrusted" and "it was signed as " in sentence, sentence

    altered = bytearray(signed.read_bytes())
    altered[-2] ^= 1
    signed.write_bytes(altered)
    fault, sentence = refusal(world.ctl("file", "verify", signed, "--list", itl, "--payload",
                                        world.folder / "none", ok=False))
    assert fault == "untrusted" and "the signature is not that of" in sentence, sentence
    assert not (world.folder / "none").exists()

    fault, sentence = refusal(world.ctl("file", "verify", DATA / "trust" / "ITLFile.tlv",
                                        "--list", itl, ok=False))
    assert fault == "untrusted" and "ITL signer expected: serial " in sentence, sentence
    assert "seen: serial 8694156f6d1150d83aa1c2b2ba7c30bc" in sentence, sentence


def test_exit_codes_are_as_documented(world):
    missing = world.folder / "missing"
    assert exit_code(world, "--version") == 0
    assert exit_code(world, "cert", "show", missing) == 1
    assert exit_code(world, "cert", "show") == 2
    assert exit_code(world, "no", "such", "command") == 2
    assert exit_code(world, "--site", missing, "registration", "list") == 3
