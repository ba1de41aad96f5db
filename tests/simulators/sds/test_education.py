"""What a run leaves in Entra, and how Graph shows it: classes, members, teachers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from simulators.sds import (
    Account,
    Classroom,
    Education,
    EducationKnobs,
    ExternalId,
    SdsSimulator,
    education_of,
)
from simulators.sds.education import CANARIES
from simulators.sds.knobs import EDU_ROSTER
from tests.simulators.sds.sender import Clock, Sender, school

GRAPH = "https://graph.sim.example/v1.0"
CLASS_FIELDS = "id,externalId,mailNickname,displayName"
PERSON_FIELDS = "id,userPrincipalName,mail"


@dataclass
class Reader:
    """The plainest reader there can be."""

    sim: SdsSimulator
    sender: Sender

    @property
    def education(self) -> Education:
        return education_of(self.sim)

    def signed(self, client_id: str | None = None) -> dict[str, str]:
        client_id = client_id or self.sim.education_knobs.client_id
        answer = self.sender.token(client_id=client_id)
        return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

    def classes(self, query: str = f"$select={CLASS_FIELDS}") -> httpx.Response:
        return self.sender.http.get(f"{GRAPH}/education/classes?{query}", headers=self.signed())

    def listed(self) -> dict[str, Any]:
        return {each["mailNickname"]: each for each in self.classes().json()["value"]}

    def batch(self, *urls: str, signed: dict[str, str] | None = None) -> dict[str, Any]:
        items = [{"id": f"{n}", "method": "GET", "url": url} for n, url in enumerate(urls)]
        answer = self.sender.http.post(
            f"{GRAPH}/$batch", json={"requests": items}, headers=signed or self.signed()
        )
        return {each["id"]: each for each in answer.raise_for_status().json()["responses"]}

    def people(self, room: Classroom, kind: str) -> list[str]:
        url = f"/education/classes/{room.id}/{kind}?$select={PERSON_FIELDS}"
        body = self.batch(url)["0"]["body"]
        return sorted(person["userPrincipalName"] for person in body["value"])


def sent(sender: Sender, clock: Clock, files: dict[str, bytes]) -> None:
    """Hand over *files*, and let SDS's run end."""
    Sender(sender.sim).send(files)  # with a token of now
    clock.pass_s(2 * 3600)
    sender.sim.catch_up()


@pytest.fixture
def reader(sim: SdsSimulator, sender: Sender, clock: Clock) -> Reader:
    sent(sender, clock, school(pupils=2, sets=2))
    return Reader(sim, sender)


def test_a_run_makes_a_group_of_each_class(reader: Reader) -> None:
    """Each class has its own id as external id, its nickname, and its people."""
    listed = reader.listed()

    assert {name: each["externalId"] for name, each in listed.items()} == {
        "Section_c0": "c0",
        "Section_c1": "c1",
    }
    room = reader.education.of("c0")
    members = ["p0@fern.example", "p1@fern.example", "t1@fern.example"]
    assert reader.people(room, "members") == members
    assert reader.people(room, "teachers") == ["t1@fern.example"]


def test_what_sds_does_not_send_any_more_ends_or_goes(
    reader: Reader, sender: Sender, clock: Clock
) -> None:
    """A class that is missing is ended, and stays in the list; a person who is missing goes."""
    sent(sender, clock, school(pupils=1, sets=1))

    assert reader.people(reader.education.of("c0"), "members") == [
        "p0@fern.example",
        "t1@fern.example",
    ]
    assert sorted(reader.listed()) == ["Exp0926_Section_c1", "Section_c0"]


def test_what_hands_did_stays(reader: Reader, sender: Sender, clock: Clock) -> None:
    """A later run puts nobody back, takes nobody out who was added, and renames nothing."""
    room, guest = reader.education.of("c0"), Account("guest@fern.example")
    pupil = next(each for each in room.people if each.user_name.startswith("p0"))
    del room.people[pupil]
    room.people[guest], room.name = False, "Mr Day's set"
    sent(sender, clock, school(pupils=3, sets=2))

    found = reader.people(room, "members")
    assert "guest@fern.example" in found
    assert "p2@fern.example" in found
    assert "p0@fern.example" not in found
    assert reader.listed()["Section_c0"]["displayName"] == "Mr Day's set"


def test_each_kind_arrives_in_its_time(sim: SdsSimulator, sender: Sender, clock: Clock) -> None:
    """Classes, teachers and pupils each come so long after the run's end as the knobs say."""
    sim.education_knobs = EducationKnobs(
        class_delay_s=36_000, teacher_delay_s=72_000, pupil_delay_s=108_000
    )
    reader = Reader(sim, sender)
    sent(sender, clock, school(pupils=1))
    seen = []
    for _ in range(4):
        rooms = reader.education.all()
        seen.append([len(rooms), sum(len(room.people) for room in rooms)])
        clock.pass_s(36_000)

    assert seen == [[0, 0], [1, 0], [1, 1], [1, 2]]


def test_who_has_no_account_is_in_no_class(sim: SdsSimulator, sender: Sender, clock: Clock) -> None:
    """Entra decides who can be a member."""
    sim.people = {"t1@fern.example"}
    sent(sender, clock, school(pupils=1))

    assert Reader(sim, sender).people(education_of(sim).of("c0"), "members") == ["t1@fern.example"]


def test_members_are_hidden_without_the_role(reader: Reader) -> None:
    """Graph does not refuse: it leaves them out."""
    reader.sim.education_knobs = EducationKnobs(roles=frozenset({EDU_ROSTER}))

    assert reader.people(reader.education.of("c0"), "members") == []


def test_one_class_can_be_hidden_alone(reader: Reader) -> None:
    """Whatever the roles."""
    reader.education.of("c0").hidden = True

    assert reader.people(reader.education.of("c0"), "members") == []
    assert reader.people(reader.education.of("c1"), "members")


def test_twins_ends_and_deletions_are_listed_as_they_are(reader: Reader) -> None:
    """A twin has the same external id; an ended one says so; a deleted class is not listed."""
    reader.education.end_twin("c0")
    reader.education.delete("c1")

    assert {name: each["externalId"] for name, each in reader.listed().items()} == {
        "Section_c0": "c0",
        "Exp0726_Section_c0": "c0",
    }
    reader.education.twin("c0")
    reader.education.end("c0")
    assert len(reader.classes().json()["value"]) == 3


@pytest.mark.parametrize(
    ("form", "expected"),
    [(ExternalId.PREFIXED, "Section_c0"), (ExternalId.ABSENT, None)],
)
def test_the_external_id_may_be_written_otherwise(
    sim: SdsSimulator, sender: Sender, clock: Clock, form: ExternalId, expected: str | None
) -> None:
    """With the prefix, or not at all."""
    sim.education_knobs = EducationKnobs(external_id=form)
    sent(sender, clock, school())

    assert Reader(sim, sender).listed()["Section_c0"]["externalId"] == expected


@pytest.mark.parametrize("query", ["", "$select=id", f"$select={CLASS_FIELDS},description"])
def test_classes_are_refused_without_exactly_the_fields_needed(reader: Reader, query: str) -> None:
    """Whoever asks for more than is needed, or does not say, is told so."""
    assert reader.classes(query).status_code == 400


def test_people_are_refused_without_exactly_the_fields_needed(reader: Reader) -> None:
    """It is asserted on each item of a batch, and refuses that item alone."""
    path = f"/education/classes/{reader.education.of('c0').id}/members"
    found = reader.batch(path, f"{path}?$select={PERSON_FIELDS},birthDate", f"{path}?$top=5")

    assert [found[item]["status"] for item in "012"] == [400, 400, 400]


def test_a_select_that_is_not_honoured_gives_all(reader: Reader) -> None:
    """Then every record has canaries in what nobody needs."""
    knobs = reader.sim.education_knobs
    reader.sim.education_knobs = replace(knobs, select_honoured=False)
    path = f"/education/classes/{reader.education.of('c0').id}/members?$select={PERSON_FIELDS}"
    [person, *_] = reader.batch(path)["0"]["body"]["value"]

    assert {*CANARIES} <= {*person}
    assert "description" in reader.classes().json()["value"][0]


def test_items_are_answered_apart_and_in_another_order(reader: Reader) -> None:
    """One is refused alone, with its own Retry-After; one that is not there is 404."""
    reader.education.refuse_items(429, match="teachers", retry_after="7")
    path = f"/education/classes/{reader.education.of('c0').id}"
    select = f"?$select={PERSON_FIELDS}"
    gone = f"/education/classes/gone/members{select}"
    found = reader.batch(f"{path}/members{select}", f"{path}/teachers{select}", gone)

    assert [*found] == ["2", "1", "0"]
    assert [found[item]["status"] for item in "012"] == [200, 429, 404]
    assert found["1"]["headers"] == {"Retry-After": "7"}


def test_pages_go_on_inside_an_item(reader: Reader) -> None:
    """Each item has a next link of its own, a whole address, which keeps what was selected."""
    knobs = reader.sim.education_knobs
    reader.sim.education_knobs = replace(knobs, people_page_size=2, page_size=1)
    path = f"/education/classes/{reader.education.of('c0').id}/members"
    first = reader.batch(f"{path}?$select={PERSON_FIELDS}")["0"]["body"]
    link = first["@odata.nextLink"]

    assert link.startswith(f"{GRAPH}{path}?")
    rest = reader.batch(link.removeprefix(GRAPH))["0"]["body"]
    assert len(first["value"] + rest["value"]) == 3
    assert "@odata.nextLink" not in rest
    assert reader.classes().json()["@odata.nextLink"].startswith(f"{GRAPH}/education/classes?")


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"id": "1", "method": "GET", "url": "/x"}] * 2,
        [{"id": f"{n}", "method": "GET", "url": "/x"} for n in range(21)],
        [{"id": "1", "method": "DELETE", "url": "/education/classes/x"}],
    ],
)
def test_a_batch_that_graph_would_not_take_is_refused(
    reader: Reader, items: list[dict[str, str]]
) -> None:
    """None at all, an id twice, more than twenty, or one that changes something."""
    answer = reader.sender.http.post(
        f"{GRAPH}/$batch", json={"requests": items}, headers=reader.signed()
    )

    assert answer.status_code == 400


def test_who_sends_cannot_read_back(reader: Reader) -> None:
    """The identity that speaks to industryData has none of these roles, and the reverse."""
    sender = reader.signed(reader.sim.knobs.client_id)
    url = f"{GRAPH}/education/classes?$select={CLASS_FIELDS}"

    assert reader.sender.http.get(url, headers=sender).status_code == 403
    beta = "https://graph.sim.example/beta/external/industryData/dataConnectors"
    assert reader.sender.http.get(beta, headers=reader.signed()).status_code == 403


def test_accounts_are_shown_with_a_role_of_their_own(reader: Reader) -> None:
    """By user name or mail; without User.Read.All the item is refused."""
    filtered = "$filter=userPrincipalName eq 'p0@fern.example' or mail eq 'p0@fern.example'"
    url = f"/users?$select={PERSON_FIELDS},accountEnabled&{filtered}"
    assert reader.batch(url)["0"]["status"] == 403

    roles = frozenset({*reader.sim.education_knobs.roles, "User.Read.All"})
    reader.sim.education_knobs = EducationKnobs(roles=roles)
    [person] = reader.batch(url)["0"]["body"]["value"]
    assert person["accountEnabled"] is True
