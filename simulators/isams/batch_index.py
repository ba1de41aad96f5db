"""What a document is made from: a school, and the look-ups that its records need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from simulators.isams.xmltext import leaf
from simulators.school import InventedSchool

AUTHOR_ID = 1


@dataclass(frozen=True)
class BatchIndex:
    """A school, given with or without the `Legacy` children."""

    school: InventedSchool
    legacy: bool

    def old(self, tag: str, value: object) -> str:
        """Return the deprecated copy that stands beside an id attribute; None is an empty copy."""
        return leaf(tag, "" if value is None else value, legacy=True) if self.legacy else ""

    @cached_property
    def user_codes(self) -> dict[int | None, str]:
        return {employee.id: employee.user_code for employee in self.school.staff}

    @cached_property
    def houses(self) -> dict[int | None, str]:
        school = self.school
        return {h.id: h.name for h in (*school.academic_houses, *school.boarding_houses)}

    @cached_property
    def divisions(self) -> dict[int, str]:
        return {division.id: division.name for division in self.school.divisions}

    @cached_property
    def author(self) -> str:
        return self.school.staff[0].user_code
