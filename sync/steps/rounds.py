"""What a tick found on its round, kept for the next and for who asks how everything stands.

See `sync.ledger.rounds`. A round is a memory and never the truth: whoever cannot read the last, or
finds it too old or of other settings, looks at everything.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime

from sync import __version__
from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.ledger import ids, rounds, words
from sync.ledger.record import Record
from sync.settings import Settings, fingerprint
from sync.steps.delivery import read_record
from sync.steps.status_values import ConnectorStatus, Night, NightStood, PullStatus, SetStatus


class SchoolSeen(Record):
    """How a school stood, and the newest set of each of its profiles."""

    pull: PullStatus | None
    sets: Mapping[str, SetStatus | None]
    turns: date | None
    unmoved: int


class Round(Record):
    """What a tick found, all by storage's clock.

    `settings` is a fingerprint. When it was `all_at`, all was looked at, and the last sweep was
    over. `due` is from when on a place wants a look though nobody leaves a note. `read_at` is when
    each school's newest sets were sealed. `schools` and `connectors` are those of which nothing was
    under way: by key, and by name. `nights` is what each profile's readings gave, of 30 days, the
    oldest first; `stood` what became of each school's, by connector and school.
    """

    settings: str
    all_at: datetime
    due: Mapping[str, datetime]
    read_at: Mapping[str, datetime | None]
    schools: Mapping[str, SchoolSeen]
    connectors: Mapping[str, ConnectorStatus]
    nights: Mapping[str, Sequence[Night]]
    stood: Mapping[str, Mapping[str, Sequence[NightStood]]] = {}


def school_place(school: str) -> str:
    """Return the place of a school, as rounds name it."""
    return f"schools/{school}"


def connector_place(connector: str) -> str:
    """Return the place of a connector, as rounds name it."""
    return ids.connector_folder(connector).removesuffix("/")


def _places(settings: Settings) -> Mapping[str, Set[str]]:
    """Return every place, and the places whose notes are about it."""
    about_school = {
        school: {
            school_place(school),
            f"{words.WORDS}{school}",
            *(f"profiles/{profile}" for profile in settings.profiles_of(school)),
        }
        for school in settings.schools
    }
    places: dict[str, Set[str]] = {school_place(key): about_school[key] for key in settings.schools}
    for connector, profiles in settings.connectors().items():
        schools = {settings.school_of(profile) for profile in profiles}
        place = connector_place(connector)
        places[place] = {place}.union(*(about_school[school] for school in schools))
    return places


@dataclass(frozen=True, slots=True)
class Glance:
    """Where there may be anything new at `now`, storage's moment, since the `last` round.

    `last` may be of other `settings` than these, or old: only what is not `wanted` stands as it
    says. `is_of_all`: everything is wanted, as once a day. `notes` are those that nobody has
    answered, `past` the names of all other rounds.
    """

    now: datetime
    settings: str
    last: Round | None
    wanted: Set[str]
    is_of_all: bool
    notes: Sequence[rounds.Noted]
    past: Sequence[str]

    def wants_school(self, school: str) -> bool:
        """Say whether *school* has to be looked at."""
        return school_place(school) in self.wanted

    def wants_connector(self, connector: str) -> bool:
        """Say whether *connector* has to be looked at."""
        return connector_place(connector) in self.wanted

    def school(self, school: str) -> SchoolSeen | None:
        """Return how *school* stands; None if it has to be looked at."""
        last = None if self.wants_school(school) else self.last
        return last.schools.get(school) if last else None

    def connector(self, connector: str) -> ConnectorStatus | None:
        """Return how *connector* stands; None if it has to be looked at."""
        last = None if self.wants_connector(connector) else self.last
        return last.connectors.get(connector) if last else None

    def nights(self, profile: str) -> Sequence[Night]:
        """Return what is known of the readings of *profile*."""
        return self.last.nights.get(profile, ()) if self.last else ()

    def stood(self, connector: str, school: str) -> Sequence[NightStood]:
        """Return what is known of what became of the readings of *school*."""
        return self.last.stood.get(connector, {}).get(school, ()) if self.last else ()


def glance(world: World) -> Glance:
    """See by a listing and the last round where there may be anything new."""
    blobs, now = world.store.listed(rounds.WORK)
    names, notes = rounds.round_names(blobs), rounds.notes_in(blobs)
    name = rounds.last_round(names, now)
    last = _read(world, name) if name else None
    places, settings = _places(world.settings), _settings(world)
    if last and last.settings == settings and rounds.is_recent(last.all_at, now):
        is_of_all, wanted = False, rounds.wanted(places, notes, last.due, now)
    else:
        is_of_all, wanted = True, frozenset(places)
    past = [each for each in names if each != name]
    return Glance(now, settings, last, wanted, is_of_all, notes, past)


def _read(world: World, name: str) -> Round | None:
    try:
        return read_record(world.store, Round, name)
    except (StoreMissing, StoreConflict):
        return None


def _settings(world: World) -> str:
    """Return what a round must have been made by to be believed: these settings, this version."""
    return f"{__version__} {fingerprint(world.settings)}"


@dataclass(slots=True)
class Found:
    """What a tick finds: `due` of each place that it has looked at, None where nothing is due.

    `all_at`: when it had looked at all, or a tick before it, and the last sweep was over.
    """

    all_at: datetime
    due: dict[str, datetime | None] = field(default_factory=dict)
    read_at: dict[str, datetime | None] = field(default_factory=dict)
    schools: dict[str, SchoolSeen] = field(default_factory=dict)
    connectors: dict[str, ConnectorStatus] = field(default_factory=dict)
    nights: dict[str, Sequence[Night]] = field(default_factory=dict)
    stood: dict[str, dict[str, Sequence[NightStood]]] = field(default_factory=dict)


def note(world: World, seen: Glance, found: Found) -> None:
    """Keep what was *found* for the next tick, and what the last round says of all other places.

    After that the notes may go that are answered by it, and all rounds but the last two: somebody
    may be reading that before.
    """
    made = _round(world, seen, found)
    world.store.create(rounds.round_name(seen.now, uuid.uuid4().hex), made.to_json())
    answered = (each.name for each in seen.notes if each.is_answered_by(seen.now))
    for name in (*answered, *seen.past):
        world.store.delete(name)


def _round(world: World, seen: Glance, found: Found) -> Round:
    before, settings = seen.last, world.settings
    known = {**(before.due if before else {}), **found.due}
    due = {place: at for place in _places(settings) if (at := known.get(place))}
    return Round(
        settings=seen.settings,
        all_at=found.all_at,
        due=due,
        read_at={key: at for key, at in found.read_at.items() if key in settings.schools},
        schools=_known(seen.school, settings.schools) | found.schools,
        connectors=_known(seen.connector, settings.connectors()) | found.connectors,
        nights=_known(seen.nights, settings.profiles) | found.nights,
        stood={**(before.stood if before else {}), **found.stood},
    )


def _known[Value](value_of: Callable[[str], Value | None], keys: Iterable[str]) -> dict[str, Value]:
    """Return each of *keys* with its value, where it has any."""
    return {key: value for key in keys if (value := value_of(key))}
