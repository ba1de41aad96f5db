"""Which schools and profiles a command is about, from `--school` and `--profile`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from sync.settings import Settings
from sync.terminal.context import one_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """The profiles that were asked for, by school; both sorted."""

    by_school: dict[str, tuple[str, ...]]

    @property
    def schools(self) -> tuple[str, ...]:
        return tuple(self.by_school)

    @property
    def profiles(self) -> tuple[str, ...]:
        return tuple(sorted(key for keys in self.by_school.values() for key in keys))


def choose(settings: Settings, school: str | None, profiles: Sequence[str]) -> Chosen:
    """Return what `--school` and `--profile` leave of all profiles; neither given, all of them."""
    schools = [one_of("--school", school, settings.schools)] if school else sorted(settings.schools)
    wanted = {one_of("--profile", key, settings.profiles) for key in profiles}
    for key in sorted(wanted):
        if settings.school_of(key) not in schools:
            raise click.BadParameter(
                f"{key} is a profile of the school {settings.school_of(key)}",
                param_hint="--profile",
            )
    kept = {
        own: tuple(key for key in settings.profiles_of(own) if key in wanted or not wanted)
        for own in schools
    }
    found = {own: keys for own, keys in kept.items() if keys}
    if not found:
        raise click.BadParameter("this school has no profile", param_hint="--school")
    return Chosen(found)


def the_one_school(settings: Settings, school: str | None) -> str:
    """Return the school that `--school` names; it may be left out where there is one only."""
    if school:
        return one_of("--school", school, settings.schools)
    if len(settings.schools) > 1:
        raise click.UsageError(_which(settings))
    return next(iter(settings.schools))


def need_one_school(
    settings: Settings, schools: Sequence[str], options: Mapping[str, Path | None]
) -> None:
    """Refuse *options* that name a file, which is of one school, where several *schools* are meant.

    Raises:
        click.UsageError: the first such option, and which schools there are.
    """
    for option, file in options.items():
        if file and len(schools) > 1:
            raise click.UsageError(f"{option} is about one school. {_which(settings)}")


def _which(settings: Settings) -> str:
    """Say which schools there are to choose from."""
    return f"There are several schools: say --school, {' or '.join(sorted(settings.schools))}."
