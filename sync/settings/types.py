"""The kinds of values that settings hold, and how their text is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from sync.settings import text
from sync.settings.authority import authority

Years = Annotated[frozenset[int], BeforeValidator(text.years)]
Words = Annotated[tuple[str, ...], BeforeValidator(text.words)]
Addresses = Annotated[tuple[str, ...], BeforeValidator(text.addresses)]
Times = Annotated[tuple[time, ...], BeforeValidator(text.times)]
Hour = Annotated[time, BeforeValidator(text.hour)]
Zone = Annotated[ZoneInfo, BeforeValidator(text.zone)]
Host = Annotated[str, BeforeValidator(text.host)]
Authority = Annotated[str, BeforeValidator(authority)]
GraphUrl = Annotated[str, BeforeValidator(text.graph_url)]
LoginUrl = Annotated[str, BeforeValidator(text.login_url)]
ServiceUrl = Annotated[str, BeforeValidator(text.service_url)]
OperationsUrl = Annotated[str, BeforeValidator(text.operations_url)]
Grades = Annotated[Mapping[int, str], BeforeValidator(text.grades)]
SchoolKey = Annotated[str, BeforeValidator(text.key)]
Day = Annotated[date, BeforeValidator(text.day)]
YearStarts = Annotated[text.MonthDay, BeforeValidator(text.year_starts)]
SchoolYear = Annotated[int | Literal["terms"], BeforeValidator(text.school_year)]
ShownName = Annotated[str, BeforeValidator(text.shown_name)]
# It is part of every class id, which becomes the name of a mail address:
# docs/reference/sds.md#nickname-characters
OrgId = Annotated[
    str, Field(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9](?:\.?[A-Za-z0-9-])*$")
]
Suffix = Annotated[str, StringConstraints(strip_whitespace=False, max_length=40)]
Flag = Annotated[bool, BeforeValidator(text.yes_or_no)]
Whole = Annotated[int, BeforeValidator(text.whole)]
Percent = Annotated[Whole, Field(ge=0, le=50)]
Minutes = Annotated[Whole, Field(ge=0, le=240)]
Rows = Annotated[Whole, Field(ge=0, le=1000)]
CarryDays = Annotated[Whole, Field(ge=1, le=365)]


class Block(BaseModel):
    """A block of settings under a common prefix: frozen, and nothing in it that nobody declared."""

    RIVALS: ClassVar[Mapping[tuple[str, str], str]] = {}
    """Which two settings may not both be given, and what is expected instead."""

    OWN: ClassVar[Mapping[str, str]] = {}
    """Which settings have no default that an administrator may set, and why, in words."""

    COMPANIONS: ClassVar[Mapping[str, str]] = {}
    """Which setting means nothing without which other: a default of it goes with that one's."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        str_strip_whitespace=True,
    )

    def rivals(self) -> list[text.Fault]:
        """Return a fault for each two that are given and may not both be."""
        return [
            (((first,), (second,)), expected)
            for (first, second), expected in self.RIVALS.items()
            if getattr(self, first) and getattr(self, second)
        ]
