"""The school as a batch document: for each method of a key, the nodes that it fills."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from simulators.isams import people_nodes, school_nodes, teaching_nodes, timetable_nodes
from simulators.isams.batch_index import BatchIndex
from simulators.isams.xmltext import chunks
from simulators.school import InventedSchool


@dataclass(frozen=True, slots=True)
class Node:
    """One collection: where it stands, and the records in it.

    *opening* and *closing* stand between the collection's tags and its records.
    """

    module: str
    name: str
    records: Callable[[BatchIndex], Iterator[str]]
    opening: Callable[[BatchIndex], str] = lambda _: ""
    closing: Callable[[BatchIndex], str] = lambda _: ""


NODES = {
    "HumanResources_GetCurrentStaff": Node("HRManager", "CurrentStaff", people_nodes.staff),
    "Pupil_GetCurrentPupils": Node("PupilManager", "CurrentPupils", people_nodes.pupils),
    "School_GetAllYears": Node("SchoolManager", "Years", school_nodes.years),
    "School_GetSchoolForms": Node("SchoolManager", "Forms", school_nodes.forms),
    "School_GetAcademicHouses": Node(
        "SchoolManager", "AcademicHouses", school_nodes.academic_houses
    ),
    "School_GetBoardingHouses": Node(
        "SchoolManager", "BoardingHouses", school_nodes.boarding_houses
    ),
    "School_GetSchoolDivisions": Node("SchoolManager", "SchoolDivisions", school_nodes.divisions),
    "School_GetSchoolTerms": Node("SchoolManager", "Terms", school_nodes.terms),
    "Teaching_GetDepartmentsAndSubjects": Node(
        "TeachingManager", "Departments", teaching_nodes.departments
    ),
    "Teaching_GetTeachingSets": Node("TeachingManager", "Sets", teaching_nodes.sets),
    "Teaching_GetTeachingSetLists": Node("TeachingManager", "SetLists", teaching_nodes.set_lists),
    "Teaching_GetTeachingForms": Node(
        "TeachingManager", "TeachingForms", teaching_nodes.teaching_forms
    ),
    "Estate_GetAllBuildingsAndClassrooms": Node(
        "EstateManager", "Buildings", school_nodes.buildings
    ),
    "Timetable_GetTimetableStructure": Node("TimetableManager", "Structure", timetable_nodes.weeks),
    "Timetable_GetPublishedTimetables": Node(
        "TimetableManager",
        "PublishedTimetables",
        timetable_nodes.lessons,
        timetable_nodes.before_lessons,
        timetable_nodes.after_lessons,
    ),
}
METHODS = frozenset(NODES)
MODULES = tuple(dict.fromkeys(node.module for node in NODES.values()))


@dataclass(frozen=True, slots=True)
class Shape:
    """How a document differs from a whole and ordinary document.

    *empty*, *single* and *absent* are methods: their collection has no record, only its first, or
    does not stand there at all (and its module neither, once nothing is left in it).
    *drops_empty*: a collection that has no records leaves no node, instead of an empty node.
    *declared* is the encoding that the XML declaration names; "" is no declaration.
    *dtd* stands before the root, *inside* just within it.
    """

    root: str = "iSAMS"
    empty: Collection[str] = field(default=frozenset())
    single: Collection[str] = field(default=frozenset())
    absent: Collection[str] = field(default=frozenset())
    drops_empty: bool = False
    duplicate_set_id: bool = False
    declared: str = ""
    encoding: str = "utf-8"
    dtd: str = ""
    inside: str = ""


def batch_xml(
    school: InventedSchool,
    methods: Iterable[str],
    *,
    legacy: bool = True,
    shape: Shape | None = None,
) -> Iterator[bytes]:
    """Yield the document that *methods* fill, in chunks of about 64 KiB.

    Only modules of these methods stand in it. *legacy* False leaves out every `Legacy="True"`
    child. A method that is not in `NODES` fills nothing.
    """
    shape = shape or Shape()
    if shape.duplicate_set_id:
        school = _with_a_set_id_twice(school)
    return chunks(_texts(BatchIndex(school, legacy), frozenset(methods), shape), shape.encoding)


def _texts(index: BatchIndex, methods: frozenset[str], shape: Shape) -> Iterator[str]:
    if shape.declared:
        yield f'<?xml version="1.0" encoding="{shape.declared}"?>\n'
    yield shape.dtd
    yield f"<{shape.root}>{shape.inside}\n"
    for module in MODULES:
        nodes = {
            method: node
            for method, node in NODES.items()
            if node.module == module and method in methods and method not in shape.absent
        }
        if nodes:
            yield f"  <{module}>\n"
            for method, node in nodes.items():
                yield from _collection(index, method, node, shape)
            yield f"  </{module}>\n"
    yield f"</{shape.root}>\n"


def _collection(index: BatchIndex, method: str, node: Node, shape: Shape) -> Iterator[str]:
    at_most = 0 if method in shape.empty else 1 if method in shape.single else None
    records = islice(node.records(index), at_most)
    first = next(records, None)
    if first is None:
        yield "" if shape.drops_empty else f"    <{node.name}/>\n"
        return
    yield f"    <{node.name}>\n{node.opening(index)}{first}"
    yield from records
    yield f"{node.closing(index)}    </{node.name}>\n"


def _with_a_set_id_twice(school: InventedSchool) -> InventedSchool:
    first, second, *others = school.sets
    return replace(school, sets=(first, replace(second, id=first.id), *others))
