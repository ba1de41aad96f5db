"""How long the certificates that stand in the settings last: of the app, and of authorities."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pydantic import SecretStr

from sync.texts import as_day


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


def validities(pem: str, now: datetime) -> list[Validity]:
    """Return that of each authority in `ISAMS_CA`, a PEM text that was read; soonest end first.

    Of an authority that has two, as while one succeeds the other, it is the one that holds *now*,
    and of such the longer.
    """
    from cryptography import x509

    of_names = dict[bytes, list[Validity]]()
    for certificate in x509.load_pem_x509_certificates(pem.encode()):
        of_one = Validity(certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        of_names.setdefault(certificate.subject.public_bytes(), []).append(of_one)
    best = (
        max(of_name, key=lambda one: (one.holds(now), one.ends)) for of_name in of_names.values()
    )
    return sorted(best, key=lambda one: one.ends)


def not_valid(those: Iterable[Validity], now: datetime) -> list[str]:
    """Say of each of *those* that does not hold *now* when it ended, or will begin."""
    return [
        f"is not valid before {as_day(one.begins)}"
        if now < one.begins
        else f"ended on {as_day(one.ends)}"
        for one in those
        if not one.holds(now)
    ]
