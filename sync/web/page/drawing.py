"""Values become HTML: Jinja2's templates, how numbers and moments are written, and the style sheet.

The style sheet and the icon have a hash of their bytes in their names, so a browser may keep them
for ever; every other response is kept nowhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from sync import __version__
from sync.roster.academic_year import school_day
from sync.web.access import Role
from sync.web.exchange import HTML, Response
from sync.web.page.curves import spark
from sync.web.page.visit import PageVisit
from sync.web.page.words import sentence

_HERE = Path(__file__).parent
NONE = "\N{EN DASH}"
"""What stands where there is no value."""

_STATIC = {"page.css": "text/css", "icon.svg": "image/svg+xml"}

# No script, nothing from elsewhere, and no other site may frame it. The referrer is the page's own
# business: without one, browsers send no origin with a form either.
SAFE: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

_MENU = (
    ("home", "/", "Home"),
    ("held", "/page/held", "Held"),
    ("why", "/page/why", "Why"),
    ("findings", "/page/findings", "Findings"),
    ("sds", "/page/sds", "SDS"),
    ("what-if", "/page/what-if", "What if"),
    ("health", "/page/health", "Health"),
)
_BELOW = {"trust": "home", "run": "home", "waiting": "held", "findings-of-all": "findings"}
"""Screens that the menu does not have, and what they stand below."""


def drawn(
    visit: PageVisit, screen: str, values: Mapping[str, object], status: int = 200
) -> Response:
    """Return *screen*, with how everything stands in its frame."""
    frame = {
        "frame": True,
        "menu": _MENU,
        "current": _BELOW.get(screen, screen),
        "waits": visit.waits,
        "zone": visit.zone,
        "now": visit.status.now,
        "visitor": visit.visitor.called,
        "roles": [role.value for role in Role if role in visit.visitor.roles],
        "may": {role.name.lower(): role in visit.visitor.roles for role in Role},
    }
    return html(status, screen, {**frame, **values})


def html(status: int, screen: str, values: Mapping[str, object]) -> Response:
    """Return *screen* drawn with *values*, as a response."""
    assets = {"style": asset("page.css"), "icon_file": asset("icon.svg"), "version": __version__}
    body = _environment().get_template(f"{screen}.html").render(**assets, **values)
    return Response(status, body.encode(), HTML, more=SAFE)


def see(address: str) -> Response:
    """Send the browser to *address*: what was done is not done again by going back."""
    return Response(303, b"", HTML, more={**SAFE, "Location": address})


# -- files that never change under their names ----------------------------------------------------


@cache
def asset(name: str) -> str:
    """Return the address of a file of `static`."""
    stem, _, kind = name.partition(".")
    return f"/page/static/{stem}-{hashlib.sha256(_bytes(name)).hexdigest()[:16]}.{kind}"


def static(name: str) -> Response | None:
    """Return the file that goes by *name*, hash and all; None if there is none."""
    for known, kind in _STATIC.items():
        if asset(known).endswith(f"/{name}"):
            kept = {"Cache-Control": "public, max-age=31536000, immutable"}
            return Response(200, _bytes(known), kind, more={**SAFE, **kept})
    return None


@cache
def _bytes(name: str) -> bytes:
    return (_HERE / "static" / name).read_bytes()


# -- how values are written ------------------------------------------------------------------------


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(code=code, n=number, signed=signed, when=_when, raw=raw, sentence=sentence)
    made.globals.update(spark=spark)
    return made


def number(value: int | None) -> str:
    """Return a number as people write it; a dash where there is none."""
    return NONE if value is None else f"{value:,}".replace("-", "\N{MINUS SIGN}")


def signed(value: int | None) -> str:
    """Return a change: with its sign."""
    return f"+{value:,}" if value is not None and value > 0 else number(value)


def code(text: str) -> Markup:
    """Return *text* with what stands between backticks as code."""
    parts = text.split("`")
    told = (
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(parts)
    )
    return Markup("").join(told)


def raw(text: object) -> Markup:
    """Return what comes from iSAMS: escaped, in its own direction, breaking where it must.

    An address may break in front of its @.
    """
    parts = (escape(part) for part in str(text).split("@"))
    return Markup("<bdi>{}</bdi>").format(Markup("<wbr>@").join(parts))


@pass_context
def _when(context: Context, at: datetime | date | None, kind: str = "minute") -> str:
    return when(at, context["zone"], context["now"], kind)


def when(at: datetime | date | None, zone: tzinfo, now: datetime, kind: str = "minute") -> str:
    """Return a moment by the clocks in *zone*, as short as it is clear *now*.

    `minute` is `Monday 22:00` within a week, else `14 September 22:00`; `day` leaves the time out;
    `full` has all but the year.
    """
    if at is None:
        return NONE
    today = school_day(now, zone)
    day = school_day(at, zone) if isinstance(at, datetime) else at
    far = abs((day - today).days) > 6
    year = f" {day.year}" if day.year != today.year else ""
    written = f"{day.day} {day:%B}{year}"
    if kind == "full":
        written = f"{day:%A} {written}"
    elif not far:
        written = f"{day:%A}"
    if kind == "day" or not isinstance(at, datetime):
        return f"{day:%A} {day.day} {day:%B}{year}" if far and not year else written
    return f"{written} {at.astimezone(zone):%H:%M}"
