"""`addresses pupils`, `addresses staff`: what iSAMS lacks and Entra has, and what has arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import click
from rich.console import RenderableType

from sync.edge.graph.people import Directory
from sync.edge.graph.person import brought
from sync.errors import ConfigError
from sync.isams.addresses import list_file
from sync.isams.addresses.arrivals import Arrival, arrivals
from sync.isams.addresses.kinds import PeopleKind
from sync.isams.addresses.list_file import ListFault
from sync.isams.addresses.matching import Account, MatchedRecords
from sync.isams.school import CurrentPeople
from sync.ledger.address_plans import school_of
from sync.report import Exit
from sync.settings import Settings
from sync.steps.addresses import listing, looking
from sync.steps.addresses.desk import OpenPlan, Shelf, demand_ready, open_plan
from sync.terminal import options, scope
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing
from sync.terminal.output import WHO_READS, refuse_others, warnings, write_set
from sync.terminal.source import read_people
from sync.terminal.tables import table

_LIST_BYTES = 16 * 1024 * 1024

_WHEN = (
    "The finding goes with the next reading that sees the address: with a batch key up to 24 hours"
    " later, because iSAMS answers from the key's cache, or sooner after *Save & Close* on the key."
)
_ALSO = "Portals and iSAMS's own sign-in read this field too: an address can let somebody in there."


_out = click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write the list. It names people: delete the folder when it is used.",
)
_since = click.option(
    "--since",
    metavar="FILE",
    help="A list that was written before, or the id of a plan: say what of it has arrived.",
)


def _kind_command(kind: PeopleKind, whose: str) -> click.Command:
    """Return the command that lists *kind*."""

    @command(kind.value, group="addresses")
    @_out
    @_since
    @options.source("A document kept by build --save; asks iSAMS nothing.")
    @options.school
    def listed(  # click hands each option over by name
        terminal: Terminal,
        folder: Path | None,
        since: str | None,
        source: Path | None,
        school: str | None,
    ) -> Result:
        if (folder is None) == (since is None):
            raise click.UsageError(
                "Say --out and a folder to write the list, or --since and a list to see what of it"
                " has arrived."
            )
        settings = terminal.settings()
        key = scope.only_school(settings, school)
        if since:
            return _arrived(terminal, settings, key, kind, source, since)
        if folder is None:
            raise AssertionError
        return _listed(terminal, settings, key, kind, source, folder)

    listed.help = (
        f"List the school addresses that iSAMS lacks of {whose}, or see what has arrived.\n\n"
        "Entra is read with your own token, in GRAPH_TOKEN; nothing is written but the list. It"
        " names people, so it goes into a folder and not on the screen."
    )
    return listed


list_pupils = _kind_command(PeopleKind.PUPILS, "pupils")
list_staff = _kind_command(PeopleKind.STAFF, "staff")


def read(
    terminal: Terminal, settings: Settings, key: str, source: Path | None = None
) -> tuple[CurrentPeople, datetime]:
    """Read the people of the school called *key*: also before term, when its lists are empty."""
    return read_people(settings.schools[key], key, terminal.clock, source)


def users_of(terminal: Terminal, settings: Settings) -> listing.Users:
    """Return who lists the tenant's users with the token that a person has brought.

    Raises:
        ConfigError: there is no such token.
    """
    tokens = brought(terminal.env, terminal.clock)

    def users(attribute: str) -> Sequence[Account]:
        with (
            doing("Reading the users of Entra"),
            closing(Directory(settings.sds, tokens, terminal.clock)) as directory,
        ):
            return directory.accounts(attribute)

    return users


def find(
    terminal: Terminal, settings: Settings, key: str, kind: PeopleKind, source: Path | None = None
) -> tuple[MatchedRecords, CurrentPeople]:
    """Return whose address is lacking and what it is, and the school as it was read for that."""
    place = settings.schools[key]
    listing.rules_of(place, key, kind)  # before anything is asked of anybody
    users = users_of(terminal, settings)
    school, at = read(terminal, settings, key, source)
    return listing.list_missing(kind, school, place, key, users, at), school


def _listed(  # what click has parsed
    terminal: Terminal,
    settings: Settings,
    key: str,
    kind: PeopleKind,
    source: Path | None,
    folder: Path,
) -> Result:
    ours = list_file.names(kind)
    refuse_others(folder, frozenset(ours))
    matched, _ = find(terminal, settings, key, kind, source)
    proposed, left_out = ours
    write_set(
        folder,
        {
            proposed: list_file.proposed_csv(kind, matched.proposals),
            left_out: list_file.left_out_csv(kind, matched.left_out),
        },
    )
    document = {
        "school": key,
        "folder": str(folder),
        "proposed": len(matched.proposals),
        "left_out": {reason.value: count for reason, count in matched.counts.items()},
    }
    shown = [*_lines(key, kind, matched, folder / proposed), *warnings(folder, None)]
    return Result(Exit.DONE, document, shown)


def _lines(
    key: str, kind: PeopleKind, matched: MatchedRecords, file: Path
) -> Iterator[RenderableType]:
    count, left = len(matched.proposals), len(matched.left_out)
    if not count + left:
        yield f"{key}: every record of {kind} has a school address."
        return
    yield f"{key}: {count} of {count + left} {kind} without a school address have one in Entra."
    if left:
        rows = [(number, reason.value, reason.why) for reason, number in matched.counts.items()]
        yield table(f"{left} get none", ("how many", "code", "what it means"), rows)
    yield (
        f"{file} is for iSAMS's own import screens, or to be typed. It names people: {WHO_READS}"
        f" read it. Delete {file.parent} when it is used."
    )
    yield (
        f"Then `isams-sync addresses {kind} --since` and this file says what has arrived. {_WHEN}"
    )
    yield _ALSO


def _arrived(  # what click has parsed
    terminal: Terminal,
    settings: Settings,
    key: str,
    kind: PeopleKind,
    source: Path | None,
    since: str,
) -> Result:
    plan = None if Path(since).exists() else _plan(terminal, settings, key, kind, since)
    asked = looking.asked_of(plan) if plan else _asked(kind, Path(since))
    stands = looking.standing(plan) if plan else {}
    school, _ = read(terminal, settings, key, source)
    counts = arrivals(kind, asked, school)
    document = {"school": key, **arrival_document(asked, counts)}
    shown = list(arrival_lines(key, len(asked), counts))
    if stands:
        document["plan"] = dict(stands)
        shown.append(", ".join(f"{number} {word}" for word, number in stands.items()))
    return Result(Exit.DONE, document, shown)


def _plan(
    terminal: Terminal, settings: Settings, key: str, kind: PeopleKind, since: str
) -> OpenPlan:
    """Return the plan that *since* is the id of; what is neither file nor plan is a usage error."""
    if school_of(since) is None:
        wrong = f"{since} is no file, and no id of a plan such as {key}-3"
        raise click.BadParameter(wrong, param_hint="--since")
    demand_ready(settings, key, writes=False)
    world = terminal.opened(settings, lambda _: None)
    plan = open_plan(Shelf(school=key, store=world.store, caller=world.caller), since)
    if plan.kind is not kind:
        raise click.BadParameter(f"{since} is a plan of {plan.kind}", param_hint="--since")
    return plan


def _asked(kind: PeopleKind, since: Path) -> Mapping[str, str]:
    try:
        with since.open("rb") as file:
            body = file.read(_LIST_BYTES + 1)
    except OSError as error:
        wrong = f"cannot be read: {error.strerror}"
        raise click.BadParameter(wrong, param_hint="--since") from None
    if len(body) > _LIST_BYTES:
        raise ConfigError("--since: this is no list of ours: it is too large")
    try:
        return list_file.asked_in(kind, body)
    except ListFault as fault:
        raise ConfigError(f"--since: {fault}") from None


def arrival_document(asked: Mapping[str, str], counts: Mapping[Arrival, int]) -> dict[str, object]:
    """Return what a program is told of what has arrived."""
    return {"asked": len(asked), "became": {code.value: number for code, number in counts.items()}}


def arrival_lines(key: str, asked: int, counts: Mapping[Arrival, int]) -> Iterator[RenderableType]:
    """Yield what people are told of what has arrived: numbers by code, and nobody's name."""
    rows = [(number, code.value, code.meaning) for code, number in counts.items()]
    yield table(f"{key}: {asked} asked for", ("how many", "code", "what it means"), rows)
    yield _WHEN
    yield _ALSO
