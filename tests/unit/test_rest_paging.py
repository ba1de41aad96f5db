"""Pages of a collection: whole, more to come, or not the same collection any more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import SourceIncomplete, SourceMalformed
from sync.isams.rest.answers import Answer
from sync.isams.rest.endpoints import EMPLOYEES, STUDENTS, TEACHING
from sync.isams.rest.paging import PAGE_SIZE, PageProgress, Pages

HOST = "northbank.isams.example"


def subject(number: int) -> dict[str, object]:
    return {"id": number, "code": f"S{number}", "name": "A subject"}


def page(ids: range | list[int], **around: object) -> dict[str, object]:
    return {"subjects": [subject(number) for number in ids], **around}


def read(*answers: Answer) -> tuple[Pages, list[PageProgress]]:
    """Give the answers to the pages of a collection, in turn."""
    pages = Pages(TEACHING, HOST)
    return pages, [pages.add(answer) for answer in answers]


@given(total=st.integers(1, 60), size=st.integers(1, 20), totals=st.sampled_from(["both", "count"]))
def test_every_row_is_read_once(total: int, size: int, totals: str) -> None:
    """Whatever the page size that the server keeps, and with or without its number of pages."""
    pages = -(-total // size)
    around = {"totalCount": total} | ({"totalPages": pages} if totals == "both" else {})
    answers = [page(range(at, min(at + size, total)), **around) for at in range(0, total, size)]
    collection, states = read(*answers)

    assert states == [PageProgress.MORE] * (pages - 1) + [PageProgress.WHOLE]
    assert list(collection.rows) == [str(number) for number in range(total)]


def test_the_next_page_is_counted_by_us() -> None:
    """Pages begin at 1 and are as long as iSAMS is known to allow."""
    collection = Pages(TEACHING, HOST)
    first = dict(collection.query)
    collection.add(page([1], totalCount=2, totalPages=2))

    assert first == {"page": "1", "pageSize": str(PAGE_SIZE)}
    assert collection.query["page"] == "2"


@pytest.mark.parametrize(
    "pages",
    [
        [page([1], totalCount=2, totalPages=1)],
        [page([1, 2], totalCount=1, totalPages=1)],
        [page([1], totalCount=1, totalPages=2), page([], totalCount=1, totalPages=2)],
        [page([1], totalCount=2, totalPages=2), page([1], totalCount=2, totalPages=2)],
        [page([1], totalCount=2, totalPages=2), page([2], totalCount=3, totalPages=2)],
        [page([1], totalCount=2, totalPages=2), page([], totalCount=2, totalPages=2)],
        [page([1, 1], totalCount=2, totalPages=1)],
        [page([1], count=2, totalCount=1, totalPages=1)],
        [page([], totalCount=1, totalPages=1)],
        [
            page(
                [1],
                totalCount=1,
                totalPages=1,
                _links={"next": {"href": "/api/teaching/subjects?page=2"}},
            )
        ],
    ],
)
def test_rows_that_do_not_add_up_are_never_whole(pages: list[Answer]) -> None:
    """Fewer or more than the totals, twice the same, or totals that change on the way."""
    _, states = read(*pages)

    assert states[-1] is PageProgress.DRIFTED
    assert PageProgress.WHOLE not in states


@pytest.mark.parametrize("origin", [f"https://{HOST}", f"HTTPS://{HOST.upper()}:443", ""])
def test_links_lead_on_where_there_are_no_totals(origin: str) -> None:
    """A link to another page means that there is one, wherever on our host it leads."""
    link = {"next": {"href": f"{origin}/api/teaching/subjects?page=2"}}
    collection, states = read(page([1], _links=link), page([2], _links={}))

    assert states == [PageProgress.MORE, PageProgress.WHOLE]
    assert list(collection.rows) == ["1", "2"]


@pytest.mark.parametrize(
    "href",
    [
        "https://elsewhere.example/x",
        "//elsewhere.example",
        f"https://{HOST}:8443/x",
        f"https://{HOST}:443:443/x",
        "https://[broken",
        7,
        None,
    ],
)
def test_a_link_to_another_host_is_refused(href: object) -> None:
    """Nor is one that leads nowhere."""
    with pytest.raises(SourceMalformed, match="own host"):
        read(page([1], totalCount=2, totalPages=2, _links={"next": {"href": href}}))


@pytest.mark.parametrize("rows", [100, 1_000])
def test_a_full_page_without_totals_may_be_the_first_of_many(rows: int) -> None:
    """The default page and the longest; a row fewer is all there is."""
    with pytest.raises(SourceMalformed, match="no totals"):
        read(page(range(rows)))

    assert read(page(range(rows - 1)))[1] == [PageProgress.WHOLE]


@pytest.mark.parametrize(
    "answer", [{"subjects": None, "totalCount": 3}, page([]), page([], totalCount=0, totalPages=0)]
)
def test_nothing_is_unknown_and_not_empty(answer: Answer) -> None:
    """Null or no rows, where every school has some."""
    with pytest.raises(SourceIncomplete, match="TEACHING"):
        read(answer)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"subjects": {}},
        {"subjects": "x"},
        {"subjects": [7]},
        {"subjects": [{}]},
        {"subjects": [{"id": None}]},
        {"subjects": [{"id": True}]},
        {"subjects": [{"id": 1.5}]},
        page([1], totalCount="1"),
        page([1], totalPages=True),
        page([1], count=-1),
        {"subjects": [{"id": 1, "name": "A subject"}]},
    ],
)
def test_what_is_no_page_is_malformed(answer: Answer) -> None:
    """Wrong types, rows without ids, or a field that no record has."""
    with pytest.raises(SourceMalformed):
        read(answer)


def test_a_field_that_nobody_has_is_named_with_those_that_are_there() -> None:
    """Names that look like names of fields; no value, and no name that looks like a value."""
    row = {"id": 1, "name": "Ann Odell", "Odell, Ann": 7, "subjectCode": "Ma"}
    with pytest.raises(SourceMalformed) as caught:
        read({"subjects": [row]})

    assert "expected code among its fields, seen were id, name, subjectCode" in str(caught.value)
    assert "Odell" not in str(caught.value)


def test_a_school_id_is_a_text() -> None:
    """A number would have lost its leading zeros; an employee's id is a number."""
    with pytest.raises(SourceMalformed, match="wrong type"):
        Pages(STUDENTS, HOST).add({"students": [{"schoolId": 7}]})
    collection = Pages(EMPLOYEES, HOST)
    names = dict.fromkeys(("schoolEmailAddress", "forename", "surname"))

    assert collection.add({"employees": [{"id": 7, **names}]}) is PageProgress.WHOLE
    assert list(collection.rows) == ["7"]


@pytest.mark.parametrize(
    "answer", [{"subjects": None}, page([]), page([], totalCount=0, totalPages=0, count=0)]
)
def test_what_may_be_empty_is_whole_without_a_row(answer: Answer) -> None:
    """Null or no rows, where a school may have none."""
    assert Pages(TEACHING, HOST, may_be_empty=True).add(answer) is PageProgress.WHOLE


@pytest.mark.parametrize(
    "answer",
    [
        {"subjects": None, "totalCount": 3},
        {"subjects": None, "count": 1},
        {"subjects": None, "totalPages": 1},
        page([], totalPages=2),
        page([], _links={"next": {"href": "/api/teaching/subjects?page=2"}}),
    ],
)
def test_no_rows_where_totals_tell_of_some_is_not_empty(answer: Answer) -> None:
    """Even where there may be none: something was not given."""
    with pytest.raises(SourceIncomplete):
        Pages(TEACHING, HOST, may_be_empty=True).add(answer)


def test_what_is_needed_may_not_be_lacked() -> None:
    """A field that most schools can do without, and this school cannot."""
    row = {"schoolId": "1", "yearGroup": 7, "schoolEmailAddress": "", "forename": "", "surname": ""}
    assert Pages(STUDENTS, HOST).add({"students": [row]}) is PageProgress.WHOLE
    with pytest.raises(SourceMalformed, match="no form: expected formGroup"):
        Pages(STUDENTS, HOST, frozenset({"form"})).add({"students": [row]})
    null = {"students": [row | {"formGroup": None}]}

    assert Pages(STUDENTS, HOST, frozenset({"form"})).add(null) is PageProgress.WHOLE
