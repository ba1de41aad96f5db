"""`why.json`: every record that was read for a set, and what the rules said of each.

So somebody can be told why a pupil or a class is there, or is not. It lies beside the set, is never
sent and goes when the set's files go: it names everybody at the school. It is JSON with a record a
line. Nothing is decided by it, so no manifest says what it must be; cut short, it cannot be read.

See docs/decisions/0031-why-is-noted-where-it-is-decided.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from sync.errors import StoreConflict
from sync.ledger.manifests import WHY
from sync.roster.finding_codes import FindingCode
from sync.roster.judged import Judged
from sync.roster.rule_codes import RuleCode
from sync.roster.trace import Rule
from sync.sds.json_lines import lines_of, to_lines

__all__ = ["WHY", "why_json", "why_of"]


def why_json(judged: Iterable[Judged]) -> bytes:
    """Return the file of what was *judged*, in its order. Equal records give equal bytes."""
    return to_lines(judged)


def why_of(body: bytes) -> Iterator[Judged]:
    """Yield the records of a file; one is in memory at a time.

    Raises:
        StoreConflict: it is not what `why_json` writes, or not to its end.
    """
    if not body.endswith(b"]\n"):
        raise _illegible()
    yield from map(_record, lines_of(body))


def _record(line: bytes) -> Judged:
    try:
        told = Judged(*json.loads(line))
        return told._replace(
            members=tuple(told.members),
            teachers=tuple(told.teachers),
            rules=tuple(_rule(*rule) for rule in told.rules),
        )
    except (ValueError, TypeError):
        # Without its cause, which quotes the line.
        raise _illegible() from None


def _rule(code: str, said: str, finding: str | None) -> Rule:
    return Rule(RuleCode(code), said, FindingCode(finding) if finding else None)


def _illegible() -> StoreConflict:
    return StoreConflict("a file of reasons cannot be read", file=WHY)
