#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench.py - how long one phone takes from power-on to registered, as the phone itself counts it.

Real programs, one manager, one phone at a time: factory-new phones that get their certificate by
CAPF on the way (which makes an RSA key), then starts of a phone that has everything.

    bench.py BUILD      build without sanitizers"""

import os
import pathlib
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "scenarios"))
import harness  # noqa: E402

STARTS = 10
NEW_PHONES = 5
REGISTERED = re.compile(r"since_power_on_ms=(\d+)")


def power_on(phone):
    """Milliseconds, from the phone's log: asking it by ringfencectl would take its time."""
    seen = len(REGISTERED.findall(phone.program.text())) if phone.program else 0
    phone.start()
    found = harness.wait_until(lambda: REGISTERED.findall(phone.program.text())[seen:],
                               f"{phone.name} registered")
    assert phone.status()["power_on_to_registered_ms"] == int(found[0])
    phone.program.stop()
    return int(found[0])


def tell(what, times):
    print("%-34s median %4.0f ms   least %4d   most %4d   of %d" %
          (what, statistics.median(times), min(times), max(times), len(times)), flush=True)


def main(build):
    world = harness.World(build, "power-on")
    try:
        site = world.site().start()
        print("load average before: %.1f on %d cores" % (os.getloadavg()[0], os.cpu_count()))
        phones = [site.phone(str(2001 + i), start=False) for i in range(NEW_PHONES)]
        tell("new, with CAPF (RSA 2048 made)", [power_on(phone) for phone in phones])
        tell("with an LSC", [power_on(phones[0]) for _ in range(STARTS)])
    finally:
        world.finish()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build-bench").resolve())
