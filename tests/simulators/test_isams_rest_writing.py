"""What the simulator's PUT does: both kinds that it may be, and each trouble."""

from __future__ import annotations

import json
from typing import Any, Literal

import httpx
import pytest

from simulators.isams import TOKEN, IsamsSimulator, RestClient, WriteTrouble, WritingDesk, swagger
from simulators.isams import writing_client as client_that_writes
from simulators.isams.rest_clients import WRITE_CLIENT_ID, WRITE_CLIENT_SECRET
from simulators.isams.rest_writing import HIDDEN, STUDENT_TAKES, Semantics
from tests.simulators.asking import SCHOOL, Clock
from tests.simulators.rest_asking import BASE, FORM, signed_in

PUPIL = SCHOOL.pupils[0].school_id
PATH = f"/api/students/{PUPIL}"


class Written:
    """An iSAMS that may be written, and a client that may."""

    def __init__(
        self, semantics: Semantics = "replaces", trouble: WriteTrouble | None = None
    ) -> None:
        self.clock = Clock()
        keys = [RestClient(), client_that_writes()]
        self.isams = IsamsSimulator(SCHOOL, keys=keys, clock=self.clock, sleep=self.clock.sleep)
        self.desk = self.isams.rest.writing = WritingDesk(self.clock, semantics, trouble)
        transport = httpx.WSGITransport(self.isams)
        self.client = httpx.Client(transport=transport, base_url=BASE)
        form = {**FORM, "client_id": WRITE_CLIENT_ID, "client_secret": WRITE_CLIENT_SECRET}
        token = self.client.post(TOKEN, data=form).json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def get(self) -> dict[str, Any]:  # Any: parsed JSON
        return dict(self.client.get(PATH).json())

    def put(self, body: dict[str, Any]) -> httpx.Response:
        return self.client.put(PATH, json=body)

    def give_address(self) -> httpx.Response:
        """Do what a careful client does: all that PUT takes, as it came, and one value changed."""
        now = self.get()
        body = {name: now[name] for name in STUDENT_TAKES if name in now}
        return self.put(body | {"schoolEmailAddress": "new@northbank.example"})


@pytest.mark.parametrize("semantics", ["replaces", "merges"])
def test_a_whole_record_changes_one_value(semantics: Semantics) -> None:
    """And when it was last changed; nothing else, whichever PUT it is."""
    here = Written(semantics)
    before = here.get()
    answer = here.give_address()

    assert answer.status_code == 200
    after = here.get()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"schoolEmailAddress", "lastUpdated"}


@pytest.mark.parametrize(("semantics", "left"), [("replaces", None), ("merges", "United Kingdom")])
def test_what_a_body_leaves_out(semantics: Semantics, left: str | None) -> None:
    """One kind empties it, which was seen in the field; the other leaves it."""
    here = Written(semantics)
    needed = ("forename", "surname", "dob", "yearGroup")
    now = here.get()
    here.put({name: now[name] for name in needed})

    assert here.get()["residentCountry"] == left


def test_a_field_that_get_hides_is_emptied_unseen() -> None:
    """The one harm that no look afterwards finds."""
    here = Written(trouble=WriteTrouble(hides=("passportName",)))
    before = here.desk.record
    here.get()
    assert (before("students", PUPIL) or {})["passportName"] == HIDDEN
    here.give_address()

    assert "passportName" not in here.get()
    assert (here.desk.record("students", PUPIL) or {})["passportName"] is None


def test_rights_can_show_a_value_as_null_to_one_client() -> None:
    """The other sees it."""
    here = Written(trouble=WriteTrouble(nulls=("residentCountry",), blind=(WRITE_CLIENT_ID,)))
    seen = signed_in(here.isams).get(PATH).json()

    assert seen["residentCountry"] == "United Kingdom"
    assert here.get()["residentCountry"] is None


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (WriteTrouble(status=403), 403),
        (WriteTrouble(status=409), 409),
        (WriteTrouble(status=422), 422),
        (WriteTrouble(status=429), 429),
        (WriteTrouble(gone=True), 404),
        (WriteTrouble(ends_token=True), 401),
        (WriteTrouble(refuses_own="ethnicity"), 422),
        (WriteTrouble(page=True), 200),
        (WriteTrouble(no_effect=True), 200),
    ],
)
def test_a_trouble_answers_as_it_is_known(trouble: WriteTrouble, status: int) -> None:
    """Only a page in place of JSON comes with the record written."""
    here = Written(trouble=trouble)

    assert here.give_address().status_code == status
    row = here.desk.record("students", PUPIL)
    written = row is not None and row["schoolEmailAddress"] == "new@northbank.example"
    assert written == trouble.page


def test_unknown_members_are_refused_only_where_they_are() -> None:
    """As isams-php and PSiSAMS put them back, both may be."""
    lax, strict = Written(), Written(trouble=WriteTrouble(refuses_unknown=True))

    assert lax.put({**lax.get(), "nationalities": None}).status_code == 200
    assert strict.put({**strict.get(), "nationalities": None}).status_code == 400


def test_a_nationality_of_nothing_is_refused() -> None:
    """It is what iSAMS gives where there is none."""
    here = Written()

    assert here.put({**here.get(), "nationalities": [""]}).status_code == 422


def test_the_old_answer_is_told_for_half_a_minute() -> None:
    """What was written is shown once the answer kept before it is old."""
    here = Written(trouble=WriteTrouble(stale_s=30))
    here.clock.sleep(60)
    here.give_address()
    at_once = here.get()["schoolEmailAddress"]
    here.clock.sleep(31)

    assert at_once != "new@northbank.example"
    assert here.get()["schoolEmailAddress"] == "new@northbank.example"


def test_a_derived_field_and_another_writer_change_the_record() -> None:
    """The first by itself, the second just before."""
    here = Written(trouble=WriteTrouble(derives="fullName", between={"isVisaRequired": True}))
    here.give_address()

    assert here.get()["fullName"] == "derived"
    assert here.get()["isVisaRequired"] is True


def test_an_answer_can_be_lost_after_the_act() -> None:
    """The connection ends, and the record is written."""
    here = Written(trouble=WriteTrouble(lost=True))
    with pytest.raises(Exception, match="closed without an answer"):
        here.give_address()

    assert (here.desk.record("students", PUPIL) or {})["schoolEmailAddress"] == (
        "new@northbank.example"
    )


def test_who_may_only_read_cannot_write() -> None:
    """Nor can anybody where there is nothing to write with."""
    here = Written()
    reading = signed_in(here.isams)
    refused = reading.put(PATH, json={})
    here.isams.rest.writing = None

    assert refused.status_code == 403
    assert reading.put(PATH, json={}).status_code == 405


def test_the_collection_tells_what_was_written() -> None:
    """The next reading of the school sees the address."""
    here = Written()
    here.give_address()
    rows = here.client.get("/api/students", params={"pageSize": 1000}).json()["students"]

    (row,) = [row for row in rows if row["schoolId"] == PUPIL]
    assert row["schoolEmailAddress"] == "new@northbank.example"


@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_the_swagger_says_what_put_takes_and_get_shows(version: Literal["2.0", "3.0"]) -> None:
    """In the places that each version has for it."""
    document = json.loads(swagger(version, ["schoolId", "surname"]))
    operations = document["paths"]["/api/students/{schoolId}"]

    assert set(operations) == {"get", "put"}
    assert ("requestBody" in operations["put"]) == (version == "3.0")
