# SPDX-License-Identifier: Apache-2.0
"""A phone of another maker: baresip registers with TLS and digest and talks with one of ours.

Debian's baresip (1.0.0 with libre 1.1.0) knows no digest but MD5 and gives up when it sees
SHA-256 beside it; and it does not verify the server's certificate, whatever sip_cafile says:
that its legs count as secure is what the operator vouches for by the profile."""

import array
import json
import random
import re
import shutil
import socket
import subprocess
import wave

from call_scenario import SPEECH, live, states, wait_icon
from harness import Skip, proves, wait_until
from peers import PEER_SECONDS
import sound

USER, PASSWORD = "third", "correct horse battery"
REPEATED = 12  # the call of baresip ends with its file
SPEECH_SECONDS = 60
WAV_HEADER = 44
PORTS = 10000, 16000  # below those that connections and phones take
MODULES = ["g711", "aufile", "aubridge", "sndfile", "srtp", "ctrl_tcp"]

CONFIGURATION = """
poll_method epoll
net_interface {address}
sip_listen {address}:{sip}
sip_cafile {authorities}
call_local_timeout 120
call_max_calls 4
audio_source aufile,{speech}
audio_player aubridge,nowhere
audio_alert aubridge,nowhere
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
snd_path {recorded}
rtp_ports {rtp}
ctrl_tcp_listen {address}:{control}
module_path /usr/lib/baresip/modules
{modules}
module_tmp account.so
module_app menu.so
"""


def write_wav(path, frames, rate=8000):
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(frames[:len(frames) // 2 * 2])
    return path


class Baresip:
    """The program, driven through its ctrl_tcp module: netstrings of JSON."""

    def __init__(self, site, line, speech, password=PASSWORD, authorities=None):
        # Its RTP sockets are bound to no address: on loopback they speak from this one.
        self.world, self.address = site.world, "127.0.0.1"
        self.folder = self.world.folder / ("baresip-%d" % len(self.world.programs))
        self.recorded = self.folder / "recorded"
        self.recorded.mkdir(parents=True)
        control = random.randrange(*PORTS, 100)
        (self.folder / "config").write_text(CONFIGURATION.format(
            address=self.address, speech=self.as_8000(speech), recorded=self.recorded,
            authorities=authorities or self.authorities_of(site), control=control,
            sip=control + 2, rtp="%d-%d" % (control + 10, control + 99),
            modules="\n".join(f"module {name}.so" for name in MODULES)))
        (self.folder / "accounts").write_text(
            f"<sip:{line}@{site.address}:{site.port('sip_tls')};transport=tls>;"
            f"auth_user={USER};"
            f'auth_pass="{password}";mediaenc=srtp-mand;audio_codecs=pcmu;regint=600;'
            "answermode=manual\n")
        for name in ("contacts", "uuid"):
            (self.folder / name).write_text("" if name == "contacts" else
                                            "00000000-0000-0000-0000-000000000001")
        self.program = self.world.start(self.folder.name, "baresip", "-f", self.folder)
        self.control = wait_until(lambda: self.connected(control), "baresip's control port")
        self.events = []

    def authorities_of(self, site):
        """The manager's own certificates, and no other authority."""
        path = self.folder / "authorities.pem"
        names = ("callmanager.pem", "callmanager-ec.pem")
        path.write_text("".join((site.folder / "certificates" / name).read_text()
                                for name in names))
        return path

    def as_8000(self, speech):
        path = self.folder / "speech.wav"
        values, rate = sound.samples(speech)
        assert rate == 16000, rate
        halved = array.array("h", ((values[at] + values[at + 1]) // 2
                                   for at in range(0, len(values) - 1, 2)))
        return write_wav(path, halved.tobytes() * REPEATED)

    def connected(self, port):
        assert self.program.alive(), self.program.text()
        try:
            return socket.create_connection((self.address, port), PEER_SECONDS)
        except ConnectionError:
            return None

    def command(self, name, parameters=""):
        text = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        self.control.sendall(b"%d:%s," % (len(text), text))

    def says(self, pattern):
        return wait_until(lambda: re.search(pattern, self.program.text()),
                          f"baresip to say {pattern}")

    def heard(self):
        """What it decoded. Its sndfile module fills in the sizes only at the end."""
        for path in self.recorded.glob("*dec*.wav"):
            return write_wav(self.folder / "heard.wav", path.read_bytes()[WAV_HEADER:])
        return self.folder / "nothing"


def a_site_with_baresip(world, **options):
    if shutil.which("baresip") is None:
        raise Skip("baresip is not installed")
    site = world.site().start()
    ours = site.phone("2001", capf=None, start=False)
    samples, rate = sound.samples(SPEECH[0])
    ours.start(speaks=write_wav(world.folder / "repeated.wav", samples.tobytes() * REPEATED, rate))
    mac = site.new_mac()
    subprocess.run([world.program("ringfencectl"), "--site", site.folder, "user", "set", USER,
                    "--digest", "md5"],
                   input=PASSWORD.encode() + b"\n", env=world.env, check=True)
    site.ctl("phone", "add", "SEP" + mac, "--line", "2002", "--profile", "third-party-encrypted",
             "--user", USER)
    ours.wait_registered()
    return site, ours, Baresip(site, "2002", SPEECH[1], **options)


def newest_likeness(said, path):
    """Of the newest that was heard: what a busy machine spoilt once is said again and again."""
    said = sound.loudness(said)
    heard = sound.loudness(path)[-2 * len(said):]
    return max((sound.correlation(said, heard[at:at + len(said)])
                for at in range(len(heard) - len(said) + 1)), default=0.0)


def wait_heard_by_both(ours, theirs):
    for said, heard in ((SPEECH[0], theirs.heard), (SPEECH[1], lambda: ours.heard)):
        wait_until(lambda: newest_likeness(said, heard()) >= sound.LIKENESS,
                   f"{said.name} to be heard", SPEECH_SECONDS)


def wait_secure(ours):
    call = live(wait_icon(ours, "lock"))[0]
    assert call["media_secure"] and call["suite"].startswith("A"), call
    assert call["media"]["authenticates"] and call["media"]["encrypts"], call
    return call


@proves()
def test_baresip_registers_and_calls_our_phone(world):
    _, ours, theirs = a_site_with_baresip(world)
    theirs.says("200 OK")
    theirs.command("dial", "2001")
    ours.wait_status("ringing", lambda status: "ringing" in states(status))
    ours.ctl("answer")
    wait_secure(ours)
    wait_heard_by_both(ours, theirs)
    theirs.command("hangup")
    ours.wait_status("idle", lambda status: not live(status))


@proves()
def test_our_phone_calls_baresip(world):
    _, ours, theirs = a_site_with_baresip(world)
    theirs.says("200 OK")
    ours.ctl("dial", "2002")
    ours.wait_status("ringing there", lambda status: "ring-out" in states(status))
    theirs.command("accept")
    wait_secure(ours)
    wait_heard_by_both(ours, theirs)
    ours.ctl("hangup")
    ours.wait_status("idle", lambda status: not live(status))
    theirs.says("session closed|terminated|Connection reset by peer")


@proves()
def test_baresip_with_a_wrong_password_is_refused(world):
    site, _, theirs = a_site_with_baresip(world, password="something else")
    site.wait_audit(event="digest refused")
    theirs.says("40[13]")
    listed = str(site.ctl("registration", "list"))
    assert "2002" not in listed, listed
