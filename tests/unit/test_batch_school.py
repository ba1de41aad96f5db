"""What the reader takes from a whole document, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from sync.errors import SourceMalformed
from sync.isams.batch.reader import count_records, read_document, subjects_in
from sync.isams.school import Employee, PersonKey, Pupil, School, Subject, TeachingSet
from tests.unit.batch_samples import altered, sample

WHOLE = School(
    pupils={
        "0473368": Pupil(
            "0473368",
            8,
            "z.odell@northbank.example",
            "Zoë",
            "O'Dell & Dean",
            form="8/ADV",
            person=PersonKey(id="1068"),
        ),
        "0473369": Pupil("0473369", -2, "", "Sam", "Fell"),
    },
    employees={
        "41": Employee(
            "41",
            "A.Vale@northbank.example",
            "Ada",
            "Vale",
            initials="ADV",
            person=PersonKey(id="3041"),
            leaves_on=date(2020, 8, 31),
        ),
        "57": Employee("57", "", "Ben", ""),
    },
    subjects={
        "21": Subject("21", "D&T", "Design & Technology, Art"),
        "22": Subject("22", "Ph", "Physics"),
    },
    sets={
        "301": TeachingSet(
            "301", "8A/Ph1", "8A Physics", 8, "22", ("41", "57"), ("0473368", "0473369")
        ),
        "302": TeachingSet(
            "302", "9B/DT", "9B/DT", 9, "21", ("57",), ("0473368",), ("0111111", "888")
        ),
        "303": TeachingSet("303", "8C", "8C", 8, "22", (), ()),
    },
    repeated={},
    counts={
        "StaffMember": 2,
        "Pupil": 2,
        "Subject": 3,
        "Set": 3,
        "SetList": 7,
        "SetListWithoutSet": 1,
    },
)


def test_a_whole_document_gives_the_whole_school() -> None:
    """Ids by attribute, Legacy where there is none, nested namesakes and other modules ignored."""
    assert read_document([sample()]) == WHOLE


@pytest.mark.parametrize("size_bytes", [1, 2, 3, 7, 64, 1000])
def test_the_chunks_of_the_network_do_not_matter(size_bytes: int) -> None:
    """Texts cut anywhere, in a character, a tag or CDATA, are put together again."""
    body = sample()
    chunks = [body[at : at + size_bytes] for at in range(0, len(body), size_bytes)]

    assert read_document(chunks) == WHOLE


@pytest.mark.parametrize(
    "read",
    [read_document, subjects_in, lambda chunks: count_records(chunks, "Teaching_GetTeachingSets")],
)
@pytest.mark.parametrize("tail", [b"x", b"<more/>", b"\0", b"]]>", sample()])
def test_nothing_may_follow_the_document(
    read: Callable[[list[bytes]], object], tail: bytes
) -> None:
    """Trailing data is a broken answer, for every reader; trailing white space is not."""
    read([sample(), b" \r\n<!-- end -->\n"])

    with pytest.raises(SourceMalformed):
        read([sample(), tail])


def test_one_byte_at_a_time_is_enough_for_every_reader() -> None:
    """The smaller readers stream as the large one does."""
    body = [bytes([byte]) for byte in sample()]

    assert subjects_in(body) == WHOLE.subjects
    assert count_records(body, "Teaching_GetTeachingSetLists") == 7


def test_subjects_need_no_other_dataset() -> None:
    """The list of subjects is read from an answer to that one method."""
    body = b'<iSAMS><TeachingManager><Departments><Department Id="1"><Subjects><Subject Id="9">'
    body += b"<Name>Latin</Name></Subject></Subjects></Department></Departments>"
    body += b"</TeachingManager></iSAMS>"

    assert subjects_in([body]) == {"9": Subject("9", "", "Latin")}


def test_the_first_of_two_records_with_one_id_is_kept_and_the_id_noted() -> None:
    """A set, pupil or member of staff listed twice is read once, and can be shown as repeated."""
    pupil = '<Pupil Id="712"><SchoolId>0473369</SchoolId><Forename>Sam</Forename></Pupil>'
    school = read_document(
        [
            altered(
                ('<Set Id="303"', '<Set Id="301"/><Set Id="301"/><Set Id="303"'),
                ("</CurrentPupils>", pupil + "</CurrentPupils>"),
                ("</CurrentStaff>", '<StaffMember Id="41"/></CurrentStaff>'),
                ('<SetList Id="70002" SetId="301" PupilId="710"/>', ""),
                ('SetId="301" PupilId="710"/>', 'SetId="303" PupilId="712"/>'),
            )
        ]
    )

    assert school.repeated == {"Set": ("301",), "Pupil": ("0473369",), "StaffMember": ("41",)}
    assert school.sets["301"].code == "8A/Ph1"
    assert school.pupils["0473369"].forename == "Sam"
    assert school.employees["41"].forename == "Ada"
    assert school.sets["303"].pupil_ids == ("0473369",)  # by either of his rows
    assert school.counts["Set"] == 5


def test_two_pupils_under_one_row_id_are_refused() -> None:
    """Set lists name pupils by that id, so nobody could say whose memberships they are."""
    with pytest.raises(SourceMalformed, match="two pupils have one Id"):
        read_document([altered(('<Pupil Id="711">', '<Pupil Id="710">'))])


def test_the_same_collection_in_two_places_is_joined() -> None:
    """Two methods may each emit the node, even in a module node of their own."""
    again = (
        '<PupilManager><CurrentPupils><Pupil Id="713"><SchoolId>0473370</SchoolId></Pupil>'
        "</CurrentPupils></PupilManager></iSAMS>"
    )
    school = read_document([altered(("</iSAMS>", again))])

    assert sorted(school.pupils) == ["0473368", "0473369", "0473370"]


def test_collections_may_come_in_any_order() -> None:
    """Set lists before sets, sets before staff: the school is the same."""
    text = sample().decode()
    start, end = text.index("<Sets>"), text.index("</Sets>") + len("</Sets>")
    sets = text[start:end]
    moved = text.replace(sets, "").replace("</SetLists>", f"</SetLists>{sets}")
    teaching = moved[moved.index("<TeachingManager>") : moved.index("<TimetableManager>")]
    moved = moved.replace(teaching, "").replace("<HRManager>", f"{teaching}<HRManager>")

    assert read_document([moved.encode()]) == WHOLE


@pytest.mark.parametrize("text", ["", "eight", "8a", "1_0", "٨", "18", "-3", "8.0", "9" * 5000])
def test_a_year_that_is_none_is_unknown_and_not_guessed(text: str) -> None:
    """Only whole numbers from -2 to 17 are NC years."""
    school = read_document([altered(("<NCYear>8<", f"<NCYear>{text}<"))])

    assert school.pupils["0473368"].year is None


@pytest.mark.parametrize(("text", "year"), [(" 0 ", 0), ("-1", -1), ("17", 17), ("08", 8)])
def test_years_from_nursery_to_special_cohorts_are_numbers(text: str, year: int) -> None:
    """NC years are integers as text, with spaces or without."""
    school = read_document([altered(("<NCYear>8<", f"<NCYear>{text}<"))])

    assert school.pupils["0473368"].year == year


def test_a_legacy_teacher_whom_nobody_knows_stays_visible() -> None:
    """An unknown UserCode is reported as a teacher who is not current, never as another's id."""
    changes = ('<Teacher Legacy="True">CODE0057<', '<Teacher Legacy="True">41<')

    assert read_document([altered(changes)]).sets["302"].teacher_ids == ("UserCode 41",)


def test_a_user_code_of_two_people_tells_nobody() -> None:
    """With two owners of a code, neither becomes the teacher."""
    school = read_document([altered(("<UserCode>CODE0041<", "<UserCode>CODE0057<"))])

    assert school.sets["302"].teacher_ids == ("UserCode CODE0057",)


@pytest.mark.parametrize("teachers", ["<Teachers/>", '<Teachers><Teacher Id="1"/></Teachers>'])
def test_teachers_without_an_id_leave_the_legacy_teacher(teachers: str) -> None:
    """An empty list, or a row whose StaffId is null, does not hide the primary teacher."""
    school = read_document([altered(("<Name>9B/DT</Name>", f"<Name>9B/DT</Name>{teachers}"))])

    assert school.sets["302"].teacher_ids == ("57",)


def test_attributes_are_known_in_any_case() -> None:
    """`SetID` and `PupilID` do for `SetId` and `PupilId`: iSAMS writes both elsewhere."""
    school = read_document([altered(('SetId="302" PupilId="888"', 'setID="303" PupilID="710"'))])

    assert school.sets["303"].pupil_ids == ("0473368",)


def test_a_blank_attribute_counts_as_missing() -> None:
    """The Legacy child is read where the attribute is there but blank."""
    school = read_document([altered(('SetId="301" PupilId="711"', 'SetId=" " PupilId=""'))])

    assert school.sets["301"].pupil_ids == ("0473368", "0473369")


@pytest.mark.parametrize(
    ("old", "new", "what", "record"),
    [
        ('<StaffMember Id="57">', "<StaffMember>", "Current Staff: a record has no Id", 2),
        ('<Pupil Id="711">', '<Pupil Id=" ">', "Current Pupils: a record has no Id", 2),
        ("<SchoolId>0473369</SchoolId>", "<SchoolId/>", "no SchoolId", 2),
        ('<Subject Id="22">', "<Subject>", "Departments & Subjects: a record has no Id", 2),
        ('<Set Id="303"', "<Set", "Teaching Sets: a record has no Id", 3),
        ('SetId="909" PupilId', "PupilId", "Teaching Set Lists: a record has no SetId", 7),
        ('Id="70007" SetId="909" PupilId="710"', 'SetId="909"', "no PupilId", 7),
    ],
)
def test_a_record_without_its_id_is_refused_by_its_number(
    old: str, new: str, what: str, record: int
) -> None:
    """Ids are never guessed: the error names the dataset and counts the records."""
    with pytest.raises(SourceMalformed, match=what) as caught:
        read_document([altered((old, new))])

    assert caught.value.facts["record"] == record


@pytest.mark.parametrize(
    "inner", ['<SetList Id="1"/>', '<SetList Id="1"/><SetList SetId="301" PupilId="711"/>']
)
def test_a_row_within_a_row_is_refused(inner: str) -> None:
    """Rows are passed over by their end tag: what could mislead that is never read as data."""
    row = '<SetList Id="70002" SetId="301" PupilId="710"/>'
    with pytest.raises(SourceMalformed, match="record within a record"):
        read_document([altered((row, row.replace("/>", f">{inner}</SetList>")))])


def test_unknown_elements_are_passed_over_everywhere() -> None:
    """At any level: what iSAMS adds one day changes nothing."""
    new = '<New><Pupil Id="1"><SchoolId>1</SchoolId></Pupil><New><SetList/></New></New>'
    school = read_document(
        [
            altered(
                ("<CurrentPupils>", f"<CurrentPupils>{new}"),
                ("<PupilManager>", f"<PupilManager>{new}"),
                ("<HRManager>", f"{new}<HRManager>"),
                ("<SetLists>", f"<SetLists>{new}"),
                ('<Author Legacy="True"/><LastUpdated/>', new.replace("SetList", "Sets")),
            )
        ]
    )

    assert school == WHOLE


def test_the_module_hr_staff_under_other_modules_is_not_current_staff() -> None:
    """A collection counts only in its own module."""
    other = '<SchoolManager><CurrentStaff><StaffMember Id="1"/></CurrentStaff></SchoolManager>'

    assert read_document([altered(("<HRManager>", f"{other}<HRManager>"))]) == WHOLE


def test_a_row_that_names_no_pupil_stays_visible() -> None:
    """By its own id, which cannot be taken for a pupil's: left pupils' rows can look like this."""
    school = read_document([altered((' PupilId="888"', ""))])

    assert school.sets["302"].unknown_members == ("0111111", "SetList 70006")


def test_set_lists_in_which_nobody_is_known_are_refused() -> None:
    """One row of a pupil who has left is a finding; a school of them is another answer's list."""
    text = sample().decode().replace('PupilId="71', 'PupilId="99')
    for school_id in ("0473368", "0473369"):
        text = text.replace(f'"True">{school_id}<', '"True">5<')
    with pytest.raises(SourceMalformed, match="names both a set and a current pupil") as caught:
        read_document([text.encode()])

    assert caught.value.facts == {"rows": 7}


SAM = "<SchoolId>0473369</SchoolId>"
GUID = "0f0e0d0c-0000-4000-8000-00000000abcd"
ROW = '<SetList Id="8" SetId="303" PupilId="{}"><SchoolId Legacy="True">{}</SchoolId></SetList>'


def with_rows(*rows: tuple[str, str]) -> School:
    """Read the whole document with a list of set 303, by PupilId and SchoolId."""
    listed = "".join(ROW.format(*row) for row in rows)
    return read_document([altered(("</SetLists>", listed + "</SetLists>"))])


def test_a_row_whose_pupil_id_is_nobodys_goes_by_its_school_id() -> None:
    """ISAMS keeps set lists by SchoolId, and joins the other; both ids are told."""
    taught = with_rows(("99999", " 0473369 "), ("710", "0473369")).sets["303"]

    assert taught.pupil_ids == ("0473368", "0473369")  # a PupilId that is known decides
    assert taught.known_otherwise == (("0473369", "99999"),)
    assert taught.unknown_members == ()


@pytest.mark.parametrize(
    "rows",
    [
        [("99999", "473369")],  # not exactly
        [("99999", "")],
        [("99999", "0473369"), ("99999", "0473368")],  # two rows say two things of one id
        [("99999", "0473369"), ("99999", "")],
    ],
)
def test_a_row_whose_school_id_is_not_exactly_one_pupils_is_a_strangers(
    rows: list[tuple[str, str]],
) -> None:
    """Whom it means is not known, so nobody is put into the class."""
    taught = with_rows(*rows).sets["303"]

    assert (taught.pupil_ids, taught.known_otherwise) == ((), ())
    assert taught.unknown_members == ("99999",)


def test_a_school_id_that_two_records_have_decides_nothing() -> None:
    """Of two pupils with one SchoolId the first is kept; whom a row means, nobody could say."""
    second = '<Pupil Id="713"><SchoolId>0473369</SchoolId></Pupil>'
    body = altered(
        ("</CurrentPupils>", second + "</CurrentPupils>"),
        ("</SetLists>", ROW.format("99999", "0473369") + "</SetLists>"),
    )

    assert read_document([body]).sets["303"].unknown_members == ("99999",)


@pytest.mark.parametrize(
    ("attributes", "person"),
    [
        ('PersonId="3041" PersonGuid="{0F0E0D0C-0000-4000-8000-00000000ABCD}"', (GUID, "3041")),
        (f'PersonId="3041" PersonGuid="{GUID}"', (GUID, "3041")),
        ('PersonId="3041" PersonGuid="00000000-0000-0000-0000-000000000000"', ("", "3041")),
        ('PersonId="3041" PersonGuid=" "', ("", "3041")),
        ('PersonId="0"', ("", "")),
        ("", ("", "")),
    ],
)
def test_a_person_is_known_by_guid_and_id(attributes: str, person: tuple[str, str]) -> None:
    """Neither blank nor nought is anybody: else two strangers would be one person."""
    record = '<StaffMember Id="57"'
    read = read_document([altered((f"{record}>", f"{record} {attributes}>"))])

    assert read.employees["57"].person == person


@pytest.mark.parametrize(
    ("end", "again"),
    [
        ("</CurrentPupils>", f"<Pupil Id='712'>{SAM}<Surname>Moss</Surname></Pupil>"),
        ("</CurrentStaff>", "<StaffMember Id='41' PersonId='3042'/>"),
        ("</CurrentStaff>", "<StaffMember Id='41'><Forename>Ben</Forename></StaffMember>"),
    ],
)
def test_two_people_with_one_id_are_refused(end: str, again: str) -> None:
    """The first would be put into the classes of the second, who would be gone."""
    with pytest.raises(SourceMalformed, match="two people have one id"):
        read_document([altered((end, again + end))])


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-08-31T00:00:00", date(2026, 8, 31)),
        ("2026-08-31", date(2026, 8, 31)),
        ("31/08/2026", None),
        ("20260831", None),
        ("2026-W36-1", None),
        ("0001-01-01T00:00:00", None),  # .NET's word for no date
        ("1900-01-01T00:00:00", None),  # a database's
        ("", None),
    ],
)
def test_a_leaving_date_that_is_none_is_no_leaving_date(written: str, day: date | None) -> None:
    """Who seems to have left loses an address to somebody who has not: nothing is guessed."""
    read = read_document([altered(("2020-08-31T00:00:00", written))])

    assert read.employees["41"].leaves_on == day


def test_the_first_of_two_fields_of_one_name_is_read() -> None:
    """A deprecated copy further down does not replace a pupil's own year."""
    school = read_document(
        [altered(("<NCYear>8</NCYear>", "<NCYear>8</NCYear><NCYear>9</NCYear>"))]
    )

    assert school.pupils["0473368"].year == 8


def test_an_element_within_a_text_does_not_end_it() -> None:
    """Even where it bears the name of another field."""
    school = read_document([altered(("<Forename>Sam<", "<Forename>Sa<Surname/>m<"))])

    assert (school.pupils["0473369"].forename, school.pupils["0473369"].surname) == ("Sam", "Fell")


@pytest.mark.parametrize("wrap", ["<Other>{}</Other>", "<Teachers><Other>{}</Other></Teachers>"])
def test_only_teachers_of_the_set_teach_it(wrap: str) -> None:
    """A `Teacher` elsewhere in the record is not one of its Teachers."""
    other = wrap.format('<Teacher StaffId="41"/>')
    school = read_document([altered(("<SetCode>8C<", f"{other}<SetCode>8C<"))])

    assert school.sets["303"].teacher_ids == ()


def test_an_unknown_element_with_a_records_texts_swallows_no_record() -> None:
    """Something that looks like a pupil and is none is passed over to its own end, no further."""
    stranger = (
        "<Visitor><SchoolId>1</SchoolId><NCYear>8</NCYear><EmailAddress>v@x.example</EmailAddress>"
        "<Forename>V</Forename><Surname>V</Surname></Visitor>"
    )
    school = read_document([altered(("<CurrentPupils>", f"<CurrentPupils>{stranger}"))])

    assert school == WHOLE
