"""One reading of a collection, page by page: it is whole, there is more, or it has drifted.

Whether rows are missing is judged by iSAMS's own totals, and by ids: a row that comes twice has
slipped from one page to another while we read, and then another has slipped past us.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from urllib.parse import urlsplit

from sync.errors import SourceMalformed
from sync.isams.rest import answers, fields
from sync.isams.rest.answers import Answer
from sync.isams.rest.endpoints import STUDENTS, Place
from sync.isams.rest.fields import Values

# Fewer pages, fewer chances that data moves between two of them. 1,000 is the most that other
# clients ask for; a server that gives fewer says so in its totals.
PAGE_SIZE = 1_000
DEFAULT_PAGE_SIZE = 100


class State(Enum):
    """How a reading stands after a page."""

    MORE = "more"
    WHOLE = "whole"
    DRIFTED = "drifted"


class Reading:
    """A collection being read. `query` is what to ask for next; `rows` are by our field names.

    *must* are fields that its kind may lack and this reading may not. Unless it *may_be_empty*, a
    collection without rows is an error.
    """

    def __init__(
        self,
        place: Place,
        host: str,
        must: frozenset[str] = frozenset(),
        *,
        may_be_empty: bool = False,
    ) -> None:
        self.rows: dict[str, Values] = {}
        self.names: set[str] = set()
        self._place = place
        self._host = host
        self._may_lack = place.kind.may_lack - must
        self._may_be_empty = may_be_empty
        self._page = 1
        self._total: int | None = None

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the next page."""
        return {"page": str(self._page), "pageSize": str(PAGE_SIZE)}

    def add(self, answer: Answer) -> State:
        """Take a page.

        Raises:
            SourceIncomplete: the collection is null or empty, and may not be.
            SourceMalformed: no page of this collection, no record in a row, or a field of the
                records that is in none of them.
        """
        rows = answers.rows(answer, self._place)
        total, pages = (self._number(answer, name) for name in ("totalCount", "totalPages"))
        linked = self._linked(answer)
        count = self._number(answer, "count")
        if rows is None or (not rows and not self.rows and not total):
            if self._may_be_empty and not (self.rows or total or count or linked or pages):
                return State.WHOLE
            raise answers.empty(self._place)
        if count not in {None, len(rows)} or not self._take(rows):
            return State.DRIFTED
        if self._page > 1 and (total != self._total or not rows):
            return State.DRIFTED
        self._total = total
        if total is None and pages is None and not linked:
            self._refuse_a_full_page(rows)
            return self._whole()
        more = self._page < pages if pages is not None else linked or len(self.rows) < (total or 0)
        if more and rows:
            self._page += 1
            return State.MORE
        if more or linked or total not in {None, len(self.rows)}:
            return State.DRIFTED
        return self._whole()

    def _take(self, rows: list[object]) -> bool:
        """Keep the rows; say whether all are new."""
        kind = self._place.kind
        for row in rows:
            said = fields.values(kind, row)
            own = fields.identity(kind, said, as_text=self._place is STUDENTS)
            if own in self.rows:
                return False
            self.rows[own] = said
            self.names |= fields.keys(row)
        return True

    def _whole(self) -> State:
        seen = {field for said in self.rows.values() for field in said}
        fields.refuse_unfit(self._place.kind, seen, self.names, self._may_lack)
        return State.WHOLE

    def _refuse_a_full_page(self, rows: list[object]) -> None:
        # Without totals, a page that is exactly full may be the first of many.
        if len(rows) in {PAGE_SIZE, DEFAULT_PAGE_SIZE}:
            raise SourceMalformed(
                f"iSAMS gave a full page of {self._place.key} and no totals: there may be more",
                place=self._place.name,
                rows=len(rows),
            )

    def _number(self, answer: Answer, name: str) -> int | None:
        value = answer.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise SourceMalformed(f"iSAMS's {name} is no number", place=self._place.name)
        return value

    def _linked(self, answer: Answer) -> bool:
        """Say whether `_links` leads to another page. It is not followed: we count ourselves.

        Raises:
            SourceMalformed: it leads to another host, or nowhere.
        """
        links = answer.get("_links")
        step = links.get("next") if isinstance(links, dict) else None
        if step is None:
            return False
        href = step.get("href") if isinstance(step, dict) else None
        try:
            netloc = urlsplit(href).netloc.lower() if isinstance(href, str) else None
        except ValueError:
            netloc = None
        if netloc is None or netloc not in {"", self._host}:
            raise SourceMalformed(
                "iSAMS's next page is not on iSAMS's own host", place=self._place.name
            )
        return True
