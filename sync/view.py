"""What exists for one connector: its deliveries as listed, and what their manifests hold."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sync import delivery, state
from sync.delivery import DeliveryManifest, SetManifest
from sync.edge.world import World
from sync.state import Folder, State


class Newest(NamedTuple):
    """A profile's newest sealed set."""

    profile: str
    own: str
    pulled_at: datetime


class View(NamedTuple):
    """One listing of a connector's folder, read once: every later decision is about it."""

    connector: str
    prefix: str
    now: datetime
    states: list[tuple[Folder, State]]

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

    def named(self, *wanted: State) -> list[Folder]:
        """Return the deliveries in one of these states, oldest first."""
        return [one for one, reached in self.states if reached in wanted]


def look(world: World, connector: str) -> View:
    """List what exists for *connector*."""
    prefix = delivery.connector_folder(connector)
    blobs = world.store.blobs(prefix)
    now = world.store.now()
    return View(connector, prefix, now, state.states(state.deliveries(prefix, blobs), now))


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
