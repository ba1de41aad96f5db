"""A school this morning: what every part of its home is made from. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sync.settings import SchoolSettings, Settings
from sync.steps.status_values import ConnectorStatus, PullStatus, SchoolStatus, SetStatus, Status


@dataclass(frozen=True)
class Morning:
    """How *school*, a key of the settings, stands by a status; None is what does not exist yet."""

    settings: Settings
    status: Status
    school: str

    @property
    def declared(self) -> SchoolSettings:
        """Its settings."""
        return self.settings.schools[self.school]

    @property
    def name(self) -> str:
        """What people call it."""
        return self.settings.called(self.school)

    @property
    def pull(self) -> PullStatus | None:
        """Its newest reading."""
        return self.status.schools.get(self.school)

    @cached_property
    def sets(self) -> Mapping[str, SetStatus | None]:
        """The newest set of each of its profiles."""
        profiles = self.settings.profiles_of(self.school)
        return {profile: self.status.profiles.get(profile) for profile in profiles}

    @cached_property
    def connector_name(self) -> str:
        """The name of its connector, "" for none; of several that where somebody must act."""
        named = [key for key, each in self.status.connectors.items() if self.school in each.schools]
        urgent = [key for key in named if self._stands_at(key).state in {"held", "failed"}]
        return next(iter([*urgent, *named]), "")

    @property
    def connector(self) -> ConnectorStatus | None:
        """That connector."""
        return self.status.connectors.get(self.connector_name)

    @property
    def shown(self) -> SchoolStatus | None:
        """How it stands there."""
        return self._stands_at(self.connector_name) if self.connector_name else None

    def _stands_at(self, connector: str) -> SchoolStatus:
        return self.status.connectors[connector].schools[self.school]
