"""Every setting: what it is called, what it may hold, what it is when left out.

This is the one declaration. `docs/settings.md`, `local.settings.sample.json` and the app settings
in `infra/` are tested against it. `sync.environment` turns app settings into it; nothing else in
the package reads an environment variable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import Field, model_validator

from sync.settings import text
from sync.settings.class_kinds import ACROSS_YEARS, NOT_BY_REST, SHARED_YEARS, made_twice
from sync.settings.profile import ProfileSettings
from sync.settings.school import SchoolSettings
from sync.settings.sds import Limits, SdsSettings
from sync.settings.storage import PLACES, HostStorage, StorageSettings
from sync.settings.types import Group

__all__ = [
    "PLACES",
    "HostStorage",
    "Limits",
    "ProfileSettings",
    "SchoolSettings",
    "SdsSettings",
    "Settings",
    "StorageSettings",
]


class Settings(Group):
    """All of one run's settings, read once and frozen."""

    schools: Mapping[str, SchoolSettings] = Field(min_length=1)
    profiles: Mapping[str, ProfileSettings] = Field(min_length=1)
    sds: SdsSettings
    storage: StorageSettings
    host: HostStorage = HostStorage()

    @model_validator(mode="after")
    def _profiles_fit_their_schools(self) -> Settings:
        faults = [fault for key in sorted(self.profiles) for fault in self._misfits(key)]
        seen: dict[str, str] = {}
        for key, school in self.schools.items():
            # SDS would take two spellings for two ids; a person would take them for one.
            first = seen.setdefault(school.id.casefold(), key)
            if first != key:
                names = ("schools", first, "id"), ("schools", key, "id")
                faults.append((names, "two schools may not have the same number"))
        if faults:
            raise text.Contradiction(*faults)
        return self

    def _misfits(self, key: str) -> Iterator[text.Fault]:
        profile, school = self.profiles[key], ("profiles", key, "school")
        if profile.school is None and len(self.schools) > 1:
            yield (school,), f"there are several schools: expected one of {_listed(self.schools)}"
        if profile.school is not None and profile.school not in self.schools:
            yield (school,), f"not one of the schools: expected {_listed(self.schools)}"
        if not (profile.connector or self.sds.connector):
            names = ("profiles", key, "connector"), ("sds", "connector")
            yield names, "give one of them"
        if "form-lessons" in profile.classes and self._reads_by_rest(key):
            yield (("profiles", key, "classes"),), NOT_BY_REST
        for other in sorted(self.profiles):
            if other < key and self._meet(other, key):
                yield from self._at_odds(other, key)

    def _meet(self, *keys: str) -> bool:
        """Say whether profiles send people of one school to one connector."""
        return len({(self.school_of(key), self.connector_of(key)) for key in keys}) == 1

    def _at_odds(self, *keys: str) -> Iterator[text.Fault]:
        """Yield where two such profiles would tell SDS two things of one person or class."""
        one, two = (self.profiles[key] for key in keys)

        def both(name: str) -> tuple[tuple[str, ...], ...]:
            return tuple(("profiles", key, name) for key in keys)

        kinds = {*one.classes} & {*two.classes}
        across = [kind for kind in ACROSS_YEARS if kind in kinds]
        if across and one.year_groups != two.year_groups:
            yield both("classes"), made_twice(across[0])
        if one.id_style != two.id_style:
            yield both("id_style"), "profiles of one school on one connector need the same ID_STYLE"
        if one.included_subjects or two.included_subjects:
            kinds -= {"sets", "form-lessons"}  # for all we know, of different subjects
        shared = one.year_groups & two.year_groups
        kept = {(it.keep_teams & shared, it.keep_teams_from) for it in (one, two)}
        if "sets" in kinds and len(kept) == 2 and shared & (one.keep_teams | two.keep_teams):
            yield both("keep_teams"), SHARED_YEARS
        if kinds and shared and one.pupils_from != two.pupils_from:
            yield both("pupils_from"), SHARED_YEARS

    def _reads_by_rest(self, key: str) -> bool:
        place = self.schools.get(self.school_of(key))
        return place is not None and place.isams_api == "rest"

    def school_of(self, profile: str) -> str:
        """Return the key of the school that *profile* selects from."""
        return self.profiles[profile].school or next(iter(self.schools))

    def profiles_of(self, school: str) -> tuple[str, ...]:
        """Return the keys of the profiles of *school*, sorted."""
        return tuple(key for key in sorted(self.profiles) if self.school_of(key) == school)

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


def _listed(keys: Iterable[str]) -> str:
    return " or ".join(sorted(keys))
