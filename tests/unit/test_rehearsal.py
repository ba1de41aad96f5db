"""What another day would send, against today."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from sync.isams.school import Form, School
from sync.roster.identifiers import group_id
from sync.sds import rehearsal, rules, tables
from sync.sds.rehearsal import Named, Rehearsal
from sync.settings import ProfileSettings, SdsSettings, Settings, StorageSettings
from tests.unit.schools import NORTHBANK, built, pupil, school, teaching_set

NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
THEN = date(2027, 9, 1)


def rehearsed(
    read: School | None = None,
    on: date = THEN,
    place: dict[str, object] | None = None,
    before: School | None = None,
    **more: str,
) -> Rehearsal:
    """Rehearse a profile against what *before*, or the same school, gives now."""
    settings = Settings(
        schools={"northbank": NORTHBANK.model_copy(update=place or {})},
        profiles={"seniors": ProfileSettings.model_validate(more)},
        sds=SdsSettings(connector="invented"),
        storage=StorageSettings(folder="nowhere"),
    )
    reads = {"northbank": read or school()}
    today = {"northbank": before} if before else reads
    held = rehearsal.of_day(settings, "invented", today, NOW)
    moment = rehearsal.noon(settings, "northbank", on)
    return rehearsal.rehearse(settings, "invented", reads, moment, held)


def test_the_next_academic_year_ends_every_team_and_makes_new_ones() -> None:
    """Ids carry the year, and both years' Teams are called alike unless the title says the year."""
    made = rehearsed()

    assert made.parts["seniors"].academic_year == 2027
    assert made.goes_on == ()
    assert made.new == made.clashes == (Named("9990001-2027-301", "8A-Ph301", 1),)
    assert made.ended == (Named("9990001-2026-301", "8A-Ph301", 1),)


def test_a_title_with_the_year_tells_old_and_new_teams_apart() -> None:
    """What the handbook advises has the effect it says."""
    assert rehearsed(class_title="{set_code} {academic_year}").clashes == ()


def test_another_day_of_this_year_changes_nothing() -> None:
    """The last day of August belongs to the old year."""
    made = rehearsed(on=date(2027, 8, 31))

    assert (len(made.goes_on), made.new, made.ended, made.clashes) == (1, (), (), ())


def test_kept_teams_go_on() -> None:
    """A Year 10 set that has become Year 11 keeps its Team, if KEEP_TEAMS says so."""
    was = school([pupil("1", 10)], sets=[teaching_set("301", year=10)])
    rolled_over = school([pupil("1", 11)], sets=[teaching_set("301", year=11)])

    made = rehearsed(rolled_over, before=was, keep_teams="11,13")
    new_each_year = rehearsed(rolled_over, before=was)

    assert [named.id for named in made.goes_on] == ["9990001-2026-301"]
    assert (made.new, made.ended) == ((), ())
    assert [named.id for named in new_each_year.new] == ["9990001-2027-301"]


def test_a_delivery_is_read_for_its_classes() -> None:
    """What SDS accepted last is what Teams shows now."""
    files = rules.files(tables.roster_rows(built(school()).roster))

    assert rehearsal.of_files(files) == (Named("9990001-2026-301", "8A-Ph301", 1),)


def test_two_classes_of_one_title_clash() -> None:
    """In Teams nobody could tell them apart."""
    sets = [teaching_set("301", code="8A"), teaching_set("302", code="8a"), teaching_set("303")]

    made = rehearsed(school(sets=sets), on=date(2027, 7, 1))

    assert [named.id for named in made.clashes] == ["9990001-2026-301", "9990001-2026-302"]


def test_classes_without_teacher_or_pupils_are_told() -> None:
    """By iSAMS's name of the record, or by id where they are kept; and who waits."""
    sets = [teaching_set("301"), teaching_set("302", teachers=[])]

    made = rehearsed(school(sets=sets), pupils_from="2027-09-06")
    kept = rehearsed(school(sets=sets), keep_without_teacher="true")

    assert made.parts["seniors"].without_teacher == ("Set 302",)
    assert made.parts["seniors"].without_pupils == 1
    assert kept.parts["seniors"].without_teacher == ("9990001-2027-302",)


def test_a_tutor_group_is_told_by_id_alone() -> None:
    """Its title names its tutor."""
    read = school([replace(pupil("1"), tutor_id="41")])

    made = rehearsed(read, classes="tutors")

    assert made.new == (Named("9990001-2027-tutor-41", "", 1),)


def test_a_tutor_group_in_a_delivery_is_told_by_id_alone() -> None:
    """A file says no more of a class than its id and title, and the id is enough."""
    with_tutor = built(school([replace(pupil("1"), tutor_id="41")]), classes="sets,tutors")

    held = rehearsal.of_files(rules.files(tables.roster_rows(with_tutor.roster)))

    assert held == (Named("9990001-2026-301", "8A-Ph301", 1), Named("9990001-2026-tutor-41", "", 1))


def test_a_fixed_school_year_is_that_days_year_too() -> None:
    """The setting overrides the day, and the command says so."""
    made = rehearsed(place={"school_year": 2026})

    assert (made.parts["seniors"].academic_year, made.new) == (2026, ())


@pytest.mark.parametrize("names", [("8/JDO", "8/jdo"), ("8B (Art)", "8b (ART)")])
def test_a_form_that_is_only_written_otherwise_goes_on(names: tuple[str, str]) -> None:
    """As it will when it is sent: the Team that SDS holds is the same."""
    was, now = (
        replace(
            school([replace(pupil("1", 8), form=name)]), forms={name: Form(name, 8, ("41",), "")}
        )
        for name in names
    )

    made = rehearsed(now, on=date(2027, 7, 1), before=was, classes="forms")

    assert [named.id for named in made.goes_on] == [group_id("9990001", 2026, "form", names[0])]
    assert (made.new, made.ended) == ((), ())
