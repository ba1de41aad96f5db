"""What a restore sends: the files of a former delivery, or what SDS has with a school's of then.

Of a single school only its *slice* comes back. All others stay exactly as they are in the delivery
that SDS held when it was asked for, which the pause names: so whoever makes it makes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sync.edge.world import World
from sync.errors import StoreConflict, StoreMissing
from sync.ledger import manifests, offers
from sync.ledger.claims import Paused
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.offers import SchoolPart, Schools, Why
from sync.sds import by_school, people_file, rules
from sync.sds.csvtext import decode
from sync.sds.merge import Offered, merge, merged
from sync.sds.tables import ON_REQUEST, columns
from sync.steps.connector import Listing
from sync.steps.delivery import Delivery
from sync.steps.offers import Base, base_of, parts_of
from sync.steps.seal import NewDelivery, beside


def made(world: World, listing: Listing, pause: Paused) -> NewDelivery:
    """Return the delivery of *pause*.

    Raises:
        StoreMissing, StoreConflict: what it is made of is gone, or damaged.
        RosterInvalid: SDS would not take the files by the rules as they are known now.
        MergeConflict: of a school: what it had then is another's by now.
    """
    former = _delivery(listing, pause.restores)
    if not pause.school:
        return _whole(world, listing, pause, former)
    part = former_part(world, former, pause.school)
    if part is None:
        raise StoreConflict("the former delivery has nothing of the school that is to come back")
    beside = _delivery(listing, pause.beside)
    base = Base(beside, beside.manifest(), former_parts(world, beside))
    return _SchoolOf(listing, pause, base, former, part).made()


def former_parts(world: World, former: Delivery) -> Mapping[str, SchoolPart]:
    """Return what a *former* delivery has of each school, by its key.

    Raises:
        StoreMissing, StoreConflict: nobody can read it any more.
    """
    parts = parts_of(world, former, former.manifest())
    return {key: part for key, part in parts.items() if part.rows}


def former_part(world: World, former: Delivery, school: str) -> SchoolPart | None:
    """Return what a *former* delivery has of *school*; None if it has nothing of it.

    Its key is that of the settings, or that which it had then.
    """
    parts, settings = former_parts(world, former), world.settings.schools.get(school)
    if settings is None:
        return parts.get(school)
    return offers.part_of(settings.id, parts)


def _delivery(listing: Listing, delivery_id: str) -> Delivery:
    delivery = listing.delivery(delivery_id)
    if delivery is None:
        raise StoreMissing("a delivery that the restore is made of is gone")
    return delivery


def _new(
    pause: Paused,
    files: Mapping[str, bytes],
    manifest: DeliveryManifest,
    schools: Schools | None,
    beside: Mapping[str, bytes],
    **changes: object,
) -> NewDelivery:
    facts = manifests.facts(files)
    made_of = {
        "restores": pause.restores,
        "digest": manifests.digest(facts),
        "files": facts,
        "counts": manifests.rows_by_table(facts),
    }
    new = manifest.model_copy(update=made_of | changes)
    return NewDelivery(pause.delivery, files, new, new.counts, schools, beside)


# -- a whole delivery ----------------------------------------------------------------------------


def _whole(world: World, listing: Listing, pause: Paused, former: Delivery) -> NewDelivery:
    was = former.manifest()
    files = _files(listing, was, former.files(was))
    base = base_of(world, listing)
    away = base.away_beside(files) if base and base.is_readable() else {}
    return _new(pause, files, was, _schools(former), beside(_people(former), away))


def _people(former: Delivery) -> bytes | None:
    """Return the file of names of *former*; None if it has none that can be read.

    Classes come back all the same: names are for those who look at them.
    """
    try:
        return people_file.people_json(former.people())
    except (StoreMissing, StoreConflict):
        return None


def _schools(former: Delivery) -> Schools | None:
    """Return what *former* has of each school: nobody offers it now, so nobody answers for it."""
    schools = former.schools()
    if schools is None:
        return None
    parts = {school: _again(part) for school, part in schools.parts.items() if part.rows}
    return Schools(seen=schools.seen, parts=parts)


def _again(part: SchoolPart, why: Why = Why.RESTORED) -> SchoolPart:
    return part.model_copy(update={"offer": "", "digest": "", "why": why.value})


def _files(
    listing: Listing, was: DeliveryManifest, files: Mapping[str, bytes]
) -> Mapping[str, bytes]:
    """Return *files*, and the headers of those on request that SDS has been given since.

    Raises:
        RosterInvalid: SDS would not take them by the rules as they are known now.
    """
    made_with = columns(files)
    rows = {name: list(decode(name, files[name], made_with[name])) for name in made_with}
    own_grades = set(was.own_grades)
    rules.files(rows, own_grades, sealed_before=True)
    since = listing.may_have_sent(ON_REQUEST) - files.keys()
    if not since:
        return files
    widened = merge([], since, held=files, carried=[row[0] for row in rows["orgs.csv"]])
    return rules.files(widened, own_grades, sealed_before=True)


# -- a school of it ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _SchoolOf:
    """A school's rows of then, beside all others as SDS has them. `part` is that of the former."""

    listing: Listing
    pause: Paused
    base: Base
    former: Delivery
    part: SchoolPart

    @cached_property
    def others(self) -> Mapping[str, SchoolPart]:
        """The other schools, as SDS has them."""
        return {key: part for key, part in self.base.parts.items() if part.org != self.part.org}

    def made(self) -> NewDelivery:
        """Return the delivery."""
        was, now = self.former.manifest(), self.base.manifest
        files, people = self._files(was)
        rows = by_school.digests(files)
        parts = {
            key: _again(part, Why.SAME).model_copy(update={"rows": rows[part.org]})
            for key, part in self.others.items()
        }
        ours = _again(self.part).model_copy(update={"rows": rows[self.part.org]})
        seen = self.base.delivery.sources() or {}
        schools = Schools(seen=seen, parts={**parts, self.pause.school: ours})
        return _new(
            self.pause,
            files,
            now,
            schools,
            beside(people, self.base.away_beside(files)),
            sources={
                profile: set_id
                for part in schools.parts.values()
                for profile, set_id in part.sources.items()
            },
            withheld=self._withheld(was, now),
            own_grades=tuple(sorted({*was.own_grades, *now.own_grades})),
        )

    def _files(self, was: DeliveryManifest) -> tuple[Mapping[str, bytes], bytes]:
        """Return the files, and that of names."""
        org, others = self.part.org, [part.org for part in self.others.values()]
        former = Base(self.former, was, {})
        then = by_school.split(former.files, [org])[org]
        rows, stays = merged(
            [Offered(self.pause.school, org, [then])],
            self.listing.may_have_sent(ON_REQUEST),
            held=self.base.files,
            carried=others,
        )
        own_grades = {*was.own_grades, *self.base.manifest.own_grades}
        files = rules.files(rows, own_grades, sealed_before=True)
        people = [
            people_file.NamedPart(former.people_of([org]), stays),
            people_file.NamedPart(self.base.people_of(others), {}),
        ]
        return files, people_file.merged(files, people)

    def _withheld(self, was: DeliveryManifest, now: DeliveryManifest) -> dict[str, int]:
        org = self.part.org
        return {
            **{key: rows for key, rows in now.withheld.items() if key.rpartition("/")[0] != org},
            **{key: rows for key, rows in was.withheld.items() if key.rpartition("/")[0] == org},
        }
