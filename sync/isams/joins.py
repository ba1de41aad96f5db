"""What iSAMS joins without regard to case: first as it is written, else with A-Z folded.

iSAMS's database compares codes and names without case, so records that refer to each other may be
written differently. Whatever is joined so is told of, with both spellings. Nothing but A-Z is
folded: the small letter of U+212A is a plain k, and so another code.

See docs/reference/isams.md#no-case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sync.texts import composed, folded


class JoinedByCase(NamedTuple):
    """A join that only case hindered: what *record* holds as *written*, iSAMS lists as *listed*."""

    record: str
    written: str
    listed: str


class ByCode:
    """The ids of records by what other records call them: a code, or a name.

    How an accent was typed says nothing, except in codes *of_people*, which have none.
    A code that two records have means neither. What is found in another case is added to *joined*.
    Codes *of_people* are found in another case only if no two of all that were taken are alike but
    for case: else this school's iSAMS may tell people apart by case, and the right one be gone.
    """

    def __init__(
        self,
        joined: set[JoinedByCase],
        pairs: Iterable[tuple[str, str]] = (),
        *,
        of_people: bool = False,
    ) -> None:
        self._ids: dict[str, str] = {}  # "" where two records have the code
        self._folds: dict[str, str] | None = None
        self._joined = joined
        self._of_people = of_people
        for code, record_id in pairs:
            self.add(code, record_id)

    def add(self, code: str, record_id: str) -> None:
        """Take a record. One without a code cannot be meant by any."""
        code = self._as_compared(code)
        if code and self._ids.setdefault(code, record_id) != record_id:
            self._ids[code] = ""

    def id_of(self, code: str, record: str) -> str:
        """Return the id of what *record* calls *code*; "" if that is nothing, or several things.

        All records must have been taken: the first code that is not listed as it is has all folded.
        """
        code = self._as_compared(code)
        if not code or code in self._ids:
            return self._ids.get(code, "")
        listed = self._in_another_case(code)
        record_id = self._ids[listed] if listed else ""
        if record_id:
            self._joined.add(JoinedByCase(record, code, listed))
        return record_id

    def _as_compared(self, code: str) -> str:
        return code if self._of_people else composed(code)

    def _in_another_case(self, code: str) -> str:
        """Return the only code that is listed and differs from *code* in case alone, else ""."""
        if self._folds is None:
            self._folds = self._folded()
        return self._folds.get(folded(code), "")

    def _folded(self) -> dict[str, str]:
        """Return the codes that may be found in another case, by their fold."""
        folds: defaultdict[str, list[str]] = defaultdict(list)
        for code in self._ids:
            folds[folded(code)].append(code)
        alone = {fold: codes[0] for fold, codes in folds.items() if len(codes) == 1}
        apart = len(alone) < len(folds) or "" in self._ids.values()
        return {} if self._of_people and apart else alone
