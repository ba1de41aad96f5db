"""The app's HTTP answers. Each takes what the request said and returns a status and a body.

Only counts, states and codes leave here, save for `findings`, which names people and is served to
holders of the host's admin key alone.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync.edge.clock import Clock
from sync.edge.world import World
from sync.errors import AnswerRefused, CallerRefused, ConfigError, SourceRefused, SyncError
from sync.ledger.marks import fault
from sync.report import Outcome, Step, unexpected
from sync.roster.identifiers import FORMULA
from sync.settings import Settings
from sync.steps import pull, schedule
from sync.steps import restore as restoring
from sync.steps import status as asking

JSON = "application/json"
CSV = "text/csv"  # the worker adds the charset to a text

# On every answer: none is kept by a browser or a proxy, and none is taken for a page.
HEADERS: Mapping[str, str] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

CHECK_S = 200.0  # the platform ends an answer at 230 s


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    content_type: str = JSON


def answered(work: Callable[[], Answer], tell: Callable[[Step], None]) -> Answer:
    """Return the answer of *work*; an error is told, and becomes one that says who must act."""
    try:
        return work()
    except SyncError as error:
        told, status_code = error, _status(error)
    except Exception as error:  # noqa: BLE001  # its text may quote a record: tell type and place
        told, status_code = unexpected(error), 500
    outcome = Outcome.NOTHING if isinstance(told, AnswerRefused) else Outcome.FAILED
    tell(Step("answer", outcome, error=told))
    return _told(status_code, fault(told).model_dump())


def status(world: World) -> Answer:
    """200 with how everything stands."""
    return _told(200, asking.status(world))


def check(settings: Callable[[], Settings], clock: Clock) -> Answer:
    """200 with what was tried and what came of it, also if *settings* cannot even be read."""
    from sync.steps import doctor

    return _told(200, doctor.document(doctor.examine(settings, clock, within_s=CHECK_S)))


def resync(world: World, profile: str | None) -> Answer:
    """202 with what was asked for: a pull of the profile's school, or of every school."""
    if profile is not None and profile not in world.settings.profiles:
        return _no_profile(world)
    if profile is not None:
        schools = [world.settings.school_of(profile)]
    else:
        schools = sorted(world.settings.schools)
    asked = {school: schedule.ask(world, school, "resync").pull for school in schools}
    return _told(202, {"asked": asked, "status": "/api/status"})


def subjects(world: World, school: str | None, accept: str) -> Answer:
    """200 with id, code and name of every subject, as JSON or, if *accept* asks, as CSV."""
    known = sorted(world.settings.schools)
    if school is None and len(known) == 1:
        school = known[0]
    if school not in known:
        return _told(404, {"message": "say ?school=, one of the schools", "schools": known})
    rows = list(pull.subjects_of(world, school))
    if CSV in accept.lower():
        text = io.StringIO(newline="")
        csv.writer(text).writerows([("id", "code", "name"), *(map(_cell, row) for row in rows)])
        return Answer(200, text.getvalue().encode(), CSV)
    names = ("id", "code", "name")
    return _told(200, {"subjects": [dict(zip(names, row, strict=True)) for row in rows]})


def findings(world: World, profile: str | None) -> Answer:
    """200 with what was left out of a profile and what to mend. Names people."""
    known = sorted(world.settings.profiles)
    if profile is None and len(known) == 1:
        profile = known[0]
    if profile not in known:
        return _no_profile(world)
    body = asking.findings(world, profile)
    if body is None:
        return _told(404, {"message": "this profile has no set yet: start one with POST /api/sync"})
    return Answer(200, body)


def decide(world: World, delivery: str, *, approve: bool) -> Answer:
    """200 when a held or unproven delivery was answered, 409 when it waits for no answer."""
    connector, outcome = asking.answer(world, delivery, approve=approve)
    world.tell(Step("answer", outcome, connector, delivery))
    return _told(200, {"delivery": delivery, "connector": connector, "answer": outcome.value})


def restore(world: World, delivery: str) -> Answer:
    """202 when a former delivery will be sent again and its connector is paused, 409 if not."""
    pause = restoring.restore(world, delivery)
    told = {"restores": pause.restores, "delivery": pause.delivery, "status": "/api/status"}
    return _told(202, told)


def resume(world: World, connector: str | None) -> Answer:
    """200 with the connectors that were paused and are so no more."""
    known = sorted(world.settings.connectors())
    if connector is not None and connector not in known:
        return _told(404, {"message": "say ?connector=, one of these", "connectors": known})
    return _told(200, {"resumed": restoring.resume(world, connector)})


def _cell(text: str) -> str:
    """Return *text* as a spreadsheet shows it; an apostrophe keeps it from being a formula."""
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def _no_profile(world: World) -> Answer:
    known = sorted(world.settings.profiles)
    return _told(404, {"message": "say ?profile=, one of the profiles", "profiles": known})


def _status(error: SyncError) -> int:
    if isinstance(error, AnswerRefused):
        return 409
    if isinstance(error, CallerRefused):
        return 403
    if isinstance(error, ConfigError):
        return 500
    return 502 if isinstance(error, SourceRefused) or not error.retry else 503


def _told(status_code: int, value: object) -> Answer:
    return Answer(status_code, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())
