"""The records of a dataset, as they come in: by id, and the first of those that come twice."""

from __future__ import annotations

from typing import Any, Protocol

from sync.isams.datasets import Dataset


class Identified(Protocol):
    """A record that iSAMS knows by an id."""

    @property
    def id(self) -> str | int: ...


class Records[Record: Identified](dict[str, Record]):
    """Records by id. Which were met again is a finding, so `repeated` lists their ids, each once.

    A dict, because a `School` keeps it as its mapping: nothing is copied when all has been read.
    """

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        self.dataset = dataset
        self.repeated: dict[str, None] = {}

    def add(self, record: Record) -> None:
        """Take a record, unless its id is there already."""
        record_id = str(record.id)
        if record_id in self:
            self.repeated[record_id] = None
        else:
            self[record_id] = record


def repeated_in(*collections: Records[Any]) -> dict[str, tuple[str, ...]]:
    """Return the ids that came more than once, by dataset name."""
    return {each.dataset.name: tuple(each.repeated) for each in collections if each.repeated}
