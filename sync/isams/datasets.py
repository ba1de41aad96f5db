"""The five datasets that a roster needs: what iSAMS calls them, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass

KEY_SCREEN = "API Services Manager > Manage Batch API Keys"


@dataclass(frozen=True, slots=True)
class Dataset:
    """One batch method and what it answers.

    `ui_name` is what an administrator ticks. `path` leads to the collection, in lower case; with
    `below`, the records stand that much deeper. `record` is the record's element, and the name of
    the dataset in `School.counts` and `School.repeated`.
    """

    method: str
    ui_name: str
    path: tuple[str, ...]
    record: str
    below: tuple[str, ...] = ()


STAFF = Dataset(
    "HumanResources_GetCurrentStaff",
    "Current Staff",
    ("isams", "hrmanager", "currentstaff"),
    "StaffMember",
)
PUPILS = Dataset(
    "Pupil_GetCurrentPupils",
    "Current Pupils",
    ("isams", "pupilmanager", "currentpupils"),
    "Pupil",
)
SUBJECTS = Dataset(
    "Teaching_GetDepartmentsAndSubjects",
    "Departments & Subjects",
    ("isams", "teachingmanager", "departments"),
    "Subject",
    below=("department", "subjects"),
)
SETS = Dataset(
    "Teaching_GetTeachingSets",
    "Teaching Sets",
    ("isams", "teachingmanager", "sets"),
    "Set",
)
SET_LISTS = Dataset(
    "Teaching_GetTeachingSetLists",
    "Teaching Set Lists",
    ("isams", "teachingmanager", "setlists"),
    "SetList",
)

ALL = (STAFF, PUPILS, SUBJECTS, SETS, SET_LISTS)
BY_METHOD = {dataset.method: dataset for dataset in ALL}
