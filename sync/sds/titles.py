"""How classes are called by what was sent: by two profiles at once, and by now and before.

Settings refuse two titles for one class where they can tell it. Where a profile chooses subjects,
only its files show what both make: then a person is told which classes, and whose titles hold
(`sync.sds.merge`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from sync.roster import identifiers
from sync.roster.groups.titles import before_suffix, runs_together
from sync.sds.csvtext import widest_rows

MEND = "Write CLASS_TITLE and SUFFIX the same in both, or give them other subjects or years."
_SHOWN = 20  # ids of classes that are told; of more, how many


def titles(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the title of each class of a profile's set, by its id."""
    return {row[0]: row[2] for row in widest_rows("classes.csv", files)}


def joined_anew(title: str, suffix: str, template: str) -> str:
    """Return *title*, of an earlier delivery, with what *template* puts before *suffix* now.

    A title without the suffix, and a template that has no field before it, change nothing.
    """
    between = before_suffix(template)
    # As a part: a title of its own would lose a hyphen in front.
    sent = identifiers.title(f"x{suffix.strip()}")[1:]
    at = title.rfind(sent) if sent else 0
    if at <= 0 or between is None:
        return title
    before = title[:at].rstrip(" ")
    typed = suffix[0] == " " or between.endswith(" ")
    apart = typed or (not between and runs_together(before, suffix))
    return identifiers.title(f"{before}{' ' * apart}{title[at:]}")


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
