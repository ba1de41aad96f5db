"""The certificate of a school's own authority, as a setting: `ISAMS_CA`."""

from __future__ import annotations

import base64
import re

from sync.settings import text

# One certificate of a PEM text. Where it was pasted as one line, blanks or \n stand for its ends.
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----((?:[A-Za-z0-9+/=\s]|\\n)+)-----END CERTIFICATE-----(?:\s|\\n)*"
)
_OF_AUTHORITY = (
    "expected the certificate of the authority that signed iSAMS's, as PEM text from BEGIN to END"
    " CERTIFICATE"
)


@text.of_text
def authority(value: str) -> str:
    """Read the certificates of a private authority; return them as PEM text, a line each 64.

    Only certificates that may sign others are taken: iSAMS's own would be good until it is renewed,
    and no longer. A private key has no business here.
    """
    if "PRIVATE KEY" in value:
        raise ValueError(f"{_OF_AUTHORITY}, without any private key")
    found = list(_CERTIFICATE.finditer(value))
    if not found or "".join(match[0] for match in found) != value:
        raise ValueError(_OF_AUTHORITY)
    return "".join(_signing(match[1].replace("\\n", "")) for match in found)


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
