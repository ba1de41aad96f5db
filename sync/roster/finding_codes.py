"""Every kind of finding, a row each: its stored word, what to mend, why it happens, who acts.

The word stands in findings.json, in manifests and in the log, so it never changes. The advice is
what happened to the record and what to mend, in the words of the iSAMS screens; it stands in
findings.json too. Why and who stand on the page: docs/troubleshooting.md is written from here.
"""

from __future__ import annotations

import re
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

    @property
    def told(self) -> str:
        """What it is called where people read, such as `Pupil without e-mail`."""
        words = ["e-mail" if word == "email" else word for word in self.value.split("-")]
        return " ".join(words).capitalize().replace("Id ", "ID ").replace(" id", " ID")

    @property
    def mends(self) -> str:
        """Who must act, without what `who` says beside: such as `the school`."""
        return re.split(r"[.,;:]", self.who, maxsplit=1)[0]

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
        "Left out. Correct the pupil's school e-mail address in Student Manager.",
        (
            "the field holds two addresses, a blank, or something that is no address to Microsoft:"
            " other letters than a-z, a hyphen in front, over 64 characters before the @ or 48"
            " after it."
        ),
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
        "Left out. Correct the school e-mail address in the HR Manager record.",
        (
            "the field holds two addresses, a blank, or something that is no address to Microsoft:"
            " other letters than a-z, a hyphen in front, over 64 characters before the @ or 48"
            " after it."
        ),
        "the school.",
    )
    EMAIL_USED_TWICE = (
        "email-used-twice",
        "Everyone with this address is left out. Give each person an address of their own.",
        (
            "two people with the same address would be one account, and each would see the"
            " other's classes. Often siblings, or a member of staff who was a pupil. Two records of"
            " one person count as two people where iSAMS gives them neither the same `PersonGuid`"
            " nor the same `PersonId`."
        ),
        "the school. `detail` holds the address and whom else it belongs to.",
    )
    EMAIL_OF_ANOTHER = (
        "email-of-another",
        "Left out: this person has left, and somebody who has not has the same address.",
        (
            "the leaving date in iSAMS has passed, and the address was given to somebody else. Who"
            " is still at the school keeps it."
        ),
        (
            "the school, if the leaving date is wrong: somebody who came back may still have an old"
            " one. Else take the address off the leaver's record."
        ),
    )
    PERSON_RECORDED_TWICE = (
        "person-recorded-twice",
        "One user, in the classes of both records. Close the record that is not in use.",
        (
            "iSAMS has two records of one person, with one address: somebody who left and came"
            " back. The user is called after the smaller number, so that a second record changes no"
            " id; everything else is taken from the record without a past leaving date, or from the"
            " newer of two."
        ),
        "the school, or nobody: nothing is missing.",
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
        "Left out. SDS cannot hold this id: letters, digits and dots only.",
        "iSAMS gives a set an id with other characters.",
        "the school; if iSAMS made the id by itself, report it to the developers.",
    )
    ID_SPELT_ALIKE = (
        "id-spelt-alike",
        "Both are left out: without the characters that SDS refuses, their ids are the same.",
        (
            "in an id with a hyphen, a stroke or an underscore these are spelt out, as in"
            " `2023.2D.001` for `2023-001`; and somebody else really has that id."
        ),
        "the school: change one of the two ids in iSAMS. If that cannot be, tell the developers.",
    )
    RECORD_REPEATED = (
        "record-repeated",
        "The first was kept. Remove the repeated record in iSAMS.",
        "iSAMS lists the same id twice.",
        "the school.",
    )
    JOINED_BY_CASE = (
        "joined-by-case",
        "Taken for what iSAMS lists in other capitals: see detail. Write both alike.",
        (
            "iSAMS's database takes `8/jdo` for `8/JDO`, so its records may refer to each other in"
            " other capitals. What is written exactly comes first, and only A to Z counts. Where"
            " two members of staff have codes that differ in capitals alone, nobody is found so."
        ),
        "the school, or nobody: nothing is missing.",
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
    MEMBER_KNOWN_BY_SCHOOL_ID = (
        "member-known-by-school-id",
        "Enrolled. The row's PupilId is nobody's; its SchoolId is this pupil's.",
        (
            "iSAMS keeps set lists by SchoolId and adds the PupilId. Where the PupilId is no"
            " current pupil's, a SchoolId that is exactly one pupil's decides."
        ),
        "the school: take the pupil off the set list and put them on again.",
    )
    YEAR_OF_NO_PROFILE = (
        "year-of-no-profile",
        "An NC year that no profile has: its pupils are sent only for sets of other years.",
        "no `YEAR_GROUPS` names this NC year: a year that is not meant to go, or one forgotten.",
        (
            "whoever runs this app; nobody, if these pupils are not to have Teams. Partner schools'"
            " pupils are often entered as years 16 and 17."
        ),
    )
    TEACHER_NOT_CURRENT = (
        "teacher-not-current",
        "Not enrolled. Give the set a current teacher.",
        "the set, form or house names somebody who is no current member of staff.",
        "the school.",
    )
    OWNERS_LEFT_OUT = (
        "owners-left-out",
        (
            "Some teachers are not enrolled: a Team takes 100 owners. Take teachers off the set, or"
            " name fewer in EXTRA_TEACHERS and SERVICE_ACCOUNTS."
        ),
        (
            "with more than 100 owners nobody can be added to a Team. A set's own teachers come"
            " first, then those of every class; of either, the smaller ids."
        ),
        (
            "the school, if the set really has so many; else whoever runs this app. `detail` says"
            " who was left out."
        ),
    )
    CLASS_TOO_LARGE_FOR_NOTEBOOK = (
        "class-too-large-for-notebook",
        "Sent all the same. Class Notebook works in Teams of up to 300 members.",
        (
            "a house, division or year group is often larger. It is one finding a class and year,"
            " and nothing to mend."
        ),
        "nobody; or the school, with smaller groups, if it wants a Class Notebook there.",
    )
    PERSON_IN_MANY_CLASSES = (
        "person-in-many-classes",
        (
            "Sent all the same. A person can be in 1,000 Teams, and archived ones count: name fewer"
            " in EXTRA_TEACHERS and SERVICE_ACCOUNTS, or delete old Teams."
        ),
        (
            "somebody is in more than 300 classes, mostly as a teacher of every class. Each year"
            " brings as many new Teams, so the end is near in the third year."
        ),
        "whoever runs this app. `detail` says in how many classes.",
    )
    TITLE_CHANGED = (
        "title-changed",
        (
            "The title lost its start, its end, or characters that show nothing: Teams takes 120"
            " characters, and no = + - @ in front."
        ),
        (
            "the class is sent, under a title that is a little different. What shows nothing, such"
            " as a zero-width blank, was pasted into a name or code in iSAMS."
        ),
        "the school; or whoever runs this app, with a shorter `CLASS_TITLE` or `SUFFIX`.",
    )
    SUFFIX_SET_APART = (
        "suffix-set-apart",
        "A blank was put before SUFFIX. Write it into the title that is named, before {suffix}.",
        (
            "the suffix directly follows a field, and both would run together, as in `8A12026-27`:"
            " Azure takes a blank off the ends of a setting. Told once for each title of a profile;"
            " `detail` names the setting, such as `CLASS_TITLE`."
        ),
        "nobody: the titles are right. With the blank in the title it is told no more.",
    )
    TITLE_USED_TWICE = (
        "title-used-twice",
        (
            "Sent, under a title that another group of the school has too. Give one of them another"
            " code or name in iSAMS, or set TITLE_CLASH=id."
        ),
        (
            "nobody can tell the two Teams apart in a list, and work is set in the wrong one. Often"
            " sets of two subjects or years with one code; then `{subject}` or `{year}` in"
            " `CLASS_TITLE` helps too. Capitals make no difference. `detail` holds the title and"
            " the others that have pupils, of the school's other profiles too."
        ),
        "the school; or whoever runs this app, with `TITLE_CLASH=id` or another title.",
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
        (
            "Sent without a name, of which SDS makes no account. Correct the person's forename and"
            " surname."
        ),
        (
            "with `NAMES=true` a name is empty or holds characters that SDS refuses. Who has an"
            " account already keeps it, and their classes."
        ),
        "the school.",
    )
    SINGLE_NAME = (
        "single-name",
        (
            "Sent without a name: SDS makes no account of somebody with one name, and who has no"
            " account is in no class. Make the account in Entra by hand."
        ),
        (
            "with `NAMES=true` SDS makes the accounts that are missing, and wants a forename and a"
            " surname. Some people have one name. Who has an account already keeps it, and their"
            " classes."
        ),
        (
            "whoever makes accounts in Entra, with the address that iSAMS has; or the school, if a"
            " name was forgotten."
        ),
    )
    EXTRA_TEACHER_UNKNOWN = (
        "extra-teacher-unknown",
        "Matches nobody. Take it out of EXTRA_TEACHERS, or correct it.",
        (
            "an address or a pattern in the setting fits no current member of staff. Perhaps they"
            " have left. An account that is nobody's in iSAMS belongs into `SERVICE_ACCOUNTS`."
        ),
        "whoever runs this app.",
    )
    EXTRA_TEACHER_LEFT_OUT = (
        "extra-teacher-left-out",
        "EXTRA_TEACHERS names this person, who cannot be sent: another finding says why.",
        (
            "an address that is missing or damaged, or a second record with the same one. If SDS"
            " holds the person as teacher of every class, the delivery is held."
        ),
        "the school. `detail` holds the id that the person has in SDS.",
    )
    EXTRA_TEACHER_HAS_LEFT = (
        "extra-teacher-has-left",
        "Teaches no class but their own: the leaving date has passed. Correct one or the other.",
        (
            "`EXTRA_TEACHERS` names current staff, and iSAMS may list who has left for a while. Who"
            " came back may still have an old leaving date. If SDS holds the person as teacher of"
            " every class, the delivery is held."
        ),
        (
            "the school, if the leaving date in HR Manager is wrong; else whoever runs this app"
            " takes the person out of `EXTRA_TEACHERS`. `detail` holds their id in SDS."
        ),
    )
    SERVICE_ACCOUNT_IS_PERSON = (
        "service-account-is-person",
        "Not used: somebody in iSAMS has this address. Name staff in EXTRA_TEACHERS.",
        "two users with one address would be one account: a service account is nobody in iSAMS.",
        "whoever runs this app.",
    )
    SUBJECT_UNKNOWN = (
        "subject-unknown",
        ("No subject has this id or code. Correct the setting; `isams-sync subjects` lists them."),
        "a misspelt or renamed subject. With `EXCLUDED_SUBJECTS` its sets are **not** left out.",
        "whoever runs this app.",
    )
    SUBJECT_WITHOUT_CLASSES = (
        "subject-without-classes",
        (
            "No class of the profile's years is of this subject. `isams-sync subjects` lists"
            " its sets and years."
        ),
        (
            "`INCLUDED_SUBJECTS` names a subject of other years, one without sets, or one that is"
            " taught to whole forms only: then `CLASSES` needs `form-lessons`."
        ),
        "whoever runs this app.",
    )
    YEAR_WITHOUT_PUPILS = (
        "year-without-pupils",
        "No pupil is of this year. Correct the setting: years are NC years, as in Student Manager.",
        "`YEAR_GROUPS` or `GRADES` names a year that the school has not.",
        "whoever runs this app; nobody, if the year is to come.",
    )
    KEPT_YEAR_WITHOUT_SETS = (
        "kept-year-without-sets",
        "No set of the profile is of this year, so no Team is kept. Correct KEEP_TEAMS.",
        "the year is not among `YEAR_GROUPS`, has no sets, or `CLASSES` has no `sets`.",
        "whoever runs this app.",
    )
    YEAR_TURNS = (
        "year-turns",
        (
            "On this day all classes get other Teams. Prepare it: docs/operations.md, Year-end;"
            " `isams-sync rehearse` shows what will come."
        ),
        (
            "the ids of classes carry the academic year, and the next one begins in 30 days or"
            " less: by `YEAR_STARTS`, or by iSAMS's School Terms."
        ),
        "whoever runs this app; nobody, once it is prepared.",
    )
    PROFILE_WITHOUT_CLASSES = (
        "profile-without-classes",
        (
            "Nothing of the profile becomes a class. Correct YEAR_GROUPS, its subjects or CLASSES;"
            " `isams-sync subjects` lists what iSAMS has."
        ),
        (
            "no set of these years and subjects, or each of them was left out: see the other"
            " findings. If SDS held classes of the profile before, the delivery is held."
        ),
        "whoever runs this app.",
    )
    PROFILE_WITHOUT_PUPILS = (
        "profile-without-pupils",
        "No pupil belongs to the profile. Correct YEAR_GROUPS: NC years, as in Student Manager.",
        (
            "no pupil is of these years or in a class of the profile, or none can be sent: see the"
            " other findings. If SDS held pupils of the profile before, the delivery is held."
        ),
        "whoever runs this app.",
    )


def nobody_in(missing: Literal["pupils", "teacher"], *, is_set: bool) -> FindingCode:
    """Return the code of a group that has no pupils, or no teacher.

    Sets and the other kinds of groups are mended in other places of iSAMS, so they have two words.
    """
    return FindingCode(f"{'set' if is_set else 'group'}-without-{missing}")


OF_SETTINGS = frozenset(
    {
        FindingCode.EXTRA_TEACHER_UNKNOWN,
        FindingCode.SERVICE_ACCOUNT_IS_PERSON,
        FindingCode.SUBJECT_UNKNOWN,
        FindingCode.SUBJECT_WITHOUT_CLASSES,
        FindingCode.YEAR_WITHOUT_PUPILS,
        FindingCode.KEPT_YEAR_WITHOUT_SETS,
        FindingCode.PROFILE_WITHOUT_CLASSES,
        FindingCode.PROFILE_WITHOUT_PUPILS,
    }
)
"""What is to be mended in the profile's settings, not in iSAMS."""

TO_KNOW = frozenset(
    {
        FindingCode.YEAR_OF_NO_PROFILE,
        FindingCode.CLASS_TOO_LARGE_FOR_NOTEBOOK,
        FindingCode.PERSON_IN_MANY_CLASSES,
        FindingCode.YEAR_TURNS,  # which is told of its school
    }
)
"""What may be meant as it is: nothing is left out, or nothing that was to be sent."""

WITHOUT_TEACHER = frozenset(nobody_in("teacher", is_set=is_set) for is_set in (True, False))

EXTRA_TEACHERS_GONE = (FindingCode.EXTRA_TEACHER_LEFT_OUT, FindingCode.EXTRA_TEACHER_HAS_LEFT)
"""Who of EXTRA_TEACHERS is none any more: `detail` holds the id that SDS may hold."""
