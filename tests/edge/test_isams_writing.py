"""The one way to write a record of iSAMS: over HTTP, once, and told by reading."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import httpx
import pytest

from simulators.isams import (
    DroppedError,
    IsamsSimulator,
    RestChoices,
    RestClient,
    RestFaults,
    WriteTrouble,
    WritingDesk,
    writing_client,
)
from simulators.isams.rest_clients import WRITE_CLIENT_ID, WRITE_CLIENT_SECRET
from simulators.isams.rest_writing import EMPLOYEE_TAKES, STUDENT_TAKES
from sync.edge.isams.records import RestRecords
from sync.edge.isams.writing import RestWriter
from sync.errors import SourceError, SourceMalformed, SourceRefused, SourceUnavailable
from sync.isams.addresses.kinds import ADDRESS, PeopleKind
from sync.isams.addresses.record_text import to_put
from tests.clocks import FakeClock
from tests.conftest import WRITES
from tests.edge.rest_edge import CLEAN, settings

SYNC = Path(__file__).parents[2] / "sync"
PUPIL = CLEAN.pupils[0].school_id
EMPLOYEE = str(CLEAN.staff[0].id)
NEW = '"new@northbank.example"'
PUPILS, STAFF = PeopleKind.PUPILS, PeopleKind.STAFF


class Dropping(httpx.BaseTransport):
    """The way to the simulator; a connection that it closes is closed."""

    def __init__(self, isams: IsamsSimulator) -> None:
        self._inner = httpx.WSGITransport(isams)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._inner.handle_request(request)
        except DroppedError:
            raise httpx.RemoteProtocolError("closed", request=request) from None


class Here:
    """An iSAMS that may be written, a reader and a writer."""

    def __init__(self, trouble: WriteTrouble | None = None, **client: object) -> None:
        self.clock = FakeClock()
        keys = [RestClient(), writing_client(**client)]  # type: ignore[arg-type]
        self.isams = IsamsSimulator(CLEAN, keys=keys, clock=self.clock.now, sleep=self.clock.sleep)
        self.desk = self.isams.rest.writing = WritingDesk(self.clock.now, "replaces", trouble)
        more = {"write_client_id": WRITE_CLIENT_ID, "write_client_secret": WRITE_CLIENT_SECRET}
        self.settings = settings(**more)
        self.writer = RestWriter(self.settings, self.clock, transport=Dropping(self.isams))
        self.reader = RestRecords(self.settings, self.clock, transport=Dropping(self.isams))

    def body(self, kind: PeopleKind = PUPILS, record_id: str = PUPIL) -> dict[str, str]:
        record = self.writer.read(kind, record_id) or {}
        takes = STUDENT_TAKES if kind is PUPILS else EMPLOYEE_TAKES
        return dict(to_put(record, frozenset(takes), NEW))

    @property
    def puts(self) -> int:
        return sum(seen.method == "PUT" for seen in self.isams.requests)


@pytest.mark.parametrize("base", ["/api", "/Main/api"])
def test_a_record_is_read_and_written_under_whichever_base(base: str) -> None:
    """It is learnt from a list, since a record that is not there is a 404 anywhere."""
    here = Here()
    here.isams.rest.choices = RestChoices(base=base)  # type: ignore[arg-type]
    answer = here.writer.put(PUPILS, PUPIL, here.body())

    assert answer.status == 200
    assert (here.reader.read(PUPILS, PUPIL) or {})[ADDRESS] == NEW


def test_an_employee_is_written_by_the_id_that_is_a_number() -> None:
    """And read by it; `nationalities` of nobody are not put back."""
    here = Here()
    odd = next(str(each.id) for each in CLEAN.staff if each.id % 7 == 0)
    for record_id in (EMPLOYEE, odd):
        body = here.body(STAFF, record_id)
        assert here.writer.put(STAFF, record_id, body).status == 200
        assert (here.reader.read(STAFF, record_id) or {})[ADDRESS] == NEW


def test_what_is_sent_is_what_came() -> None:
    """Every value as it was written, and one changed."""
    here = Here()
    before = here.reader.read(PUPILS, PUPIL) or {}
    here.writer.put(PUPILS, PUPIL, here.body())
    after = here.reader.read(PUPILS, PUPIL) or {}

    changed = {name for name in before if before[name] != after[name]}
    assert changed == {ADDRESS, "lastUpdated"}
    assert json.loads(after["uniquePupilNumber"]) == CLEAN.pupils[0].upn


def test_where_there_is_no_rest_at_all_nobody_is_taken_for_gone() -> None:
    """A wrong host, or REST switched off, answers 404 to everything."""
    here = Here()

    class Nothing(Dropping):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if "/students" in request.url.path:
                return httpx.Response(404, stream=httpx.ByteStream(b"{}"))
            return super().handle_request(request)

    reader = RestRecords(here.settings, here.clock, transport=Nothing(here.isams))
    with pytest.raises(SourceError):
        reader.read(PUPILS, PUPIL)


def test_a_record_that_is_not_there_is_none() -> None:
    """And no error: it may be a former pupil's by now."""
    assert Here().reader.read(PUPILS, "nobody") is None


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (WriteTrouble(lost=True), 0),
        (WriteTrouble(page=True), 200),
        (WriteTrouble(status=403), 403),
        (WriteTrouble(status=429), 429),
        (WriteTrouble(ends_token=True), 401),
        (WriteTrouble(gone=True), 404),
    ],
)
def test_a_put_is_sent_once_whatever_comes_of_it(trouble: WriteTrouble, status: int) -> None:
    """Also after a token that ended and a busy iSAMS: what came of it, reading tells."""
    here = Here(trouble)
    answer = here.writer.put(PUPILS, PUPIL, here.body())

    assert answer.status == status
    assert here.puts == 1


def test_a_put_for_which_there_was_no_connection_was_never_sent() -> None:
    """Nothing is in doubt then: it raises, and does not look like a lost answer."""
    here = Here()
    body = here.body()

    class Away(Dropping):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "PUT":
                raise httpx.ConnectError("refused", request=request)
            return super().handle_request(request)

    writer = RestWriter(here.settings, here.clock, transport=Away(here.isams))
    with pytest.raises(SourceUnavailable):
        writer.put(PUPILS, PUPIL, body)


def test_after_a_token_that_ended_the_next_call_has_a_new_one() -> None:
    """Only the PUT is not sent again."""
    here = Here(WriteTrouble(ends_token=True))
    here.writer.put(PUPILS, PUPIL, here.body())

    assert here.writer.read(PUPILS, PUPIL) is not None


def test_a_field_that_isams_names_is_told_and_its_words_are_not() -> None:
    """They quote the value."""
    here = Here(WriteTrouble(refuses_own="ethnicity"))
    answer = here.writer.put(PUPILS, PUPIL, here.body())

    assert (answer.status, answer.fields) == (422, ("ethnicity",))


def test_a_client_that_may_not_write_is_told_as_it_is() -> None:
    """By its status; nothing was done."""
    here = Here()
    reading = settings(
        isams_client_id=WRITE_CLIENT_ID,
        isams_client_secret=WRITE_CLIENT_SECRET,
        write_client_id=RestClient().id,
        write_client_secret=RestClient().secret,
    )
    writer = RestWriter(reading, here.clock, transport=Dropping(here.isams))

    assert writer.put(PUPILS, PUPIL, here.body()).status == 403


def test_a_wrong_secret_names_the_setting_of_the_client_that_writes() -> None:
    """And sends nothing."""
    here = Here()
    wrong = settings(write_client_id=WRITE_CLIENT_ID, write_client_secret="wrong-secret")
    writer = RestWriter(wrong, here.clock, transport=Dropping(here.isams))
    with pytest.raises(SourceRefused, match="WRITE_CLIENT_SECRET"):
        writer.put(PUPILS, PUPIL, {ADDRESS: NEW})

    assert here.puts == 0


def test_a_busy_isams_is_asked_again_for_a_record_and_never_taken_for_nobody() -> None:
    """Within a minute; then it raises."""
    here = Here()
    here.reader.read(PUPILS, PUPIL)
    path = f"/api/students/{PUPIL}"
    here.isams.script([RestFaults(says="Too many requests", status=429)], route=path)
    assert here.reader.read(PUPILS, PUPIL) is not None
    here.isams.spoil(path, RestFaults(says="Too many requests", status=503))
    with pytest.raises(SourceUnavailable):
        here.reader.read(PUPILS, PUPIL)


@pytest.mark.parametrize(
    "faults",
    [
        RestFaults(body=b"<html>sign in</html>"),
        RestFaults(body=b'{"schoolId": "other", "surname": "N"}'),
        RestFaults(body=f'{{"schoolId": "{PUPIL}", "SchoolId": "{PUPIL}"}}'.encode()),
        RestFaults(body=b"[]"),
    ],
)
def test_what_is_not_the_record_that_was_asked_for_is_refused(faults: RestFaults) -> None:
    """Another's, a page, or one that says a thing twice."""
    here = Here()
    here.reader.read(PUPILS, PUPIL)
    here.isams.spoil(f"/api/students/{PUPIL}", faults)
    with pytest.raises((SourceMalformed, SourceRefused)):
        here.reader.read(PUPILS, PUPIL)


WRITING = {"PUT", "PATCH", "DELETE"}


def _words_of_writing(path: Path) -> set[str]:
    """Return with which methods a module of ours could write: by the word, or a client's method."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value.upper())
        if isinstance(node, ast.Attribute) and "client" in ast.unparse(node.value):
            found.add(node.attr.upper())
    return found & WRITING


def test_one_module_may_send_a_put_to_isams() -> None:
    """And one to Azure's storage of SDS, which is not iSAMS; a pure one reads it in a Swagger."""
    found = {
        path.relative_to(SYNC).as_posix(): words
        for path in SYNC.rglob("*.py")
        if (words := _words_of_writing(path))
    }

    assert found == {
        "edge/isams/writing.py": {"PUT"},
        "edge/graph/upload.py": {"PUT", "PATCH"},
        "isams/addresses/swagger.py": {"PUT"},
    }


def test_nothing_is_posted_to_isams_but_for_a_token_and_for_what_batch_gives() -> None:
    """By REST, POST makes subjects and buildings that nobody can delete."""
    posts = {
        path.relative_to(SYNC).as_posix()
        for path in (SYNC / "edge" / "isams").rglob("*.py")
        if any(
            isinstance(node, ast.Constant) and str(node.value).upper() == "POST"
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    }

    assert posts == {"edge/isams/batch.py", "edge/isams/sign_in.py"}


def test_the_client_that_writes_stands_in_no_bicep_and_no_sample() -> None:
    """What deploys the app knows nothing of it."""
    root = SYNC.parent
    shipped = [*(root / "infra").rglob("*.bicep*"), root / "local.settings.sample.json"]

    assert len(shipped) > 3
    assert [path.name for path in shipped if "write_client" in path.read_text().lower()] == []


def test_what_may_write_to_isams_in_this_suite_is_named() -> None:
    """Every other test module fails if a single PUT reaches an iSAMS."""
    tests = SYNC.parent
    files = [tests / f"{name.replace('.', '/')}.py" for name in WRITES]

    assert all(file.exists() for file in files)
    assert __name__ in WRITES
