"""P13: no name, address, key, token or signature in errors, logs, status, messages or manifests.

`tests/canaries.py` watches what the whole suite logs and prints; here is what must be looked for.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from simulators.isams.documents import METHODS, batch_xml
from simulators.isams.faults import FATAL, Faults
from simulators.isams.messages import Message
from simulators.school import InventedSchool, invent, without_pupils
from simulators.sds import Answer, Knobs
from simulators.sds.tenant import Json
from sync.errors import SyncError
from sync.report import Outcome, Step
from sync.steps import approval, explain, identity, send, status, trust
from sync.steps.classes import classes_of
from sync.web import handlers
from tests import canaries
from tests.canaries import found_in, text_of
from tests.memory_store import MemoryStore
from tests.worlds import CONNECTOR, TestWorld, flush, make_world

SCHOOL = invent(30, quirks=False)
PERSON = SCHOOL.pupils[3]
KEY = "5eed0000-0000-4000-8000-000000000001"
SIGNED = "https://invented.dfs.core.windows.net/x?sv=1&sig=abc%2Bdef"
WITH_NAMES = (
    *("/users.csv", "/findings.json", "/mended.json", "/people.json", "/why.json"),
    "/school-1.jsonl.gz",
)
# All that an outsider's words could hold.
WORDS = f"{PERSON.surname} {PERSON.email} /xml.ashx?apiKey={KEY} Bearer eyJhbGciOiJub25l {SIGNED}"


def world(school: InventedSchool = SCHOOL, *, hold_first: bool = False) -> TestWorld:
    """Return a world that sends names, and has addresses even in its settings."""
    teacher = next(member for member in school.staff if member.teaches and member.email)
    return make_world(
        school,
        knobs=Knobs(run_duration_s=60),
        PROFILES__SENIORS__NAMES="true",
        PROFILES__SENIORS__EXTRA_TEACHERS=f"{teacher.email},nobody.{PERSON.email}",
        SDS__HOLD_FIRST=str(hold_first),
    )


def send_up_to(trial: TestWorld, times: int = 8) -> Step:
    """Send up to *times*, with the pauses that the app asks for: an outage would go on for ever."""
    for _ in range(times):
        step = send.send(trial.world, CONNECTOR)
        if step.again_in_s is None:
            break
        trial.clock.advance(max(step.again_in_s, 6))
    return step


def deliver(trial: TestWorld) -> None:
    """Pull, have a hold approved, and go on until SDS's run is over."""
    trial.pull()
    held = trial.send_until_still()
    approval.approve(trial.world, held.delivery)
    trial.send_until_still()


def said_by(error: BaseException) -> str:
    """Return all that any handler could write of *error*, its hidden causes included."""
    parts = ["".join(traceback.format_exception(error))]
    for each in chain(error):
        parts += [str(each), repr(each.args), repr(getattr(each, "facts", ""))]
        parts += getattr(each, "__notes__", [])
    return "\n".join(parts)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield *error*, its causes and its contexts, hidden or not, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__]


def told_by(trial: TestWorld) -> dict[str, set[str]]:
    """Return the canaries in all that leaves the app but for the files themselves, by place."""
    told = {f"step {step.name} {step.outcome}": step.line() for step in trial.steps}
    told |= {f"error of {s.name} {s.outcome}": said_by(s.error) for s in trial.steps if s.error}
    told |= {f"message {number}": str(kept) for number, kept in enumerate(trial.nudges.kept)}
    told["status"] = json.dumps(status.survey(trial.world).document(), ensure_ascii=False)
    told["trust"] = json.dumps(trust.document(trial.world), ensure_ascii=False)
    told |= {name: text_of(body) for name, body in blobs(trial).items() if not is_roster(name)}
    return {place: leaked for place, text in told.items() if (leaked := found_in(text))}


def blobs(trial: TestWorld) -> dict[str, bytes]:
    assert isinstance(trial.store, MemoryStore)
    return {name: body for name, (body, _) in trial.store.held.items()}


def is_roster(name: str) -> bool:
    """Say whether a blob may hold names: of users, of who they are, of what is left out and why.

    And the school as it was read.
    """
    return name.endswith(WITH_NAMES)


# --- What is told of a good day -------------------------------------------------------------


def test_names_are_in_the_users_the_people_and_the_findings_alone() -> None:
    """Manifests, plans, holds, receipts, answers and other tables hold not one name."""
    school = invent(150)  # with everything that is wrong in real registers
    trial = world(school, hold_first=True)
    deliver(trial)
    flush(trial, pupils=without_pupils(school, [p.school_id for p in school.pupils[::2]]).pupils)
    deliver(trial)
    explain.explain(trial.world, str(PERSON.email))  # its answer names people, its line nobody
    identity.new(trial.world, min(classes_of(trial.world, "", "northbank").titles))
    with_names = {name.rpartition("/")[2] for name, body in blobs(trial).items() if canary_in(body)}
    kinds = {name.rpartition("/")[2] for name in blobs(trial)}

    assert with_names == {name.removeprefix("/") for name in WITH_NAMES}
    assert kinds >= {"manifest.json", "plan.json", "held.json", "approved.json", "submitted.json"}
    assert kinds >= {"accepted.json", "receipt.json", "sealed.json", "000001.json", "000001.done"}
    assert told_by(trial) == {}


def canary_in(body: bytes) -> bool:
    return bool(found_in(text_of(body)))


# --- What is told when something goes wrong -------------------------------------------------

TELLTALE = Message("UnhandledException", 500, WORDS, f"Violation of key for {WORDS}")


def misread(old: bytes, new: bytes) -> Faults:
    """An answer of iSAMS in which the first *old* is *new*."""
    document = b"".join(batch_xml(SCHOOL, METHODS))
    assert old in document
    return Faults(body=document.replace(old, new, 1), content_type="application/xml")


ISAMS = {
    **FATAL,
    "words in an error document": Faults(message=TELLTALE),
    "words in a refusal": Faults(message=replace(TELLTALE, status=403)),
    "words in a page": Faults(body=WORDS.encode(), status=200),
    "words in a header": Faults(status=302, headers={"Location": SIGNED}),
    "a name for a year": misread(b"<NCYear>", f"<NCYear>{PERSON.surname}".encode()),
    "a name for an id": misread(b'<Pupil Id="', f'<Pupil Id="{PERSON.surname}'.encode()),
    "a name for an element": misread(b"<iSAMS>", f"<iSAMS><{PERSON.surname}>".encode()),
}


@pytest.mark.parametrize("fault", ISAMS)
def test_no_failed_pull_tells_a_name_or_a_key(fault: str) -> None:
    """However iSAMS fails, and whatever it writes: not in the error, its causes, or the status."""
    trial = world()
    trial.isams.faults = ISAMS[fault]
    step = trial.pull()

    assert told_by(trial) == {}
    assert step.error is not None or fault.startswith("a name for")


class Breaking(httpx.BaseTransport):
    """A network that breaks with an error that holds the request and speaks of it."""

    def __init__(self, error: type[httpx.RequestError]) -> None:
        self._error = error

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise self._error(f"{request.url} {WORDS}", request=request)


NETWORK = [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.DecodingError]


@pytest.mark.parametrize("error", NETWORK)
@pytest.mark.parametrize("way", ["isams", "sds"])
def test_no_broken_network_tells_what_was_asked(way: str, error: type[httpx.RequestError]) -> None:
    """The exceptions of the client hold requests; ours have no way to them that tells."""
    trial = world()
    broken = trial.process(
        isams_transport=lambda wire: Breaking(error) if way == "isams" else wire,
        sds_transport=lambda wire: Breaking(error) if way == "sds" else wire,
    )
    trial.world = broken
    trial.pull()
    send_up_to(trial)

    assert [step for step in trial.steps if step.error]
    assert told_by(trial) == {}


ROUTES = (
    "token", "dataConnectors", "inboundFlows", "getUploadSession", "create", "append", "flush",
    "validate", "operation", "runs", "getStatistics",
)  # fmt: skip


@pytest.mark.parametrize("status", [200, 302, 403, 503])
@pytest.mark.parametrize("route", ROUTES)
def test_no_refused_delivery_tells_a_name_or_a_secret(route: str, status: int) -> None:
    """Whatever Microsoft writes into an answer, at whichever call: we repeat none of it."""
    trial = world()
    trial.pull()
    document: Json = {
        "error": {"code": WORDS, "message": WORDS},
        "error_description": WORDS,
        "@odata.nextLink": SIGNED,
        "value": [WORDS],
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    trial.sds.fail_next(route, Answer(status, code=WORDS, body=body), times=None)
    send_up_to(trial)

    assert [line for line in trial.sds.requests if line.route == route]
    assert told_by(trial) == {}


# --- What nobody foresaw --------------------------------------------------------------------


@pytest.mark.parametrize("error", [KeyError(WORDS), ValueError(WORDS), UnicodeError(WORDS)])
def test_an_unforeseen_error_leaves_the_worker_without_its_text(error: Exception) -> None:
    """What is raised to the host has type and place, and no way back to the text."""

    def work() -> None:
        try:
            raise RuntimeError(WORDS)
        except RuntimeError:
            raise error from None

    with pytest.raises(SyncError) as caught:
        handlers._guarded(work)

    assert type(error).__name__ in str(caught.value.facts)
    assert found_in(said_by(caught.value)) == set()


# --- The watch over the suite ---------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        PERSON.surname,
        PERSON.surname.upper(),
        str(PERSON.email),
        json.dumps("Łapiński").strip('"'),
        f"apiKey={KEY}",
        f"{{{KEY.upper()}}}",
        SIGNED,
        "Authorization: Bearer abcdef",
        "eyJhbGciOiJub25lIn0.e30.",
        "AccountKey=QUJDREVG;",
        "invented-secret",
        "-----BEGIN PRIVATE KEY-----",
    ],
)
def test_the_watch_knows_a_canary(text: str) -> None:
    """A person in any case and in any spelling; a secret by its form."""
    assert found_in(f'{{"message": "got {text}"}}')


def test_the_watch_knows_what_is_none() -> None:
    """Settings' names, ids of ours and counts are free to tell."""
    line = Step("pull", Outcome.SEALED, "northbank", facts={"Pupil": 1300}).line()

    assert found_in(f"{line} SDS__CLIENT_SECRET ISAMS_KEY sig apiKey AccountKey") == set()


@pytest.mark.parametrize("level", [logging.DEBUG, logging.ERROR])
def test_the_watch_hears_every_part_of_a_record(level: int) -> None:
    """Message, arguments, traceback and extra fields: none is a place to hide."""
    watch, log = canaries.Watch(), logging.getLogger(f"apart.{level}")
    log.propagate = False  # the watch over this test must not hear it
    log.setLevel(logging.DEBUG)
    log.addHandler(watch)
    log.log(level, "%s", PERSON.surname)
    log.log(level, "fine", extra={"pupil": PERSON.email})
    log.log(level, "fine", exc_info=ValueError(PERSON.surname))
    log.log(level, "fine")

    assert len(list(watch.leaks(""))) == 3
    assert list(watch.leaks("nothing")) == []


def test_a_test_under_which_a_name_gets_out_fails(tmp_path: Path) -> None:
    """Logged at the lowest level, or printed: the test has passed, and is failed for it."""
    surname, file = PERSON.surname, tmp_path / "test_leaky.py"
    file.write_text(
        "import logging, sys\n"
        "def test_logs():\n"
        f"    logging.getLogger('sync.deep').debug('read %s', {surname!r})\n"
        "def test_prints():\n"
        f"    print({surname!r})\n"
        "def test_complains():\n"
        f"    sys.stderr.write({surname!r})\n"
        "def test_says_nothing():\n"
        "    logging.getLogger('httpx').info('GET https://x.example/?apiKey=4711')\n",
        encoding="utf-8",
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    words = ["-m", "pytest", "-p", "tests.canaries", "-p", "no:cacheprovider", "-q"]
    run = subprocess.run(
        [sys.executable, *words, "-c", str(tmp_path / "pytest.ini"), str(file)],
        cwd=Path(canaries.__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "3 failed, 1 passed" in run.stdout
