"""Held: whom a plan is about, the worst first, and what can be answered. Pure.

Classes that exchange their pupils are in `exchanges`, all else in `sections`; `plan_words` has how
classes and people are told of, and who may be named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sync.ledger.offers import Why
from sync.sds.full_plan.limits import Limit
from sync.sds.full_plan.lines import Line, LineKind
from sync.steps.full_plan import SchoolPlan
from sync.web.page.exchanges import Exchange, exchanges
from sync.web.page.plan_words import PlanWords, places
from sync.web.page.sections import Section, in_doubt, not_found, the_rest

PICTURES = 2
"""Exchanges that are drawn; more are a table."""


class Sheet(NamedTuple):
    """A school's plan, for whoever must answer it.

    `approved` says what an approval means beyond the plan, "" for nothing. `sections` are the
    harms, the worst first; `none` those that were looked for in vain; `rest` is what no limit is
    about. `removed` and `added` count places in classes. `people` is of how many the names are
    shown, or could be.
    """

    school: str
    name: str
    approved: str
    limits: Sequence[Limit]
    notes: Sequence[str]
    exchanges: Sequence[Exchange]
    sections: Sequence[Section]
    rest: Sequence[Section]
    none: Sequence[str]
    removed: int
    added: int
    people: int


def sheet(plan: SchoolPlan, *, names: bool) -> Sheet:
    """Return the sheet of *plan*; with *names* only if whoever looks may see them.

    Raises:
        StoreConflict: the files that are compared are not what was sealed.
    """
    by_kind = dict[LineKind, list[Line]]()
    for line in plan.lines():
        by_kind.setdefault(line.kind, []).append(line)
    words = PlanWords(plan, names, by_kind)
    moved = places(line for lines in by_kind.values() for line in lines)
    made = Sheet(
        school=plan.school,
        name=plan.name,
        approved=_APPROVED.get(plan.why, "") if plan.why else "",
        limits=plan.limits,
        notes=plan.notes,
        exchanges=list(exchanges(words)),
        sections=in_doubt(words),
        rest=the_rest(words),
        none=not_found(words),
        removed=sum(place.after is None for place in moved),
        added=sum(place.before is None for place in moved),
        people=0,
    )
    return made._replace(people=len(words.seen))


_APPROVED: Mapping[Why, str] = {
    Why.LEFT: "All classes of the school end.",
    Why.FIRST: "All of it goes to SDS: it is the first delivery of this school.",
}
