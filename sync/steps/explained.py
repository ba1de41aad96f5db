"""What is told of a record: rule by rule, in the newest sets, and in what SDS may hold.

What the rules said lies beside each set. What was carried, what SDS may hold and when its run ended
is decided later, so it is read from the deliveries when somebody asks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from sync import texts
from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing, concerning
from sync.ledger import fates
from sync.ledger.holdings import HandOver
from sync.ledger.manifests import WHY, DeliveryManifest, FileFacts
from sync.ledger.offers import BECAUSE, Why
from sync.ledger.states import State
from sync.roster.judged import Judged
from sync.roster.rule_codes import RuleCode
from sync.roster.trace import PUPIL, SERVICE_ACCOUNT, STAFF, Key, Presence, Rule, presence
from sync.sds import csvtext
from sync.sds.tables import WIDEST, Row
from sync.sds.why_file import why_of
from sync.steps.connector import Listing, look, newest_sets
from sync.steps.delivery import Delivery, SealedSet, StoredFolder
from sync.steps.explain_values import HeldTold, PlaceTold, ProfileTold, RecordTold, TableRows
from sync.steps.landed import told as landed_told
from sync.steps.landed.told import InTeams

PEOPLE = frozenset({PUPIL, STAFF, SERVICE_ACCOUNT})

NO_SET = "there is no set yet: `isams-sync run` makes one, as does the app at its hour"
OLDER = (
    "its newest set was made by a version that did not note why: have the school read again, with"
    " `isams-sync run`"
)
GONE = (
    "what was noted with its newest set is gone or damaged: have the school read again, with"
    " `isams-sync run`"
)


@dataclass(frozen=True)
class OnceRead:
    """What is stored, each thing read once, however often it is asked for in one telling.

    With a `school`, by key, what is stored of that alone.
    """

    world: World
    school: str = ""
    _listings: dict[str, Listing] = field(default_factory=dict)
    _held: dict[str, list[HandOver[Delivery]]] = field(default_factory=dict)
    _manifests: dict[str, DeliveryManifest] = field(default_factory=dict)
    _files: dict[str, bytes] = field(default_factory=dict)

    @property
    def schools(self) -> Sequence[str]:
        """The schools that any profile is of, in order, or the only one that is asked about."""
        settings = self.world.settings
        known = sorted(set(map(settings.school_of, settings.profiles)))
        return [key for key in known if self.school in {"", key}]

    @property
    def connectors(self) -> Sequence[str]:
        """The connectors that have any of the schools."""
        settings, schools = self.world.settings, {*self.schools}
        return [
            connector
            for connector, profiles in settings.connectors().items()
            if not schools.isdisjoint(map(settings.school_of, profiles))
        ]

    @cached_property
    def newest(self) -> Mapping[str, SealedSet | None]:
        """The newest set of each profile."""
        newest = dict[str, SealedSet | None]()
        for connector in self.connectors:
            newest |= newest_sets(self.world, connector)
        return newest

    def listing(self, connector: str) -> Listing:
        """Return what exists for *connector*."""
        if connector not in self._listings:
            self._listings[connector] = look(self.world, connector)
        return self._listings[connector]

    def may_hold(self, connector: str) -> Sequence[HandOver[Delivery]]:
        """Return what SDS may hold by *connector*, the oldest first."""
        if connector not in self._held:
            self._held[connector] = self.listing(connector).may_hold()
        return self._held[connector]

    def manifest(self, delivery: Delivery) -> DeliveryManifest:
        """Return the manifest of *delivery*."""
        name = delivery.path(DeliveryManifest.file_name)
        if name not in self._manifests:
            self._manifests[name] = delivery.manifest()
        return self._manifests[name]

    def rows(
        self, folder: StoredFolder, listed: Mapping[str, FileFacts], name: str
    ) -> Iterator[Row]:
        """Yield the rows of a file of those that a manifest has *listed* of *folder*."""
        facts = listed[name]
        if facts.sha256 not in self._files:
            self._files[facts.sha256] = folder.read_files({name: facts})[name]
        files = dict.fromkeys(listed, b"") | {name: self._files[facts.sha256]}
        return csvtext.widest_rows(name, files)


@dataclass(frozen=True)
class SchoolSets:
    """The newest set of each profile of a school, by profile, and what was judged in it.

    `notes` say of the other profiles why nothing is known.
    """

    school: str
    sets: Mapping[str, SealedSet]
    judged: Mapping[str, Sequence[Judged]]
    notes: Mapping[str, str]

    def records(self) -> Iterator[Judged]:
        """Yield every record of the school, each once, as the profile has it that looked at it."""
        best = dict[Key, Judged]()
        for judged in self.judged.values():
            for record in judged:
                key = (record.kind, record.id)
                if key not in best or (record.our_id and not best[key].our_id):
                    best[key] = record
        yield from best.values()


def read_school(stored: OnceRead, school: str) -> SchoolSets:
    """Read what was judged of *school* in the newest sets of its profiles."""
    sets, judged, notes = dict[str, SealedSet](), dict[str, list[Judged]](), dict[str, str]()
    for profile in stored.world.settings.profiles_of(school):
        sealed = stored.newest.get(profile)
        if sealed is None:
            notes[profile] = NO_SET
        elif WHY not in sealed.made_at:
            notes[profile] = OLDER
        else:
            sets[profile] = sealed
            try:
                judged[profile] = list(why_of(sealed.store.read(sealed.path(WHY))))
            except (StoreMissing, StoreConflict):
                notes[profile] = GONE
    return SchoolSets(school, sets, judged, notes)


# -- one record ----------------------------------------------------------------------------------

type _Place = tuple[str, str]
"""A place in a class: the id of the other end in SDS, or what iSAMS calls it, and the role."""


class _InFiles(NamedTuple):
    """What the files of a set or a delivery have of a record; `places` are the other end's ids."""

    rows: TableRows
    places: Set[_Place]

    @property
    def has(self) -> bool:
        return any(name != "enrollments.csv" and rows for name, rows in self.rows.items())


@dataclass(frozen=True)
class _Held:
    """A delivery that SDS may hold, and what its files have of the record: None: unreadable."""

    connector: str
    hand_over: HandOver[Delivery]
    manifest: DeliveryManifest | None
    found: _InFiles | None

    def told(self) -> HeldTold:
        """Return it as it is told."""
        over, found = self.hand_over, self.found
        return HeldTold(
            connector=self.connector,
            delivery=over.delivery_id,
            word=fates.TABLE[over.fate].word,
            taken=over.alone,
            handed_at=over.at,
            ended_at=over.receipt.at if over.receipt else None,
            has=found.has if found else None,
            rows=found.rows if found else {},
        )


_NOTHING = Judged("", "", "", "", "", "", "", {}, (), (), ())


@dataclass(frozen=True)
class AskedAbout:
    """Whom or what is asked about; of `records`, by profile, none where iSAMS lists it no more.

    `id_in_sds` is then its id in what SDS may hold.
    """

    is_person: bool
    records: Mapping[str, Judged]
    id_in_sds: str = ""

    @property
    def record(self) -> Judged | None:
        """The record, as the profile has it that looked at it."""
        looked_at = [each for each in self.records.values() if each.our_id]
        return next(iter(looked_at or self.records.values()), None)

    @property
    def described(self) -> Judged:
        """The record, or what is known of one that iSAMS lists no more: what it was."""
        return self.record or _NOTHING._replace(kind="person" if self.is_person else "class")

    @cached_property
    def our_ids(self) -> Set[str]:
        """The ids that it has in SDS, or would have."""
        return {self.id_in_sds, *(each.our_id for each in self.records.values())} - {""}

    @cached_property
    def address(self) -> str:
        """The address of a person as SDS has it, "" if there is none."""
        record = self.record
        return (texts.address(record.address) or "") if record and self.is_person else ""

    def finds(self, row: Row) -> bool:
        """Say whether a row of users.csv or classes.csv is the record's.

        A person of two schools has one id in SDS, which may be that of the other school.
        """
        return row[0] in self.our_ids or bool(self.address and row[1] == self.address)


@dataclass(frozen=True)
class Telling:
    """The telling of what became of a record of a school."""

    stored: OnceRead
    sets: SchoolSets
    subject: AskedAbout

    def told(self) -> RecordTold:
        """Return all that is known of the record."""
        with concerning(school=self.sets.school):
            profiles = [self._profile(each) for each in self._profile_keys()]
            places = sorted(self._places(), key=_in_order)
            verdict, held = _verdict(profiles), [each.told() for each in self._held]
            record, in_teams = self.subject.described, self._in_teams()
            todo = _todo(verdict, profiles, held, places)
            return RecordTold(
                kind=record.kind,
                id=record.id,
                our_id=min(self.subject.our_ids, default=""),
                label=record.label,
                name=record.name,
                code=record.code,
                address=record.address,
                school=self.stored.world.settings.called(self.sets.school),
                facts=record.facts,
                verdict=verdict,
                profiles=profiles,
                held=held,
                places=places,
                todo=(in_teams.todo if in_teams and todo == SENT else "") or todo,
                in_teams=in_teams,
            )

    def _in_teams(self) -> InTeams | None:
        """Return what the last read-back saw of the record, if its delivery has it."""
        if not self.stored.world.settings.sds.read_back:
            return None
        for held in reversed(self._held):
            if held.found is None or not held.found.has:
                continue
            seen = landed_told.last_seen(self.stored.world, held.connector)
            if seen and seen.delivery == held.hand_over.delivery_id:
                classes = {end for end, _ in held.found.places} if self.subject.is_person else ()
                return landed_told.in_teams(seen, self.subject.our_ids, classes)
        return None

    def _profile_keys(self) -> Sequence[str]:
        return self.stored.world.settings.profiles_of(self.sets.school)

    # -- what is read ------------------------------------------------------------------------------

    @cached_property
    def _in_sets(self) -> Mapping[str, _InFiles]:
        """What the newest set of each profile has of the record, where it was looked at."""
        if self.subject.record is None:
            return {}
        return {
            profile: self._found(sealed, sealed.manifest().files)
            for profile, sealed in self.sets.sets.items()
            if profile in self.subject.records
        }

    @cached_property
    def _held(self) -> Sequence[_Held]:
        connector_of = self.stored.world.settings.connector_of
        held = [
            self._of_hand_over(connector, hand_over)
            for connector in sorted(set(map(connector_of, self._profile_keys())))
            for hand_over in self.stored.may_hold(connector)
        ]
        return sorted(held, key=lambda each: each.hand_over.at)

    def _of_hand_over(self, connector: str, hand_over: HandOver[Delivery]) -> _Held:
        delivery, manifest = hand_over.delivery, None
        try:
            if delivery is not None:
                manifest = self.stored.manifest(delivery)
                found = self._found(delivery, manifest.files)
                return _Held(connector, hand_over, manifest, found)
        except (StoreMissing, StoreConflict):
            pass
        return _Held(connector, hand_over, manifest, None)

    def _found(self, folder: StoredFolder, listed: Mapping[str, FileFacts]) -> _InFiles:
        """Return what the files *listed* of a set or delivery have of the record."""
        own = "users.csv" if self.subject.is_person else "classes.csv"
        mine = [row for row in self.stored.rows(folder, listed, own) if self.subject.finds(row)]
        ids, at = {row[0] for row in mine}, 1 if self.subject.is_person else 0
        places = [
            row for row in self.stored.rows(folder, listed, "enrollments.csv") if row[at] in ids
        ]
        return _InFiles(
            {own: _by_column(own, mine), "enrollments.csv": _by_column("enrollments.csv", places)},
            frozenset((row[1 - at], row[2]) for row in places),
        )

    # -- what is told ------------------------------------------------------------------------------

    def _profile(self, profile: str) -> ProfileTold:
        sealed = self.sets.sets.get(profile)
        if note := self.sets.notes.get(profile):
            return ProfileTold(profile, None, sealed.id if sealed else "", note=note)
        record = self.subject.records.get(profile)
        rules = (*record.rules, *self._later(profile)) if record else (Rule(RuleCode.NOT_LISTED),)
        found = self._in_sets.get(profile)
        return ProfileTold(
            profile=profile,
            verdict=presence(rules),
            set_id=sealed.id if sealed else "",
            read_at=sealed.pulled_at if sealed else None,
            rules=rules,
            rows=found.rows if found else {},
        )

    def _later(self, profile: str) -> Iterator[Rule]:
        """Yield what came after the set: that it waits, or why the newest delivery has it not."""
        connector = self.stored.world.settings.connector_of(profile)
        listing = self.stored.listing(connector)
        if self._went(connector, profile) or not listing.states:
            return
        newest, reached = listing.states[-1]
        if reached is State.HELD:
            yield Rule(RuleCode.WAITS, newest.id)
        why = _why_not(newest, self.sets.school)
        if why and why != Why.SAME:
            yield Rule(RuleCode.CARRIED, f"no: {BECAUSE[Why(why)]}")

    def _went(self, connector: str, profile: str) -> bool:
        """Say whether the newest delivery that SDS may hold has the newest set of *profile*."""
        manifests = [each.manifest for each in self._held if each.connector == connector]
        newest = manifests[-1] if manifests else None
        return newest is not None and newest.sources.get(profile) == self.sets.sets[profile].id

    # -- places ------------------------------------------------------------------------------------

    def _places(self) -> Iterator[PlaceTold]:
        """Yield each place in a class that iSAMS lists, or that the sets or SDS have."""
        listed, known = dict(self._listed()), self._other_ends()
        in_set = {place for found in self._in_sets.values() for place in found.places}
        in_sds = self._in_sds()
        for place in {*listed, *in_set, *(in_sds or ())}:
            other, role = place
            record = listed.get(place) or known.get(other) or _NOTHING._replace(our_id=other)
            yield PlaceTold(
                label=record.label,
                name=record.name or record.code,
                our_id=record.our_id,
                role=role,
                in_isams=place in listed,
                in_set=place in in_set,
                in_sds=None if in_sds is None else place in in_sds,
            )

    def _in_sds(self) -> Set[_Place] | None:
        """Return the places in the newest delivery of each connector; None if one is unreadable."""
        newest = {each.connector: each for each in self._held}
        found = [each.found for each in newest.values()]
        known = [each.places for each in found if each]
        return frozenset[_Place]().union(*known) if len(known) == len(found) else None

    def _other_ends(self) -> Mapping[str, Judged]:
        is_person = self.subject.is_person
        return {
            record.our_id: record
            for record in self.sets.records()
            if record.our_id and (record.kind in PEOPLE) is not is_person
        }

    def _listed(self) -> Iterator[tuple[_Place, Judged]]:
        """Yield the places that iSAMS lists, by the other end's id in SDS, or what iSAMS calls it.

        A person may have several records, and the lists name the one that stays.
        """
        if self.subject.is_person:
            yield from self._classes_listed()
        elif record := self.subject.record:
            people = {
                (each.kind, each.id): each for each in self.sets.records() if each.kind in PEOPLE
            }
            for kind, ids, role in _sides(record):
                for each in ids:
                    if person := people.get((kind, each)):
                        yield (person.our_id or person.label, role), person

    def _classes_listed(self) -> Iterator[tuple[_Place, Judged]]:
        records = list(self.sets.records())
        mine = {
            (record.kind, record.id)
            for record in records
            if record.kind in PEOPLE and record.our_id in self.subject.our_ids
        }
        for group in records:
            for kind, ids, role in _sides(group):
                if any((kind, each) in mine for each in ids):
                    yield (group.our_id or group.label, role), group


def _in_order(place: PlaceTold) -> tuple[bool, str, str, str]:
    """Sort places: those not everywhere first. Of what iSAMS lists no more there is but the id."""
    return place.is_everywhere, place.label, place.our_id, place.role


def _why_not(delivery: Delivery, school: str) -> str:
    """Return why *delivery* has not what was read last of *school*: a word of `Why`, or ""."""
    schools = delivery.schools()
    if schools is None:
        return ""
    part = schools.parts.get(school)
    return part.why if part else schools.left_out.get(school, "")


def _verdict(profiles: Sequence[ProfileTold]) -> Presence | None:
    """Return the best of any profile's, None where nobody knows any."""
    known = [profile.verdict for profile in profiles]
    return next((each for each in Presence if each in known), None)


# -- what to do ----------------------------------------------------------------------------------

NOT_SENT = (
    "SDS has not all of it yet: `isams-sync status` tells how the next delivery stands, and whether"
    " a person must answer first."
)
SENT = (
    "Nothing: SDS has it as iSAMS does. If Teams shows something else, look at the connector's last"
    " run in the School Data Sync portal."
)


def _todo(
    verdict: Presence | None,
    profiles: Sequence[ProfileTold],
    held: Sequence[HeldTold],
    places: Sequence[PlaceTold],
) -> str:
    """Return the one thing to do, "" if there is nothing to say."""
    if verdict is None:
        return next((f"{each.profile}: {each.note}." for each in profiles), "")
    if verdict is not Presence.IN:
        return _to_mend([each for each in profiles if each.verdict is verdict])
    newest = {each.connector: each for each in held}  # the last of each is the newest
    if not any(each.has for each in newest.values()):
        return _not_sent(profiles)
    return _of_places(profiles, places)


def _to_mend(profiles: Sequence[ProfileTold]) -> str:
    """Return what the first rule says that did not keep it; what bars it comes first.

    What else there is would not help.
    """
    rules = [rule for each in profiles for rule in each.rules if not rule.code.keeps and rule.todo]
    rules.sort(key=lambda rule: rule.code.effect != "bars")
    return rules[0].todo if rules else ""


def _of_places(profiles: Sequence[ProfileTold], places: Sequence[PlaceTold]) -> str:
    """Return what to do about a place that is not everywhere, of a record that SDS has."""
    is_sent = all(each.is_everywhere for each in places if each.in_set)
    if not is_sent and _waiting(profiles):
        return _not_sent(profiles)
    missing = (each.label for each in places if each.in_isams and not each.in_set)
    if label := next(filter(None, missing), ""):
        return f"iSAMS lists a place that was not sent: ask why of {label}."
    return SENT if is_sent else _not_sent(profiles)


def _waiting(profiles: Sequence[ProfileTold]) -> Sequence[Rule]:
    """Return the rules that say that a person must answer first."""
    return [rule for each in profiles for rule in each.rules if rule.code is RuleCode.WAITS]


def _not_sent(profiles: Sequence[ProfileTold]) -> str:
    """Return what to do about what SDS has not yet: somebody may have to answer first."""
    waits = _waiting(profiles)
    if not waits:
        return NOT_SENT
    return (
        f"A person must answer first: `isams-sync plan {waits[0].said}` shows what would change,"
        " and how to let it go."
    )


def _sides(group: Judged) -> tuple[tuple[str, Collection[str], str], ...]:
    """Return the pupils and the staff that iSAMS lists in *group*, with their roles there."""
    return (PUPIL, group.members, "student"), (STAFF, group.teachers, "teacher")


def _by_column(name: str, rows: Sequence[Row]) -> list[Mapping[str, str]]:
    return [dict(zip(WIDEST[name], row, strict=True)) for row in rows]
