"""How the text of a setting becomes a value, and which texts are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import time
from typing import cast, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import BeforeValidator

from sync.settings import ProfileSettings, names
from sync.settings import text as setting_text
from sync.settings.class_kinds import title_template


@pytest.mark.parametrize(
    ("read", "given_text", "value"),
    [
        (setting_text.years, "7-13", frozenset(range(7, 14))),
        (setting_text.years, " 7, 9 ,8", frozenset({7, 8, 9})),
        (setting_text.years, "-2--1,17", frozenset({-2, -1, 17})),
        (setting_text.words, " a ,, b,", ("a", "b")),
        (setting_text.times, "22:00,06:30,22:00", (time(6, 30), time(22))),
        (setting_text.grades, "-1=PK, 14 = 14", {-1: "PK", 14: "14"}),
        (setting_text.yes_or_no, "YES", True),
        (setting_text.yes_or_no, "0", False),
        (setting_text.whole, "0025", 25),
        (setting_text.key, "Northbank", "northbank"),
        (setting_text.host, "School.iSAMS.example", "school.isams.example"),
        (setting_text.host, "school.isams.example:8443", "school.isams.example:8443"),
        (setting_text.host, "http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        (setting_text.host, "http://[::1]:8080", "http://[::1]:8080"),
        (setting_text.service_url, "https://a.example/", "https://a.example"),
        (setting_text.service_url, "http://localhost:1/acc", "http://localhost:1/acc"),
        (setting_text.shown_name, " St  Mary's,\tNorthbank ", "St Mary's, Northbank"),
        (setting_text.graph_url, "https://Graph.Microsoft.com:443/", "https://graph.microsoft.com"),
        (setting_text.graph_url, "http://127.0.0.1:7071", "http://127.0.0.1:7071"),
        (
            setting_text.login_url,
            "https://login.microsoftonline.us",
            "https://login.microsoftonline.us",
        ),
        (setting_text.operations_url, "https://A.example:8698/api/", "https://A.example:8698/api"),
        (setting_text.operations_url, "http://127.0.0.1:1", "http://127.0.0.1:1"),
        (title_template, "{subject} {year}", "{subject} {year}"),
    ],
)
def test_a_text_becomes_its_value(read: object, given_text: str, value: object) -> None:
    """Blanks, order and case that mean nothing are forgiven."""
    assert callable(read)

    assert read(given_text) == value


@pytest.mark.parametrize(
    ("read", "texts"),
    [
        (setting_text.years, ["", "7 to 9", "9-7", "7,", "18", "-3", "\uff17", "7-13-14"]),
        (setting_text.times, ["24:00", "9:00", "22.00", "", "22:00,", "22:00:00"]),
        (setting_text.zone, ["Mars", "../etc/passwd", "Europe", "\0", "a" * 5000]),
        (
            setting_text.day,
            ["20270901", "2027-W35-1", "2027-244", "2027-09-01T00", "1999-12-31"],
        ),
        (setting_text.grades, ["7", "7=", "18=X", "7=A,7=B", "7=a b", "7==x"]),
        (setting_text.yes_or_no, ["t", "2", "y", "truee", "onn", "o"]),
        (setting_text.whole, ["1.0", "+1", "1_0", "1e3", "\u0663", "9" * 10, ""]),
        (
            setting_text.host,
            [
                "https://a.example",
                "a.example/path",
                "http://a.example",
                "http://127.0.0.1@a.example",
                "http://127.0.0.1/path",
                "http://user@127.0.0.1",
                "a.example:99999",
                "a.example:0",
                "a b",
                "-a.example",
                "a..example",
                "a" * 254,
            ],
        ),
        (
            setting_text.service_url,
            [
                "http://a.example",
                "ftp://127.0.0.1",
                "https://u:p@a.example",
                "https://:p@a.example",
                "https://a.example?sig=x",
                "https://a.example/?",
                "https://a.example#x",
                "https://a.exa\nmple",
                "https://a.example\\@b.example",
                "https://[x",
                "https://",
                "a.example",
            ],
        ),
        (
            setting_text.shown_name,
            ["@Northbank", "=1+1", "\uff1d1", "North\u200bbank", "\ufeff", "North\x07", "\u202ekn"],
        ),
        (
            setting_text.graph_url,
            [
                "https://graph.microsoft.com.evil.example",
                "https://graph.microsoft.example",
                "https://login.microsoftonline.com",
                "https://graph.microsoft.com/beta",
                "https://graph.microsoft.com:8443",
                "http://graph.microsoft.com",
            ],
        ),
        (setting_text.login_url, ["https://graph.microsoft.com", "https://login.example"]),
        (
            setting_text.operations_url,
            [
                "http://a.example/api",
                "https://u:p@a.example/api",
                "https://a.example/api?sig=x",
                "https://a.example/api#x",
                "https://a.example/api/../admin",
                "https://a.example/./api",
                "https://a.example//api",
                "https://a.example./api",
                "https://10.0.0.1/api",
                "https://2130706433/api",
                "https://0x7f.1/api",
                "https://[2001:db8::1]/api",
            ],
        ),
        (
            title_template,
            ["{set_code", "}", "{}", "{pupil}", "{set_code!r}", "{set_code:>9}", "{set_code.x}"],
        ),
        (title_template, ["Maths", "{school}{suffix}", "{year} {academic_year}"]),
    ],
)
def test_a_text_that_could_be_misread_is_refused(read: object, texts: list[str]) -> None:
    """What is not plainly one of the allowed forms is an error that does not repeat the text."""
    assert callable(read)

    for text in texts:
        with pytest.raises(ValueError, match=r"expected|stands alone") as refusal:
            read(text)
        assert len(text) < 9 or text not in str(refusal.value)


def _readers(kind: object) -> Iterator[Callable[[object], object]]:
    """Yield what reads the text of a setting that is declared as *kind*, or as one of its kinds."""
    for part in getattr(kind, "__metadata__", ()):
        if isinstance(part, BeforeValidator):
            yield cast("Callable[[object], object]", part.func)
    for part in get_args(kind):
        yield from _readers(part)


READERS = {
    reader
    for block in names.BLOCKS.values()
    for kind in get_type_hints(block, include_extras=True).values()
    for reader in _readers(kind)
}
"""Every function that reads a setting's text, as the declaration names them."""


def test_all_readers_of_texts_are_looked_at() -> None:
    """They are taken from the declaration, and these are among them."""
    assert {setting_text.years, setting_text.zone, title_template} <= READERS
    assert len(READERS) > 15


@hypothesis_settings(deadline=None)
@given(st.text() | st.text(alphabet="0123456789-,:=/.{}[]@ahtps ", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes a reader fail in another way than ValueError."""
    for read in READERS:
        with suppress(ValueError):
            read(text)


def test_a_value_that_is_no_text_stays_as_it_is() -> None:
    """Code that builds settings from values need not write them as text."""
    assert [read(7) for read in READERS] == [7] * len(READERS)
    assert ProfileSettings(year_groups=frozenset({7})).year_groups == {7}


@pytest.mark.parametrize("url", ["http://127.9.9.9:1", "http://[::1]/", "http://localhost"])
def test_this_machine_is_known(url: str) -> None:
    """127.0.0.0/8, ::1 and localhost are this machine."""
    assert setting_text.is_loopback(url)


@pytest.mark.parametrize(
    "url", ["", "http://", "http://localhost.example", "http://127.0.0.1.example", "http://[x"]
)
def test_another_machine_is_never_taken_for_this_one(url: str) -> None:
    """A name that merely begins like this machine's is another machine."""
    assert not setting_text.is_loopback(url)


@given(st.frozensets(st.sampled_from(setting_text.YEARS), min_size=1))
def test_years_are_written_as_they_are_read(years: frozenset[int]) -> None:
    """What a message says of years may be typed into a setting."""
    assert setting_text.years(setting_text.as_years(years)) == years
