"""Every rule that a record is asked, a row each: its stored word, the question, what it does.

The word stands in why.json, so it never changes. The question and what it says are the school's
words. What to do is the advice of the finding that the rule gave, where it gave one; else it stands
here. The rows stand in the order in which a record's rules are told.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from sync.roster.finding_codes import FindingCode

type Effect = Literal["keeps", "lacks", "bars", "tells"]
"""What a rule does to a record.

`keeps` is a reason to send it, `lacks` that there is none by this rule: another may keep it.
`bars` leaves it out whatever else there is. `tells` decides nothing.
"""


class RuleCode(StrEnum):
    """A rule and what it said. Its value is the word by which why.json knows it.

    `findings` are those that say the same, of one kind of record or another; `rank` is its place
    among all.
    """

    question: str
    effect: Effect
    todo: str
    findings: tuple[FindingCode, ...]
    rank: int

    # A row without its texts is a fault that a test finds, as in `FindingCode`.
    def __new__(
        cls,
        word: str,
        question: str = "",
        effect: Effect = "tells",
        todo: str = "",
        findings: tuple[FindingCode, ...] = (),
    ) -> Self:
        """Return the row of *word*."""
        code = str.__new__(cls, word)
        code._value_, code.rank = word, len(cls.__members__)
        code.question, code.effect, code.todo, code.findings = question, effect, todo, findings
        return code

    @property
    def keeps(self) -> bool:
        """Whether the record is none the worse for what the rule said."""
        return self.effect in {"keeps", "tells"}

    @classmethod
    def of(cls, finding: FindingCode) -> RuleCode:
        """Return the rule that says the same as *finding*; raises `KeyError` if there is none."""
        return _BY_FINDING[finding]

    # -- of people -----------------------------------------------------------------------------

    NOT_LISTED = (
        "not-listed",
        "Does iSAMS list it among what is current?",
        "bars",
        (
            "If it should be there, look in iSAMS: a leaving date, another status, or a filter on"
            " the Batch API key takes a record out. Then have the school read again: `isams-sync"
            " run`."
        ),
    )
    SAME_PERSON = (
        "same-person",
        "Is there another record of the same person?",
        "tells",
        "",
        (FindingCode.PERSON_RECORDED_TWICE,),
    )
    NO_ADDRESS = (
        "no-address",
        "Is there a school e-mail address?",
        "bars",
        "",
        (FindingCode.PUPIL_WITHOUT_EMAIL, FindingCode.STAFF_WITHOUT_EMAIL),
    )
    BAD_ADDRESS = (
        "bad-address",
        "Is what stands there one address, as Microsoft takes it?",
        "bars",
        "",
        (FindingCode.PUPIL_BAD_EMAIL, FindingCode.STAFF_BAD_EMAIL),
    )
    ADDRESS_TWICE = (
        "address-twice",
        "Is the address nobody else's?",
        "bars",
        "",
        (FindingCode.EMAIL_USED_TWICE,),
    )
    ADDRESS_OF_ANOTHER = (
        "address-of-another",
        "Has the person left, and does somebody who has not have the address?",
        "bars",
        "",
        (FindingCode.EMAIL_OF_ANOTHER,),
    )
    ID_TWICE = (
        "id-twice",
        "Is the id nobody else's?",
        "bars",
        "",
        (FindingCode.ID_USED_TWICE, FindingCode.ID_SPELT_ALIKE),
    )
    OWN_ADDRESS = ("own-address", "Is there an address that is nobody else's?", "tells")
    SERVICE_ACCOUNT = ("service-account", "Is it one of SERVICE_ACCOUNTS?", "keeps")
    SERVICE_ACCOUNT_IS_PERSON = (
        "service-account-is-person",
        "Is it an account that is nobody's in iSAMS?",
        "bars",
        "",
        (FindingCode.SERVICE_ACCOUNT_IS_PERSON,),
    )

    # -- of people and groups --------------------------------------------------------------------

    KIND_COVERED = ("kind-covered", "Does CLASSES name this kind?", "keeps")
    KIND_NOT_COVERED = (
        "kind-not-covered",
        "Does CLASSES name this kind?",
        "lacks",
        "If it should have a class, name its kind in CLASSES of the profile: see docs/classes.md.",
    )
    COVERED_YEAR = ("covered-year", "Is the year one of YEAR_GROUPS?", "keeps")
    YEAR_NOT_COVERED = (
        "year-not-covered",
        "Is the year one of YEAR_GROUPS?",
        "lacks",
        (
            "If the NC year is wrong, correct it in iSAMS: of a pupil in Student Manager, of a set"
            " in Teaching Manager, of a form in School Manager. If it is right and should be sent,"
            " name it in YEAR_GROUPS of a profile."
        ),
    )
    NO_YEAR = (
        "no-year",
        "Is there an NC year?",
        "lacks",
        "",
        (
            FindingCode.PUPIL_WITHOUT_YEAR,
            FindingCode.SET_WITHOUT_YEAR,
            FindingCode.FORM_WITHOUT_YEAR,
        ),
    )
    STAFF_COVERED = ("staff-covered", "Does STAFF ask for this person?", "keeps")
    STAFF_NOT_COVERED = (
        "staff-not-covered",
        "Does STAFF ask for this person?",
        "lacks",
        (
            "Give the person a set, form or house in iSAMS that the profile covers; or set STAFF to"
            " teaching or all."
        ),
    )
    EXTRA_TEACHER = ("extra-teacher", "Does EXTRA_TEACHERS name this person?", "keeps")
    EXTRA_TEACHER_HAS_LEFT = (
        "extra-teacher-has-left",
        "Does EXTRA_TEACHERS name somebody who has left?",
        "tells",
        "",
        (FindingCode.EXTRA_TEACHER_HAS_LEFT,),
    )
    WITHHELD = ("withheld-until", "Does PUPILS_FROM keep pupils out of the classes yet?", "keeps")
    IN_COVERED_SET = ("in-covered-set", "Is the person in a class of the profile?", "keeps")
    IN_NO_COVERED_SET = (
        "in-no-covered-set",
        "Is the person in a class of the profile?",
        "lacks",
        "Put the person into a set that the profile covers, in Teaching Manager.",
    )

    # -- of groups -------------------------------------------------------------------------------

    SUBJECT_COVERED = ("subject-covered", "Is the subject one that the profile takes?", "tells")
    SUBJECT_EXCLUDED = (
        "subject-excluded",
        "Is the subject one that the profile takes?",
        "bars",
        "If it should have a class, take its subject out of EXCLUDED_SUBJECTS.",
    )
    SUBJECT_NOT_INCLUDED = (
        "subject-not-included",
        "Is the subject one that the profile takes?",
        "bars",
        (
            "If it should have a class, name its subject in INCLUDED_SUBJECTS: `isams-sync"
            " subjects` lists ids and codes."
        ),
    )
    SUBJECT_UNKNOWN = (
        "subject-unknown",
        "Is the subject in a department, so that it is known?",
        "bars",
        "",
        (FindingCode.SET_UNKNOWN_SUBJECT,),
    )
    FORM_UNKNOWN = (
        "form-unknown",
        "Does School Manager have the form?",
        "bars",
        "",
        (FindingCode.FORM_UNKNOWN,),
    )
    TUTOR_NOT_CURRENT = (
        "tutor-not-current",
        "Is the tutor a current member of staff?",
        "bars",
        "",
        (FindingCode.TUTOR_NOT_CURRENT,),
    )
    ID_UNUSABLE = (
        "id-unusable",
        "Can SDS hold its id?",
        "bars",
        "",
        (FindingCode.ID_UNUSABLE,),
    )
    TITLE_UNUSABLE = (
        "title-unusable",
        "Is anything left of its title?",
        "bars",
        "",
        (FindingCode.TITLE_UNUSABLE,),
    )
    NO_PUPILS = (
        "no-pupils",
        "Is there a pupil in it who can be sent?",
        "bars",
        "",
        (FindingCode.SET_WITHOUT_PUPILS, FindingCode.GROUP_WITHOUT_PUPILS),
    )
    NO_TEACHER = (
        "no-teacher",
        "Has it a teacher who can be sent?",
        "bars",
        "",
        (FindingCode.SET_WITHOUT_TEACHER, FindingCode.GROUP_WITHOUT_TEACHER),
    )
    KEPT_WITHOUT_TEACHER = (
        "kept-without-teacher",
        "Does KEEP_WITHOUT_TEACHER keep it without a teacher?",
        "tells",
    )
    TIMETABLE_TEACHER = (
        "timetable-teacher",
        "Has the timetable teachers of it whom the set has not?",
        "tells",
    )
    TEACHER_NOT_CURRENT = (
        "teacher-not-current",
        "Does it name a teacher who is no current member of staff?",
        "tells",
        "",
        (FindingCode.TEACHER_NOT_CURRENT,),
    )
    MEMBER_HAS_LEFT = (
        "member-has-left",
        "Does its list name somebody who is no current pupil?",
        "tells",
        "",
        (FindingCode.MEMBER_HAS_LEFT,),
    )
    OWNERS_LEFT_OUT = (
        "owners-left-out",
        "Has it more teachers than a Team takes owners?",
        "tells",
        "",
        (FindingCode.OWNERS_LEFT_OUT,),
    )
    TEAM_KEPT = ("team-kept", "Does KEEP_TEAMS keep last year's Team?", "tells")
    SWAPPED = ("swapped", "Did a person say whose Team it has?", "tells")

    # -- after the set ---------------------------------------------------------------------------

    WAITS = ("waits", "Does it wait for a person, before it goes to SDS?", "tells")
    CARRIED = ("carried", "Did the newest delivery have what was read last?", "tells")


_BY_FINDING = {finding: code for code in RuleCode for finding in code.findings}
