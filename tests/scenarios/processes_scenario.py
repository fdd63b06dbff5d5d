# SPDX-License-Identifier: Apache-2.0
"""The manager's processes: each killed in turn while two phones talk, and whose memory holds
what."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from call_scenario import hang_up, live, manager_levels, place_call, two_phones, wait_icon
from harness import Skip, proves, wait_until
from identities import openssl
from peers import client_context

BACK_SECONDS = 2.0      # a killed process is started again within
KEPT_TALKING = 15       # packets that must authenticate after each blow
PIECE = 16              # bytes of a key in a row that count as a piece of it
SHADOW_LEAST = 1 << 36  # a sanitizer's own book-keeping, which holds nobody's bytes
PAGE = 4096
KILLED = ["call", "edge-0", "files", "enrolment", "admin", "keykeeper"]


def started(site, name):
    """The newest pid that the supervisor's log names for a process."""
    found = re.findall(r'process started name="?%s"? pid=(\d+)' % re.escape(name),
                       site.manager.text())
    return int(found[-1]) if found else None


def kill(site, name):
    """kill -9; the seconds until the supervisor has another one, and its pid."""
    old = started(site, name)
    began = time.monotonic()
    os.kill(old, signal.SIGKILL)
    new = wait_until(lambda: started(site, name) != old and started(site, name),
                     f"{name} to be started again")
    return time.monotonic() - began, new


def connects(site, port, tls=True):
    try:
        with socket.create_connection((site.address, site.port(port)), 5) as plain:
            if not tls:
                return True
            with client_context().wrap_socket(plain) as secure:
                return secure.version()
    except OSError:
        return False


def tftp_answers(site):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        client.sendto(b"\0\1ITLFile.tlv\0octet\0", (site.address, site.port("tftp")))
        try:
            return client.recv(2048)[:4] == b"\0\3\0\1"
        except OSError:
            return False


def registered(site, count):
    """By `call` itself, through `admin`; false while one of them is away."""
    try:
        listed = site.ctl("registration", "list")
    except AssertionError:
        return False
    entries = listed["registrations"] if isinstance(listed, dict) else listed
    return len(entries) == count


WORKS_AGAIN = {
    "call": lambda site: registered(site, 2),
    "edge-0": lambda site: connects(site, "sip_tls") and registered(site, 2),
    "files": lambda site: connects(site, "files_http", tls=False) and tftp_answers(site),
    "enrolment": lambda site: connects(site, "capf"),
    "admin": lambda site: registered(site, 2),
    "keykeeper": lambda site: connects(site, "sip_tls") and connects(site, "capf"),
}


def source_ports(site, phone):
    """Local ports of a phone's connections to the manager's TLS port, as the kernel has them."""
    def entry(address, port):
        return "%08X" % int.from_bytes(socket.inet_aton(address), "little") + ":%04X" % port
    remote = entry(site.address, site.port("sip_tls"))
    local = entry(phone.address, 0).split(":", maxsplit=1)[0]
    ports = set()
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, mine, other, state, *_ = line.split()
        if state == "01" and other == remote and mine.startswith(local):
            ports.add(int(mine.split(":")[1], 16))
    return ports


def media(phone):
    return live(phone.status())[0]["media"]


def wait_more_speech(phone, before):
    return phone.wait_status("more speech", lambda status: live(status) and
                             live(status)[0]["media"]["authenticated"] > before + KEPT_TALKING)


@proves()
def test_kill_each_process_while_two_phones_talk(world):
    site, phones = two_phones(world)
    place_call(*phones)
    for phone in phones:
        wait_icon(phone, "lock")
    for name in KILLED:
        heard = [media(phone)["authenticated"] for phone in phones]
        seconds, pid = kill(site, name)
        assert seconds < BACK_SECONDS, f"{name} was away for {seconds:.2f} s"
        for phone, before in zip(phones, heard):
            wait_more_speech(phone, before)
        wait_until(lambda: WORKS_AGAIN[name](site), f"{name} to work again")
        assert started(site, name) == pid, f"{name} was started more than once"
    for phone in phones:
        wait_icon(phone, "lock")
        assert not media(phone)["refused_authentication"], media(phone)
    hang_up(*phones)
    wait_until(lambda: manager_levels(site) == [], "no call left")
    place_call(*reversed(phones))
    hang_up(*phones)


@proves()
def test_a_restart_of_call_loses_no_connection(world):
    site, phones = two_phones(world)
    before = [source_ports(site, phone) for phone in phones]
    assert all(len(ports) == 1 for ports in before), before
    for _ in range(3):
        kill(site, "call")
        wait_until(lambda: registered(site, 2), "both registrations, without a new REGISTER")
        place_call(*phones)
        for phone in phones:
            wait_icon(phone, "lock")
        hang_up(*phones)
    assert [source_ports(site, phone) for phone in phones] == before
    for phone in phones:
        assert phone.program.text().count("connected to manager") == 1


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def family(pid):
    """A process and all below it."""
    return [pid] + [other for child in children(pid) for other in family(child)]


def is_keykeeper(pid):
    return os.readlink(f"/proc/{pid}/exe").endswith("ringfence-keykeeper")


def dump(pid, path):
    """All that is in memory and may be read, but no code."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory, \
            open(f"/proc/{pid}/pagemap", "rb", 0) as present, open(path, "wb") as out:
        for line in maps.read().splitlines():
            spread, rights, *_ = line.split()
            first, last = (int(part, 16) for part in spread.split("-"))
            if rights[0] != "r" or rights[2] == "x" or last - first >= SHADOW_LEAST or \
                    line.endswith(("[vvar]", "[vsyscall]")):
                continue
            present.seek(first // PAGE * 8)
            entries = present.read((last - first) // PAGE * 8)
            for index in range(0, len(entries) // 8):
                if entries[index * 8 + 7] & 0xC0:  # in memory or swapped out
                    memory.seek(first + index * PAGE)
                    out.write(memory.read(PAGE))
    return path.stat().st_size


def private_numbers(key):
    """d, p, q and what is derived from them; of an EC key its one secret number."""
    text = openssl("pkey", "-inform", "DER", "-in", key, "-noout", "-text").decode()
    secret = ("privateExponent:", "prime1:", "prime2:", "exponent1:", "exponent2:",
              "coefficient:", "priv:")
    return [bytes.fromhex("".join(digits.split()).replace(":", "")).lstrip(b"\0")
            for name, digits in re.findall(r"^(\w+:)[^\n]*\n((?:    [0-9a-f: ]+\n)+)", text, re.M)
            if name in secret]


def pieces(numbers):
    """Every run of PIECE bytes in both byte orders that grep can take as a line."""
    runs = set()
    for number in numbers:
        for order in (number, number[::-1]):
            runs |= {order[at:at + PIECE] for at in range(len(order) - PIECE + 1)}
    return sorted(run for run in runs if b"\n" not in run and b"\0" not in run)


def holds(dumped, patterns):
    done = subprocess.run(["grep", "-q", "-a", "-F", "-f", patterns, dumped],
                          env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}, stderr=subprocess.PIPE)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


@proves()
def test_private_keys_are_in_the_memory_of_keykeepers_only(world):
    if os.geteuid() != 0:
        raise Skip("reading the memory of other programs needs root")
    site = world.site().start()
    phones = [site.phone(number, capf="install") for number in ("2001", "2002")]
    for phone in phones:
        phone.wait_status("an LSC", lambda status: status.get("lsc"))
        phone.wait_registered()
    place_call(*phones)
    for phone in phones:
        wait_icon(phone, "lock")
    connects(site, "capf")
    stored = list((site.folder / "keys").iterdir())
    for phone in phones:
        stored += [phone.folder / "keys" / name for name in ("mic", "lsc")]
    numbers = [number for key in stored for number in private_numbers(key)]
    assert len(numbers) > 6 * len(phones), [key.name for key in stored]
    patterns = world.folder / "pieces"
    patterns.write_bytes(b"\n".join(pieces(numbers)) + b"\n")
    everyone = family(site.manager.pid) + [pid for phone in phones
                                           for pid in family(phone.program.pid)]
    holders = {}
    for pid in everyone:
        name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        path = world.folder / "memory"
        assert dump(pid, path) > 1 << 20, f"nothing of {name} could be read"
        holders[pid] = (name, is_keykeeper(pid), holds(path, patterns))
        path.unlink()
    names = [name for name, _, _ in holders.values()]
    assert {"call", "edge-0", "files", "enrolment", "admin"} <= set(names), names
    leaks = [entry for entry in holders.values() if entry[2] and not entry[1]]
    assert not leaks, leaks
    assert any(found for _, keeper, found in holders.values() if keeper), holders
