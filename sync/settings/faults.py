"""How a fault in the settings reads: the name as it was written, what it got, what was expected.

What it got is shown only where it can be no secret: a key may stand in the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sync import texts
from sync.settings import names
from sync.settings.names import Path
from sync.settings.text import Contradiction

KEY_FORM = (
    "expected a key of 1 to 30 letters, digits and hyphens, and neither defaults (what all take is"
    " DEFAULTS__PROFILE__…) nor a name that Windows keeps for a device, such as aux"
)
_SEE_PAGE = "docs/settings.md lists all there are"
_SHOWN = 32  # characters of a value; account keys and client secrets are longer
_TOGETHER = "all settings together"
_ANY = "…"  # the rest of a name, in what is said of all settings of a block
_LONG = 20  # characters: a part of a name is hardly so long; a key or secret is
_NO_NAME = 80  # characters: no part of a name is so long, whatever it is
_SHORT = 8  # characters: no key of iSAMS, secret of Entra or key of an account has so few
# No secret holds a blank, a comma or a bracket, so what stands between them is looked at alone.
_WORD = re.compile(r"[^\s,{}]+")
_NAMES = {*(path[-1] for path in names.DECLARED), _ANY}
# Between the values of a list, and in a certificate, tabs and line ends may stand.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_QUOTATION_MARKS = "\"'`\u2018\u2019\u201c\u201d\u201e"


@dataclass(frozen=True, slots=True)
class Given:
    """A value and the name it was written under.

    `taken_by` says which school or profile has taken a default, such as `school west`.
    """

    name: str
    value: str = field(repr=False)
    taken_by: str = ""


def printable(name: str) -> str:
    """Return *name*, escaped if it holds what would break a line.

    A secret may have been typed as a name, or behind one with `=`: a part that looks like one, or
    is too long for a name, is told by its length.
    """
    told, equals, value = (name if name.isprintable() else ascii(name)).partition("=")
    words = " ".join(map(_without_secret, told.split(" ")))
    return words + (f"=({len(value)} characters)" if equals else "")


def _without_secret(word: str) -> str:
    """Return a word of a name; in JSON it is such as `west.PULL_AT`, and the key is looked at."""
    key, dot, name = word.rpartition(".")
    if not dot or name.lower() not in _NAMES:
        key, dot, name = word, "", ""
    parts = (
        f"({len(part)} characters)"
        if len(part) > _NO_NAME or (len(part) >= _LONG and _is_mixed(part))
        else part
        for part in key.split("__")
    )
    return "__".join(parts) + dot + name


def shown(value: str, declared: FieldInfo | None) -> str:
    """Return what a message may say of *value*: itself, or its length where it may be a secret.

    *declared* is the setting that it stands under, None if there is none of that name. Under a
    setting that takes any text a long word may be a secret; elsewhere one of letters and digits.
    """
    if declared is None or names.is_secret(declared) or len(value) > _SHOWN:
        return f"a value of {len(value)} characters"
    words = [word for word in _WORD.findall(value) if len(word) >= _SHORT]
    if any(names.is_free_text(declared) or _is_mixed(word) for word in words):
        return f"a value of {len(value)} characters"
    return ascii(value)


def _is_mixed(word: str) -> bool:
    return any(map(str.isalpha, word)) and any(map(str.isdigit, word))


def quoted(value: str, declared: FieldInfo | None) -> str:
    """Say that the quotation marks of a command were pasted with *value*, "" if they were not.

    A secret has none at either end; a text for people may begin with an apostrophe.
    """
    text = value.strip()
    ends = [end in _QUOTATION_MARKS for end in (text[:1], text[-1:]) if end]
    secret = declared is not None and names.is_secret(declared)
    if len(text) > 1 and (any(ends) if secret else all(ends)):
        return "has quotation marks around it, as in a command: take them away"
    return ""


def hidden(value: str, declared: FieldInfo | None) -> str:
    """Say which character of *value* nobody sees, "" if there is none; secrets are not looked at.

    It comes with what was pasted. It would make a title, an id or a name another than it looks,
    and no message could show why. Blanks may stand, and the joiners of Persian and Indic names. A
    single text, such as a name, is one line: tabs and line ends are among what nobody sees.
    """
    if declared is not None and names.is_secret(declared):
        return ""
    is_a_line = declared is not None and names.is_single_text(declared)
    control = (_IN_A_LINE if is_a_line else _CONTROL).search(value)
    places = [texts.first_hidden(value), control.start() if control else None]
    at = min((place for place in places if place is not None), default=None)
    if at is None:
        return ""
    return (
        f"its character number {at + 1} (U+{ord(value[at]):04X}) cannot be seen: take it out, or"
        " type the value anew"
    )


def unknown(name: str) -> str:
    """Say that there is no setting *name*, and which is nearest."""
    near = names.nearest(name)
    if near.lower() == name.lower():  # all of it is right but the key
        return f"{printable(name)}: in the middle {KEY_FORM}"
    return f"{printable(name)}: there is no such setting; {hint(near)}"


def hint(near: str) -> str:
    """Offer the setting *near*, or the page that lists them all."""
    return f"did you mean {printable(near)}?" if near else _SEE_PAGE


def lines(
    error: ValidationError,
    given: Mapping[Path, Given],
    places: Mapping[Path, str],
    reported: Collection[Path],
    above: Path = (),
) -> Iterator[str]:
    """Yield a line for each fault in *error*, except at the paths that are *reported* already.

    *above* is where what was validated hangs. A default that does not go together with others is
    named with who took it; by itself it is the same fault for each of them.
    """
    # The input and the address of pydantic's page are of no use to anybody here, and the
    # input may be a secret.
    told = set(reported)
    for detail in error.errors(include_url=False, include_input=False):
        path = names.owner(above + tuple(str(step) for step in detail["loc"]))
        reason = detail.get("ctx", {}).get("error")
        if isinstance(reason, Contradiction):
            for paths, expected in reason.faults:
                # Where one of them has a fault, they may not go together for that.
                if told.isdisjoint(path + tail for tail in paths):
                    concerned = [_concerned(path, tail, given, places) for tail in paths]
                    yield f"{' and '.join(concerned)}: {expected}"
        elif path not in told:
            yield _line(path, _name(path, given, places), detail, given.get(path))
            if names.field_of(path):  # of a union, each part finds fault with the same text
                told.add(path)


def _name(path: Path, given: Mapping[Path, Given], places: Mapping[Path, str]) -> str:
    """Return the name of a setting, or what the names in a block begin with."""
    path = names.owner(path)
    if path in given:
        return printable(given[path].name)
    if not path:
        return _TOGETHER
    if path[0] == "host":  # its names are the host's own
        return names.written(path)
    declared = names.field_of(path)
    above, last = (path[:-1], path[-1].upper()) if declared else (path, _ANY)
    if path[:2] in places:
        if declared and names.is_secret(declared):  # which has a setting of its own
            return names.written(path)
        return printable(f"{places[path[:2]]}.{last}")
    for other, value in given.items():
        # The key as it was written, rather than in capitals: what is its own comes before defaults.
        if other[: len(above)] == above:
            return printable(value.name[: -len("__".join(other[len(above) :]))] + last)
    return "__".join((names.written(above), last))


def _concerned(
    path: Path, tail: Path, given: Mapping[Path, Given], places: Mapping[Path, str]
) -> str:
    """Return the name of the setting at *tail* below *path*, and who took it of the defaults."""
    one = None if path else given.get(tail)
    taken = f" ({one.taken_by})" if one and one.taken_by else ""
    return _name(path + tail, given, places) + taken


def _line(path: Path, name: str, detail: ErrorDetails, given: Given | None) -> str:
    declared = names.field_of(path)
    if declared is None:
        return f"{name}: {_expected(detail, None)}"
    example = f" Example: {names.example(declared)}"
    if given is None:
        return f"{name}: is not set. {declared.description}{example}"
    got = shown(given.value, declared)
    expected = _expected(detail, declared).rstrip(".")
    return f"{name}: got {got}; {expected}.{example}"


def _expected(detail: ErrorDetails, declared: FieldInfo | None) -> str:
    reason = detail.get("ctx", {}).get("error")
    if reason is not None:
        return str(reason)
    bounds = names.bounds(declared) if declared else ""
    if bounds and detail["type"] != "string_pattern_mismatch":
        return f"expected {bounds}"
    # An administrator need not read regular expressions: the words say what they say.
    return f"expected: {declared.description if declared else detail['type']}"
