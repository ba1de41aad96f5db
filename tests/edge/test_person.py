"""A person's own token: brought in a variable, used while it lives, shown to nobody."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.sds import SETUP_READ_ROLES, SETUP_ROLES, Answer
from sync.edge.graph.person import VARIABLE, brought
from sync.edge.graph.requests import Errand
from sync.edge.graph.setup import MAKES, READ_TO_MAKE, READS, may
from sync.errors import ConfigError, TargetRefused
from sync.report import Exit
from sync.steps.setup.look import demand_may
from tests.clocks import START, FakeClock
from tests.edge.cli_stage import Trial, trial
from tests.edge.setup_tenant import person, setting

MATCH = ("--match", "userPrincipalName")


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys) as started:
        yield started


def token(**claims: object) -> str:
    """Return a token of no use that says *claims* of itself."""
    parts = ({"alg": "none"}, claims)
    coded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join(part.rstrip("=") for part in coded) + "."


@pytest.mark.parametrize("env", [{}, {VARIABLE: ""}, {VARIABLE: "  \n"}])
def test_without_a_token_it_is_said_where_to_find_one(env: dict[str, str]) -> None:
    """The app's own sign-in never stands in for it."""
    with pytest.raises(ConfigError, match=r"not the app's.*Graph Explorer.*Access token"):
        brought(env, FakeClock())


@pytest.mark.parametrize(
    "text", ["Bearer abc", "abc\ndef", '"abc"', "copy the token here", "a&b", "ключ"]
)
def test_what_cannot_be_a_token_is_refused_and_not_repeated(text: str) -> None:
    """A word too many was copied along: nothing is asked with it, and it is not shown."""
    with pytest.raises(ConfigError, match="copy it again, whole and alone") as refused:
        brought({VARIABLE: text}, FakeClock())

    assert text not in str(refused.value)


def test_blanks_around_a_token_are_not_of_it() -> None:
    """They are copied along easily."""
    tokens = brought({VARIABLE: "  abc.def.ghi\n"}, FakeClock())

    assert tokens.token().get_secret_value() == "abc.def.ghi"


def test_a_token_that_has_ended_is_not_sent() -> None:
    """It says when it ended, by its own word, and where the next one is."""
    made = setting()
    made.clock.advance(4500)

    with pytest.raises(TargetRefused, match="ended at 2026-09-14 22:15 UTC: copy a fresh one"):
        made.sds.years(made.budget)
    assert made.sent == []


def test_a_token_lives_until_the_second_at_which_it_ends() -> None:
    """A second before it is sent."""
    made = setting()
    made.clock.advance(4499)

    assert made.sds.years(made.budget)


def test_a_token_that_graph_refuses_is_not_sent_a_second_time() -> None:
    """There is no other to be had: whoever brought it is told."""
    made = setting()
    made.sim.tokens.clear()

    with pytest.raises(TargetRefused, match=f"does not accept the token in {VARIABLE}: copy"):
        made.sds.years(made.budget)
    with pytest.raises(TargetRefused, match="does not accept"):
        made.sds.sources(made.budget)
    assert [line.status for line in made.sim.requests] == [401]


def test_a_post_that_graph_refuses_for_its_token_has_made_nothing() -> None:
    """So it is no doubt: the next try may ask for it again."""
    made = setting(empty=True)
    made.sim.fail_next("yearsPost", Answer(401))

    with pytest.raises(TargetRefused) as refused:
        made.sds.make("year", {"displayName": "2027/28"}, made.budget)
    assert not refused.value.outcome_unknown
    assert made.posts() == 1


@pytest.mark.parametrize("text", ["opaque", "a.b.c", "a.-_-.c", "a." + "W10" + ".c"])
def test_a_token_that_cannot_be_read_goes_on(text: str) -> None:
    """Microsoft calls it opaque: then Graph alone says what it may do and when it ends."""
    tokens = person(FakeClock(), text)

    assert (tokens.claims.may, tokens.claims.ends_at) == (None, None)
    assert tokens.token().get_secret_value() == text
    demand_may(tokens.claims.may, READS)


def test_a_token_says_its_scopes_and_its_end() -> None:
    """Of a person `scp`, of an app `roles`; a moment that is none tells nothing."""
    scopes = person(FakeClock(), token(scp="A.Read.All B.Read.All", exp=START.timestamp()))
    roles = person(FakeClock(), token(roles=["A.Read.All", 7], exp="soon"))

    assert scopes.claims.may == frozenset({"A.Read.All", "B.Read.All"})
    assert scopes.claims.ends_at == START
    assert (roles.claims.may, roles.claims.ends_at) == (frozenset({"A.Read.All"}), None)


def test_all_missing_permissions_are_named_at_once() -> None:
    """A person consents once and copies once; what each is for stands beside it."""
    lacking = {"IndustryData-TimePeriod.Read.All", "IndustryData-SourceSystem.Read.All"}

    with pytest.raises(TargetRefused) as refused:
        demand_may(SETUP_READ_ROLES - lacking, READS)
    said = str(refused.value)
    assert all(f"{role}, to list" in said for role in lacking)
    assert "Consent to them in Graph Explorer" in said
    assert "OutboundFlow" not in said
    assert refused.value.facts["missing"] == 2


@pytest.mark.parametrize("errand", READ_TO_MAKE)
def test_who_may_write_may_read(errand: Errand) -> None:
    """Graph's tables list the writing permission as one that reads as well."""
    writing = errand.role.replace(".Read.", ".ReadWrite.")

    assert may(frozenset({writing}), errand)
    assert not may(frozenset({"IndustryData.ReadBasic.All"}), errand)


def test_who_may_read_may_not_write() -> None:
    """Each thing that is made wants its own."""
    assert not any(may(SETUP_READ_ROLES, errand) for errand in MAKES.values())


# --- at a terminal --------------------------------------------------------------------------------


def test_make_asks_for_no_sign_in_of_the_app(here: Trial) -> None:
    """Without a token nothing is sent, not even to the sign-in."""
    said = here.sync("sds", "make", "0" * 12)

    assert said.code == Exit.USAGE
    assert f"{VARIABLE} is not set" in said.err
    assert here.stage.sds.requests == []


def test_make_names_every_permission_that_it_lacks(here: Trial) -> None:
    """Those to write: who holds them may read. Nothing is asked of SDS before."""
    here.settings[VARIABLE] = here.stage.sds.person_token()
    digest = here.sync("sds", "plan", *MATCH, "--json").json["digest"]
    here.stage.sds.requests.clear()
    here.settings[VARIABLE] = here.stage.sds.person_token(["IndustryData-TimePeriod.Read.All"])
    said = here.sync("sds", "make", digest)

    assert said.code == Exit.TARGET
    assert all(errand.role in said.err for errand in MAKES.values())
    assert here.stage.sds.requests == []


def test_plan_names_every_permission_that_it_lacks(here: Trial) -> None:
    """Before it asks for anything."""
    here.settings[VARIABLE] = here.stage.sds.person_token(["User.Read"])
    said = here.sync("sds", "plan", *MATCH)

    assert said.code == Exit.TARGET
    assert said.err.count(".Read.All, to list") == 5
    assert here.stage.sds.requests == []


def test_show_tells_when_the_token_ends_and_what_it_does_not_see(here: Trial) -> None:
    """What may not be read is said, with its role; the rest is shown all the same."""
    scopes = SETUP_ROLES - {"IndustryData-OutboundFlow.Read.All"}
    here.settings[VARIABLE] = here.stage.sds.person_token(scopes, lifetime_s=3660)
    said = here.sync("sds", "show")

    assert said.code == Exit.DONE
    assert "and ends in 60 minutes." in said.out
    assert (
        "It lacks IndustryData-OutboundFlow.Read.All: what that would show is not seen." in said.out
    )
    assert "Not seen: Graph would not list the outbound flows" in said.out
    assert "consent to IndustryData-OutboundFlow.Read.All in Graph Explorer" in said.out
    assert "What SDS makes" not in said.out
    assert "MIS feed" in said.out


def test_a_token_that_cannot_be_read_is_told_as_that(here: Trial) -> None:
    """Graph decides; here it does not know it."""
    here.settings[VARIABLE] = "opaque"
    said = here.sync("sds", "show")

    assert said.code == Exit.TARGET
    assert "does not accept the token" in said.err


def test_the_token_is_shown_nowhere(here: Trial) -> None:
    """Neither on the screen nor in JSON, nor in storage; and not when it is refused."""
    sds = here.stage.sds
    here.settings[VARIABLE] = canary = sds.person_token()
    said = [here.sync("sds", "show", "--json"), here.sync("sds", "plan", *MATCH, "--json")]
    said += [here.sync("sds", "make", said[1].json["digest"], "--json")]
    sds.tokens.clear()
    for words in (("show",), ("plan", *MATCH), ("next-year",), ("make", said[1].json["digest"])):
        said += [here.sync("sds", *words), here.sync("sds", *words, "--json")]
    stored = [path for path in (here.folder / "rosters").rglob("*") if path.is_file()]

    assert [each.code for each in said] == [0, 0, 0, *[Exit.TARGET] * 8]
    assert stored
    for text in (*(f"{each.out}{each.err}" for each in said), *(p.read_text() for p in stored)):
        assert not any(part in text for part in canary.split(".") if part)
