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

from sync import asking, run
from sync.edge.world import World
from sync.errors import AnswerRefused, ConfigError, SourceRefused, SyncError
from sync.report import Outcome, Step, fault, unexpected

JSON = "application/json"
CSV = "text/csv"  # the worker adds the charset to a text

# On every answer: none is kept by a browser or a proxy, and none is taken for a page.
HEADERS: Mapping[str, str] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_FORMULA = ("=", "+", "-", "@")  # what a spreadsheet takes for the start of a formula


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


def resync(world: World, profile: str | None) -> Answer:
    """202 with what was asked for: a pull of the profile's school, or of every school."""
    if profile is not None and profile not in world.settings.profiles:
        return _no_profile(world)
    if profile is not None:
        schools = [world.settings.school_of(profile)]
    else:
        schools = sorted(world.settings.schools)
    asked = {school: run.ask(world, school, "resync").facts["pull"] for school in schools}
    return _told(202, {"asked": asked, "status": "/api/status"})


def subjects(world: World, school: str | None, accept: str) -> Answer:
    """200 with id, code and name of every subject, as JSON or, if *accept* asks, as CSV."""
    known = sorted(world.settings.schools)
    if school is None and len(known) == 1:
        school = known[0]
    if school not in known:
        return _told(404, {"message": "say ?school=, one of the schools", "schools": known})
    rows = list(run.read_subjects(world, school))
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
    """200 when a held delivery was approved or rejected, 409 when it is not held."""
    connector = asking.answer(world, delivery, approve=approve)
    word = "approved" if approve else "rejected"
    return _told(200, {"delivery": delivery, "connector": connector, "answer": word})


def _cell(text: str) -> str:
    """Return *text* as a spreadsheet shows it; an apostrophe keeps it from being a formula."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _no_profile(world: World) -> Answer:
    known = sorted(world.settings.profiles)
    return _told(404, {"message": "say ?profile=, one of the profiles", "profiles": known})


def _status(error: SyncError) -> int:
    if isinstance(error, AnswerRefused):
        return 409
    if isinstance(error, ConfigError):
        return 500
    return 502 if isinstance(error, SourceRefused) or not error.retry else 503


def _told(status_code: int, value: object) -> Answer:
    return Answer(status_code, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())
