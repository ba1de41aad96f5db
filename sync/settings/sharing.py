"""What two profiles must write alike if they send people of a school to the same connector.

The rule: what decides a person's id, a class's id, who is in a class or what it is called must be
the same in both profiles wherever both may make that person or that class. Else it would go by the
profile that was sealed last, or that stands first in the alphabet, whose Team a pupil is in, and
how it is called. Whatever else they say of it, such as who teaches besides, may differ: the newer
set's word holds (`sync.sds.merge`). Where a profile chooses subjects, what both make is known only
once a school is read: then that word holds for titles too.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from sync.settings.class_kinds import (
    ACROSS_YEARS,
    BY_SUBJECT,
    CLASSES,
    SHARED_YEARS,
    TITLE_OF,
    made_twice,
)
from sync.settings.profile import ProfileSettings


def apart(first: ProfileSettings, second: ProfileSettings) -> Iterator[tuple[str, str]]:
    """Yield each setting in which the two are apart and may not be, and what was expected."""
    kinds = {*first.classes} & {*second.classes}
    yield from _kinds_across_years(kinds, first, second)
    if first.id_style != second.id_style:
        yield "id_style", "profiles of one school on one connector need the same ID_STYLE"
    if first.included_subjects or second.included_subjects:
        kinds -= BY_SUBJECT  # for all we know, of different subjects
    years = first.year_groups & second.year_groups
    if years:
        yield from _years_apart(kinds, years, first, second)
        yield from _titles(kinds, first, second)


def _years_apart(
    kinds: Set[str], years: Set[int], first: ProfileSettings, second: ProfileSettings
) -> Iterator[tuple[str, str]]:
    """Yield what shared *years* need alike, in the order of the settings page."""
    if "sets" in kinds and _keep_other_teams(years, first, second):
        yield "keep_teams", SHARED_YEARS
    if kinds and first.pupils_from != second.pupils_from:
        yield "pupils_from", SHARED_YEARS
    if kinds and first.title_clash != second.title_clash:
        yield "title_clash", SHARED_YEARS


def _titles(
    kinds: Set[str], first: ProfileSettings, second: ProfileSettings
) -> Iterator[tuple[str, str]]:
    """Yield each title in which the two are apart, and the suffix if any of *kinds* shows it."""
    shown = False
    for kind in (kind for kind in CLASSES if kind in kinds):
        name = TITLE_OF[kind]
        template = getattr(first, name)
        if template != getattr(second, name):
            yield name, SHARED_YEARS
        shown = shown or "{suffix}" in template
    if shown and first.suffix != second.suffix:
        yield "suffix", SHARED_YEARS


def _kinds_across_years(
    kinds: Set[str], first: ProfileSettings, second: ProfileSettings
) -> Iterator[tuple[str, str]]:
    """Yield the first of *kinds* that is of all years, where the profiles are not of the same.

    Such a class has the same id in both, and in each the pupils of that profile's years alone.
    """
    across = [kind for kind in ACROSS_YEARS if kind in kinds]
    if across and first.year_groups != second.year_groups:
        yield "classes", made_twice(across[0])


def _keep_other_teams(years: Set[int], first: ProfileSettings, second: ProfileSettings) -> bool:
    """Say whether in the *years* of both they keep other Teams, or from another year on."""
    if first.keep_teams & years != second.keep_teams & years:
        return True
    return bool(first.keep_teams & years) and first.keep_teams_from != second.keep_teams_from
