"""Servers with certificates as they are met in schools: good, expired, of another name, private."""

from __future__ import annotations

import http.server
import ipaddress
import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Made:
    """A certificate that a server shows: valid so many days from now, for *name*, or not strict."""

    since_days: int = -1
    until_days: int = 1
    name: str = "127.0.0.1"
    by_itself: bool = False
    strict: bool = True


class Authority:
    """An authority of our own, and the file by which others may trust it."""

    def __init__(
        self,
        folder: Path,
        made: Made = Made(until_days=90),
        name: str = "authority.example",
        *,
        now: datetime | None = None,
    ) -> None:
        self._folder = folder
        self._name = _named(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / "authority.pem"
        signed = (
            self._builder(self._name, self._key.public_key(), made, now)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        self.file.write_bytes(signed.public_bytes(_PEM))

    def context(self, made: Made) -> ssl.SSLContext:
        """Return how a server shows a certificate of ours."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_named("server.example"), key.public_key(), made).add_extension(
            x509.SubjectAlternativeName([_alternative(made.name)]), critical=False
        )
        if made.strict and not made.by_itself:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        signed = builder.sign(key if made.by_itself else self._key, hashes.SHA256())
        file = self._folder / "server.pem"
        private = key.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(signed.public_bytes(_PEM) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePublicKey,
        made: Made,
        now: datetime | None = None,
    ) -> x509.CertificateBuilder:
        now = now or datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name if made.by_itself else self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + made.since_days * DAY)
            .not_valid_after(now + made.until_days * DAY)
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


class _Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def do_CONNECT(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing: a failed handshake is what is wanted."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing, as above."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Generator[int]:
    """Refuse everything with 403 at a port of this machine; plain where there is no *context*."""
    with _Server(("127.0.0.1", 0), _Quiet) as server:
        if context:
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def silent() -> Generator[int]:
    """Take connections at a port of this machine, and never say anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def closed_port() -> int:
    """Return a port of this machine at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
