"""Offers of schools, as tests write them: a set at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sync.sds.merge import Offered


def by_school(sets: Iterable[Offered]) -> list[Offered]:
    """Return one offer a school of offers of a set each, the newest first."""
    found: dict[tuple[str, str], list[Mapping[str, bytes]]] = {}
    for each in sets:
        found.setdefault((each.school, each.org), []).extend(each.sets)
    return [Offered(school, org, files) for (school, org), files in found.items()]
