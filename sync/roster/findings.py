"""What is wrong in the school's data: which record, and what to mend.

A finding never stops a run: the record it names is left out (or tidied) and the rest goes on.
Findings name people so that somebody can mend the record: they are sealed beside the set, shown
by `findings` to holders of the role for names, and never logged. Counts by code are free to show.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from sync.roster.finding_codes import FindingCode


@dataclass(frozen=True, slots=True)
class Finding:
    """A record with a fault: `record` is what iSAMS calls it, `Set 301`; `name` is for people."""

    code: FindingCode
    record: str
    name: str = ""
    detail: str = ""


def counts_by_code(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings there are of each code, sorted by code: safe to log."""
    return dict(sorted(Counter(finding.code.value for finding in findings).items()))


def to_json(findings: Iterable[Finding]) -> bytes:
    """Return `findings.json`: sorted, each with its advice, so equal findings give equal bytes."""
    rows = [asdict(finding) | {"advice": finding.code.advice} for finding in findings]
    return (json.dumps(sorted(rows, key=_order), indent=1, ensure_ascii=False) + "\n").encode()


def _order(row: Mapping[str, str]) -> tuple[str, ...]:
    return row["code"], row["record"], row["name"], row["detail"]
