"""Eight ways in which one night's change of iSAMS harms people: each must be held."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.life.school import School, Taught


def exchange(school: School) -> None:
    """Exchange the whole rosters of two Teams."""
    one, other = _two_apart(school)
    one.pupils, other.pupils = other.pupils, one.pupils


def reuse(school: School) -> None:
    """Use the id of a set again for other pupils."""
    one, other = _two_apart(school)
    one.pupils = set(other.pupils)


def give_other_teachers(school: School) -> None:
    """Give every class the teacher of another."""
    classes = list(school.classes.values())
    teachers = [taught.teachers for taught in classes]
    apart = len(classes) // 2
    for taught, others in zip(classes, teachers[apart:] + teachers[:apart], strict=True):
        taught.teachers = others


def put_all_into_all(school: School) -> None:
    """Put everybody into every set of their year."""
    for taught in school.classes.values():
        taught.pupils = set(school.of_year(taught.year))


def triple(school: School) -> None:
    """List every set three times, under other ids."""
    for taught in [t for t in school.classes.values() if t.subject != "form"]:
        for _ in range(2):
            again = school.open(taught.subject, taught.year, set(taught.pupils))
            school.classes[again].teachers = set(taught.teachers)


def exchange_addresses(school: School) -> None:
    """Exchange the addresses of 28 pupils, two by two."""
    chosen = [school.pupils[key] for key in school.random.sample(sorted(school.pupils), 28)]
    for one, other in zip(chosen[::2], chosen[1::2], strict=True):
        one.address, other.address = other.address, one.address


def lose_staff_addresses(school: School) -> None:
    """Leave nine in ten teachers without an address; the extra teacher has one."""
    own = sorted(school.staff.keys() - school.extra)
    for teacher in school.random.sample(own, len(own) * 9 // 10):
        del school.staff[teacher]


def give_places_away(school: School) -> None:
    """Give a fifth of all places to others of the year."""
    for taught in school.classes.values():
        others = sorted(set(school.of_year(taught.year)) - taught.pupils)
        count = min(round(len(taught.pupils) / 5), len(others))
        taught.pupils -= set(school.random.sample(sorted(taught.pupils), count))
        taught.pupils |= set(school.random.sample(others, count))


def _two_apart(school: School) -> tuple[Taught, Taught]:
    """Return two classes of five pupils or more that have nobody in common."""
    while True:
        one, other = school.random.sample(sorted(school.classes), 2)
        pair = school.classes[one], school.classes[other]
        is_large = min(len(taught.pupils) for taught in pair) >= 5
        if is_large and pair[0].pupils.isdisjoint(pair[1].pupils):
            return pair


HARMS: Mapping[str, Callable[[School], None]] = {
    "two rosters exchanged": exchange,
    "a set id reused": reuse,
    "every class another's teacher": give_other_teachers,
    "everybody in every set of the year": put_all_into_all,
    "the sets tripled": triple,
    "28 addresses exchanged": exchange_addresses,
    "nine in ten teachers without address": lose_staff_addresses,
    "a fifth of all places to others": give_places_away,
}
