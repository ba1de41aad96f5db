"""A suffix that lost its blank, or got it back: `check` tells the titles before Teams has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.school import invent
from sync.report import Exit
from tests.edge.cli_stage import Trial, trial

SENIORS = "PROFILES__SENIORS__"


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Trial]:
    with trial(tmp_path, capsys, invent(20, quirks=False)) as here:
        yield here


def row(here: Trial) -> dict[str, str]:
    """Return what `check` says of titles with a suffix."""
    checks = here.sync("check", "--json").json["checks"]
    (found,) = (row for row in checks if row["check"].endswith(": titles with a suffix"))
    return {key: found[key] for key in ("state", "told", "next")}


def test_old_and_new_title_are_shown_where_one_that_sds_holds_will_be_another(here: Trial) -> None:
    """Before the next reading, so that nobody meets it first in Teams."""
    before = row(here)
    here.settings |= {SENIORS + "CLASS_TITLE": "{set_code}2026"}  # as it was once sent
    assert here.sync("run", "--approve", "--wait", "0").code == Exit.DONE
    sent = row(here)
    here.settings |= {SENIORS + "CLASS_TITLE": "{set_code}{suffix}", SENIORS + "SUFFIX": "2026"}
    told = row(here)
    assert here.sync("run", "--wait", "0").code == Exit.DONE

    assert (before["state"], before["told"]) == ("ok", "SDS holds nothing of ours yet")
    assert (sent["state"], sent["told"]) == ("ok", "stay as they are")
    assert told["state"] == "warning"
    assert "titles that will be others: " in told["told"]
    assert "2026': '" in told["told"]
    assert " 2026'" in told["told"]
    assert "{suffix}" in told["next"]
    assert row(here)["told"] == "stay as they are"


def test_no_name_of_a_tutor_is_shown(here: Trial) -> None:
    """`check` names nobody: of tutor groups it tells how many."""
    here.settings |= {
        SENIORS + "CLASSES": "tutors",
        SENIORS + "TUTOR_TITLE": "Tutor group {name}2026",
        "PROFILES__PREP__CLASSES": "forms",
    }
    here.sync("run", "--approve", "--wait", "0")
    here.settings |= {
        SENIORS + "TUTOR_TITLE": "Tutor group {name}{suffix}",
        SENIORS + "SUFFIX": "2026",
    }
    told = row(here)

    assert told["told"].startswith("titles that will be others: ")
    assert "such as" not in told["told"]


@pytest.mark.parametrize("suffix", ["1", "3"])
def test_an_id_behind_a_title_is_taken_for_no_suffix(here: Trial, suffix: str) -> None:
    """With TITLE_CLASH=id the suffix stands before it, and its digits may be in it."""
    here.settings |= {
        SENIORS + "CLASS_TITLE": "{subject} {suffix}",
        SENIORS + "SUFFIX": suffix,
        SENIORS + "TITLE_CLASH": "id",
    }
    here.sync("run", "--approve", "--wait", "0")

    assert row(here)["told"] == "stay as they are"
