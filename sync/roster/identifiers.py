"""Ids, addresses and titles: what SDS, Teams and Entra take, and how iSAMS's words become that.

A class id becomes the name of a mail address, so it must make one. No lengths are published: 47
keeps that name within 63, and 120 is a safe title.

See docs/reference/sds.md#ids, docs/reference/sds.md#matching, docs/reference/sds.md#mail-nickname.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from sync.isams.school import Employee
from sync.texts import FORMULA, JOINERS, SPACES, as_seen, composed, cut, first_hidden, is_unsafe

# The nickname of its group is Section_ and the id, later Exp<MMYY>_ before it: no dots together and
# none at the end. docs/reference/sds.md#class-ids, docs/reference/sds.md#nickname-characters
CLASS_ID_LIMIT = 47
CLASS_ID = re.compile(rf"(?!.*\.\.)[A-Za-z0-9.-]{{0,{CLASS_ID_LIMIT - 1}}}[A-Za-z0-9-]")
_DIGEST_SIZE = 8  # hexadecimal digits in an id that had to change
# A group's display name ends at 256: this leaves room: docs/reference/sds.md#title-length
TITLE_LIMIT = 120

# Part of an id: the hyphen is left out because ids are joined with it.
# docs/reference/sds.md#class-id-characters, docs/reference/sds.md#no-underscore
_ID_PART = re.compile(r"[A-Za-z0-9.]+")
_SERVICE = re.compile(r"-X[0-9a-f]{12}\Z")
_UNPLAIN = re.compile(r"[^A-Za-z0-9]")
_SPELT_OUT = re.compile(r"\.([0-9A-F]{1,5}|10[0-9A-F]{4})\.")
# School, academic year, what it is unless that is a set, and its own part.
_OF_A_YEAR = re.compile(r"(.+)-([0-9]{4})-(?:([a-z]+)-)?([A-Za-z0-9.]+)")
# What follows a class's own part once somebody has said that it gets a new Team.
_GENERATION = re.compile(r"(.+)\.g([1-9][0-9]*)")
# Teams, SharePoint and the group behind a class refuse these in names.
# docs/reference/sds.md#titles
REFUSED_SIGNS = '~"#%*:<>?/\\{|}[]'
_REFUSED = re.escape(REFUSED_SIGNS) + r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_REFUSED_IN_TITLES = re.compile(f"[{_REFUSED}]")
TITLE = re.compile(f"[^&{_REFUSED}]+")

Space = Literal["P", "T"]
TUTOR = "tutor"  # what the ids of tutor groups say they are
# Of which kind of `CLASSES` a class is, by what its id says that it is; a set's says nothing.
KIND_OF_SPACE = {
    "form": "forms",
    "lesson": "form-lessons",
    TUTOR: "tutors",
    "year": "year-groups",
    "house": "houses",
    "boarding": "boarding-houses",
    "division": "divisions",
}


def usable_id(text: str) -> bool:
    """Say whether an id of iSAMS can be part of an SDS id."""
    return _ID_PART.fullmatch(text) is not None


def person_part(record_id: str) -> str:
    """Return a person's id of iSAMS as it stands in that of SDS: spelt out if SDS refuses it.

    What SDS takes stays as it is, dots included, so another person's may be spelt alike.
    """
    return record_id if usable_id(record_id) else _spelt(record_id)


def person_id(org: str, space: Space, record_id: str) -> str:
    """Return a pupil's (`P`) or teacher's (`T`) id; iSAMS numbers the two apart.

    See docs/reference/sds.md#id-spaces.
    """
    return f"{org}-{space}{person_part(record_id)}"


def service_account_id(org: str, address: str) -> str:
    """Return the id of a service account, whom iSAMS does not know: stable for the address."""
    return f"{org}-X{hashlib.sha256(address.encode()).hexdigest()[:12]}"


def is_service_account(user_id: str) -> bool:
    """Say whether *user_id* is a service account's; with ID_STYLE=legacy that is its address."""
    return "@" in user_id or _SERVICE.search(user_id) is not None


def class_id(org: str, academic_year: int, set_id: str) -> str:
    """Return the id of a set's class in an academic year: next year's pupils get another Team.

    *set_id* is a `usable_id`. See docs/reference/sds.md#class-id-reuse.
    """
    return _fit(f"{org}-{academic_year}-", set_id, set_id)


def legacy_class_id(set_id: str) -> str:
    """Return the id of a set's class as the 2020 script wrote it; *set_id* is a `usable_id`."""
    return _fit("", set_id, set_id)


def year_label(academic_year: int, starts_in: int) -> str:
    """Return an academic year as people write it: `2026-27`, or `2026` if it starts by April.

    *starts_in* is a month: docs/reference/sds.md#year-of-one
    """
    if starts_in <= 4:
        return str(academic_year)
    return f"{academic_year}-{(academic_year + 1) % 100:02}"


def group_id(org: str, academic_year: int, space: str, record_id: str) -> str:
    """Return the id of a class that is no set's; *space* says what it is, such as `form`.

    A set's id has no hyphen in it, so the two never meet. *record_id* may be any text, such as
    `8/JDO`: what SDS does not take becomes its hexadecimal number between dots, so that no two are
    alike. How an accent is written, in one character or in two, makes no difference.
    """
    raw = composed(record_id)
    return _fit(f"{org}-{academic_year}-{space}-", _spelt(raw), raw)


def _fit(prefix: str, own: str, raw: str) -> str:
    """Return *prefix* and *own*; or if that makes no nickname, what of *raw* and its digest do.

    Closing up the dots instead would give `8B 28` and `8B (` one Team. Of 66,429 names none met
    another, nor an id that stays (tried): in those of groups dots come in pairs, here is one.
    """
    if CLASS_ID.fullmatch(prefix + own):
        return prefix + own
    digest = hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_SIZE]
    return f"{prefix}{_letters(prefix, raw)}.{digest}"


def _letters(prefix: str, raw: str) -> str:
    """Return what of *raw* stands before a digest."""
    return plain(raw)[: CLASS_ID_LIMIT - len(prefix) - _DIGEST_SIZE - 1]


def renewed_class_id(class_id: str) -> str:
    """Return the id that is made today of what *class_id* was once made of: mostly the same.

    Up to 48 characters, two dots together and one at the end were once taken, and accents stayed as
    they were typed.
    """
    made = parts_of(class_id)
    if made is None:
        return legacy_class_id(class_id) if usable_id(class_id) else class_id
    if not made.space:
        return _fit(f"{made.org}-{made.year}-", made.own, made.own)
    name = spelt_out(made.own)
    return class_id if name is None else group_id(made.org, made.year, made.space, name)


class Parts(NamedTuple):
    """What a class id of an academic year is made of; a set's has no `space`."""

    org: str
    year: int
    space: str
    own: str


def parts_of(class_id: str) -> Parts | None:
    """Return what *class_id* is made of; None for one without a year, as legacy ids are."""
    made = _OF_A_YEAR.fullmatch(class_id)
    return Parts(made[1], int(made[2]), made[3] or "", made[4]) if made else None


def spelt_out(own: str) -> str | None:
    """Return the name of which a group's *own* part of its id is made; None if it is a digest's."""
    raw = _SPELT_OUT.sub(lambda match: chr(int(match[1], 16)), own)
    return raw if _spelt(raw) == own else None


def letters_of(parts: Parts, name: str) -> str:
    """Return what an id with a digest would have of *name* before it, of the same kind and year."""
    return _letters(f"{parts.org}-{parts.year}-{parts.space}-", name)


class Generation(NamedTuple):
    """Which Team of a class an id is: `first` is the id of the first, `number` counts from 1."""

    first: str
    number: int


def generation_of(class_id: str) -> Generation:
    """Return which Team of its class *class_id* is; a name that only looks so is the first."""
    made, numbered = parts_of(class_id), _GENERATION.fullmatch(class_id)
    if numbered is None or (made and made.space and spelt_out(made.own) is not None):
        return Generation(class_id, 1)
    return Generation(numbered[1], int(numbered[2]))


def next_generation(class_id: str) -> str:
    """Return the id of the Team after that of *class_id*: `….g2`, then `….g3`.

    What makes no nickname so has a digest before it, as in `_fit`. It is `parts_of` as the first.
    """
    first, number = generation_of(class_id)
    end = f".g{number + 1}"
    if CLASS_ID.fullmatch(first + end):
        return first + end
    head, hyphen, own = first.rpartition("-")
    room = CLASS_ID_LIMIT - len(head + hyphen + end) - 1
    digest = hashlib.sha256(own.encode()).hexdigest()[: min(_DIGEST_SIZE, room)]
    return f"{head}{hyphen}{plain(own)[: room - len(digest)]}.{digest}{end}"


def lineage(class_id: str) -> tuple[str, int, str] | None:
    """Return school, academic year and kind of a class; None of one whose id is legacy: a set's.

    A Team can pass between two classes only if they are alike in this: `kind_of` goes by the id.
    """
    made = parts_of(class_id)
    return (made.org, made.year, made.space) if made else None


def plain(text: str) -> str:
    """Return the letters and digits of *text* that stay as they are in ids."""
    return _UNPLAIN.sub("", text)


def kind_of(class_id: str) -> str:
    """Return of which kind of `CLASSES` a class is, by its id alone; a set's has no id space."""
    return KIND_OF_SPACE.get("".join(class_id.split("-")[-2:-1]), "sets")


def is_tutor_group(class_id: str) -> bool:
    """Say whether *class_id*, which is all that SDS's files tell, is that of a tutor group."""
    return f"-{TUTOR}-" in class_id


def session_id(org: str, academic_year: int, term: str = "") -> str:
    """Return the id of an academic year, or of a term of it."""
    of_year = f"{org}-{academic_year}"
    return f"{of_year}-term-{_spelt(term)}" if term else of_year


def course_id(org: str, subject: str) -> str:
    """Return the id of a subject's course, the same every year; *subject* may be any text."""
    return f"{org}-course-{_spelt(subject)}"


def _spelt(text: str) -> str:
    return _UNPLAIN.sub(lambda match: f".{ord(match[0]):X}.", text)


def matching(pattern: str, staff: Iterable[Employee]) -> list[str]:
    """Return the ids of the staff whose address fits *pattern*, where * and ? are wildcards.

    See docs/reference/isams.md#script.
    """
    plain = pattern.lower().replace("[", "[[]")  # which fnmatch would take for a class of letters
    return [
        employee.id
        for employee in staff
        if (email := employee.email) and email.isascii() and fnmatchcase(email.lower(), plain)
    ]


def title(text: str) -> str:
    """Return *text* as a class title that Teams takes, "" if nothing is left.

    `&` becomes "and", the other refused characters a hyphen, runs of blanks a single blank. What
    shows nothing goes. What a spreadsheet would read as a formula then loses its first characters,
    and what is too long its last, between whole characters as people see them.
    """
    begun = _tidy(text).lstrip("".join(FORMULA) + " .")
    return cut(begun, TITLE_LIMIT).rstrip(" ." + JOINERS)


def title_with_id(title: str, class_id: str) -> str:
    """Return a class *title* with iSAMS's id behind it, as *class_id* has it: `8A-Ma (301)`.

    Only the title is cut: the id is what tells two of one title apart.
    """
    behind = id_behind(class_id)
    return cut(title, TITLE_LIMIT - len(behind)).rstrip(" ." + JOINERS) + behind


def id_behind(class_id: str) -> str:
    """Return what `title_with_id` puts behind a title: at most 50 characters."""
    made = parts_of(class_id)
    return f" ({made.own if made else class_id})"


def title_loses(text: str) -> bool:
    """Say whether `title` takes away a formula's start, the end, or what shows nothing."""
    tidy = _tidy(text)
    return len(tidy) > TITLE_LIMIT or tidy.startswith(FORMULA) or first_hidden(text) is not None


def _tidy(text: str) -> str:
    replaced = _REFUSED_IN_TITLES.sub("-", as_seen(text).replace("&", " and "))
    return SPACES.sub(" ", replaced).strip(" .")


def person_name(text: str) -> str:
    """Return a forename or surname as a clean cell, "" if it cannot be sent."""
    tidy = SPACES.sub(" ", as_seen(text)).strip()
    return "" if is_unsafe(tidy) or len(tidy) > 64 else tidy
