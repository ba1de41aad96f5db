"""A whole world in one process: our app, an invented school, iSAMS and SDS, and a clock to move.

No socket is opened: both simulators are reached through httpx's WSGI transport.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal, Never

import httpx
from azure.core.credentials import AccessToken

from simulators import identity
from simulators.isams.app import IsamsSimulator
from simulators.isams.rest_clients import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from simulators.school import InventedSchool, invent, without_pupils
from simulators.sds import Connector as SdsConnector
from simulators.sds import EducationKnobs, Knobs, SdsSimulator
from simulators.sds.login import FEDERATED
from simulators.sds.tenant import Files
from sync.edge.graph.education import EducationReader
from sync.edge.graph.identity import graph_tokens, read_back_tokens
from sync.edge.graph.sds import SdsTarget
from sync.edge.isams.batch import Isams
from sync.edge.isams.rest import RestIsams
from sync.edge.storage.noting import NotingStore
from sync.edge.storage.queues import Nudges, Unqueued
from sync.edge.storage.store import Store
from sync.edge.world import Reader, Source, Target, World
from sync.ledger.manifests import DeliveryManifest
from sync.report import Outcome, Step
from sync.settings import Settings
from sync.settings.load import load
from sync.steps import pull as run
from sync.steps import schedule, send
from sync.steps.connector import Listing, look
from tests.clocks import START, FakeClock
from tests.memory_store import MemoryStore

CONNECTOR = SdsConnector().name
OTHER_FEED = SdsConnector(id="0b1f8a52-0000-4000-8000-0000000000c2", name="Other feed")
SEND_PACE_S = 30.0
TESTER = "0b1f8a52-0000-4000-8000-0000000007e5"
"""Who asks in these worlds: an object id."""

ONE_SCHOOL: Mapping[str, str] = {
    "SCHOOLS__NORTHBANK__NAME": "Northbank School",
    "SCHOOLS__NORTHBANK__ID": "9990001",
    "SCHOOLS__NORTHBANK__ISAMS_HOST": "northbank.isams.example",
    "SCHOOLS__NORTHBANK__ISAMS_KEY": "",
    "PROFILES__SENIORS__YEAR_GROUPS": "7-13",
    "PROFILES__PREP__YEAR_GROUPS": "3-6",
    "SDS__CONNECTOR": CONNECTOR,
    "SDS__TENANT_ID": SdsSimulator(clock=FakeClock().now).tenant_id,
    "SDS__CLIENT_ID": Knobs().client_id,
    "SDS__CLIENT_SECRET": Knobs().client_secret,
    "STORAGE__FOLDER": "not-used",
}

TWO_SCHOOLS: Mapping[str, str] = {
    **ONE_SCHOOL,
    "SCHOOLS__SOUTHBANK__NAME": "Southbank School",
    "SCHOOLS__SOUTHBANK__ID": "9990002",
    "SCHOOLS__SOUTHBANK__ISAMS_HOST": "southbank.isams.example",
    "SCHOOLS__SOUTHBANK__ISAMS_KEY": "",
    "PROFILES__SENIORS__SCHOOL": "northbank",
    "PROFILES__PREP__SCHOOL": "northbank",
    "PROFILES__SOUTH__SCHOOL": "southbank",
}

THREE_SCHOOLS: Mapping[str, str] = {
    **TWO_SCHOOLS,
    "SCHOOLS__EASTBANK__NAME": "Eastbank School",
    "SCHOOLS__EASTBANK__ID": "9990003",
    "SCHOOLS__EASTBANK__ISAMS_HOST": "eastbank.isams.example",
    "SCHOOLS__EASTBANK__ISAMS_KEY": "",
    "PROFILES__EAST__SCHOOL": "eastbank",
}

READ_BACK: Mapping[str, str] = {
    "SDS__READ_BACK": "on",
    "SDS__READ_BACK_CLIENT_ID": EducationKnobs().client_id,
}

type Wire = Callable[[httpx.BaseTransport], httpx.BaseTransport]


class FederatedIdentity:
    """The app's managed identity, which the app registration that reads back trusts."""

    def get_token(self, *_scopes: str, **_: object) -> AccessToken:
        return AccessToken(identity.token(FEDERATED, START), int(START.timestamp()) + 3600)


def _as_it_is(wire: httpx.BaseTransport) -> httpx.BaseTransport:
    return wire


@dataclass
class TestWorld:
    """The simulators, the clock and everything the app has told, around one `World`.

    `isams` is the school `northbank`; `isams_of` has every school's. `env` are the app settings.
    """

    __test__ = False

    clock: FakeClock
    isams: IsamsSimulator
    sds: SdsSimulator
    nudges: Unqueued
    store: Store
    world: World
    steps: list[Step] = field(default_factory=list)
    isams_of: dict[str, IsamsSimulator] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)

    def configure(self, **changes: str) -> None:
        """Change app settings, as a person would; a blank one is taken away."""
        self.env = {**self.env, **changes}
        self.world = self.process(settings=load(self.env))

    def process(
        self,
        *,
        settings: Settings | None = None,
        store: Store | None = None,
        nudges: Nudges | None = None,
        isams_transport: Wire = _as_it_is,
        sds_transport: Wire = _as_it_is,
    ) -> World:
        """Return another process of the app over the same outside, with nothing remembered.

        The wires wrap the way to iSAMS and to SDS, to break it; the rest replaces this world's.
        """
        loaded = settings or self.world.settings
        to_isams = isams_transport(_Routed(loaded, self.isams_of))
        to_sds = sds_transport(httpx.WSGITransport(app=self.sds))

        @cache
        def source(key: str) -> Source:
            place = loaded.schools[key]
            edge = RestIsams if place.isams_api == "rest" else Isams
            return edge(place, self.clock, transport=to_isams)

        @cache
        def target() -> Target:
            tokens = graph_tokens(loaded.sds, self.clock, transport=to_sds)
            return SdsTarget(loaded.sds, tokens, self.clock, graph=to_sds, storage=to_sds)

        @cache
        def reader() -> Reader:
            tokens = read_back_tokens(
                loaded.sds, self.clock, transport=to_sds, identity=FederatedIdentity
            )
            return EducationReader(loaded.sds, tokens, self.clock, graph=to_sds)

        return World(
            loaded,
            self.clock,
            NotingStore(store or self.store, self.clock),
            nudges or self.nudges,
            source,
            target,
            self.steps.append,
            caller=TESTER,
            reader=reader,
        )

    def look(self, connector: str = CONNECTOR) -> Listing:
        """Return what exists for *connector*."""
        return look(self.world, connector)

    def sealed_files(self, connector: str = CONNECTOR) -> Iterator[Files]:
        """Yield the files of every sealed delivery, oldest first."""
        listing = self.look(connector)
        for delivery in listing.deliveries:
            if delivery.has(DeliveryManifest):
                yield delivery.files()

    def pull(self, school: str = "northbank") -> Step:
        """Ask for a pull and do it."""
        self.clock.advance(1)
        schedule.ask(self.world, school, "test")
        return run.pull(self.world, school)

    def next_night(
        self,
        *,
        changed: InventedSchool | None = None,
        without: Sequence[str] = (),
        after_h: float = 24.0,
    ) -> Step:
        """Read the school a night later; return what became of the pull.

        It is the school *changed*, or that of last night, *without* the pupils of some school ids.
        iSAMS's cache is empty by then.
        """
        self.clock.advance(after_h * 3600)
        self.isams.school = without_pupils(changed or self.isams.school, without)
        self.isams.flush()
        return self.pull()

    def send_until_still(self, connector: str = CONNECTOR) -> Step:
        """Send, with the pauses that the app asks for, until it asks for none."""
        for _ in range(200):
            step = send.send(self.world, connector)
            if step.again_in_s is None:
                return step
            self.clock.advance(max(step.again_in_s, 6))
        raise AssertionError("the delivery never came to rest")

    def hand_over(self, connector: str = CONNECTOR) -> str:
        """Send until SDS has the files; return the id of the operation that checks them."""
        for _ in range(50):
            step = send.send(self.world, connector)
            if step.outcome is Outcome.SUBMITTED:
                return self.sds.submissions[-1].operation_id
            self.clock.advance(max(step.again_in_s or 0, 6))
        raise AssertionError(f"not handed over: {step.outcome}")

    def accept(self, connector: str = CONNECTOR) -> Step:
        """Do everything until SDS has accepted what was pulled."""
        for _ in range(50):
            step = send.send(self.world, connector)
            if step.outcome in {Outcome.ACCEPTED, Outcome.UNCHANGED, Outcome.HELD, Outcome.FAILED}:
                return step
            self.clock.advance(max(step.again_in_s or 0, 6))
        raise AssertionError(f"not accepted: {step.outcome}")


class _Routed(httpx.BaseTransport):
    """Leads each request to the school whose host it names."""

    def __init__(self, settings: Settings, schools: Mapping[str, IsamsSimulator]) -> None:
        self._by_host = {
            settings.schools[key].isams_host: httpx.WSGITransport(app=app)
            for key, app in schools.items()
            if key in settings.schools
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._by_host[request.url.host].handle_request(request)


def make_world(
    school: InventedSchool | None = None,
    *,
    knobs: Knobs | None = None,
    store: Callable[[FakeClock], Store] = MemoryStore,
    isams_transport: Wire = _as_it_is,
    sds_transport: Wire = _as_it_is,
    clock: FakeClock | None = None,
    others: Mapping[str, InventedSchool] | None = None,
    connectors: tuple[SdsConnector, ...] = (SdsConnector(),),
    api: Literal["batch", "rest"] = "batch",
    base: Mapping[str, str] = ONE_SCHOOL,
    **settings: str,
) -> TestWorld:
    """Return a world of one school, `northbank`, with two profiles on one connector.

    *settings* are app settings to add or, if blank, to take away. The transports wrap the way to
    each simulator, to break it. *others* are more schools by key, which *base* must name. With
    *api* `rest` each school is read by a REST client, and has no batch key.
    """
    clock = clock or FakeClock()
    schools = {"northbank": school or invent(60, quirks=False), **(others or {})}
    isams_of = {
        key: IsamsSimulator(one, clock=clock.now, sleep=clock.sleep) for key, one in schools.items()
    }
    env = {"SDS__HOLD_FIRST": "false", **base} | settings
    for key, app in isams_of.items():
        named = f"SCHOOLS__{key.upper()}__ISAMS"
        if api == "rest":
            app.keys = {}
            env |= {f"{named}_API": api, f"{named}_CLIENT_ID": DEMO_CLIENT_ID}
            env[f"{named}_CLIENT_SECRET"] = DEMO_CLIENT_SECRET
        else:
            env[f"{named}_KEY"] = next(iter(app.keys))
    sds = SdsSimulator(
        clock=clock.now,
        connectors=connectors,
        knobs=knobs or Knobs(),
        storage_url="https://invented.dfs.core.windows.net",
    )
    held, nudges, steps = store(clock), Unqueued(), list[Step]()
    loaded = load(env)
    # The world is made by a process, and a process by the world around it.
    shell = World(loaded, clock, held, nudges, _nothing, _nothing, steps.append)
    one = TestWorld(
        clock, isams_of["northbank"], sds, nudges, held, shell, steps, isams_of=isams_of, env=env
    )
    one.world = one.process(isams_transport=isams_transport, sds_transport=sds_transport)
    return one


def make_group(
    *,
    base: Mapping[str, str] = TWO_SCHOOLS,
    store: Callable[[FakeClock], Store] = MemoryStore,
    **changes: str,
) -> TestWorld:
    """Return a world of two schools; `southbank` has one profile, `south`.

    Both are on one connector unless *changes* say `PROFILES__SOUTH__CONNECTOR`: `OTHER_FEED`. With
    `THREE_SCHOOLS` there is a third, `eastbank`, with the profile `east`.
    """
    seeds = (
        {"southbank": 2, "eastbank": 3} if "PROFILES__EAST__SCHOOL" in base else {"southbank": 2}
    )
    return make_world(
        invent(20, quirks=False),
        knobs=Knobs(operation_polls=0, run_duration_s=60),
        store=store,
        others={key: invent(20, seed=seed, quirks=False, key=key) for key, seed in seeds.items()},
        connectors=(SdsConnector(), OTHER_FEED),
        base={**base, **changes},
    )


def _nothing(*_: str) -> Never:
    raise AssertionError("there is nothing outside yet")


def flush(one: TestWorld, **changes: object) -> None:
    """Change the school in iSAMS, and empty the key's cache so that the next pull sees it."""
    one.isams.school = replace(one.isams.school, **changes)  # type: ignore[arg-type]
    one.isams.flush()
