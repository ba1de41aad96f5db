"""The invented staff and pupils."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random

from simulators.invented.names import BOYS, GIRLS, SURNAMES, plain
from simulators.invented.places import Form
from simulators.invented.records import Employee, Pupil
from simulators.invented.structure import Frame

FIRST_STAFF_ID = 41
FIRST_PUPIL_ID = 701
_TITLES = {"F": ("Ms", "Mrs", "Dr", "Miss"), "M": ("Mr", "Mr", "Dr", "Rev'd")}


def employees(pupils: int, rng: Random, domain: str, school_year: int) -> tuple[Employee, ...]:
    """Return the staff of a school of *pupils*: about two for every fifteen, five in six teach."""
    made = []
    taken: Counter[str] = Counter()
    for index in range(max(6, round(pupils * 2 / 15))):
        id_ = FIRST_STAFF_ID + index
        gender = rng.choice("FM")
        forename, surname = rng.choice(GIRLS if gender == "F" else BOYS), rng.choice(SURNAMES)
        initials = f"{plain(forename)[0]}{plain(surname)[:2]}".upper()
        taken[initials] += 1
        made.append(
            Employee(
                id=id_,
                initials=initials if taken[initials] == 1 else f"{initials}{taken[initials]}",
                title=rng.choice(_TITLES[gender]),
                forename=forename,
                surname=surname,
                gender=gender,
                born=date(school_year - 26, 1, 1) - timedelta(days=rng.randrange(13_000)),
                email=f"{plain(forename)[0]}.{plain(surname)}{id_}@{domain}",
                teaches=index % 6 != 5,
                division_id=index % 3 + 1,
            )
        )
    return tuple(made)


def pupils_of(frame: Frame, rng: Random) -> tuple[Pupil, ...]:
    """Return every pupil, youngest year first, dealt out to the forms of their year."""
    forms_of: dict[int, list[Form]] = {}
    for form in frame.forms:
        forms_of.setdefault(form.year, []).append(form)
    division_of = {year: division.id for division in frame.divisions for year in division.years}
    places = [(year, place) for year, size in frame.sizes.items() for place in range(size)]
    houses, boarding = frame.academic_houses, frame.boarding_houses
    made = []
    for index, (year, place) in enumerate(places):
        id_ = FIRST_PUPIL_ID + index
        gender = "FM"[index & 1]
        forename = rng.choice(GIRLS if gender == "F" else BOYS)
        surname = rng.choice(SURNAMES)
        form = forms_of[year][place % len(forms_of[year])]
        boards = year >= 7 and place % 5 == 0
        made.append(
            Pupil(
                id=id_,
                # One in forty begins with a nought: a key read as a number loses it.
                school_id=f"{'04' if index % 40 == 7 else '47'}{id_:08}",
                forename=forename,
                surname=surname,
                preferred_name=forename if place % 3 else forename[:4],
                gender=gender,
                born=date(frame.school_year - year - 5, 9, 1) + timedelta(days=rng.randrange(365)),
                email=f"{plain(surname)}{plain(forename)[0]}{id_}@{frame.domain}",
                year=year,
                form=form.name,
                division_id=division_of[year],
                academic_house_id=houses[index % len(houses)].id,
                boarding_house_id=boarding[index % len(boarding)].id if boards else None,
                tutor_id=form.tutor_id,
                enrolled_on=date(frame.school_year - min(max(year, 0), index % 4), 9, 4),
            )
        )
    return tuple(made)
