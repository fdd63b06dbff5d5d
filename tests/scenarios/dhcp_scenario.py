# SPDX-License-Identifier: Apache-2.0
"""A phone that is told nothing finds its file server by what its DHCP client learnt."""

import ipaddress
import json
import os

from harness import Skip


def test_a_phone_finds_its_file_server_by_dhcp_option_150_or_66(world):
    if os.geteuid() != 0:
        raise Skip("DHCP names no port: the site must serve TFTP on 69, which needs root")
    site = world.site()
    settings = json.loads((site.folder / "site.json").read_text())
    settings["ports"].update(tftp=69, files_http=6970)
    (site.folder / "site.json").write_text(json.dumps(settings))
    site.settings = settings
    site.start()
    number = int(ipaddress.ip_address(site.address))
    leases = {
        "2001": 'lease {\n  option unknown-150 %s;\n}\n' % ":".join(
            "%x" % byte for byte in number.to_bytes(4, "big")),
        "2002": 'lease {\n  option tftp-server-name "%s";\n}\n' % site.address,
        "2003": "OPTION_150=%08x\nOPTION_66=%s\n" % (number, b"192.0.2.9".hex()),
    }
    for line, text in leases.items():
        lease = world.folder / ("lease-" + line)
        lease.write_text(text)
        phone = site.phone(line, start=False, capf=None)
        phone.program = world.start(
            phone.name, world.program("ringfence-phone"), "--state", phone.folder, "--address",
            phone.address, "--audio", "null", "--dhcp-lease", lease)
        phone.wait_registered()
