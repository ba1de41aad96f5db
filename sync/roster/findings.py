"""What is wrong in the school's data: which record, and what to mend.

A finding never stops a run: the record it names is left out (or tidied) and the rest goes on.
Findings name people so that somebody can mend the record: they are sealed beside the set, shown
by `findings` to holders of the role for names, and never logged. Counts by code are free to show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sync.isams.joins import JoinedByCase
from sync.roster.finding_codes import OF_SETTINGS, FindingCode


@dataclass(frozen=True, slots=True)
class Finding:
    """A record with a fault: `record` is what iSAMS calls it, `Set 301`; `name` is for people."""

    code: FindingCode
    record: str
    name: str = ""
    detail: str = ""


def joined_by_case(join: JoinedByCase) -> Finding:
    """Return the finding that tells of *join*, with both spellings."""
    code = FindingCode.JOINED_BY_CASE
    return Finding(code, join.record, join.written, f"listed as {join.listed}")


# What is hurt most comes first, where not all can be shown: what a setting means for all, then
# classes that are missing, then people, then what is there but not as it should be.
_HARM: tuple[frozenset[FindingCode], ...] = (
    OF_SETTINGS | {FindingCode.YEAR_TURNS},
    frozenset(
        {
            FindingCode.EXTRA_TEACHER_LEFT_OUT,
            FindingCode.EXTRA_TEACHER_HAS_LEFT,
            FindingCode.ID_UNUSABLE,
            FindingCode.SET_WITHOUT_YEAR,
            FindingCode.SET_WITHOUT_PUPILS,
            FindingCode.SET_WITHOUT_TEACHER,
            FindingCode.SET_UNKNOWN_SUBJECT,
            FindingCode.FORM_WITHOUT_YEAR,
            FindingCode.FORM_UNKNOWN,
            FindingCode.GROUP_WITHOUT_PUPILS,
            FindingCode.GROUP_WITHOUT_TEACHER,
            FindingCode.TUTOR_NOT_CURRENT,
            FindingCode.TITLE_UNUSABLE,
        }
    ),
    frozenset(
        {
            FindingCode.STAFF_WITHOUT_EMAIL,
            FindingCode.STAFF_BAD_EMAIL,
            FindingCode.EMAIL_USED_TWICE,
            FindingCode.EMAIL_OF_ANOTHER,
            FindingCode.ID_USED_TWICE,
            FindingCode.ID_SPELT_ALIKE,
            FindingCode.PUPIL_WITHOUT_EMAIL,
            FindingCode.PUPIL_BAD_EMAIL,
            FindingCode.PUPIL_WITHOUT_YEAR,
        }
    ),
)


def harm(code: FindingCode) -> int:
    """Return the rank of *code* by what it does to classes: 0 is the worst."""
    return next((rank for rank, codes in enumerate(_HARM) if code in codes), len(_HARM))


def counts_by_code(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings there are of each code, sorted by code: safe to log."""
    return dict(sorted(Counter(finding.code.value for finding in findings).items()))
