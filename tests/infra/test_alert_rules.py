"""Each alert asks its query, over the time and as often as the query says, and a mail goes out."""

from __future__ import annotations

import json
import re

import pytest

from tests.infra.bicep import INFRA, Code, Value, load, parsed

WATCHING = parsed("watching.bicep", load()["watching.bicep"])
RULES = WATCHING.of("variable")["rules"].value

# What the issue of a school's night may be, each with a rule.
REASONS = {
    *("failed", "held", "silent", "poison", "refused", "stale", "expiring", "read", "carried"),
    *("shrunk", "unmoved", "not-landed"),
}
WHO_MAY = """replace(
      loadTextContent('queries/read.kql'),
      '"who may"',
      join(map(readers, id => '"${toLower(id)}"'), ', ')
    )"""
# The windows that the platform takes for log alerts, up to an interval of a day.
TIMES = {"PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT6H", "P1D", "P2D"}


def rules() -> dict[str, dict[str, Value]]:
    """Return the alert rules by name."""
    assert isinstance(RULES, list)
    return {str(rule["name"]): dict(rule) for rule in RULES if isinstance(rule, dict)}


def test_there_is_a_rule_for_each_reason_to_tell_a_person() -> None:
    """None is forgotten, and none is there twice."""
    assert set(rules()) == REASONS
    assert isinstance(RULES, list)
    assert len(RULES) == len(REASONS)


@pytest.mark.parametrize("name", sorted(REASONS))
def test_a_rule_asks_its_own_query_as_the_query_says(name: str) -> None:
    """The first line of a query names its window and interval; the platform takes both."""
    rule = rules()[name]
    first = (INFRA / "queries" / f"{name}.kql").read_text(encoding="utf-8").splitlines()[0]
    said = re.fullmatch(r"// window: (\w+), every: (\w+)", first)

    loaded = f"loadTextContent('queries/{name}.kql')"
    assert rule["query"] == Code(WHO_MAY if name == "read" else loaded)
    assert said
    assert (rule["window"], rule["every"]) == said.groups()
    assert {rule["window"], rule["every"]} <= TIMES
    assert rule["every"] != "P2D"


def test_every_rule_is_put_to_work() -> None:
    """One alert is made of each rule: any row in the answer is a reason, and people are told."""
    alert = WATCHING.of("resource")["alert"]
    criteria = "properties.criteria.allOf.0"
    fields = {
        "displayName": "'iSAMS sync: ${rule.title}'",
        "description": "rule.advice",
        "severity": "rule.severity",
        "windowSize": "rule.window",
        "evaluationFrequency": "rule.every",
    }

    assert "rule in rules" in alert.loop
    assert {name: alert.at(f"properties.{name}") for name in fields} == {
        name: Code(text) for name, text in fields.items()
    }
    assert alert.at(f"{criteria}.query") == Code("rule.query")
    assert (alert.at(f"{criteria}.operator"), alert.at(f"{criteria}.threshold")) == (
        "GreaterThan",
        0,
    )
    assert alert.at("properties.enabled") == Code("rule.name != 'read' || watchReaders")
    assert alert.at("properties.scopes") == [Code("rule.name == 'read' ? workspaceId : insightsId")]
    assert alert.at("properties.skipQueryValidation") is True
    assert alert.at("properties.actions.actionGroups") == [Code("people.id")]


def test_no_word_of_a_log_line_is_asked_into_a_mail() -> None:
    """Only what a rule splits its rows by, or adds of its own, would be: docs/privacy.md."""
    alert = WATCHING.of("resource")["alert"]
    added = "properties.actions.customProperties", "properties.actions.actionProperties"
    places = [*added, "properties.criteria.allOf.0.dimensions"]

    assert [place for place in places if alert.at(place) is not None] == []


def test_the_workbook_is_the_one_in_this_folder() -> None:
    """It is deployed as it is, and it is what the portal reads."""
    workbook = json.loads((INFRA / "workbook.json").read_text(encoding="utf-8"))
    deployed = WATCHING.of("resource")["workbook"].at("properties.serializedData")

    assert deployed == Code("loadTextContent('workbook.json')")
    assert workbook["version"] == "Notebook/1.0"
