"""Other people's readers over the same document: what a pull would cost if it were built on them.

Each walks all records of the five datasets that every roster needs and takes the texts that
`sync.isams.batch` takes of them, no more. None checks anything or puts a school together, which
our own reading does. Each is written as its own pages advise for large documents: streaming, and
forgetting each record once it was taken. The packages are of requirements-dev.txt alone.
`python -m tests.bench.peers` lists them by name.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pandas as pd
import xmltodict
from lxml import etree

from tests.bench.script_2020 import script_of_2020

type Rows = dict[str, list[tuple[str, ...]]]
type Element = Any  # of the standard library or of lxml, which share the names used here


class Wanted(NamedTuple):
    """What is taken of a record: attributes, and the texts of its children."""

    attributes: tuple[str, ...]
    texts: tuple[str, ...]


# As in sync/isams/batch/reader.py.
_PERSON = ("PersonGuid", "PersonId")
WANTED: Mapping[str, Wanted] = {
    "StaffMember": Wanted(
        ("Id", *_PERSON),
        (
            *("UserCode", "Title", "Initials", "TeachingStaff", "SchoolEmailAddress"),
            *("LeavingDate", "Forename", "Surname"),
        ),
    ),
    "Pupil": Wanted(
        ("Id", *_PERSON, "AcademicHouseId", "BoardingHouseId", "DivisionId"),
        ("SchoolId", "SchoolCode", "Form", "NCYear", "EmailAddress", "Forename", "Surname"),
    ),
    "Subject": Wanted(("Id",), ("Code", "Name")),
    "Set": Wanted(("Id", "YearId", "SubjectId"), ("Teacher", "SetCode", "Name")),
    "SetList": Wanted(("SetId", "PupilId"), ()),
}
"""By the element of the record. A set has its teachers' ids besides, and a row of a set list the
pupil's `SchoolId` where its `PupilId` is missing."""

LESSON = "Schedule"  # the only other records of which there are many


def by_element_tree(document: Path) -> Rows:
    """xml.etree.ElementTree.iterparse, of the standard library."""
    rows: Rows = {tag: [] for tag in WANTED}
    for _, element in ET.iterparse(document):
        if element.tag in WANTED and element.attrib:  # the `Set` of a lesson is a text
            rows[element.tag].append(_taken(element, WANTED[element.tag]))
            element.clear()
        elif element.tag == LESSON:
            element.clear()
    return rows


def by_lxml(document: Path) -> Rows:
    """lxml.etree.iterparse, which finds the records by their names in C."""
    rows: Rows = {tag: [] for tag in WANTED}
    with document.open("rb") as body:
        for _, element in etree.iterparse(body, tag=[*WANTED, LESSON]):
            if element.tag in WANTED and element.attrib:
                rows[element.tag].append(_taken(element, WANTED[element.tag]))
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return rows


def by_xmltodict(document: Path) -> Rows:
    """xmltodict.parse with a callback for each record, so that the document is never held."""
    rows: Rows = {tag: [] for tag in WANTED}

    def take(path: list[tuple[str, Any]], record: Any) -> bool:
        name = path[-1][0]
        if name == "Department":
            for subject in _several(record.get("Subjects"), "Subject"):
                rows["Subject"].append(_keyed(subject, WANTED["Subject"]))
        elif name in WANTED:
            row = _keyed(record, WANTED[name])
            if name == "Set":
                teachers = _several(record.get("Teachers"), "Teacher")
                row += tuple(teacher["@StaffId"] for teacher in teachers)
            elif name == "SetList" and not row[1]:
                row += (record["SchoolId"]["#text"],)
            rows[name].append(row)
        return True

    with document.open("rb") as body:
        xmltodict.parse(body, item_depth=4, item_callback=take)
    return rows


def set_lists_by_pandas(document: Path) -> Rows:
    """pandas.read_xml, streaming, of the set lists alone: it makes a table, and these are one.

    By the faster of its two parsers, and without the pupil where `PupilId` is missing.
    """
    columns = [*WANTED["SetList"].attributes]
    table = pd.read_xml(document, iterparse={"SetList": columns}, parser="etree", dtype=str)
    return {"SetList": [*table.fillna("").itertuples(index=False, name=None)]}


READERS: Mapping[str, Callable[[Path], Rows]] = {
    "ElementTree.iterparse": by_element_tree,
    "lxml.etree.iterparse": by_lxml,
    "xmltodict": by_xmltodict,
    "pandas, set lists alone": set_lists_by_pandas,
}
PEERS: Mapping[str, Callable[[Path], object]] = {
    **READERS,
    "port of the 2020 script": script_of_2020,
}
"""What is measured beside our own work, by the name that the bench prints."""


def _taken(element: Element, wanted: Wanted) -> tuple[str, ...]:
    attributes, text_of = element.attrib, element.findtext
    row = [attributes.get(name, "") for name in wanted.attributes]
    row += [(text_of(name) or "").strip() for name in wanted.texts]
    if element.tag == "Set":
        row += [teacher.get("StaffId") for teacher in element.iterfind("Teachers/Teacher")]
    elif element.tag == "SetList" and not row[1]:
        row.append(text_of("SchoolId"))
    return tuple(row)


def _keyed(record: Mapping[str, Any], wanted: Wanted) -> tuple[str, ...]:
    return (
        *(record.get(f"@{name}") or "" for name in wanted.attributes),
        *(_text(record.get(name)) for name in wanted.texts),
    )


def _text(value: Any) -> str:
    """Return a child's text: a child that has attributes too is a dict."""
    text = value.get("#text") if isinstance(value, dict) else value
    return (text or "").strip()


def _several(parent: Mapping[str, Any] | None, name: str) -> Iterable[Mapping[str, Any]]:
    """Return the children *name* of *parent*: one alone is no list."""
    children = (parent or {}).get(name, [])
    return children if isinstance(children, list) else [children]


if __name__ == "__main__":
    sys.stdout.write(json.dumps([*PEERS]) + "\n")
