"""What may not happen to a school's people and classes unless a person has looked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from sync.errors import StoreConflict
from sync.ledger.marks import Excess
from sync.roster.identifiers import renewed_class_id
from sync.sds.csvtext import encode
from sync.sds.guard import limits as guard
from sync.sds.guard.across import Across, across
from sync.sds.guard.away import next_away
from sync.sds.guard.classes import BesideFiles, Classes, compare
from sync.sds.guard.doubts import ClassInDoubt, YearInDoubt, doubts
from sync.sds.guard.people import SchoolPeople
from sync.sds.tables import COLUMNS
from sync.settings.limits import SchoolLimits
from sync.settings.text import Allowance

ORG, YEAR = "9990001", "9990001-2026"
NONE = SchoolLimits.model_validate(
    {
        name: Allowance(0, 0) if isinstance(made.default, Allowance) else 0
        for name, made in SchoolLimits.model_fields.items()
    }
)
"""Nothing may change: whatever is counted is told."""


@dataclass
class School:
    """A school by hand: who is there, and who is in and takes which class."""

    pupils: dict[str, str] = field(default_factory=dict)  # grade by id
    teachers: set[str] = field(default_factory=set)
    classes: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """Return the school as SDS files."""
        people = sorted({*self.pupils, *self.teachers})
        roles = [(key, ORG, "student", grade, "TRUE") for key, grade in self.pupils.items()]
        roles += [(key, ORG, "teacher", "", "TRUE") for key in self.teachers]
        members = [
            (key, user_id, role)
            for key, sides in self.classes.items()
            for role, users in zip(("student", "teacher"), sides, strict=True)
            for user_id in users
        ]
        rows: Mapping[str, Iterable[tuple[str, ...]]] = {
            "orgs.csv": [(ORG, "Northbank", "school")],
            "users.csv": [
                (key, self.addresses.get(key, f"{key}@x.example"), self.names.get(key, ""), "")
                for key in people
            ],
            "roles.csv": sorted(roles),
            "classes.csv": sorted((key, ORG, "8A") for key in self.classes),
            "enrollments.csv": sorted(members),
        }
        return {name: encode(columns, rows[name]) for name, columns in COLUMNS.items()}


def ids(first: int, count: int, letter: str = "P") -> set[str]:
    """Return so many ids of pupils or teachers."""
    return {f"{ORG}-{letter}{number:03}" for number in range(first, first + count)}


def school(*classes: set[str], grade: str = "08", more: int = 0) -> School:
    """Return a school whose classes k0, k1 … have these pupils, and each a teacher of its own."""
    pupils = set[str]().union(*classes) | ids(500, more)
    taught = {f"{YEAR}-k{n}": (set(who), ids(n, 1, "T")) for n, who in enumerate(classes)}
    teachers = set[str]().union(*(side[1] for side in taught.values()))
    return School(dict.fromkeys(pupils, grade), teachers, taught)


def with_pupils(before: School, *classes: set[str]) -> School:
    """Return *before* with other pupils in its classes, in order; nobody comes or goes."""
    taught = {
        key: (set(who), teachers)
        for (key, (_, teachers)), who in zip(before.classes.items(), classes, strict=False)
    }
    return School(before.pupils, before.teachers, before.classes | taught)


def told(
    before: School, after: School, limits: SchoolLimits = NONE, **known: object
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return the limits that are met: rows, and how many are allowed."""
    withheld = known.pop("withheld", {})
    assert isinstance(withheld, dict)
    met = guard.met(before.files(), after.files(), limits, BesideFiles(**known), withheld)  # type: ignore[arg-type]
    return {
        (each.table + (f" {each.grade}" if each.grade else ""), each.what): (
            each.rows,
            each.allowed,
        )
        for each in met
    }


def classes_of(before: School, after: School, known: BesideFiles | None = None) -> Classes:
    """Return how classes differ."""
    old, new = before.files(), after.files()
    return compare(
        old, new, (SchoolPeople.of(old, {}), SchoolPeople.of(new, {})), known or BesideFiles()
    )


def test_the_same_school_meets_no_limit_even_where_nothing_may_change() -> None:
    """Equal files are equal, whatever is allowed."""
    same = school(ids(0, 20), ids(20, 3))

    assert told(same, same) == {}


# -- people ------------------------------------------------------------------------------------


def test_pupils_and_teachers_are_counted_apart() -> None:
    """Five of ten teachers are few of all people, and half of all lessons."""
    before = School(dict.fromkeys(ids(0, 30), "08"), ids(0, 10, "T"))
    after = School(dict.fromkeys(ids(3, 30), "08"), ids(5, 10, "T"))

    assert told(before, after) == {
        ("pupils", "removed"): (3, 0),
        ("teachers", "removed"): (5, 0),
        ("people", "added"): (8, 0),
    }


@pytest.mark.parametrize(("gone", "held"), [(10, False), (11, True)])
def test_pupils_are_held_from_one_over_the_limit(gone: int, held: bool) -> None:  # noqa: FBT001
    """A tenth, or ten: to the pupil."""
    before = School(dict.fromkeys(ids(0, 100), "08"))
    after = School(dict.fromkeys(ids(gone, 100 - gone), "08"))

    assert (("pupils", "removed") in told(before, after, SchoolLimits())) is held


@pytest.mark.parametrize(
    ("before", "gone", "held"), [(40, 5, False), (40, 6, True), (80, 8, False)]
)
def test_teachers_are_held_from_fewer(before: int, gone: int, held: bool) -> None:  # noqa: FBT001
    """A tenth of them, or five."""
    was = School(teachers=ids(0, before, "T"))
    now = School(teachers=ids(gone, before - gone, "T"))

    assert (("teachers", "removed") in told(was, now, SchoolLimits())) is held


def test_another_address_is_one_gone_and_one_come() -> None:
    """SDS finds another account for it: docs/reference/sds.md#matching."""
    before = School(dict.fromkeys(ids(0, 3), "08"))
    after = School(before.pupils, addresses=dict.fromkeys(ids(0, 1), "new@x.example"))

    assert told(before, after) == {("pupils", "removed"): (1, 0), ("people", "added"): (1, 0)}


def test_the_share_of_newcomers_is_of_all_who_were_there() -> None:
    """Pupils and teachers together."""
    before = School(dict.fromkeys(ids(0, 40), "08"), ids(0, 29, "T"))
    after = School(dict.fromkeys(ids(0, 45), "08"), ids(0, 31, "T"))
    tenth = SchoolLimits(people_gained=Allowance(10, 0))

    assert told(before, after, tenth) == {("people", "added"): (7, 6)}


A, B = f"{ORG}-P000", f"{ORG}-P001"


@pytest.mark.parametrize(
    ("before", "after", "names", "passed"),
    [
        # two exchange their addresses
        ({A: "a@x", B: "b@x"}, {A: "b@x", B: "a@x"}, {}, 2),
        # one leaves, and another who was there gets the address
        ({A: "a@x", B: "b@x"}, {B: "a@x"}, {}, 1),
        # a newcomer gets that of somebody who stays
        ({A: "a@x"}, {A: "c@x", B: "a@x"}, {}, 1),
        # a newcomer has a leaver's
        ({A: "a@x"}, {B: "a@x"}, {}, 0),
        # two records of one person, by name
        ({A: "a@x", B: "b@x"}, {B: "a@x"}, {A: "Sam", B: "SAM"}, 0),
        ({A: "a@x", B: "b@x"}, {B: "a@x"}, {A: "Sam", B: "Kim"}, 1),
        # a new one
        ({A: "a@x"}, {A: "c@x"}, {}, 0),
    ],
)
def test_an_address_that_somebody_present_gets_is_told(
    before: dict[str, str], after: dict[str, str], names: dict[str, str], passed: int
) -> None:
    """Who has another's address sees another's work."""
    was, now = (
        School(dict.fromkeys(addresses, "08"), addresses=addresses, names=names)
        for addresses in (before, after)
    )

    assert told(was, now).get(("addresses", "passed"), (0, 0))[0] == passed


@pytest.mark.parametrize(
    ("name", "address", "count"),
    [("Kim", "new@x", 6), ("Kim", "old@x", 0), ("Sam", "new@x", 0), ("", "new@x", 0)],
)
def test_more_than_five_ids_of_other_pupils_wait(name: str, address: str, count: int) -> None:
    """An id whose name and address are both others is hardly the same pupil."""
    pupils = ids(0, 6)
    before, after = (
        School(
            dict.fromkeys(pupils, "08"),
            addresses={key: f"{key}{mail}" for key in pupils},
            names={key: f"{key} {given}" if given else "" for key in pupils},
        )
        for given, mail in (("Sam", "old@x"), (name, address))
    )
    met = told(before, after).get(("pupils", "other-people"))

    assert met == ((count, 5) if count else None)


def test_five_ids_of_other_pupils_do_not_wait() -> None:
    """Records are corrected now and then."""
    pupils = ids(0, 5)
    before, after = (
        School(
            dict.fromkeys(pupils, "08"),
            addresses={key: f"{key}{given}@x" for key in pupils},
            names=dict.fromkeys(pupils, given),
        )
        for given in ("Sam", "Kim")
    )

    assert ("pupils", "other-people") not in told(before, after)


# -- classes and places ------------------------------------------------------------------------


def test_classes_that_end_and_begin_are_counted() -> None:
    """Each by its id; one without anybody in it is a class too."""
    before = school(ids(0, 5), ids(0, 5), set())
    after = School(before.pupils, before.teachers, dict(list(before.classes.items())[:1]))
    after.classes[f"{YEAR}-n"] = set(), ids(0, 1, "T")

    met = told(before, after)

    assert met["classes", "removed"] == (2, 0)
    assert met["classes", "added"] == (1, 0)


def test_places_are_those_of_pupils_who_stay() -> None:
    """Who leaves is counted as a person; who comes is too."""
    before = school(ids(0, 10), ids(0, 10))
    after = school(ids(2, 10), ids(0, 0) | ids(3, 8))

    met = told(before, after)

    assert met["places of pupils", "removed"] == (1, 0)  # pupil 2, of the second class
    assert ("places of pupils", "added") not in met  # 10 and 11 are new
    assert met["pupils", "removed"] == (2, 0)


def test_a_place_that_is_gained_is_counted_apart_from_one_that_is_lost() -> None:
    """Everybody put into every set loses nobody anything."""
    before = school(ids(0, 10), ids(10, 10))

    met = told(before, with_pupils(before, ids(0, 12), ids(10, 10)))

    assert met == {("places of pupils", "added"): (2, 0)}


def test_the_share_is_of_the_places_of_those_who_stay() -> None:
    """Ten in a hundred of them, or twenty-five."""
    before = school(ids(0, 300), ids(300, 19))
    tenth = SchoolLimits(pupil_places_lost=Allowance(10, 0))

    met = told(before, with_pupils(before, ids(0, 260), ids(300, 19)), tenth)

    assert met["places of pupils", "removed"] == (40, 31)


def test_what_pupils_from_lets_in_is_no_gain() -> None:
    """They were kept back until a day that settings gave; another year's gain is one."""
    before, after = school(set(), ids(50, 6)), school(ids(0, 20), ids(50, 6))
    before.pupils |= dict.fromkeys(ids(0, 20), "09")
    after.pupils |= dict.fromkeys(ids(0, 20), "09")

    assert told(before, after) == {("places of pupils", "added"): (20, 0)}
    assert told(before, after, released={f"{ORG}/09": 20}) == {}
    assert told(before, after, released={f"{ORG}/09": 15}) == {
        ("places of pupils", "added"): (5, 0)
    }
    assert told(before, after, released={f"{ORG}/08": 20}) == {
        ("places of pupils", "added"): (20, 0)
    }


HEAD, BOT = f"{ORG}-T900", "9990001-X0123456789ab"


def taught(teachers: Iterable[Iterable[str]], *extra: str) -> School:
    """Return a school whose classes have these teachers, and each *extra*."""
    made = school(*(ids(n * 10, 5) for n, _ in enumerate(list(teachers))))
    for key, own in zip(made.classes, teachers, strict=True):
        made.classes[key] = made.classes[key][0], {*own, *extra}
    made.teachers = set(extra).union(*(side[1] for side in made.classes.values()), ids(0, 9, "T"))
    return made


T0, T1, T2 = (f"{ORG}-T00{number}" for number in range(3))


@pytest.mark.parametrize(
    ("was", "now", "changed", "lost"),
    [
        ([[T0], [T1]], [[T1], [T0]], 2, 2),
        ([[T0, T1], [T1]], [[T1], [T1]], 0, 1),  # one of two goes on
        ([[T0], [T1]], [[], [T1]], 1, 1),
        ([[], [T1]], [[T0], [T1]], 0, 0),  # it had none
        ([[T0], [T1]], [[T0, T2], [T1]], 0, 0),
    ],
)
def test_a_class_that_keeps_none_of_its_own_teachers_is_told(
    was: list[list[str]], now: list[list[str]], changed: int, lost: int
) -> None:
    """Whoever else comes: nobody of before knows what is in the Team."""
    for extra in ((), (HEAD,), (HEAD, BOT)):
        met = told(taught(was, *extra), taught(now, *extra), extra=frozenset({HEAD} & {*extra}))

        assert met.get(("classes", "other-teachers"), (0,))[0] == changed
        assert met.get(("places of teachers", "removed"), (0,))[0] == lost


def test_the_share_of_teachers_places_is_of_those_of_own_teachers() -> None:
    """An extra teacher's are as many as there are classes: they would allow a loss."""
    before = taught([[T0, T1]] * 9 + [[T0]], HEAD)
    after = taught([[T0]] * 9 + [[T0]], HEAD)
    tenth = SchoolLimits(teacher_places_lost=Allowance(10, 0))

    met = told(before, after, tenth, extra=frozenset({HEAD}))

    assert met["places of teachers", "removed"] == (9, 1)


def test_the_share_of_changed_classes_is_of_those_that_had_a_teacher_and_go_on() -> None:
    """A class without a teacher of its own cannot lose one; one that ends is told as ended."""
    before = taught([[T0], [T0], [T0], [T0], []], HEAD)
    after = taught([[T1], [T0], [T0], [T0], []], HEAD)
    half = SchoolLimits(class_teachers_changed=Allowance(25, 0))
    assert told(before, after, half, extra=frozenset({HEAD})) == {}

    del after.classes[f"{YEAR}-k3"]

    met = told(before, after, half, extra=frozenset({HEAD}))
    assert met["classes", "other-teachers"] == (1, 0)


def test_who_becomes_a_teacher_of_every_class_is_still_a_teacher_of_their_own() -> None:
    """EXTRA_TEACHERS names a head who teaches: no class of theirs has lost its teacher."""
    before, after = taught([[T0], [T1]]), taught([[T0], [T1]], T0)

    assert told(before, after) == {}


@pytest.mark.parametrize("who", [HEAD, BOT])
def test_who_teaches_every_class_and_leaves_all_is_told_by_itself(who: str) -> None:
    """They may still be users: a class's own teachers are not counted for them."""
    before, after = taught([[T0], [T1]], who), taught([[T0], [T1]])
    after.teachers.add(who)

    extra = frozenset({HEAD})
    kind = "extra teachers" if who == HEAD else "service accounts"

    assert told(before, after, extra=extra) == {(kind, "removed"): (1, 0)}
    half = taught([[T0], [T1]])
    half.teachers.add(who)
    half.classes[f"{YEAR}-k0"][1].add(who)
    assert told(before, half, extra=extra) == {}


def test_who_teaches_every_class_under_another_id_has_not_left() -> None:
    """One person of two schools has the id of one of them: it is told by the address."""
    before, after = taught([[T0]], HEAD), taught([[T0]], f"{ORG}-T901")
    before.addresses[HEAD] = after.addresses[f"{ORG}-T901"] = "head@x.example"

    assert ("extra teachers", "removed") not in told(before, after, extra=frozenset({HEAD}))


# -- rosters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "now", "held"),
    [
        (ids(0, 20), ids(16, 20), False),  # four of twenty are left: a fifth
        (ids(0, 20), ids(17, 20), True),
        (ids(0, 5), ids(4, 5), False),
        (ids(0, 5), ids(5, 5), True),
        (ids(0, 4), ids(5, 5), False),  # too few to say it in shares
        (ids(0, 5), ids(5, 4), False),
        (ids(0, 30), ids(0, 5), False),  # it runs down
        (ids(0, 5), ids(0, 26), True),  # five of twenty-six
        (ids(0, 6), ids(0, 30), False),  # two are merged
    ],
)
def test_a_class_is_taken_over_if_four_fifths_and_more_are_new(
    was: set[str],
    now: set[str],
    held: bool,  # noqa: FBT001
) -> None:
    """They would see the work of those who were in it."""
    before = school(was, more=50)
    after = with_pupils(before, now)
    before.pupils |= dict.fromkeys(now, "08")
    after.pupils |= dict.fromkeys(was, "08")

    assert (("classes", "taken-over") in told(before, after)) is held


def pair(shared_of_ten: int, *, size: int = 10) -> tuple[School, School]:
    """Return two classes that exchange all but *shared_of_ten*, which both have then and now."""
    both = ids(100, shared_of_ten)
    one, other = ids(0, size - shared_of_ten) | both, ids(20, size - shared_of_ten) | both
    before = school(one, other)
    return before, with_pupils(before, other, one)


@pytest.mark.parametrize(
    ("shared", "size", "held"),
    [(0, 10, True), (7, 10, True), (8, 10, False), (5, 8, True), (6, 8, False)],
)
def test_two_classes_that_exchange_their_rosters_are_told(
    shared: int,
    size: int,
    held: bool,  # noqa: FBT001
) -> None:
    """Also where they had some pupils in common; not where they had nearly one roster."""
    before, after = pair(shared, size=size)

    assert (("classes", "exchanged") in told(before, after)) is held


def test_an_exchange_is_told_if_a_fifth_has_changed_beside_and_of_five_or_more() -> None:
    """A joiner hides no exchange; of four pupils each nobody can say it."""
    before = school(ids(0, 8), ids(20, 8), more=20)
    near = with_pupils(before, ids(20, 8) | ids(500, 2), ids(0, 8))
    far = with_pupils(before, ids(20, 8) | ids(500, 3), ids(0, 8))

    assert told(before, near)["classes", "exchanged"] == (1, 0)
    assert ("classes", "exchanged") not in told(before, far)
    assert ("classes", "exchanged") in told(*pair(0, size=5))
    assert ("classes", "exchanged") not in told(*pair(0, size=4))


def test_one_class_that_takes_anothers_roster_alone_is_no_exchange() -> None:
    """It is taken over; the other goes on."""
    before = school(ids(0, 10), ids(20, 10))

    met = told(before, with_pupils(before, ids(20, 10), ids(20, 10)))

    assert ("classes", "exchanged") not in met
    assert met["classes", "taken-over"] == (1, 0)


@pytest.mark.parametrize(
    ("was", "now", "held"),
    [
        (ids(0, 2), ids(5, 2), True),
        (ids(0, 2), ids(1, 2), False),
        (ids(0, 4), ids(5, 9), True),
        (ids(0, 9), ids(20, 4), True),
        (ids(0, 5), ids(20, 5), False),  # taken over
        (ids(0, 2), set(), False),
    ],
)
def test_of_a_small_class_it_is_told_that_nobody_is_left(
    was: set[str],
    now: set[str],
    held: bool,  # noqa: FBT001
) -> None:
    """A share of so few says nothing; nobody at all does."""
    before = school(was, ids(50, 5), more=0)
    before.pupils |= dict.fromkeys(ids(0, 30), "08")

    assert (("classes", "nobody-left") in told(before, with_pupils(before, now))) is held


def forms(**names: set[str]) -> School:
    """Return a school with forms of these names, `x` for what an id has before it."""
    pupils = set[str]().union(*names.values()) | ids(0, 20)
    classes = {
        f"{YEAR}-{name.replace('_', '-')}": (who, ids(0, 1, "T")) for name, who in names.items()
    }
    return School(dict.fromkeys(pupils, "08"), ids(0, 1, "T"), classes)


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        (forms(form_8A=ids(0, 10)), forms(form_8Z=ids(0, 10)), True),
        (forms(form_8A=ids(0, 10)), forms(form_8Z=ids(2, 10)), True),
        (forms(form_8A=ids(0, 10)), forms(form_8Z=ids(3, 10)), False),
        (forms(form_8A=ids(0, 5)), forms(form_8Z=ids(0, 15)), True),  # two become one
        (forms(form_8A=ids(0, 4)), forms(form_8Z=ids(0, 4)), False),
        (forms(tutor_8A=ids(0, 10)), forms(tutor_8Z=ids(0, 10)), True),
        (forms(house_8A=ids(0, 10)), forms(house_8Z=ids(0, 10)), True),
        (forms(form_8A=ids(0, 10)), forms(house_8A=ids(0, 10)), False),  # CLASSES was changed
        (forms(s1=ids(0, 10)), forms(s2=ids(0, 10)), False),  # a set has its id of iSAMS
        (forms(form_8A=ids(0, 10)), forms(form_8A=ids(0, 9), form_8Z=ids(0, 9)), False),
    ],
)
def test_a_form_that_ends_while_another_begins_with_its_pupils_is_told(
    before: School,
    after: School,
    held: bool,  # noqa: FBT001
) -> None:
    """It is known by its name: renamed, its Team ends with the work in it."""
    assert (("classes", "renamed") in told(before, after)) is held


@pytest.mark.parametrize("back", [False, True])
def test_a_form_whose_id_our_rule_has_changed_is_no_renamed_one(back: bool) -> None:  # noqa: FBT001
    """It has a line of its own; and a delivery of before that is restored is told of neither."""
    old, new = forms(**{"form_8A.2A.": ids(0, 10)}), forms(form_x=ids(0, 10))
    renewed = renewed_class_id(f"{YEAR}-form-8A.2A.")
    new.classes = {renewed: new.classes[f"{YEAR}-form-x"]}
    before, after = (new, old) if back else (old, new)

    assert ("classes", "renamed") not in told(before, after)


def test_next_years_forms_are_no_renamed_ones() -> None:
    """The turn of the year has a line of its own."""
    before, after = forms(form_8A=ids(0, 10)), forms(form_9A=ids(0, 10))
    after.classes = {key.replace("2026", "2027"): side for key, side in after.classes.items()}

    assert ("classes", "renamed") not in told(before, after)


# -- years -------------------------------------------------------------------------------------


def years(*sizes: int) -> School:
    """Return a school whose Year 1, 2 … have as many pupils as *sizes* say, a class each."""
    made = school(*(ids(100 * year, size) for year, size in enumerate(sizes)))
    for year, _ in enumerate(sizes):
        made.pupils |= dict.fromkeys(ids(100 * year, 99), f"{year + 1:02}")
    return made


LOOSE = SchoolLimits(
    pupil_places_lost=Allowance(50, 1000), classes_lost=Allowance(50, 1000)
)  # so that only years are told


@pytest.mark.parametrize(
    ("after", "met"),
    [
        ((90, 0), {("enrollments.csv 02", "emptied"): (24, 0)}),
        ((90, 11), {("enrollments.csv 02", "removed"): (13, 12)}),
        ((90, 12), {}),
    ],
)
def test_a_year_that_loses_all_or_more_than_half_waits(
    after: tuple[int, ...], met: Mapping[tuple[str, str], tuple[int, int]]
) -> None:
    """However few it is of all."""
    assert told(years(90, 24), years(*after), LOOSE) == met


def test_a_loss_that_is_told_of_all_is_not_told_of_each_year_but_an_emptied_one_is() -> None:
    """Two lines for one thing hide a third."""
    limits = SchoolLimits(pupil_places_lost=Allowance(0, 0))
    met = told(years(90, 24, 24), years(90, 5, 0), limits)

    assert met == {
        ("places of pupils", "removed"): (43, 0),
        ("enrollments.csv 03", "emptied"): (24, 0),
    }


def test_that_people_leave_does_not_hide_that_their_year_loses_half() -> None:
    """Two lines: for the people, and for the year that they were."""
    before, after = years(90, 24), years(90, 11)
    after.pupils = dict.fromkeys(ids(0, 99), "01") | dict.fromkeys(ids(100, 11), "02")
    limits = SchoolLimits(pupils_lost=Allowance(10, 10))

    assert told(before, after, limits).keys() == {
        ("pupils", "removed"),
        ("enrollments.csv 02", "removed"),
    }


@pytest.mark.parametrize(("taken_out", "held"), [(10, False), (11, True)])
def test_of_a_year_that_waits_ten_may_be_taken_out_of_a_class_that_goes_on(
    taken_out: int,
    held: bool,  # noqa: FBT001
) -> None:
    """As many as YEAR_PLACES_LOST allows; the others were in a class that ends."""
    before = years(90, 30 - taken_out, taken_out)
    before.pupils |= dict.fromkeys(ids(200, 99), "02")
    after = with_pupils(without(before, K1), set(before.classes[K0][0]), set())

    met = told(before, after, LOOSE, withheld={f"{ORG}/02": 30})

    assert bool(met) is held


def test_a_year_of_ten_places_is_too_small_to_be_looked_at() -> None:
    """As YEAR_PLACES_LOST says."""
    assert told(years(90, 10), years(90, 0), LOOSE) == {}
    assert told(years(90, 11), years(90, 0), LOOSE) != {}


def test_a_year_that_waits_for_pupils_from_has_not_vanished() -> None:
    """Its classes of before have ended; out of one that goes on nobody may be taken."""
    before, after = years(90, 24), years(90, 24)
    del after.classes[f"{YEAR}-k1"]

    assert told(before, after, LOOSE, withheld={f"{ORG}/02": 24}) == {}
    assert told(before, after, LOOSE, withheld={f"{ORG}/01": 24}) != {}
    assert told(before, years(90, 0), LOOSE, withheld={f"{ORG}/02": 24}) != {}


# -- what is away ------------------------------------------------------------------------------


K0, K1 = f"{YEAR}-k0", f"{YEAR}-k1"


def without(of: School, *class_ids: str) -> School:
    """Return the school without these classes."""
    kept = {key: side for key, side in of.classes.items() if key not in class_ids}
    return School(of.pupils, of.teachers, kept)


def test_a_class_that_comes_back_is_compared_with_what_it_last_held() -> None:
    """A year is emptied, which a person approves, and comes back with exchanged rosters."""
    before, exchanged_later = pair(0)
    emptied = without(before, K0, K1)
    away = next_away({}, before.files(), emptied.files())

    assert away == {K0: before.classes[K0][0], K1: before.classes[K1][0]}
    met = told(emptied, exchanged_later, away=away)
    assert met["classes", "exchanged"] == (1, 0)
    assert met["classes", "taken-over"] == (2, 0)
    back = told(emptied, before, away=away)
    assert back.keys() == {("classes", "added"), ("places of pupils", "added")}
    assert ("classes", "exchanged") not in told(emptied, exchanged_later)


def test_a_class_without_pupils_is_away_as_well() -> None:
    """It stands there for its teacher: PUPILS_FROM, or a form that nobody is in."""
    before, exchanged_later = pair(0)
    emptied = with_pupils(before, set(), set())
    away = next_away({}, before.files(), emptied.files())

    assert away.keys() == {K0, K1}
    assert told(emptied, exchanged_later, away=away)["classes", "exchanged"] == (1, 0)


def test_what_is_away_stays_away_until_it_comes_back() -> None:
    """Each delivery has its own, made from that of the one before."""
    before = school(ids(0, 6), ids(10, 6))
    one = without(before, K0)

    away = next_away({}, before.files(), one.files())
    later = next_away(away, one.files(), one.files())
    back = next_away(later, one.files(), before.files())

    assert (away, later, back) == ({K0: ids(0, 6)}, {K0: ids(0, 6)}, {})


def test_a_class_that_stood_empty_and_then_ends_is_known_by_who_was_in_it() -> None:
    """Its last roster is the one that had anybody."""
    empty = with_pupils(school(ids(0, 6), ids(10, 6)), set())

    away = next_away({K0: ids(0, 6)}, empty.files(), without(empty, K0).files())

    assert away == {K0: ids(0, 6)}


def test_who_is_away_twice_is_known_by_the_last_roster() -> None:
    """The newer is what SDS held."""
    before = school(ids(0, 6), ids(10, 6))

    away = next_away({K0: ids(20, 6)}, before.files(), without(before, K0).files())

    assert away == {K0: ids(0, 6)}


@pytest.mark.parametrize(
    ("away", "there", "stays"),
    [
        ("9990001-2025-k", ["9990001-2026-k0"], False),  # its year is over
        ("9990001-2025-k", ["9990001-2025-k0", "9990001-2026-k0"], True),  # its year keeps Teams
        ("9990001-2026-k", ["9990001-2025-k0"], True),  # all of this year's stand empty
        ("9990001-2025-k", [], True),
        ("9990001-2025-k", ["9990002-2026-k0"], True),  # another school's year
        ("k", ["9990001-2026-k0"], True),  # with ID_STYLE=legacy an id has no year
    ],
)
def test_a_class_of_a_former_year_is_not_waited_for(
    away: str,
    there: list[str],
    stays: bool,  # noqa: FBT001
) -> None:
    """Its id never comes again, unless a year group keeps its Teams."""
    now = School(dict.fromkeys(ids(0, 6), "08"), set(), {key: (ids(0, 6), set()) for key in there})

    assert bool(next_away({away: ids(0, 6)}, now.files(), now.files())) is stays


# -- for a person to look at -------------------------------------------------------------------


def test_each_class_in_doubt_has_a_line() -> None:
    """An exchange is told as that alone."""
    others = [ids(100 + 10 * n, 6) for n in range(7)]
    before = school(ids(0, 6), ids(10, 6), ids(20, 6), *others)
    after = with_pupils(before, ids(10, 6), ids(0, 6), ids(30, 6), *others)
    after.pupils = before.pupils = before.pupils | dict.fromkeys(ids(30, 6), "08")

    assert list(doubts(classes_of(before, after))) == [
        ClassInDoubt("exchanged", K0, K1),
        ClassInDoubt("taken-over", f"{YEAR}-k2"),
    ]


def test_more_than_thirty_in_a_hundred_of_a_years_classes_have_one_line() -> None:
    """Something was made anew; another year's class still has its own."""
    before = school(*(ids(10 * n, 6) for n in range(12)))
    before.pupils |= dict.fromkeys(ids(110, 6), "09") | dict.fromkeys(ids(300, 30), "08")
    after = with_pupils(before, ids(300, 6), ids(306, 6), ids(312, 6), ids(318, 6))
    after.classes[f"{YEAR}-k11"] = ids(324, 6), ids(11, 1, "T")

    assert list(doubts(classes_of(before, after))) == [
        YearInDoubt((ORG, "08"), 4, 11),
        YearInDoubt((ORG, "09"), 1, 1),
    ]
    fewer = with_pupils(before, ids(300, 6), ids(306, 6), ids(312, 6))
    assert list(doubts(classes_of(before, fewer))) == [
        ClassInDoubt("taken-over", f"{YEAR}-k{number}") for number in range(3)
    ]


@pytest.mark.parametrize(("in_doubt", "of", "is_year"), [(3, 10, False), (4, 13, True)])
def test_thirty_in_a_hundred_are_not_more_than_thirty(
    in_doubt: int,
    of: int,
    is_year: bool,  # noqa: FBT001
) -> None:
    """From there on one line says more."""
    before = school(*(ids(10 * n, 6) for n in range(of)))
    before.pupils |= dict.fromkeys(ids(300, 60), "08")
    after = with_pupils(before, *(ids(300 + 10 * n, 6) for n in range(in_doubt)))

    lines = list(doubts(classes_of(before, after)))

    assert lines == [YearInDoubt((ORG, "08"), in_doubt, of)] if is_year else len(lines) == in_doubt


def test_a_small_class_and_a_renamed_form_have_lines_too() -> None:
    """A form that ends is no class that goes on, so it makes no year doubtful."""
    before = school(ids(0, 3), *(ids(50 + 10 * n, 6) for n in range(4)))
    before.classes[f"{YEAR}-form-8A"] = ids(50, 6), ids(0, 1, "T")
    before.pupils |= dict.fromkeys(ids(40, 3), "08")
    after = with_pupils(before, ids(40, 3))
    after.classes[f"{YEAR}-form-8Z"] = after.classes.pop(f"{YEAR}-form-8A")

    assert list(doubts(classes_of(before, after))) == [
        ClassInDoubt("nobody-left", K0),
        ClassInDoubt("renamed", f"{YEAR}-form-8A", f"{YEAR}-form-8Z"),
    ]


def test_files_that_are_not_in_order_are_refused_and_not_half_read() -> None:
    """A walk along two files that are not in order would count at random."""
    files = school(ids(0, 6), ids(10, 6)).files()
    header, *lines = files["enrollments.csv"].splitlines(keepends=True)
    files["enrollments.csv"] = b"".join([header, *reversed(lines)])

    with pytest.raises(StoreConflict):
        list(guard.met(files, files, SchoolLimits(), BesideFiles(), {}))


# -- roles, years and groups -------------------------------------------------------------------


@pytest.mark.parametrize("child_stays", ["stays", "leaves"])
def test_a_pupils_address_never_becomes_a_teachers_unasked(child_stays: str) -> None:
    """The child's account would own that teacher's Teams, whether or not the child has left."""
    before = school(ids(0, 20), grade="09")
    child, teacher = min(before.pupils), min(before.teachers)
    after = School(dict(before.pupils), set(before.teachers), dict(before.classes))
    after.addresses = {teacher: f"{child}@x.example", child: "new@x.example"}
    if child_stays == "leaves":
        del after.pupils[child]

    met = told(before, after, SchoolLimits())

    assert met["addresses", "crossed"] == (1, 0)


def test_ids_that_are_given_to_other_pupils_are_known_by_the_names_beside_the_files() -> None:
    """Whether or not names are sent: each would get another child's classes, and work."""
    before = school(ids(0, 20), more=400)
    given_on = sorted(before.pupils)[:6]
    after = School(before.pupils, before.teachers, before.classes)
    after.addresses = {key: f"new-{key}@x.example" for key in given_on}
    names = dict.fromkeys(before.pupils, "Sam Fell")
    others = names | dict.fromkeys(given_on, "Kim Moss")

    met = told(before, after, SchoolLimits(), names=names, names_after=others)
    same = told(before, after, SchoolLimits(), names=names, names_after=names)

    assert met["pupils", "other-people"] == (6, 5)
    assert same == {}


def test_a_teachers_address_never_becomes_a_pupils_unasked() -> None:
    """The pupil would open what the teacher has."""
    before = school(ids(0, 20))
    child, teacher = min(before.pupils), min(before.teachers)
    after = School(before.pupils, before.teachers, before.classes)
    after.addresses = {child: f"{teacher}@x.example", teacher: "new@x.example"}

    assert told(before, after, SchoolLimits())["addresses", "crossed"] == (1, 0)


def test_somebody_who_is_both_stays_both() -> None:
    """As a sixth-former who also teaches is, night after night."""
    both = school(ids(0, 20))
    both.teachers.add(min(both.pupils))

    assert told(both, both) == {}


def test_a_year_whose_pupils_would_be_in_twice_as_many_places_is_held() -> None:
    """Everybody in every set of a year: of all places in a large school it is few."""
    sets = [ids(20 * number, 20) for number in range(3)]
    year = school(*sets, more=4000)
    everybody = set[str]().union(*sets)

    met = told(year, with_pupils(year, *[everybody] * 3), SchoolLimits())
    one_more = told(year, with_pupils(year, sets[0], sets[1] | sets[0], sets[2]), SchoolLimits())

    assert met["enrollments.csv 08", "doubled"] == (120, 60)
    assert not any(what == "doubled" for _, what in one_more)


@pytest.mark.parametrize(
    ("had", "more", "held"), [(12, 12, set()), (12, 13, {(13, 12)}), (10, 40, set())]
)
def test_twice_the_places_of_a_year_is_the_bound(
    had: int, more: int, held: set[tuple[int, int]]
) -> None:
    """As many again may come; and a year of ten places is too small to be looked at."""
    year = school(ids(0, had), more=4000)

    met = told(year, with_pupils(year, ids(0, had) | ids(500, more)), SchoolLimits())

    assert {rows for (_, what), rows in met.items() if what == "doubled"} == held


def test_places_in_classes_that_stood_empty_double_nothing() -> None:
    """Set lists that are filled for the first time show nobody's work to anybody."""
    forms = school(ids(0, 30), set(), set(), set())

    filled = with_pupils(forms, ids(0, 30), *[ids(0, 30)] * 3)

    assert ("enrollments.csv 08", "doubled") not in told(forms, filled, SchoolLimits())


def roles_file(*rows: tuple[str, str, str]) -> dict[str, bytes]:
    """Return a delivery's roles: a user, a school and a role each."""
    listed = sorted((user, org, role, "", "TRUE") for user, org, role in rows)
    return {"roles.csv": encode(COLUMNS["roles.csv"], listed)}


NORTH, SOUTH = "1", "2"


def test_a_pupil_of_another_school_who_would_be_one_here_as_well_is_counted() -> None:
    """So an address that is another school's pupil's looks: somebody has gone, and one has come."""
    before = roles_file(("n", NORTH, "student"), ("s", SOUTH, "student"))
    after = roles_file(("s", NORTH, "student"), ("s", SOUTH, "student"))

    found = across(before, after)

    assert found == {NORTH: Across(joined=1)}
    assert [*guard.met_across(found[NORTH], SchoolLimits())] == []
    assert [each.what for each in guard.met_across(found[NORTH], NONE)] == ["joined"]
    assert across(after, after) == {}


def of_a_group() -> list[Excess]:
    """Return each limit that is met by people of other schools."""
    return [*guard.met_across(Across(joined=9, crossed=9), NONE)]


def test_a_pupil_who_would_be_teacher_at_another_school_is_always_held() -> None:
    """And of a teacher who is taken on by a second school nobody is asked."""
    before = roles_file(("s", SOUTH, "student"), ("t", SOUTH, "teacher"))
    after = roles_file(
        *(("s", SOUTH, "student"), ("s", NORTH, "teacher")),
        *(("t", SOUTH, "teacher"), ("t", NORTH, "teacher")),
    )

    found = across(before, after)

    assert found == {NORTH: Across(crossed=1)}
    met = [*guard.met_across(found[NORTH], SchoolLimits())]
    assert [(each.table, each.what, each.allowed) for each in met] == [("addresses", "crossed", 0)]


# -- within a week -----------------------------------------------------------------------------


def in_steps() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return a school of a week ago and of now: rosters and addresses have become others'."""
    rosters = [ids(20 * number, 12) for number in range(3)]
    small = [ids(400 + 5 * number, 3) for number in range(6)]
    week_ago = school(*rosters, *small, more=40)
    others = [ids(500 + 3 * number, 3) for number in range(6)]
    now = with_pupils(week_ago, ids(520, 12), rosters[2], rosters[1], *others)
    addresses = sorted(rosters[1])
    now.addresses = {one: f"{addresses[n - 1]}@x.example" for n, one in enumerate(addresses)}
    return week_ago.files(), now.files()


def drifted(*told: tuple[str, str]) -> dict[str, int]:
    found = [*guard.drifted(*in_steps(), SchoolLimits(), BesideFiles(), told)]
    assert {each.what for each in found} == {guard.DRIFTED}
    return {each.table: each.rows for each in found}


def test_what_comes_about_in_steps_is_held_by_a_week_ago() -> None:
    """A roster that shrank one night and was filled with others the next; and addresses."""
    of_a_week = drifted()

    assert of_a_week["rosters"] == 3
    assert of_a_week["pairs of rosters"] == 1
    assert of_a_week["small rosters"] == 6
    assert of_a_week["addresses"] == 12
    assert "rosters" not in drifted(("classes", "taken-over"))
