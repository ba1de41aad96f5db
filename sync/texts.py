"""What a text is to those who meet it: an address to Entra, a formula to a spreadsheet, a name.

Pure, and below all rooms, because settings and rosters must judge alike.
"""

from __future__ import annotations

import re
import string
import unicodedata
from datetime import date

# 64 characters before the @ and 48 after it. No hyphen at the start, where a spreadsheet would read
# a formula: docs/reference/sds.md#upn, docs/reference/sds.md#username
ADDRESS = re.compile(
    r"(?!.*\.\.)(?=[^@]{1,64}@.{1,48}$)[a-z0-9_'!#^~](?:[a-z0-9_.'!#^~-]*[a-z0-9_'!#^~-])?"
    r"@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+"
)
SPACES = re.compile(r"[\s\u2800]+")  # with the blank of Braille, which shows as much as a space
# What a spreadsheet takes for the start of a formula, wide and small forms too.
FORMULA = (*"=+-@", *"\uff1d\uff0b\uff0d\uff20", *"\ufe66\ufe62\ufe63\ufe6b")
# What shows nothing: Default_Ignorable_Code_Point of the Unicode Standard, chapter 5.21. Among them
# are zero-width blanks, soft hyphens, byte order marks, and the marks that turn a text's direction.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
JOINERS = "\u200c\u200d"  # between letters they are spelling: Persian and Indic names need them
_KELVIN = "\u212a"
_MEANINGLESS = re.compile("[\x81\x8d\x8f\x90\x9d]")  # nothing to Windows-1252
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WINDOWS = {byte: bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0)}
# What belongs to the character before it though it is no mark: joiners, skin tones, the vowels and
# finals of Hangul, and two vowels of Thai and Lao. Unicode Standard Annex 29, chapter 3.
_CLINGS = re.compile(
    "[\u200c\u200d\u1160-\u11ff\ud7b0-\ud7fb\u0e33\u0eb3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)
_HALF_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]*\\Z")
_VIRAMA = 9  # the combining class of what joins two consonants of an Indic script
_NUMBERS = re.compile(r"-?[0-9]+(?:;-?[0-9]+)*")  # NC years begin at -2
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def folded(text: str) -> str:
    """Return *text* with A-Z made small, and nothing else: `lower` makes a plain k of U+212A."""
    return text.lower() if text.isascii() else text.translate(_SMALL)


def small(text: str) -> str:
    """Return *text* with each letter made small that has a small one: `\u00c9` too, not U+212A.

    Letter by letter, so that no letter becomes two, and none but A-Z becomes one of a-z.
    """
    return "".join(map(_small, text))


def _small(letter: str) -> str:
    lower = letter.lower()
    return lower if len(lower) == 1 and (letter.isascii() or not lower.isascii()) else letter


def address(text: str) -> str | None:
    """Return *text* as a lower-case address, or None if it is no single address.

    Other letters are refused before any is made small: the small letter of U+212A is a plain k, and
    so somebody else's address.

    See docs/reference/sds.md#lower-case.
    """
    tidy = text.strip()
    return tidy.lower() if tidy.isascii() and ADDRESS.fullmatch(tidy.lower()) else None


def as_windows_meant(text: str) -> str:
    """Return *text* with each C1 control as Windows-1252 has that byte, such as `\u2019` for 92.

    Such text was read as Latin-1 once, on its way from a Windows machine. The five bytes that have
    no meaning there are taken out.
    """
    return text.translate(_WINDOWS)


def composed(text: str) -> str:
    """Return *text* with each accent in one character with its letter, where there is one: NFC.

    Names typed on a Mac have it apart, and look the same. U+212A stays, which would become a K:
    it is nobody's k. Not for addresses.
    """
    if text.isascii():  # as nearly every text is
        return text
    return _KELVIN.join(unicodedata.normalize("NFC", part) for part in text.split(_KELVIN))


def visible(text: str) -> str:
    """Return *text* without what shows nothing; joiners between letters stay."""
    return _INVISIBLE.sub(lambda match: match[0] if _joins(match) else "", text)


def first_hidden(text: str) -> int | None:
    """Return where in *text* the first character is that shows nothing and goes; None if none.

    Not a joiner between letters; but a C1 control that Windows means nothing by.
    """
    if text.isascii():
        return None
    hidden = (match for match in _INVISIBLE.finditer(text) if not _joins(match))
    places = (match.start() for match in (next(hidden, None), _MEANINGLESS.search(text)) if match)
    return min(places, default=None)


def as_seen(text: str) -> str:
    """Return what people see of *text*, each accent in one character with its letter."""
    if text.isascii():  # as nearly every text is
        return text
    return composed(visible(as_windows_meant(text)))


def spells(character: str) -> bool:
    """Say whether *character* is a letter, a digit, or a mark upon one; "" is none."""
    return character.isalnum() or unicodedata.category(character or " ")[0] == "M"


def day(text: str) -> date | None:
    """Return the day that *text* is, written `2027-09-01` and in no other way; None if it is none.

    `date.fromisoformat` alone would take `20270901` and the day of a week, `2027-W35-1`, too.
    """
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def as_day(moment: date) -> str:
    """Return *moment*, or the day of it, as people write it, with two digits: `09 March 2027`."""
    return f"{moment:%d %B %Y}"


def cut(text: str, limit: int) -> str:
    """Return the first *limit* code points of *text*, fewer where that would split what people see.

    A letter keeps its marks, an emoji its skin tone, a flag both of its halves. Only what is longer
    than *limit* all by itself is split.
    """
    if len(text) <= limit:
        return text
    ends = (end for end in range(limit, 0, -1) if not _clings(text, end))
    return text[: next(ends, limit)]


def _clings(text: str, at: int) -> bool:
    """Say whether what begins at *at* belongs to the character before it."""
    after, before = text[at], text[:at].rstrip(JOINERS)[-1:]
    if unicodedata.category(after)[0] == "M" or _CLINGS.match(after):
        return True
    if before and unicodedata.combining(before) == _VIRAMA:
        return True
    halves = _HALF_FLAGS.search(text[:at])
    return bool(_HALF_FLAGS.match(after) and halves and len(halves[0]) % 2)


def _joins(match: re.Match[str]) -> bool:
    """Say whether what was met is a joiner with a letter, or a mark upon one, on either side."""
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    return match[0] in JOINERS and all(
        side and not _INVISIBLE.match(side) and unicodedata.category(side)[0] in "LM"
        for side in (before, after)
    )


def is_unsafe(cell: str) -> bool:
    """Say whether *cell* has a control character, or would be a formula in a spreadsheet."""
    return cell.startswith(FORMULA) or _CONTROL.search(cell) is not None


def as_cell(text: str) -> str:
    """Return *text* as a cell of a CSV file that people open in a spreadsheet.

    An apostrophe keeps it from being taken for a formula; one that stands there already gets a
    second, so that `of_cell` can undo each. Numbers stay, also those below nought. Half a
    character, as JSON can hold, is none.
    """
    whole = text.encode(errors="replace").decode()
    return whole if _NUMBERS.fullmatch(whole) or not _runs(whole) else f"'{whole}"


def of_cell(cell: str) -> str:
    """Return what `as_cell` made *cell* of."""
    return cell[1:] if cell.startswith("'") and _runs(cell) else cell


def _runs(cell: str) -> bool:
    """Say whether a spreadsheet would run *cell*, or might without the apostrophes before it."""
    bare = cell.lstrip("'")
    return is_unsafe(bare) or bare.lstrip().startswith(FORMULA)
