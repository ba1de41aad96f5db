"""Why a delivery or an offer is held, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sync.ledger.manifests import AWAY, PEOPLE
from sync.ledger.marks import Excess, Hold
from sync.sds.diff import DRIFT_UNKNOWN
from sync.sds.guard import limit_words
from sync.steps.told.counts import numbers

_OF_EVERY_CLASS = {
    "service accounts": "SERVICE_ACCOUNTS does not name them; once EXTRA_TEACHERS could",
    "extra teachers": "they have left, or EXTRA_TEACHERS does not name them any more, or the"
    " findings say why they are left out",
}
_WOULD = {"removed": "lose", "emptied": "lose all its", "added": "gain", "doubled": "gain"}


def why_held(hold: Hold) -> Iterator[str]:
    """Yield why a delivery is held, a line each."""
    if hold.first:
        yield "It is the first delivery: there is nothing to compare it with."
    yield from sentences(hold)


def sentences(hold: Hold) -> Iterator[str]:
    """Yield what limits were met, a line each."""
    yield from map(_sentence, hold.excesses)


def _sentence(excess: Excess) -> str:
    if counted := limit_words.sentence(excess):
        return counted
    if say := _BY_KIND.get(excess.what):
        return say(excess)
    if " of profile " in excess.table:
        before = f", where there were {excess.rows:,}" if excess.rows else ""
        return f"There would be no {excess.table}{before}."
    if excess.table == "profiles":
        gone = f"{numbers({'profiles': excess.rows})} of the last delivery"
        return f"{gone} would be missing; none may be."
    if excess.table in _OF_EVERY_CLASS:
        who = numbers({excess.table: excess.rows})
        return f"{who} of every class would go: {_OF_EVERY_CLASS[excess.table]}."
    return _rows_sentence(excess)


def _of_unknown(excess: Excess) -> str:
    if what := _BESIDE.get(excess.table):
        return f"{excess.table} of {excess.rows} of the deliveries before cannot be read: {what}."
    return (
        f"{excess.rows} of the deliveries that SDS may hold cannot be read: there is nothing to"
        " compare with."
    )


_BESIDE = {
    PEOPLE: "nobody can say who was a teacher of every class there, and so who is a class's own",
    AWAY: "classes that come back cannot be compared with what they last held",
}


def _of_drift_unknown(_: Excess) -> str:
    return (
        "What SDS held a week ago cannot be read: nobody can say what was lost since, night by"
        " night."
    )


def _of_many(excess: Excess) -> str:
    return (
        f"SDS may hold any of {excess.rows} deliveries, more than {excess.allowed}: no run is"
        " known to have taken any. Look at Sync health in School Data Sync."
    )


def _of_moved(excess: Excess) -> str:
    return (
        f"{excess.rows:,} people would get another id, {excess.allowed} may: SDS would take"
        " them for other people."
    )


def _of_other_teams(excess: Excess) -> str:
    classes = numbers({"classes": excess.rows})
    if excess.what == "new-ids":
        what = ("another id", "another Team") if excess.rows == 1 else ("other ids", "other Teams")
        return f"{classes} would get {what[0]}, and so {what[1]}: our rule changed, not iSAMS."
    if excess.what == "same-letters":
        return (
            f"{classes} would end, or go on with other pupils, while another comes whose name has"
            " the same letters and digits: if a form is only written otherwise, write it in iSAMS"
            " as before and reject, and it keeps its Team."
        )
    return (
        f"Every class gets another Team: none of the {classes} of school {excess.org} would go on."
        " The academic year has turned, or a setting has changed it, or ID_STYLE."
    )


def _rows_sentence(excess: Excess) -> str:
    of_school = f" of school {excess.org}" if excess.org else ""
    of_year = f" of grade {excess.grade}" if excess.grade else ""
    rows = "row" if excess.rows == 1 else "rows"
    allowed = f"{excess.allowed:,} {'is' if excess.allowed == 1 else 'are'} allowed"
    would = f"{_WOULD.get(excess.what, excess.what)} {excess.rows:,} {rows}"
    return f"{excess.table} would {would}{of_school}{of_year}; {allowed}."


_BY_KIND: Mapping[str, Callable[[Excess], str]] = {
    "empty": lambda excess: f"{excess.table} would be empty.",
    "unknown": _of_unknown,
    DRIFT_UNKNOWN: _of_drift_unknown,
    "many": _of_many,
    "moved": _of_moved,
    "of-no-school": lambda excess: f"{excess.rows:,} rows are no school's: please report this.",
    "new-ids": _of_other_teams,
    "same-letters": _of_other_teams,
    "replaced": _of_other_teams,
}
