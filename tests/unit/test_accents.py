"""Names in which an accent is one character here and two there, as a Mac writes them."""

from __future__ import annotations

import pytest

from sync.isams.batch.reader import read_document
from sync.isams.datasets import FORMS, TEACHING_FORMS, Wanted
from sync.isams.school import Subject
from sync.roster.identifiers import group_id
from tests.unit.schools import built, school, teaching_set

APART, TOGETHER = "8/Zoe\u0308", "8/Zo\u00eb"


def document(*, listed: str, typed: str, lessons: str = "") -> bytes:
    """Return a batch document with a form that is *listed* so, and that its pupil has *typed* so.

    *lessons* is the form as a teaching form has it.
    """
    return f"""<iSAMS><HRManager><CurrentStaff><StaffMember Id="41"><UserCode>C41</UserCode>
<SchoolEmailAddress>a.vale@northbank.example</SchoolEmailAddress></StaffMember></CurrentStaff>
</HRManager><PupilManager><CurrentPupils><Pupil Id="710"><SchoolId>0473368</SchoolId>
<Form>{typed}</Form><NCYear>8</NCYear><EmailAddress>s.fell@northbank.example</EmailAddress></Pupil>
</CurrentPupils></PupilManager><SchoolManager><Forms><Form Id="{listed}" TutorId="41" YearId="8">
<Form>{listed}</Form></Form></Forms></SchoolManager><TeachingManager><Departments><Department
Id="1"><Name>Science</Name><Subjects><Subject Id="21"><Code>Ph</Code><Name>Physics</Name></Subject>
</Subjects></Department></Departments><TeachingForms><TeachingForm Id="12"><TimetableCode>{TOGETHER}
</TimetableCode><FormCode>{lessons or listed}</FormCode><SubjectId>21</SubjectId></TeachingForm>
</TeachingForms><Sets><Set Id="301" SubjectId="21" YearId="8"><SetCode>{TOGETHER}</SetCode>
<Name>Ph</Name><Teachers><Teacher Id="3010" StaffId="41"/></Teachers></Set></Sets><SetLists>
<SetList Id="1" SetId="301" PupilId="710"/></SetLists></TeachingManager><TimetableManager>
<PublishedTimetables/></TimetableManager></iSAMS>""".encode()


@pytest.mark.parametrize(("listed", "typed"), [(APART, TOGETHER), (TOGETHER, APART)])
def test_a_form_has_the_pupils_whose_accent_was_typed_otherwise(listed: str, typed: str) -> None:
    """Both look the same on the screen, so nobody could say why the form had no class."""
    read = read_document([document(listed=listed, typed=typed)], Wanted(needed=frozenset({FORMS})))
    made = built(read, classes="forms")

    assert [each.title for each in made.roster.classes] == ["Form 8-Zo\u00eb"]
    assert made.roster.classes[0].id == group_id("9990001", 2026, "form", TOGETHER)
    assert made.roster.classes[0].student_ids == ("9990001-P0473368",)
    assert made.findings == ()


def test_lessons_name_their_form_however_its_accent_was_typed() -> None:
    """Else they would lose it."""
    read = read_document(
        [document(listed=TOGETHER, typed=TOGETHER, lessons=APART)],
        Wanted(needed=frozenset({FORMS}), besides=frozenset({TEACHING_FORMS})),
    )

    assert read.teaching_forms
    assert [each.form for each in read.teaching_forms.values()] == [TOGETHER]


def test_a_subject_is_chosen_however_its_accent_was_typed() -> None:
    """A setting that matches nothing would leave classes in that it meant to leave out."""
    read = school(sets=[teaching_set("301")], subjects=[Subject("21", "Ge\u0301o", "Geography")])

    assert built(read, excluded_subjects="g\u00e9o").roster.classes == ()
    assert len(built(read, included_subjects="g\u00e9o").roster.classes) == 1
