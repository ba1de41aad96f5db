"""The batch documents tell the invented school, oddities and all."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from simulators.isams import (
    METHODS,
    batch_xml,
)
from simulators.isams.documents import NODES
from simulators.school import invent
from tests.simulators.asking import (
    ROSTER,
    SCHOOL,
    batch_document,
)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_method_fills_its_own_node_and_no_other(method: str) -> None:
    """One method gives one module with one collection, which is not empty."""
    root = batch_document(SCHOOL, method)

    assert [module.tag for module in root] == [NODES[method].module]
    assert [node.tag for node in root[0]] == [NODES[method].name]
    assert len(root[0][0]) > 0


def test_all_methods_give_every_module_once() -> None:
    """The whole document has each module of the reference's skeleton, once."""
    assert [module.tag for module in batch_document(SCHOOL)] == [
        "HRManager",
        "PupilManager",
        "SchoolManager",
        "TeachingManager",
        "EstateManager",
        "TimetableManager",
    ]


def test_the_document_tells_the_whole_school() -> None:
    """Every record of the school is in the document, once."""
    root = batch_document(SCHOOL)
    counted = {
        "HRManager/CurrentStaff/StaffMember": len(SCHOOL.staff),
        "PupilManager/CurrentPupils/Pupil": len(SCHOOL.pupils),
        "TeachingManager/Departments/Department": len(SCHOOL.departments),
        "TeachingManager/Sets/Set": len(SCHOOL.sets),
        "TeachingManager/SetLists/SetList": len(SCHOOL.memberships),
        "TeachingManager/TeachingForms/TeachingForm": len(SCHOOL.teaching_forms),
        "SchoolManager/Forms/Form": len(SCHOOL.forms),
        "SchoolManager/Terms/Term": 9,
        "TimetableManager/Structure/Week/Days/Day/Periods/Period": 80,
        "TimetableManager/PublishedTimetables/Timetable/Schedules/Schedule": len(SCHOOL.lessons),
    }

    assert {path: len(root.findall(path)) for path in counted} == counted


def test_legacy_children_repeat_the_ids_and_can_be_left_out() -> None:
    """A set list row has its ids as attributes always, and as Legacy children unless told not."""
    row = SCHOOL.memberships[0]
    old, new = (
        batch_document(SCHOOL, "Teaching_GetTeachingSetLists", legacy=legacy)[0][0][0]
        for legacy in (True, False)
    )

    assert old.attrib == new.attrib
    assert (old.get("SetId"), old.get("PupilId")) == (str(row.set_id), str(row.pupil_id))
    assert old.findtext("SchoolId[@Legacy='True']") == row.school_id
    assert [child.tag for child in new] == ["LastUpdated"]


def test_a_document_is_yielded_in_chunks() -> None:
    """A document of any size can be sent without being held: no chunk is much over 64 KiB."""
    chunks = [len(chunk) for chunk in batch_xml(SCHOOL, METHODS)]

    assert len(chunks) > 5
    assert max(chunks) < 80 * 1024


def test_a_large_document_has_the_size_that_was_measured() -> None:
    """1,500 pupils make about 11 MB, so that benchmarks and limits mean something."""
    size_bytes = sum(len(chunk) for chunk in batch_xml(invent(1_500), METHODS))

    assert size_bytes == pytest.approx(11_400_000, rel=0.1)


def test_what_no_client_may_keep_is_in_the_document() -> None:
    """A leak can only be seen where there is something to leak."""
    document = b"".join(batch_xml(SCHOOL, ROSTER)).decode()
    pupil = SCHOOL.pupils[20]

    assert all(private in document for private in (*pupil.private_texts, str(pupil.born)))


def _pupil(root: ET.Element, quirk: str) -> ET.Element:
    return next(
        node
        for node in root.iterfind("PupilManager/CurrentPupils/Pupil")
        if node.findtext("SchoolId") == SCHOOL.quirks[quirk]
    )


@pytest.mark.parametrize(
    ("quirk", "tag", "expected"),
    [
        ("pupil_without_email", "EmailAddress", None),
        ("pupil_email_empty", "EmailAddress", ""),
        ("pupil_email_blank", "EmailAddress", " "),
        ("blank_surname", "Surname", " "),
        ("pupil_without_preferred_name", "Preferredname", None),
        ("pupil_without_form", "Form", None),
        ("pupil_form_unlisted", "Form", "8/Nobody"),
        ("pupil_without_house", "AcademicHouse", None),
        ("pupil_year_14", "NCYear", "14"),
        ("pupil_year_nursery", "NCYear", "-2"),
        ("formula_name", "Surname", '=HYPERLINK("https://trap.example","x")'),
    ],
)
def test_a_pupils_quirk_is_in_the_document(quirk: str, tag: str, expected: str | None) -> None:
    """Absent, empty, blank and odd texts reach the client as such."""
    node = _pupil(batch_document(SCHOOL, "Pupil_GetCurrentPupils"), quirk)

    assert node.findtext(tag) == expected


def test_odd_addresses_are_in_the_document() -> None:
    """Spaces, capitals, several addresses and shared ones are told as they were typed."""
    root = batch_document(SCHOOL, "Pupil_GetCurrentPupils", "HumanResources_GetCurrentStaff")
    email = {
        quirk: _pupil(root, quirk).findtext("EmailAddress") or ""
        for quirk in SCHOOL.quirks
        if "email" in quirk and quirk.startswith(("pupil", "two", "several"))
    }
    staff = {node.get("Id"): node for node in root.iterfind("HRManager/CurrentStaff/StaffMember")}
    shared = _pupil(root, "staff_and_pupil_one_email").findtext("EmailAddress")
    sharing = staff[SCHOOL.quirks["staff_and_pupil_one_email_staff"]]

    assert email["pupil_email_with_spaces"].startswith("  ")
    assert email["pupil_email_upper_case"].isupper()
    assert email["several_emails_in_one_field"].count("@") == 2
    assert "@" not in email["pupil_email_malformed"]
    assert email["two_pupils_one_email"] == email["two_pupils_one_email_first"]
    assert shared == sharing.findtext("SchoolEmailAddress")
    assert staff[SCHOOL.quirks["staff_without_email"]].find("SchoolEmailAddress") is None
    assert staff[SCHOOL.quirks["leaver_in_current_staff"]].findtext("LeavingDate") is not None


def test_odd_sets_are_in_the_document() -> None:
    """Sets come without teachers, with strangers, and with codes that break careless CSV."""
    root = batch_document(SCHOOL, *ROSTER)
    sets = {node.get("Id"): node for node in root.iterfind("TeachingManager/Sets/Set")}
    odd = {q: sets[v] for q, v in SCHOOL.quirks.items() if v in sets and "set" in q}
    odd |= {q: sets[SCHOOL.quirks[q]] for q in ("teacher_not_current",)}
    staff = {node.get("Id") for node in root.iter("StaffMember")}
    stranger = odd["teacher_not_current"].find("Teachers/Teacher")
    listed = {node.get("Id") for node in root.iter("Subject")}

    assert len(odd["set_without_teachers"].findall("Teachers")) == 1
    assert not odd["set_without_teachers"].findall("Teachers/Teacher")
    assert odd["set_without_teachers_element"].find("Teachers") is None
    assert stranger is not None
    assert stranger.get("StaffId") not in staff
    assert "&" in (odd["ampersand_in_set_code"].findtext("SetCode") or "")
    assert "," in (odd["comma_in_set_code"].findtext("SetCode") or "")
    assert '"' in (odd["quote_in_set_code"].findtext("SetCode") or "")
    assert (odd["formula_set_code"].findtext("SetCode") or "").startswith("=")
    assert odd["set_name_differs"].findtext("Name") != odd["set_name_differs"].findtext("SetCode")
    assert odd["set_subject_unlisted"].get("SubjectId") not in listed


def test_odd_set_list_rows_are_in_the_document() -> None:
    """A pupil who has left is named by the Legacy SchoolId alone."""
    rows = {
        r.get("Id"): r
        for r in batch_document(SCHOOL, "Teaching_GetTeachingSetLists").iter("SetList")
    }
    left = rows[SCHOOL.quirks["member_has_left"]]

    assert left.get("PupilId") is None
    assert left.findtext("SchoolId") == "0499999999"
    assert rows[SCHOOL.quirks["member_not_current"]].get("PupilId") is not None


def test_a_department_may_have_no_subjects_and_share_one() -> None:
    """One department has no Subjects element, and one subject stands under two departments."""
    departments = batch_document(SCHOOL, "Teaching_GetDepartmentsAndSubjects").findall(
        ".//Department"
    )
    ids = [node.get("Id") for d in departments for node in d.iterfind("Subjects/Subject")]
    bare = next(
        d for d in departments if d.get("Id") == SCHOOL.quirks["department_without_subjects"]
    )

    assert ids.count(SCHOOL.quirks["subject_in_two_departments"]) == 2
    assert bare.find("Subjects") is None


def test_replacing_a_record_is_all_that_a_special_case_needs() -> None:
    """Schools are values: a test that needs another oddity makes it with `replace`."""
    first, *others = SCHOOL.pupils
    odd = replace(SCHOOL, pupils=(replace(first, form='9/"X" & <Y>'), *others))

    assert batch_document(odd, "Pupil_GetCurrentPupils").findtext(".//Form") == '9/"X" & <Y>'
