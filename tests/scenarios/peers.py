# SPDX-License-Identifier: Apache-2.0
"""peers - the other ends of the stories, honest and hostile: TLS and SIP clients, a file
server that lies, a middleman that flips bits."""

import contextlib
import http.server
import re
import socket
import ssl
import threading
import uuid

PEER_SECONDS = 20


def client_context(identity=None, suites=None, least=ssl.TLSVersion.TLSv1_2,
                   most=ssl.TLSVersion.TLSv1_2):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version, context.maximum_version = least, most
    if suites:
        context.set_ciphers(suites)
    if identity is not None:
        context.load_cert_chain(str(identity.certificate), str(identity.key))
    return context


class Refused(Exception):
    """The other end ended the connection; alert is the TLS alert it sent, if any."""

    def __init__(self, problem):
        super().__init__(str(problem))
        found = re.search(r"ALERT_([A-Z_]+)", str(problem))
        self.alert = found.group(1).lower() if found else None


class SipClient:
    """Speaks SIP over TLS, TCP or UDP to a manager, a message at a time."""

    def __init__(self, address, port, context=None, udp=False, source="127.0.0.1"):
        self.remote = (address, port)
        self.buffer = b""
        self.transport = "UDP" if udp else "TLS" if context else "TCP"
        try:
            if udp:
                self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self.socket.bind((source, 0))
                self.socket.connect(self.remote)
            else:
                self.socket = socket.create_connection(self.remote, PEER_SECONDS, (source, 0))
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.settimeout(PEER_SECONDS)
            if context is not None:
                self.socket = context.wrap_socket(self.socket, server_hostname=address)
        except (ssl.SSLError, ConnectionError) as problem:
            raise Refused(problem) from problem

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def local(self):
        return "%s:%d" % self.socket.getsockname()[:2]

    def send(self, text):
        try:
            self.socket.sendall(text if isinstance(text, bytes) else text.encode())
        except (ssl.SSLError, ConnectionError) as problem:
            raise Refused(problem) from problem

    def receive(self):
        """The next whole message as Message; Refused when the connection ends first."""
        try:
            while True:
                head, split, rest = self.buffer.partition(b"\r\n\r\n")
                if split:
                    length = re.search(rb"^(?:content-length|l)\s*:\s*(\d+)", head, re.I | re.M)
                    size = int(length.group(1)) if length else 0
                    if len(rest) >= size:
                        self.buffer = rest[size:]
                        return Message(head, rest[:size])
                got = self.socket.recv(65536)
                if not got:
                    raise Refused("the connection was closed")
                self.buffer = (self.buffer + got).lstrip(b"\r\n")
        except (ssl.SSLError, ConnectionError) as problem:
            raise Refused(problem) from problem

    def ask(self, text):
        self.send(text)
        while True:
            message = self.receive()
            if message.status is not None and message.status >= 200:
                return message

    def request(self, method, uri, user, domain, call_id=None, cseq=1, headers=(), body="",
                from_tag=None, to_tag=""):
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/{self.transport} {self.local};branch=z9hG4bK{uuid.uuid4().hex};rport",
            "Max-Forwards: 70",
            f"From: <sip:{user}@{domain}>;tag={from_tag or uuid.uuid4().hex[:8]}",
            f"To: <sip:{user}@{domain}>" + (f";tag={to_tag}" if to_tag else ""),
            f"Call-ID: {call_id or uuid.uuid4().hex}",
            f"CSeq: {cseq} {method}",
            *headers,
            f"Content-Length: {len(body.encode())}", "", body]
        return "\r\n".join(lines)

    def register(self, line, device, domain, expires=3600, headers=(), **rest):
        mac = device[3:].lower() if device.startswith("SEP") else "000000000000"
        contact = (f"Contact: <sip:{line}@{self.local};transport={self.transport.lower()}>;"
                   f'+sip.instance="<urn:uuid:00000000-0000-0000-0000-{mac}>";'
                   f'+u.sip!devicename.ccm.cisco.com="{device}"')
        return self.request("REGISTER", f"sip:{domain}", line, domain,
                            headers=[contact, f"Expires: {expires}",
                                     "Supported: X-cisco-callinfo", *headers], **rest)


class Message:
    def __init__(self, head, body):
        self.text = head.decode(errors="replace")
        self.body = body
        self.start, *lines = self.text.split("\r\n")
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines
                        if ":" in line]
        found = re.match(r"SIP/2\.0 (\d{3})", self.start)
        self.status = int(found.group(1)) if found else None

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class FileServer:
    """An HTTP file server in the middle: what is in answers, else what the site has."""

    def __init__(self, address, port, folder):
        self.answers = {}   # name: bytes, or None for 404
        self.folder = folder
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                name = self.path.lstrip("/")
                outer.asked.append(name)
                path = outer.folder / name
                content = outer.answers.get(name, path.read_bytes() if path.is_file() else None)
                self.send_response(200 if content is not None else 404)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Middleman:
    """A TCP relay that may change what the client sends: change(record) gets each TLS record
    (header and payload) towards the server and returns what to send instead."""

    def __init__(self, listen, target, change):
        self.target, self.change = target, change
        self.alerts = []     # cleartext alerts of the server, (level, number)
        self.listener = socket.create_server(listen)
        self.running = True
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while self.running:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            threading.Thread(target=self.up, args=(client, server), daemon=True).start()
            threading.Thread(target=self.down, args=(server, client), daemon=True).start()

    @staticmethod
    def exactly(source, count):
        data = b""
        while len(data) < count:
            got = source.recv(count - len(data))
            if not got:
                return None
            data += got
        return data

    def up(self, client, server):
        with contextlib.suppress(OSError):
            while True:
                head = self.exactly(client, 5)
                body = self.exactly(client, int.from_bytes(head[3:], "big")) if head else None
                if body is None:
                    break
                changed = self.change(head + body)
                if changed is None:
                    break
                server.sendall(changed)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def down(self, server, client):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)

    def stop(self):
        self.running = False
        self.listener.close()
