"""Whether records may be written at all: is everything that PUT takes really seen?

Rights can hide a field that the Swagger shows: then GET gives null, PUT puts null back, and a value
is gone that nobody has seen. So a field must be seen with a value, or a person says that the school
does not use it; and what the client that reads the school sees, the one that writes must see too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from sync.isams.addresses.kinds import ADDRESS, UPDATED, Record
from sync.isams.addresses.record_text import Members, meaning, plain_text, says_something
from sync.isams.addresses.surnames import agree
from sync.isams.addresses.swagger import Contract
from sync.isams.school import Pupil


def is_of(listed: Record, record: Members) -> bool:
    """Say whether *record* is still who was *listed*: by surname, and admission number.

    The account was looked for by these. The id is known to agree.
    """
    if not agree(listed.surname, plain_text(record.get("surname", "null"))):
        return False
    code = record.get("schoolCode")
    return not isinstance(listed, Pupil) or code is None or plain_text(code) == listed.code


def unlearnt(record: Members, contract: Contract) -> tuple[str, ...]:
    """Return which members *record* has that the Swagger does not name, sorted."""
    return tuple(sorted(set(record) - set(contract.shows)))


def missing(record: Members, contract: Contract) -> tuple[str, ...]:
    """Return what PUT takes and *record* does not show at all."""
    return tuple(name for name in contract.takes if name not in record)


def hidden(reading: Members, writing: Members) -> tuple[str, ...]:
    """Return what the reading client shows a value of, and the writing one shows otherwise."""
    return tuple(sorted(_hidden(reading, writing)))


def _hidden(reading: Members, writing: Members) -> Iterator[str]:
    for name, value in reading.items():
        other = writing.get(name, "null")
        if name != UPDATED and says_something(value) and meaning(value) != meaning(other):
            yield name


def unseen(records: Iterable[Members], contract: Contract, unused: Set[str]) -> tuple[str, ...]:
    """Return what PUT takes and none of *records* holds a value of, without what is *unused*.

    The address is blank in all of them: that is why they are here.
    """
    left = set(contract.takes) - unused - {ADDRESS}
    for record in records:
        left -= {name for name in left if says_something(record.get(name, "null"))}
        if not left:
            break
    return tuple(sorted(left))
