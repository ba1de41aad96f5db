"""Ids, addresses and titles: what SDS, Teams and Entra take, and how iSAMS's words become that.

No lengths are published:
48 for class ids keeps the group's mail nickname within 64; 120 for titles is a safe display name.

See docs/reference/sds.md#ids, docs/reference/sds.md#matching, docs/reference/sds.md#mail-nickname.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal

from sync.isams.school import Employee

# The nickname of its group is Section_ and the id: docs/reference/sds.md#class-ids
CLASS_ID_LIMIT = 48
# A group's display name ends at 256: this leaves room: docs/reference/sds.md#title-length
TITLE_LIMIT = 120

# Part of an id: the hyphen is left out because ids are joined with it.
# docs/reference/sds.md#class-id-characters, docs/reference/sds.md#no-underscore
_ID_PART = re.compile(r"[A-Za-z0-9.]+")
_UNPLAIN = re.compile(r"[^A-Za-z0-9]")
# 64 characters before the @ and 48 after it. No hyphen at the start, where a spreadsheet would read
# a formula: docs/reference/sds.md#upn, docs/reference/sds.md#username
ADDRESS = re.compile(
    r"(?!.*\.\.)(?=[^@]{1,64}@.{1,48}$)[a-z0-9_'!#^~](?:[a-z0-9_.'!#^~-]*[a-z0-9_'!#^~-])?"
    r"@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+"
)
# Teams, SharePoint and the group behind a class refuse these in names.
# docs/reference/sds.md#titles
_REFUSED = r'~"#%*:<>?/\\{|}\[\]\x00-\x1f\x7f-\x9f\u2028\u2029'
_REFUSED_IN_TITLES = re.compile(f"[{_REFUSED}]")
TITLE = re.compile(f"[^&{_REFUSED}]+")
_SPACES = re.compile(r"[\s\u2800]+")  # with the blank of Braille, which shows as much as a space
# What a spreadsheet takes for the start of a formula, wide and small forms too.
FORMULA = (*"=+-@", *"\uff1d\uff0b\uff0d\uff20", *"\ufe66\ufe62\ufe63\ufe6b")
# What shows nothing: Default_Ignorable_Code_Point of the Unicode Standard, chapter 5.21. Among them
# are zero-width blanks, soft hyphens, byte order marks, and the marks that turn a text's direction.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_JOINERS = "\u200c\u200d"  # between letters they are spelling: Persian and Indic names need them
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Space = Literal["P", "T"]
TUTOR = "tutor"  # what the ids of tutor groups say they are


def usable_id(text: str) -> bool:
    """Say whether an id of iSAMS can be part of an SDS id."""
    return _ID_PART.fullmatch(text) is not None


def person_id(org: str, space: Space, record_id: str) -> str:
    """Return a pupil's (`P`) or teacher's (`T`) id; iSAMS numbers the two apart.

    See docs/reference/sds.md#id-spaces.
    """
    return f"{org}-{space}{record_id}"


def service_account_id(org: str, address: str) -> str:
    """Return the id of an extra teacher that iSAMS does not know: stable for the address."""
    return f"{org}-X{hashlib.sha256(address.encode()).hexdigest()[:12]}"


def class_id(org: str, academic_year: int, set_id: str) -> str:
    """Return the id of a set's class in an academic year: next year's pupils get another Team.

    See docs/reference/sds.md#class-id-reuse.
    """
    return f"{org}-{academic_year}-{set_id}"


def year_label(academic_year: int) -> str:
    """Return an academic year as people write it: `2026-27`."""
    return f"{academic_year}-{(academic_year + 1) % 100:02}"


def group_id(org: str, academic_year: int, space: str, record_id: str) -> str:
    """Return the id of a class that is no set's; *space* says what it is, such as `form`.

    A set's id has no hyphen in it, so the two never meet. *record_id* may be any text, such as
    `8/JDO`: what SDS does not take becomes a dot and its hexadecimal number, so that no two are
    alike.
    """
    return f"{org}-{academic_year}-{space}-{_spelt(record_id)}"


def is_tutor_group(class_id: str) -> bool:
    """Say whether *class_id*, which is all that SDS's files tell, is that of a tutor group."""
    return f"-{TUTOR}-" in class_id


def session_id(org: str, academic_year: int, term: str = "") -> str:
    """Return the id of an academic year, or of a term of it."""
    return group_id(org, academic_year, "term", term) if term else f"{org}-{academic_year}"


def course_id(org: str, subject: str) -> str:
    """Return the id of a subject's course, the same every year; *subject* may be any text."""
    return f"{org}-course-{_spelt(subject)}"


def _spelt(text: str) -> str:
    return _UNPLAIN.sub(lambda match: f".{ord(match[0]):X}.", text)


def address(text: str) -> str | None:
    """Return *text* as a lower-case address, or None if it is no single address.

    Other letters are refused before any is made small: the small letter of U+212A is a plain k, and
    so somebody else's address.

    See docs/reference/sds.md#lower-case.
    """
    tidy = text.strip()
    return tidy.lower() if tidy.isascii() and ADDRESS.fullmatch(tidy.lower()) else None


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
    shows nothing goes. What a spreadsheet would read as a formula then loses its first characters.
    """
    return _tidy(text).lstrip("".join(FORMULA) + " .")[:TITLE_LIMIT].rstrip(" ." + _JOINERS)


def title_loses(text: str) -> bool:
    """Say whether `title` takes away what could be seen: a formula's start, or the end."""
    tidy = _tidy(text)
    return len(tidy) > TITLE_LIMIT or tidy.startswith(FORMULA)


def _tidy(text: str) -> str:
    replaced = _REFUSED_IN_TITLES.sub("-", visible(text).replace("&", " and "))
    return _SPACES.sub(" ", replaced).strip(" .")


def visible(text: str) -> str:
    """Return *text* without what shows nothing; joiners between letters stay."""
    return _INVISIBLE.sub(lambda match: match[0] if _joins(match) else "", text)


def _joins(match: re.Match[str]) -> bool:
    """Say whether what was met is a joiner with a letter, or a mark upon one, on either side."""
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    return match[0] in _JOINERS and all(
        side and not _INVISIBLE.match(side) and unicodedata.category(side)[0] in "LM"
        for side in (before, after)
    )


def person_name(text: str) -> str:
    """Return a forename or surname as a clean cell, "" if it cannot be sent."""
    tidy = _SPACES.sub(" ", visible(text)).strip()
    return "" if is_unsafe(tidy) or len(tidy) > 64 else tidy


def is_unsafe(cell: str) -> bool:
    """Say whether *cell* has a control character, or would be a formula in a spreadsheet."""
    return cell.startswith(FORMULA) or _CONTROL.search(cell) is not None
