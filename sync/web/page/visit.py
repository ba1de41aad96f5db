"""A visit to a screen: what was asked, by whom, and the world that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cached_property
from typing import NamedTuple

from sync.edge.world import World
from sync.report import Step
from sync.steps.status import survey
from sync.steps.status_values import SchoolStatus, Status
from sync.steps.told.clocks import zone_of
from sync.web.access import Role


class PageRequest(NamedTuple):
    """A request as any server gets it. `path` has no slash at its ends; headers have small names.

    `body` is at most what `forms.LIMIT_BYTES` says, and a byte more.
    """

    method: str
    path: str
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Visitor(NamedTuple):
    """Who looks: what they are called, for their own eyes alone, and what their roles are for."""

    called: str
    roles: frozenset[Role]


class AsGiven(NamedTuple):
    """The app settings as they were given: *env*, and the text of a local.settings.json, if any."""

    env: Mapping[str, str]
    local: str | None = None


class Served(NamedTuple):
    """What a page is served over: the world, opened once it is needed, its settings as texts.

    `tell` hears what goes wrong, also where the world cannot be opened.
    """

    world: Callable[[], World]
    given: AsGiven
    tell: Callable[[Step], None]


@dataclass(frozen=True)
class PageVisit:
    """What a screen is made from.

    `parts` are the words of its path that are no name of a screen, `given` the settings as texts.

    The world is asked for how everything stands once, however often that is looked at.
    """

    asked: PageRequest
    visitor: Visitor
    world: World
    given: AsGiven
    parts: tuple[str, ...] = ()

    @cached_property
    def status(self) -> Status:
        """How everything stands."""
        return survey(self.world)

    # -- the schools -----------------------------------------------------------------------------

    @property
    def is_of_several(self) -> bool:
        """Whether there is more than one school to tell of."""
        return len(self.world.settings.schools) > 1

    @property
    def zone(self) -> tzinfo:
        """The time zone of the page: that of all schools, or UTC."""
        settings = self.world.settings
        return zone_of(settings, settings.schools) if settings.schools else UTC

    @property
    def waits(self) -> int:
        """How many schools wait for a person's answer."""
        return sum(shown.state == "held" for _, shown in self.standing())

    def standing(self) -> list[tuple[str, SchoolStatus]]:
        """Return how each school stands with each connector."""
        return [
            pair
            for connector in self.status.connectors.values()
            for pair in connector.schools.items()
        ]
