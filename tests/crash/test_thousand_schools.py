"""P12: whatever a school is like, SDS has nothing to say against what we send."""

from __future__ import annotations

from random import Random

import pytest

from simulators.isams.documents import METHODS, batch_xml
from simulators.school import InventedSchool, invent
from simulators.sds import check_files
from sync.isams.batch import reader
from sync.isams.school import School
from sync.ledger import manifests
from sync.sds import rules
from sync.sds.merge import Offered, merge
from sync.steps.seal import profile_set
from tests.clocks import START
from tests.worlds import make_world

SCHOOLS = 1_000
SHARES = 8


def school(seed: int) -> InventedSchool:
    """Return a small school with what is odd in real registers; only a larger one has it all."""
    return invent(150 if seed % 25 == 0 else Random(seed).choice((8, 12, 16)), seed=seed)


def read(invented: InventedSchool) -> School:
    """Read *invented* as iSAMS tells it."""
    return reader.read_document(batch_xml(invented, METHODS))


SETTINGS = make_world(
    PROFILES__PREP__NAMES="true",
    PROFILES__PREP__CLASS_TITLE="{subject} {set_name} {academic_year}{suffix}",
    PROFILES__PREP__SUFFIX=" (prep)",
    PROFILES__SENIORS__EXTRA_TEACHERS="*a*@northbank.example,svc@northbank.example",
).world.settings


@pytest.mark.parametrize("share", range(SHARES))
def test_sds_finds_no_fault_in_a_thousand_schools(share: int) -> None:
    """Every profile's set, and what they merge to, passes without an error or a warning."""
    for seed in range(share, SCHOOLS, SHARES):
        known = read(school(seed))
        sealed = []
        for profile in SETTINGS.profiles:
            made = profile_set(SETTINGS, profile, known, START)
            files = {name: made.files[name] for name in made.manifest.files}
            sealed.append(files)
            assert check_files(files) == [], f"seed {seed}, {profile}"
        merged = rules.files(merge([Offered("northbank", "9990001", sealed)]))
        assert check_files(merged) == [], f"seed {seed}, merged"
        assert manifests.facts(merged).keys() == files.keys()
