"""What is asked over HTTP, and the response to it: a status and a body.

Each function calls the step of the same name, and turns what that gives into a response. Only
counts, states and codes leave here, save for the findings, the plan and what explains a record,
which name people.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qs

from sync.edge.clock import Clock
from sync.edge.world import World
from sync.errors import (
    AnswerInexact,
    AnswerOutdated,
    AnswerRefused,
    CallerRefused,
    ConfigError,
    SyncError,
    WordRefused,
    concerning,
)
from sync.ledger import callers
from sync.ledger.marks import Approved, Rejected, fault
from sync.report import Outcome, Step, unexpected
from sync.settings import Settings
from sync.steps import (
    approval,
    explain,
    findings,
    full_plan,
    pull,
    restore,
    schedule,
    status,
    trust,
)
from sync.steps.approval import Answered
from sync.steps.identity import WordSaid
from sync.steps.landed import told
from sync.steps.meant import Answer
from sync.web.exchange import CSV, FORM, JSON, Response
from sync.web.routes import Route

# docs/reference/functions.md#http-230s
CHECK_S = 200.0  # the platform ends a response at 230 s
_SUBJECT = ("id", "code", "name")
# The key, and whose it is. The host reads them, and keeps no query:
# docs/reference/functions.md#query-string
_PLATFORMS = frozenset({"code", "clientId"})

# A single strong entity tag; without its quotation marks, which shells take off, it says the same.
_TAG = re.compile(r'"([^"]*)"|([^\s",*/]+)')


def responded(work: Callable[[], Response], tell: Callable[[Step], None]) -> Response:
    """Return the response of *work*; an error is logged, and its response says who must act.

    To the host every response is a success, so only the line tells of a refusal:
    docs/reference/functions.md#refused-is-success.
    """
    error: SyncError
    try:
        return work()
    except SyncError as foreseen:
        error, status_code = foreseen, _status_code(foreseen)
    except Exception as unforeseen:  # noqa: BLE001  # its text may quote a record
        error, status_code = unexpected(unforeseen), 500
    late = isinstance(error, (AnswerRefused, AnswerInexact, AnswerOutdated, WordRefused))
    tell(Step("answer", Outcome.NOTHING if late else Outcome.FAILED, error=error))
    digest = str(error.facts.get("digest", "")) if late else ""
    return replace(_json(status_code, fault(error).model_dump()), digest=digest)


def to_status(world: World) -> Response:
    """200 with how everything stands."""
    return _json(200, status.survey(world).document())


def to_trust(world: World, accept: str) -> Response:
    """200 with a row for each school and connector, as JSON or, if *accept* asks, as CSV."""
    if CSV in accept.lower():
        cells = [row.cells() for row in trust.trust(world)]
        return Response(200, findings.spreadsheet(trust.COLUMNS, cells).encode(), CSV)
    return _json(200, trust.document(world))


def to_check(settings: Callable[[], Settings], clock: Clock) -> Response:
    """200 with what was tried and what came of it, also if *settings* cannot even be read."""
    from sync.steps import doctor

    return _json(200, doctor.document(doctor.examine(settings, clock, within_s=CHECK_S)))


def unread(route: Route, words: Collection[str]) -> Response | None:
    """400 if the query has other *words* than the route knows, which would ask for more than meant.

    `?profil=prep` would otherwise read every school: docs/reference/functions.md#unknown-parameter.
    """
    if {*words} <= _PLATFORMS.union(route.words):
        return None
    known = ", ".join(f"?{word}=" for word in route.words) or "nothing"
    message = f"this address knows {known} in its query, and nothing was done; leave out the rest"
    return _json(400, {"message": message, "known": sorted(route.words)})


def to_resync(world: World, profile: str | None, school: str | None = None) -> Response:
    """202 with what was asked for: a pull of the school, of the profile's, or of every school.

    400 if both are said.
    """
    if profile is not None and school is not None:
        return _json(400, {"message": "say ?profile= or ?school=, not both: nothing was done"})
    if profile is not None and profile not in world.settings.profiles:
        return _unknown("profile", world.settings.profiles)
    if school is not None and school not in world.settings.schools:
        return _unknown("school", world.settings.schools)
    if profile is not None:
        school = world.settings.school_of(profile)
    schools = sorted(world.settings.schools) if school is None else [school]
    asked = {key: schedule.ask(world, key, "resync").pull for key in schools}
    return _json(202, {"asked": asked, "status": "/api/status"})


def to_subjects(world: World, school: str | None, accept: str) -> Response:
    """200 with id, code and name of every subject, as JSON or, if *accept* asks, as CSV."""
    school = _only(school, world.settings.schools)
    if school not in world.settings.schools:
        return _unknown("school", world.settings.schools)
    rows = list(pull.subjects_of(world, school))
    if CSV in accept.lower():
        return Response(200, findings.spreadsheet(_SUBJECT, rows).encode(), CSV)
    return _json(200, {"subjects": [dict(zip(_SUBJECT, row, strict=True)) for row in rows]})


def to_findings(world: World, profile: str | None, accept: str = "") -> Response:
    """200 with what was left out of a profile and what to mend, as JSON or, if *accept* asks, CSV.

    Names people.
    """
    profile = _only(profile, world.settings.profiles)
    if profile not in world.settings.profiles:
        return _unknown("profile", world.settings.profiles)
    with concerning(profile=profile):
        newest = findings.newest_findings(world, profile)
    if newest is None:
        return _json(404, {"message": "this profile has no set yet: start one with POST /api/sync"})
    if CSV in accept.lower():
        return Response(200, findings.findings_csv([newest]).encode(), CSV)
    return _json(200, newest.document())


def to_plan(world: World, plan_id: str, accept: str = "") -> Response:
    """200 with what an offer or a delivery would change, as JSON or, if *accept* asks, as CSV.

    Names people. 409 when there is nothing of that id, or its files are past their time.
    """
    plan = full_plan.full_plan(world, plan_id)
    if CSV in accept.lower():
        return Response(200, plan.csv().encode(), CSV)
    return _json(200, plan.document())


def to_landed(world: World) -> Response:
    """200 with what of each connector is in Teams otherwise than sent: counts and ages."""
    return _json(200, told.document(world, told.all_landed(world)))


def to_landed_rows(world: World, accept: str = "") -> Response:
    """200 with whom the last read-backs were about, as JSON or, if *accept* asks, as CSV.

    Names people.
    """
    found = [told.landed_rows(world, connector) for connector in world.settings.connectors()]
    if CSV in accept.lower():
        cells = [row.cells() for each in found for row in each.rows]
        return Response(200, findings.spreadsheet(told.COLUMNS, cells).encode(), CSV)
    return _json(200, {"connectors": {each.connector: each.document() for each in found}})


BODY_LIMIT_BYTES = 64 * 1024


def to_explain(world: World, content_type: str, body: bytes) -> Response:
    """200 with why a record is in SDS or is not, or with several that may be meant.

    Names people; who is asked about stands in the body, never in an address. 404 with what is near
    if there is none; 400, 413 or 415 if the body does not say whom it is about.
    """
    if len(body) > BODY_LIMIT_BYTES:
        return _json(413, {"message": f"send a body of at most {BODY_LIMIT_BYTES:,} bytes"})
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in {JSON, FORM}:
        message = f'send Content-Type {JSON} with {{"who": "…"}}, or {FORM} with who=…'
        return _json(415, {"message": message})
    who = _who(kind, body)
    if fault := explain.fault_of(who):
        return _json(400, {"message": f"{fault}: as `who` in the body"})
    explained = explain.explain(world, who)
    found = explained.record or explained.matches
    return _json(200 if found else 404, explained.document())


def _who(kind: str, body: bytes) -> str:
    """Return `who` of a *body* of that *kind*, "" if it is none, or says it more than once."""
    try:
        text = body.decode()
        told = json.loads(text) if kind == JSON else {}
        said = parse_qs(text).get("who", []) if kind == FORM else [told["who"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return said[0] if len(said) == 1 and isinstance(said[0], str) else ""


def to_approve(world: World, delivery_id: str, if_match: str = "") -> Response:
    """200 when a held or unproven delivery was approved, 409 when it waits for no answer.

    428 if *if_match* does not say what exactly is approved, 412 if it says something else.
    """
    digest = _said(world, delivery_id, Approved, if_match)
    return _answered(world, delivery_id, approval.approve(world, delivery_id, digest))


def to_reject(world: World, delivery_id: str, if_match: str = "") -> Response:
    """200 when a delivery that has not gone was rejected, 409 when it is too late.

    428 and 412 as for an approval: a no stands, so it must be about what was looked at as well.
    """
    digest = _said(world, delivery_id, Rejected, if_match)
    return _answered(world, delivery_id, approval.reject(world, delivery_id, digest))


def _said(world: World, delivery_id: str, answer: Answer, if_match: str) -> str:
    """Return the digest that *if_match* says.

    Raises:
        AnswerInexact: it says none, several or any; the message has the line to type.
        AnswerRefused: there is nothing to answer.
    """
    if tag := _TAG.fullmatch(if_match.strip()):
        return (tag[1] or tag[2] or "").lower()
    digest = approval.digest_of(world, delivery_id, answer)
    word = "approve" if answer is Approved else "reject"
    # Without quotation marks: in JSON they would come with backslashes, which a shell sends along.
    raise AnswerInexact(
        f"say what you {word}, so nothing was changed: what waits is {digest}. Look at it, then"
        f" type curl -X POST -d '' -H x-functions-key:$KEY -H If-Match:{digest}"
        f" $APP/api/deliveries/{delivery_id}/{word}",
        digest=digest,
    )


def to_restore(world: World, delivery_id: str, school: str | None = None) -> Response:
    """202 when a former delivery, or a *school* of it, will be sent again; 409 if not.

    From then on its connector is paused.
    """
    pause = restore.restore(world, delivery_id, school)
    value = {"restores": pause.restores, "delivery": pause.delivery, "status": "/api/status"}
    return _json(202, value | ({"school": pause.school} if pause.school else {}))


def to_identity(
    world: World, say: Callable[..., WordSaid], words: Sequence[str], params: Mapping[str, str]
) -> Response:
    """202 with what was said of which Team is whose, and the pull that folds it in.

    *words* are those of the query that name a class, in the order in which *say* takes them: 400
    without one of them. 404 with a school that there is not, 409 if it may not be said.
    """
    typed = [params[word] for word in words if params.get(word)]
    if len(typed) < len(words):
        wanted = " and ".join(f"?{word}=" for word in words)
        message = f"say {wanted}, each with the id of a class: nothing was done"
        return _json(400, {"message": message, "known": [*words, "school"]})
    school = params.get("school")
    if school is not None and school not in world.settings.schools:
        return _unknown("school", world.settings.schools)
    return _json(202, say(world, *typed, school).document() | {"status": "/api/status"})


def to_resume(world: World, connector: str | None) -> Response:
    """200 with the connectors that were paused and are so no more."""
    known = world.settings.connectors()
    if connector is not None and connector not in known:
        return _unknown("connector", known)
    return _json(200, {"resumed": restore.resume(world, connector)})


def _answered(world: World, delivery_id: str, answered: Answered) -> Response:
    facts = callers.facts(world.caller)
    world.tell(Step("answer", answered.outcome, answered.connector, delivery_id, facts))
    value = {
        "delivery": delivery_id,
        "connector": answered.connector,
        "answer": answered.outcome.value,
        "offers": dict(answered.offers),
    }
    return _json(200, value)


def _only(asked: str | None, known: Mapping[str, object]) -> str:
    """Return what was *asked* for; left out, the single key of *known*, "" if there are several."""
    if asked is None and len(known) == 1:
        return next(iter(known))
    return asked or ""


def _unknown(parameter: str, known: Iterable[str]) -> Response:
    """404 with what *parameter* of the query could have been."""
    kind = f"{parameter}s"
    these = "these" if parameter == "connector" else f"the {kind}"
    message = f"say ?{parameter}=, one of {these}"
    return _json(404, {"message": message, kind: sorted(known)})


_STATUS_CODES: Mapping[type[SyncError], int] = {
    AnswerRefused: 409,
    WordRefused: 409,
    AnswerOutdated: 412,
    AnswerInexact: 428,
    CallerRefused: 403,
    ConfigError: 500,
}


def _status_code(error: SyncError) -> int:
    for kind, status_code in _STATUS_CODES.items():
        if isinstance(error, kind):
            return status_code
    return 503 if error.retry and error.who == "nobody" else 502


def _json(status_code: int, value: object) -> Response:
    return Response(status_code, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())
