# SPDX-License-Identifier: Apache-2.0
"""Every TLS listener, as sslscan and openssl s_client see it."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import xml.etree.ElementTree as tree

from harness import Skip, proves
from peers import Refused, SipClient, client_context
from registration_scenario import device_of

RSA = ["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"]
EC = ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"]
LISTENERS = {"sip_tls": {"RSA": RSA, "ECDSA": EC}, "capf": {"RSA": RSA, "ECDSA": []}}
OLD = ["-tls1", "-tls1_1", "-tls1_3"]


def s_client(site, port, *options):
    """The suite of a handshake; None when there was none."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"{site.address}:{site.port(port)}", *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    found = re.search(rb"Cipher is (\S+)", done.stdout)
    suite = found.group(1).decode() if found else "(NONE)"
    return None if suite == "(NONE)" else suite


def preferred(site, port, suites):
    """In the server's own order: what it takes is taken away, until it takes nothing."""
    left, order = list(suites), []
    while left:
        taken = s_client(site, port, "-tls1_2", "-cipher", ":".join(reversed(left)))
        if taken is None:
            break
        order.append(taken)
        left.remove(taken)
    return order


def sslscan(site, port):
    if shutil.which("sslscan") is None:
        raise Skip("sslscan is not installed")
    path = site.world.folder / f"scan-{port}.xml"
    subprocess.run(["sslscan", "--no-colour", f"--xml={path}",
                    f"{site.address}:{site.port(port)}"], stdout=subprocess.PIPE, check=True,
                   timeout=300)
    return tree.parse(path).find("ssltest")


def check_listener(site, port, wanted):
    scan = sslscan(site, port)
    versions = {(one.get("type"), one.get("version")) for one in scan.iter("protocol")
                if one.get("enabled") == "1"}
    assert versions == {("tls", "1.2")}, (port, versions)
    accepted = [(one.get("sslversion"), one.get("cipher")) for one in scan.iter("cipher")]
    suites = {suite for group in wanted.values() for suite in group}
    assert {version for version, _ in accepted} == {"TLSv1.2"}, accepted
    assert {suite for _, suite in accepted} == suites and len(accepted) == len(suites), accepted
    assert scan.find("renegotiation").get("supported") == "0"
    assert all(one.get("vulnerable") == "0" for one in scan.iter("heartbleed"))
    groups = {one.get("name") for one in scan.iter("group")}
    assert "x25519" in str(groups).lower() and not re.search("160|192|224|ffdhe", str(groups)), \
        groups
    everything = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
    for kind, order in wanted.items():
        found = preferred(site, port, [name for name in RSA + EC if f"-{kind}-" in name])
        assert found == order, (port, kind, found)
    for version in OLD:
        options = [] if version == "-tls1_3" else ["-cipher", everything]
        assert s_client(site, port, version, *options) is None, (port, version)


def listening(program_pids):
    """TCP ports that these processes listen on, by their open sockets."""
    sockets = set()
    for pid in program_pids:
        for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            try:
                sockets |= set(re.findall(r"socket:\[(\d+)\]", str(descriptor.readlink())))
            except OSError:
                continue
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                ports.add(int(fields[1].rsplit(":", 1)[1], 16))
    return ports


def tree_of(pid):
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += tree_of(int(child))
    return found


@proves("S63 manager-scan")
def test_each_listener_of_the_manager_speaks_exactly_its_suites(world):
    site = world.site().start()
    open_ports = listening(tree_of(site.manager.pid))
    plain = {site.port("sip"), site.port("files_http")}
    secure = {site.port(name) for name in LISTENERS}
    assert open_ports == plain | secure, (open_ports, site.settings["ports"])
    for port, wanted in LISTENERS.items():
        check_listener(site, port, wanted)
    world.saw("S63 manager-scan")


@proves("S63 aes-256-only")
def test_a_site_may_restrict_itself_to_aes_256(world):
    site = world.site(create=["--aes-256-only"]).start()
    for port, wanted in LISTENERS.items():
        check_listener(site, port, {kind: order[:1] for kind, order in wanted.items()})
    identity = device_of(site, site.first_mac, "2001")
    for suite, taken in ((RSA[0], True), (RSA[1], False)):
        try:
            with SipClient(site.address, site.port("sip_tls"),
                           client_context(identity, suites=suite)) as client:
                answer = client.ask(client.register("2001", "SEP" + site.first_mac,
                                                    site.address))
                assert taken and answer.status == 200, (suite, answer.text)
        except Refused as refusal:
            assert not taken and refusal.alert == "handshake_failure", (suite, refusal)
    phone = site.phone("2002", capf="install", mac=site.new_mac())
    phone.wait_status("an LSC", lambda status: status.get("lsc"))
    phone.wait_registered()
    assert "AES_256" in phone.ctl("security")["tls_suite"]
    world.saw("S63 aes-256-only")


@proves()
def test_a_phone_listens_on_no_tcp_port(world):
    """Until it has pages, there is nothing of a phone to scan (S63 phone-scan stays open)."""
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    with socket.create_server((phone.address, 0)) as control:  # the look would see one
        assert control.getsockname()[1] in listening([os.getpid()])
    assert listening(tree_of(phone.program.pid)) == set()
