"""Which parts of the docs are written from the code, and what writes each.

Another part is a line in `PARTS` and its two marks in a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import dev
from sync.__main__ import tree
from sync.isams.addresses.arrivals import Arrival
from sync.isams.addresses.reasons import Reason
from sync.ledger import fates
from sync.report import FIELDS, Exit, Outcome
from sync.steps.addresses.changing import EndCode
from sync.steps.addresses.writing import PASSED
from sync.terminal import cli
from sync.web import routes
from sync.web.page import screens
from tests.pages import (
    cost_page,
    datasets_page,
    findings_page,
    openapi_page,
    picture,
    rooms,
    settings_page,
)
from tests.pages.tables import row, table

type Part = Callable[[], str]
"""What shall stand between the marks."""

ROOT = Path(__file__).resolve().parents[2]
_MARKED = re.compile(
    r"(?P<begin><!-- from the code: (?P<name>[a-z-]+) -->\n)(?P<text>.*?)(?P<end><!-- end -->)",
    re.DOTALL,
)


def _commands() -> str:
    rows = (row(f"`{name}`", what) for name, what in dev.COMMANDS.items())
    return table(("`python dev.py …`", "what it does"), rows)


def _outcomes() -> str:
    """Return a row for each way in which a step can end; "-": its error decides the code."""
    rows = (
        row(
            f"`{outcome.value}`",
            "-" if outcome.exit is None else str(outcome.exit.value),
            outcome.level,
            outcome.sentence,
        )
        for outcome in Outcome
    )
    return table(("outcome", "exit code", "level in the log", "in words"), rows)


def _routes() -> str:
    head = ("method and path", "does", "key of", "role", "answers")
    return table(head, (row(*cells) for cells in routes.route_rows()))


def _doors() -> str:
    return table(("address", "does", "role"), (row(*cells) for cells in screens.door_rows()))


def _roles() -> str:
    return table(("role", "opens"), (row(*cells) for cells in routes.role_rows()))


def _terminal_commands() -> str:
    return table(("command", "what it does"), (row(*cells) for cells in cli.command_rows(tree())))


def _exits() -> str:
    rows = (row(str(code.value), code.meaning) for code in Exit)
    return table(("code", "what it means"), rows)


def _log_fields() -> str:
    told = {
        **FIELDS,
        "fact_…": "a count or word of the step: rows, findings by code (`fact_finding_…`), changes",
        "error_…": "a count or word of the error, such as a status",
    }
    return table(("field", "what it holds"), (row(f"`{name}`", of) for name, of in told.items()))


def _fates() -> str:
    """Return a row for each fate, under the word that people read."""
    rows = (
        row(
            f"`{fate.word}`",
            f"`{fate.outcome}`" if fate.outcome else "-",
            fate.holds,
            fate.tomorrow,
            fate.who,
        )
        for fate in fates.TABLE.values()
    )
    return table(("word", "receipt", "holds", "next night", "who acts"), rows)


def _address_reasons() -> str:
    rows = (row(f"`{reason.value}`", reason.why) for reason in Reason)
    return table(("left out as", "why, and what to do"), rows)


def _address_arrivals() -> str:
    rows = (row(f"`{code.value}`", code.meaning) for code in Arrival)
    return table(("code", "what it means"), rows)


def _address_ends() -> str:
    ends = (row(f"`{code.value}`", code.sentence) for code in EndCode)
    passed = (row(f"`{code}`", why) for code, why in PASSED.items())
    heads = ("a run ended with", "what it means"), ("a record was passed over as", "why")
    return f"{table(heads[0], ends)}\n{table(heads[1], passed)}"


def _decisions() -> str:
    """Return a link to each decision, by its number, under the title that it gives itself."""
    files = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    heads = (file.read_text(encoding="utf-8").partition("\n")[0] for file in files)
    return "".join(
        f"{head.removeprefix('# ').partition('. ')[0]}. "
        f"[{head.partition('. ')[2]}](decisions/{file.name})\n"
        for head, file in zip(heads, files, strict=True)
    )


def _settings(block: str) -> str:
    return settings_page.tables()[block]


PARTS: Mapping[str, Part] = {
    "address-arrivals": _address_arrivals,
    "address-ends": _address_ends,
    "address-reasons": _address_reasons,
    "commands": _commands,
    "cost-of-a-day": cost_page.a_day,
    "cost-of-a-month": cost_page.a_month,
    "decisions": _decisions,
    "datasets": datasets_page.sections,
    "exit-codes": _exits,
    "fates": _fates,
    "findings": lambda: f"\n{findings_page.entries()}\n",
    "outcomes": _outcomes,
    "page-doors": _doors,
    "roles": _roles,
    "routes": _routes,
    "terminal-commands": _terminal_commands,
    "log-fields": _log_fields,
    "rooms": rooms.table,
    **{f"settings-{block}": partial(_settings, block) for block in settings_page.tables()},
}
WHOLE: Mapping[Path, Callable[[], str]] = {
    Path("docs/openapi.yaml"): openapi_page.written,
    Path("docs/rooms.svg"): picture.drawn,
}


def pages() -> Iterator[Path]:
    """Yield every page that may hold such parts."""
    yield from sorted((ROOT / "docs").rglob("*.md"))
    yield from sorted(ROOT.glob("*.md"))


def names(page: str) -> list[str]:
    """Return the parts that *page* has, in its order."""
    return [part["name"] for part in _MARKED.finditer(page)]


def refreshed(page: str) -> str:
    """Return *page* with every part as the code has it now.

    A mark without its other, or a name that nothing writes, is an error: the part would go stale.
    """
    if page.count("<!-- from the code") != len(names(page)) or page.count("<!-- end -->") != len(
        names(page)
    ):
        raise ValueError("a mark of the page stands alone")
    if unknown := set(names(page)) - set(PARTS):
        raise ValueError(f"nothing writes {', '.join(sorted(unknown))}; there are: {list(PARTS)}")
    return _MARKED.sub(lambda part: part["begin"] + _written(part) + part["end"], page)


def _written(part: re.Match[str]) -> str:
    return PARTS[part["name"]]()


def stale() -> Iterator[tuple[Path, str]]:
    """Yield each page that the code would write otherwise, in part or whole, with what it would."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if (wanted := refreshed(text)) != text:
            yield page, wanted
    for name, drawn in WHOLE.items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != drawn():
            yield path, drawn()
