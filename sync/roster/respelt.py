"""Which classes are only written otherwise than SDS holds them: a form keeps its Team then.

Forms are known by their names, and the ids of other groups may be typed by hand too, so a corrected
capital or a blank would be a new class, and the old Team would end with its pupils' work.

Where an id has only the digest of a name, nothing but that digest proves the name. A title is where
to look for it, and no more: two forms may be called alike, and what was sent once was called by
another template.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from itertools import combinations, combinations_with_replacement, islice, product
from typing import NamedTuple

from sync.roster.identifiers import (
    CLASS_ID,
    REFUSED_SIGNS,
    Parts,
    generation_of,
    group_id,
    letters_of,
    parts_of,
    plain,
    spelt_out,
)
from sync.texts import folded, small

BY_NAME = frozenset({"form", "house", "boarding", "tutor"})  # the spaces of `group_id`
_BLANKS = (" ", "\xa0")
_MOST_BLANKS = 3  # that come, go, or change their kind between two nights
# In a night: two seconds. The digest of another name is met once in 4,000,000,000 tries.
_MOST_TRIED = 100_000
# Of what `title` makes another sign, or takes away, what it may have been.
_WAS = {"-": ("-", *REFUSED_SIGNS), " ": (" ", "\xa0", "  ")}


class _Named(NamedTuple):
    """A class that goes by a name: its id, and the name; None if nothing tells it."""

    id: str
    parts: Parts
    name: str | None


def kept_ids(made: Mapping[str, str], held: Collection[str]) -> dict[str, str]:
    """Return the ids that classes keep, by those that they were *made* with: titles by id.

    A later Team of a class (`generation_of`) is a person's word, and nobody's spelling.

    A class of forms, houses or tutors that is not among *held* keeps the id there that is made of
    its name but for case and blanks, and that no class of *made* has. Nobody keeps an id that two
    could, and of two held ids nobody can say which is meant: then the class is a new one. So it is
    where no address can have the held id: that it was once sent is no reason to go on. Of what ends
    so, `doubted_beside` tells.
    """
    could = _could_be_same(made, held)
    times = Counter(each for pair in could for each in pair)
    return {
        mine: kept
        for (mine, kept), is_same in could.items()
        if is_same and times[mine] == times[kept] == 1 and CLASS_ID.fullmatch(kept)
    }


def doubted_beside(made: Collection[str], held: Collection[str]) -> Set[str]:
    """Return the classes of *held* beside which one with the same letters and digits comes.

    They go by a name, and either end or go on, and it may be the one that comes that each of them
    was: once a form that is written otherwise has kept its id, another can come by the name of
    which the id was made. Nobody can say.
    """
    come, were = _by_letters(_first_teams(set(made) - set(held))), _by_letters(held)
    return {each.id for letters in come.keys() & were.keys() for each in were[letters]}


def _could_be_same(
    made: Mapping[str, str], held: Collection[str]
) -> dict[tuple[str, str], bool | None]:
    """Return each pair of one that comes and one that goes, and whether `_is_same`, unless not."""
    groups = list(_with_same_letters(made, held))
    tries = _MOST_TRIED // max(1, sum(len(come) * len(gone) for come, gone in groups))
    return {
        (mine.id, kept.id): is_same
        for come, gone in groups
        for mine in (_looked_up(each, made[each.id], tries) for each in come)
        for kept in gone
        if (is_same := _is_same(mine, kept, tries)) is not False
    }


def _with_same_letters(
    made: Collection[str], held: Collection[str]
) -> Iterator[tuple[list[_Named], list[_Named]]]:
    """Yield those that come and those that go whose names have the same letters, if any do both."""
    come = _by_letters(_first_teams(set(made) - set(held)))
    gone = _by_letters(_first_teams(set(held) - set(made)))
    for letters in come.keys() & gone.keys():
        yield come[letters], gone[letters]


def _by_letters(class_ids: Iterable[str]) -> dict[tuple[str, int, str, str], list[_Named]]:
    """Return those of *class_ids* that go by a name, by what they are and its letters, folded."""
    found: defaultdict[tuple[str, int, str, str], list[_Named]] = defaultdict(list)
    for class_id in class_ids:
        parts = parts_of(generation_of(class_id).first)
        if parts and parts.space in BY_NAME:
            name = spelt_out(parts.own)
            letters = _cut(parts) if name is None else letters_of(parts, name)
            named = _Named(class_id, parts, name)
            found[parts.org, parts.year, parts.space, folded(letters)].append(named)
    return dict(found)


def _first_teams(class_ids: Iterable[str]) -> list[str]:
    return [class_id for class_id in class_ids if generation_of(class_id).number == 1]


def _cut(digested: Parts) -> str:
    return digested.own.rpartition(".")[0]


def _is_same(mine: _Named, kept: _Named, tries: int) -> bool | None:
    """Say whether both go by one name, but for case and blanks; None if nobody can."""
    if mine.name is not None and kept.name is not None:
        return _alike(mine.name, kept.name)
    if mine.name is not None:
        return _is_spelling(kept.parts, mine.name, tries)
    return None if kept.name is None else _is_spelling(mine.parts, kept.name, tries)


def _alike(one: str, other: str) -> bool:
    return small("".join(one.split())) == small("".join(other.split()))


def _is_spelling(digested: Parts, name: str, tries: int) -> bool | None:
    """Say whether *digested* is made of *name* but for case and blanks; None: too many to try."""
    spelt = _spellings(name, _cut(digested))
    if any(_is_of(digested, each) for each in islice(spelt, tries)):
        return True
    return False if next(spelt, None) is None else None


def _is_of(digested: Parts, name: str) -> bool:
    org, year, space, own = digested
    return group_id(org, year, space, name) == f"{org}-{year}-{space}-{own}"


def _spellings(name: str, cut: str) -> Iterator[str]:
    """Yield how *name* may have been typed, A to Z as *cut* has them; the likeliest first."""
    cased = iter(cut)
    letters = [
        (next(cased, letter),) if plain(letter) else _cases(letter)
        for letter in "".join(name.split())
    ]
    for blanks in _blanks(name):
        for typed in product(*letters):
            yield "".join(
                blank + letter for blank, letter in zip(blanks, (*typed, ""), strict=True)
            )


def _cases(letter: str) -> Iterable[str]:
    """Return *letter* in each case, itself first."""
    cases = dict.fromkeys((letter, letter.lower(), letter.upper()))
    return [case for case in cases if small(case) == small(letter)]


def _blanks(name: str) -> Iterator[list[str]]:
    """Yield the blanks that may stand before each letter of *name*, and at its end."""
    own = [
        (len("".join(name[:at].split())), sign) for at, sign in enumerate(name) if not sign.split()
    ]
    places = range(len("".join(name.split())) + 1)
    for stay, come in _changes(own, list(product(places, _BLANKS))):
        blanks = [""] * len(places)
        for at, blank in (*stay, *come):
            blanks[at] += blank
        yield blanks


def _changes[Blank](
    own: Sequence[Blank], more: Sequence[Blank]
) -> Iterator[tuple[tuple[Blank, ...], tuple[Blank, ...]]]:
    """Yield which of *own* stay and which of *more* come, with few changes first."""
    for changes in range(_MOST_BLANKS + 1):
        for fewer in range(min(changes, len(own)) + 1):
            for stay in combinations(own, len(own) - fewer):
                for come in combinations_with_replacement(more, changes - fewer):
                    yield stay, come


def _looked_up(named: _Named, title: str, tries: int) -> _Named:
    """Return *named* with the name that *title* tells, if its id does not."""
    if named.name is not None:
        return named
    return named._replace(name=_named_in(title, named.parts, tries))


def _named_in(title: str, digested: Parts, tries: int) -> str | None:
    """Return the name of which *digested* is made if it stands in *title*, as it was typed."""
    readings = (
        reading
        for text in (title, title.replace(" and ", " & "))
        for part in _parts_with(text, digested)
        for reading in map("".join, product(*(_WAS.get(sign, (sign,)) for sign in part)))
    )
    return next((reading for reading in islice(readings, tries) if _is_of(digested, reading)), None)


def _parts_with(title: str, digested: Parts) -> Iterator[str]:
    """Yield each part of *title* that has the letters and digits of *digested*."""
    letters = _cut(digested)
    for begin, end in combinations(range(len(title) + 1), 2):
        part = title[begin:end]
        if letters_of(digested, part) == letters and part == part.strip():
            yield part
