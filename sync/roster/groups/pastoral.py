"""Groups of those who belong together: forms, tutor groups, years, houses and divisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sync.isams.school import Employee, House, Pupil
from sync.roster import identifiers
from sync.roster.finding_codes import FindingCode
from sync.roster.groups.basis import Basis, was_read
from sync.roster.groups.group import Group, other_group
from sync.roster.rule_codes import RuleCode


def forms(basis: Basis) -> Iterator[Group]:
    """Yield the forms of the profile's years."""
    listed, years = was_read(basis.school.forms, "forms"), basis.profile.year_groups
    members = basis.pupils_by_form(listed)
    for name in sorted(members.keys() - listed.keys()):
        if any(basis.school.pupils[pupil_id].year in years for pupil_id in members[name]):
            basis.note(FindingCode.FORM_UNKNOWN, f"Form {name}", name)
    for form in listed.values():
        if form.year is None:
            basis.note(FindingCode.FORM_WITHOUT_YEAR, f"Form {form.id}", form.id)
            basis.trace.found(("form", form.id), FindingCode.FORM_WITHOUT_YEAR)
        elif basis.covers_year(("form", form.id), form.year):
            yield other_group(
                basis,
                ("form", form.id, f"Form {form.id}"),
                (form.id, form.id, form.year),
                form.tutor_ids,
                members.get(form.id, ()),
            )


def tutors(basis: Basis) -> Iterator[Group]:
    """Yield the group of each current tutor that pupils of the profile have."""
    members = basis.pupils_by(lambda pupil: pupil.tutor_id, "the tutor")
    for tutor_id, pupil_ids in members.items():
        tutor = basis.school.employees.get(tutor_id)
        if tutor is None:
            basis.note(FindingCode.TUTOR_NOT_CURRENT, f"Tutor {tutor_id}", "")
            basis.trace.found((identifiers.TUTOR, tutor_id), FindingCode.TUTOR_NOT_CURRENT)
            continue
        basis.trace.say((identifiers.TUTOR, tutor_id), RuleCode.KIND_COVERED, "tutors")
        yield other_group(
            basis,
            (identifiers.TUTOR, tutor_id, f"Tutor {tutor_id}"),
            (_formal_name(tutor), tutor.initials or tutor.surname, None),
            (tutor_id,),
            pupil_ids,
        )


def _formal_name(tutor: Employee) -> str:
    """Return how pupils call a member of staff."""
    return f"{tutor.title} {tutor.surname}".strip() or tutor.initials or tutor.id


def year_groups(basis: Basis) -> Iterator[Group]:
    """Yield the profile's NC years."""
    members = basis.pupils_by(lambda pupil: str(pupil.year), "the year")
    for year in was_read(basis.school.years, "year groups").values():
        if basis.covers_year(("year", str(year.id)), year.id):
            yield other_group(
                basis,
                ("year", str(year.id), f"Year {year.id}"),
                (year.name or f"Year {year.id}", year.code or f"Y{year.id}", year.id),
                year.tutor_ids,
                members.get(str(year.id), ()),
            )


def houses(basis: Basis) -> Iterator[Group]:
    """Yield the academic houses."""
    listed = was_read(basis.school.academic_houses, "academic houses")
    members = basis.pupils_by(lambda pupil: pupil.academic_house_id, "the house")
    return _of_houses(basis, "house", listed, members)


def boarding_houses(basis: Basis) -> Iterator[Group]:
    """Yield the boarding houses."""
    listed = was_read(basis.school.boarding_houses, "boarding houses")
    members = basis.pupils_by(lambda pupil: pupil.boarding_house_id, "the boarding house")
    return _of_houses(basis, "boarding", listed, members)


def _of_houses(
    basis: Basis,
    space: str,
    listed: Mapping[str, House],
    members: Mapping[str, list[str]],
) -> Iterator[Group]:
    for house in listed.values():
        basis.trace.say((space, house.id), RuleCode.KIND_COVERED, identifiers.KIND_OF_SPACE[space])
        yield other_group(
            basis,
            (space, house.id, f"House {house.id}"),
            (house.name or house.code, house.code or house.name, None),
            house.master_ids,
            members.get(house.id, ()),
        )


def divisions(basis: Basis) -> Iterator[Group]:
    """Yield the divisions of the school, each with the heads of its year groups."""
    listed = was_read(basis.school.divisions, "divisions")
    years = was_read(basis.school.years, "year groups")
    by_year: defaultdict[int | None, list[str]] = defaultdict(list)
    for division in listed.values():
        for year in division.years:
            by_year[year].append(division.id)

    def division_of(pupil: Pupil) -> str:
        """Return the pupil's division; where iSAMS does not tell it, that of their year."""
        of_year = by_year.get(pupil.year, [])
        return pupil.division_id or (of_year[0] if len(of_year) == 1 else "")

    members = basis.pupils_by(division_of, "the division")
    for division in listed.values():
        basis.trace.say(("division", division.id), RuleCode.KIND_COVERED, "divisions")
        # iSAMS knows no head of a division: the heads of its year groups lead it.
        # docs/reference/isams.md#division
        heads = [
            head_id
            for year in division.years
            if year in basis.profile.year_groups and year in years
            for head_id in years[year].tutor_ids
        ]
        yield other_group(
            basis,
            ("division", division.id, f"SchoolDivision {division.id}"),
            (division.name or division.code, division.code or division.name, None),
            heads,
            members.get(division.id, ()),
        )
