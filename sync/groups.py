"""What a profile makes classes of: teaching sets, forms, houses and the rest, as iSAMS tells them.

Pure. One `Group` for each; `sync.profile` judges its people and makes it a class, or leaves it out
with a finding. A dataset that was not read is an error here, never a school without forms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sync import names
from sync.errors import ConfigError, RosterInvalid
from sync.findings import Finding, Found
from sync.school import Employee, Form, House, Pupil, School, Subject, TeachingForm, TeachingSet
from sync.selection import SubjectChoice
from sync.settings import ProfileSettings, SchoolSettings


@dataclass(frozen=True, slots=True)
class Group:
    """What may become a class.

    `own` is its id in SDS, "" if it can have none; `academic_year` is the one in that id. `record`
    is what iSAMS calls it, `name` what people do. The people are iSAMS's, by their own ids, sorted;
    `unknown_members` are pupils of its list who are not current. `title` is still raw.
    """

    own: str
    academic_year: int
    record: str
    name: str
    title: str
    subject_id: str
    teacher_ids: tuple[str, ...]
    pupil_ids: tuple[str, ...]
    unknown_members: tuple[str, ...] = ()
    is_set: bool = False


@dataclass(slots=True)
class Groups:
    """The groups of one profile; `found` is what was found on the way."""

    school: School
    place: SchoolSettings
    profile: ProfileSettings
    academic_year: int
    found: list[Found] = field(default_factory=list)

    def all(self) -> Iterator[Group]:
        """Yield the groups of every kind that the profile names.

        Raises:
            ConfigError: INCLUDED_SUBJECTS matches no subject at all; or iSAMS tells of no pupil
                what a kind of class is made of.
            RosterInvalid: a dataset that a kind is made of was not read: a fault of ours.
        """
        choice = SubjectChoice.of(self.profile, self.school)
        self.found.extend(choice.found)
        if "sets" in self.profile.classes:
            yield from self._sets(choice)
        if "form-lessons" in self.profile.classes:
            yield from self._form_lessons(choice)
        kinds: Mapping[str, Callable[[], Iterator[Group]]] = {
            "forms": self._forms,
            "tutors": self._tutors,
            "year-groups": self._year_groups,
            "houses": self._houses,
            "boarding-houses": self._boarding_houses,
            "divisions": self._divisions,
        }
        for kind, groups in kinds.items():
            if kind in self.profile.classes:
                yield from groups()

    # -- what is taught ----------------------------------------------------------------------

    def _sets(self, choice: SubjectChoice) -> Iterator[Group]:
        taught = self._teachers_of("set") if self.profile.timetable_teachers else {}
        for one in self.school.sets.values():
            if one.year is None:
                self._note(Finding.SET_WITHOUT_YEAR, f"Set {one.id}", one.code)
            elif one.year in self.profile.year_groups:
                covered = choice.covers(one.subject_id)
                if covered is None:
                    self._note(Finding.SET_UNKNOWN_SUBJECT, f"Set {one.id}", one.code)
                elif covered:
                    yield self._set(one, taught.get(one.id, set()))

    def _set(self, one: TeachingSet, taught_by: set[str]) -> Group:
        since = self.profile.keep_teams_from or self.academic_year
        keeps = one.year in self.profile.keep_teams and self.academic_year >= since
        year = self.academic_year - keeps
        if self.profile.id_style == "legacy":
            own = one.id
        else:
            own = names.class_id(self.place.id, year, one.id)
        usable = names.usable_id(one.id) and len(own) <= names.CLASS_ID_LIMIT
        return Group(
            own=own if usable else "",
            academic_year=year,
            record=f"Set {one.id}",
            name=one.code,
            title=self._set_title(one),
            subject_id=one.subject_id,
            teacher_ids=tuple(sorted({*one.teacher_ids, *taught_by})),
            pupil_ids=one.pupil_ids,
            unknown_members=one.unknown_members,
            is_set=True,
        )

    def _set_title(self, one: TeachingSet) -> str:
        subject = self._subject(one.subject_id)
        return self.profile.class_title.format(
            set_code=one.code or one.name,
            set_name=one.name or one.code,
            subject=subject.name,
            subject_code=subject.code,
            year=one.year,
            **self._common(),
        )

    def _form_lessons(self, choice: SubjectChoice) -> Iterator[Group]:
        forms = _read(self.school.forms, "forms")
        in_form, taught = self._pupils_by_form(forms), self._teachers_of("form")
        for one in _read(self.school.teaching_forms, "teaching forms").values():
            form = forms.get(_as_listed(one.form, forms))
            if form is None:
                self._note(Finding.FORM_UNKNOWN, f"TeachingForm {one.id}", one.form)
            elif form.year in self.profile.year_groups and self._covers(choice, one):
                yield self._group(
                    ("lesson", one.id, f"TeachingForm {one.id}"),
                    self.profile.form_lesson_title,
                    (form.id, one.code, form.year),
                    taught.get(one.id, ()),
                    in_form.get(form.id, ()),
                    one.subject_id,
                )

    def _covers(self, choice: SubjectChoice, one: TeachingForm) -> bool:
        covered = choice.covers(one.subject_id)
        if covered is None:
            self._note(Finding.SET_UNKNOWN_SUBJECT, f"TeachingForm {one.id}", one.code)
        return covered or False

    def _teachers_of(self, what: str) -> dict[str, set[str]]:
        """Return who takes the lessons of each set, or of each teaching form."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for one in _read(self.school.lessons, "the published timetable"):
            own = one.set_id if what == "set" else one.teaching_form_id
            if own and one.teacher_id:
                found[own].add(one.teacher_id)
        return dict(found)

    # -- who belongs together ----------------------------------------------------------------

    def _forms(self) -> Iterator[Group]:
        forms = _read(self.school.forms, "forms")
        members = self._pupils_by_form(forms)
        for own in sorted(members.keys() - forms.keys()):
            if any(self.school.pupils[p].year in self.profile.year_groups for p in members[own]):
                self._note(Finding.FORM_UNKNOWN, f"Form {own}", own)
        for one in forms.values():
            if one.year is None:
                self._note(Finding.FORM_WITHOUT_YEAR, f"Form {one.id}", one.id)
            elif one.year in self.profile.year_groups:
                yield self._group(
                    ("form", one.id, f"Form {one.id}"),
                    self.profile.form_title,
                    (one.id, one.id, one.year),
                    one.tutor_ids,
                    members.get(one.id, ()),
                )

    def _pupils_by_form(self, forms: Mapping[str, Form]) -> dict[str, list[str]]:
        listed = {one.form: _as_listed(one.form, forms) for one in self.school.pupils.values()}
        return self._pupils_by(lambda pupil: listed[pupil.form], "the form", every_year=True)

    def _tutors(self) -> Iterator[Group]:
        for own, pupils in self._pupils_by(lambda pupil: pupil.tutor_id, "the tutor").items():
            tutor = self.school.employees.get(own)
            if tutor is None:
                self._note(Finding.TUTOR_NOT_CURRENT, f"Tutor {own}", "")
                continue
            yield self._group(
                ("tutor", own, f"Tutor {own}"),
                self.profile.tutor_title,
                (_called(tutor), tutor.initials or tutor.surname, None),
                (own,),
                pupils,
            )

    def _year_groups(self) -> Iterator[Group]:
        members = self._pupils_by(lambda pupil: str(pupil.year), "the year")
        for one in _read(self.school.years, "year groups").values():
            if one.id in self.profile.year_groups:
                yield self._group(
                    ("year", str(one.id), f"Year {one.id}"),
                    self.profile.year_group_title,
                    (one.name or f"Year {one.id}", one.code or f"Y{one.id}", one.id),
                    one.tutor_ids,
                    members.get(str(one.id), ()),
                )

    def _houses(self) -> Iterator[Group]:
        houses = _read(self.school.academic_houses, "academic houses")
        members = self._pupils_by(lambda pupil: pupil.academic_house_id, "the house")
        return self._of_houses("house", houses, members, self.profile.house_title)

    def _boarding_houses(self) -> Iterator[Group]:
        houses = _read(self.school.boarding_houses, "boarding houses")
        members = self._pupils_by(lambda pupil: pupil.boarding_house_id, "the boarding house")
        return self._of_houses("boarding", houses, members, self.profile.boarding_house_title)

    def _of_houses(
        self,
        space: str,
        houses: Mapping[str, House],
        members: Mapping[str, list[str]],
        template: str,
    ) -> Iterator[Group]:
        for one in houses.values():
            yield self._group(
                (space, one.id, f"House {one.id}"),
                template,
                (one.name or one.code, one.code or one.name, None),
                one.master_ids,
                members.get(one.id, ()),
            )

    def _divisions(self) -> Iterator[Group]:
        divisions = _read(self.school.divisions, "divisions")
        years = _read(self.school.years, "year groups")
        by_year: defaultdict[int | None, list[str]] = defaultdict(list)
        for one in divisions.values():
            for year in one.years:
                by_year[year].append(one.id)

        def division_of(pupil: Pupil) -> str:
            """Return the pupil's own; where iSAMS does not tell it, the one of their year."""
            of_year = by_year.get(pupil.year, [])
            return pupil.division_id or (of_year[0] if len(of_year) == 1 else "")

        members = self._pupils_by(division_of, "the division")
        for one in divisions.values():
            # A division has no head of its own: those of its year groups have it.
            heads = [
                own
                for year in one.years
                if year in self.profile.year_groups and year in years
                for own in years[year].tutor_ids
            ]
            yield self._group(
                ("division", one.id, f"SchoolDivision {one.id}"),
                self.profile.division_title,
                (one.name or one.code, one.code or one.name, None),
                heads,
                members.get(one.id, ()),
            )

    # -- all of them -------------------------------------------------------------------------

    def _group(
        self,
        identity: tuple[str, str, str],
        template: str,
        called: tuple[str, str, int | None],
        teacher_ids: Iterable[str],
        pupil_ids: Iterable[str],
        subject_id: str = "",
    ) -> Group:
        """Return one that is no set; *identity* is id space, id and iSAMS's name of the record.

        *called* are name, code and NC year, for the title.
        """
        space, iden, record = identity
        name, code, year = called
        own = names.group_id(self.place.id, self.academic_year, space, iden)
        return Group(
            own=own if len(own) <= names.CLASS_ID_LIMIT else "",
            academic_year=self.academic_year,
            record=record,
            name=name,
            title=template.format(
                name=name,
                code=code,
                year="" if year is None else year,
                subject=self._subject(subject_id).name,
                **self._common(),
            ),
            subject_id=subject_id,
            teacher_ids=tuple(sorted(set(teacher_ids))),
            pupil_ids=tuple(sorted(pupil_ids)),
        )

    def _pupils_by(
        self, of: Callable[[Pupil], str], what: str, *, every_year: bool = False
    ) -> dict[str, list[str]]:
        """Return the ids of the profile's pupils by what *of* says of each, without "".

        Raises:
            ConfigError: of no pupil of the whole school anything is said: iSAMS does not tell it.
        """
        found: defaultdict[str, list[str]] = defaultdict(list)
        if not any(map(of, self.school.pupils.values())):
            raise ConfigError(
                f"CLASSES needs {what} of each pupil, and iSAMS tells none of anybody: fill them in"
                " in Student Manager, or take this kind out of CLASSES"
            )
        for one in self.school.pupils.values():
            if every_year or one.year in self.profile.year_groups:
                found[of(one)].append(one.id)
        found.pop("", None)
        return dict(found)

    def _common(self) -> dict[str, str]:
        return {
            "academic_year": names.year_label(self.academic_year),
            "suffix": self.profile.suffix,
            "school": self.place.name,
        }

    def _subject(self, own: str) -> Subject:
        return self.school.subjects.get(own, Subject("", "", ""))

    def _note(self, code: Finding, record: str, name: str) -> None:
        self.found.append(Found(code, record, name))


def _as_listed(name: str, forms: Mapping[str, Form]) -> str:
    """Return the one form that is called *name*, in any case; *name* itself if there is none.

    Forms are known by what somebody typed, and iSAMS's database takes `8/jdo` for `8/JDO`.
    """
    if name in forms:
        return name
    alike = [own for own in forms if own.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else name


def _called(one: Employee) -> str:
    """Return how pupils call a member of staff."""
    return f"{one.title} {one.surname}".strip() or one.initials or one.id


def _read[Dataset](dataset: Dataset | None, what: str) -> Dataset:
    if dataset is None:
        raise RosterInvalid(f"{what} were not read, and classes are to be made of them")
    return dataset
