"""Which sets and lessons a profile takes by their subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync.errors import ConfigError
from sync.isams.school import School, Subject
from sync.roster.finding_codes import FindingCode
from sync.roster.findings import Finding
from sync.settings import ProfileSettings
from sync.texts import composed, folded


@dataclass(frozen=True, slots=True)
class SubjectChoice:
    """The subjects a profile names, as ids; `findings` are of names that no subject has."""

    known: frozenset[str]
    included: frozenset[str] | None
    excluded: frozenset[str]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, profile: ProfileSettings, school: School) -> SubjectChoice:
        """Resolve the profile's subject ids and codes (any case) against the school's subjects.

        Raises:
            ConfigError: INCLUDED_SUBJECTS matches nothing.
        """
        words = profile.included_subjects or profile.excluded_subjects
        matches = {word: _match(word, school.subjects) for word in words}
        ids = frozenset[str]().union(*matches.values())
        if profile.included_subjects and not ids:
            raise ConfigError(
                f"INCLUDED_SUBJECTS matches no subject of the school ({_quoted(words)}), which"
                " would empty every class: look up ids and codes with `isams-sync subjects`",
                subjects=len(words),
            )
        setting = "INCLUDED_SUBJECTS" if profile.included_subjects else "EXCLUDED_SUBJECTS"
        return cls(
            frozenset(school.subjects),
            ids if profile.included_subjects else None,
            ids if profile.excluded_subjects else frozenset(),
            tuple(
                Finding(FindingCode.SUBJECT_UNKNOWN, setting, word)
                for word, subject_ids in matches.items()
                if not subject_ids
            ),
        )

    @property
    def selects(self) -> bool:
        """Whether the profile selects by subject at all."""
        return self.included is not None or bool(self.excluded)

    def covers(self, subject_id: str) -> bool | None:
        """Say whether what is taught in this subject is covered; None if that cannot be known.

        A subject that is in no department is not listed by iSAMS. That matters only to a profile
        that selects by subject.
        """
        if not self.selects:
            return True
        if subject_id not in self.known:
            return None
        if self.included is not None:
            return subject_id in self.included
        return subject_id not in self.excluded


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def _match(word: str, subjects: Mapping[str, Subject]) -> frozenset[str]:
    """Return the subjects that *word* names: that with this id, else all with this code."""
    if word in subjects:
        return frozenset({word})
    code = folded(composed(word))
    return frozenset(s.id for s in subjects.values() if folded(composed(s.code)) == code)
