"""What the queries read is what the lines hold, and what they show is what a person wants."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.school import invent
from sync.errors import StoreUnavailable
from sync.report import FIELDS, Outcome, Step
from tests.infra.asked import ALERTS, INFRA, LINES, QUERIES, answer
from tests.infra.kql import Row, evaluate
from tests.infra.kql_text import KqlError
from tests.infra.nights import NIGHTS, NOISE, nights, second_night, traced
from tests.infra.workbook import workbook
from tests.worlds import CONNECTOR

PAGE = Path(__file__).parents[2] / "docs" / "watching.md"
MEMBER = re.compile(r"\bsaid\.(\w+)")


# --- Fields ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told() -> list[dict[str, object]]:
    """Every line of a good night, a failed one, a held one, and of a school full of quirks."""
    runs = [second_night(spoil) for spoil, _ in NIGHTS.values()]
    rows = [row["message"] for run in runs for row in run.rows if row["message"] not in NOISE]
    rows.append(Step("tick", Outcome.SWEPT, facts={"certificate_days": 20}).line())
    rows.append(Step("hand-over", Outcome.SUBMITTED, CONNECTOR, "own", {"flow_days": 20}).line())
    facts: dict[str, int | str] = {"days": 15, "why": "stale"}
    rows.append(Step("carry", Outcome.CARRIED, "southbank", facts=facts).line())
    rows.append(Step("drift", Outcome.SHRUNK, "southbank", "own", {"students": 90}).line())
    rows.append(Step("source", Outcome.UNMOVED, "southbank", facts={"school_days": 10}).line())
    facts = {"late_lacking": 1}
    rows.append(Step("read-back", Outcome.COMPARED, CONNECTOR, facts=facts).line())
    rows.append(Step("offer", Outcome.HELD, "southbank", "own").line())
    rows.append(Step("function", Outcome.FAILED, error=StoreUnavailable("busy")).line())
    return [json.loads(text) for text in rows]


def test_a_line_holds_nothing_but_its_declared_fields(told: list[dict[str, object]]) -> None:
    """Beside them only facts, and every declared field is really told somewhere."""
    seen = {name for line in told for name in line}
    free = {name for name in seen if name.startswith(("fact_", "error_"))}

    assert seen - free == set(FIELDS)


@pytest.mark.parametrize("name", sorted(LINES))
def test_a_query_reads_only_fields_that_lines_have(
    name: str, told: list[dict[str, object]]
) -> None:
    """A field renamed in the code fails here, and not on the night when it is needed."""
    wanted = set(MEMBER.findall(QUERIES[name]))

    assert wanted
    assert wanted <= {field for line in told for field in line}


@pytest.mark.parametrize("name", sorted(LINES))
def test_a_query_compares_with_words_that_there_are(name: str) -> None:
    """Steps and outcomes are spelt as the code spells them."""
    asked = re.findall(r'outcome (?:==|!?in) (\([^)]*\)|"[^"]*")', QUERIES[name])
    outcomes = {word for part in asked for word in re.findall(r'"([^"]+)"', part)}

    assert outcomes <= {one.value for one in Outcome}


@pytest.mark.parametrize("name", sorted(LINES))
def test_every_query_reads_a_line_in_the_same_way(name: str) -> None:
    """The first lines are one text, so that what is mended in one is mended in all."""
    heads = {query[query.index("let lines") : query.index(";")] for query in LINES.values()}

    assert heads == {QUERIES[name][QUERIES[name].index("let lines") : QUERIES[name].index(";")]}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_when_about_what_and_why(name: str) -> None:
    """The three columns that the mail shows, and the window that the rule must have."""
    query = QUERIES[name]
    final = query.rpartition("project ")[2]

    assert final.startswith("timestamp")
    assert re.match(r"// window: \w+, every: \w+\n// ", query)
    assert "why = " in final


def test_the_workbook_is_made_of_the_queries() -> None:
    """After a change in infra/queries: `python -m tests.infra.workbook`."""
    assert (INFRA / "workbook.json").read_text(encoding="utf-8") == workbook()


def test_the_page_tells_of_every_field_and_every_rule() -> None:
    """docs/watching.md explains each field in the code's own words, and each rule."""
    page = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.+?) \|", page, flags=re.MULTILINE))

    assert {name: rows[name] for name in FIELDS} == FIELDS
    assert set(ALERTS) == rows.keys() - FIELDS


# --- What a person reads --------------------------------------------------------------------


def test_the_digest_tells_all_in_a_row_each() -> None:
    """A school, its profiles and their connector: last run, outcome, age and findings."""
    run = nights()
    run.live(3)
    rows = answer("digest", run.rows, run.now)

    assert [(row["what"], row["about"], row["outcome"]) for row in rows] == [
        ("connector", CONNECTOR, "accepted"),
        ("profile", "prep", "sealed"),
        ("profile", "seniors", "sealed"),
        ("school", "northbank", "sealed"),
    ]
    assert {row["age_h"] for row in rows} == {3.0}
    assert rows[1]["detail"].startswith("12 students, 5 teachers, 12 classes")
    assert {row["findings"] for row in rows[1:3]} == {"4"}  # years that neither profile has


def test_the_findings_are_counted_by_code() -> None:
    """Of each profile's newest set, and without a name."""
    run = nights()
    run.one.isams.school = invent(150)
    run.live(1)
    rows = answer("findings", run.rows, run.now)
    seals = [text for row in run.rows if '"step": "seal"' in (text := row["message"])]
    counts = {json.loads(text)["about"]: json.loads(text)["fact_findings"] for text in seals}

    assert ("seniors", "pupil-without-email") in {(row["about"], row["code"]) for row in rows}
    assert {
        about: sum(row["records"] for row in rows if row["about"] == about) for about in counts
    } == counts


@pytest.mark.parametrize("name", sorted(set(LINES) - set(ALERTS) - {"findings"}))
def test_a_query_for_people_gives_rows_of_a_good_night(name: str) -> None:
    """With no column empty throughout, save those that tell of errors and of neighbours."""
    run = nights()
    run.live(3)
    rows = answer(name, run.rows, run.now)
    empty = {column for column in rows[0] if all(row[column] in ("", None) for row in rows)}

    assert empty <= {"fault", "told"}


def test_steps_in_queries_are_steps_of_the_code(told: list[dict[str, object]]) -> None:
    """Every step that a query asks for is told by a night, an answer, several schools, or Teams."""
    asked = re.findall(r'did (?:==|!=|!?in) (\([^)]*\)|"[^"]*")', "\n".join(QUERIES.values()))
    steps = {word for part in asked for word in re.findall(r'"([^"]+)"', part)}

    assert steps - {"answer", "offer"} <= {str(line["step"]) for line in told}


# --- The evaluator ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        "traces | where mesage == 1",
        "trace | take 1",
        "traces | sumarize count()",
        "traces | extend x = tolong(message)",
        "traces | project message | where timestamp > ago(1h)",
        "traces | summarize x = median(message)",
        "traces | where message ==",
        "traces | take 1 traces",
    ],
)
def test_the_evaluator_knows_what_it_does_not_know(wrong: str) -> None:
    """A misspelt column, table, operator or function is an error and never an empty answer."""
    rows: list[Row] = [traced(datetime(2026, 9, 14, tzinfo=UTC), NOISE[0])]

    with pytest.raises(KqlError):
        evaluate(wrong, {"traces": rows}, datetime(2026, 9, 14, tzinfo=UTC))
