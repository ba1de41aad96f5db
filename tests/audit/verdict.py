"""What an answer of pip-audit amounts to.

pip-audit ends with 0 and "no known vulnerabilities" also when it could look up not one package.
Here a package that was not looked up is never a package without faults.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from pydantic import BaseModel, ValidationError


class Code(IntEnum):
    """The exit codes of `audit`."""

    CLEAN = 0
    FAULTY = 1
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Accepted:
    """A known fault that does not touch this app: why not, and the last day we say so unasked."""

    advisory: str
    until: date
    why: str


ACCEPTED: tuple[Accepted, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    code: Code
    lines: tuple[str, ...]


class Advisory(BaseModel):
    id: str
    aliases: tuple[str, ...] = ()
    fix_versions: tuple[str, ...] = ()


class Package(BaseModel):
    name: str
    version: str = ""
    skip_reason: str | None = None
    vulns: tuple[Advisory, ...] = ()


class Report(BaseModel):
    dependencies: tuple[Package, ...]


def pinned(requirements: str) -> frozenset[str]:
    """Return the names that a lock pins, in the spelling that all tools can agree on."""
    return frozenset(map(_plain, re.findall(r"^([A-Za-z0-9._-]+)==", requirements, re.MULTILINE)))


def verdict(
    report: str | None, expected: Set[str], *, accepted: Iterable[Accepted], today: date
) -> Verdict:
    """Judge pip-audit's JSON, None if it wrote none, against the packages that it was to look up.

    A known fault weighs more than a package that was not looked up.
    """
    packages = _packages(report)
    still = {one.advisory: one for one in accepted if one.until >= today}
    faults, excused, looked_up = list[str](), list[str](), set[str]()
    for package in packages:
        if package.skip_reason is None:
            looked_up.add(_plain(package.name))
        for advisory in package.vulns:
            known = (still.get(name) for name in (advisory.id, *advisory.aliases))
            if excuse := next(filter(None, known), None):
                until = excuse.until.isoformat()
                excused.append(f"accepted until {until}: {advisory.id}: {excuse.why}")
            else:
                faults.append(_told(package, advisory))
    missing = sorted(expected - looked_up)
    lines = [*excused, *faults]
    if missing:
        lines.append(
            f"{len(missing)} of {len(expected)} packages could not be looked up:"
            f" {', '.join(missing)}"
        )
        lines += [f"pip-audit says: {one.skip_reason}" for one in packages if one.skip_reason][:1]
    if faults:
        lines.append("update them: python dev.py lock --upgrade; or accept one in tests/audit/")
        return Verdict(Code.FAULTY, tuple(lines))
    if missing or not expected:
        lines.append("nothing is known of these: run this again where PyPI's advisories answer")
        return Verdict(Code.UNKNOWN, tuple(lines))
    lines.append(f"{len(expected)} packages looked up; no other fault is known")
    return Verdict(Code.CLEAN, tuple(lines))


def _packages(report: str | None) -> tuple[Package, ...]:
    """Return what was reported; nothing if that cannot be read, so that all is missing."""
    try:
        return Report.model_validate_json(report or "").dependencies
    except ValidationError:
        return ()


def _told(package: Package, advisory: Advisory) -> str:
    mended = ", ".join(advisory.fix_versions) or "no version yet"
    return f"{package.name} {package.version}: {advisory.id}; mended in: {mended}"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
