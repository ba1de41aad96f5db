"""Settings: app settings, which are text, become a frozen `Settings`, or a refusal.

This room knows every setting: its name, what it may hold, what it is when left out, and which of
them contradict each other. Its law: a setting is declared once, here. The names in `names`, the
tables of docs/settings.md, `local.settings.sample.json` and the app settings in `infra/` are read
off that declaration or tested against it; whatever is wrong is told at once, a line for each fault,
and never with a secret in it. Nothing else in the package reads an environment variable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import combinations, product

from pydantic import Field, model_validator

from sync.settings import sharing, text
from sync.settings.class_kinds import NOT_BY_REST
from sync.settings.limits import Limits, SchoolLimits
from sync.settings.profile import ProfileSettings
from sync.settings.school import SchoolSettings
from sync.settings.sds import SdsSettings
from sync.settings.storage import HostStorage, StorageSettings
from sync.settings.types import Block
from sync.settings.zones import city_for

__all__ = [
    "Block",
    "HostStorage",
    "Limits",
    "ProfileSettings",
    "SchoolLimits",
    "SchoolSettings",
    "SdsSettings",
    "Settings",
    "StorageSettings",
]


class Settings(Block):
    """All settings of a run, read once and frozen."""

    schools: Mapping[str, SchoolSettings] = Field(min_length=1)
    profiles: Mapping[str, ProfileSettings] = Field(min_length=1)
    sds: SdsSettings
    storage: StorageSettings
    host: HostStorage = HostStorage()
    defaulted: frozenset[tuple[str, ...]] = frozenset()
    """Which settings a school or profile took from the defaults: block, key and name."""

    @model_validator(mode="after")
    def _all_fits_together(self) -> Settings:
        keys = sorted(self.profiles)
        faults = [
            fault
            for number, key in enumerate(keys)
            for fault in self._faults_of(key, earlier=keys[:number])
        ]
        faults.extend(self._numbers_used_twice())
        faults.extend(self._read_twice())
        faults.extend(self._read_by_a_writer())
        if faults:
            raise text.Contradiction(*faults)
        return self

    def _faults_of(self, key: str, earlier: Iterable[str]) -> Iterator[text.Fault]:
        """Yield what is wrong with a profile: alone, and beside each of the *earlier* ones."""
        yield from self._school_faults(key)
        if not self.connector_of(key):
            names = ("profiles", key, "connector"), ("sds", "connector")
            yield names, "give one of them"
        yield from self._far_from_start(key)
        if "form-lessons" in self.profiles[key].classes and self._reads_by_rest(key):
            yield (("profiles", key, "classes"),), NOT_BY_REST
        for other in earlier:
            if self._meet(other, key):
                yield from self._apart(other, key)

    def _school_faults(self, key: str) -> Iterator[text.Fault]:
        school, name = self.profiles[key].school, ("profiles", key, "school")
        if school is None and len(self.schools) > 1:
            yield (name,), f"there are several schools: expected one of {_listed(self.schools)}"
        if school is not None and school not in self.schools:
            yield (name,), f"not one of the schools: expected {_listed(self.schools)}"

    def _far_from_start(self, key: str) -> Iterator[text.Fault]:
        """Yield the PUPILS_FROM that is of no academic year's start, as far as settings say that.

        Beside SCHOOL_YEAR, which forbids YEAR_STARTS, the terms say it: `sync.roster`.
        """
        school, opens = self.schools.get(self.school_of(key)), self.profiles[key].pupils_from
        if school is None or opens is None or school.school_year is not None:
            return
        if abs(school.year_turns.nearest(opens) - opens) > text.OF_START:
            expected = (
                f"expected a day within {text.OF_START.days} days of {school.year_turns}, when the"
                " academic year starts: if it starts on another day, set YEAR_STARTS"
            )
            yield (("profiles", key, "pupils_from"),), expected

    def _meet(self, *keys: str) -> bool:
        """Say whether profiles send people of the same school to the same connector."""
        return len({(self.school_of(key), self.connector_of(key)) for key in keys}) == 1

    def _apart(self, first: str, second: str) -> Iterator[text.Fault]:
        """Yield which settings two profiles that meet must write alike and do not."""
        for name, expected in sharing.apart(self.profiles[first], self.profiles[second]):
            yield (("profiles", first, name), ("profiles", second, name)), expected

    def _numbers_used_twice(self) -> Iterator[text.Fault]:
        """Yield the schools of the same number.

        SDS would take two spellings for two ids; a person would take them for the same.
        """
        seen: dict[str, str] = {}
        for key, school in self.schools.items():
            first = seen.setdefault(school.id.casefold(), key)
            if first != key:
                names = ("schools", first, "id"), ("schools", key, "id")
                yield names, "two schools may not have the same number"

    def _read_twice(self) -> Iterator[text.Fault]:
        """Yield the schools that would both send the same pupils of the same iSAMS."""
        for first, second in self.of_one_isams():
            if shared := self.years_of(first) & self.years_of(second):
                hosts = ("schools", first, "isams_host"), ("schools", second, "isams_host")
                yield hosts, f"both read one iSAMS with one key and take {_years(shared)}"

    def _read_by_a_writer(self) -> Iterator[text.Fault]:
        """Yield the schools that are read by a client that may write here or elsewhere."""
        for reads, writes in product(sorted(self.schools), repeat=2):
            if self.schools[writes].writes_as(self.schools[reads]):
                names = (
                    ("schools", reads, "isams_client_id"),
                    ("schools", writes, "write_client_id"),
                )
                yield names, "give another client: the one that reads may not write"

    def of_one_isams(self) -> Iterator[tuple[str, str]]:
        """Yield each two schools that read the same records, such as Senior and Prep of one."""
        for first, second in combinations(sorted(self.schools), 2):
            if self.schools[first].source == self.schools[second].source:
                yield first, second

    def doubts(self) -> Iterator[str]:
        """Yield what may be taken and is hardly meant: a sentence each, with what to write."""
        zones = {
            self.name_of("schools", key, "time_zone"): school.time_zone.key
            for key, school in self.schools.items()
        }
        for name, zone in zones.items():
            if city := city_for(zone):
                yield (
                    f"{name} is {zone}, which names no place, so that summer time may be missed:"
                    f" write the school's city, such as {city}"
                )
        for key, school in self.schools.items():
            if not (self.profiles_of(key) or school.datasets):
                yield (
                    f"the school {key} is in no profile, so that nothing of it is sent:"
                    " name it as the SCHOOL of one"
                )

    def name_of(self, block: str, key: str, name: str) -> str:
        """Return under which name a setting of a school or profile counts: its own, or a default's.

        *block* is `schools` or `profiles`.
        """
        is_default = (block, key, name) in self.defaulted
        above = ("defaults", block.removesuffix("s")) if is_default else (block, key)
        return "__".join((*above, name)).upper()

    def _reads_by_rest(self, key: str) -> bool:
        school = self.schools.get(self.school_of(key))
        return school is not None and school.isams_api == "rest"

    def called(self, school: str) -> str:
        """Return what people call *school*: its name, with its key if another is called so.

        A school that is not named here any more has its key alone.
        """
        if school not in self.schools:
            return school
        name = self.schools[school].name
        same = [key for key, other in self.schools.items() if other.name == name]
        return name if len(same) == 1 else f"{name} ({school})"

    def school_of(self, profile: str) -> str:
        """Return the key of the school that *profile* selects from."""
        return self.profiles[profile].school or next(iter(self.schools))

    def profiles_of(self, school: str) -> tuple[str, ...]:
        """Return the keys of the profiles of *school*, sorted."""
        return tuple(key for key in sorted(self.profiles) if self.school_of(key) == school)

    def limits_by_org(self) -> Mapping[str, SchoolLimits]:
        """Return the limits of each school, by its number: its own, and SDS's where it has none."""
        return {
            school.id: self.sds.limits.model_copy(update=school.limits.given())
            for school in self.schools.values()
        }

    def years_of(self, school: str) -> frozenset[int]:
        """Return the NC years that the profiles of *school* cover together."""
        profiles = (self.profiles[key] for key in self.profiles_of(school))
        return frozenset[int]().union(*(profile.year_groups for profile in profiles))

    def connector_of(self, profile: str) -> str:
        """Return the connector, by name or id, that *profile* is delivered to."""
        return self.profiles[profile].connector or self.sds.connector or ""

    def connectors(self) -> dict[str, tuple[str, ...]]:
        """Return each connector's profiles, both sorted."""
        names = sorted({self.connector_of(profile) for profile in self.profiles})
        return {
            name: tuple(key for key in sorted(self.profiles) if self.connector_of(key) == name)
            for name in names
        }


def fingerprint(settings: Settings) -> str:
    """Return digits that are others for other schools, profiles or ways to SDS in *settings*.

    Neither secrets go into them, nor where things are stored.
    """
    told = settings.model_dump(exclude={"storage", "host"})
    return hashlib.sha256(repr(_ordered(told)).encode()).hexdigest()[:16]


def _ordered(value: object) -> object:
    """Return *value* so that equal values have one text: a set has no order of its own."""
    if isinstance(value, Mapping):
        return sorted((str(key), _ordered(each)) for key, each in value.items())
    if isinstance(value, Set):
        return sorted(map(repr, value))
    if isinstance(value, list | tuple):
        return [_ordered(each) for each in value]
    return repr(value)


def _years(shared: frozenset[int]) -> str:
    """Return what two schools may not share, and the ways out."""
    return (
        f"NC years {text.as_years(shared)}: give their profiles other YEAR_GROUPS, or make one"
        " school with two profiles of them"
    )


def _listed(keys: Iterable[str]) -> str:
    return " or ".join(sorted(keys))
