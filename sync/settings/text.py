"""How the text of a setting becomes a value: pure, and each refusal says what was expected.

A refusal never repeats the text: it may be a secret that was put under the wrong name.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import date, time, timedelta
from functools import wraps
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sync import texts

YEARS = range(-2, 18)  # NC years that schools use: docs/reference/isams.md#nc-year
EARLY_YEARS = "Reception is 0, pre-reception -1, nursery -2"
_FLAGS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_WHOLE = re.compile(r"-?[0-9]{1,9}")
# The comma stands between the two halves, so only where there are both.
_ALLOWANCE = re.compile(r"(?:([0-9]{1,2})\s*%)?(?:(?(1)\s*,\s*)([0-9]{1,4}))?")
_PARTS_NOTHING = re.compile(r"[\t\r\n]")
_SPAN = re.compile(r"(-?[0-9]{1,2})(?:-(-?[0-9]{1,2}))?")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_MONTH_DAY = re.compile(r"([0-9]{2})-([0-9]{2})")
_GRADE = re.compile(r"(-?[0-9]{1,2})\s*=\s*([A-Za-z0-9][A-Za-z0-9._-]{0,39})")
_HOST = re.compile(
    r"(?=.{1,253}(?::|$))[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
    r"(?::[0-9]{1,5})?"
)
# Microsoft's clouds: the global one first, then those of the United States and of China:
# docs/reference/sds.md#clouds
_GRAPHS = (
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
)
_LOGINS = ("login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn")
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?")
# Printable ASCII without user name, query, fragment, backslash or quotes.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(?:/[A-Za-z0-9._~/-]*)?")


# The names concerned, each a path from the block that refuses, and what was expected.
type Fault = tuple[tuple[tuple[str, ...], ...], str]


class Contradiction(ValueError):
    """Settings that are sound each by itself and do not go together."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(expected for _, expected in faults))
        self.faults = faults


def of_text[Value](read: Callable[[str], Value]) -> Callable[[object], object]:
    """Let *read* see texts only, without blanks around; a value that is not a text stays."""

    @wraps(read)
    def reader(value: object) -> object:
        return read(value.strip()) if isinstance(value, str) else value

    return reader


def as_typed[Value](read: Callable[[str], Value]) -> Callable[[object], object]:
    """Let *read* see texts only, with the blanks around them; a value that is not a text stays."""

    @wraps(read)
    def reader(value: object) -> object:
        return read(value) if isinstance(value, str) else value

    return reader


def parts(value: str) -> tuple[str, ...]:
    """Return what stands between the commas, without blanks around it; nothing is no part."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


@of_text
def words(value: str) -> tuple[str, ...]:
    """Split a text at its commas; blanks around and between are dropped.

    A tab or line end inside of a value was meant to part two.
    """
    found = parts(value)
    if any(_PARTS_NOTHING.search(part) for part in found):
        raise ValueError("expected commas between the values, not line ends or tabs alone")
    return found


@of_text
def addresses(value: str) -> tuple[str, ...]:
    """Read full addresses, each once, in small letters."""
    given = parts(value)
    found = tuple(address for part in given if (address := texts.address(part)))
    if len(found) < len(given):
        raise ValueError("expected full addresses, such as teams@northbank.example: no * and no ?")
    return tuple(dict.fromkeys(found))


@of_text
def key(value: str) -> str:
    """Read the key of a school as it stands in the names of settings, where case is nothing."""
    return value.lower()


@of_text
def yes_or_no(value: str) -> bool:
    """Read true, false, yes, no, on, off, 1 or 0, in any case."""
    if value.lower() not in _FLAGS:
        raise ValueError("expected true or false")
    return _FLAGS[value.lower()]


@of_text
def whole(value: str) -> int:
    """Read a whole number of at most nine digits."""
    if not _WHOLE.fullmatch(value):
        raise ValueError("expected a whole number, in digits")
    return int(value)


class Allowance(NamedTuple):
    """So many, or so many of a hundred of what there was: the larger of the two."""

    percent: int
    rows: int

    def of(self, before: int) -> int:
        """Return how many it is of *before*; a percentage never rounds up."""
        return max(self.rows, before * self.percent // 100)

    def __str__(self) -> str:
        """Return it as it stands in a setting: `10%,25`."""
        return f"{self.percent}%,{self.rows}"


MOST_PERCENT, MOST_ROWS = 50, 1000


@of_text
def allowance(value: str) -> Allowance:
    """Read `10%,25`, or one half of it: the other is none."""
    match = _ALLOWANCE.fullmatch(value)
    read = Allowance(int(match[1] or 0), int(match[2] or 0)) if value and match else None
    if read is None or read.percent > MOST_PERCENT or read.rows > MOST_ROWS:
        raise ValueError(
            f"expected a percentage to {MOST_PERCENT}, a number to {MOST_ROWS}, or both, such as"
            " 10%,25"
        )
    return read


@of_text
def years(value: str) -> frozenset[int]:
    """Read `7,8,9` or `7-13`: NC years from -2 to 17."""
    span: set[int] = set()
    for part in value.split(","):
        match = _SPAN.fullmatch(part.strip())
        if not match:
            raise ValueError(f"expected years such as 7,8,9 or 7-13; {EARLY_YEARS}")
        first = int(match[1])
        last = int(match[2]) if match[2] else first
        if first > last or first not in YEARS or last not in YEARS:
            raise ValueError("expected years that go upwards, from -2 to 17")
        span.update(range(first, last + 1))
    return frozenset(span)


def as_years(read: frozenset[int]) -> str:
    """Return NC years as they may be written in a setting: `-1,0-2,7`."""
    spans: list[list[int]] = []
    for year in sorted(read):
        if spans and spans[-1][0] >= 0 and spans[-1][-1] == year - 1:  # -2-0 would be hard to read
            spans[-1].append(year)
        else:
            spans.append([year])
    return ",".join(f"{span[0]}-{span[-1]}" if span[1:] else str(span[0]) for span in spans)


@of_text
def times(value: str) -> tuple[time, ...]:
    """Read `22:00` or `06:30,22:00`: times of day in school time, sorted."""
    matches = [_CLOCK.fullmatch(part.strip()) for part in value.split(",")]
    if not all(matches):
        raise ValueError("expected times such as 22:00 or 06:30,22:00")
    return tuple(sorted({time(int(m[1]), int(m[2])) for m in matches if m}))


@of_text
def hour(value: str) -> time:
    """Read `06:00`: one time of day in school time."""
    match = _CLOCK.fullmatch(value)
    if not match:
        raise ValueError("expected one time such as 06:00")
    return time(int(match[1]), int(match[2]))


@of_text
def zone(value: str) -> ZoneInfo:
    """Read an IANA time zone name."""
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("expected a time zone such as Europe/London") from None


@of_text
def grades(value: str) -> dict[int, str]:
    """Read `-1=PK,14=14`: SDS grade codes by NC year, each year once."""
    codes: dict[int, str] = {}
    for part in parts(value):
        match = _GRADE.fullmatch(part)
        if not match or int(match[1]) not in YEARS:
            raise ValueError(
                f"expected year=code pairs such as -1=PK,14=14, years from -2 to 17; {EARLY_YEARS}"
            )
        if int(match[1]) in codes:
            raise ValueError("expected each year once")
        codes[int(match[1])] = match[2]
    return codes


@of_text
def host(value: str) -> str:
    """Read a host name, or `http://127.0.0.1:port` to try the simulator on this machine."""
    address = value.rstrip("/")
    if address.startswith("http://") and _is_address(address) and is_loopback(address):
        if address.count("/") == 2:
            return address
    elif value.isascii() and _HOST.fullmatch(value.lower()) and _is_address("https://" + value):
        return value.lower()
    raise ValueError("expected a host such as school.isams.example, without https:// or a path")


@of_text
def service_url(value: str) -> str:
    """Read an https address without query; http is for this machine only."""
    secure = value.startswith("https://") or is_loopback(value)
    if not secure or not _is_address(value):
        raise ValueError("expected an https:// address without user name or query")
    return value.rstrip("/")


@of_text
def shown_name(value: str) -> str:
    """Read a name that people see, blanks tidied: nothing invisible, no start of a formula.

    The rules of SDS's files would refuse it as well, but only in the night.
    """
    tidy = texts.SPACES.sub(" ", texts.composed(value)).strip()
    shown = tidy.translate(dict.fromkeys(map(ord, texts.JOINERS))).isprintable()
    if not shown or texts.visible(tidy) != tidy or texts.is_unsafe(tidy):
        raise ValueError(
            "expected a name as people read it: it begins with none of = + - @, and has no"
            " characters that cannot be seen"
        )
    return tidy


@of_text
def graph_url(value: str) -> str:
    """Read where Microsoft Graph is: in one of Microsoft's clouds, or on this machine."""
    return _in_a_cloud(value, _GRAPHS)


@of_text
def login_url(value: str) -> str:
    """Read where tokens come from: in one of Microsoft's clouds, or on this machine."""
    return _in_a_cloud(value, _LOGINS)


def _in_a_cloud(value: str, hosts: tuple[str, ...]) -> str:
    """Return an address to which rosters, tokens or secrets may go; *hosts* are by cloud."""
    address = str(service_url(value))
    host = address.lower().removeprefix("https://").removesuffix(":443")
    if host in hosts:
        return f"https://{host}"
    if is_loopback(address):
        return address
    raise ValueError(f"expected https://{hosts[0]}, or the same of another cloud of Microsoft's")


@of_text
def operations_url(value: str) -> str:
    """Read how an address begins: a `service_url` of a named host, its path without dots."""
    address = str(service_url(value))
    parts = urlsplit(address)
    dots = {".", ".."} & set(parts.path.split("/"))  # they lead out again
    if dots or "//" in parts.path or not (is_named(parts.hostname or "") or is_loopback(address)):
        raise ValueError("expected an https:// address of a named host, its path without . or ..")
    return address


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(_ADDRESS.fullmatch(url) and parts.hostname and parts.port != 0)
    except ValueError:  # brackets that do not match, a port beyond 65535
        return False


def is_named(host: str) -> bool:
    """Say whether *host*, in small letters, is a name: no IP address, however it is written.

    127.1, 0x7f000001 and 2130706433 are addresses too; they all end in a label that begins with a
    digit, and no top-level domain does. A label over 63 letters, or in the encoding of other
    alphabets, is none that Microsoft has, and some that look so cannot even be looked up.
    """
    labels = host.split(".")
    usual = all(len(label) <= 63 and not label.startswith("xn--") for label in labels)
    return len(host) <= 253 and usual and bool(_NAME.fullmatch(host))


def is_loopback(url: str) -> bool:
    """Say whether *url* points at this machine: 127.0.0.0/8, ::1 or localhost."""
    try:
        name = urlsplit(url).hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class MonthDay(NamedTuple):
    """A day that every year has."""

    month: int
    day: int

    def in_year(self, year: int) -> date:
        """Return it in a calendar *year*."""
        return date(year, self.month, self.day)

    def nearest(self, day: date) -> date:
        """Return that of all years which is nearest to *day*: at most 183 days away."""
        around = (self.in_year(day.year + years) for years in (-1, 0, 1))
        return min(around, key=lambda start: abs(start - day))

    def __str__(self) -> str:
        """Return it as people write it: `1 September`."""
        return f"{self.day} {self.in_year(2001):%B}"


def spoken(day: date) -> str:
    """Return *day* as people write it: `1 September 2027`."""
    return f"{day.day} {day:%B %Y}"


SEPTEMBER = MonthDay(9, 1)
"""When the academic year starts unless a school says otherwise."""

OF_START = timedelta(days=60)
"""How far from the start of the academic year its pupils may come."""


@of_text
def day(value: str) -> date:
    """Read a day of 2000 to 2100: a year before or after it is reckoned with."""
    read = texts.day(value)
    if read is None or not 2000 <= read.year <= 2100:
        raise ValueError("expected a day such as 2027-09-01")
    return read


@of_text
def year_starts(value: str) -> MonthDay:
    """Read the month and day on which every academic year starts."""
    match = _MONTH_DAY.fullmatch(value)
    starts = MonthDay(int(match[1]), int(match[2])) if match else MonthDay(0, 0)
    try:
        starts.in_year(2001)  # which has no 29 February
    except ValueError:
        raise ValueError(
            "expected a month and a day that every year has, such as 08-15 for 15 August"
        ) from None
    return starts


@of_text
def school_year(value: str) -> int | str:
    """Read the calendar year in which an academic year began, or `terms`."""
    if value.lower() == "terms":
        return "terms"
    if not re.fullmatch(r"2[01][0-9]{2}", value):
        raise ValueError("expected a year such as 2026, or the word terms")
    return int(value)
