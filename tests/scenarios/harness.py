# SPDX-License-Identifier: Apache-2.0
"""harness - stories on the real programs: a site, its manager, phones, and hostile peers.

A story is a function test_... in a file *_scenario.py, decorated with what it proves:

    @proves("S47 name-mismatch")
    def test_a_certificate_of_another_phone_is_refused(world):
        site = world.site()
        ...
        world.saw("S47 name-mismatch")

A story fails when it raises, when it did not see all that it says it proves, when a program
ended by itself, or when a sanitizer said something. Waiting is for events: wait_until() looks
again and again for something true, up to a limit; nothing sleeps for a guessed time."""

import contextlib
import importlib.util
import inspect
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WAIT_SECONDS = 30  # for anything that must happen; sanitizers and two cores are slow
LOOK_AGAIN = 0.02
# A report goes to the log of its program: the sandbox lets it open no file of its own.
SANITIZER_SAYS = re.compile(r"ERROR: \w+Sanitizer|: runtime error: ")


class Skip(Exception):
    """Raised where this machine lacks what a story needs; the reason is printed."""


def proves(*clauses):
    def mark(function):
        function.proves = list(clauses)
        return function
    return mark


class Story:
    def __init__(self, name, function):
        self.name = name
        self.function = function
        self.proves = getattr(function, "proves", [])

    def play(self, build):
        world = World(build, self.name)
        try:
            self.function(world)
            missing = [clause for clause in self.proves if clause not in world.seen]
            if missing:
                raise AssertionError("not seen: " + ", ".join(missing))
            world.finish()
            return "passed", ""
        except Skip as reason:
            world.finish(quiet=True)
            return "skipped", str(reason)
        except BaseException as problem:  # the runner goes on with the next story
            detail = traceback.format_exc()
            if world.folder.exists():
                world.finish(quiet=True, keep=True)
            detail += world.last_words
            if isinstance(problem, KeyboardInterrupt):
                raise
            return "failed", detail


def stories(folder):
    for path in sorted(pathlib.Path(folder).glob("*_scenario.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        tests = [(function.__code__.co_firstlineno, name, function)
                 for name, function in inspect.getmembers(module, inspect.isfunction)
                 if name.startswith("test_") and function.__module__ == path.stem]
        for _, name, function in sorted(tests):
            yield Story(path.stem.replace("_scenario", "") + "/" + name[5:], function)


def wait_until(look, what, seconds=WAIT_SECONDS):
    """The first true answer of look(); what is named when there is none."""
    end = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(LOOK_AGAIN)


def free_address():
    """A loopback address of our own, so that stories never meet each other's ports."""
    return "127.%d.%d.%d" % (random.randint(16, 250), random.randint(1, 250),
                             random.randint(2, 200))


class Program:
    """A started program with its log; ended by its pid when the story ends."""

    def __init__(self, world, name, command, env=None):
        self.world, self.name = world, name
        self.log_path = world.folder / (name + ".log")
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log,
                                        env=dict(world.env, **(env or {})))
        self.expected_end = False
        world.programs.append(self)

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def text(self):
        return self.log_path.read_text(errors="replace")

    def kill(self):
        self.expected_end = True
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.expected_end = True
        if self.alive():
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"{self.name} did not end in 20 s when asked to")


class World:
    def __init__(self, build, name):
        self.build = pathlib.Path(build)
        self.name = name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ringfence-"))
        self.folder.chmod(0o755)
        self.seen = set()
        self.programs = []
        self.last_words = ""
        self.random = random.Random(name)
        self.clock_path = self.folder / "clock"
        self.clock_path.write_bytes(struct.pack("<q", 0))
        self.env = {
            "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            "HOME": str(self.folder), "LANG": "C.UTF-8",
            "RINGFENCE_RUN": str(self.folder / "run"),
            "RINGFENCE_TEST_CLOCK": str(self.clock_path),
            "ASAN_OPTIONS": "detect_leaks=1",
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        }
        (self.folder / "run").mkdir()

    def program(self, name):
        return self.build / name

    def saw(self, *clauses):
        """To be called where the assertion that shows the clause has just passed."""
        self.seen.update(clauses)

    def move_clock(self, seconds):
        """Moves the wall and the monotonic clock of every program of this story."""
        self.clock_path.write_bytes(struct.pack("<q", int(seconds * 1000)))

    def start(self, name, *command, env=None):
        return Program(self, name, command, env)

    def ctl(self, *arguments, ok=True):
        """ringfencectl; its parsed answer with --json. ok=False: the refusal, as a string."""
        command = [str(self.program("ringfencectl")), *map(str, arguments), "--json"]
        done = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        out, err = done.stdout.decode(), done.stderr.decode()
        if ok:
            assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}: {out}{err}"
            return json.loads(out) if out.strip() else None
        assert done.returncode != 0, f"{' '.join(command)} was accepted: {out}"
        return out + err

    def site(self, **options):
        return Site(self, **options)

    def tails(self):
        parts = []
        for program in self.programs:
            lines = program.text().splitlines()[-40:]
            parts.append(f"--- {program.name}\n" + "\n".join(lines))
        return "\n" + "\n".join(parts)

    def finish(self, quiet=False, keep=False):
        problems = []
        for program in reversed(self.programs):
            if not program.alive() and not program.expected_end:
                problems.append(f"{program.name} ended by itself with {program.process.returncode}")
            try:
                program.stop()
            except AssertionError as slow:
                problems.append(str(slow))
            program.log.close()
        for program in self.programs:
            found = SANITIZER_SAYS.search(program.text())
            if found:
                problems.append(f"{program.name}: {program.text()[found.start():][:2500]}")
        self.last_words = self.tails() if problems or keep else ""
        if keep and os.environ.get("RINGFENCE_KEEP"):
            print("kept:", self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        if problems and not quiet:
            raise AssertionError("; ".join(problems))


class Site:
    """A site made by ringfencectl, on a loopback address of its own, and its manager."""

    def __init__(self, world, create=(), base=20000):
        self.world = world
        self.address = free_address()
        self.folder = world.folder / "site"
        self.factory = world.folder / "factory"
        self.base = base
        self.phones = {}
        self.manager = None
        self.create_options = list(create)
        mac = self.new_mac()
        self.make_phone_identity(mac)  # the manufacturing CA must exist before the site
        self.first_mac = mac
        world.ctl("site", "create", self.folder, "--address", self.address, "--ports",
                  str(base), "--mic-ca", self.factory / "manufacturing-ca.pem", *create)
        self.settings = json.loads((self.folder / "site.json").read_text())

    def new_mac(self):
        return "02%010X" % self.world.random.randrange(1 << 40)

    def make_phone_identity(self, *macs):
        self.world.ctl("factory", "make", *macs, "--factory", self.factory, "--out",
                       self.world.folder / "phones")

    def port(self, name):
        return self.settings["ports"][name]

    def start(self):
        self.manager = self.world.start("manager", self.world.program("ringfence-manager"),
                                        "--site", self.folder)
        self.wait_ready()
        return self

    def wait_ready(self):
        socket_path = self.folder / "run" / "control.sock"
        wait_until(lambda: self.answers(socket_path), "the manager's control socket")

    def answers(self, path):
        if self.manager is not None and not self.manager.alive():
            raise AssertionError("the manager ended: " + self.manager.text()[-3000:])
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            return True
        return False

    def ctl(self, *arguments, ok=True):
        return self.world.ctl("--site", self.folder, *arguments, ok=ok)

    def audit(self, **facts):
        """Records of the audit log with these values; a value may be a compiled pattern."""
        found = []
        path = self.folder / "audit.log"
        for line in path.read_text().splitlines() if path.exists() else []:
            record = json.loads(line)
            if all(self.matches(record.get(key), value) for key, value in facts.items()):
                found.append(record)
        return found

    @staticmethod
    def matches(value, wanted):
        if isinstance(wanted, re.Pattern):
            return value is not None and wanted.search(str(value)) is not None
        return value == wanted

    def wait_audit(self, **facts):
        return wait_until(lambda: self.audit(**facts), f"an audit record with {facts}")

    def phone(self, number, profile="encrypted", mac=None, start=True, options=(), **rest):
        """A factory-new phone, known to the manager, with one line; started."""
        if mac is None:
            mac = self.first_mac if not self.phones else self.new_mac()
        phone = Phone(self, mac, number, profile, **rest)
        self.phones[number] = phone
        if start:
            phone.start(*options)
        return phone


class Phone:
    def __init__(self, site, mac, number, profile, capf="install", add=True):
        self.site, self.world, self.mac, self.number = site, site.world, mac, number
        self.name = "SEP" + mac
        self.folder = self.world.folder / "phones" / self.name
        if not self.folder.exists():
            site.make_phone_identity(mac)
        self.address = free_address()
        self.heard = self.world.folder / (self.name + "-heard.wav")
        self.program = None
        if add:
            command = ["phone", "add", self.name, "--line", number, "--profile", profile]
            if capf:
                command += ["--capf", capf]
            site.ctl(*command)

    def start(self, *options, speaks=None, capture=None, wrap=(), env=None):
        """wrap: a program that runs the phone, as words before its own."""
        audio = "file:%s,%s" % (speaks or "", self.heard) if speaks else "null"
        command = [*wrap, self.world.program("ringfence-phone"), "--state", self.folder,
                   "--file-server", "%s:%d:%d" % (self.site.address, self.site.port("files_http"),
                                                  self.site.port("tftp")),
                   "--address", self.address, "--audio", audio, *options]
        if capture:
            command += ["--capture", capture]
        self.program = self.world.start(self.name, *command, env=env)
        return self

    def ctl(self, *arguments, ok=True):
        return self.world.ctl("--phone", self.folder / "run" / "control.sock", *arguments, ok=ok)

    def status(self):
        if not self.program.alive():
            raise AssertionError(f"{self.name} ended: " + self.program.text()[-3000:])
        if not (self.folder / "run" / "control.sock").exists():
            return {}
        try:
            return self.ctl("status")
        except AssertionError:
            return {}

    def wait_status(self, what, look, seconds=WAIT_SECONDS):
        """Until look(status) is true; returns that status."""
        def now():
            status = self.status()
            return status if status and look(status) else None
        return wait_until(now, f"{self.name}: {what}; now {self.status()}", seconds)

    def wait_registered(self, seconds=WAIT_SECONDS):
        return self.wait_status("registered", lambda status: status.get("registered"), seconds)
