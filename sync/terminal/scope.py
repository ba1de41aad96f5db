"""Which schools and profiles a command is about, from `--school` and `--profile`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import click

from sync.settings import Settings
from sync.terminal.options import known_key


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
    keys = settings.schools
    schools = [known_key("--school", school, keys)] if school else sorted(keys)
    named = {known_key("--profile", key, settings.profiles) for key in profiles}
    for profile in sorted(named):
        _need_school_of(settings, profile, schools)
    by_school = {
        key: tuple(settings.profiles_of(key)) if not named else _named_of(settings, key, named)
        for key in schools
    }
    chosen = {key: kept for key, kept in by_school.items() if kept}
    if not chosen:
        raise click.BadParameter("this school has no profile", param_hint="--school")
    return Chosen(chosen)


def _need_school_of(settings: Settings, profile: str, schools: Sequence[str]) -> None:
    school = settings.school_of(profile)
    if school not in schools:
        raise click.BadParameter(
            f"{profile} is a profile of the school {school}", param_hint="--profile"
        )


def _named_of(settings: Settings, school: str, named: Set[str]) -> tuple[str, ...]:
    return tuple(profile for profile in settings.profiles_of(school) if profile in named)


def only_school(settings: Settings, school: str | None) -> str:
    """Return the school that `--school` names; it may be left out where settings hold no other."""
    if school:
        return known_key("--school", school, settings.schools)
    if len(settings.schools) > 1:
        raise click.UsageError(_which(settings))
    return next(iter(settings.schools))


def need_single_school(
    settings: Settings, schools: Sequence[str], options: Mapping[str, Path | None]
) -> None:
    """Refuse *options* that name a file, which is of a single school, where several are meant.

    Raises:
        click.UsageError: the first such option, and which schools there are.
    """
    for option, file in options.items():
        if file and len(schools) > 1:
            raise click.UsageError(f"{option} is about one school. {_which(settings)}")


def _which(settings: Settings) -> str:
    """Say which schools there are to choose from."""
    return f"There are several schools: say --school, {' or '.join(sorted(settings.schools))}."
