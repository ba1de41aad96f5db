"""Classes that two profiles of a connector both make, and call differently.

Settings refuse that where they can tell it. Where a profile chooses subjects, only its files show
what both make: then a person is told which classes, and whose titles hold (`sync.sds.merge`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from sync.sds.csvtext import widest_rows

MEND = "Write CLASS_TITLE and SUFFIX the same in both, or give them other subjects or years."
_SHOWN = 20  # ids of classes that are told; of more, how many


def titles(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the title of each class of a profile's set, by its id."""
    return {row[0]: row[2] for row in widest_rows("classes.csv", files)}


def called_apart(by_profile: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield a sentence for each two profiles that call any class differently.

    *by_profile* are the `titles` of profiles of a connector, in the order in which their sets are
    merged: that which was read last first; of those read at once, by their keys.
    """
    for (first, holds), (second, others) in combinations(by_profile.items(), 2):
        apart = sorted(key for key, title in others.items() if holds.get(key, title) != title)
        if apart:
            more = f" and {len(apart) - _SHOWN:,} more" if len(apart) > _SHOWN else ""
            yield (
                f"{first} and {second} both make {', '.join(apart[:_SHOWN])}{more}, under other"
                f" titles: those of {first} hold"
            )
