"""Every error that is kept or shown tells its school, its profile or its connector."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import sync
from simulators.isams.faults import refused
from simulators.school import invent
from simulators.sds import Connector
from sync.edge.storage.queues import Queue, Unqueued
from sync.errors import ConfigError, SourceRefused, SyncError, concerning
from sync.isams.school import School, Subject
from sync.ledger.marks import Failed, Pulled
from sync.ledger.pace import QUIET
from sync.report import Outcome
from sync.roster.subjects import SubjectChoice
from sync.settings import ProfileSettings
from sync.steps import approval, pull, send, tick
from sync.steps.delivery import list_pulls
from sync.terminal.tables import error_text
from tests.worlds import CONNECTOR, make_group, make_world

SYNC = Path(sync.__file__).parent
SCHOOL = invent(20, quirks=False)

# Keepers of an error whose school or connector was told before it came to them.
TOLD_ALREADY = {
    "attempts.attempted",  # whoever has it done tells; its mark is only counted
    "build.write",  # `roster_at` and `profile_set` tell
    "command._carried_out",  # who reads iSAMS tells, and the steps
    "handlers._guarded",  # `_about` tells
    "responses.responded",  # the steps tell, and `to_findings`
    "run._swept",  # `sweep` tells
    "screens.respond",  # the steps tell
    "source._school_in",  # `read_school` tells
}


# -- the whole package ---------------------------------------------------------------------------


def _keepers() -> Iterator[tuple[str, ast.Try]]:
    """Yield each `try` whose handler catches errors of ours and hands them on as values."""
    rooms = [SYNC / room for room in ("steps", "terminal", "web")]
    for path in (path for room in rooms for path in sorted(room.rglob("*.py"))):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Try) and any(map(_keeps, node.handlers)):
                        yield f"{path.stem}.{function.name}", node


def _keeps(handler: ast.ExceptHandler) -> bool:
    """Say whether *handler* is for any error of ours, and gives it away but by raising it."""
    caught = ast.unparse(handler.type) if handler.type else ""
    if caught not in {"SyncError", "SourceError", "StoreError", "TargetError"} or not handler.name:
        return False
    return any(
        isinstance(node, ast.Name) and node.id == handler.name
        for statement in handler.body
        for node in ast.walk(statement)
        if not isinstance(statement, ast.If | ast.Raise)
    )


def _tells(node: ast.Try) -> bool:
    first = node.body[0]
    return isinstance(first, ast.With) and any(
        ast.unparse(item.context_expr).startswith("concerning(") for item in first.items
    )


def test_whoever_keeps_an_error_says_what_it_is_about() -> None:
    """A new `try` that writes an error down, or shows it, names whom it concerns."""
    silent = {name for name, node in _keepers() if not _tells(node)}

    assert silent <= TOLD_ALREADY
    assert {"pull._pull", "send.send", "checks.examine"} <= {name for name, _ in _keepers()}


def test_the_innermost_knows_best() -> None:
    """What an error tells of itself is not written over; what is missing is added."""
    with (
        pytest.raises(SourceRefused) as caught,
        concerning(school="northbank", connector="nightly"),
        concerning(profile="seniors"),
    ):
        raise SourceRefused("no", school="southbank", status=403)

    assert caught.value.facts == {
        "connector": "nightly",
        "profile": "seniors",
        "school": "southbank",
        "status": 403,
    }


# -- a night -------------------------------------------------------------------------------------


def test_a_pull_that_failed_tells_its_school() -> None:
    """In its mark, which status shows, and in its line."""
    scene = make_world(SCHOOL)
    scene.isams.faults = refused(403)
    step = scene.pull()

    (newest,) = list_pulls(scene.store, "northbank")
    assert newest.read(Failed).facts["school"] == "northbank"
    assert '"error_school": "northbank"' in step.line()


def test_a_profile_that_was_not_built_tells_itself_and_its_school() -> None:
    """Beside those that were."""
    scene = make_world(SCHOOL, PROFILES__PREP__INCLUDED_SUBJECTS="no-such-subject")
    step = scene.pull()

    (newest,) = list_pulls(scene.store, "northbank")
    facts = newest.read(Pulled).faults["prep"].facts
    assert (facts["profile"], facts["school"]) == ("prep", "northbank")
    assert step.error
    assert "profile prep" in error_text(step.error)


def test_subjects_that_cannot_be_asked_for_tell_their_school() -> None:
    """As the address and the command do that list them."""
    scene = make_world(SCHOOL)
    scene.isams.faults = refused(403)
    with pytest.raises(SyncError) as caught:
        list(pull.subjects_of(scene.world, "northbank"))

    assert caught.value.facts["school"] == "northbank"


def test_a_delivery_that_failed_tells_its_connector() -> None:
    """And itself; a connector that is not there is told with those that are."""
    others = (Connector(name="Other feed"), Connector(id="c-2", name="MIS\nfeed"))
    scene = make_world(SCHOOL, connectors=others)
    scene.pull()
    step = scene.accept()

    failed = scene.look().deliveries[-1]
    assert failed.read(Failed).facts["connector"] == CONNECTOR
    assert failed.read(Failed).facts["delivery"] == failed.id
    assert step.error
    assert f'"{CONNECTOR}": it has "Other feed" ({others[0].id}), "MISfeed" (c-2)' in str(
        step.error
    )


def test_where_there_is_no_connector_that_is_said() -> None:
    """There is nothing to choose from: one must be made."""
    scene = make_world(SCHOOL, connectors=())
    scene.pull()

    assert "it has none; make an inbound flow for SDS v2.1 CSV: `isams-sync sds plan`" in str(
        scene.accept().error
    )


def test_schools_that_cannot_be_merged_are_both_named() -> None:
    """Legacy ids of two schools can meet in one id."""
    scene = make_group(
        PROFILES__SENIORS__ID_STYLE="legacy",
        PROFILES__PREP__ID_STYLE="legacy",
        PROFILES__SOUTH__ID_STYLE="legacy",
        PROFILES__SOUTH__YEAR_GROUPS="1-13",
    )
    scene.pull("northbank")
    scene.pull("southbank")
    scene.clock.advance(QUIET.total_seconds() + 1)
    step = send.send(scene.world, CONNECTOR)

    assert step.outcome is Outcome.FAILED
    assert step.error
    assert {step.error.facts["school"], step.error.facts["other_school"]} == {
        "northbank",
        "southbank",
    }
    assert step.error.facts["connector"] == CONNECTOR
    assert "northbank and southbank" in str(step.error) or "southbank and northbank" in str(
        step.error
    )


def test_a_tick_tells_whose_trouble_it_met() -> None:
    """The first of it, with its school."""
    scene = make_world(SCHOOL)
    scene.pull()
    scene.clock.advance(3600)
    step = tick.tick(scene.process(nudges=_Deaf()))

    assert step.error
    assert step.error.facts["connector"] == CONNECTOR


class _Deaf(Unqueued):
    """Queues that refuse us."""

    def nudge(self, queue: Queue, message: Mapping[str, str], delay_s: float = 0) -> None:
        raise ConfigError(f"{queue} takes no {len(message)} words in {delay_s} s")


def test_an_answer_that_comes_too_late_tells_connector_and_delivery() -> None:
    """So that whoever asked sees which of several it was."""
    scene = make_world(SCHOOL)
    scene.pull()
    scene.accept()
    delivery_id = scene.look().deliveries[-1].id
    with pytest.raises(SyncError) as caught:
        approval.approve(scene.world, delivery_id)

    assert caught.value.facts["connector"] == CONNECTOR
    assert caught.value.facts["delivery"] == delivery_id


# -- words ---------------------------------------------------------------------------------------


def test_a_subject_that_is_unknown_is_quoted() -> None:
    """As it stands in the setting: a blank or a letter too many is then seen."""
    profile = ProfileSettings.model_validate(
        {"year_groups": "7-9", "included_subjects": "Phy sics,Xx", "connector": "nightly"}
    )
    subjects = {"21": Subject("21", "Ph", "Physics")}
    school = School(pupils={}, employees={}, subjects=subjects, sets={}, repeated={}, counts={})
    with pytest.raises(ConfigError, match=r'\("Phy sics", "Xx"\)'):
        SubjectChoice.of(profile, school)
