"""The certificate of a school's own authority, as a setting: `ISAMS_CA`."""

from __future__ import annotations

import base64
import re

from sync.settings import text

# One certificate of a PEM text. Where it was pasted as one line, blanks or \n stand for its ends.
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----((?:[A-Za-z0-9+/=\s]|\\[rn])+)-----END CERTIFICATE-----"
)
_BEGINS = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_LINE_END = re.compile(r"\\[rn]")
_OF_AUTHORITY = (
    "expected the certificate of the authority that signed iSAMS's, as PEM text from BEGIN to END"
    " CERTIFICATE"
)
_OPENSSL = ": `openssl x509 -in FILE` writes it as expected"


@text.of_text
def authority(value: str) -> str:
    """Read the certificates of a private authority; return them as PEM text, a line each 64.

    Only certificates that may sign others are taken: iSAMS's own would be good until it is renewed,
    and no longer. A private key has no business here. What stands outside of BEGIN and END says
    whose they are, or is a byte order mark: it goes.
    """
    if "PRIVATE KEY" in value:
        raise ValueError(f"{_OF_AUTHORITY}, without any private key")
    kinds = {*_BEGINS.findall(value)} - {"CERTIFICATE"}
    if kinds:
        way = _OPENSSL if "TRUSTED CERTIFICATE" in kinds else ""
        raise ValueError(f"{_OF_AUTHORITY}, and no {' or '.join(sorted(kinds))}{way}")
    found = _CERTIFICATE.findall(value)
    if not found or "-----" in _CERTIFICATE.sub("", value):
        raise ValueError(_OF_AUTHORITY)
    return "".join(_signing(_LINE_END.sub("", body)) for body in found)


def _signing(body: str) -> str:
    """Return a certificate, given as base64, as PEM text; refuse one that may sign no other."""
    # Slow to import, and hardly any school has such a setting.
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    may_sign = False
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(body))
        for extension in certificate.extensions:
            if isinstance(extension.value, x509.BasicConstraints):
                may_sign = extension.value.ca
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise ValueError(f"{_OF_AUTHORITY}, whole and unchanged") from None
    if not may_sign:
        raise ValueError(f"{_OF_AUTHORITY}, and not iSAMS's own: it may sign no others")
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
