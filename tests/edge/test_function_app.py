"""The app as an administrator meets it: over HTTP, on real queues, around the real worker."""

from __future__ import annotations

import csv
import io
import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.azurite import Azurite
from simulators.school import Department, InventedSchool, invent
from sync.edge.clock import SystemClock
from sync.edge.world import opened
from sync.report import Exit
from sync.terminal.cli import main
from sync.terminal.context import Terminal
from tests.addresses import ADDRESSES
from tests.conftest import FreshNames
from tests.edge.hosted import (
    APP,
    KEYS,
    SCHOOL,
    SOMEBODY,
    Hosted,
    die_over,
    empty,
    put,
    running,
    second_instance,
    signed_in,
)

CANARY = "canary-4711-not-to-be-told"


@pytest.fixture(autouse=True)
def _empty_queues(azurite: Azurite) -> Iterator[None]:
    """Begin and end without messages: the queues have fixed names, and all tests share them."""
    empty(azurite)
    yield
    empty(azurite)


@pytest.fixture
def app(azurite: Azurite, azurite_names: FreshNames) -> Iterator[Hosted]:
    with running(azurite, azurite_names.container) as found:
        yield found


def nudge_often(app: Hosted) -> None:
    for _ in range(4):
        app.nudge("send", connector=app.stage.connector)


def formula_school() -> InventedSchool:
    """A school whose first subjects would be formulas in a spreadsheet."""
    texts = ["=1+1", "+2", "-3", "@SUM(A1)", " =4", 'Art, "Craft"']
    names = {subject.id: text for subject, text in zip(SCHOOL.subjects, texts, strict=False)}

    def renamed(department: Department) -> Department:
        subjects = (replace(old, name=names.get(old.id, old.name)) for old in department.subjects)
        return replace(department, subjects=tuple(subjects))

    return replace(SCHOOL, departments=tuple(map(renamed, SCHOOL.departments)))


# --- The way of a delivery ------------------------------------------------------------------


def test_a_resync_is_held_approved_sent_and_received(app: Hosted) -> None:
    """Two requests of a person's carry the whole school to SDS; the queues do the rest.

    On the real host: docs/reference/functions.md#whole-delivery.
    """
    asked = app.ask("POST", "/api/sync")
    held = app.quiet()
    sent_before = list(app.stage.sds.requests)
    approved = app.answer(held, "approve")
    submitted = app.quiet()
    app.nudge("send", connector=app.stage.connector)
    done = app.quiet()

    assert (asked.status_code, approved.status_code) == (202, 200)
    assert asked.json()["status"] == "/api/status"
    assert [row["state"] for row in (held, submitted, done)] == ["held", "submitted", "done"]
    assert (held["hold"]["first"], sent_before) == (True, [])
    assert done["receipt"]["outcome"] == "completed"
    assert done["receipt"]["counts"]["people"] == done["counts"]["users"] > 30
    assert [sent.unfinished for sent in app.stage.sds.submissions] == [()]
    assert app.failed == []


def test_a_profile_can_be_asked_for_by_its_name(app: Hosted) -> None:
    """`?profile=` pulls the school of that profile, and says which pull it is."""
    answer = app.ask("POST", "/api/sync?profile=prep")
    app.quiet()
    pull = app.status()["schools"]["northbank"]["pull"]

    assert answer.status_code == 202
    assert answer.json()["asked"] == {"northbank": pull["id"]}
    assert pull["state"] == "sealed"


def test_a_rejected_delivery_is_never_sent(app: Hosted) -> None:
    """After a no, neither a nudge nor a later yes gives SDS anything."""
    held = app.held()
    rejected = app.answer(held, "reject")
    late = app.answer(held, "approve")
    app.nudge("send", connector=app.stage.connector)

    assert (rejected.status_code, rejected.json()["answer"]) == (200, "rejected")
    assert late.status_code == 409
    assert late.json()["facts"]["state"] == "rejected"
    assert app.quiet()["state"] == "rejected"
    assert app.stage.sds.requests == []


def test_a_delivery_is_approved_once(app: Hosted) -> None:
    """A second click changes nothing and says what the delivery is by now."""
    held = app.held()
    first, second = app.answer(held, "approve"), app.answer(held, "approve")
    after = app.answer(app.quiet(), "reject")

    assert [answer.status_code for answer in (first, second, after)] == [200, 409, 409]
    assert "not held but" in second.json()["message"]
    assert after.json()["facts"]["state"] == "submitted"
    assert len(app.stage.sds.submissions) == 1


def test_a_former_delivery_is_restored_and_the_pause_ended(app: Hosted) -> None:
    """Two requests: one sends what SDS held before, or says that it holds it; one goes on."""
    app.answer(app.held(), "approve")
    app.quiet()
    app.nudge("send", connector=app.stage.connector)
    done = app.quiet()

    restored = app.answer(done, "restore")
    app.quiet()
    paused = app.status()["connectors"][app.stage.connector]["paused"]
    resumed = app.ask("POST", "/api/resume")

    assert (restored.status_code, resumed.status_code) == (202, 200)
    assert paused["restores"] == restored.json()["restores"] == done["id"]
    assert resumed.json() == {"resumed": [app.stage.connector]}
    assert app.status()["connectors"][app.stage.connector]["paused"] is None
    assert app.ask("POST", "/api/deliveries/nothing/restore").status_code == 409
    alone = app.ask("POST", f"/api/deliveries/{done['id']}/restore?school=northbank")
    assert (alone.status_code, "one school" in alone.json()["message"]) == (409, True)


@pytest.mark.parametrize(
    "unknown", ["nothing", "20260101T000000Z-00000000", "..%2Fprofiles", "%E2%80%AE"]
)
def test_an_unknown_delivery_is_refused_by_words(app: Hosted, unknown: str) -> None:
    """Whatever stands for the id, the answer says that there is no such delivery."""
    answers = [
        app.ask("POST", f"/api/deliveries/{unknown}/{word}") for word in ("approve", "reject")
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert {answer.json()["message"] for answer in answers} == {
        "there is no delivery or offer of this id: `isams-sync status` lists those there are"
    }


def test_a_tick_pulls_what_is_due_once(app: Hosted) -> None:
    """The timer alone brings a delivery before a person; the next tick has nothing to ask."""
    first = app.host.fire_timer("tick")
    held = app.quiet()
    second = app.host.fire_timer("tick", past_due=True)
    ticks = [json.loads(log.text) for log in app.lines if '"step": "tick"' in log.text]

    assert (first.error, second.error, held["state"]) == (None, None, "held")
    assert [row["fact_asked"] for row in ticks] == [1, 0]


def test_two_instances_send_once(azurite: Azurite, azurite_names: FreshNames) -> None:
    """Two hosts on the same queues, with many nudges between them, give SDS one submission."""
    with (
        running(azurite, azurite_names.container) as app,
        second_instance(app.settings) as end,
    ):
        app.ask("POST", "/api/sync").raise_for_status()
        held = app.until("held")
        nudge_often(app)
        app.answer(held, "approve").raise_for_status()
        nudge_often(app)
        app.until("submitted", "accepted", "done")
        nudge_often(app)
        app.until("accepted", "done")  # SDS's run is looked for again after an hour
        ran = end()

        assert len(app.stage.sds.submissions) == 1
        assert app.failed == []
        assert ran
        assert not [function for function in ran if function.endswith(":failed")]


# --- Who may ask what -----------------------------------------------------------------------

ASKED = {function: address.asked for function, address in ADDRESSES.items()}


@pytest.mark.parametrize(
    ("key", "let_in"),
    [
        (None, set()),
        ("wrong", set()),
        *((KEYS.functions[name], {name}) for name in ("findings", "approve", "status")),
        (KEYS.host, set(ADDRESSES)),
        (KEYS.master, set(ADDRESSES)),
    ],
)
def test_each_key_opens_what_it_should(app: Hosted, key: str | None, let_in: set[str]) -> None:
    """No key opens nothing, a function's own key that alone; a host key all, approving included."""
    answers = {name: app.ask(*route, key=key).status_code for name, route in ASKED.items()}

    assert {name for name, status in answers.items() if status != 401} == let_in
    assert {ran.function for ran in app.host.invocations} - {"pull", "send"} == let_in


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_what_changes_something_is_asked_by_post_alone(app: Hosted, method: str) -> None:
    """A browser that prefetches a link starts, approves and rejects nothing."""
    paths = [path for verb, path in ASKED.values() if verb == "POST"]
    answers = [app.ask(method, path, KEYS.master).status_code for path in paths]

    assert answers == [404] * 9
    assert app.host.invocations == []


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b'{"who": "nobody"}', 404),
        ("application/x-www-form-urlencoded", b"who=nobody", 404),
        ("application/json", b"{}", 400),
        ("text/plain", b"nobody", 415),
        ("application/json", b"x" * 65_537, 413),
    ],
)
def test_who_is_asked_about_comes_through_the_host(
    app: Hosted, kind: str, body: bytes, status: int
) -> None:
    """In the body, which the host hands on; it is repeated in no line of the log."""
    answer = app.ask("POST", "/api/explain", KEYS.host, more={"Content-Type": kind}, body=body)

    assert answer.status_code == status
    assert ("near" in answer.json()) is (status == 404)
    assert not any("nobody" in line.text for line in app.host.logs if '"explain"' in line.text)


def test_no_answer_is_kept_or_taken_for_a_page(app: Hosted) -> None:
    """Every answer of the app, refusals too, says its type and that it must not be stored."""
    answers = [app.ask(*route, key=KEYS.master).headers for route in ASKED.values()]

    assert {headers["Content-Type"] for headers in answers} == {"application/json"}
    assert {headers["Cache-Control"] for headers in answers} == {"no-store"}
    assert {headers["X-Content-Type-Options"] for headers in answers} == {"nosniff"}


# --- What is told ---------------------------------------------------------------------------


def test_subjects_come_as_json_or_csv(azurite: Azurite, azurite_names: FreshNames) -> None:
    """Both hold the same; no cell is a formula, and quotes, commas and numbers come through."""
    with running(azurite, azurite_names.container, school=formula_school()) as app:
        told = app.ask("GET", "/api/subjects").json()["subjects"]
        answer = app.ask("GET", "/api/subjects?school=northbank", accept="text/csv")
    header, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    names = [name for _, _, name in rows]

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert header == ["id", "code", "name"]
    assert [row["id"] for row in told] == [subject_id for subject_id, _, _ in rows]
    assert {"=1+1", "+2", "-3", "@SUM(A1)"} <= {row["name"] for row in told}
    assert {"'=1+1", "'+2", "-3", "'@SUM(A1)"} <= set(names)
    assert [name for name in names if name.lstrip().startswith(("=", "+", "-", "@"))] == ["-3"]


def test_findings_name_people_to_their_own_key(azurite: Azurite, azurite_names: FreshNames) -> None:
    """Before a set there is nothing; then each finding says whom it is about and what to mend."""
    own, anothers = KEYS.functions["findings"], KEYS.functions["status"]
    school = invent(150)
    nameless = next(p for p in school.pupils if p.school_id == school.quirks["pupil_without_email"])
    with running(azurite, azurite_names.container, school=school) as app:
        early = app.ask("GET", "/api/findings?profile=seniors", own)
        app.held()
        refused = app.ask("GET", "/api/findings?profile=seniors", anothers)
        told = app.ask("GET", "/api/findings?profile=seniors", own)
        sheet = app.ask("GET", "/api/findings?profile=seniors", own, accept="text/csv")
    listed = list(csv.DictReader(io.StringIO(sheet.text, newline="")))
    rows = told.json()["findings"]
    found = [row for row in rows if row["code"] == "pupil-without-email"]

    assert early.status_code == 404
    assert "POST /api/sync" in early.json()["message"]
    assert (refused.status_code, refused.content) == (401, b"")
    assert told.status_code == 200
    assert any(nameless.surname in row["name"] for row in found)
    assert all(row["advice"] for row in rows)
    assert sorted(row["record"] for row in listed) == sorted(row["record"] for row in rows)


@pytest.mark.parametrize(
    ("method", "path", "kind", "known"),
    [
        ("POST", "/api/sync?profile=juniors", "profiles", ["prep", "seniors"]),
        ("POST", "/api/sync?profile=", "profiles", ["prep", "seniors"]),
        ("GET", "/api/findings?profile=juniors", "profiles", ["prep", "seniors"]),
        ("GET", "/api/findings", "profiles", ["prep", "seniors"]),
        ("GET", "/api/subjects?school=southbank", "schools", ["northbank"]),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(
    app: Hosted, method: str, path: str, kind: str, known: list[str]
) -> None:
    """404, and nothing begun: the answer lists what there is."""
    answer = app.ask(method, path, KEYS.master)

    assert (answer.status_code, answer.json()[kind]) == (404, known)
    assert app.status()["schools"]["northbank"]["pull"] is None


def test_a_word_that_is_misspelt_begins_nothing(app: Hosted) -> None:
    """It is refused (400) although the key stands beside it; the key alone is no such word."""
    refused = app.ask("POST", f"/api/sync?profil=prep&code={KEYS.master}")
    pull = app.status()["schools"]["northbank"]["pull"]
    asked = app.ask("POST", f"/api/sync?school=northbank&code={KEYS.master}&clientId=default")

    assert (refused.status_code, refused.json()["known"]) == (400, ["profile", "school"])
    assert pull is None
    assert asked.status_code == 202


def test_the_doctor_says_the_same_over_http_as_at_a_terminal(
    app: Hosted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same rows from the same settings, where a role and the key are wrong."""
    knobs = app.stage.sds.knobs
    app.stage.sds.knobs = replace(knobs, roles=knobs.roles - {"IndustryData.ReadBasic.All"})
    app.stage.isams.keys = {}
    answer = app.ask("GET", "/api/check", KEYS.master)
    around = Terminal(app.settings, tmp_path, SystemClock(), opened)
    main(["check", "--json"], around)
    over_http, terminal = answer.json(), json.loads(capsys.readouterr().out)
    wrong = [row["check"] for row in over_http["checks"] if row["state"] == "wrong"]
    for row in (*over_http["checks"], *terminal["checks"]):
        row["told"] = "" if row["check"].startswith("clock") else row["told"]  # in whole seconds

    assert answer.status_code == 200
    assert {"exit": int(Exit.SOURCE), "command": "check", "error": None, **over_http} == terminal
    assert wrong == ["roles of the app in the tenant", "iSAMS of northbank: key"]


# --- What goes wrong ------------------------------------------------------------------------


def test_wrong_settings_fail_where_somebody_looks(
    azurite: Azurite, azurite_names: FreshNames
) -> None:
    """Tick and message fail, HTTP answers 500, and all name the setting but never its value.

    The doctor alone has an answer to give: that the settings are wrong.
    """
    wrong = {"SDS__CLIENT_SECRT": CANARY}
    with running(azurite, azurite_names.container, changes=wrong) as app:
        tick = app.host.fire_timer("tick")
        app.nudge("pull", school="northbank")
        app.host.wait_until_quiet()
        routes = [route for name, route in ASKED.items() if name != "check"]
        answers = [app.ask(*route, key=KEYS.master) for route in routes]
        check = app.ask("GET", "/api/check", key=KEYS.master)
        told = (
            [check.text] + [answer.text for answer in answers] + [log.text for log in app.host.logs]
        )
        alarms = [log for log in app.host.logs if log.level >= logging.ERROR]

        assert "SDS__CLIENT_SECRT" in str(tick.error)
        assert [ran.function for ran in app.host.invocations if ran.error] == ["tick", "pull"]
        assert {answer.status_code for answer in answers} == {500}
        assert (check.status_code, check.json()["ok"]) == (200, False)
        assert "SDS__CLIENT_SECRT" in check.json()["checks"][0]["error"]["message"]
        assert all("SDS__CLIENT_SECRT" in answer.json()["message"] for answer in answers)
        assert len(alarms) >= len(answers) + 2
        assert CANARY not in "".join(told)


def test_a_message_that_kills_its_host_is_put_aside_and_seen(
    azurite: Azurite, azurite_names: FreshNames
) -> None:
    """After five deaths the message is poison, and status says what it was about."""
    put(azurite, "pull", {"school": "northbank"})
    die_over(azurite, "pull", times=5)
    with running(azurite, azurite_names.container) as app:
        app.host.wait_until_quiet()
        told = app.status()["failed_messages"]

        assert told == {"pull": [{"school": "northbank"}], "send": []}
        assert [ran for ran in app.host.invocations if ran.function == "pull"] == []


def test_a_message_that_always_fails_is_put_aside(
    azurite: Azurite, azurite_names: FreshNames, tmp_path: Path
) -> None:
    """Five attempts and no more; without the wait between them, which is host.json's."""
    wrong, copy = {"SDS__CONNECTOR": ""}, impatient(tmp_path)
    with running(azurite, azurite_names.container, app=copy, changes=wrong) as app:
        app.nudge("send", connector="MIS feed")
        app.host.wait_until_quiet()
        attempts = [ran.attempt for ran in app.host.invocations]

        assert attempts == [1, 2, 3, 4, 5]
    with running(azurite, azurite_names.container) as app:
        assert app.status()["failed_messages"]["send"] == [{"connector": "MIS feed"}]


@pytest.mark.parametrize(
    "message", [{"school": "southbank"}, {"school": ""}, {"connector": "MIS feed"}, {}]
)
def test_a_message_about_nothing_we_know_is_dropped(app: Hosted, message: dict[str, str]) -> None:
    """No failure, no poison, and a warning: it may have been for another app."""
    app.nudge("pull", **message)
    app.host.wait_until_quiet()
    status = app.status()
    warnings = [json.loads(log.text) for log in app.lines if log.level == logging.WARNING]

    assert [(line["outcome"], line["fact_unknown"]) for line in warnings] == [("foreign", "school")]

    assert app.failed == []
    assert [ran.function for ran in app.host.invocations] == ["pull", "status"]
    assert status["failed_messages"] == {"pull": [], "send": []}
    assert status["schools"]["northbank"]["pull"] is None


def test_no_line_that_leaves_the_worker_tells_an_address_or_a_key(app: Hosted) -> None:
    """The HTTP clients log URLs, and iSAMS's hold the key: their lines never reach the host.

    On the real host: docs/reference/functions.md#nobody-in-the-log.
    """
    held = app.held()
    app.answer(held, "approve")
    app.quiet()
    app.ask("GET", "/api/subjects")
    lines = [log.text for log in app.host.logs]

    assert {log.logger for log in app.lines} == {"sync"}
    assert not [line for line in lines if "http" in line or "apiKey" in line]


def impatient(folder: Path) -> Path:
    """Copy the app with no wait before a message's next attempt."""
    shutil.copy(APP / "function_app.py", folder)
    host = json.loads((APP / "host.json").read_text(encoding="utf-8"))
    host["extensions"]["queues"]["visibilityTimeout"] = "00:00:00"
    (folder / "host.json").write_text(json.dumps(host), encoding="utf-8")
    return folder


# --- Where the platform signs callers in -----------------------------------------------------


SOMEBODY_ELSE = "0b1f8a52-0000-4000-8000-00000000e15e"


def test_with_easy_auth_on_a_caller_needs_the_apps_role(
    app: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key alone is then not enough; who may look may not approve."""
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    nobody = app.ask("GET", "/api/status")
    looks = app.ask("GET", "/api/status", more=signed_in("Sync.Read"))
    approves = app.ask("POST", "/api/deliveries/x/approve", more=signed_in("Sync.Run"))
    may = app.ask("POST", "/api/deliveries/x/approve", more=signed_in("Sync.Approve"))

    assert [answer.status_code for answer in (nobody, looks, approves, may)] == [403, 200, 403, 409]
    assert nobody.json()["error"] == "CallerRefused"


@pytest.mark.parametrize(
    "roles",
    [
        (),
        ("Sync.Read",),
        ("Sync.Run",),
        ("Sync.Approve",),
        ("Sync.Names",),
        ("Sync.Names", "Sync.Read"),
        ("Sync.Names", "Sync.Approve"),
    ],
)
def test_each_role_opens_what_it_should(
    app: Hosted, monkeypatch: pytest.MonkeyPatch, roles: tuple[str, ...]
) -> None:
    """Whatever the key: each holds the one before, but names are nobody's who has not that role."""
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    more = signed_in(*roles)
    answers = {
        name: app.ask(*route, key=KEYS.master, more=more).status_code
        for name, route in ASKED.items()
    }

    assert {name for name, status in answers.items() if status != 403} == {
        name
        for name, address in ADDRESSES.items()
        if any(least <= set(roles) for least in address.holders)
    }


def test_who_may_approve_and_not_see_names_is_told_which_role_is_missing(
    app: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal names it, and where to get it."""
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    refused = app.ask("GET", "/api/findings?profile=seniors", more=signed_in("Sync.Approve"))

    assert (refused.status_code, refused.json()["facts"]) == (403, {"role": "Sync.Names"})


def test_an_answer_says_exactly_what_it_is_for_and_keeps_who_gave_it(
    app: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the digest 428, with another 412; then one counts, and the other is told whose."""
    held = app.held()
    path = f"/api/deliveries/{held['id']}/approve"
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    first = signed_in("Sync.Approve")
    second = signed_in("Sync.Approve", "Sync.Names", person=SOMEBODY_ELSE)
    unsaid = app.ask("POST", path, more=first)
    other = app.ask("POST", path, more=first | {"If-Match": '"00000000"'})
    approved = app.answer(held, "approve", first)
    late = app.answer(held, "approve", second)
    told = [json.loads(log.text) for log in app.lines if '"step": "answer"' in log.text]

    assert [unsaid.status_code, other.status_code, approved.status_code] == [428, 412, 200]
    assert unsaid.headers["ETag"] == other.headers["ETag"] == f'"{held["digest"]}"'
    assert f"If-Match:{held['digest']} $APP{path}" in unsaid.json()["message"]
    assert (late.status_code, late.json()["facts"]["caller"]) == (409, SOMEBODY)
    assert [line.get("fact_caller") for line in told if line["outcome"] == "approved"] == [SOMEBODY]


def test_with_keys_alone_an_answer_is_somebodys_with_a_key(app: Hosted) -> None:
    """Its function's own key is enough, and no more is known: a function is not told which."""
    held = app.held()
    said = {"If-Match": f'"{held["digest"]}"'}
    path = f"/api/deliveries/{held['id']}/reject"
    others = app.ask("POST", path, KEYS.functions["approve"], more=said)
    rejected = app.ask("POST", path, KEYS.functions["reject"], more=said)
    late = app.answer(held, "reject")

    assert [others.status_code, rejected.status_code, late.status_code] == [401, 200, 409]
    assert late.json()["facts"]["caller"] == "key"


def test_with_easy_auth_off_the_header_of_a_stranger_opens_nothing(app: Hosted) -> None:
    """Anybody could send it: without the key it is nothing, and with the key it is refused."""
    forged = signed_in("Sync.Approve", "Sync.Names")
    without = {app.ask(*route, key=None, more=forged).status_code for route in ASKED.values()}
    with_key = {app.ask(*route, more=forged).status_code for route in ASKED.values()}
    told = app.ask("GET", "/api/status", more=forged).json()
    honest = app.ask("GET", "/api/status")

    assert (without, with_key, honest.status_code) == ({401}, {403}, 200)
    assert "WEBSITE_AUTH_ENABLED" in told["message"]
    assert app.status()["schools"]["northbank"]["pull"] is None
