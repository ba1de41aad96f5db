"""docs/openapi.yaml against the app, both ways: what is there it says, what it says is so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from simulators.azurite import Azurite
from sync.ledger.callers import KEY
from sync.ledger.claims import Paused
from sync.ledger.fates import Fate
from sync.ledger.manifests import DeliveryManifest, SetManifest
from sync.ledger.marks import Change, Excess, Fault, Hold, Plan, Pulled, Receipt
from sync.ledger.offers import Why
from sync.ledger.states import State
from sync.steps.status_values import (
    Became,
    ConnectorStatus,
    DeliveryStatus,
    Night,
    PullStatus,
    Restorable,
    Said,
    SchoolStatus,
    SetStatus,
    Status,
)
from sync.web.access import Role
from sync.web.page.screens import DOORS
from sync.web.routes import ROUTES
from tests.addresses import ADDRESSES
from tests.conftest import FreshNames
from tests.edge.described import COMPONENTS, DOCUMENT, against, faults
from tests.edge.hosted import KEYS, Hosted, empty, running, signed_in
from tests.pages.parts import ROOT

type Json = Any  # parsed JSON

JSON = {"Content-Type": "application/json"}
FEW = settings(derandomize=True, suppress_health_check=list(HealthCheck))
ALWAYS = {400, 401, 403, 500, 502, 503}


def operations(below: str = "/api/") -> Iterator[tuple[str, str, Json]]:
    """Yield method, path and what is said of it; of the page with *below* ""."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/api/") == bool(below):
                yield method.upper(), path, operation


def test_the_description_is_one() -> None:
    """By the rules of OpenAPI 3.1, and of the JSON Schema in it."""
    validate(DOCUMENT)


def test_every_address_is_described_and_no_other() -> None:
    """With its name, and the roles that it wants where callers sign in: as the tests list them."""
    described = {
        operation["operationId"]: (method, path, tuple(operation["security"][1]["signIn"]))
        for method, path, operation in operations()
    }

    assert described == {
        name: (address.method, f"/api/{address.path}", address.roles)
        for name, address in ADDRESSES.items()
    }


def test_no_address_is_open_without_a_key() -> None:
    """Whatever else it wants, and in a header."""
    wanted = [set(one) for _, _, operation in operations() for one in operation["security"]]

    assert all("functionKey" in one for one in wanted)
    assert COMPONENTS["securitySchemes"]["functionKey"]["in"] == "header"


def test_every_screen_and_button_is_described_and_no_other() -> None:
    """With the roles that it wants; the style sheet beside them. No key opens any."""
    described = {
        (method, path.replace("{id}", "*")): tuple(operation["security"][0]["browser"])
        for method, path, operation in operations(below="")
    }

    assert described.pop(("GET", "/page/static/{name}")) == ()
    assert described == {(door.method, f"/{door.path}"): door.roles for door in DOORS}


def test_every_status_of_the_table_is_described_and_no_other() -> None:
    """Beside those that every address can answer."""
    described = {
        operation["operationId"]: {int(status) for status in operation["responses"]} - ALWAYS
        for _, _, operation in operations()
    }

    assert described == {name: {*route.statuses} - ALWAYS for name, route in ROUTES.items()}


def test_every_example_of_the_page_is_as_described() -> None:
    """What docs/api.md shows, a program that goes by the description can read."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    examples = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    undescribed = [
        example
        for example in examples
        if not any(against(name).is_valid(example) for name in COMPONENTS["schemas"])
    ]

    assert len(examples) > 10
    assert undescribed == []


# --- The other way: what the app answers ------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "body", "told"),
    [
        (200, JSON, {"resumed": [], "more": 1}, "additionalProperties"),
        (200, JSON, {}, "required"),
        (200, JSON, {"resumed": [1]}, "resumed.0. against type"),
        (200, {"Content-Type": "text/html"}, {"resumed": []}, "is text/html"),
        (409, JSON, {"resumed": []}, "resume 409 is not described"),
        (404, JSON, None, "against type"),
        (200, {}, None, "of no type"),
    ],
)
def test_an_answer_that_is_otherwise_is_told(
    status: int, headers: dict[str, str], body: Json, told: str
) -> None:
    """Every answer that a test gets from the hosted app is judged so."""
    found = [*faults("POST", "/api/resume", status, headers, json.dumps(body).encode())]

    assert re.search(told, " ".join(found))


def test_an_answer_without_its_header_is_told() -> None:
    """412 and 428 say in `ETag` what an answer has to say."""
    fault = {"error": "AnswerInexact", "message": "which", "who": "caller", "facts": {}}
    path = "/api/deliveries/20260914T210001Z-66e9738b/approve"
    found = faults("POST", path, 428, JSON, json.dumps(fault).encode())

    assert [*found] == ["approve 428 has no ETag"]


AT = datetime(2026, 9, 14, 21, 0, 4, 250_000, tzinfo=UTC)
DELIVERY = "20260914T210001Z-66e9738b"
FAULT = Fault(error="StoreConflict", message="it is gone", who="developer", facts={"blob": "a"})
HELD = Hold(
    digest="c29d04ae",
    first=False,
    excesses=(Excess(table="pupils", what="removed", rows=3, allowed=1, grade="9"),),
)
SAID = Said("approved", AT, KEY)
SET = SetManifest(
    profile="prep",
    school="northbank",
    pulled_at=AT,
    academic_year=2026,
    digest="c29d04ae",
    files={},
    counts={"students": 30},
    source={"Pupil": 30},
    findings={"set-without-teacher": 1},
)
MADE = DeliveryManifest(
    connector="MIS feed", sources={}, pulled_at=AT, digest="c29d04ae", files={}, counts={"users": 3}
)
PLAN = Plan(
    against=None,
    changes={"users.csv": Change(before=1, after=2, added=1, removed=0, changed=0)},
)
RECEIPT = Receipt(
    outcome="incomplete",
    at=AT,
    faults=({"file": "users.csv"},),
    run={"status": "ended"},
    counts={"people": 3},
)
PAUSED = Paused(restores=DELIVERY, delivery=DELIVERY, at=AT, by="a", caller=KEY, school="northbank")


def everything() -> Status:
    """A status that tells all that a status can."""
    delivery = DeliveryStatus(
        DELIVERY,
        State.HELD,
        manifest=MADE,
        plan=PLAN,
        hold=HELD,
        error=FAULT,
        receipt=RECEIPT,
        became=Became(Fate.CHECKING, may_hold=True, repeats=DELIVERY),
        digest="c29d04ae",
        answer=SAID,
    )
    school = SchoolStatus("held", Why.LIMITS, AT, DELIVERY, HELD, "c29d04ae", SAID)
    connector = ConnectorStatus(
        profiles=["prep"],
        waiting_for=["juniors"],
        schools={"northbank": school, "southbank": SchoolStatus("waiting", Why.UNREAD, None)},
        paused=PAUSED,
        restorable=[Restorable(DELIVERY, AT)],
        deliveries=[delivery],
    )
    pulled = Pulled(at=AT, sets={"prep": DELIVERY}, faults={"juniors": FAULT})
    return Status(
        now=AT,
        schools={
            "northbank": PullStatus("20260914T210001Z", "sealed", 1, sealed=pulled),
            "southbank": PullStatus("20260914T210001Z", "failed", 5, error=FAULT),
            "eastbank": None,
        },
        profiles={"prep": SetStatus(DELIVERY, SET), "juniors": None},
        turns={"northbank": date(2026, 9, 1)},
        unmoved={"northbank": 5},
        connectors={"MIS feed": connector},
        failed_messages={
            "pull": [],
            "send": [{"connector": "MIS feed"}],
            "read-back": [{"connector": "MIS feed"}],
        },
        nights={"prep": [Night(DELIVERY, AT, {"students": 30})]},
    )


def names(schema: Json) -> set[str]:
    """Return every name that an answer by *schema* may have, at any depth, but for faults."""
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {}))
    below = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    below += [schema.get("items"), schema.get("additionalProperties")]
    return own.union(*map(names, below))


def said(value: Json) -> set[str]:
    """Return every name in *value*, at any depth."""
    if isinstance(value, list):
        return set().union(*map(said, value))
    return {*value}.union(*map(said, value.values())) if isinstance(value, dict) else set()


def test_a_status_that_tells_all_is_as_described_and_nothing_else_is_described() -> None:
    """Also what is told on few days only, and what only a delivery in trouble has."""
    told = json.loads(json.dumps(everything().document()))

    assert [*against("Status").iter_errors(told)] == []
    assert names(COMPONENTS["schemas"]["Status"]) - said(told) == set()


@pytest.fixture
def app(azurite: Azurite, azurite_names: FreshNames) -> Iterator[Hosted]:
    """The app around the real worker, with a delivery that waits for an answer."""
    empty(azurite)
    with running(azurite, azurite_names.container) as found:
        found.held()
        yield found
    empty(azurite)


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def known(app: Hosted) -> dict[str, list[str]]:
    """Return what the words of an address may be if they shall mean something, by word."""
    held = app.newest()
    offers = app.status()["connectors"][app.stage.connector]["schools"].values()
    (plan,) = app.ask("GET", f"/api/deliveries/{held['id']}/plan").json()["schools"]
    classes = sorted({entry["class_id"] for entry in plan["changes"]} - {""})
    return {
        **dict.fromkeys(("class", "first", "new", "old", "second"), classes),
        "connector": [app.stage.connector],
        "id": [held["id"], *(one["offer"] for one in offers), "northbank"],
        "If-Match": [f'"{held["digest"]}"'],
        "profile": ["prep", "seniors"],
        "school": ["northbank"],
        "who": classes,
    }


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_whatever_is_asked_by_the_description_is_answered_by_it(
    app: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Schemathesis asks each address as the description lets it: no fault of ours, no other answer.

    By somebody who is signed in and may do everything. Nothing but this machine is reached.
    """
    real = known(app)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    described = schemathesis.openapi.from_dict(DOCUMENT)
    described.config.base_url = app.host.url
    own = {"x-functions-key": KEYS.host or "", "Origin": app.host.url, **signed_in(*Role)}

    def ask(case: Any, accept: str, data: st.DataObject) -> None:
        bodies = (case.body,) if isinstance(case.body, dict) else ()
        for words in (case.path_parameters, case.query, case.headers, *bodies):
            for word in sorted(words.keys() & real.keys()) if data.draw(st.booleans()) else ():
                words[word] = data.draw(st.sampled_from(real[word]))
        answer = case.call(headers={**own, "Accept": accept}, timeout=30, allow_redirects=False)
        case.validate_response(answer, checks=CHECKS)

    operations: Any = described.get_all_operations()  # each is one, or why it is none
    for each in operations:
        operation = each.ok()
        varies = operation.path_parameters or operation.query or operation.body
        as_described = {
            "case": operation.as_strategy(),
            "accept": st.sampled_from(["*/*", "application/json", "text/csv"]),
            "data": st.data(),
        }
        settings(FEW, max_examples=4 if varies else 2)(given(**as_described)(ask))()
    app.host.wait_until_quiet()

    assert app.failed == []
