"""A collection read page by page: it is whole, there is more, or it has drifted.

Whether rows are missing is judged by the totals that iSAMS gives, and by ids: a row that comes
twice has slipped to another page while we read, and then another has slipped past us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from sync.errors import SourceMalformed
from sync.isams.rest import answers, fields
from sync.isams.rest.answers import Answer
from sync.isams.rest.endpoints import STUDENTS, Endpoint
from sync.isams.rest.fields import Values

# Fewer pages, fewer chances that data moves between two of them. 1,000 is the most that other
# clients ask for; a server that gives fewer says so in its totals.
# The most that clients are known to ask for: docs/reference/isams.md#rest-envelope
PAGE_SIZE = 1_000
DEFAULT_PAGE_SIZE = 100
_USUAL_PORT = {"https": ":443", "http": ":80"}


class PageProgress(Enum):
    """How a collection stands after a page."""

    MORE = "more"
    WHOLE = "whole"
    DRIFTED = "drifted"


@dataclass(frozen=True, slots=True)
class _Totals:
    """What a page says around its rows; None where it says nothing.

    `rows` and `pages` are of the whole collection, `count` is of this page; `linked` says whether
    `_links` leads to another page.
    """

    rows: int | None
    pages: int | None
    linked: bool
    count: int | None

    @property
    def silent(self) -> bool:
        """Whether nothing tells how much there is."""
        return self.rows is None and self.pages is None and not self.linked

    @property
    def tell_of_rows(self) -> bool:
        """Whether anything speaks of a row, or of a page that must hold some."""
        return bool(self.rows or self.count or self.linked or self.pages)


class Pages:
    """The pages of a collection. `query` is what to ask for next; `rows` are by our field names.

    *must* are fields that its kind may lack and these pages may not. Unless it *may_be_empty*, a
    collection without rows is an error.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        host: str,
        must: frozenset[str] = frozenset(),
        *,
        may_be_empty: bool = False,
    ) -> None:
        self.rows: dict[str, Values] = {}
        self.names: set[str] = set()
        self._endpoint = endpoint
        self._host = host
        self._may_lack = endpoint.kind.may_lack - must
        self._may_be_empty = may_be_empty
        self._page = 1
        self._total: int | None = None

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the next page."""
        name, _, value = self._endpoint.only.partition("=")
        page = {"page": str(self._page), "pageSize": str(PAGE_SIZE)}
        return page | ({name: value} if name else {})

    def add(self, answer: Answer) -> PageProgress:
        """Take a page.

        Raises:
            SourceIncomplete: the collection is null or empty, and may not be.
            SourceMalformed: no page of this collection, no record in a row, or a field of the
                records that is in none of them.
        """
        rows = answers.rows_of(answer, self._endpoint)
        totals = self._totals(answer)
        if rows is None or not (rows or self.rows or totals.rows):
            return self._empty(totals)
        if not self._fits(rows, totals):
            return PageProgress.DRIFTED
        self._total = totals.rows
        if totals.silent:
            self._refuse_a_full_page(rows)
        elif self._leads_on(totals):
            self._page += 1
            return PageProgress.MORE if rows else PageProgress.DRIFTED
        return self._ended(totals)

    def _empty(self, totals: _Totals) -> PageProgress:
        """Accept that there is no row, if nothing speaks against it."""
        if self._may_be_empty and not self.rows and not totals.tell_of_rows:
            return PageProgress.WHOLE
        raise answers.empty(self._endpoint)

    def _fits(self, rows: list[object], totals: _Totals) -> bool:
        """Keep the rows; say whether they are as many as announced, all new, in the same whole."""
        if totals.count not in {None, len(rows)} or not self._take(rows):
            return False
        return self._page == 1 or (bool(rows) and totals.rows == self._total)

    def _take(self, rows: list[object]) -> bool:
        """Keep the rows; say whether all are new."""
        kind = self._endpoint.kind
        for row in rows:
            record = fields.values_of(kind, row)
            record_id = fields.identity(kind, record, as_text=self._endpoint is STUDENTS)
            if record_id in self.rows:
                return False
            self.rows[record_id] = record
            self.names |= fields.keys(row)
        return True

    def _leads_on(self, totals: _Totals) -> bool:
        """Say whether another page must follow; the number of pages is the surest word on it."""
        if totals.pages is not None:
            return self._page < totals.pages
        return totals.linked or len(self.rows) < (totals.rows or 0)

    def _ended(self, totals: _Totals) -> PageProgress:
        if totals.linked or totals.rows not in {None, len(self.rows)}:
            return PageProgress.DRIFTED
        seen = {field for record in self.rows.values() for field in record}
        fields.refuse_unfit(self._endpoint.kind, seen, self.names, self._may_lack)
        return PageProgress.WHOLE

    def _refuse_a_full_page(self, rows: list[object]) -> None:
        # Without totals, a page that is exactly full may be the first of many.
        # docs/reference/isams.md#rest-paged
        if len(rows) in {PAGE_SIZE, DEFAULT_PAGE_SIZE}:
            raise SourceMalformed(
                f"iSAMS gave a full page of {self._endpoint.key} and no totals: there may be more",
                place=self._endpoint.name,
                rows=len(rows),
            )

    def _totals(self, answer: Answer) -> _Totals:
        return _Totals(
            rows=self._number(answer, "totalCount"),  # docs/reference/isams.md#rest-envelope
            pages=self._number(answer, "totalPages"),
            linked=self._linked(answer),
            count=self._number(answer, "count"),
        )

    def _number(self, answer: Answer, name: str) -> int | None:
        value = answer.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise SourceMalformed(f"iSAMS's {name} is no number", place=self._endpoint.name)
        return value

    def _linked(self, answer: Answer) -> bool:
        """Say whether `_links` leads to another page. It is not followed: we count ourselves.

        See docs/reference/isams.md#rest-links.

        Raises:
            SourceMalformed: it leads to another host, or nowhere.
        """
        links = answer.get("_links")
        step = links.get("next") if isinstance(links, dict) else None
        if step is None:
            return False
        href = step.get("href") if isinstance(step, dict) else None
        if not isinstance(href, str) or _host_of(href) not in {"", self._host}:
            raise SourceMalformed(
                "iSAMS's next page is not on iSAMS's own host", place=self._endpoint.name
            )
        return True


def _host_of(href: str) -> str | None:
    """Return the host that a link leads to, None if that cannot be read.

    "" is the host that was asked. The port that is the scheme's anyway says nothing: .NET writes it
    into links, and `https://school` and `https://school:443` are one origin (RFC 6454, section 4).
    """
    try:
        parts = urlsplit(href)
    except ValueError:  # brackets that do not match
        return None
    return parts.netloc.lower().removesuffix(_USUAL_PORT.get(parts.scheme, " "))
