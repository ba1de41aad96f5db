"""How long the certificate of `SDS__CERTIFICATE` still lasts."""

from __future__ import annotations

from datetime import datetime

from pydantic import SecretStr


def days_left(certificate: SecretStr | None, now: datetime) -> int | None:
    """Return the whole days until the first certificate in the PEM text ends; below 0 once it has.

    None if there is none, or none that can be read: signing in with it says what is wrong.
    """
    if certificate is None:
        return None
    from cryptography import x509

    try:
        certificates = x509.load_pem_x509_certificates(certificate.get_secret_value().encode())
    except ValueError:
        return None
    return (certificates[0].not_valid_after_utc - now).days
