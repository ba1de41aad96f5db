"""Every kind of finding, a row each: its stored word, what to mend, why it happens, who acts.

The word stands in findings.json, in manifests and in the log, so it never changes. The advice is
what happened to the record and what to mend, in the words of the iSAMS screens; it stands in
findings.json too. Why and who stand on the page: docs/troubleshooting.md is written from here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self


class FindingCode(StrEnum):
    """A kind of finding. Its value is the word by which findings.json and status know it."""

    advice: str
    why: str
    who: str

    # A row without its three texts is a fault that a test finds: mypy knows of no enum that is
    # made of four values and looked up by the first of them.
    def __new__(cls, word: str, advice: str = "", why: str = "", who: str = "") -> Self:
        """Return the row of *word*."""
        code = str.__new__(cls, word)
        code._value_ = word
        code.advice, code.why, code.who = advice, why, who
        return code

    PUPIL_WITHOUT_EMAIL = (
        "pupil-without-email",
        "Left out. Fill in the pupil's school e-mail address in Student Manager.",
        (
            "SDS finds a person's account by the address, so without it there is nobody to put"
            " into a class."
        ),
        (
            "the school. In the first weeks of a year these are mostly new pupils whose accounts"
            " are not made yet."
        ),
    )
    PUPIL_BAD_EMAIL = (
        "pupil-bad-email",
        "Left out. Correct the pupil's school e-mail address in Student Manager: one address only.",
        "the field holds two addresses, a blank, or something that is no address.",
        "the school.",
    )
    PUPIL_WITHOUT_YEAR = (
        "pupil-without-year",
        "Left out of year groups. Fill in the pupil's NC year.",
        (
            "profiles choose pupils by NC year. A pupil without a year comes only through the"
            " sets that they are in."
        ),
        "the school.",
    )
    STAFF_WITHOUT_EMAIL = (
        "staff-without-email",
        "Left out. Fill in the school e-mail address in the HR Manager record.",
        "as for pupils. If they were a set's only teacher, the set is left out as well.",
        "the school.",
    )
    STAFF_BAD_EMAIL = (
        "staff-bad-email",
        "Left out. Correct the school e-mail address in the HR Manager record: one address only.",
        "the field holds two addresses, a blank, or something that is no address.",
        "the school.",
    )
    EMAIL_USED_TWICE = (
        "email-used-twice",
        "Everyone with this address is left out. Give each person an address of their own.",
        (
            "two people with the same address would be one account, and each would see the"
            " other's classes. Often siblings, or a member of staff who was a pupil."
        ),
        "the school. `detail` holds the address, so that both are found.",
    )
    ID_USED_TWICE = (
        "id-used-twice",
        (
            "Both are left out. With ID_STYLE=legacy a pupil and a member of staff can share an"
            " id; ID_STYLE=year keeps them apart."
        ),
        "the 2020 script did not keep pupils' and staff's ids apart.",
        (
            "whoever runs this app. Read [moving from the 2020"
            " script](operations.md#moving-from-the-2020-script) before you change `ID_STYLE`: it"
            " makes new Teams."
        ),
    )
    ID_UNUSABLE = (
        "id-unusable",
        "Left out. SDS cannot hold this id: letters, digits and dots only, 48 in a class's id.",
        "iSAMS gives an id with other characters, or one that is too long.",
        "the school; if iSAMS made the id by itself, report it to the developers.",
    )
    RECORD_REPEATED = (
        "record-repeated",
        "The first was kept. Remove the repeated record in iSAMS.",
        "iSAMS lists the same id twice.",
        "the school.",
    )
    SET_WITHOUT_YEAR = (
        "set-without-year",
        "Left out. Give the set its year group in Teaching Manager.",
        "profiles choose sets by year.",
        "the school.",
    )
    SET_WITHOUT_PUPILS = (
        "set-without-pupils",
        "Left out. Put pupils in the set, or delete it.",
        "nobody in it, or nobody who can be sent. Before a term begins that is normal.",
        "the school.",
    )
    SET_WITHOUT_TEACHER = (
        "set-without-teacher",
        (
            "Left out: a Team needs an owner. Give the set a teacher in Teaching Manager, or set"
            " KEEP_WITHOUT_TEACHER."
        ),
        "no teacher on the set, or none who is current and has an address.",
        (
            "the school. If the timetable knows the teachers better, whoever runs this app sets"
            " `TIMETABLE_TEACHERS`."
        ),
    )
    SET_UNKNOWN_SUBJECT = (
        "set-unknown-subject",
        "Left out: the profile selects by subject and this set's subject is in no department.",
        (
            "with `INCLUDED_SUBJECTS` or `EXCLUDED_SUBJECTS` the app must know each set's subject."
            " Put the subject into a department."
        ),
        "the school.",
    )
    FORM_WITHOUT_YEAR = (
        "form-without-year",
        "Left out. Give the form its year group in School Manager.",
        "profiles choose forms by year.",
        "the school.",
    )
    FORM_UNKNOWN = (
        "form-unknown",
        (
            "School Manager has no form of this name. Correct the pupil's form in Student Manager,"
            " or the teaching form in Teaching Manager."
        ),
        (
            "a pupil or a lesson names a form that does not exist: often last year's. That form"
            " gets no class."
        ),
        "the school.",
    )
    GROUP_WITHOUT_PUPILS = (
        "group-without-pupils",
        "Left out: none of the profile's pupils is in it.",
        (
            "a form, house, year group, division or tutor group without pupils of these years, or"
            " none who can be sent."
        ),
        "the school, or nobody if that is as it should be.",
    )
    GROUP_WITHOUT_TEACHER = (
        "group-without-teacher",
        (
            "Left out: a Team needs an owner. In School Manager give the form its tutor, the year"
            " its head, the house its house master; lessons their teacher in the published"
            " timetable. Or set EXTRA_TEACHERS or KEEP_WITHOUT_TEACHER."
        ),
        "nobody is named who is current and has an address.",
        "the school.",
    )
    TUTOR_NOT_CURRENT = (
        "tutor-not-current",
        "Left out. Give the pupils of this tutor a current one.",
        "the tutor has left, and pupils still carry their name.",
        "the school.",
    )
    MEMBER_HAS_LEFT = (
        "member-has-left",
        "Not enrolled. Take the pupil off the set list.",
        "the set list names somebody who is no current pupil.",
        "the school.",
    )
    TEACHER_NOT_CURRENT = (
        "teacher-not-current",
        "Not enrolled. Give the set a current teacher.",
        "the set, form or house names somebody who is no current member of staff.",
        "the school.",
    )
    TITLE_CHANGED = (
        "title-changed",
        "The title lost its start or end: Teams takes 120 characters, and no = + - @ in front.",
        "the class is sent, under a title that is a little different.",
        "the school; or whoever runs this app, with a shorter `CLASS_TITLE` or `SUFFIX`.",
    )
    TITLE_UNUSABLE = (
        "title-unusable",
        "Left out: nothing of the title is left once tidied. Give the set a code.",
        (
            "the field that `CLASS_TITLE` uses is empty, or holds nothing but characters that"
            " Teams refuses."
        ),
        "the school.",
    )
    NAME_UNUSABLE = (
        "name-unusable",
        "The name was not sent. Correct the person's forename and surname.",
        (
            "with `NAMES=true` a name is empty or holds characters that SDS refuses. The person is"
            " sent, without a name."
        ),
        "the school.",
    )
    EXTRA_TEACHER_UNKNOWN = (
        "extra-teacher-unknown",
        "Matches nobody. Correct EXTRA_TEACHERS, or write the full address of a service account.",
        "a pattern in the setting fits no current member of staff. Perhaps they have left.",
        "whoever runs this app.",
    )
    SUBJECT_UNKNOWN = (
        "subject-unknown",
        ("No subject has this id or code. Correct the setting; `isams-sync subjects` lists them."),
        "a misspelt or renamed subject. With `EXCLUDED_SUBJECTS` its sets are **not** left out.",
        "whoever runs this app.",
    )


def nobody_in(missing: Literal["pupils", "teacher"], *, is_set: bool) -> FindingCode:
    """Return the code of a group that has no pupils, or no teacher.

    Sets and the other kinds of groups are mended in other places of iSAMS, so they have two words.
    """
    return FindingCode(f"{'set' if is_set else 'group'}-without-{missing}")


WITHOUT_TEACHER = frozenset(nobody_in("teacher", is_set=is_set) for is_set in (True, False))
