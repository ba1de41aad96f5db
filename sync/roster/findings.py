"""What is wrong in the school's data, and who can put it right.

A finding never stops a run: the record it names is left out (or tidied) and the rest goes on.
Findings name people so that somebody can mend the record: they are sealed beside the set, shown
by `findings` to holders of the admin key, and never logged. Counts by code are free to show.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum


class Finding(StrEnum):
    """What can be found, by the code that findings.json, status and the handbook use."""

    PUPIL_WITHOUT_EMAIL = "pupil-without-email"
    PUPIL_BAD_EMAIL = "pupil-bad-email"
    PUPIL_WITHOUT_YEAR = "pupil-without-year"
    STAFF_WITHOUT_EMAIL = "staff-without-email"
    STAFF_BAD_EMAIL = "staff-bad-email"
    EMAIL_USED_TWICE = "email-used-twice"
    ID_USED_TWICE = "id-used-twice"
    ID_UNUSABLE = "id-unusable"
    RECORD_REPEATED = "record-repeated"
    SET_WITHOUT_YEAR = "set-without-year"
    SET_WITHOUT_PUPILS = "set-without-pupils"
    SET_WITHOUT_TEACHER = "set-without-teacher"
    SET_UNKNOWN_SUBJECT = "set-unknown-subject"
    FORM_WITHOUT_YEAR = "form-without-year"
    FORM_UNKNOWN = "form-unknown"
    GROUP_WITHOUT_PUPILS = "group-without-pupils"
    GROUP_WITHOUT_TEACHER = "group-without-teacher"
    TUTOR_NOT_CURRENT = "tutor-not-current"
    MEMBER_HAS_LEFT = "member-has-left"
    TEACHER_NOT_CURRENT = "teacher-not-current"
    TITLE_CHANGED = "title-changed"
    TITLE_UNUSABLE = "title-unusable"
    NAME_UNUSABLE = "name-unusable"
    EXTRA_TEACHER_UNKNOWN = "extra-teacher-unknown"
    SUBJECT_UNKNOWN = "subject-unknown"


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: `record` is what iSAMS calls it, such as `Set 301`; `name` is for people."""

    code: Finding
    record: str
    name: str = ""
    detail: str = ""


# What happened to the record, and what to mend, in the words of the iSAMS screens.
ADVICE: Mapping[Finding, str] = {
    Finding.PUPIL_WITHOUT_EMAIL: (
        "Left out. Fill in the pupil's school e-mail address in Student Manager."
    ),
    Finding.PUPIL_BAD_EMAIL: (
        "Left out. Correct the pupil's school e-mail address in Student Manager: one address only."
    ),
    Finding.PUPIL_WITHOUT_YEAR: "Left out of year groups. Fill in the pupil's NC year.",
    Finding.STAFF_WITHOUT_EMAIL: (
        "Left out. Fill in the school e-mail address in the HR Manager record."
    ),
    Finding.STAFF_BAD_EMAIL: (
        "Left out. Correct the school e-mail address in the HR Manager record: one address only."
    ),
    Finding.EMAIL_USED_TWICE: (
        "Everyone with this address is left out. Give each person an address of their own."
    ),
    Finding.ID_USED_TWICE: (
        "Both are left out. With ID_STYLE=legacy a pupil and a member of staff can share an id;"
        " ID_STYLE=year keeps them apart."
    ),
    Finding.ID_UNUSABLE: (
        "Left out. SDS cannot hold this id: letters, digits and dots only, 48 in a class's id."
    ),
    Finding.RECORD_REPEATED: "The first was kept. Remove the repeated record in iSAMS.",
    Finding.SET_WITHOUT_YEAR: "Left out. Give the set its year group in Teaching Manager.",
    Finding.SET_WITHOUT_PUPILS: "Left out. Put pupils in the set, or delete it.",
    Finding.SET_WITHOUT_TEACHER: (
        "Left out: a Team needs an owner. Give the set a teacher in Teaching Manager, or set"
        " KEEP_WITHOUT_TEACHER."
    ),
    Finding.SET_UNKNOWN_SUBJECT: (
        "Left out: the profile selects by subject and this set's subject is in no department."
    ),
    Finding.FORM_WITHOUT_YEAR: "Left out. Give the form its year group in School Manager.",
    Finding.FORM_UNKNOWN: (
        "School Manager has no form of this name. Correct the pupil's form in Student Manager, or"
        " the teaching form in Teaching Manager."
    ),
    Finding.GROUP_WITHOUT_PUPILS: "Left out: none of the profile's pupils is in it.",
    Finding.GROUP_WITHOUT_TEACHER: (
        "Left out: a Team needs an owner. In School Manager give the form its tutor, the year its"
        " head, the house its house master; lessons their teacher in the published timetable. Or"
        " set EXTRA_TEACHERS or KEEP_WITHOUT_TEACHER."
    ),
    Finding.TUTOR_NOT_CURRENT: "Left out. Give the pupils of this tutor a current one.",
    Finding.MEMBER_HAS_LEFT: "Not enrolled. Take the pupil off the set list.",
    Finding.TEACHER_NOT_CURRENT: "Not enrolled. Give the set a current teacher.",
    Finding.TITLE_CHANGED: (
        "The title lost its start or end: Teams takes 120 characters, and no = + - @ in front."
    ),
    Finding.TITLE_UNUSABLE: (
        "Left out: nothing of the title is left once tidied. Give the set a code."
    ),
    Finding.NAME_UNUSABLE: "The name was not sent. Correct the person's forename and surname.",
    Finding.SUBJECT_UNKNOWN: (
        "No subject has this id or code. Correct the setting; `python -m sync subjects` lists them."
    ),
    Finding.EXTRA_TEACHER_UNKNOWN: (
        "Matches nobody. Correct EXTRA_TEACHERS, or write the full address of a service account."
    ),
}


def counts(found: Iterable[Found]) -> dict[str, int]:
    """Return how many findings there are of each code, sorted by code: safe to log."""
    return dict(sorted(Counter(item.code.value for item in found).items()))


def to_json(found: Iterable[Found]) -> bytes:
    """Return `findings.json`: sorted, each with its advice, so equal findings give equal bytes."""
    rows = sorted((asdict(item) | {"advice": ADVICE[item.code]} for item in found), key=_order)
    return (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode()


def _order(row: Mapping[str, str]) -> tuple[str, ...]:
    return row["code"], row["record"], row["name"], row["detail"]
