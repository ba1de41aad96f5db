"""What a person says of which Team is whose: a word exchanges two ids, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import RosterInvalid, StoreMissing
from sync.ledger import retention, words
from sync.ledger.manifests import SetManifest
from sync.ledger.words import Kind, Word, sent_as
from sync.roster.build import build_roster
from sync.roster.identifiers import (
    CLASS_ID,
    class_id,
    generation_of,
    group_id,
    kind_of,
    legacy_class_id,
    lineage,
    next_generation,
    parts_of,
    renewed_class_id,
)
from sync.roster.respelt import doubted_beside, kept_ids
from sync.sds import rules, tables
from sync.settings import ProfileSettings
from tests.unit.listings import DAY, NOW, Seen
from tests.unit.schools import NORTHBANK, TODAY, YEAR, pupil, school, teaching_set

A, B, C = (class_id("9990001", YEAR, number) for number in ("301", "302", "303"))
IDS = [*(class_id("9990001", YEAR, str(number)) for number in range(8)), "7", "8"]


def word(first: str, second: str, kind: Kind = "swap") -> Word:
    return Word(kind=kind, classes=(first, second), academic_year=YEAR, at=NOW, by="test")


WORDS = st.lists(st.builds(word, st.sampled_from(IDS), st.sampled_from(IDS)), max_size=12)


@given(WORDS)
def test_no_two_classes_ever_get_one_id(said: Sequence[Word]) -> None:
    """However many words there are, and whatever they name."""
    assert sorted(sent_as(said, each) for each in IDS) == sorted(IDS)


@given(WORDS, st.sampled_from(IDS), st.sampled_from(IDS))
def test_a_word_is_undone_by_another(said: Sequence[Word], first: str, second: str) -> None:
    """By the same exchange again, whatever was said before."""
    again = [*said, word(first, second), word(second, first)]

    assert [sent_as(again, each) for each in IDS] == [sent_as(said, each) for each in IDS]


def test_words_count_in_the_order_in_which_they_were_said() -> None:
    """Each is about the ids as the one before left them."""
    said = [word(A, B), word(A, C)]

    assert [sent_as(said, each) for each in (A, B, C)] == [B, C, A]


@pytest.mark.parametrize(
    ("kind", "undone_by"), [("swap", "swap a b"), ("new", "move a b"), ("move", "move b a")]
)
def test_a_word_says_what_undoes_it(kind: Kind, undone_by: str) -> None:
    """As it is typed: a moved Team goes back, and a new one goes to what it was."""
    assert word("a", "b", kind).undo == undone_by


def test_an_exchange_of_ids_leaves_a_class_all_else() -> None:
    """Title, people and subject are those of the class: only the Team is another."""
    read = school([pupil("1"), pupil("2")], sets=[teaching_set("301"), teaching_set("302", ["2"])])
    made = {
        words_said: {
            each.id: each
            for each in build_roster(
                read, NORTHBANK, ProfileSettings(), YEAR, TODAY, words_said
            ).roster.classes
        }
        for words_said in ((), (word(A, B),))
    }
    before, after = made.values()

    assert after[A].title == before[B].title == "8A-Ph302"
    assert after[A].student_ids == before[B].student_ids
    assert after[B].student_ids == before[A].student_ids


def test_the_next_academic_year_is_untouched_by_what_was_said_in_this() -> None:
    """Its ids are others; a Team that is kept goes on by what was said of it."""
    read = school(sets=[teaching_set("301", year=11), teaching_set("302", year=10)])
    said = (word(A, B),)
    next_year = [
        each.id
        for keep in ([], [11])
        for each in build_roster(
            read,
            NORTHBANK,
            ProfileSettings.model_validate({"keep_teams": keep}),
            YEAR + 1,
            TODAY,
            said,
        ).roster.classes
    ]

    fresh = [class_id("9990001", YEAR + 1, number) for number in ("301", "302")]
    assert sorted(next_year) == sorted([*fresh, B, fresh[1]])


def test_a_clash_of_ids_is_an_error_and_never_one_class_of_two() -> None:
    """No word makes one; if ever anything did, nothing of the profile would be sealed."""
    read = school([pupil("1"), pupil("2")], sets=[teaching_set("301"), teaching_set("302", ["2"])])
    roster = build_roster(read, NORTHBANK, ProfileSettings(), YEAR, TODAY, [Clashing.of()]).roster

    with pytest.raises(RosterInvalid, match=r"classes\.csv row 2: sourcedId is used twice"):
        rules.files(tables.roster_rows(roster), set())


class Clashing(Word):
    """No word that anybody could say."""

    @classmethod
    def of(cls) -> Clashing:
        return cls(kind="swap", classes=(A, B), academic_year=YEAR, at=NOW, by="test")

    def sent_as(self, class_id: str) -> str:
        del class_id
        return A


# --- The next Team --------------------------------------------------------------------------

LONG_ORG = "9990001.abcdefghijkl"
OWN = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9.]{0,40}[A-Za-z0-9])?", fullmatch=True)
SPACES = ("form", "lesson", "tutor", "year", "house", "boarding", "division")
CLASSES = st.one_of(
    st.builds(class_id, st.sampled_from(("9990001", LONG_ORG)), st.just(YEAR), OWN),
    st.builds(legacy_class_id, OWN),
    st.builds(
        group_id,
        st.sampled_from(("9990001", LONG_ORG)),
        st.just(YEAR),
        st.sampled_from(SPACES),
        st.text(min_size=1, max_size=30),
    ),
)


@given(CLASSES)
def test_the_next_team_of_a_class_is_one_that_teams_takes(first: str) -> None:
    """An address can have its id, which says the same of the class, and no other has it."""
    teams = [first]
    for _ in range(12):
        teams.append(next_generation(teams[-1]))
    numbers = [generation_of(team).number for team in teams]

    assert all(CLASS_ID.fullmatch(team) for team in teams[1:])
    assert {lineage(team) for team in teams} == {lineage(first)}
    assert {kind_of(team) for team in teams} == {kind_of(first)}
    assert len(set(teams)) == len(teams)
    assert all(later == number + 1 for number, later in pairwise(numbers))
    assert [renewed_class_id(team) for team in teams[1:]] == teams[1:]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (A, "9990001-2026-301.g2"),
        ("301", "301.g2"),
        ("9990001-2026-form-8.2F.JDO", "9990001-2026-form-8.2F.JDO.g2"),
        ("9990001-2026-301.g2", "9990001-2026-301.g3"),
    ],
)
def test_the_next_team_is_called_after_the_first(first: str, second: str) -> None:
    """A person sees whose it is, and which."""
    made = parts_of(second)

    assert next_generation(first) == second
    assert made is None or made.own.startswith(("301", "8.2F.JDO"))


def test_a_form_whose_name_looks_so_is_no_later_team() -> None:
    """`8.g2` is spelt out in an id, so the two are told apart."""
    assert generation_of(group_id("9990001", YEAR, "form", "8.g2")).number == 1
    assert generation_of(group_id("9990001", YEAR, "form", "8/g2")).number == 1


@pytest.mark.parametrize("name", ["8JDO", "8/JDO", "Eight JDO of the long corridor, upstairs"])
def test_a_new_team_of_a_form_is_not_taken_for_the_old_one(name: str) -> None:
    """A person has said that it is another: it neither keeps that id, nor is it asked about."""
    form = group_id("9990001", YEAR, "form", name)
    team = next_generation(form)

    assert kept_ids({team: f"Form {name}"}, [form]) == {}
    assert kept_ids({form: f"Form {name}"}, [team]) == {}
    assert doubted_beside([team], [form]) == set()


def test_a_form_with_a_later_team_that_is_written_otherwise_is_asked_about() -> None:
    """Nobody said that of the new name: the Team would end unseen."""
    team = next_generation(group_id("9990001", YEAR, "form", "8JDO"))

    assert doubted_beside([group_id("9990001", YEAR, "form", "8Jdo")], [team]) == {team}


# --- As it is stored ------------------------------------------------------------------------


def listed(*numbers: int) -> list[Seen]:
    return [Seen(words.name_of("northbank", number), NOW - 400 * DAY) for number in numbers]


def test_words_are_read_in_the_order_of_their_numbers() -> None:
    """A stray blob is none of them."""
    stray = Seen("identity/northbank/notes.txt", NOW)

    assert words.names("northbank", [*listed(2, 1), stray]) == [
        "identity/northbank/000001.json",
        "identity/northbank/000002.json",
    ]


@pytest.mark.parametrize("numbers", [(2,), (1, 3), (2, 3)])
def test_a_word_that_is_gone_is_an_error(numbers: tuple[int, ...]) -> None:
    """What the others come to is not known without it, so nothing of the school is read."""
    with pytest.raises(StoreMissing, match="is gone from storage"):
        words.names("northbank", listed(*numbers))


def test_words_stay_as_long_as_settings_know_the_school() -> None:
    """With legacy ids they hold for ever. A year after a school left they go, the last first."""
    said = listed(1, 2)
    young = Seen(words.name_of("northbank", 3), NOW - timedelta(days=300))

    assert list(retention.of_words(said, NOW, known=True)) == []
    assert list(retention.of_words([*said, young], NOW, known=False)) == []
    assert [sweep.names for sweep in retention.of_words(said, NOW, known=False)] == [
        (said[1].name, said[0].name)
    ]


def test_a_set_of_before_any_word_is_written_as_ever() -> None:
    """Equal sets have equal bytes, whether this version made them or the one before."""
    made = SetManifest(
        profile="prep", school="northbank", pulled_at=NOW, academic_year=YEAR, digest="",
        files={}, counts={}, source={}, findings={},
    )  # fmt: skip

    assert b'"words"' not in made.to_json()
    assert made.model_copy(update={"words": 2}).words == 2
