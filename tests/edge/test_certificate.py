"""How long a certificate lasts, from the text of the setting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from simulators.certificate import write_self_signed
from sync.edge.certificate import days_left


@pytest.fixture
def pem(tmp_path: Path) -> SecretStr:
    """A certificate that lasts one day, with its key."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    write_self_signed(certificate, key)
    return SecretStr(key.read_text() + certificate.read_text())


@pytest.mark.parametrize(("later_h", "days"), [(0, 0), (-48, 2), (25, -1)])
def test_the_days_left_are_whole_days(pem: SecretStr, later_h: int, days: int) -> None:
    """Rounded down, so that nobody believes in a day that is not there; below zero once ended."""
    assert days_left(pem, datetime.now(UTC) + timedelta(hours=later_h)) == days


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA"])
def test_what_cannot_be_read_has_no_end(text: str) -> None:
    """Signing in says what is wrong with it: a tick has better to do than to fail."""
    assert days_left(SecretStr(text), datetime.now(UTC)) is None


def test_no_certificate_has_no_end() -> None:
    """A secret or a managed identity is in use: nothing is told."""
    assert days_left(None, datetime.now(UTC)) is None
