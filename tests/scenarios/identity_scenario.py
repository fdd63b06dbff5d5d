# SPDX-License-Identifier: Apache-2.0
"""Both ends of a registration show who they are before a word of SIP is said."""

import socket
import ssl
import threading

from harness import proves, wait_until
from trust_scenario import identity_of


class WatchfulManager:
    """Plays the manager with its own certificate and demands one of the phone: what the
    handshake showed, and the first bytes behind it."""

    def __init__(self, site, identity, issuers):
        self.seen, self.problems = [], []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.context.load_verify_locations(str(issuers))
        self.context.load_cert_chain(str(identity.certificate), str(identity.key))
        self.listener = socket.create_server((site.address, site.port("sip_tls")))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.settimeout(20)
            try:
                with self.context.wrap_socket(client, server_side=True) as connection:
                    names = dict(pair[0] for pair in connection.getpeercert()["subject"])
                    self.seen.append((names["commonName"], connection.version(),
                                      connection.recv(4096)))
            except OSError as problem:
                self.problems.append(str(problem))

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@proves("S2 mutual-tls")
def test_nothing_is_said_before_both_certificates_are_verified(world):
    site = world.site().start()
    phone = site.phone("2001", capf=None)
    phone.wait_registered()
    identity = identity_of(site, "callmanager")
    site.manager.stop()
    manager = WatchfulManager(site, identity, site.factory / "manufacturing-ca.pem")
    wait_until(lambda: len(manager.seen) >= 2, "two connections of the phone", 60)
    for name, version, said in manager.seen:
        assert name == "CP-8832-" + phone.name and version == "TLSv1.2", (name, version)
        assert said.startswith(b"REGISTER sip:"), said
    manager.stop()
    # A manager that does not believe the phone's certificate hears nothing of it.
    strict = WatchfulManager(site, identity, site.folder / "certificates" / "capf.pem")
    wait_until(lambda: strict.problems, "a handshake that the manager refused", 70)
    assert not strict.seen, strict.seen
    assert "CERTIFICATE_VERIFY_FAILED" in strict.problems[0], strict.problems
    strict.stop()
    world.saw("S2 mutual-tls")
