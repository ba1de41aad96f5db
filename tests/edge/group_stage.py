"""Schools on one connector: their nights, what SDS has of each, and that all comes to rest."""

from __future__ import annotations

from collections.abc import Iterator

from simulators.school import without_pupils
from sync.ledger.offers import Why
from sync.report import Step
from sync.steps import send, tick
from sync.steps.connector import newest_sets
from sync.steps.offers import Offer, View, view
from tests.worlds import CONNECTOR, TestWorld, make_group

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
ORG = {"northbank": "9990001", "southbank": "9990002", "eastbank": "9990003"}

type Rows = dict[str, list[bytes]]


def delivered(scene: TestWorld | None = None) -> TestWorld:
    """Return a world all of whose schools SDS has taken, a day later."""
    scene = scene or make_group()
    read(scene, *scene.isams_of)
    scene.send_until_still()
    scene.clock.advance(DAY_S)
    return scene


def read(scene: TestWorld, *schools: str) -> None:
    """Pull *schools*, one after the other."""
    for school in schools:
        scene.pull(school)


def lose(scene: TestWorld, school: str, pupils: int = 1) -> None:
    """Let the last *pupils* of the older years leave: ten are more than a school may lose."""
    app = scene.isams_of[school]
    ids = [pupil.school_id for pupil in app.school.pupils if pupil.year >= 3]
    app.school = without_pupils(app.school, ids[-pupils:])
    app.flush()


def night(scene: TestWorld, *, healthy: str = "northbank", held: str = "southbank") -> Step:
    """Live through a night in which one school loses a pupil, and another more than it may."""
    lose(scene, healthy)
    lose(scene, held, 11)
    read(scene, healthy, held)
    return scene.send_until_still()


def view_of(scene: TestWorld, connector: str = CONNECTOR) -> View:
    """Return what the schools of *connector* offer now."""
    return view(scene.world, scene.look(connector), newest_sets(scene.world, connector))


def offer_of(scene: TestWorld, school: str, connector: str = CONNECTOR) -> Offer:
    """Return what *school* offers now."""
    offer = view_of(scene, connector).of(school)
    assert offer
    return offer


def why(scene: TestWorld, school: str, connector: str = CONNECTOR) -> Why | None:
    """Return why *school* may not go, or need not; None if it may."""
    return offer_of(scene, school, connector).why


def sent(scene: TestWorld, number: int = -1) -> dict[str, Rows]:
    """Return what SDS was given, by hand-over: each school's lines of each file."""
    files = scene.sds.submissions[number].files
    return {
        school: {name: list(_lines(body, org)) for name, body in files.items()}
        for school, org in ORG.items()
    }


def _lines(body: bytes, org: str) -> Iterator[bytes]:
    return (line for line in body.split(b"\r\n") if line.startswith(org.encode()))


def pupils(rows: Rows) -> int:
    """Return how many pupils a school's *rows* have."""
    return sum(b",student," in line for line in rows["roles.csv"])


def comes_to_rest(scene: TestWorld, connector: str = CONNECTOR) -> None:
    """Send twenty times and tick twenty times: nothing more is made, and nothing handed over."""
    deliveries = [each.id for each in scene.look(connector).deliveries]
    submissions = len(scene.sds.submissions)
    for _ in range(20):
        scene.clock.advance(11)
        send.send(scene.world, connector)
    for _ in range(20):
        scene.clock.advance(11 * 60)
        tick.tick(scene.world)
        send.send(scene.world, connector)

    assert [each.id for each in scene.look(connector).deliveries] == deliveries
    assert len(scene.sds.submissions) == submissions
