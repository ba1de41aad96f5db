"""`sds …` at a terminal: how SDS is set up, planned and made once, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulators.sds import (
    SENDER_ROLES,
    SETUP_READ_ROLES,
    SETUP_ROLES,
    SIGN_IN_PAGE,
    Answer,
    Connector,
    Flow,
    Matching,
    Source,
    Year,
)
from sync.edge.graph.person import VARIABLE
from sync.edge.graph.setup import LISTS, MAKES
from sync.edge.graph.setup_values import Kind
from sync.report import Exit, Outcome
from sync.steps.setup.wanted import KINDS
from tests.edge.cli_stage import Said, Trial, trial

PLAN = ("plan", "--match", "userPrincipalName")
YEAR = ("--starts", "2026-09-01", "--ends", "2027-08-31")
LONG_S = 12 * 3600.0  # somebody's token that outlives a test
POSTED: dict[Kind, str] = {kind: f"{LISTS[kind]}Post" for kind in KINDS}


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    """An SDS that is set up, and a person's token that may do all of it."""
    with trial(tmp_path, capsys) as started:
        bring(started)
        yield started


@pytest.fixture
def empty(here: Trial) -> Trial:
    """An SDS that was switched on, and in which nothing is made."""
    here.stage.sds.connectors, here.stage.sds.years, here.stage.sds.flow_sets = (), (), ()
    return here


def bring(here: Trial, *without: str) -> None:
    """Bring a fresh token, *without* some permissions."""
    here.settings[VARIABLE] = here.stage.sds.person_token(SETUP_ROLES - {*without}, LONG_S)


def turn(here: Trial, **knobs: Any) -> None:  # Any: whatever knob there is
    """Turn knobs of SDS."""
    here.stage.sds.knobs = replace(here.stage.sds.knobs, **knobs)


def planned(here: Trial, *words: str) -> str:
    """Plan, and return the digest."""
    said = here.sync("sds", *PLAN, *words, "--json")
    assert said.code == Exit.DONE, said.err
    digest: str = said.json["digest"]
    return digest


def made(here: Trial, *words: str) -> Said:
    """Plan in an empty SDS and make it."""
    return here.sync("sds", "make", planned(here, *YEAR), *words)


def asked(here: Trial, method: str = "POST") -> list[str]:
    """Return the routes of what was asked of Graph by *method*, in order."""
    lines = [line for line in here.stage.sds.requests if line.route != "token"]
    return [line.route for line in lines if line.method == method]


def test_from_an_empty_sds_to_a_delivery_that_a_run_has_taken(empty: Trial) -> None:
    """What is made serves: a night's delivery is accepted, and SDS's run takes it."""
    said = made(empty)
    sent = empty.sync("run", "--approve")
    step = empty.end_run()

    assert said.code == Exit.DONE, said.err
    assert asked(empty)[:4] == [POSTED[kind] for kind in KINDS]
    assert sent.code == Exit.DONE, sent.err
    assert step.outcome is Outcome.DONE
    assert empty.stage.sds.store.people.active
    assert [f"{each.status}" for each in empty.stage.sds.runs] == ["completed"]


def test_at_a_terminal_a_later_run_sees_that_the_delivery_is_done(empty: Trial) -> None:
    """No tick looks there: `status` shows what was seen, `run` looks when SDS's run may be over."""
    made(empty)
    empty.sync("run", "--approve")
    empty.clock.advance(2 * 3600)
    before = empty.sync("status")
    again = empty.sync("run")
    (_, delivery) = empty.sync("status", "--json").json["connectors"]["MIS feed"]["deliveries"]

    assert "`isams-sync run` after that to see what came of it" in " ".join(before.out.split())
    assert again.code == Exit.DONE, again.err
    assert delivery["state"] == "done"


# --- show -----------------------------------------------------------------------------------------


def test_show_tells_a_sound_set_up_in_a_few_lines(here: Trial) -> None:
    """What there is, and that nothing of it is at odds."""
    said = here.sync("sds", "show")

    assert said.code == Exit.DONE
    assert "MIS feed" in said.out
    assert "MIS: sign-in name" in said.out
    assert "School years: 2026/27 (code 2027)" in said.out
    assert "What SDS makes: Managed data: classGroup" in said.out
    assert "Nothing that is seen is at odds with the settings." in said.out


def test_show_tells_what_does_not_fit_and_what_to_do(here: Trial) -> None:
    """Each in a line with its next step."""
    by_mail = (Matching(role_group="staff", target="mail"),)
    here.stage.sds.sources = [Source(id="s1", matching=by_mail)]
    here.stage.sds.connectors = (replace(here.stage.sds.connectors[0], source_id="s1"),)
    here.stage.sds.change_flows(lambda flow: replace(flow, readiness="failed"))
    said = here.sync("sds", "show")

    assert said.code == Exit.DONE
    assert 'The source "MIS" matches staff to mail. Next: right only if the addresses' in said.out
    assert 'The connector "MIS feed" has a flow that is failed. Next: `isams-sync sds' in said.out


def test_show_of_a_connector_that_no_setting_names_says_so(here: Trial) -> None:
    """It is in the table without a star, and is not judged."""
    here.stage.sds.connectors = (*here.stage.sds.connectors, Connector(id="c2", name="Library"))
    said = here.sync("sds", "show")

    assert "\n Library " in said.out
    assert "\n * MIS feed " in said.out
    assert "Nothing that is seen is at odds" in said.out


def test_show_lists_a_dozen_misfits_and_json_has_all(here: Trial) -> None:
    """A screen is not for more."""
    for number in range(20):
        here.settings[f"PROFILES__P{number}__CONNECTOR"] = f"Feed {number}"
        here.settings[f"PROFILES__P{number}__YEAR_GROUPS"] = "7"
    said, document = here.sync("sds", "show"), here.sync("sds", "show", "--json").json

    assert said.out.count("is not there. Next") == 12
    assert "And 8 more: `isams-sync sds show --json` lists them." in said.out
    assert len(document["misfits"]) == 20


def test_show_in_json_has_every_list_and_what_is_not_seen(here: Trial) -> None:
    """One document; a list that may not be read is null, and says why."""
    bring(here, "IndustryData-TimePeriod.Read.All", "IndustryData-TimePeriod.ReadWrite.All")
    document = here.sync("sds", "show", "--json").json

    assert (document["exit"], document["command"], document["error"]) == (0, "sds show", None)
    assert document["years"] is None
    assert document["not_seen"][0]["facts"]["role"] == "IndustryData-TimePeriod.Read.All"
    assert document["connectors"][0]["name"] == "MIS feed"
    assert document["connectors"][0]["id"]
    assert document["connectors"][0]["ours"] is True
    assert {name: len(document[name]) for name in ("sources", "flows", "flow_sets", "misfits")} == {
        "sources": 1, "flows": 1, "flow_sets": 1, "misfits": 0,
    }  # fmt: skip


def test_a_moment_in_json_is_as_other_documents_have_it(here: Trial) -> None:
    """A program reads it without guessing."""
    end = datetime(2027, 8, 31, tzinfo=UTC)
    here.stage.sds.change_flows(lambda flow: replace(flow, expires=end))
    document = here.sync("sds", "show", "--json").json

    assert document["connectors"][0]["ends_at"] == "2027-08-31T00:00:00+00:00"
    assert document["years"][0]["starts"] == "2026-09-01"


def test_show_without_a_persons_token_is_as_the_app_signs_in(here: Trial) -> None:
    """With the roles that it has; what it may not read is said."""
    del here.settings[VARIABLE]
    said = here.sync("sds", "show")
    turn(here, roles=SENDER_ROLES | SETUP_READ_ROLES)
    more = here.sync("sds", "show")

    assert said.code == more.code == Exit.DONE
    assert "grant the application role IndustryData-SourceSystem.Read.All" in said.out
    assert "Not seen" not in more.out
    assert VARIABLE not in said.out + more.out


def test_show_of_an_sds_that_is_not_switched_on_says_so(here: Trial) -> None:
    """That is no empty SDS."""
    turn(here, switched_on=False)
    said = here.sync("sds", "show")

    assert said.code == Exit.TARGET
    assert "is School Data Sync switched on in this tenant" in said.err


def test_show_goes_by_what_the_last_run_has_told_of_accounts(here: Trial) -> None:
    """Class groups that are on while many have no account are told."""
    here.stage.sds.people = frozenset()
    here.sync("run", "--approve")
    here.end_run()
    said = here.sync("sds", "show")

    assert 'Class groups "MIS feed" are on, and only 0 % of its pupils or of its staff' in said.out


def test_show_goes_by_what_was_begun_to_make_before_what_was_only_planned(empty: Trial) -> None:
    """A plan that somebody thought better of says nothing of what addresses are."""
    empty.sync("sds", "make", planned(empty, *YEAR))
    empty.sync("sds", "plan", "--match", "mail")

    assert "Next: planned was mail" not in empty.sync("sds", "show").out


# --- plan -----------------------------------------------------------------------------------------


def test_plan_shows_what_would_be_made_and_the_very_requests(empty: Trial) -> None:
    """In words, as JSON to send, and what to type next; an id that there is not yet is a name."""
    said = empty.sync("sds", *PLAN, *YEAR)
    digest = planned(empty, *YEAR)

    assert said.code == Exit.DONE
    assert said.out.count("would be made") == 4
    assert '"MIS feed 2026/27", from now to 31 August 2027' in said.out
    assert said.out.count("POST http://127.0.0.1:") == 4
    assert "sourceSystems('<source>')\"" in said.out
    assert '"effectiveDateTime": "<now>"' in said.out
    assert f"`isams-sync sds make {digest}`" in said.out


def test_plan_sends_what_make_sends(empty: Trial) -> None:
    """But for the ids and the moment."""
    document = empty.sync("sds", *PLAN, *YEAR, "--json").json
    empty.sync("sds", "make", document["digest"])
    sent = [line.body for line in empty.stage.sds.requests if line.method == "POST" and line.body]

    for request, body in zip(document["requests"], sent, strict=True):
        assert isinstance(body, dict)
        assert request["body"].keys() == body.keys()
        for name, value in request["body"].items():
            assert "<" in str(value) or body[name] == value


def test_plan_of_what_is_there_makes_nothing(here: Trial) -> None:
    """Whatever it is called: a sound SDS is used as it is."""
    here.stage.sds.change_flows(
        lambda flow: replace(flow, expires=datetime(2027, 8, 31, tzinfo=UTC))
    )
    said = here.sync("sds", *PLAN)

    assert said.code == Exit.DONE
    assert said.out.count("is there, and is used as it is") == 4
    assert "POST" not in said.out
    assert "nothing is left to make" in said.out
    assert "isams-sync sds make" not in said.out


def test_plan_says_what_is_in_doubt_and_until_when(empty: Trial) -> None:
    """It is not called new: SDS may have it, and `make` looks for it first."""
    made(empty)
    empty.stage.sds.connectors = empty.stage.sds.flows = ()
    said, told = empty.sync("sds", *PLAN), empty.sync("sds", *PLAN, "--json").json
    again = empty.sync("sds", "make", told["digest"])

    assert told["in_doubt"].keys() == {"connector", "flow"}
    until = datetime.fromisoformat(told["in_doubt"]["connector"])
    assert f"in doubt until {until:%H:%M} UTC" in said.out
    assert f"in doubt until {until:%H:%M} UTC" in again.err


def test_what_is_typed_and_changes_nothing_is_told(here: Trial) -> None:
    """A year and a source that are there are used as they are, under their own names."""
    words = ("--starts", "2026-08-15", "--ends", "2027-07-20", "--code", "2026", "--source", "Else")
    told = here.sync("sds", *PLAN, *words, "--json").json

    assert told["unused"] == [
        '--source is not used: the connector is of the source "MIS"',
        '--starts is not used: the school year "2026/27" is there',
        '--ends is not used: the school year "2026/27" is there',
        '--code is not used: the school year "2026/27" is there',
    ]
    assert '"MIS"' in here.sync("sds", *PLAN, *words).out


@pytest.mark.parametrize("name", ["  ", "x\ny", "\t"])
def test_a_source_without_a_name_or_with_a_line_break_is_refused(empty: Trial, name: str) -> None:
    """Before SDS is asked."""
    said = empty.sync("sds", *PLAN, *YEAR, "--source", name)

    assert said.code == Exit.USAGE
    assert "blank or has a line break" in said.err


def test_a_year_that_is_nearly_over_is_refused(empty: Trial) -> None:
    """Its flow would end before the first delivery was looked at."""
    ends = empty.clock.now().date() + timedelta(days=13)
    said = empty.sync("sds", *PLAN, "--starts", "2026-09-01", "--ends", f"{ends}")

    assert said.code == Exit.USAGE
    assert "of which 14 are still to come" in " ".join(said.err.split())


def test_plan_of_an_sds_that_is_otherwise_is_refused_with_the_difference(here: Trial) -> None:
    """Nothing of it would be made."""
    said = here.sync("sds", "plan", "--match", "mail")

    assert said.code == Exit.TARGET
    assert "matches staff to userPrincipalName, not to mail" in said.err
    assert "mend it in School Data Sync, or plan otherwise" in said.err
    assert "isams-sync sds make" not in said.out


def test_without_a_year_in_sds_plan_proposes_one(empty: Trial) -> None:
    """By YEAR_STARTS, until terms were read."""
    said = empty.sync("sds", *PLAN)

    assert said.code == Exit.USAGE
    assert "SDS has no school year that 14 September 2026 is in" in said.err
    assert "--starts 2026-09-01 --ends 2027-08-31, by YEAR_STARTS" in said.err


def test_the_terms_in_isams_propose_the_year_once_they_were_read(empty: Trial) -> None:
    """From the first day of the first to the last of the last."""
    empty.settings["SCHOOLS__NORTHBANK__SCHOOL_YEAR"] = "terms"
    empty.sync("run")
    said = empty.sync("sds", *PLAN)

    assert "as the terms in iSAMS say, or longer" in said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--starts", "2027-08-31", "--ends", "2026-09-01"), "before it begins"),
        (("--starts", "2024-09-01", "--ends", "2025-08-31"), "no school year that files could be"),
        (("--starts", "2026-09-01", "--ends", "2028-08-31"), "no school year that files could be"),
        ((*YEAR, "--code", "27"), "SDS has no year of the code 27: SDS knows 2023"),
        (("--starts", "1 September"), "is no day: expected year-month-day"),
        (("--starts", "2026-09-01"), "SDS has no school year that 01 September 2026 is in"),
        ((*YEAR, "--source", "x" * 101), "100 characters at most"),
        ((*YEAR, "--connector", "Other"), "expected MIS feed"),
    ],
)
def test_what_cannot_be_planned_is_said(empty: Trial, words: tuple[str, ...], said: str) -> None:
    """With what is expected; nothing is kept of it."""
    told = empty.sync("sds", *PLAN, *words)

    assert told.code == Exit.USAGE
    assert said in told.err
    assert not list((empty.folder / "rosters").rglob("setup/plans/*"))


def test_match_has_no_default(empty: Trial) -> None:
    """Whoever plans says what addresses in iSAMS are."""
    assert empty.sync("sds", "plan").code == Exit.USAGE


def test_a_connector_that_is_an_id_cannot_be_made(empty: Trial) -> None:
    """What SDS makes gets an id of its own."""
    empty.settings["SDS__CONNECTOR"] = "0b1f8a52-0000-4000-8000-0000000000c1"
    said = empty.sync("sds", *PLAN, *YEAR)

    assert said.code == Exit.USAGE
    assert "CONNECTOR is an id" in said.err


def test_a_year_of_sds_that_is_over_is_not_planned_with(empty: Trial) -> None:
    """A flow in it would end before it begins."""
    empty.stage.sds.years = [
        Year(name="2025/26", code="2026", starts=datetime(2025, 9, 1, tzinfo=UTC).date(),
             ends=datetime(2026, 8, 31, tzinfo=UTC).date())
    ]  # fmt: skip
    said = empty.sync("sds", *PLAN, "--starts", "2026-08-20", "--ends", "2027-08-31")

    assert said.code == Exit.USAGE
    assert 'the school year "2025/26" of SDS ends on 31 August 2026' in said.err
    assert "give --starts and --ends of the next" in said.err
    assert planned(empty, *YEAR)


def test_two_years_that_could_be_meant_are_refused(empty: Trial) -> None:
    """A person says which by its days."""
    empty.stage.sds.years = [Year(), Year(id="y2", name="Again")]
    said = empty.sync("sds", *PLAN)

    assert said.code == Exit.TARGET
    assert 'SDS has 2 school years that could be meant: "2026/27", "Again"' in said.err


def test_a_code_of_which_sds_knows_two_is_told(empty: Trial) -> None:
    """And how to choose; where SDS knows one there is nothing to tell."""
    both = empty.sync("sds", *PLAN, *YEAR)
    turn(empty, unknown_years=frozenset({"2026"}))
    one = empty.sync("sds", *PLAN, *YEAR)

    assert "SDS knows the code 2026 too" in both.out
    assert "--code chooses" in both.out
    assert "--code" not in one.out
    assert planned(empty, *YEAR, "--code", "2027") == planned(empty, *YEAR)


def test_plan_tells_whose_addresses_would_be_matched(empty: Trial) -> None:
    """By their domains, in numbers; before a set was sealed that there is none."""
    before = empty.sync("sds", *PLAN, *YEAR)
    empty.sync("run")
    after = empty.sync("sds", *PLAN, *YEAR)

    assert "No set was sealed yet: read iSAMS first" in before.out
    assert "The newest sets have" in after.out
    assert "@northbank.example" in after.out.replace(",", "")


def test_plan_tells_of_sources_that_are_there_already(empty: Trial) -> None:
    """Somebody may mean one of these."""
    empty.stage.sds.sources = [Source(id="s1", name="MIS")]
    said = empty.sync("sds", *PLAN, *YEAR)

    assert 'SDS has sources already: "MIS". If it is one of these, say --source.' in said.out
    assert "is there, and is used" in empty.sync("sds", *PLAN, *YEAR, "--source", "MIS").out


def test_the_digest_outlives_what_was_made_of_it(empty: Trial) -> None:
    """It is over what is wanted: the same before, half-way and after."""
    digest = planned(empty, *YEAR)
    empty.stage.sds.fail_next(POSTED["year"], Answer(429))
    empty.sync("sds", "make", digest)
    half = planned(empty, *YEAR)
    empty.sync("sds", "make", digest)

    assert planned(empty) == half == digest


# --- what is sent ---------------------------------------------------------------------------------


def test_what_only_shows_sends_nothing_but_gets(here: Trial, empty: Trial) -> None:
    """By a person's token and by the app's own, in an SDS with and without anything."""
    for words in (("show",), (*PLAN, *YEAR), ("next-year",), ("plan", "--match", "mail")):
        here.sync("sds", *words)
        here.sync("sds", *words, "--json")
    turn(here, roles=SENDER_ROLES | SETUP_READ_ROLES)
    del here.settings[VARIABLE]
    for words in (("show",), (*PLAN, *YEAR), ("next-year",)):
        here.sync("sds", *words)
    lines = [line for line in here.stage.sds.requests if line.route != "token"]

    assert len(lines) > 20
    assert {line.method for line in lines} == {"GET"}


def test_make_never_uses_the_apps_own_sign_in(empty: Trial) -> None:
    """Even one that might."""
    turn(empty, roles=SENDER_ROLES | SETUP_ROLES)
    digest = planned(empty, *YEAR)
    del empty.settings[VARIABLE]
    said = empty.sync("sds", "make", digest)

    assert said.code == Exit.USAGE
    assert "this is done with your own sign-in, not the app's" in said.err
    assert asked(empty) == []
    assert "token" not in {line.route for line in empty.stage.sds.requests}


# --- make -----------------------------------------------------------------------------------------


def test_make_ends_with_what_to_do_next(empty: Trial) -> None:
    """What was made with its ids, and that the permissions are taken away again."""
    said = made(empty)
    (connector,) = empty.stage.sds.connectors

    assert said.code == Exit.DONE
    assert connector.id in said.out
    assert "Next: `isams-sync check`" in said.out
    assert "at least 90 % of pupils and of staff matched" in said.out
    assert "Take the permissions away again" in said.out
    assert f"The token in {VARIABLE} is for the tenant {empty.stage.sds.tenant_id}" in said.err
    assert f"noted in {empty.settings['STORAGE__FOLDER']} alone" in " ".join(said.out.split())


@pytest.mark.parametrize("folder", ["", ".rosters", "notes"])
def test_nothing_is_planned_or_made_where_another_folder_has_other_notes(
    empty: Trial, folder: str
) -> None:
    """Two people in two folders would not see what the other has begun, and make it twice."""
    digest = planned(empty, *YEAR)
    empty.settings["STORAGE__FOLDER"] = folder
    for words in (("plan", "--match", "mail"), ("make", digest)):
        said = empty.sync("sds", *words)

        assert said.code == Exit.USAGE
        assert "set STORAGE__FOLDER to a full path" in said.err
    assert empty.stage.sds.sources is None


@pytest.mark.parametrize("word", ["show", "plan", "make", "next-year"])
def test_a_token_for_another_tenant_is_refused_before_anything_is_read(
    empty: Trial, word: str
) -> None:
    """A browser may be signed in elsewhere; what is made there, no command takes back."""
    digest = planned(empty, *YEAR)
    empty.stage.sds.requests.clear()
    empty.settings["SDS__TENANT_ID"] = "7c1e0000-0000-4000-8000-0000000000ff"
    more = {"plan": PLAN[1:], "make": (digest,)}.get(word, ())
    said = empty.sync("sds", word, *more)

    assert said.code == Exit.USAGE
    assert "and SDS__TENANT_ID is 7c1e0000-0000-4000-8000-0000000000ff" in said.err
    assert empty.stage.sds.requests == []


def test_a_tenant_that_is_set_as_a_domain_is_not_compared(empty: Trial) -> None:
    """A token names its tenant by id alone; the tenant is told, for a person to compare."""
    empty.settings["SDS__TENANT_ID"] = "northbank.example"
    said = empty.sync("sds", *PLAN, *YEAR)

    assert said.code == Exit.DONE
    assert f"is for the tenant {empty.stage.sds.tenant_id}" in said.out


def test_make_again_makes_nothing(empty: Trial) -> None:
    """What is there is used."""
    made(empty)
    again = made(empty, "--json")

    assert again.code == Exit.DONE
    assert [thing["how"] for thing in again.json["things"]] == ["used"] * 4
    assert len(asked(empty)) == 4


def test_make_in_json_is_one_document(empty: Trial) -> None:
    """With what was made, and where it failed why."""
    empty.stage.sds.fail_next(POSTED["flow"], Answer(403))
    failed, done = made(empty, "--json"), made(empty, "--json")

    assert (failed.code, failed.json["error"]["facts"]["status"]) == (Exit.TARGET, 403)
    assert done.json["command"] == "sds make"
    assert [thing["how"] for thing in done.json["things"]] == ["used", "used", "used", "made"]


@pytest.mark.parametrize("knobs", [{}, {"names_unique": True}, {"post_shows_links": True}])
def test_an_sds_may_be_of_either_kind(empty: Trial, knobs: dict[str, Any]) -> None:
    """Names that are the only ones or not, answers with links or without."""
    turn(empty, **knobs)

    assert made(empty).code == Exit.DONE
    assert made(empty).code == Exit.DONE
    assert len(asked(empty)) == 4


@pytest.mark.parametrize(
    "left_out",
    [{"sourceSystem"}, {"dataConnector"}, {"year"}, {"roleGroup"}, {"userMatchingSettings"}],
)
def test_links_that_graph_leaves_out_stop_nothing_that_was_made_here(
    empty: Trial, left_out: set[str]
) -> None:
    """The notes know the ids; what is not seen is no difference."""
    turn(empty, links_left_out=frozenset(left_out))

    assert made(empty).code == Exit.DONE
    assert made(empty).code == Exit.DONE
    assert len(asked(empty)) == 4


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("sourceSystem", "does not show of which source the connector"),
        ("dataConnector", "does not show where"),
    ],
)
def test_links_that_graph_leaves_out_of_what_others_made_are_refused(
    here: Trial, left_out: str, said: str
) -> None:
    """It may be in the way, or be ours: a person looks."""
    digest = planned(here)
    turn(here, links_left_out=frozenset({left_out}))
    told = here.sync("sds", "make", digest)

    assert told.code == Exit.TARGET
    assert said in told.err
    assert asked(here) == []


def test_a_list_that_lags_a_little_is_waited_for(empty: Trial) -> None:
    """What was made is looked at again every few seconds."""
    turn(empty, list_lag_reads=3)

    assert made(empty).code == Exit.DONE
    assert len(asked(empty)) == 4


def test_a_list_that_lags_long_is_in_doubt_until_it_shows(empty: Trial) -> None:
    """Exit 7, again and again, and never a second of anything."""
    turn(empty, list_lag_reads=30)
    digest = planned(empty, *YEAR)
    ended = []
    for _ in range(12):
        ended.append(empty.sync("sds", "make", digest))
        if ended[-1].code == Exit.DONE:
            break

    assert "SDS made the source and does not show it yet. It is in doubt" in ended[0].err
    assert [said.code for said in ended] == [Exit.LATER] * (len(ended) - 1) + [Exit.DONE]
    assert len(ended) > 2
    assert asked(empty) == [POSTED[kind] for kind in KINDS]


def test_a_connector_of_the_wrong_format_is_refused(empty: Trial) -> None:
    """It stays: a connector's format cannot be changed."""
    wrong = Connector(name="MIS feed", format_code="schoolDataSyncV1")
    digest = planned(empty, *YEAR)
    empty.stage.sds.connectors = (wrong,)
    said = empty.sync("sds", "make", digest)

    assert said.code == Exit.TARGET
    assert "takes schoolDataSyncV1, not schoolDataSyncV2Rev1" in said.err
    assert asked(empty) == []


def test_a_year_that_sds_does_not_know_any_more_is_told(empty: Trial) -> None:
    """SDS takes no such request; what was made before it stays, and is used."""
    digest = planned(empty, *YEAR)
    turn(empty, unknown_years=frozenset({"2027"}))
    said = empty.sync("sds", "make", digest)
    turn(empty, unknown_years=frozenset())
    again = empty.sync("sds", "make", digest, "--json")

    assert said.code == Exit.TARGET
    assert "SDS would not make a school year: it does not take what it was asked for" in said.err
    assert [thing["how"] for thing in again.json["things"]] == ["used", "used", "made", "made"]


def test_an_sds_that_knows_neither_code_of_the_year_is_told_by_plan(empty: Trial) -> None:
    """Before anything is made."""
    turn(empty, unknown_years=frozenset({"2026", "2027"}))
    said = empty.sync("sds", *PLAN, *YEAR)

    assert said.code == Exit.TARGET
    assert "SDS has no code for the year 2026/2027: SDS knows 2022" in said.err


@pytest.mark.parametrize("kind", KINDS)
def test_a_permission_that_is_missing_is_told_before_anything_is_made(
    empty: Trial, kind: Kind
) -> None:
    """Half of a set-up would be made otherwise."""
    digest = planned(empty, *YEAR)
    bring(empty, MAKES[kind].role)
    said = empty.sync("sds", "make", digest)

    assert said.code == Exit.TARGET
    assert (
        f"the token lacks permissions (1): {MAKES[kind].role}, to {MAKES[kind].words}" in said.err
    )
    assert asked(empty) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, Exit.TARGET, "does not take what it was asked for"),
        (401, Exit.TARGET, "does not accept the token"),
        (403, Exit.TARGET, "consent to"),
        (409, Exit.TARGET, "would stand in the way of another"),
        (429, Exit.LATER, "it is busy"),
    ],
)
def test_after_a_refusal_the_same_command_goes_on(
    empty: Trial, kind: Kind, status: int, code: Exit, words: str
) -> None:
    """It was asked once, nothing was made, and so it is asked again when somebody types it."""
    digest = planned(empty, *YEAR)
    empty.stage.sds.fail_next(POSTED[kind], Answer(status))
    said = empty.sync("sds", "make", digest)
    sent = asked(empty)
    again = empty.sync("sds", "make", digest)

    assert (said.code, again.code) == (code, Exit.DONE), again.err
    assert words in said.err
    assert sent == [POSTED[each] for each in KINDS[: KINDS.index(kind) + 1]]
    assert asked(empty) == [*sent, *(POSTED[each] for each in KINDS[KINDS.index(kind) :])]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", [Answer(504), SIGN_IN_PAGE], ids=["cut", "page"])
def test_what_was_made_and_not_answered_is_found(empty: Trial, kind: Kind, answer: Answer) -> None:
    """In doubt at first, seen by the next try, never asked for twice."""
    digest = planned(empty, *YEAR)
    empty.stage.sds.fail_next(POSTED[kind], answer, done=True)
    said = empty.sync("sds", "make", digest)
    again = empty.sync("sds", "make", digest, "--json")

    assert said.code == Exit.LATER
    assert "It is in doubt: run the same command again in some minutes" in said.err
    assert again.code == Exit.DONE
    assert again.json["things"][KINDS.index(kind)]["how"] == "found"
    assert asked(empty) == [POSTED[each] for each in KINDS]


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_have_been_made_is_not_asked_for_again_unless_a_person_has_looked(
    empty: Trial, kind: Kind
) -> None:
    """For 15 minutes it is looked for; then only `--not-there` lets it be made."""
    digest = planned(empty, *YEAR)
    empty.stage.sds.fail_next(POSTED[kind], Answer(504))
    ended = [empty.sync("sds", "make", digest) for _ in range(3)]
    early = empty.sync("sds", "make", digest, "--not-there", kind)
    sent = len(asked(empty))
    empty.clock.advance(900)
    late = empty.sync("sds", "make", digest)
    done = empty.sync("sds", "make", digest, "--not-there", kind)

    assert [said.code for said in ended] == [Exit.LATER] * 3
    assert "and does not show it yet (asked for at 21:02 UTC" in ended[-1].err
    assert early.code == Exit.USAGE
    assert "cannot be said yet" in early.err
    assert "Run this without --not-there until 21:17 UTC" in early.err
    assert late.code == Exit.TARGET
    assert f"`isams-sync sds make {digest} --not-there {kind}`" in late.err
    assert done.code == Exit.DONE, done.err
    assert asked(empty)[sent:] == [POSTED[each] for each in KINDS[KINDS.index(kind) :]]


def test_nobody_says_that_what_is_in_no_doubt_is_not_there(empty: Trial) -> None:
    """Before anything was begun, of another kind, and when it is seen."""
    digest = planned(empty, *YEAR)
    nothing = empty.sync("sds", "make", digest, "--not-there", "source")
    empty.stage.sds.fail_next(POSTED["year"], Answer(504), done=True)
    empty.sync("sds", "make", digest)
    empty.clock.advance(900)
    other = empty.sync("sds", "make", digest, "--not-there", "flow")
    there = empty.sync("sds", "make", digest, "--not-there", "year")

    assert [said.code for said in (nothing, other, there)] == [Exit.USAGE] * 3
    assert "no source is in doubt: run it without --not-there" in nothing.err
    assert "no school year is in doubt" in there.err
    assert len(asked(empty)) == 3


def test_what_was_made_and_deleted_by_hand_is_made_again_on_a_persons_word(empty: Trial) -> None:
    """Tidying up after a wrong `make`: the notes do not stand in the way for ever."""
    digest = planned(empty, *YEAR)
    made(empty)
    empty.stage.sds.flows = []
    doubt = empty.sync("sds", "make", digest)
    empty.clock.advance(900)
    done = empty.sync("sds", "make", digest, "--not-there", "flow", "--json")

    assert doubt.code == Exit.LATER
    assert [thing["how"] for thing in done.json["things"]] == ["used", "used", "used", "made"]


def test_a_flow_that_is_never_ready_is_waited_for_and_told(empty: Trial) -> None:
    """Ten minutes; then the same command looks again and makes nothing."""
    turn(empty, flow_settles_s=None)
    said = made(empty)
    again = made(empty)

    assert (said.code, again.code) == (Exit.LATER, Exit.LATER)
    assert "all is made, and SDS is not ready with the inbound flow yet" in again.err
    assert "waiting until SDS is ready" in said.err
    assert len(asked(empty)) == 4


def test_a_flow_that_fails_is_told(empty: Trial) -> None:
    """At once, and afterwards it is one that does not serve."""
    turn(empty, flow_settles_s=20.0, flow_settles_as="failed")
    digest = planned(empty, *YEAR)
    said, again = (empty.sync("sds", "make", digest) for _ in range(2))

    assert (said.code, again.code) == (Exit.TARGET, Exit.TARGET)
    assert "all is made, and the inbound flow is failed" in said.err
    assert "because of the inbound flow:" in again.err
    assert "is failed. Nothing that is there is ever changed from here" in again.err
    assert len(asked(empty)) == 4


def test_an_sds_that_is_not_switched_on_is_told_by_make(empty: Trial) -> None:
    """Nothing is asked for."""
    digest = planned(empty, *YEAR)
    turn(empty, switched_on=False)
    said = empty.sync("sds", "make", digest)

    assert said.code == Exit.TARGET
    assert "is School Data Sync switched on in this tenant" in said.err
    assert asked(empty) == []


def test_a_token_that_ends_on_the_way_leaves_no_doubt(empty: Trial) -> None:
    """With a fresh one it goes on where it was."""
    digest = planned(empty, *YEAR)
    turn(empty, flow_settles_s=None)
    empty.settings[VARIABLE] = empty.stage.sds.person_token(lifetime_s=300)
    said = empty.sync("sds", "make", digest)
    turn(empty, flow_settles_s=60.0)
    bring(empty)
    empty.stage.sds.flows = [
        replace(f, settles=None, readiness="ready") for f in empty.stage.sds.flows or ()
    ]
    again = empty.sync("sds", "make", digest)

    assert said.code == Exit.TARGET
    assert f"the token in {VARIABLE} ended at" in said.err
    assert again.code == Exit.DONE, again.err
    assert len(asked(empty)) == 4


# --- which plan -----------------------------------------------------------------------------------


@pytest.mark.parametrize("digest", ["0" * 12, "nonsense", "../plans", "A" * 12, ""])
def test_a_digest_of_no_plan_is_refused(empty: Trial, digest: str) -> None:
    """Nothing is asked of SDS."""
    said = empty.sync("sds", "make", digest)

    assert said.code == Exit.USAGE
    assert "there is no plan of this digest in this storage" in said.err
    assert asked(empty, "GET") == []


def test_a_digest_may_be_typed_in_capitals(empty: Trial) -> None:
    """It is the same."""
    assert empty.sync("sds", "make", planned(empty, *YEAR).upper()).code == Exit.DONE


def test_the_plan_of_a_connector_that_no_setting_names_any_more_is_refused(empty: Trial) -> None:
    """Nobody would ever send to it."""
    digest = planned(empty, *YEAR)
    empty.settings["SDS__CONNECTOR"] = "Other feed"
    said = empty.sync("sds", "make", digest)

    assert said.code == Exit.USAGE
    assert 'the plan is for the connector "MIS feed", which no setting names' in said.err
    assert asked(empty) == []


def test_another_plan_of_what_is_there_is_refused_with_the_difference(empty: Trial) -> None:
    """What was made first stays."""
    made(empty)
    by_mail = empty.sync("sds", "plan", "--match", "mail", "--json")
    said = empty.sync("sds", "make", by_mail.json["digest"])

    assert (by_mail.code, said.code) == (Exit.TARGET, Exit.TARGET)
    assert "matches staff to userPrincipalName, not to mail" in said.err
    assert len(asked(empty)) == 4


def test_with_several_connectors_plan_is_of_one(empty: Trial) -> None:
    """Each is made by a plan of its own; the school year is shared."""
    empty.settings["PROFILES__PREP__CONNECTOR"] = "Prep feed"
    several = empty.sync("sds", *PLAN, *YEAR)
    for name in ("mis feed", "Prep feed"):
        digest = planned(empty, *YEAR, "--connector", name)
        assert empty.sync("sds", "make", digest).code == Exit.DONE

    assert several.code == Exit.USAGE
    assert "say --connector, MIS feed or Prep feed" in several.err
    assert [one.name for one in empty.stage.sds.connectors] == ["MIS feed", "Prep feed"]
    assert len(empty.stage.sds.years) == 1
    assert asked(empty).count(POSTED["year"]) == 1


def test_nothing_that_was_noted_is_ever_swept(empty: Trial) -> None:
    """A note that went would let a thing be made a second time."""
    made(empty)
    noted = {path.relative_to(empty.folder) for path in empty.folder.rglob("setup/**/*.json")}
    empty.clock.advance(timedelta(days=800).total_seconds())
    bring(empty)
    empty.sync("run")
    left = {path.relative_to(empty.folder) for path in empty.folder.rglob("setup/**/*.json")}

    assert len(noted) == 9
    assert left == noted


# --- next-year ------------------------------------------------------------------------------------


def test_next_year_says_from_when_on_there_is_something_to_do(here: Trial) -> None:
    """Sixty days before the flow ends."""
    here.stage.sds.change_flows(lambda f: replace(f, expires=datetime(2027, 8, 31, tzinfo=UTC)))
    said = here.sync("sds", "next-year")

    assert said.code == Exit.DONE
    assert '"MIS feed": its inbound flow ends on 31 August 2027.' in said.out
    assert "Nothing is to be done yet; from 02 July 2027 on this says what." in said.out


def test_next_year_tells_the_steps_with_their_dates(here: Trial) -> None:
    """Numbered, in their order."""
    here.stage.sds.change_flows(lambda f: replace(f, expires=datetime(2026, 10, 1, tzinfo=UTC)))
    said = here.sync("sds", "next-year")

    assert [f"  {number}. " in said.out for number in range(1, 9)] == [True] * 7 + [False]
    assert "by 01 October 2026" in said.out


def test_next_year_of_a_connector_whose_flow_is_not_seen_says_so(here: Trial) -> None:
    """And tells the steps all the same."""
    here.stage.sds.flows = []
    said = here.sync("sds", "next-year")

    assert '"MIS feed": SDS shows no inbound flow of it, or not when it ends.' in said.out
    assert "  7. " in said.out


def test_next_year_of_a_connector_that_sds_does_not_have_says_so(empty: Trial) -> None:
    """With what shows more."""
    said = empty.sync("sds", "next-year")

    assert said.code == Exit.DONE
    assert "SDS shows none of the connectors in the settings: `isams-sync sds show`." in said.out


def test_next_year_in_json_is_one_document(here: Trial) -> None:
    """Days as days."""
    here.stage.sds.flows = [
        Flow(id="f1", connector_id=here.stage.sds.connectors[0].id,
             expires=datetime(2026, 10, 1, tzinfo=UTC))
    ]  # fmt: skip
    document = here.sync("sds", "next-year", "--json").json
    (told,) = document["connectors"]

    assert document["command"] == "sds next-year"
    assert (told["connector"], told["ends"], told["told_from"]) == (
        "MIS feed", "2026-10-01", "2026-08-02",
    )  # fmt: skip
    assert len(told["steps"]) == 7


def test_nothing_is_ever_changed_or_deleted(empty: Trial) -> None:
    """Whatever is there and whatever goes wrong: SDS is only read, and asked for what is new."""
    for kind in KINDS:
        empty.stage.sds.fail_next(POSTED[kind], Answer(504), done=True)
        made(empty)
    empty.sync("sds", "make", planned(empty), "--not-there", "flow")
    by_mail = empty.sync("sds", "plan", "--match", "mail", "--json").json["digest"]
    for words in (("show",), ("next-year",), ("make", by_mail)):
        empty.sync("sds", *words)

    assert {line.method for line in empty.stage.sds.requests} == {"GET", "POST"}
    assert sorted(asked(empty)) == sorted(POSTED.values())
