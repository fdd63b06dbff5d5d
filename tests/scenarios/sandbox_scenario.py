# SPDX-License-Identifier: Apache-2.0
"""The real sandbox: sanitizer builds otherwise run with a wider filter, for their leak checks."""

import re

from call_scenario import hang_up, place_call, wait_icon
from harness import wait_until


def test_everything_works_with_what_users_get(world):
    world.env["RINGFENCE_SANDBOX"] = "strict"
    world.env["ASAN_OPTIONS"] = "detect_leaks=0"
    site = world.site().start()
    first, second = site.phone("2001"), site.phone("2002")
    for phone in (first, second):
        phone.wait_status("an LSC", lambda status: status.get("lsc"))
        phone.wait_registered()
    place_call(first, second)
    for phone in (first, second):
        wait_icon(phone, "lock")
    hang_up(first, second)
    for process in ("call", "edge-0", "admin", "files", "enrolment"):
        entered = wait_until(lambda: re.search(
            r" %s\[\d+\] info start: sandbox entered enforced=(.*)" % process,
            site.manager.text()), process + " to enter its sandbox").group(1)
        assert "seccomp " in entered and "wider" not in entered, (process, entered)
    for phone in (first, second):
        assert re.search(r'sandbox enforced="no_new_privs seccomp landlock', phone.program.text())
