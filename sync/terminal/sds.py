"""`sds …`: how SDS is set up, shown, planned, and its inbound half made once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import get_args

import click
from rich.console import RenderableType

from sync import texts
from sync.edge.clock import Clock
from sync.edge.graph.identity import graph_tokens
from sync.edge.graph.person import PERSON, VARIABLE, PersonTokens, brought
from sync.edge.graph.setup import READS, SdsSetup, may
from sync.edge.graph.setup_values import FlowSet, Kind
from sync.errors import ConfigError, TargetError
from sync.ledger.marks import fault
from sync.report import Exit
from sync.roster.academic_year import school_day, turn_by_calendar
from sync.settings import Settings
from sync.steps.setup import look, making, next_year, notes, plan, shown
from sync.steps.setup.next_year import NextYear
from sync.steps.setup.plan import SetupAsked, SetupPlan
from sync.steps.setup.wanted import KINDS, Match, SetupWanted
from sync.terminal import exits, options
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal, doing, err, say
from sync.terminal.tables import table
from sync.texts import as_day

_NO_END = "SDS shows no inbound flow of it, or not when it ends"
# An id; a domain, which the setting may be too, cannot be compared with what a token says.
_TENANT_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LISTED = 12  # misfits, for people; --json has all
# In characters, so that 15 connectors are a table of at most 50 lines of 80 columns.
_NAME_WIDTH, _SOURCE_WIDTH = 23, 15
_CONNECTOR = click.option("--connector", metavar="NAME", help="One connector of the settings.")


@click.group("sds")
def sds_setup() -> None:
    """See how School Data Sync is set up, and make its inbound half, once."""


@command("show", group="sds")
def show_setup(terminal: Terminal) -> Result:
    """Show how SDS is set up, and what of it does not fit the settings. Nothing is changed.

    With the token in GRAPH_TOKEN, if there is one; else as the app signs in.
    """
    settings = terminal.settings()
    world = terminal.opened(settings, lambda _: None)
    tokens, sds = _reading(terminal, settings)
    with doing("Reading how SDS is set up"):
        seen = look.seen(sds, terminal.clock)
    expected = look.expected(world)
    now = terminal.clock.now()
    misfits, lines = shown.misfits(seen, expected, now), shown.lines(seen, expected)
    document = {
        "connectors": [_values(line) for line in lines],
        "sources": _listed(seen.sources),
        "years": _listed(seen.years),
        "flows": _listed(seen.flows),
        "flow_sets": _listed(seen.sets),
        "misfits": [asdict(each) for each in misfits],
        "not_seen": [fault(error).model_dump() for error in seen.unseen()],
    }
    said: list[RenderableType] = [*_token_told(tokens, terminal.clock), *_lacking(tokens)]
    said += [*_lists(seen, lines, now)]
    said += _misfits(misfits)
    said += [f"Not seen: {error}" for error in seen.unseen()]
    return Result(Exit.DONE, document, said)


@command("plan", group="sds")
@_CONNECTOR
@click.option(
    "--match",
    required=True,
    type=click.Choice(get_args(Match.__value__)),
    help="What of an account is the address in iSAMS: what people sign in with, or their mail.",
)
@click.option("--source", metavar="NAME", help="What the source is called; else as the connector.")
@click.option("--starts", type=options.Day(), help="The school year's first day, if SDS has none.")
@click.option("--ends", type=options.Day(), help="Its last day. The inbound flow ends on it.")
@click.option("--code", metavar="CODE", help="Its code, where SDS knows two that could be meant.")
def plan_setup(  # an option each
    terminal: Terminal,
    connector: str | None,
    match: Match,
    source: str | None,
    starts: date | None,
    ends: date | None,
    code: str | None,
) -> Result:
    """Say what would be made in SDS for a connector, and the very requests. Nothing is made."""
    settings = terminal.settings()
    _demand_lasting(settings)
    world = terminal.opened(settings, lambda _: None)
    name = options.one_connector(connector, settings.connectors())
    tokens, sds = _reading(terminal, settings)
    asked = SetupAsked(name, match, source or "", starts, ends, (code or "").strip())
    with doing("Reading how SDS is set up"):
        made = plan.plan(world, sds, asked, held=tokens.claims.may if tokens else None)
    refused = [making.refusal(each) for each in made.decided.values() if each.do == "refuse"]
    return Result(
        exits.worst(map(exits.exit_of, refused)),
        _plan_document(made),
        [*_token_told(tokens, terminal.clock), *_planned(made, settings)],
        errors=refused,
    )


@command("make", group="sds")
@click.argument("digest")
@click.option(
    "--not-there",
    type=click.Choice(KINDS),
    help="You have looked in the portal: what is in doubt of this kind is not there.",
)
def make_setup(terminal: Terminal, digest: str, not_there: Kind | None) -> Result:
    """Make in SDS what a plan says, each thing once. Nothing that is there is ever changed.

    With your own token, in GRAPH_TOKEN.
    """
    settings = terminal.settings()
    _demand_lasting(settings)
    world = terminal.opened(settings, lambda _: None)
    tokens = _brought(terminal, settings)
    wanted = notes.plan_of(world.store, digest.strip().lower())
    if wanted.connector not in settings.connectors():
        raise ConfigError(
            f'the plan is for the connector "{wanted.connector}", which no setting names: plan it'
            " again"
        )
    sds = SdsSetup(settings.sds, tokens, terminal.clock, asker=PERSON)
    say(err(), *_token_told(tokens, terminal.clock))
    with doing("Making") as tell:
        things = making.make(
            world, sds, wanted, held=tokens.claims.may, not_there=not_there, tell=tell
        )
    rows = [(making.WORDS[each.kind], each.name, each.made_id, _HOW[each.how]) for each in things]
    document = {"digest": wanted.digest, "things": [asdict(each) for each in things]}
    said: list[RenderableType] = [
        table(f'SDS is set up for "{wanted.connector}"', ("what", "name", "id", ""), rows),
        *_next(wanted),
        *_alone(settings),
    ]
    return Result(Exit.DONE, document, said)


@command("next-year", group="sds")
def tell_next_year(terminal: Terminal) -> Result:
    """Say what is to be done in SDS before its school year ends, from 60 days before it."""
    settings = terminal.settings()
    world = terminal.opened(settings, lambda _: None)
    tokens, sds = _reading(terminal, settings)
    with doing("Reading how SDS is set up"):
        seen = look.seen(sds, terminal.clock)
    now = terminal.clock.now()
    told = next_year.next_years(
        shown.lines(seen, look.expected(world)), _turn(settings, terminal.clock), now
    )
    document = {"connectors": [_values(each) for each in told]}
    said: list[RenderableType] = [*_token_told(tokens, terminal.clock), *_lacking(tokens)]
    said += [line for each in told for line in _year_told(each)]
    said += [f"Not seen: {error}" for error in seen.unseen()]
    if not told:
        said.append("SDS shows none of the connectors in the settings: `isams-sync sds show`.")
    return Result(Exit.DONE, document, said)


# -- signing in ------------------------------------------------------------------------------------


def _reading(terminal: Terminal, settings: Settings) -> tuple[PersonTokens | None, SdsSetup]:
    """Return the way to SDS for a look: by a person's token if there is one, else by the app's."""
    if not terminal.env.get(VARIABLE, "").strip():
        own = graph_tokens(settings.sds, terminal.clock)
        return None, SdsSetup(settings.sds, own, terminal.clock)
    tokens = _brought(terminal, settings)
    return tokens, SdsSetup(settings.sds, tokens, terminal.clock, asker=PERSON)


def _brought(terminal: Terminal, settings: Settings) -> PersonTokens:
    """Return the person's token.

    Raises:
        ConfigError: there is none, or it is for another tenant than the settings are.
    """
    tokens, ours = brought(terminal.env, terminal.clock), settings.sds.tenant_id or ""
    theirs = tokens.claims.tenant
    if theirs and _TENANT_ID.fullmatch(ours) and theirs.lower() != ours.lower():
        raise ConfigError(
            f"the token in {VARIABLE} is for the tenant {theirs}, and SDS__TENANT_ID is {ours}:"
            " sign in to Graph Explorer with an account of the school's tenant, or mend the setting"
        )
    return tokens


def _demand_lasting(settings: Settings) -> None:
    """Raise if what is begun would be noted where the next command may not look."""
    folder = settings.storage.folder
    if folder is not None and not Path(folder).is_absolute():
        raise ConfigError(
            f"what is begun in SDS is noted in storage, and {folder} is another folder wherever"
            " this is typed: set STORAGE__FOLDER to a full path, or STORAGE__ACCOUNT_URL to the"
            " app's account, and plan with that"
        )


def _token_told(tokens: PersonTokens | None, clock: Clock) -> Iterator[str]:
    if tokens is None:
        return
    if tokens.claims.ends_at is None:
        yield f"What the token in {VARIABLE} may do, and until when, cannot be read from it."
        return
    minutes = max(0, int((tokens.claims.ends_at - clock.now()).total_seconds() // 60))
    tenant = tokens.claims.tenant or "that it does not name"
    yield f"The token in {VARIABLE} is for the tenant {tenant}, and ends in {minutes} minutes."


def _lacking(tokens: PersonTokens | None) -> Iterator[str]:
    held = tokens.claims.may if tokens else None
    if lacking := [each.role for each in READS if not may(held, each)]:
        yield f"It lacks {', '.join(lacking)}: what that would show is not seen."


# -- what is shown ---------------------------------------------------------------------------------


def _listed(seen: Sequence[object] | TargetError) -> list[dict[str, object]] | None:
    """Return a list as JSON values; None: it is not seen."""
    return None if isinstance(seen, TargetError) else [_values(each) for each in seen]


def _values(each: object) -> dict[str, object]:
    values: Mapping[str, object] = asdict(each)  # type: ignore[call-overload]
    return json.loads(json.dumps(values, default=_iso))  # type: ignore[no-any-return]


def _iso(day: date) -> str:
    """Return a day, or a moment, as JSON has it."""
    return day.isoformat()


def _lists(
    seen: shown.SetupSeen, lines: Sequence[shown.ConnectorLine], now: datetime
) -> Iterator[RenderableType]:
    columns = ("connector", "source, matched by", "format", "flow", "days")
    title = "Connectors of SDS; * is one of the settings"
    yield table(title, columns, (_row(line, now) for line in lines))
    years = [f"{each.name} (code {each.code})" for each in shown.listed(seen.years)]
    if not isinstance(seen.years, TargetError):
        yield f"School years: {', '.join(years) or 'none'}"
    if not isinstance(seen.sets, TargetError):
        yield f"What SDS makes: {'; '.join(map(_made_of, seen.sets)) or 'nothing'}"


def _row(line: shown.ConnectorLine, now: datetime) -> tuple[object, ...]:
    name = f"{'* ' if line.ours else ''}{_shortened(line.name, _NAME_WIDTH)}"
    source = ": ".join(filter(None, (_shortened(line.source, _SOURCE_WIDTH), line.matching)))
    flow = ", ".join(filter(None, (line.flow, line.year)))
    days = (line.ends_at - now).days if line.ends_at else None
    return name, source, line.format, flow, days


def _shortened(name: str, width: int) -> str:
    """Return *name* in *width* characters: of a long one both ends, which tell it from others."""
    half = (width - 1) // 2
    return name if len(name) <= width else f"{texts.cut(name, half)}…{name[-half:]}"


def _made_of(flow_set: FlowSet) -> str:
    if flow_set.flows is None:
        return f"{flow_set.name}: SDS does not say"
    return f"{flow_set.name}: {', '.join(flow.kind for flow in flow_set.flows) or 'nothing'}"


def _misfits(misfits: Sequence[shown.Misfit]) -> Iterator[RenderableType]:
    if not misfits:
        yield "Nothing that is seen is at odds with the settings."
        return
    for each in misfits[:_LISTED]:
        yield f"{each.sentence}. Next: {each.do}."
    if (more := len(misfits) - _LISTED) > 0:
        yield f"And {more} more: `isams-sync sds show --json` lists them."


_HOW: Mapping[making.How, str] = {
    "used": "was there",
    "made": "made",
    "found": "was in doubt, and is there",
}
_WOULD = {"use": "is there, and is used as it is", "make": "would be made", "refuse": "differs"}


def _planned(made: SetupPlan, settings: Settings) -> Iterator[RenderableType]:
    wanted, year = made.wanted, made.wanted.year
    words: Mapping[Kind, str] = {
        "source": f'"{wanted.source}", staff and students by {wanted.match}, addresses whole',
        "connector": f'"{wanted.connector}", SDS v2.1 CSV',
        "year": f'"{year.name}", code {year.code}, {as_day(year.starts)} to {as_day(year.ends)}',
        "flow": f'"{wanted.flow}", from now to {as_day(year.ends)}',
    }
    rows = [(making.WORDS[kind], *_row_of(made, kind, words[kind])) for kind in KINDS]
    yield table(f'Wanted for "{wanted.connector}"', ("what", "as", ""), rows)
    yield from (f"{each}." for each in made.unused)
    yield from _people(made)
    if made.decided["source"].do == "make" and made.sources:
        named = ", ".join(f'"{name}"' for name in made.sources)
        yield f"SDS has sources already: {named}. If it is one of these, say --source."
    if made.codes.others:
        yield (
            f"SDS knows the code {' and '.join(made.codes.others)} too: Microsoft's pages do not"
            " agree whether a year is called after its end or its beginning. --code chooses."
        )
    for request in made.requests:
        yield f"POST {request.url}"
        yield json.dumps(request.body, indent=1, ensure_ascii=False)
    yield from _next_of(made, settings)


def _row_of(made: SetupPlan, kind: Kind, wanted: str) -> tuple[str, str]:
    """Return as what a thing is wanted, by its own name if it is there, and what would be done."""
    decided, doubted_until = made.decided[kind], made.doubted.get(kind)
    if doubted_until:
        return wanted, f"in doubt until {doubted_until:%H:%M} UTC: SDS may have it"
    is_there = decided.do == "use" and decided.name
    return f'"{decided.name}"' if is_there else wanted, _WOULD[decided.do]


def _next_of(made: SetupPlan, settings: Settings) -> Iterator[str]:
    to_do = {each.do for each in made.decided.values()}
    if to_do == {"use"}:
        yield "All of it is there: nothing is left to make. Next: `isams-sync check`."
    elif "refuse" not in to_do:
        yield from _alone(settings)
        yield (
            f"Nothing was made. Look at it, then: `isams-sync sds make {made.wanted.digest}`, with"
            f" your own token in {VARIABLE}."
        )


def _people(made: SetupPlan) -> Iterator[str]:
    if made.people is None:
        yield "No set was sealed yet: read iSAMS first, to see whose addresses would be matched."
        return
    domains = ", ".join(f"{count:,} @{name}" for name, count in made.people.domains.items())
    yield (
        f"The newest sets have {made.people.pupils:,} pupils and {made.people.staff:,} staff;"
        f" addresses: {domains}"
    )


def _plan_document(made: SetupPlan) -> dict[str, object]:
    return {
        "digest": made.wanted.digest,
        "wanted": made.wanted.model_dump(mode="json"),
        "decided": [asdict(made.decided[kind]) for kind in KINDS],
        "requests": [asdict(each) for each in made.requests],
        "other_codes": list(made.codes.others),
        "people": asdict(made.people) if made.people else None,
        "sources": list(made.sources),
        "in_doubt": {kind: until.isoformat() for kind, until in made.doubted.items()},
        "unused": list(made.unused),
    }


def _next(wanted: SetupWanted) -> Iterator[str]:
    yield f'CONNECTOR in the settings is "{wanted.connector}": that is right as it is.'
    yield "Next: `isams-sync check`; then go on with docs/operations.md, step 5."
    yield (
        "Class groups and Teams: switch them on in School Data Sync once a receipt says done with"
        f" at least {shown.LEAST_MATCHED_PERCENT} % of pupils and of staff matched; `isams-sync sds"
        " show` tells."
    )
    yield "Take the permissions away again that you consented to in Graph Explorer."


def _alone(settings: Settings) -> Iterator[str]:
    if settings.storage.folder:
        yield (
            f"What is begun is noted in {settings.storage.folder} alone: see that nobody makes the"
            " set-up with other storage."
        )


def _year_told(each: NextYear) -> Iterator[str]:
    ends = f"its inbound flow ends on {as_day(each.ends)}" if each.ends else _NO_END
    yield f'"{each.connector}": {ends}.'
    if each.told_from and not each.steps:
        yield f"  Nothing is to be done yet; from {as_day(each.told_from)} on this says what."
    yield from (f"  {number}. {step}" for number, step in enumerate(each.steps, 1))


def _turn(settings: Settings, clock: Clock) -> date | None:
    """Return when the first school's year turns by the calendar; None: iSAMS's terms say it."""
    school = next(iter(settings.schools.values()))
    return turn_by_calendar(school_day(clock.now(), school.time_zone), school)


for _command in (show_setup, plan_setup, make_setup, tell_next_year):
    sds_setup.add_command(_command)
