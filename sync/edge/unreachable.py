"""Why nobody answered, and who can mend it: a name, a port, a certificate, a proxy, or time alone.

httpx, requests and urllib3 each wrap what the system said; it is found again below their errors.

name          there is no such host                      the setting that names it
port          nothing listens at that port               the setting, or a firewall
tls           something else than TLS answers there      the setting
other-name    the certificate is of another host         the setting
proxy         a proxy does not let us through            whoever runs this app
expired …     the certificate is not to be trusted       whoever looks after the host
dns, …        no look-up, no way, no answer in time      nobody: later

Once a host has answered this process, its name and port are right: what fails then may pass.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from sync.errors import SyncError

_PORTS = {"https": 443, "http": 80}
_CLOCK = ", or this machine's clock is wrong"

_PRIVATE = "authority"
_NOBODY = (
    "is signed by nobody that is known: the server leaves out an intermediate certificate, or a"
    " private authority signed it, as devices do that look into TLS"
)

# OpenSSL's numbers of what is wrong with a certificate (openssl/x509_vfy.h, read 2026-11).
_CERTIFICATE = {
    9: ("not-yet", "is not valid yet" + _CLOCK),
    10: ("expired", "has expired" + _CLOCK),
    18: ("self-signed", "is signed by itself: it takes one of a public authority"),
    19: (_PRIVATE, "is of a private authority: it takes one of a public authority"),
    20: (_PRIVATE, _NOBODY),
}
_OTHER_NAME = frozenset({62, 64})  # of a host, of an IP address
_MAY_PASS = frozenset({"name", "port"})  # where the host has answered before
# What OpenSSL says of a handshake with something that is no TLS server, or too old a one.
_NO_TLS = frozenset(
    {
        "HTTP_REQUEST",
        "NO_PROTOCOLS_AVAILABLE",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "TLSV1_UNRECOGNIZED_NAME",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})
# What http.client writes when a proxy answers CONNECT with a no; requests keeps it as text alone.
_TUNNEL = "Tunnel connection failed"


class Cause(NamedTuple):
    """What went wrong, in a word that is logged and in words; and who can mend it."""

    word: str
    says: str
    mends: str = "nobody"


_PROXY = Cause(
    "proxy", "{name}: the proxy does not let us through to {at}: have it allowed there", "setting"
)
_NAME = Cause("name", "{name}: there is no host {host}: check {settings}", "setting")
_PORT = Cause(
    "port",
    "{name}: nothing listens at {at}: check {settings}; if that is right, the server is down, or a"
    " firewall turns us away",
    "setting",
)
_TLS = Cause("tls", "{name}: {at} does not speak TLS with us: check {settings}", "setting")
_DNS = Cause(
    "dns",
    "{name}: {host} could not be looked up, because no DNS server answered this machine; if it"
    " stays so, look at its network",
)
_NO_ROUTE = Cause(
    "no-way", "{name}: this machine finds no way to {at}; if it stays so, look at its network"
)
_TIME = Cause(
    "time",
    "{name} at {at} did not answer in time ({kind}); if it stays so, check {settings}, and that a"
    " firewall lets this machine through",
)
_BROKEN = Cause("broken", "{name} at {at} did not answer, or broke off ({kind})")


@dataclass(frozen=True, slots=True)
class Peer[E: SyncError]:
    """Somebody we ask: what people call it, the settings that say where it is, and its errors.

    `own_authority` is what to do where it has an authority of its own, "" if it can have none.
    `untrusted` is raised for a certificate that is none for us: whoever looks after the host must
    act, or, where that is Microsoft, whoever looks after the network between.
    """

    name: str
    settings: str
    unavailable: Callable[..., E]
    unreachable: Callable[..., E]
    untrusted: Callable[..., E]
    own_authority: str = ""

    def fault(self, error: Exception, url: str, *, answered: bool = False) -> E:
        """Return what *error*, of a library, means for a request to *url*.

        *answered* says that the host did so before, in this process. The message shows host and
        port of *url* and the kind of *error*, nothing else of either.
        """
        host, port = _place(url)
        cause = cause_of(error)
        says = cause.says.format(
            name=self.name,
            host=host,
            at=f"{host}:{port}",
            settings=self.settings,
            kind=type(error).__name__,
        )
        if cause.word == _PRIVATE:
            says += self.own_authority
        makes: Callable[..., E] = self.unavailable
        if answered and cause.word in _MAY_PASS:
            says += "; it has answered before, so this may pass"
        elif cause.mends == "holder":
            makes = self.untrusted
        elif cause.mends == "setting":
            makes = self.unreachable
        return makes(says, host=host.strip("[]"), port=port, cause=cause.word)


def cause_of(error: Exception) -> Cause:
    """Return why *error*, of httpx or of the Azure SDK, came instead of an answer.

    Its words are to be filled with `name`, `host`, `at`, `settings` and `kind`.
    """
    below = list(_below(error))
    if any(_TUNNEL in str(each) or isinstance(each, httpx.ProxyError) for each in below):
        return _PROXY
    for each in below:
        if isinstance(each, ssl.SSLCertVerificationError):
            return _of_certificate(each)
    return next((cause for each in below if (cause := _of_system(each))), _BROKEN)


def _of_certificate(error: ssl.SSLCertVerificationError) -> Cause:
    begins = "{name}: the certificate of {at} "
    if error.verify_code in _OTHER_NAME:
        return Cause("other-name", begins + "is of another host: check {settings}", "setting")
    if known := _CERTIFICATE.get(error.verify_code):
        return Cause(known[0], begins + known[1], "holder")
    # Python 3.13 is stricter than browsers, as with "Missing Authority Key Identifier".
    rule = error.verify_message.replace("{", "").replace("}", "")
    return Cause("certificate", begins + f"breaks a rule: {rule}", "holder")


def _of_system(error: BaseException) -> Cause | None:
    """Return what the system said, None if it said nothing that is known here."""
    match error:
        case socket.gaierror() if error.errno == socket.EAI_AGAIN:
            return _DNS
        case socket.gaierror():
            return _NAME
        case UnicodeError():  # of a name that cannot be written for a look-up
            return _NAME
        case ConnectionRefusedError():
            return _PORT
        case ssl.SSLError() if getattr(error, "reason", "") in _NO_TLS:
            return _TLS
        case OSError() if error.errno in _NO_WAY:
            return _NO_ROUTE
        case httpx.TimeoutException() | TimeoutError():
            return _TIME
    return None


def _below(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and all that it was made of, each once, the outermost first.

    requests and urllib3 keep what they wrap in `args` and `reason`, the SDK in `inner_exception`.
    """
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = (getattr(each, "reason", None), getattr(each, "inner_exception", None), *each.args)
        chained = (each.__cause__, each.__context__)
        waiting += [made_of for made_of in (*inner, *chained) if isinstance(made_of, BaseException)]


def _place(url: str) -> tuple[str, int]:
    """Return host and port of *url*, the host as it is written in an address."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return (f"[{host}]" if ":" in host else host), parts.port or _PORTS.get(parts.scheme, 0)
