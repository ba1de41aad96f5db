"""What may become a class, and how a group that is no set is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync.roster import identifiers
from sync.roster.groups import titles
from sync.roster.groups.basis import Basis
from sync.roster.trace import SET, Key
from sync.settings.class_kinds import TITLE_OF


@dataclass(frozen=True, slots=True)
class Group:
    """What may become a class.

    `class_id` is the id that its class has in SDS, "" if it can have none; `academic_year` is the
    year in that id. `key` is by what the rules know it. `record` is what iSAMS calls it, `name`
    what people do. The people are iSAMS's,
    by the ids that they have there, sorted; `unknown_members` are pupils of its list who are not
    current, `known_otherwise` is as in `TeachingSet`. `title` is still raw; `names_person` says
    that it goes by the name of somebody in it.
    """

    class_id: str
    academic_year: int
    key: Key
    record: str
    name: str
    title: str
    subject_id: str
    teacher_ids: tuple[str, ...]
    pupil_ids: tuple[str, ...]
    unknown_members: tuple[str, ...] = ()
    known_otherwise: tuple[tuple[str, str], ...] = ()
    names_person: bool = False

    @property
    def is_set(self) -> bool:
        """Whether it is a teaching set."""
        return self.key[0] == SET


def other_group(
    basis: Basis,
    identity: tuple[str, str, str],
    called: tuple[str, str, int | None],
    teacher_ids: Iterable[str],
    pupil_ids: Iterable[str],
    subject_id: str = "",
) -> Group:
    """Return a group that is no set; *identity* is id space, id and iSAMS's name of the record.

    *called* are name, code and NC year, for the title.
    """
    space, record_id, record = identity
    org, year = basis.school_settings.id, basis.academic_year
    setting = TITLE_OF[identifiers.KIND_OF_SPACE[space]]
    return Group(
        class_id=identifiers.group_id(org, year, space, record_id),
        academic_year=year,
        key=(space, record_id),
        record=record,
        name=called[0],
        title=titles.of_other(basis, setting, called, subject_id),
        subject_id=subject_id,
        teacher_ids=tuple(sorted(set(teacher_ids))),
        pupil_ids=tuple(sorted(pupil_ids)),
        names_person=space == identifiers.TUTOR,
    )
