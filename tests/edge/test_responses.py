"""What the app answers over HTTP, told without a host: every status, and whose fault it is."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest

from simulators.isams import messages
from simulators.isams.faults import Faults
from simulators.school import invent, without_pupils
from simulators.sds import Knobs
from sync.errors import (
    AnswerInexact,
    AnswerOutdated,
    AnswerRefused,
    CallerRefused,
    ConfigError,
    SourceIncomplete,
    SourceRefused,
    SourceUnavailable,
    SourceUnreachable,
    StoreConflict,
    StoreRefused,
    StoreUnavailable,
    SyncError,
    WordRefused,
)
from sync.report import Outcome, Step
from sync.settings import Settings
from sync.steps import doctor, identity
from sync.steps.classes import classes_of
from sync.steps.doctor.checks import Check
from sync.web import responses
from sync.web.exchange import Response
from sync.web.routes import ROUTES, Route
from tests.clocks import FakeClock
from tests.edge.hosted import APP
from tests.edge.landed_stage import delivered
from tests.worlds import OTHER_FEED, TestWorld, make_group, make_world


def told(response: Response) -> Any:  # Any: parsed JSON
    assert response.content_type == "application/json"
    return json.loads(response.body)


def failing(error: Exception) -> tuple[Response, list[Step]]:
    """Return the answer of work that raises *error*, and what was logged of it."""
    steps = list[Step]()

    def work() -> Response:
        raise error

    return responses.responded(work, steps.append), steps


# --- Errors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "who"),
    [
        (AnswerRefused("not held"), 409, "caller"),
        (AnswerOutdated("another"), 412, "caller"),
        (AnswerInexact("which"), 428, "caller"),
        (CallerRefused("the role"), 403, "operator"),
        (ConfigError("a setting"), 500, "operator"),
        (WordRefused("no such class"), 409, "caller"),
        (SourceRefused("the key"), 502, "school"),
        (SourceIncomplete("no pupils"), 502, "school"),
        (StoreRefused("the role"), 502, "operator"),
        (StoreConflict("other bytes"), 502, "developer"),
        (SourceUnavailable("busy"), 503, "nobody"),
        (SourceUnreachable("no such host"), 502, "operator"),
        (StoreUnavailable("busy"), 503, "nobody"),
    ],
)
def test_an_error_says_whose_it_is(error: SyncError, status: int, who: str) -> None:
    """The status tells a program whether to come again, the body tells a person who must act."""
    answer, _ = failing(error)

    assert answer.status == status
    assert told(answer) == {"error": error.code, "message": str(error), "who": who, "facts": {}}


def test_an_error_that_nobody_foresaw_keeps_its_text_to_itself() -> None:
    """It may quote a record: type and place are told, in the answer and in the log."""
    answer, steps = failing(ValueError("invalid literal: 'Wilhelmina'"))

    assert answer.status == 500
    assert told(answer)["facts"]["type"] == "ValueError"
    assert "Wilhelmina" not in answer.body.decode() + steps[0].line()


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (AnswerRefused("not held"), Outcome.NOTHING),
        (AnswerOutdated("another"), Outcome.NOTHING),
        (AnswerInexact("which"), Outcome.NOTHING),
        (WordRefused("no such class"), Outcome.NOTHING),
        (ConfigError("a setting"), Outcome.FAILED),
        (KeyError("unforeseen"), Outcome.FAILED),
    ],
)
def test_a_failed_answer_is_in_the_log(error: Exception, outcome: Outcome) -> None:
    """A fault of ours raises an alarm though nobody reads the answer; a late click does not."""
    _, steps = failing(error)

    assert [(step.name, step.outcome) for step in steps] == [("answer", outcome)]


# --- What is told ---------------------------------------------------------------------------


def test_a_resync_of_all_asks_for_every_school() -> None:
    """Each school's pull has its id; with a profile, only that profile's school."""
    group = make_group()
    every, named, school = (
        responses.to_resync(group.world, *words)
        for words in ((None,), ("south",), (None, "northbank"))
    )

    assert every.status == named.status == school.status == 202
    assert set(told(every)["asked"]) == {"northbank", "southbank"}
    assert set(told(named)["asked"]) == {"southbank"}
    assert set(told(school)["asked"]) == {"northbank"}


@pytest.mark.parametrize(
    ("profile", "school", "status"), [(None, "zzz", 404), ("south", "southbank", 400)]
)
def test_a_resync_of_what_is_not_known_asks_for_nothing(
    profile: str | None, school: str, status: int
) -> None:
    """Neither of a school that there is not, nor where two words could say two things."""
    group = make_group()

    assert responses.to_resync(group.world, profile, school).status == status
    assert [step.name for step in group.steps] == []


@pytest.mark.parametrize("route", ROUTES.values(), ids=lambda route: route.function)
def test_a_word_that_an_address_does_not_know_is_refused(route: Route) -> None:
    """A misspelt `?profil=` would read every school; the platform's two words pass."""
    refused = responses.unread(route, {"profil": "prep"})

    assert refused is not None
    assert (refused.status, told(refused)["known"]) == (400, sorted(route.words))
    assert responses.unread(route, {*route.words, "code", "clientId"}) is None


def test_where_there_are_several_schools_one_must_be_named() -> None:
    """No school is guessed: the answer lists them."""
    group = make_group()
    unnamed, named = (
        responses.to_subjects(group.world, school, "application/json")
        for school in (None, "southbank")
    )

    assert (unnamed.status, told(unnamed)["schools"]) == (404, ["northbank", "southbank"])
    assert named.status == 200


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/csv", "text/csv"),
        ("text/csv;q=0.9, */*;q=0.1", "text/csv"),
        ("TEXT/CSV", "text/csv"),
    ],
)
def test_csv_comes_to_who_asks_for_it(accept: str, kind: str) -> None:
    """JSON is what everybody else gets."""
    answer = responses.to_subjects(make_world().world, None, accept)

    assert answer.content_type == kind


def test_subjects_that_isams_does_not_give_are_not_an_empty_list() -> None:
    """A refusal of iSAMS is an answer that says so."""
    trial = make_world()
    trial.isams.faults = Faults(message=messages.INVALID_KEY)
    answer = responses.responded(
        lambda: responses.to_subjects(trial.world, None, ""), trial.steps.append
    )

    assert (answer.status, told(answer)["error"]) == (502, "SourceRefused")


def test_findings_of_the_only_profile_need_no_name() -> None:
    """Where there is one profile, `?profile=` may be left out; before a set there are none."""
    trial = make_world(PROFILES__PREP__YEAR_GROUPS="")
    early = responses.to_findings(trial.world, None)
    trial.pull()
    found = responses.to_findings(trial.world, None)

    assert (early.status, found.status) == (404, 200)
    assert told(found).keys() == {"set", "day", "kinds", "findings", "mended"}


def test_a_decision_names_delivery_and_connector() -> None:
    """The answer repeats what was decided, so that a script's log is enough."""
    trial = make_world(SDS__HOLD_FIRST="true")
    trial.pull()
    held = trial.send_until_still().delivery
    shown = told(responses.to_status(trial.world))["connectors"]["MIS feed"]["schools"]
    answer = answered(trial, held)

    assert told(answer) == {
        "delivery": held,
        "connector": "MIS feed",
        "answer": "approved",
        "offers": {"northbank": shown["northbank"]["offer"]},
    }


def group_with_a_held_school() -> tuple[TestWorld, str, str]:
    """Return two schools in SDS of which southbank is held, its offer's id, and its delivery's."""
    group = make_group()
    for school in ("northbank", "southbank"):
        group.pull(school)
    group.send_until_still()
    lose(group)
    group.send_until_still()
    return group, offer_of(group), next(s.delivery for s in group.steps if s.outcome == "held")


def lose(group: TestWorld) -> None:
    """Take two in three of southbank's pupils away, and read it again."""
    app = group.isams_of["southbank"]
    going = [each.school_id for n, each in enumerate(app.school.pupils) if n % 3]
    app.school = without_pupils(app.school, going)
    app.flush()
    group.clock.advance(3600)
    group.pull("southbank")


def offer_of(group: TestWorld, school: str = "southbank") -> str:
    shown = told(responses.to_status(group.world))["connectors"]["MIS feed"]["schools"][school]
    return str(shown.get("offer", ""))


def answered(group: TestWorld, held_id: str, word: str = "approve") -> Response:
    """Answer with the digest that is told to who says none, if there is anything to answer."""
    asked = {"approve": responses.to_approve, "reject": responses.to_reject}[word]

    def said(if_match: str) -> Response:
        work = partial(asked, group.world, held_id, if_match)
        return responses.responded(work, group.steps.append)

    first = said("")
    return said(first.headers["ETag"]) if first.status == 428 else first


@pytest.mark.parametrize("word", ["approve", "reject"])
def test_an_offer_is_answered_by_its_id(word: str) -> None:
    """The answer says whose it is; a second one is refused, and changes nothing."""
    group, offer, _ = group_with_a_held_school()
    first, second = answered(group, offer, word), answered(group, offer, word)

    assert (first.status, second.status) == (200, 409)
    assert told(first)["offers"] == {"southbank": offer}


@pytest.mark.parametrize("word", ["approve", "reject"])
def test_an_offer_that_was_superseded_is_refused_with_the_newer_id(word: str) -> None:
    """Whoever looked at yesterday's reading has not seen today's."""
    group, offer, _ = group_with_a_held_school()
    lose(group)
    group.send_until_still()
    refused = answered(group, offer, word)

    assert refused.status == 409
    assert told(refused)["facts"]["newest"] == offer_of(group) != offer
    assert answered(group, offer_of(group), word).status == 200


def test_an_offer_of_what_sds_has_by_now_is_refused() -> None:
    """ISAMS was mended, and nothing is left to answer."""
    group, offer, _ = group_with_a_held_school()
    app = group.isams_of["southbank"]
    app.school = invent(20, seed=2, quirks=False, key="southbank")
    app.flush()
    group.clock.advance(3600)
    group.pull("southbank")
    group.send_until_still()
    refused = answered(group, offer)

    assert (refused.status, told(refused)["facts"]) == (
        409,
        {"connector": "MIS feed", "school": "southbank", "state": "same"},
    )


@pytest.mark.parametrize("held_id", ["20260101T000000Z-00000000", "none", "..", ""])
def test_an_unknown_id_is_refused(held_id: str) -> None:
    """Of no offer and no delivery."""
    group, offer, _ = group_with_a_held_school()

    assert answered(group, held_id).status == answered(group, held_id, "reject").status == 409
    assert offer_of(group) == offer


def test_what_an_answer_does_not_help_has_no_id_to_answer() -> None:
    """A profile that moved waits until it has left the other connector: no yes is asked for."""
    group = make_group()
    for school in ("northbank", "southbank"):
        group.pull(school)
    group.send_until_still()
    group.world = group.process(
        settings=make_group(PROFILES__SOUTH__CONNECTOR=OTHER_FEED.name).world.settings
    )
    group.clock.advance(3600)
    group.pull("southbank")
    group.send_until_still(OTHER_FEED.name)
    shown = told(responses.to_status(group.world))["connectors"][OTHER_FEED.name]["schools"]

    assert (shown["southbank"]["state"], shown["southbank"]["why"]) == ("held", "elsewhere")
    assert "offer" not in shown["southbank"]


def test_status_tells_the_hold_and_the_receipt() -> None:
    """What a person must know to decide, and how it ended, is in the one answer."""
    trial = make_world(SDS__HOLD_FIRST="true")
    trial.pull()
    trial.send_until_still()
    before = told(responses.to_status(trial.world))["connectors"]["MIS feed"]["deliveries"][0]
    responses.to_approve(trial.world, before["id"], before["digest"])
    trial.send_until_still()
    after = told(responses.to_status(trial.world))["connectors"]["MIS feed"]["deliveries"][0]

    assert (before["state"], before["hold"]["first"]) == ("held", True)
    assert before["changes"]["users.csv"]["added"] == before["counts"]["users"]
    assert (after["state"], after["receipt"]["outcome"]) == ("done", "completed")


def test_a_check_answers_whatever_is_wrong() -> None:
    """200 with a row for each thing: also where the settings themselves cannot be read."""

    def unreadable() -> Settings:
        raise ConfigError("SDS__CONNECTR: there is no such setting")

    answer = responses.to_check(unreadable, FakeClock())
    checks = told(answer)["checks"]

    assert (answer.status, told(answer)["ok"]) == (200, False)
    assert "SDS__CONNECTR" in checks[0]["error"]["message"]
    assert {row["state"] for row in checks[1:]} == {"not tried"}


# --- The page about them --------------------------------------------------------------------

PAGE = (APP / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def example(name: str) -> Any:  # Any: parsed JSON
    """Return the page's first example that has the key *name*."""
    return next(shown for shown in EXAMPLES if name in shown)


def group_example() -> Any:  # Any: parsed JSON
    """Return the page's example of GET /api/trust: the status has its keys as well."""
    return next(shown for shown in EXAMPLES if list(shown) == ["now", "schools"])


def test_the_pages_examples_are_what_the_app_says() -> None:
    """Every name in an example of the page is in what the app answers."""
    trial = make_world(SDS__HOLD_FIRST="true")
    asked = told(responses.to_resync(trial.world, None))
    trial.pull()
    held = trial.send_until_still().delivery
    status = told(responses.to_status(trial.world))
    group = told(responses.to_trust(trial.world, ""))
    plan = told(responses.to_plan(trial.world, held))
    decided = told(answered(trial, held))
    late, _ = failing(AnswerRefused("not held"))
    class_id = next(iter(classes_of(trial.world, "", "northbank").titles))
    said = responses.to_identity(trial.world, identity.new, ("class",), {"class": class_id})
    checked: Any = doctor.document([Check("settings")])
    sent = make_world(knobs=Knobs(operation_polls=0, run_duration_s=60))
    sent.pull()
    sent.send_until_still()
    who = json.dumps({"who": sent.isams.school.pupils[-1].school_id}).encode()
    explained = told(responses.to_explain(sent.world, "application/json", who))
    looked = delivered()
    looked.look()
    landed = told(responses.to_landed(looked.world))
    pairs = [
        (example("asked"), asked),
        (example("connectors"), status),
        (example("connectors")["schools"], status["schools"]),
        (feed(example("connectors")), feed(status)),
        (feed(example("connectors"))["schools"]["northbank"], feed(status)["schools"]["northbank"]),
        (feed(example("connectors"))["deliveries"][0], feed(status)["deliveries"][0]),
        (example("connectors")["profiles"]["seniors"], status["profiles"]["seniors"]),
        (group_example(), group),
        (group_example()["schools"][0], group["schools"][0]),
        (example("plan"), plan),
        (example("plan")["schools"][0], plan["schools"][0]),
        (example("plan")["schools"][0]["changes"][0], plan["schools"][0]["changes"][0]),
        (example("record"), explained),
        (example("record")["record"], explained["record"]),
        (example("record")["record"]["profiles"][0], explained["record"]["profiles"][0]),
        (example("record")["record"]["sds"][0], explained["record"]["sds"][0]),
        (example("record")["record"]["places"][0], explained["record"]["places"][0]),
        (rule_of(example("record")), rule_of(explained)),
        (example("answer"), decided),
        (example("subjects"), told(responses.to_subjects(trial.world, None, ""))),
        (example("error"), told(late)),
        (example("profiles"), told(responses.to_resync(trial.world, "juniors"))),
        (example("known"), told(responses.unread(ROUTES["resync"], ["profil"]) or late)),
        (example("undo"), told(said)),
        (example("on"), landed),
        (example("on")["connectors"]["MIS feed"], landed["connectors"]["MIS feed"]),
        (
            example("on")["connectors"]["MIS feed"]["whole"],
            landed["connectors"]["MIS feed"]["whole"],
        ),
        (example("checks"), checked),
        (example("checks")["checks"][0], checked["checks"][0]),
    ]

    assert [set(shown) for shown, _ in pairs] == [set(real) for _, real in pairs]


def rule_of(explained: Any) -> Any:  # Any: parsed JSON
    return explained["record"]["profiles"][0]["rules"][0]


def feed(status: Any) -> Any:  # Any: parsed JSON
    return status["connectors"]["MIS feed"]
