"""What SDS calls a year group."""

from __future__ import annotations

from collections.abc import Mapping

# The value list that every tenant has: docs/reference/sds.md#grades. A tenant may add others:
# docs/reference/sds.md#settings-calls
GRADES = frozenset(
    {"IT", "PR", "PK", "TK", "KG", "PS", "UG", "Other", "PS1", "PS2", "PS3", "PS4"}
    | {f"{number:02}" for number in range(1, 15)}
    | {"undergraduate", "graduate", "postgraduate", "alumni", "adultEducation"}
)


def grade(year: int | None, chosen: Mapping[int, str]) -> str:
    """Return the SDS grade for an NC year, "" if there is none; *chosen* codes come first.

    There are no UK codes by default: Reception (0) is `KG`, Years 1-13 are two digits.

    See docs/reference/sds.md#grades-uk.
    """
    if year is None:
        return ""
    if year in chosen:
        return chosen[year]
    if year in range(1, 14):
        return f"{year:02}"
    return {0: "KG", -1: "PK", -2: "PR"}.get(year, "Other")
