"""Which classes are only written otherwise than SDS holds them: a form keeps its Team then.

Forms are known by their names, and the ids of other groups may be typed by hand too, so a corrected
capital or a blank would be a new class, and the old Team would end with its pupils' work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from sync.roster.identifiers import CLASS_ID, Parts, group_id, parts_of, plain, spelt_out
from sync.texts import folded

_BY_NAME = frozenset({"form", "house", "boarding", "tutor"})  # the spaces of `group_id`
_BLANKS = (" ", "\xa0")


class _Named(NamedTuple):
    """A class that goes by a name: its id, and the name; None if the id has only its digest."""

    id: str
    parts: Parts
    name: str | None


def kept_ids(made: Collection[str], held: Collection[str]) -> dict[str, str]:
    """Return the ids that classes keep, by those that they were *made* with: of both, class ids.

    A class of forms, houses or tutors that is not among *held* keeps the id there that differs from
    its own in case and blanks alone, and that no class of *made* has. Nobody keeps an id that two
    could, and of two held ids nobody can say which is meant: then the class is a new one. So it is
    where no address can have the held id: that it was once sent is no reason to go on.
    """
    come, gone = _by_letters(set(made) - set(held)), _by_letters(set(held) - set(made))
    could = [
        (mine.id, kept.id)
        for letters, named in come.items()
        for mine in named
        for kept in gone.get(letters, ())
        if _is_same(mine, kept)
    ]
    return {
        mine: kept
        for mine, kept in could
        if sum(mine in pair or kept in pair for pair in could) == 1 and CLASS_ID.fullmatch(kept)
    }


def _by_letters(class_ids: Iterable[str]) -> dict[tuple[str, int, str, str], list[_Named]]:
    """Return those of *class_ids* that go by a name, by what they are and its letters, folded."""
    found: defaultdict[tuple[str, int, str, str], list[_Named]] = defaultdict(list)
    for class_id in class_ids:
        parts = parts_of(class_id)
        if parts and parts.space in _BY_NAME:
            name = spelt_out(parts.own)
            letters = parts.own.rpartition(".")[0] if name is None else plain(name)
            named = _Named(class_id, parts, name)
            found[parts.org, parts.year, parts.space, folded(letters)].append(named)
    return dict(found)


def _is_same(mine: _Named, kept: _Named) -> bool:
    """Say whether both go by one name, but for case and blanks.

    A digest proves it: of a name with a blank more, which had two dots together.
    """
    if mine.name is not None and kept.name is not None:
        return folded("".join(mine.name.split())) == folded("".join(kept.name.split()))
    if mine.name is not None:
        return kept.id in _with_a_blank_more(mine.name, kept.parts)
    return kept.name is not None and mine.id in _with_a_blank_more(kept.name, mine.parts)


def _with_a_blank_more(name: str, digested: Parts) -> Iterator[str]:
    """Yield the ids of *name* with a blank more anywhere, its letters as *digested* has them."""
    org, year, space, own = digested
    cased = iter(own.rpartition(".")[0])
    typed = "".join(next(cased, "") if plain(letter) else letter for letter in name)
    for at in range(len(typed) + 1):
        for blank in _BLANKS:
            yield group_id(org, year, space, typed[:at] + blank + typed[at:])
