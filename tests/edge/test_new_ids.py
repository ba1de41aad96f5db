"""A class that SDS holds under an id that a version before made: told, held, and then let go."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.school import InventedSchool, invent
from sync.ledger import manifests
from sync.ledger.manifests import DeliveryManifest
from sync.ledger.offers import Schools
from sync.report import Exit, Outcome
from sync.roster.identifiers import group_id
from sync.steps.doctor import class_ids
from tests.edge.cli_stage import Trial, trial
from tests.edge.test_doctor_every_class import row

FORM = "8B (Art)"
BEFORE = "-form-8B.20..28.Art.29."
CLASS_IDS = "SDS connector of prep, seniors: class ids"


def with_form(school: InventedSchool) -> InventedSchool:
    """Return *school* with a form of Year 8 that is called what makes no address."""
    old = next(form.name for form in school.forms if form.year == 8)
    forms = (replace(each, name=FORM) if each.name == old else each for each in school.forms)
    pupils = (replace(each, form=FORM) if each.form == old else each for each in school.pupils)
    return replace(school, forms=tuple(forms), pupils=tuple(pupils))


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, with_form(invent(60, quirks=False))) as here:
        here.settings["PROFILES__SENIORS__CLASSES"] = "sets,forms"
        yield here


def as_before(here: Trial) -> tuple[str, str]:
    """Make of what SDS holds what a version before had sent; return old and new id."""
    (path,) = (here.folder / "rosters" / "connectors").glob("*/*/manifest.json")
    year = manifest_year(path)
    new = group_id("9990001", year, "form", FORM)
    old = f"9990001-{year}{BEFORE}"
    pair = new.encode(), old.encode()
    of_classes = {"classes.csv", "enrollments.csv"}
    reseal(path, lambda name, body: body.replace(*pair) if name in of_classes else body)
    return old, new


def reseal(path: Path, change: Callable[[str, bytes], bytes]) -> None:
    """Write anew the delivery whose manifest *path* is, each file as *change* makes it.

    The version before did not say what it has of each school.
    """
    (path.parent / Schools.file_name).unlink(missing_ok=True)
    manifest = DeliveryManifest.model_validate(json.loads(path.read_text("utf-8")))
    files = {name: change(name, (path.parent / name).read_bytes()) for name in manifest.files}
    for name, body in files.items():
        (path.parent / name).write_bytes(body)
    facts = manifests.facts(files)
    changed = {"files": facts, "digest": manifests.digest(facts)}
    path.write_bytes(manifest.model_copy(update=changed).to_json())


def manifest_year(path: Path) -> int:
    """Return the academic year in the class ids beside *path*."""
    first = (path.parent / "classes.csv").read_text("utf-8").splitlines()[1]
    return int(first.split("-")[1])


def only_held(here: Trial) -> str:
    """Return the id of the only delivery that is held."""
    document = here.sync("status", "--json").json["connectors"]
    (held,) = [d["id"] for c in document.values() for d in c["deliveries"] if d["state"] == "held"]
    return str(held)


def test_what_sds_holds_under_an_id_of_today_needs_nothing(here: Trial) -> None:
    """Neither before the first delivery, nor after it."""
    nothing = row(here, CLASS_IDS)
    here.sync("run", "--approve", "--wait", "0")

    assert nothing == {"state": "ok", "told": "SDS holds nothing of ours yet", "next": ""}
    assert row(here, CLASS_IDS) == {"state": "ok", "told": "as they are made today", "next": ""}


def test_our_rule_changed_is_told_before_it_is_held_and_once(here: Trial) -> None:
    """`check` names old and new id from the upgrade on; the delivery waits; then it is over."""
    here.sync("run", "--approve", "--wait", "90")
    old, new = as_before(here)

    told = row(here, CLASS_IDS)
    held = here.sync("run", "--wait", "0")
    approved = here.sync("approve", only_held(here))
    ended = here.end_run()

    assert told["state"] == "warning"
    assert told["told"].startswith("our rule changed")
    assert f"{old} becomes {new}" in told["told"]
    assert "approve" in told["next"]
    assert held.code == Exit.HELD
    assert "1 class would get another id, and so another Team: our rule changed" in held.out
    assert approved.code == Exit.DONE
    assert ended.outcome is Outcome.DONE
    assert here.sync("run").code == Exit.DONE
    assert row(here, CLASS_IDS)["told"] == "as they are made today"


def test_what_a_version_before_sent_can_be_restored(here: Trial) -> None:
    """It goes as it went: SDS has these classes, and a rule of today takes none of them away."""
    here.sync("run", "--approve", "--wait", "90")
    old, _ = as_before(here)
    former = next((here.folder / "rosters" / "connectors").glob("*/*/manifest.json")).parent.name
    here.sync("run", "--wait", "0")
    here.sync("approve", only_held(here))

    restored = here.sync("restore", former)
    sent = here.stage.sds.submissions[-1].files

    assert restored.code == Exit.DONE, restored.err
    assert old.encode() in sent["classes.csv"]


def test_of_many_classes_twenty_are_named() -> None:
    """And of the others how many there are."""
    renewed = {f"9-2026-form-{n:02}A.2A.": f"9-2026-form-{n:02}A.00000000" for n in range(1_021)}

    told = class_ids.note_of(renewed)

    assert "-19A.2A. becomes" in told.text
    assert told.text.endswith("and 1,001 more")
