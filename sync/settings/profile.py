"""`PROFILES__<key>__…`: the declaration of what a profile may say.

A setting that is added here is read, refused, documented and shown in the sample by what is
declared of it. `sync.settings.sharing` says which of them two profiles must write alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from sync.settings import text
from sync.settings.class_kinds import (
    CLASSES,
    GROUP_FIELDS,
    TITLE_FIELDS,
    Classes,
    GroupTitle,
    Title,
)
from sync.settings.types import (
    Addresses,
    Block,
    Day,
    Flag,
    Grades,
    SchoolKey,
    Suffix,
    Whole,
    Words,
    Years,
)

_TITLE = ", ".join(f"{{{name}}}" for name in GROUP_FIELDS) + ". The first or the second at least."


class ProfileSettings(Block):
    """`PROFILES__<key>__…`: which part of a school goes to SDS, and how its classes look."""

    RIVALS: ClassVar[Mapping[tuple[str, str], str]] = {
        ("included_subjects", "excluded_subjects"): "give one of them, not both"
    }
    OWN: ClassVar[Mapping[str, str]] = {
        "school": "each profile is of a school of its own",
        "connector": "SDS__CONNECTOR is taken by every profile that names none",
    }
    COMPANIONS: ClassVar[Mapping[str, str]] = {"keep_teams_from": "keep_teams"}

    school: SchoolKey | None = Field(
        default=None,
        description="The key of the school; needed only where there are several.",
        examples=["northbank"],
    )
    connector: str | None = Field(
        default=None,
        min_length=1,
        description="The SDS connector, by name or id, if it is not SDS__CONNECTOR.",
        examples=["iSAMS nightly"],
    )
    year_groups: Years = Field(
        default=frozenset(range(14)),
        description="NC years, from -2 to 17: pupils and classes of these years belong to the"
        f" profile. {text.EARLY_YEARS}.",
        examples=["7-13"],
    )
    included_subjects: Words = Field(
        default=(),
        description="Only classes of these subjects, by id or code. Classes of no subject, such as"
        " houses, stay.",
        examples=["21,Ma"],
    )
    excluded_subjects: Words = Field(
        default=(),
        description="No classes of these subjects, by id or code. Not together with"
        " INCLUDED_SUBJECTS.",
        examples=["21,Ga"],
    )
    class_title: Title = Field(
        default="{set_code}{suffix}",
        description="How a set's class is called: "
        + ", ".join(f"{{{name}}}" for name in TITLE_FIELDS)
        + ". At least one of the first four.",
        examples=["{set_code}{suffix}"],
    )
    suffix: Suffix = Field(
        default="",
        # docs/reference/functions.md#trimmed-settings
        description="Put where a title says {suffix}. Blanks at its ends go, as Azure takes them"
        " off. Where {suffix} directly follows a field, and letters or digits would run together, a"
        " blank is put in before a suffix of two or more characters.",
        examples=["-2026-27"],
    )
    title_clash: Literal["id"] | None = Field(
        default=None,
        description="`id`: a class whose title another group of the school has too gets iSAMS's id"
        " behind it, such as `8A-Ma (301)`. Left out, both are called alike, with a finding.",
        examples=["id"],
    )
    extra_teachers: Words = Field(
        default=(),
        description="Current staff who teach every class, by their addresses in iSAMS; * and ? are"
        " wildcards.",
        examples=["head@northbank.example,deputy*@northbank.example"],
    )
    service_accounts: Addresses = Field(
        default=(),
        description="Accounts that iSAMS does not know and that teach every class: full addresses.",
        examples=["teams@northbank.example"],
    )
    keep_without_teacher: Flag = Field(
        default=False,
        description="Keep classes that have no teacher. Their Team has no owner.",
        examples=["false"],
    )
    classes: Classes = Field(
        default=("sets",),
        description="What becomes classes: "
        + ", ".join(f"`{kind}`" for kind in CLASSES)
        + ". `form-lessons` are lessons to whole forms, as the youngest years have them.",
        examples=["sets,forms,houses"],
    )
    form_title: GroupTitle = Field(
        default="Form {name}{suffix}",
        description="How a form's class is called: " + _TITLE,
        examples=["Form {name}{suffix}"],
    )
    form_lesson_title: GroupTitle = Field(
        default="{name} {subject}{suffix}",
        description="How the class of lessons to a whole form is called: " + _TITLE,
        examples=["{name} {subject}{suffix}"],
    )
    tutor_title: GroupTitle = Field(
        default="Tutor group {name}{suffix}",
        description="How a tutor group's class is called: " + _TITLE,
        examples=["Tutor group {name}{suffix}"],
    )
    year_group_title: GroupTitle = Field(
        default="{name}{suffix}",
        description="How a year group's class is called: " + _TITLE,
        examples=["{name}{suffix}"],
    )
    house_title: GroupTitle = Field(
        default="{name} house {suffix}",
        description="How an academic house's class is called: " + _TITLE,
        examples=["{name} house {suffix}"],
    )
    boarding_house_title: GroupTitle = Field(
        default="{name} boarding house {suffix}",
        description="How a boarding house's class is called: " + _TITLE,
        examples=["{name} boarding house {suffix}"],
    )
    division_title: GroupTitle = Field(
        default="{name}{suffix}",
        description="How a division's class is called: " + _TITLE,
        examples=["{name}{suffix}"],
    )
    timetable_teachers: Flag = Field(
        default=False,
        description="Who takes a set's lessons in the published timetable teaches its class, on the"
        " set or not.",
        examples=["false"],
    )
    staff: Literal["of-classes", "teaching", "all"] = Field(
        default="of-classes",
        description="Which staff SDS hears of: those of the profile's classes, all teaching staff"
        " too, or all current staff.",
        examples=["of-classes"],
    )
    keep_teams: Years = Field(
        default=frozenset(),
        description="NC years whose sets keep the Teams of the year before, for courses of two"
        " years: the set must have kept its id in iSAMS.",
        examples=["11,13"],
    )
    keep_teams_from: Annotated[Whole, Field(ge=2000, le=2100)] | None = Field(
        default=None,
        description="The calendar year in which the first academic year begins that KEEP_TEAMS is"
        " about, so that it can be set beforehand. Left out, it counts at once.",
        examples=["2027"],
    )
    pupils_from: Day | None = Field(
        default=None,
        description="Until this day, within 60 days of the start of an academic year, no pupil is"
        " put into that year's classes, so that teachers can prepare their Teams.",
        examples=["2027-09-01"],
    )
    id_style: Literal["year", "legacy"] = Field(
        default="year",
        description="`year`: ids carry the school and, for classes, the academic year. `legacy`:"
        " ids as the 2020 script wrote them.",
        examples=["year"],
    )
    names: Flag = Field(
        default=False,
        description="Send forenames and surnames. Only where SDS creates the users.",
        examples=["false"],
    )
    grades: Grades = Field(
        default={},
        description="SDS grade codes for NC years, where the built-in ones do not suit.",
        examples=["-1=PK,14=14"],
    )
    sessions: Flag = Field(
        default=False,
        description="Send the school year and its terms, from iSAMS's School Terms, and put every"
        " class in the year. Once sent, the file is always sent, if need be empty.",
        examples=["false"],
    )
    courses: Flag = Field(
        default=False,
        description="Send a course for each subject, and say of every class of which it is. Once"
        " sent, the file is always sent, if need be empty.",
        examples=["false"],
    )

    @model_validator(mode="after")
    def _go_together(self) -> ProfileSettings:
        if faults := self.rivals():
            raise text.Contradiction(*faults)
        return self

    @field_validator("keep_teams")
    @classmethod
    def _courses_of_two_years(cls, years: frozenset[int]) -> frozenset[int]:
        # The second of two in a row would get the id of no class that there was the year before.
        if any(year + 1 in years for year in years):
            raise ValueError(
                "expected the second years of courses of two years, never two in a row"
            )
        return years

    @property
    def ids_carry_year(self) -> bool:
        """Whether the academic year is in the ids of any classes: then each year has its Teams."""
        return self.id_style != "legacy" or set(self.classes) != {"sets"}
