"""One thing School Data Sync finds wrong with a set of files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """CATASTROPHIC refuses the set, ERROR drops the row, WARNING drops at most the value."""

    CATASTROPHIC = "catastrophic"
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """*line* counts records, the header being 1; 0 speaks of the file. *key* is the row's key."""

    level: Level
    code: str
    file: str
    line: int = 0
    key: str = ""
    column: str = ""
