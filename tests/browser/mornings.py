"""Mornings at invented schools, with the page open on them: what a browser is shown."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx

from simulators.demo import nights
from simulators.invented.records import InventedSchool
from simulators.school import invent
from simulators.sds import Account, Knobs, education_of
from sync.steps import approval
from sync.steps.landed.look import read_back
from sync.steps.tick import tick
from sync.web.page.loopback import Serving
from sync.web.page.visit import AsGiven
from tests.edge.group_stage import delivered, night
from tests.worlds import CONNECTOR, READ_BACK, THREE_SCHOOLS, TestWorld, make_group, make_world

PUPILS = 220
HOSTILE = (
    '<script>alert("x")</script>',
    '" onfocus="alert(1)" autofocus x="',
    "\N{RIGHT-TO-LEFT OVERRIDE}gnirts\N{POP DIRECTIONAL FORMATTING}",
    "Wolfeschlegelsteinhausenbergerdorff" * 8,
    "{{ 7 * 7 }}",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A page that answers at `url` whoever has the `cookies`, over the world of `scene`."""

    scene: TestWorld
    url: str
    cookies: Mapping[str, str]


@contextmanager
def opened(scene: TestWorld) -> Generator[Opened]:
    """Serve the page over *scene*; what is clicked is kept and not worked on."""
    with Serving(lambda: scene.world, AsGiven(scene.env)) as serving:
        serving.answer()
        came_in = httpx.get(serving.address, trust_env=False)
        yield Opened(scene, serving.address.partition("/?")[0], dict(came_in.cookies))


def well() -> TestWorld:
    """Return a school of which SDS has taken two nights, and nothing is held."""
    school = invent(PUPILS)
    scene = make_world(school, knobs=Knobs(operation_polls=0, run_duration_s=60))
    for changed in (school, nights.a_little(school).school):
        scene.next_night(changed=changed)
        _send(scene)
    return scene


def landed() -> TestWorld:
    """Return a school of which some in Teams is not as it was sent, with names as they come."""
    scene = make_world(_renamed(invent(PUPILS)), knobs=Knobs(operation_polls=0, run_duration_s=60))
    scene.configure(**READ_BACK)
    scene.next_night()
    _send(scene)
    scene.clock.advance(30 * 3600)
    read_back(scene.world, CONNECTOR)
    rooms = education_of(scene.sds).all()
    for room in rooms[:5]:
        del room.people[next(iter(room.people))]
    for user_name in (*HOSTILE, "assistant@northbank.example"):
        rooms[6].people[Account(user_name)] = True
    education_of(scene.sds).delete(rooms[8].nickname.removeprefix("Section_"))
    rooms[9].name = HOSTILE[0]
    scene.clock.advance(24 * 3600)
    read_back(scene.world, CONNECTOR)
    return scene


def swapped(scene: TestWorld | None = None) -> TestWorld:
    """Return a school at which a bad night was held, and then two classes were exchanged."""
    scene = scene or well()
    school = scene.isams.school
    for changed in (nights.half(school), school, nights.exchanged(school)):
        scene.next_night(changed=changed)
        _send(scene)
    return scene


def hostile() -> TestWorld:
    """Return that morning at a school where names and codes are not what they should be."""
    scene = make_world(_renamed(invent(PUPILS)), knobs=Knobs(operation_polls=0, run_duration_s=60))
    scene.configure(SCHOOLS__NORTHBANK__NAME="Northbank & <b>Sons</b> " + "Ltd" * 20)
    scene.next_night()
    _send(scene)
    return swapped(scene)


def trust() -> TestWorld:
    """Return three schools on one connector: one is delivered, one held, one not read tonight."""
    scene = delivered(make_group(base=THREE_SCHOOLS))
    tick(scene.world)
    night(scene)
    tick(scene.world)
    return scene


def _send(scene: TestWorld) -> None:
    scene.send_until_still()
    scene.clock.advance(1200)
    tick(scene.world)


def _renamed(school: InventedSchool) -> InventedSchool:
    """Give every third pupil a hostile name, and sets of a year hostile codes."""
    pupils = tuple(
        replace(pupil, surname=HOSTILE[at // 3 % len(HOSTILE)]) if at % 3 == 0 else pupil
        for at, pupil in enumerate(school.pupils)
    )
    sets = tuple(
        replace(one, code=f"{HOSTILE[at % len(HOSTILE)]}{one.id}")
        if one.year == nights.YEAR
        else one
        for at, one in enumerate(school.sets)
    )
    return replace(school, pupils=pupils, sets=sets)


def approve(scene: TestWorld) -> None:
    """Let all that waits go."""
    approval.approve(scene.world, scene.look().deliveries[-1].id)
