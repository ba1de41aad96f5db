"""Records that refer to each other in other capitals: what iSAMS's database joins, and no more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.isams.assembly import person_of
from sync.isams.batch.reader import read_document
from sync.isams.datasets import LESSONS, Wanted
from sync.isams.joins import ByCode, JoinedByCase
from sync.isams.school import School
from sync.texts import folded
from tests.unit.batch_samples import altered

KELVIN = "\u212a"  # whose small letter is a plain k

LEGACY_TEACHER = '<Teacher Legacy="True">CODE0057</Teacher>'
OTHER_CODE = "<UserCode>CODE0057</UserCode>"
TIMETABLE_TOP = "<TimetableManager>\n    <PublishedTimetables>"


def read(*changes: tuple[str, str]) -> School:
    """Return the sample's school, altered."""
    return read_document([altered(*changes)])


def with_lessons(*lessons: tuple[str, str]) -> School:
    """Return the sample's school with a published lesson of each code and teacher."""
    rows = "".join(
        f"<Schedule Id='{number}'><Code>{code}</Code><Teacher>{teacher}</Teacher>"
        "<PeriodId>1</PeriodId><Set>1</Set></Schedule>"
        for number, (code, teacher) in enumerate(lessons)
    )
    timetable = f"<Timetable><Schedules>{rows}</Schedules></Timetable>"
    body = altered((TIMETABLE_TOP, TIMETABLE_TOP + timetable))
    return read_document([body], Wanted(needed=frozenset({LESSONS})))


def test_a_set_finds_its_teacher_in_other_capitals() -> None:
    """The database joins `code0057` with CODE0057, and the finding says both."""
    school = read((LEGACY_TEACHER, LEGACY_TEACHER.replace("CODE", "code")))

    assert school.sets["302"].teacher_ids == ("57",)
    assert school.joined_by_case == (JoinedByCase("Set 302", "code0057", "CODE0057"),)


def test_what_is_written_as_it_is_listed_is_told_of_nobody() -> None:
    """Nor is a Legacy teacher of a set that names its teachers by id."""
    named = (
        '<Teacher Legacy="True">CODE0041</Teacher>',
        '<Teacher Legacy="True">code0041</Teacher>',
    )

    assert read(named).joined_by_case == ()


def test_where_two_codes_differ_in_capitals_alone_nobody_is_found_by_another() -> None:
    """Case says there who is meant, and who is meant may be gone. Also of two other people."""
    staff = (
        "<UserCode>CODE0041</UserCode>",
        """<UserCode>CODE0041</UserCode></StaffMember>
        <StaffMember Id='60'><UserCode>xy</UserCode></StaffMember>
        <StaffMember Id='61'><UserCode>XY</UserCode></StaffMember>
        <StaffMember Id='62' PersonId='3041'>""",
    )
    other = (LEGACY_TEACHER, LEGACY_TEACHER.replace("CODE", "code"))
    exact = (LEGACY_TEACHER, LEGACY_TEACHER.replace("CODE0057", "xy"))

    assert read(staff, other).sets["302"].teacher_ids == ("UserCode code0057",)
    assert read(staff, exact).sets["302"].teacher_ids == ("60",)


def test_a_leavers_code_in_other_capitals_keeps_all_apart() -> None:
    """Ada's leaving date has passed: whether the set is hers or Ben's only its case says."""
    school = read(
        (OTHER_CODE, "<UserCode>code0041</UserCode>"),
        (LEGACY_TEACHER, LEGACY_TEACHER.replace("CODE0057", "Code0041")),
    )

    assert school.sets["302"].teacher_ids == ("UserCode Code0041",)


def test_two_people_with_one_code_are_found_by_no_spelling_of_it() -> None:
    """A code that is two people's means nobody, however it is written."""
    school = read(
        (OTHER_CODE, "<UserCode>CODE0041</UserCode>"),
        (LEGACY_TEACHER, LEGACY_TEACHER.replace("CODE0057", "code0041")),
    )

    assert school.sets["302"].teacher_ids == ("UserCode code0041",)


def test_a_pupil_finds_their_tutor_in_other_capitals() -> None:
    """As a set its teacher."""
    tutored = ("<Form>8/ADV</Form>", "<Form>8/ADV</Form><Tutor>code0041</Tutor>")
    school = read_document([altered(tutored)], Wanted(tutors=True))

    assert school.pupils["0473368"].tutor_id == "41"
    assert school.joined_by_case == (JoinedByCase("Tutor of pupils", "code0041", "CODE0041"),)


def test_a_lesson_in_other_capitals_keeps_its_set_and_its_teacher() -> None:
    """Else the class would lose who takes it, without a word."""
    [lesson] = with_lessons(("8a/ph1", "code0057")).lessons or ()

    assert (lesson.set_id, lesson.teacher_id) == ("301", "57")
    assert with_lessons(("8a/ph1", "code0057"), ("8a/ph1", "CODE0041")).joined_by_case == (
        JoinedByCase("Lessons", "8a/ph1", "8A/Ph1"),
        JoinedByCase("Lessons", "code0057", "CODE0057"),
    )


def test_the_kelvin_sign_is_no_k() -> None:
    """Only A to Z counts: to `lower` and `casefold` U+212A is a k, and so another's code."""
    staff = (OTHER_CODE, "<UserCode>k57</UserCode>")
    school = read(staff, (LEGACY_TEACHER, LEGACY_TEACHER.replace("CODE0057", KELVIN + "57")))

    assert school.sets["302"].teacher_ids == (f"UserCode {KELVIN}57",)


def test_nobody_is_a_person_by_the_kelvin_sign() -> None:
    """Braces and capitals of a guid say nothing; another letter does."""
    assert person_of("{3F2B-AAAA}", "") == person_of("3f2b-aaaa", "")
    assert person_of(f"3f2{KELVIN}", "") != person_of("3f2k", "")


words = st.text("abAB\u212ak", min_size=1, max_size=3)


@given(pairs=st.lists(st.tuples(words, words)), code=words, of_people=st.booleans())
def test_what_is_found_is_exact_or_the_only_one_in_any_case(
    pairs: list[tuple[str, str]], code: str, *, of_people: bool
) -> None:
    """Whoever is found is the only record with its code; by case, the only one that is alike."""
    joined = set[JoinedByCase]()
    found = ByCode(joined, pairs, of_people=of_people).id_of(code, "Set 301")
    exact = {record_id for listed, record_id in pairs if listed == code}
    alike = {(listed, rid) for listed, rid in pairs if folded(listed) == folded(code)}
    codes = set(pairs)
    apart = of_people and len({folded(listed) for listed, _ in codes}) < len(codes)

    assert found == (
        next(iter(exact)) if len(exact) == 1
        else next(iter(alike))[1] if not exact and len(alike) == 1 and not apart
        else ""
    )  # fmt: skip
    assert {join.written for join in joined} == ({code} if found and not exact else set())


def test_nothing_is_found_under_no_code() -> None:
    """A record without a code is meant by none, and no blank means it."""
    by_code = ByCode(set(), [("", "1")])

    assert (by_code.id_of("", "Lessons"), by_code.id_of("x", "Lessons")) == ("", "")
