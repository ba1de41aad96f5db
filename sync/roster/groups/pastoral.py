"""Groups of those who belong together: forms, tutor groups, years, houses and divisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sync.isams.school import Employee, House, Pupil
from sync.roster import identifiers
from sync.roster.findings import Finding
from sync.roster.groups.context import Basis, was_read
from sync.roster.groups.group import Group, other_group


def forms(basis: Basis) -> Iterator[Group]:
    """Yield the forms of the profile's years."""
    listed, years = was_read(basis.school.forms, "forms"), basis.profile.year_groups
    members = basis.pupils_by_form(listed)
    for own in sorted(members.keys() - listed.keys()):
        if any(basis.school.pupils[pupil].year in years for pupil in members[own]):
            basis.note(Finding.FORM_UNKNOWN, f"Form {own}", own)
    for one in listed.values():
        if one.year is None:
            basis.note(Finding.FORM_WITHOUT_YEAR, f"Form {one.id}", one.id)
        elif one.year in years:
            yield other_group(
                basis,
                ("form", one.id, f"Form {one.id}"),
                basis.profile.form_title,
                (one.id, one.id, one.year),
                one.tutor_ids,
                members.get(one.id, ()),
            )


def tutors(basis: Basis) -> Iterator[Group]:
    """Yield the group of each current tutor that pupils of the profile have."""
    for own, pupils in basis.pupils_by(lambda pupil: pupil.tutor_id, "the tutor").items():
        tutor = basis.school.employees.get(own)
        if tutor is None:
            basis.note(Finding.TUTOR_NOT_CURRENT, f"Tutor {own}", "")
            continue
        yield other_group(
            basis,
            (identifiers.TUTOR, own, f"Tutor {own}"),
            basis.profile.tutor_title,
            (_called(tutor), tutor.initials or tutor.surname, None),
            (own,),
            pupils,
        )


def _called(one: Employee) -> str:
    """Return how pupils call a member of staff."""
    return f"{one.title} {one.surname}".strip() or one.initials or one.id


def year_groups(basis: Basis) -> Iterator[Group]:
    """Yield the profile's NC years."""
    members = basis.pupils_by(lambda pupil: str(pupil.year), "the year")
    for one in was_read(basis.school.years, "year groups").values():
        if one.id in basis.profile.year_groups:
            yield other_group(
                basis,
                ("year", str(one.id), f"Year {one.id}"),
                basis.profile.year_group_title,
                (one.name or f"Year {one.id}", one.code or f"Y{one.id}", one.id),
                one.tutor_ids,
                members.get(str(one.id), ()),
            )


def houses(basis: Basis) -> Iterator[Group]:
    """Yield the academic houses."""
    listed = was_read(basis.school.academic_houses, "academic houses")
    members = basis.pupils_by(lambda pupil: pupil.academic_house_id, "the house")
    return _of_houses(basis, "house", listed, members, basis.profile.house_title)


def boarding_houses(basis: Basis) -> Iterator[Group]:
    """Yield the boarding houses."""
    listed = was_read(basis.school.boarding_houses, "boarding houses")
    members = basis.pupils_by(lambda pupil: pupil.boarding_house_id, "the boarding house")
    return _of_houses(basis, "boarding", listed, members, basis.profile.boarding_house_title)


def _of_houses(
    basis: Basis,
    space: str,
    listed: Mapping[str, House],
    members: Mapping[str, list[str]],
    template: str,
) -> Iterator[Group]:
    for one in listed.values():
        yield other_group(
            basis,
            (space, one.id, f"House {one.id}"),
            template,
            (one.name or one.code, one.code or one.name, None),
            one.master_ids,
            members.get(one.id, ()),
        )


def divisions(basis: Basis) -> Iterator[Group]:
    """Yield the divisions of the school, each with the heads of its year groups."""
    listed = was_read(basis.school.divisions, "divisions")
    years = was_read(basis.school.years, "year groups")
    by_year: defaultdict[int | None, list[str]] = defaultdict(list)
    for one in listed.values():
        for year in one.years:
            by_year[year].append(one.id)

    def division_of(pupil: Pupil) -> str:
        """Return the pupil's own; where iSAMS does not tell it, the one of their year."""
        of_year = by_year.get(pupil.year, [])
        return pupil.division_id or (of_year[0] if len(of_year) == 1 else "")

    members = basis.pupils_by(division_of, "the division")
    for one in listed.values():
        # A division has no head of its own: those of its year groups have it.
        heads = [
            own
            for year in one.years
            if year in basis.profile.year_groups and year in years
            for own in years[year].tutor_ids
        ]
        yield other_group(
            basis,
            ("division", one.id, f"SchoolDivision {one.id}"),
            basis.profile.division_title,
            (one.name or one.code, one.code or one.name, None),
            heads,
            members.get(one.id, ()),
        )
