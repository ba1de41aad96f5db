"""`explain`: why a pupil, a member of staff or a class is in SDS, or is not. It names people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo

import click
from rich.console import RenderableType

from sync.report import Exit
from sync.roster.trace import Rule
from sync.steps.explain import explain, fault_of
from sync.steps.explain_values import Explained, HeldTold, Match, PlaceTold, ProfileTold, RecordTold
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.tables import SHOWN, table, when

_YES_OR_NO = {True: "yes", False: "no", None: "?"}


@command("explain")
@click.argument("who", metavar="WHO")
def explain_who(terminal: Terminal, who: str) -> Result:
    """Say why WHO is in SDS or is not: a pupil, a member of staff or a class. This names people.

    WHO is an id, a code or an address in iSAMS, or an id in SDS. iSAMS is not read: it is what was
    noted when the newest sets were made, and what SDS was given.
    """
    if fault := fault_of(who):
        raise click.BadParameter(fault, param_hint="WHO")
    world = terminal.opened(terminal.settings(), lambda _: None)
    with doing("Looking at what is stored"):
        explained = explain(world, who)
    code = Exit.DONE if explained.record or explained.matches else Exit.USAGE
    return Result(code, explained.document(), list(_lines(explained)))


def _lines(explained: Explained) -> Iterator[RenderableType]:
    if explained.record:
        yield from _record(explained.record)
    elif explained.matches:
        yield _several(explained.matches)
    else:
        near = ", ".join(f"`{each}`" for each in explained.near)
        yield "Nothing in iSAMS or SDS is known so: it is matched as a whole, but for capitals."
        yield f"Near: {near}." if near else "Nothing is near it."
    if not explained.record:  # of whose profiles each says it itself
        yield from explained.notes


def _several(matches: Sequence[Match]) -> RenderableType:
    cells = [(each.ask, each.kind, each.name, each.code, each.school) for each in matches]
    title = f"{len(matches):,} records are known so. Type the first column of the one you mean."
    return table(title, ("ask", "kind", "name", "code", "school"), cells)


def _record(told: RecordTold) -> Iterator[RenderableType]:
    verdict = told.verdict.value if told.verdict else "not known"
    called = " ".join(filter(None, (told.name, f"({told.label})" if told.label else "")))
    yield f"{called or told.our_id}, {told.school}: {verdict}"
    said = {"code": told.code, "address": told.address, **told.facts, "id in SDS": told.our_id}
    yield "  " + ", ".join(f"{what} {text}" for what, text in said.items() if text)
    for profile in told.profiles:
        yield from _profile(profile)
    yield from _outside(told)
    if told.places:
        yield _places(told.places)
    yield f"Next: {told.todo}"


def _outside(told: RecordTold) -> Iterator[str]:
    """Yield what SDS and Teams have of it."""
    yield from (_held(held, UTC) for held in told.held)
    if not told.held:
        yield "SDS has been given nothing yet that is known."
    if told.in_teams:
        yield f"In Teams, seen {when(told.in_teams.at)}: {told.in_teams.line}"


def _profile(profile: ProfileTold) -> Iterator[str]:
    if profile.verdict is None:
        yield f"{profile.profile}: {profile.note}"
        return
    read = f", read {when(profile.read_at)}" if profile.read_at else ""
    yield f"{profile.profile}: {profile.verdict.value}, by set {profile.set_id}{read}"
    yield from (f"  {_rule(rule)}" for rule in profile.rules)


def _rule(rule: Rule) -> str:
    said = f": {rule.said}" if rule.said else ""
    return f"{'+' if rule.code.keeps else '-'} {rule.code.question} {rule.code.value}{said}"


def _held(held: HeldTold, zone: tzinfo) -> str:
    ended = f", ended {when(held.ended_at, zone)}" if held.ended_at else ""
    has = {True: "has it", False: "has it not", None: "cannot be read any more"}[held.has]
    at = when(held.handed_at, zone)
    return f"SDS, delivery {held.delivery} ({held.word}), handed over {at}{ended}: {has}"


def _places(places: Sequence[PlaceTold]) -> RenderableType:
    cells = [
        (
            " ".join(filter(None, (each.label, each.name))) or each.our_id,
            each.role,
            _YES_OR_NO[each.in_isams],
            _YES_OR_NO[each.in_set],
            _YES_OR_NO[each.in_sds],
        )
        for each in places[:SHOWN]
    ]
    more = f", the first {SHOWN} of them; --json has all" if len(places) > SHOWN else ""
    columns = ("place", "as", "iSAMS lists it", "newest set", "SDS has it")
    return table(f"{len(places):,} places in classes{more}", columns, cells)
