"""Learning what PUT takes and GET shows, from the Swagger of the school's own iSAMS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.edge.storage.store import Store
from sync.errors import AddressRefused
from sync.isams.addresses.kinds import ADDRESS, PeopleKind
from sync.isams.addresses.swagger import Contract, SwaggerFault, contracts_in
from sync.ledger.address_plans import Learnt, LearntFields, learnt_folder, numbered


@dataclass(frozen=True, slots=True)
class Learned:
    """What a document says of each kind; those that PUT would harm are not kept."""

    school: str
    kept: Learnt
    harmed: Mapping[PeopleKind, Sequence[str]]


def learn(  # a word of a person, and who says it where
    store: Store, school: str, body: bytes, unused: Sequence[str], *, caller: str, by: str
) -> Learned:
    """Keep what *body*, a Swagger, says; *unused* are fields that a person says the school has not.

    Raises:
        AddressRefused: it is no Swagger; or PUT takes what GET does not show, of every kind; or a
            field called unused is none that PUT takes.
    """
    try:
        contracts = contracts_in(body)
    except SwaggerFault as fault:
        raise AddressRefused(f"{fault}: nothing was learnt", school=school) from None
    _demand_taken(contracts, unused, school)
    harmed = {kind: each.unshown for kind, each in contracts.items() if each.unshown}
    safe = {kind: each for kind, each in contracts.items() if kind not in harmed}
    if not safe:
        raise AddressRefused(
            "by its Swagger, PUT takes what GET does not show, so that it would be emptied unseen:"
            f" {'; '.join(_harms(harmed))}. This iSAMS cannot be written safely",
            school=school,
        )
    learnt = Learnt(
        at=store.now(),
        by=by,
        digest=next(iter(safe.values())).digest,
        kinds={
            kind.value: LearntFields(takes=each.takes, shows=each.shows)
            for kind, each in safe.items()
        },
        unused=tuple(sorted(set(unused))),
        caller=caller,
    )
    while True:
        number = len(store.blobs(learnt_folder(school))) + 1
        if store.claim(f"{learnt_folder(school)}{numbered(number)}.json", learnt.to_json()):
            return Learned(school, learnt, harmed)


def contract_of(learnt: Learnt | None, kind: PeopleKind, school: str) -> Contract:
    """Return what was learnt of *kind*.

    Raises:
        AddressRefused: nothing was.
    """
    fields = learnt.kinds.get(kind.value) if learnt else None
    if learnt is None or fields is None:
        raise AddressRefused(
            f"nothing is known yet of what PUT of {kind} takes: save the Swagger of your iSAMS, and"
            " `isams-sync addresses learn` the file",
            school=school,
        )
    return Contract(fields.takes, fields.shows, learnt.digest)


def _demand_taken(
    contracts: Mapping[PeopleKind, Contract], unused: Sequence[str], school: str
) -> None:
    taken = {name for each in contracts.values() for name in each.takes} - {ADDRESS}
    if strange := [name for name in unused if name not in taken]:
        raise AddressRefused(
            f"--unused: PUT takes no field {', '.join(map(repr, strange))}: expected names as the"
            " Swagger writes them",
            school=school,
        )


def _harms(harmed: Mapping[PeopleKind, Sequence[str]]) -> Iterator[str]:
    for kind, names in harmed.items():
        yield f"of {kind} {', '.join(names)}"
