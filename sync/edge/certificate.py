"""How long the certificates that stand in the settings last: of the app, and of authorities."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

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


class Validity(NamedTuple):
    """From when until when an authority is to be trusted."""

    begins: datetime
    ends: datetime

    def holds(self, now: datetime) -> bool:
        """Say whether *now* lies in it."""
        return self.begins <= now <= self.ends


def terms(pem: str, now: datetime) -> list[Validity]:
    """Return the term of each authority in `ISAMS_CA`, a PEM text that was read; soonest end first.

    Of an authority that has two, as while one succeeds the other, it is the one that holds *now*,
    and of such the longer.
    """
    from cryptography import x509

    of_names = dict[bytes, list[Validity]]()
    for certificate in x509.load_pem_x509_certificates(pem.encode()):
        term = Validity(certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        of_names.setdefault(certificate.subject.public_bytes(), []).append(term)
    best = (
        max(of_one, key=lambda term: (term.holds(now), term.ends)) for of_one in of_names.values()
    )
    return sorted(best, key=lambda term: term.ends)


def out_of_term(term: Validity, now: datetime) -> str:
    """Say of a *term* that does not hold *now* when it ended, or will begin."""
    if now < term.begins:
        return f"is not valid before {as_day(term.begins)}"
    return f"ended on {as_day(term.ends)}"


def as_day(moment: datetime) -> str:
    """Return the day of *moment* as people write it."""
    return f"{moment:%d %B %Y}"
