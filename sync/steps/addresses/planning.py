"""Making a plan: which records, each as it was read, once it is known that all of them is seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sync.errors import AddressRefused, SourceMalformed, StoreMissing
from sync.isams.addresses import fitness
from sync.isams.addresses.kinds import ADDRESS, PeopleKind
from sync.isams.addresses.matching import Proposal
from sync.isams.addresses.record_text import Members, digest, is_blank_address
from sync.isams.addresses.swagger import Contract
from sync.ledger.address_plans import (
    MOST,
    AddressPlan,
    AddressWritten,
    Learnt,
    LookedAt,
    PlanFolder,
    Planned,
    PlannedAddress,
    PlanState,
    looked_name,
    numbered,
)
from sync.ledger.folders import Folder
from sync.steps.addresses.desk import Desk, OpenPlan, find_plan
from sync.steps.addresses.learning import contract_of, demand_learnt_of, unused_words

_EVIDENCE = 100  # records that are read beyond the plan, until every field was seen with a value


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plan that was made; of the list, so many more are left for the next, so many were not fit.

    `first` says that it is the first of its kind, which a person looks at before another is made.
    """

    plan: OpenPlan
    left: int
    unfit: int
    first: bool


def plan_addresses(
    desk: Desk,
    kind: PeopleKind,
    proposals: Sequence[Proposal],
    current: Sequence[str],
    only: Sequence[str] = (),
) -> Drawn:
    """Plan to write the first of *proposals*, or those whose record is *only*.

    *current* are the ids of all current records of *kind*, which may show what these do not.

    Raises:
        AddressRefused: nothing was learnt; a plan is open, or a record of one in doubt; the first
            was not looked at; or not all that PUT takes is surely seen.
        SourceError: a record could not be read.
    """
    learnt = demand_learnt_of(desk.learnt(), kind, desk.school)
    contract = contract_of(learnt, kind)
    earlier = desk.plans()
    _demand_none_open(desk, earlier)
    first = not _was_looked_at(desk, kind, contract)
    chosen = _chosen(desk, proposals, only)
    if first:
        _demand_one(desk, earlier, kind, contract, only)
    rows, records = _rows(desk, kind, chosen[:MOST], contract)
    _demand_all_seen(desk, kind, learnt, records, _others(proposals, current, rows))
    if not rows:
        raise AddressRefused(
            f"there is nothing to plan: no record of {kind} lacks an address that Entra has",
            school=desk.school,
        )
    plan = _kept(desk, kind, contract, rows, earlier)
    return Drawn(plan, len(chosen) - len(rows), len(chosen[:MOST]) - len(rows), first)


def _chosen(desk: Desk, proposals: Sequence[Proposal], only: Sequence[str]) -> Sequence[Proposal]:
    if not only:
        return proposals
    by_id = {each.record.id: each for each in proposals}
    if strange := [record_id for record_id in only if record_id not in by_id]:
        raise AddressRefused(
            f"--only: {len(strange)} of these ids are not on the list of who lacks an address that"
            " Entra has: take ids from the file that `isams-sync addresses --out` writes",
            school=desk.school,
        )
    return [by_id[record_id] for record_id in dict.fromkeys(only)]


# -- may there be a plan -------------------------------------------------------------------------


def _demand_none_open(desk: Desk, plans: Sequence[PlanFolder]) -> None:
    for plan in plans:
        if plan.in_doubt():
            raise AddressRefused(
                f"a record of {plan.id} is in doubt: see `isams-sync addresses doubt {plan.id}`"
                " first; after seven days it is forgotten",
                school=desk.school,
            )
        if plan.is_open:
            how = "is carried out" if plan.state is PlanState.BEGUN else "waits"
            raise AddressRefused(
                f"{plan.id} {how}, and a school has one plan at a time: `isams-sync addresses write"
                f" {plan.id}`, or wait: an hour without a step, and it is void",
                school=desk.school,
            )


def _was_looked_at(desk: Desk, kind: PeopleKind, contract: Contract) -> bool:
    name = looked_name(desk.school, kind, contract.digest)
    try:
        LookedAt.from_json(name, desk.store.read(name))
    except StoreMissing:
        return False
    return True


def _demand_one(
    desk: Desk,
    plans: Sequence[PlanFolder],
    kind: PeopleKind,
    contract: Contract,
    only: Sequence[str],
) -> None:
    """Raise unless a person names the one record of a first plan, and no other was written."""
    for plan in plans:
        if plan.folder.keys(AddressWritten) and _is_of(desk, plan, kind, contract):
            raise AddressRefused(
                f"{plan.id} has written the first record of {kind}: look at it on iSAMS's own"
                f" screens, and say so with `isams-sync addresses looked {plan.id}`",
                school=desk.school,
            )
    if len(only) != 1:
        raise AddressRefused(
            f"nothing was written of {kind} yet by what this Swagger says: begin with one record,"
            " and name it with --only and its id",
            school=desk.school,
        )


def _is_of(desk: Desk, plan: PlanFolder, kind: PeopleKind, contract: Contract) -> bool:
    with suppress(StoreMissing):
        planned = desk.read(plan, Planned)
        return planned.kind == kind and planned.learnt == contract.digest
    return False


# -- are the records fit -------------------------------------------------------------------------


def _rows(
    desk: Desk, kind: PeopleKind, proposals: Sequence[Proposal], contract: Contract
) -> tuple[list[PlannedAddress], list[Members]]:
    """Return what is planned for each of *proposals* that still lacks its address, and its record.

    iSAMS may have got it since the school was read, or moved the record to former ones; or the
    record is another person's by what it says now.
    """
    rows, records = [], []
    for number, proposal in enumerate(proposals, start=1):
        desk.tell(f"record {number} of {len(proposals)}")
        record = seen_by_both(desk, kind, proposal.record.id, contract)
        if (
            record is not None
            and is_blank_address(record[ADDRESS])
            and fitness.is_of(proposal.record, record)
        ):
            row = PlannedAddress(
                record_id=proposal.record.id,
                address=proposal.address,
                was=record[ADDRESS],
                digest=digest(record, proposal.address),
            )
            rows.append(row)
            records.append(record)
    return rows, records


def seen_by_both(
    desk: Desk, kind: PeopleKind, record_id: str, contract: Contract
) -> Members | None:
    """Return a record as the writing client sees it; None if there is none any more.

    Raises:
        AddressRefused: the reading client sees a value that the writing one does not.
        SourceMalformed: it has other members than was learnt.
    """
    record = desk.writing.read(kind, record_id)
    if record is None:
        return None
    demand_learnt(record, contract)
    return record if is_seen(desk, kind, record_id, record) else None


def is_seen(desk: Desk, kind: PeopleKind, record_id: str, record: Members) -> bool:
    """Say whether the client that reads sees the record too, and nothing that *record* lacks.

    Raises:
        AddressRefused: it sees a value that the writing one does not.
    """
    other = desk.reading.read(kind, record_id)
    if other is None:
        return False
    if hidden := fitness.hidden(other, record):
        raise AddressRefused(
            f"the client that writes does not see {', '.join(hidden)} as the client that reads"
            " does: PUT would change it. If nobody has just edited that record, give the writing"
            " client *full* on the whole module, or do not write",
            school=desk.school,
        )
    return True


def demand_learnt(record: Members, contract: Contract) -> None:
    """Raise if *record* has a member that was not learnt, or lacks one that PUT takes."""
    if strange := fitness.unlearnt(record, contract):
        raise SourceMalformed(
            f"iSAMS's record has {len(strange)} members that the Swagger does not name: save the"
            " Swagger anew, and `isams-sync addresses learn` it again"
        )
    if missing := fitness.missing(record, contract):
        raise SourceMalformed(
            f"iSAMS does not show {', '.join(missing)}, which PUT takes and would empty: nothing is"
            " written"
        )


def _others(
    proposals: Sequence[Proposal], current: Sequence[str], rows: Sequence[PlannedAddress]
) -> Iterator[str]:
    """Yield what else may be looked at, by id: the rest of the list, then all other records."""
    planned = {row.record_id for row in rows}
    others = dict.fromkeys([*(each.record.id for each in proposals), *current])
    yield from (record_id for record_id in others if record_id not in planned)


def _demand_all_seen(  # what was learnt, and what was seen
    desk: Desk,
    kind: PeopleKind,
    learnt: Learnt,
    records: list[Members],
    others: Iterator[str],
) -> None:
    """Raise unless each field that PUT takes is seen with a value in some record.

    Those of the plan are looked at first, then *others*, as many as it takes.
    """
    contract, unused = contract_of(learnt, kind), frozenset(learnt.kinds[kind.value].unused)
    seen = list(records)
    unseen = fitness.unseen(seen, contract, unused)
    for number, record_id in enumerate(others):
        if not unseen or number >= _EVIDENCE:
            break
        desk.tell(f"looking for a value of {len(unseen)} fields")
        if record := seen_by_both(desk, kind, record_id, contract):
            seen.append(record)
            unseen = fitness.unseen(seen, contract, unused)
    if unseen:
        words = unused_words(learnt, kind, unseen)
        raise AddressRefused(
            f"nobody can tell whether iSAMS shows {', '.join(unseen)}: no record that was read has"
            " a value there, and PUT would empty what is hidden. If the school does not use them,"
            f" say so: `isams-sync addresses learn FILE --unused {','.join(words)}`",
            school=desk.school,
        )


# -- keeping it ----------------------------------------------------------------------------------


def _kept(
    desk: Desk,
    kind: PeopleKind,
    contract: Contract,
    rows: Sequence[PlannedAddress],
    earlier: Sequence[PlanFolder],
) -> OpenPlan:
    """Keep the plan under the number after *earlier*; raise if somebody was quicker."""
    whole = "\n".join(f"{row.record_id} {row.digest}" for row in rows)
    planned = Planned(
        at=desk.store.now(),
        by=desk.by,
        kind=kind.value,
        records=len(rows),
        digest=hashlib.sha256(f"{kind} {contract.digest}\n{whole}".encode()).hexdigest(),
        learnt=contract.digest,
        caller=desk.caller,
    )
    number = max((plan.number for plan in earlier), default=0) + 1
    folder = PlanFolder(desk.school, number, Folder(numbered(number), {}), planned.at)
    if not desk.keep(folder, planned):
        raise AddressRefused(
            "somebody else has just made a plan of this school: see it, or wait an hour",
            school=desk.school,
        )
    content = AddressPlan(rows=tuple(rows), takes=contract.takes, shows=contract.shows)
    desk.keep(folder, content)
    return OpenPlan(find_plan(desk, folder.id), planned, content)
