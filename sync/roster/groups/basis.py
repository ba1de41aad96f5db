"""What groups are made from: a profile's part of a school, and its pupils sorted by something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sync.errors import ConfigError, RosterInvalid
from sync.isams.joins import ByCode, JoinedByCase
from sync.isams.school import Form, Pupil, School
from sync.roster.finding_codes import FindingCode
from sync.roster.findings import Finding, joined_by_case
from sync.roster.rule_codes import RuleCode
from sync.roster.trace import Key, Trace
from sync.settings import ProfileSettings, SchoolSettings


@dataclass(frozen=True, slots=True)
class Basis:
    """What the groups of a profile are made from; `findings` are those on the way.

    `trace` is what the rules said of each group.
    """

    school: School
    school_settings: SchoolSettings
    profile: ProfileSettings
    academic_year: int
    findings: list[Finding] = field(default_factory=list)
    trace: Trace = field(default_factory=Trace)

    def note(self, code: FindingCode, record: str, name: str, detail: str = "") -> None:
        """Add a finding."""
        self.findings.append(Finding(code, record, name, detail))

    def covers_year(self, key: Key, year: int) -> bool:
        """Say whether the profile covers the NC *year* of the group, and note it."""
        covered = year in self.profile.year_groups
        code = RuleCode.COVERED_YEAR if covered else RuleCode.YEAR_NOT_COVERED
        self.trace.say(key, code, f"NC year {year}")
        return covered

    def pupils_by_form(self, forms: Mapping[str, Form]) -> dict[str, list[str]]:
        """Return the ids of the school's pupils, of every year, by their form as it is listed."""
        typed = {pupil.form for pupil in self.school.pupils.values()}
        listed = self.forms_as_listed(typed, "Form of pupils", forms)
        return self.pupils_by(lambda pupil: listed[pupil.form], "the form", every_year=True)

    def forms_as_listed(
        self, names: Iterable[str], record: str, forms: Mapping[str, Form]
    ) -> dict[str, str]:
        """Return each of *names* as `as_listed` does, and tell of those in another case."""
        joined = set[JoinedByCase]()
        listed = as_listed(names, forms, record, joined)
        self.findings.extend(map(joined_by_case, joined))
        return listed

    def pupils_by(
        self, of: Callable[[Pupil], str], what: str, *, every_year: bool = False
    ) -> dict[str, list[str]]:
        """Return the ids of the profile's pupils by what *of* says of each, without "".

        Raises:
            ConfigError: of no pupil of the whole school anything is said: iSAMS does not tell it.
        """
        if not any(map(of, self.school.pupils.values())):
            raise ConfigError(
                f"CLASSES needs {what} of each pupil, and iSAMS tells none of anybody: fill them in"
                " in Student Manager, or take this kind out of CLASSES"
            )
        members: defaultdict[str, list[str]] = defaultdict(list)
        for pupil in self.school.pupils.values():
            if every_year or pupil.year in self.profile.year_groups:
                members[of(pupil)].append(pupil.id)
        members.pop("", None)
        return dict(members)


def as_listed(
    names: Iterable[str],
    forms: Mapping[str, Form],
    record: str = "",
    joined: set[JoinedByCase] | None = None,
) -> dict[str, str]:
    """Return each of *names* as it is listed among *forms*; itself if it is not.

    Forms are known by what somebody typed, so a *record* may hold them in another case; such are
    added to *joined*.

    See docs/reference/isams.md#no-case, docs/reference/isams.md#pupil-form.
    """
    by_name = ByCode(set() if joined is None else joined, ((name, name) for name in forms))
    return {name: by_name.id_of(name, record) or name for name in names}


def was_read[Dataset](dataset: Dataset | None, what: str) -> Dataset:
    """Return *dataset*; raises `RosterInvalid` if there is none."""
    if dataset is None:
        raise RosterInvalid(f"{what} were not read, and classes are to be made of them")
    return dataset
