"""The classes of a school as they stand: under which ids the newest sets would be sent now.

What is said of which Team is whose (`sync.steps.identity`) is about these, and about the Teams that
SDS may hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing, WordRefused, concerning
from sync.ledger.manifests import DeliveryManifest, FileFacts
from sync.ledger.marks import Accepted, Swept
from sync.ledger.words import Word, sent_as
from sync.roster.identifiers import parts_of
from sync.roster.respelt import kept_ids
from sync.sds import csvtext
from sync.sds.tables import Row
from sync.steps.connector import Listing, look, newest_sets
from sync.steps.delivery import Delivery, StoredFolder
from sync.steps.offers import base_of
from sync.steps.words import words_of

_CLASSES = "classes.csv"
_NEAR = 3  # ids that a refusal offers


@dataclass(frozen=True)
class ClassesNow:
    """The classes of a school, and every word that was said of them.

    `titles` are theirs by the id of now, and `on` the connectors that each goes to. `folded` is how
    many of the words any of the newest sets has folded in, `academic_year` the latest of theirs.
    """

    world: World
    school: str
    words: Sequence[Word]
    listings: Mapping[str, Listing]
    titles: Mapping[str, str]
    on: Mapping[str, Set[str]]
    folded: int
    academic_year: int

    @cached_property
    def held(self) -> Mapping[str, Set[str]]:
        """The connectors by which SDS may hold each Team of the school, by its id there."""
        held: dict[str, set[str]] = {}
        for connector, listing in self.listings.items():
            base = base_of(self.world, listing)
            for class_id in self._ids_in(base.delivery) if base else ():
                held.setdefault(class_id, set()).add(connector)
        return held

    def of(self, typed: str) -> str:
        """Return the id of the class that somebody *typed*: of now, or that which SDS has of it.

        Raises:
            WordRefused: there is none; it says which are near.
        """
        class_id = self._made_of.get(typed, typed)
        if class_id not in self.titles:
            raise unknown([self], typed)
        return class_id

    def has(self, typed: str) -> bool:
        """Say whether there is a class that goes under the id that somebody *typed*."""
        return typed in self._made_of or typed in self.titles

    @cached_property
    def _made_of(self) -> Mapping[str, str]:
        """The classes that are only written otherwise than SDS holds them, by the id there."""
        return {kept: made for made, kept in kept_ids(self.titles, self.held).items()}

    def sent_by(self, team: str) -> Set[str]:
        """Return by which connectors a Team was sent, or may be by a word; none: it never was."""
        if found := self.held.get(team):
            return found
        if any(team in word.classes for word in self.words):
            return self.listings.keys()
        return {
            connector
            for connector, listing in self.listings.items()
            if self._is_away(listing, team)
            or any(team in self._ids_in(each) for each in _accepted(listing))
        }

    def _is_away(self, listing: Listing, team: str) -> bool:
        """Say whether SDS once held the Team of a class that it holds no more, of this year."""
        base = base_of(self.world, listing)
        with suppress(StoreMissing, StoreConflict):
            return base is not None and team in base.delivery.away()
        return False

    def _ids_in(self, delivery: Delivery) -> list[str]:
        """Return the Teams that *delivery* has of the school; none if nobody can read it."""
        org = self.world.settings.schools[self.school].id
        with suppress(StoreMissing, StoreConflict):
            rows = _rows(delivery, delivery.read(DeliveryManifest).files)
            return [class_id for class_id, of, *_ in rows if of == org]
        return []

    def ended_by(self, word: Word) -> tuple[str, ...]:
        """Return the Teams that SDS may hold, and that *word* leaves without a class, by id."""
        other = {word.sent_as(class_id): title for class_id, title in self.titles.items()}
        before, after = (other, self.titles) if word in self.words else (self.titles, other)
        gone = self._teams_of(before) - self._teams_of(after)
        return tuple(sorted(gone & self.held.keys()))

    def _teams_of(self, titles: Mapping[str, str]) -> Set[str]:
        kept = kept_ids(titles, self.held)
        return {kept.get(class_id, class_id) for class_id in titles}

    def near(self, typed: str) -> Iterator[str]:
        """Yield ids that are near to what somebody *typed*: their titles, or they themselves."""
        by_title = {title.casefold(): class_id for class_id, title in self.titles.items()}
        for title in _close(typed.casefold(), by_title, 0.8):
            yield by_title[title]
        yield from _close(typed, self.titles.keys() | self.held.keys(), 0.5)


def _close(typed: str, known: Collection[str], cutoff: float) -> Sequence[str]:
    return get_close_matches(typed, sorted(known), n=_NEAR, cutoff=cutoff)


def unknown(
    schools: Sequence[ClassesNow],
    typed: str,
    what: str = "there is no class of the id that you gave",
) -> WordRefused:
    """Return the refusal of an id that none of *schools* has, with those that are near.

    It repeats nothing of what was *typed*, which may be a name.
    """
    near = list(dict.fromkeys(each for school in schools for each in school.near(typed)))[:_NEAR]
    did_you_mean = f"; did you mean {' or '.join(near)}?" if near else "."
    return WordRefused(
        f"{what}, so nothing was changed{did_you_mean} Every id stands in the classes.csv of a set:"
        " `isams-sync status` tells where they are",
        near=" ".join(near),
    )


def classes_of(world: World, typed: str, school: str | None) -> ClassesNow:
    """Return the classes of *school*, by key, or of that which has the class *typed*.

    Raises:
        WordRefused: no school has, or several have.
    """
    if school is not None:
        return _read(world, school)
    schools = _schools_of(world, typed)
    having = [each for each in schools if each.has(typed)] or schools
    if len(having) == 1:
        return having[0]
    if not having[0].has(typed):
        raise unknown(schools, typed)
    keys = " or ".join(each.school for each in having)
    raise WordRefused(f"several schools have a class of this id: say which, {keys}")


def _schools_of(world: World, typed: str) -> list[ClassesNow]:
    """Return the school whose id is in the id that somebody *typed*, or all there are."""
    known, made = world.settings.schools, parts_of(typed)
    of_org = [key for key in known if made and known[key].id == made.org]
    return [_read(world, key) for key in of_org or sorted(known)]


def _read(world: World, school: str) -> ClassesNow:
    with concerning(school=school):
        return _read_all(world, school)


def _read_all(world: World, school: str) -> ClassesNow:
    settings, words = world.settings, words_of(world.store, school)
    connectors = sorted(set(map(settings.connector_of, settings.profiles_of(school))))
    titles, on = dict[str, str](), dict[str, set[str]]()
    folded, years = [0], [0]
    for connector in connectors:
        for profile, sealed in newest_sets(world, connector).items():
            if sealed is None or settings.school_of(profile) != school:
                continue
            manifest = sealed.manifest()
            folded.append(manifest.words)
            years.append(manifest.academic_year)
            for made, _, title, *_ in _rows(sealed, manifest.files):
                class_id = sent_as(words[manifest.words :], made)
                titles.setdefault(class_id, title)
                on.setdefault(class_id, set()).add(connector)
    listings = {connector: look(world, connector) for connector in connectors}
    return ClassesNow(world, school, words, listings, titles, on, max(folded), max(years))


def _rows(folder: StoredFolder, files: Mapping[str, FileFacts]) -> Iterator[Row]:
    """Yield the classes of a sealed folder that has *files*; only theirs is read, and checked."""
    body = folder.read_files({_CLASSES: files[_CLASSES]})
    return csvtext.widest_rows(_CLASSES, dict.fromkeys(files, b"") | body)


def _accepted(listing: Listing) -> Iterator[Delivery]:
    """Yield the deliveries that SDS accepted and whose files are still there, the newest first."""
    for delivery in reversed(listing.deliveries):
        if delivery.has(Accepted) and not delivery.has(Swept):
            yield delivery
