"""Learning what PUT takes and GET shows, from the Swagger of the school's own iSAMS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    Such a word is of one kind: what no pupil has, staff may. `staff.leavingDate` says which; where
    only one kind has the field, its name will do.

    Raises:
        AddressRefused: it is no Swagger; or PUT takes what GET does not show, of every kind, and
            then what was learnt before counts no more; or a field called unused is none that PUT
            takes, or one of several kinds.
    """
    try:
        contracts = contracts_in(body)
    except SwaggerFault as fault:
        raise AddressRefused(f"{fault}: nothing was learnt", school=school) from None
    harmed = {kind: each.unshown for kind, each in contracts.items() if each.unshown}
    safe = {kind: each for kind, each in contracts.items() if kind not in harmed}
    digest = next(iter(contracts.values())).digest
    if not safe:
        # What was learnt before is no longer what PUT takes: nothing is written by it any more.
        _keep(store, school, Learnt(at=store.now(), by=by, digest=digest, kinds={}, caller=caller))
        raise AddressRefused(
            "by its Swagger, PUT takes what GET does not show, so that it would be emptied unseen:"
            f" {'; '.join(_harms(harmed))}. This iSAMS cannot be written safely",
            school=school,
        )
    words = _by_kind(safe, unused, school)
    learnt = Learnt(
        at=store.now(),
        by=by,
        digest=digest,
        kinds={
            kind.value: LearntFields(takes=each.takes, shows=each.shows, unused=words[kind])
            for kind, each in safe.items()
        },
        caller=caller,
    )
    _keep(store, school, learnt)
    return Learned(school, learnt, harmed)


def _keep(store: Store, school: str, learnt: Learnt) -> None:
    """Keep it after all that is there; the oldest may be swept by now."""
    folder = learnt_folder(school)
    while True:
        kept = [
            blob.name.removeprefix(folder).removesuffix(".json") for blob in store.blobs(folder)
        ]
        number = max((int(name) for name in kept if name.isdecimal()), default=0) + 1
        if store.claim(f"{folder}{numbered(number)}.json", learnt.to_json()):
            return


def demand_learnt_of(learnt: Learnt | None, kind: PeopleKind, school: str) -> Learnt:
    """Return what was learnt, once something was of *kind*.

    Raises:
        AddressRefused: nothing was.
    """
    if learnt is None or kind.value not in learnt.kinds:
        raise AddressRefused(
            f"nothing is known yet of what PUT of {kind} takes: save the Swagger of your iSAMS, and"
            " `isams-sync addresses learn` the file",
            school=school,
        )
    return learnt


def contract_of(learnt: Learnt, kind: PeopleKind) -> Contract:
    """Return what was learnt of *kind*, of which something was."""
    fields = learnt.kinds[kind.value]
    return Contract(fields.takes, fields.shows, learnt.digest)


def unused_words(
    learnt: Learnt, kind: PeopleKind | None = None, more: Iterable[str] = ()
) -> list[str]:
    """Return what was called unused, and *more* of *kind*, as it can be typed; sorted."""
    said = {(word, name) for word, fields in learnt.kinds.items() for name in fields.unused}
    said |= {(kind.value, name) for name in more if kind}
    takes = [fields.takes for fields in learnt.kinds.values()]
    return sorted(
        name if sum(name in each for each in takes) == 1 else f"{word}.{name}"
        for word, name in said
    )


def _by_kind(
    contracts: Mapping[PeopleKind, Contract], unused: Sequence[str], school: str
) -> Mapping[PeopleKind, tuple[str, ...]]:
    """Return what *unused* says of each kind, sorted."""
    said = {_kind_and_name(contracts, word, school) for word in unused}
    return {kind: tuple(sorted(name for each, name in said if each is kind)) for kind in contracts}


def _kind_and_name(
    contracts: Mapping[PeopleKind, Contract], word: str, school: str
) -> tuple[PeopleKind, str]:
    """Return which field of which kind *word* is."""
    typed, _, name = word.rpartition(".")
    holders = [kind for kind, each in contracts.items() if name in each.takes and name != ADDRESS]
    kinds = [kind for kind in holders if typed in {"", kind.value}]
    if not kinds:
        raise AddressRefused(
            f"--unused: PUT takes no field {word!r}: expected names as the Swagger writes them",
            school=school,
        )
    if len(kinds) > 1:
        raise AddressRefused(
            f"--unused: {name} is a field of {' and of '.join(kinds)}: say"
            f" {' or '.join(f'{kind}.{name}' for kind in kinds)}, or both",
            school=school,
        )
    return kinds[0], name


def _harms(harmed: Mapping[PeopleKind, Sequence[str]]) -> Iterator[str]:
    for kind, names in harmed.items():
        yield f"of {kind} {', '.join(names)}"
