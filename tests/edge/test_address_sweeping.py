"""What a plan of addresses has kept of people is gone after a week, whoever forgot it."""

from __future__ import annotations

from sync.ledger.address_plans import AddressPlan, Before, Planned
from sync.steps import sweep
from tests.worlds import make_world

DAY_S = 86_400


def test_the_daily_sweep_takes_what_names_people() -> None:
    """The app does it, which can neither read a record nor write one."""
    here = make_world()
    store, at = here.store, here.clock.now()
    folder = "addresses/northbank/plans/000001/"
    planned = Planned(at=at, by="x", kind="pupils", records=1, digest="d", learnt="d")
    store.create(f"{folder}planned.json", planned.to_json())
    rows = AddressPlan(rows=(), takes=(), shows=())
    store.create(f"{folder}addresses.json", rows.to_json())
    before = Before(at=at, by="x", members={}, address="null")
    store.create(f"{folder}before-1.json", before.to_json())
    here.clock.advance(6 * DAY_S)
    sweep.sweep(here.world, store.now())
    early = [blob.name.removeprefix(folder) for blob in store.blobs(folder)]
    here.clock.advance(2 * DAY_S)
    sweep.sweep(here.world, store.now())
    late = [blob.name.removeprefix(folder) for blob in store.blobs(folder)]

    assert early == ["addresses.json", "before-1.json", "planned.json"]
    assert late == ["planned.json"]
