"""What would change in SDS, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.ledger import marks
from sync.ledger.marks import Change, Excess
from sync.roster.identifiers import class_id, group_id, legacy_class_id
from sync.sds import diff
from sync.sds.csvtext import encode
from sync.sds.diff import Baseline, Former, Meant
from sync.sds.tables import ON_REQUEST, WIDEST, Row, columns
from sync.settings import Limits, SchoolLimits
from sync.settings.text import Allowance
from tests.judging import Decision, compare, judge

type Tables = Mapping[str, Iterable[Row]]

LIMITS = Limits()
NOTHING = Change(before=0, after=0, added=0, removed=0, changed=0)


def files(tables: Tables | None = None) -> dict[str, bytes]:
    """Return the five files and those of *tables*, empty but for *tables*; rows are sorted."""
    made = columns(tables or ())
    return {name: encode(made[name], sorted((tables or {}).get(name, ()))) for name in made}


def decided(before: Tables | None, after: Tables, limits: Limits = LIMITS) -> Decision:
    """Compare two deliveries; without *before* there was none."""
    return compare(
        "digest",
        None if before is None else files(before),
        files(after),
        against=None if before is None else "20261120T220000Z-00000000",
        limits=limits,
        hold_first=True,
    )


def excesses(before: Tables, after: Tables, limits: Limits = LIMITS) -> tuple[Excess, ...]:
    """Return the limits met, () if the delivery may go."""
    hold = decided(before, after, limits).hold
    return hold.excesses if hold else ()


def rows(name: str, numbers: Iterable[int]) -> dict[str, list[Row]]:
    """Return a table of as many rows as there are *numbers*, each unlike the others."""
    blank = ("",) * (len(columns([name])[name]) - 2)
    return {name: [(f"{number:06}", f"u{number}", *blank) for number in numbers]}


def of_role(role: str, numbers: Iterable[int], at: str = "x") -> dict[str, list[Row]]:
    """Return a school of so many pupils (`student`) or teachers, in no class."""
    ids = [f"{role[0]}{number:04}" for number in numbers]
    return {
        "users.csv": [(key, f"{key}@{at}.example", "", "") for key in ids],
        "roles.csv": [(key, "1", role, "07" if role == "student" else "", "TRUE") for key in ids],
    }


def in_classes(pupils: int, places: int) -> dict[str, list[Row]]:
    """Return a school of *pupils* in one class, and *places* of them in another."""
    made = of_role("student", range(pupils))
    ids = [row[0] for row in made["users.csv"]]
    made["classes.csv"] = [("k", "1", "8A"), ("l", "1", "8B")]
    made["enrollments.csv"] = [("k", key, "student") for key in ids]
    made["enrollments.csv"] += [("l", key, "student") for key in ids[:places]]
    return made


def test_every_table_is_counted() -> None:
    """Added, removed, changed, row by row; the plan says against what."""
    before: dict[str, list[Row]] = {
        "orgs.csv": [("1", "Northbank", "school")],
        "users.csv": [("a", "a@x", "", ""), ("b", "b@x", "", ""), ("c", "c@x", "", "")],
        "roles.csv": [("a", "1", "student", "08", "TRUE"), ("b", "1", "teacher", "", "TRUE")],
        "classes.csv": [("k", "1", "8A"), ("l", "1", "8B")],
        "enrollments.csv": [("k", "a", "student"), ("k", "b", "teacher")],
    }
    after: dict[str, list[Row]] = {
        "orgs.csv": [("1", "Northbank College", "school")],
        "users.csv": [("a", "a@x", "Sam", ""), ("b", "new@x", "", "")],
        "roles.csv": [("a", "1", "student", "09", "TRUE"), ("b", "1", "student", "", "TRUE")],
        "classes.csv": [("k", "1", "8A"), ("l", "2", "8C"), ("m", "1", "8D")],
        "enrollments.csv": [("k", "b", "student"), ("k", "c", "teacher")],
    }

    decision = decided(before, after)

    assert decision.hold is None
    assert decision.plan.against == "20261120T220000Z-00000000"
    assert decision.plan.changes == {
        "orgs.csv": Change(before=1, after=1, added=0, removed=0, changed=1),
        # a changed username is one gone and one come: SDS would match another account
        "users.csv": Change(before=3, after=2, added=1, removed=2, changed=1),
        "roles.csv": Change(before=2, after=2, added=1, removed=1, changed=1),
        "classes.csv": Change(before=2, after=3, added=1, removed=0, changed=1),
        "enrollments.csv": Change(before=2, after=2, added=2, removed=2, changed=0),
    }


def test_the_same_again_changes_nothing() -> None:
    """An unchanged delivery has an empty plan, and no limit is met even at zero."""
    strict = Limits(removed_percent=0, removed_rows=0, enrollments_removed_percent=0)
    table = in_classes(40, 20)

    decision = decided(table, table, strict)

    assert decision.hold is None
    assert decision.plan.changes["users.csv"] == NOTHING.model_copy(
        update={"before": 40, "after": 40}
    )


type Lost = tuple[Tables, Tables]  # before, and after the loss


def people_lost(role: str, before: int, lost: int) -> Lost:
    return of_role(role, range(before)), of_role(role, range(lost, before))


def classes_lost(before: int, lost: int) -> Lost:
    return rows("classes.csv", range(before)), rows("classes.csv", range(lost, before))


def places_lost(before: int, lost: int) -> Lost:
    """Return a loss of places of pupils, half of whose places are in one class."""
    return in_classes(before // 2, before // 2), in_classes(before // 2, before // 2 - lost)


@pytest.mark.parametrize(
    ("table", "loss", "lost", "allowed"),
    [
        # the number counts while the percentage is less
        ("pupils", people_lost("student", 50, 10), 10, None),
        ("pupils", people_lost("student", 50, 11), 11, 10),
        ("teachers", people_lost("teacher", 50, 5), 5, None),
        ("teachers", people_lost("teacher", 50, 6), 6, 5),
        ("classes", classes_lost(12, 10), 10, None),
        ("classes", classes_lost(12, 11), 11, 10),
        ("places of pupils", places_lost(100, 25), 25, None),
        ("places of pupils", places_lost(100, 26), 26, 25),
        # the percentage counts from there on, and never rounds up
        ("pupils", people_lost("student", 119, 11), 11, None),
        ("pupils", people_lost("student", 119, 12), 12, 11),
        ("pupils", people_lost("student", 1_000, 100), 100, None),
        ("pupils", people_lost("student", 1_000, 101), 101, 100),
        ("teachers", people_lost("teacher", 119, 11), 11, None),
        ("teachers", people_lost("teacher", 119, 12), 12, 11),
        ("classes", classes_lost(1_009, 101), 101, 100),
        ("places of pupils", places_lost(1_000, 100), 100, None),
        ("places of pupils", places_lost(1_000, 101), 101, 100),
        # a school is never lost without a person
        ("orgs.csv", (rows("orgs.csv", range(30)), rows("orgs.csv", range(1, 30))), 1, 0),
    ],
)
def test_losses_are_held_from_one_over_the_limit(
    table: str, loss: Lost, lost: int, allowed: int | None
) -> None:
    """A percentage or a number, whichever is more, of people, classes and places: to the one."""
    org = "000000" if table == "orgs.csv" else ""
    expected = (
        ()
        if allowed is None
        else (Excess(table=table, what="removed", rows=lost, allowed=allowed, org=org),)
    )
    assert excesses(*loss) == expected


@pytest.mark.parametrize("table", sorted(WIDEST.keys() - {"orgs.csv"}))
@pytest.mark.parametrize("before", [1, 5])
def test_an_emptied_table_is_held_at_any_size(table: str, before: int) -> None:
    """Even where every limit would let it go."""
    met = excesses(rows(table, range(before)), {})

    assert met == (Excess(table=table, what="emptied", rows=before, allowed=0),)


def asked(number: int) -> dict[str, list[Row]]:
    """Return a delivery of so many terms, courses, and classes that refer to them."""
    row_ids = [f"{row_id:02}" for row_id in range(number)]
    return {
        "academicSessions.csv": [
            (row_id, "Autumn", "term", "2026", "2026-09-03", "2026-12-11") for row_id in row_ids
        ],
        "courses.csv": [(row_id, "1", "Physics", "Ph") for row_id in row_ids],
        "classes.csv": [(row_id, "1", "8A", row_id, row_id) for row_id in row_ids],
    }


def test_what_goes_on_request_is_compared_as_all_else() -> None:
    """A term whose days move is changed, and a class whose course is another; neither is held."""
    after = asked(4)
    after["academicSessions.csv"][0] = ("00", "Autumn", "term", "2026", "2026-09-04", "2026-12-11")
    after["classes.csv"][1] = ("01", "1", "8A", "01", "03")

    decision = decided(asked(5), after)

    assert decision.hold is None
    one_less = Change(before=5, after=4, added=0, removed=1, changed=1)
    assert decision.plan.changes["academicSessions.csv"] == one_less
    assert decision.plan.changes["classes.csv"] == one_less
    assert decision.plan.changes["courses.csv"] == one_less.model_copy(update={"changed": 0})


def test_asking_for_more_changes_every_class_and_loses_none() -> None:
    """The file is new and each class has a reference more: that is no loss, so nothing waits."""
    before: dict[str, list[Row]] = {"classes.csv": [("00", "1", "8A"), ("01", "1", "8A")]}

    decision = decided(before, asked(2))

    assert decision.hold is None
    assert decision.plan.changes["courses.csv"] == NOTHING.model_copy(
        update={"after": 2, "added": 2}
    )
    assert decision.plan.changes["classes.csv"] == NOTHING.model_copy(
        update={"before": 2, "after": 2, "changed": 2}
    )


@pytest.mark.parametrize("name", sorted(ON_REQUEST))
def test_a_request_that_settings_took_away_waits(name: str) -> None:
    """Its file is a header now, and every class loses its reference: only a person knows why."""
    before = asked(4)
    after = before | {name: []}

    assert excesses(before, after) == (Excess(table=name, what="emptied", rows=4, allowed=0),)


@pytest.mark.parametrize("name", sorted(ON_REQUEST))
def test_a_header_that_goes_on_to_be_sent_changes_nothing(name: str) -> None:
    """With it or without it, and with a blank column of classes or none: the same."""
    with_header = {name: [], "classes.csv": [("00", "1", "8A", "")]}
    without: dict[str, list[Row]] = {"classes.csv": [("00", "1", "8A")]}

    for before, after in (
        (with_header, with_header),
        (with_header, without),
        (without, with_header),
    ):
        decision = decided(before, after)

        assert decision.hold is None
        assert not any(
            change.added + change.removed + change.changed for change in _changes(decision)
        )


def _changes(decision: Decision) -> Iterable[Change]:
    return decision.plan.changes.values()


def test_a_small_school_cannot_lose_all_its_courses_within_a_large_group() -> None:
    """Eight of 108 are few rows, and all that this school has."""
    large = [(f"1-{number:03}", "1", "Physics", "Ph") for number in range(100)]
    small = [(f"2-{number:03}", "2", "Physics", "Ph") for number in range(8)]

    schools = group(range(8))
    schools["classes.csv"] = [(*row, "") for row in schools["classes.csv"]]

    met = excesses(schools | {"courses.csv": [*large, *small]}, schools | {"courses.csv": large})

    assert met == (Excess(table="courses.csv", what="emptied", rows=8, allowed=0, org="2"),)


def group(small: Iterable[int]) -> dict[str, list[Row]]:
    """Return a delivery of a school of 1,000 pupils and one of those in *small*, a class each."""
    pupils = [("1", f"a{number:04}") for number in range(1_000)]
    pupils += [("2", f"b{number:04}") for number in small]
    return {
        "orgs.csv": [("1", "Northbank", "school"), ("2", "Southbank", "school")],
        "users.csv": [(pupil_id, f"{pupil_id}@x.example", "", "") for _, pupil_id in pupils],
        "roles.csv": [(pupil_id, org, "student", "08", "TRUE") for org, pupil_id in pupils],
        "classes.csv": [("1-k", "1", "8A"), ("2-k", "2", "8A")],
        "enrollments.csv": [(f"{org}-k", pupil_id, "student") for org, pupil_id in pupils],
    }


def test_a_school_of_which_no_class_goes_on_is_held_whatever_the_limits() -> None:
    """All its Teams would end and as many begin; one that goes on, and it is an ordinary change."""
    before = group(range(4))
    before["classes.csv"] = [("1-k", "1", "8A"), ("2-k", "2", "8A"), ("2-m", "2", "8B")]
    loose = Limits(removed_rows=1000)
    others = [("1-k", "1", "8A"), ("2-n", "2", "8A"), ("2-o", "2", "8B")]
    met = excesses(before, before | {"classes.csv": others}, loose)

    assert Excess(table="classes.csv", what="replaced", rows=2, allowed=0, org="2") in met
    one_stays = before | {"classes.csv": [*before["classes.csv"][:2], others[2]]}
    assert excesses(before, one_stays, loose) == ()


def test_a_small_school_cannot_vanish_within_a_large_group() -> None:
    """Limits hold for each school too: 40 of 1,040 pupils may be all of one school."""
    before = group(range(40))

    assert excesses(before, group(range(2, 40))) == ()
    assert excesses(before, group(range(15, 40))) == (
        Excess(table="pupils", what="removed", rows=15, allowed=10, org="2"),
    )


def test_a_school_of_few_that_loses_everyone_is_held() -> None:
    """Ten pupils are few rows, and all of them are too many."""
    met = excesses(group(range(8)), group(()))

    assert {(excess.table, excess.what, excess.org) for excess in met} == {
        ("users.csv", "emptied", "2"),
        ("roles.csv", "emptied", "2"),
        ("enrollments.csv", "emptied", "2"),
    }


def test_a_large_school_that_loses_everyone_is_told_how_many() -> None:
    """As tables that would be empty, and as pupils: the number is what a person needs."""
    met = excesses(of_role("student", range(40)), {})

    assert met == (
        Excess(table="roles.csv", what="emptied", rows=40, allowed=0),
        Excess(table="users.csv", what="emptied", rows=40, allowed=0),
        Excess(table="pupils", what="removed", rows=40, allowed=10),
    )


@pytest.mark.parametrize("role", ["student", "teacher"])
@pytest.mark.parametrize(
    ("before", "added", "allowed"),
    [
        (0, 25, None),
        (0, 26, 25),
        (100, 25, None),
        (100, 26, 25),
        (103, 25, None),
        (103, 26, 25),
        (1_000, 250, None),
        (1_000, 251, 250),
    ],
)
def test_new_people_are_held_from_one_over_the_limit(
    role: str, before: int, added: int, allowed: int | None
) -> None:
    """25 % or 25 people, whichever is more: who comes in hundreds comes by mistake."""
    met = excesses(of_role(role, range(before)), of_role(role, range(before + added)))

    expected = (
        ()
        if allowed is None
        else (Excess(table="people", what="added", rows=added, allowed=allowed),)
    )
    assert met == expected


@pytest.mark.parametrize("table", ["academicSessions.csv", "courses.csv"])
def test_terms_and_courses_may_come_in_any_number(table: str) -> None:
    """They put nobody into a Team, and take nobody out."""
    assert excesses(rows(table, range(1)), rows(table, range(500))) == ()


def test_classes_that_come_in_hundreds_wait() -> None:
    """As when all are sent thrice: each would be a Team."""
    met = excesses(rows("classes.csv", range(20)), rows("classes.csv", range(36)))

    assert met == (Excess(table="classes", what="added", rows=16, allowed=15),)
    assert excesses(rows("classes.csv", range(20)), rows("classes.csv", range(35))) == ()


def test_a_school_is_judged_by_its_own_limits() -> None:
    """And by those of all where it has none."""
    before, after = files(group(range(40))), files(group(range(15, 40)))
    own = {"2": SchoolLimits(pupils_lost=Allowance(0, 14))}

    def met(limits: Limits, limits_by_org: Mapping[str, SchoolLimits]) -> int:
        made = diff.judge(
            [Baseline("d", before)], after, limits=limits, limits_by_org=limits_by_org
        )
        return sum(excess.allowed for excess in made.excesses)

    assert met(LIMITS, {}) == 10
    assert met(LIMITS, own) == 14
    assert met(Limits(pupils_lost=Allowance(0, 12)), {"1": own["2"]}) == 12


@pytest.mark.parametrize("hold_first", [True, False])
def test_the_first_delivery_is_held_unless_a_setting_waives_it(*, hold_first: bool) -> None:
    """There is nothing to compare with, so no limit says anything."""
    decision = compare(
        "digest", None, files(group(())), against=None, limits=LIMITS, hold_first=hold_first
    )

    assert decision.plan.against is None
    assert decision.plan.changes["users.csv"].added == 1_000
    if hold_first:
        assert decision.hold == marks.Hold(digest="digest", first=True, excesses=())
    else:
        assert decision.hold is None


def test_a_first_delivery_with_an_empty_table_waits_whatever_a_setting_says() -> None:
    """Five files with nobody in them would empty whatever SDS holds from elsewhere."""
    tables = group(()) | {"classes.csv": [], "enrollments.csv": []}

    decision = compare("digest", None, files(tables), against=None, limits=LIMITS, hold_first=False)

    assert decision.hold is not None
    assert [(excess.table, excess.what) for excess in decision.hold.excesses] == [
        ("classes.csv", "empty"),
        ("enrollments.csv", "empty"),
    ]


def years(*sizes: int) -> dict[str, list[Row]]:
    """Return a school whose Year 1, 2 … have as many pupils as *sizes* say, a class each."""
    pupils = [(year, f"p{year}-{n}") for year, size in enumerate(sizes, 1) for n in range(size)]
    return {
        "orgs.csv": [("1", "Northbank", "school")],
        "users.csv": [(pupil_id, f"{pupil_id}@x.example", "", "") for _, pupil_id in pupils],
        "roles.csv": [
            (pupil_id, "1", "student", f"{year:02}", "TRUE") for year, pupil_id in pupils
        ],
        "classes.csv": [(f"c{year}", "1", f"{year}A") for year, _ in enumerate(sizes, 1)],
        "enrollments.csv": [(f"c{year}", pupil_id, "student") for year, pupil_id in pupils],
    }


def test_a_year_group_that_vanishes_waits_however_few_it_is_of_all() -> None:
    """A filter that somebody sets in iSAMS hides one year, and one year may be under 10 %."""
    met = excesses(years(300, 300, 20), years(300, 300, 0))

    assert met == (
        Excess(table="enrollments.csv", what="emptied", rows=20, allowed=0, org="1", grade="03"),
    )
    assert excesses(years(300, 300, 24), years(300, 300, 12)) == ()


def in_class(before: Tables, old: str, new: str) -> Tables:
    """Return *before* with the class *old* under the id *new*."""
    tables = ("classes.csv", "enrollments.csv")
    renamed = {
        name: sorted((new if row[0] == old else row[0], *row[1:]) for row in before[name])
        for name in tables
    }
    return {**before, **renamed}


def test_a_year_group_that_changes_its_teams_waits_however_few_it_is_of_all() -> None:
    """KEEP_TEAMS in mid-year gives a year other classes: nobody would be left in those it had."""
    before = years(300, 300, 24)
    met = excesses(before, in_class(before, "c3", "k3"))

    assert met == (
        Excess(table="enrollments.csv", what="removed", rows=24, allowed=12, org="1", grade="03"),
    )
    assert excesses(before, years(300, 300, 11)) == (
        Excess(table="enrollments.csv", what="removed", rows=13, allowed=12, org="1", grade="03"),
    )


def waits(after: Tables, withheld: dict[str, int]) -> bool:
    """Say whether *after* waits where PUPILS_FROM keeps back so many more than before."""
    return bool(
        compare(
            "d",
            files(years(300, 300, 20)),
            files(after),
            against="a",
            limits=LIMITS,
            hold_first=False,
            meant=Meant(withheld=withheld),
        ).hold
    )


def test_a_year_group_that_waits_for_pupils_from_has_not_vanished() -> None:
    """Its pupils are kept out on purpose; another year's absence is still told."""
    after = in_class(years(300, 300, 0), "c3", "d3")

    assert not waits(after, {"1/03": 20})
    assert waits(after, {"1/02": 20})


def test_pupils_from_takes_nobody_out_of_a_class_that_goes_on() -> None:
    """Set too late it would empty Teams that have their pupils, of a year that is few of all."""
    assert waits(years(300, 300, 0), {"1/03": 20})


def test_a_profile_that_settings_took_away_waits() -> None:
    """Nobody is asked when an app setting is deleted; here somebody is."""
    same = files({"orgs.csv": [("1", "Northbank", "school")]})

    decision = compare(
        "d", same, same, against="a", limits=LIMITS, hold_first=False, meant=Meant(profiles_gone=1)
    )

    assert decision.hold is not None
    assert decision.hold.excesses == (Excess(table="profiles", what="removed", rows=1, allowed=0),)


BOT, HEAD = "9990001-X0123456789ab", "9990001-T50"


def of_users(*users: tuple[str, str]) -> dict[str, bytes]:
    """Return files with *users*, by id and address."""
    return files({"users.csv": [(*user, "", "") for user in users]})


@pytest.mark.parametrize(
    ("before", "after", "left_out", "table"),
    [
        ((BOT, "bot@x"), ("9990001-T1", "a@x"), (), "service accounts"),
        (("bot@x", "bot@x"), ("1", "a@x"), (), "service accounts"),  # with ID_STYLE=legacy
        ((BOT, "bot@x"), ("9990002-X0123456789ab", "bot@x"), (), ""),  # of another school now
        ((BOT, "bot@x"), (HEAD, "bot@x"), (), "service accounts"),  # somebody's in iSAMS now
        ((HEAD, "h@x"), ("9990001-T1", "a@x"), (HEAD,), "extra teachers"),  # two records
        ((HEAD, "h@x"), ("9990001-T1", "a@x"), (), ""),  # who has left iSAMS
        ((HEAD, "h@x"), (HEAD, "h@x"), (HEAD,), ""),  # still sent, by another profile
    ],
)
def test_who_teaches_every_class_goes_only_with_a_persons_word(
    before: tuple[str, str], after: tuple[str, str], left_out: tuple[str, ...], table: str
) -> None:
    """A service account in the wrong setting, a head with a second record: few rows, all Teams."""
    decision = compare(
        "d",
        of_users(before),
        of_users(after),
        against="a",
        limits=LIMITS,
        hold_first=False,
        meant=Meant(extra_left_out=frozenset(left_out)),
    )

    told = decision.hold.excesses if decision.hold else ()
    wanted = (Excess(table=table, what="removed", rows=1, allowed=0),) if table else ()
    assert told == wanted


OLD, NEW = "9990001-2026-form-8A.2A.", group_id("9990001", 2026, "form", "8A*")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([OLD], [NEW], 1),
        ([OLD], [OLD, NEW], 0),  # of two profiles one was not read yet: nobody loses a Team
        ([OLD, NEW], [NEW], 1),
        ([OLD], [NEW.replace("2026", "2027")], 0),  # the turn of the year changes every id
        ([OLD], ["9990001-2026-form-8B"], 0),  # the form is gone
        ([NEW], [OLD], 0),  # a delivery of before is restored
        ([NEW], [NEW], 0),
        (["9990001-2026-form-8.2F.Zoe.308.s"], [group_id("9990001", 2026, "form", "8/Zoës")], 1),
        (["9990001-2025-A..1"], [class_id("9990001", 2025, "A..1")], 1),  # a Team that is kept
        (["A..1"], [legacy_class_id("A..1")], 1),  # with ID_STYLE=legacy
        (["9" * 48], [legacy_class_id("9" * 48)], 1),
    ],
)
def test_a_class_gets_another_team_by_our_rule_only_with_a_persons_word(
    before: list[str], after: list[str], told: int
) -> None:
    """One class among hundreds: few rows, and all that was in its Team."""
    old, new = (
        files({"classes.csv": [(key, "1", "8A") for key in sorted((*ids, "goes-on"))]})
        for ids in (before, after)
    )
    decision = compare("d", old, new, against="a", limits=LIMITS, hold_first=False)

    excesses = decision.hold.excesses if decision.hold else ()
    wanted = (Excess(table="classes.csv", what="new-ids", rows=told, allowed=0),) if told else ()
    assert excesses == wanted


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (["8B (Art)"], ["8B (ART)"], 1),  # merged without its title: nothing proves it
        (["8A"], ["8A*"], 1),
        (["8/JDO"], ["8-JDO"], 1),
        (["8A", "8 A"], ["8a"], 2),  # nobody can say which is meant
        (["8A"], ["8A", "8a"], 1),  # the one that comes may be the one that was there
        (["8A", "8a"], ["8A"], 0),
        (["8/JDO"], ["8/ABE"], 0),  # a new tutor
    ],
)
def test_a_form_comes_beside_the_same_letters_only_with_a_persons_word(
    before: list[str], after: list[str], told: int
) -> None:
    """It may be one form, and few rows change: all that is in its Team would end untold."""
    old, new = (
        files(
            {
                "classes.csv": [
                    (group_id("9990001", 2026, "form", name), "1", "Form 8")
                    for name in sorted((*names, "goes on"))
                ]
            }
        )
        for names in (before, after)
    )
    decision = compare("d", old, new, against="a", limits=LIMITS, hold_first=False)

    excesses = decision.hold.excesses if decision.hold else ()
    wanted = Excess(table="classes.csv", what="same-letters", rows=told, allowed=0)
    assert excesses == ((wanted,) if told else ())


def test_a_hold_is_for_one_digest() -> None:
    """So that an approval cannot be for another delivery."""
    hold = decided(rows("users.csv", range(40)), {}).hold

    assert hold is not None
    assert (hold.digest, hold.first) == ("digest", False)


def test_a_file_that_is_not_sent_any_more_has_lost_all_its_rows() -> None:
    """SDS makes inactive what a missing file held; one that is new has lost nothing."""
    before, after = files(rows("classes.csv", range(3))), files(rows("orgs.csv", range(1)))
    del after["classes.csv"], before["orgs.csv"]

    decision = compare("d", before, after, against="a", limits=LIMITS, hold_first=True)

    assert decision.plan.changes["classes.csv"] == Change(
        before=3, after=0, added=0, removed=3, changed=0
    )
    assert decision.plan.changes["orgs.csv"] == Change(
        before=0, after=1, added=1, removed=0, changed=0
    )
    assert decision.hold is not None
    assert decision.hold.excesses == (
        Excess(table="classes.csv", what="emptied", rows=3, allowed=0),
    )


NUMBERS = st.sets(st.integers(0, 60))


@given(st.sampled_from([("student", 10), ("teacher", 5)]), NUMBERS, NUMBERS)
def test_no_loss_of_people_over_the_limits_slips_through(
    kind: tuple[str, int], before: set[int], after: set[int]
) -> None:
    """Whoever else comes in their place: what is held is exactly what the promise says."""
    role, fewest = kind
    met = excesses(of_role(role, before), of_role(role, after))

    lost, gained = len(before - after), len(after - before)
    too_much = lost > fewest and lost * 10 > len(before)
    too_many = gained > 25 and gained * 4 > len(before)
    assert bool(met) is (too_much or too_many or (bool(before) and not after))


@given(NUMBERS, NUMBERS)
def test_no_school_slips_away_among_others(before: set[int], after: set[int]) -> None:
    """One that goes waits; and one that comes beside others has nobody here."""
    met = excesses(rows("orgs.csv", before), rows("orgs.csv", after))

    assert bool(met) is bool(before - after or (before and after - before))


@given(NUMBERS, NUMBERS)
def test_a_plan_adds_up(before: set[int], after: set[int]) -> None:
    """Before, less removed, plus added, is after."""
    change = decided(
        rows("users.csv", sorted(before)), rows("users.csv", sorted(after))
    ).plan.changes["users.csv"]

    assert change.before - change.removed + change.added == change.after
    assert (change.added, change.removed) == (len(after - before), len(before - after))


# -- against all that SDS may hold -----------------------------------------------------------------


def people(count: int) -> dict[str, bytes]:
    """Return a delivery of a school of so many pupils."""
    return files(SCHOOL | of_role("student", range(count)))


SCHOOL: dict[str, list[Row]] = {"orgs.csv": [("1", "Northbank", "school")]}


def judged(*baselines: Baseline, after: Mapping[str, bytes], hold_first: bool = True) -> Decision:
    """Compare a delivery with several, the newest first."""
    return judge("digest", iter(baselines), after, limits=LIMITS, hold_first=hold_first)


def test_a_loss_against_any_delivery_that_sds_may_hold_is_held() -> None:
    """SDS may hold the older one: then as many would lose their place as if it were the last."""
    newest, older = Baseline("n", people(100)), Baseline("o", people(150))

    decision = judged(newest, older, after=people(100))

    assert decision.hold
    assert decision.hold.excesses == (Excess(table="pupils", what="removed", rows=50, allowed=15),)
    assert decision.plan.against == "n"
    assert decision.plan.changes["users.csv"].removed == 0
    assert judged(newest, after=people(100)).hold is None


def test_the_worst_of_several_comparisons_is_told_once() -> None:
    """One line a limit, with the most rows of any comparison."""
    decision = judged(Baseline("n", people(120)), Baseline("o", people(150)), after=people(100))

    assert decision.hold
    assert [excess.rows for excess in decision.hold.excesses] == [50]


def test_what_cannot_be_read_waits_for_a_person() -> None:
    """Nothing to compare with is not the same as nothing to lose."""
    decision = judged(Baseline("n", None), Baseline("o", people(100)), after=people(100))

    assert decision.hold
    assert decision.hold.excesses == (
        Excess(table="deliveries", what="unknown", rows=1, allowed=0),
    )
    assert not decision.hold.first


@pytest.mark.parametrize("count", [diff.MOST_COMPARED, diff.MOST_COMPARED + 1])
def test_more_than_four_deliveries_that_sds_may_hold_are_too_many(count: int) -> None:
    """By then nobody knows what SDS holds, however little differs."""
    decision = judged(*(Baseline(str(n), people(100 - n)) for n in range(count)), after=people(100))

    assert bool(decision.hold) is (count > diff.MOST_COMPARED)


@pytest.mark.parametrize("hold_first", [True, False])
def test_without_any_baseline_it_is_a_first_delivery(*, hold_first: bool) -> None:
    """Then the setting decides."""
    assert bool(judged(after=full(), hold_first=hold_first).hold) is hold_first


def full() -> dict[str, bytes]:
    """Return a delivery with a row in each table."""
    return files({name: rows(name, [1])[name] for name in columns(())})


# -- what its files do not say ---------------------------------------------------------------------


def taught(*teachers: str) -> dict[str, bytes]:
    """Return a school of twenty classes, each with a pupil, these teachers and the head."""
    number = range(20)
    people = ["head", *teachers]
    return files(
        SCHOOL
        | {
            "users.csv": [(key, f"{key}@x.example", "", "") for key in ("p", *people)],
            "roles.csv": [("p", "1", "student", "07", "TRUE")]
            + [(key, "1", "teacher", "", "TRUE") for key in people],
            "classes.csv": [(f"k{n:02}", "1", "7A") for n in number],
            "enrollments.csv": [(f"k{n:02}", "p", "student") for n in number]
            + [(f"k{n:02}", key, "teacher") for n in number for key in people],
        }
    )


def told(decision: Decision) -> list[tuple[str, str]]:
    """Return which limits are met."""
    return [(each.table, each.what) for each in decision.hold.excesses] if decision.hold else []


def test_who_taught_every_class_of_a_baseline_was_no_classs_own() -> None:
    """Else a head who stays would hide that every class gets another teacher."""
    before, after = taught("ann"), taught("ben")

    unknown = judged(Baseline("d", before), after=after)
    known = judged(Baseline("d", before, extra=frozenset({"head"})), after=after)

    assert told(unknown) == []
    assert told(known) == [("classes", "other-teachers")]


def test_a_class_that_comes_back_is_compared_with_what_was_away_beside_the_baseline() -> None:
    """It is in neither of the two deliveries."""
    six, others = [f"p{n}" for n in range(6)], [f"q{n}" for n in range(6)]
    people: dict[str, list[Row]] = {
        "users.csv": [(key, f"{key}@x.example", "", "") for key in six + others],
        "roles.csv": [(key, "1", "student", "07", "TRUE") for key in six + others],
        "classes.csv": [("j", "1", "7B")],
        "enrollments.csv": [("j", key, "student") for key in six],
    }
    back = files(
        people
        | {
            "classes.csv": [("j", "1", "7B"), ("k", "1", "7A")],
            "enrollments.csv": people["enrollments.csv"] + [("k", key, "student") for key in six],
        }
    )

    assert told(judged(Baseline("d", files(people)), after=back)) == []
    away = {"k": frozenset(others)}
    assert told(judged(Baseline("d", files(people), away=away), after=back)) == [
        ("classes", "taken-over")
    ]


def test_whom_pupils_from_kept_back_gains_nothing_when_let_in() -> None:
    """All of a year on the first day of term."""
    before, after = files(in_classes(100, 1)), files(in_classes(100, 60))
    waited = {"1": Meant(released={"1/07": 59})}

    assert told(judged(Baseline("d", before), after=after)) == [("places of pupils", "added")]
    assert (
        told(judged(Baseline("d", before, dict.fromkeys(("", "1"), waited["1"])), after=after))
        == []
    )


@pytest.mark.parametrize("file", ["people.json", "away.json"])
def test_a_file_beside_a_baseline_that_cannot_be_read_waits(file: str) -> None:
    """Nobody can say then who is whose, however little differs; every school waits."""
    same = people(40)
    decision = judged(Baseline("d", same, unreadable=(file,)), after=same)

    assert decision.hold
    assert decision.hold.excesses == (Excess(table=file, what="unknown", rows=1, allowed=0),)
    assert decision.hold.is_whole


# -- what is lost night by night -------------------------------------------------------------------


def drifted(*formers: Former, newest: dict[str, bytes], after: dict[str, bytes]) -> list[Excess]:
    """Return which limits are met where SDS holds *newest*, and had *formers* before."""
    made = diff.judge([Baseline("n", newest)], after, limits=LIMITS, formers=iter(formers))
    return list(made.excesses)


ALL = frozenset({"", "1", "2"})


def test_what_is_lost_in_a_week_waits_though_no_night_lost_it() -> None:
    """Five each night, of 150, are 50 in the end."""
    former = Former("w", ALL, people(150))

    assert drifted(former, newest=people(105), after=people(100)) == [
        Excess(table="pupils", what="drifted", rows=50, allowed=15)
    ]
    assert drifted(former, newest=people(140), after=people(135)) == []


def test_what_one_night_loses_is_told_as_that() -> None:
    """Once; what the week has lost beside is told too."""
    former = Former(
        "w", ALL, files(SCHOOL | of_role("student", range(150)) | rows("classes.csv", range(30)))
    )
    newest = files(SCHOOL | of_role("student", range(150)) | rows("classes.csv", range(20)))
    after = files(SCHOOL | of_role("student", range(100)) | rows("classes.csv", range(11)))

    assert drifted(former, newest=newest, after=after) == [
        Excess(table="pupils", what="removed", rows=50, allowed=15),
        Excess(table="classes", what="drifted", rows=19, allowed=10),
    ]


def test_what_has_come_within_a_week_is_no_drift() -> None:
    """Each night was judged; and a new year may bring a school as many again."""
    former = Former("w", ALL, people(100))

    assert drifted(former, newest=people(180), after=people(180)) == []


def test_a_drift_is_looked_for_at_the_schools_it_is_about() -> None:
    """Another has had a person's word since; which of several it is, is said."""
    former, newest, after = files(group(range(60))), files(group(range(45))), group(range(40))

    def met(orgs: frozenset[str]) -> list[Excess]:
        return drifted(Former("w", orgs, former), newest=newest, after=files(after))

    assert met(frozenset({"1"})) == []
    assert met(frozenset({"1", "2"})) == [
        Excess(table="pupils", what="drifted", rows=20, allowed=10, org="2")
    ]


@pytest.mark.parametrize(
    ("former", "what"),
    [
        (Former("w", ALL, None), ("deliveries", "drift-unknown")),
        (Former("w", ALL, people(40), unreadable=("people.json",)), ("people.json", "unknown")),
    ],
)
def test_a_delivery_of_a_week_ago_that_cannot_be_read_waits(
    former: Former, what: tuple[str, str]
) -> None:
    """Nobody can say then what was lost since."""
    met = drifted(former, newest=people(40), after=people(40))

    assert [(each.table, each.what) for each in met] == [what]


def test_that_extra_teachers_stay_hides_no_drift_of_places_of_teachers() -> None:
    """Of a former delivery too it is known who taught every class."""
    former = Former("w", ALL, taught("ann", "ben"), frozenset({"head"}))
    newest, after = taught("ann"), taught()

    assert [(e.table, e.rows) for e in drifted(former, newest=newest, after=after)] == [
        ("places of teachers", 40)
    ]
