"""What exists for one connector: its deliveries as listed, and what their manifests hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sync import delivery, numbered, state
from sync.delivery import DeliveryManifest, SetManifest
from sync.edge.world import World
from sync.errors import AnswerRefused
from sync.numbered import Pauses
from sync.records import Paused, Unchanged
from sync.state import Folder, State


class Newest(NamedTuple):
    """A profile's newest sealed set."""

    profile: str
    own: str
    pulled_at: datetime


class View(NamedTuple):
    """One listing of a connector's folder, read once: every later decision is about it.

    While there is a `pause`, the delivery that it names is the last of `states`, once it exists.
    """

    connector: str
    prefix: str
    now: datetime
    states: list[tuple[Folder, State]]
    pauses: Pauses
    pause: Paused | None

    def manifest(self, world: World, one: Folder) -> DeliveryManifest:
        """Read a delivery's manifest."""
        name = f"{self.prefix}{one.id}/{delivery.MANIFEST}"
        return DeliveryManifest.from_json(name, world.store.read(name))

    def files(self, world: World, one: Folder, wanted: DeliveryManifest) -> dict[str, bytes]:
        """Read a delivery's files, each checked against its manifest."""
        folder = f"{self.prefix}{one.id}/"
        return {
            name: delivery.check(name, world.store.read(folder + name), facts)
            for name, facts in wanted.files.items()
        }

    def sources(self, world: World, one: Folder) -> Mapping[str, str] | None:
        """Return the set of each profile that *one* was merged from, None if they could not be."""
        if one.has(delivery.MANIFEST):
            return self.manifest(world, one).sources
        if not one.has(state.UNCHANGED):
            return None
        name = f"{self.prefix}{one.id}/{state.UNCHANGED}"
        return Unchanged.from_json(name, world.store.read(name)).sources

    def may_have_sent(self, world: World, names: Iterable[str]) -> set[str]:
        """Return which of *names* are files of a delivery that may have reached SDS.

        Each has whatever the ones before it had. So one that is swept is asked, by its manifest,
        only if it is the newest.
        """
        cleared = state.cleared([one for one, _ in self.states])
        held = {name for one in cleared for name in one.made_at}
        for one in cleared[-1:]:
            if one.has(state.SWEPT):
                held.update(self.manifest(world, one).files)
        return held.intersection(names)

    def named(self, *wanted: State) -> list[Folder]:
        """Return the deliveries in one of these states, oldest first."""
        return [one for one, reached in self.states if reached in wanted]


def look(world: World, connector: str) -> View:
    """List what exists for *connector*."""
    prefix = delivery.connector_folder(connector)
    blobs = world.store.blobs(prefix)
    now = world.store.now()
    pauses = numbered.pauses(prefix, blobs)
    pause = read_pause(world, pauses)
    only = pause.delivery if pause else None
    listed = state.states(state.deliveries(prefix, blobs), now, only)
    return View(connector, prefix, now, listed, pauses, pause)


def read_pause(world: World, pauses: Pauses) -> Paused | None:
    """Return the pause that is in force, None if there is none."""
    if pauses.in_force is None:
        return None
    name = f"{pauses.in_force}.json"
    return Paused.from_json(name, world.store.read(name))


def find(world: World, own: str) -> tuple[View, Folder]:
    """Return the delivery called *own*, among all there are for its connector.

    Raises:
        AnswerRefused: there is none.
    """
    if delivery.is_id(own):
        for connector in world.settings.connectors():
            view = look(world, connector)
            for one, _ in view.states:
                if one.id == own:
                    return view, one
    raise AnswerRefused("there is no delivery of this id; see status for those there are")


def newest_sets(world: World, connector: str) -> dict[str, Newest | None]:
    """Return the newest sealed set of each profile of *connector*, None where there is none."""
    found: dict[str, Newest | None] = {}
    for profile in world.settings.connectors()[connector]:
        listed = state.sets(profile, world.store.blobs(delivery.profile_folder(profile)))
        own = listed[-1].id if listed else None
        found[profile] = Newest(profile, own, delivery.pulled_at(own)) if own else None
    return found


def set_manifest(world: World, profile: str, own: str) -> SetManifest:
    """Read the manifest of a profile's set."""
    name = f"{delivery.profile_folder(profile)}{own}/{delivery.MANIFEST}"
    return SetManifest.from_json(name, world.store.read(name))
