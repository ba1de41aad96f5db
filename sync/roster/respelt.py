"""Which classes are only written otherwise than SDS holds them: a form keeps its Team then.

Forms are known by their names, and the ids of other groups may be typed by hand too, so a corrected
capital or a blank would be a new class, and the old Team would end with its pupils' work.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

from sync.texts import folded

_BY_NAME = frozenset({"form", "house", "boarding", "tutor"})  # the spaces of `group_id`
_SPELT_OUT = re.compile(r"\.([0-9A-F]{1,5}|10[0-9A-F]{4})\.")


def kept_ids(made: Collection[str], held: Collection[str]) -> dict[str, str]:
    """Return the ids that classes keep, by those that they were *made* with: of both, class ids.

    A class of forms, houses or tutors that is not among *held* keeps the id there that differs from
    its own in case and blanks alone, and that no class of *made* has. Nobody keeps an id that two
    could, and of two held ids nobody can say which is meant: then the class is a new one.
    """
    come, gone = _by_name(set(made) - set(held)), _by_name(set(held) - set(made))
    return {
        mine[0]: kept[0]
        for name, mine in come.items()
        if len(mine) == 1 and len(kept := gone.get(name, [])) == 1 and _is_nickname(kept[0])
    }


def _by_name(class_ids: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """Return those of *class_ids* that go by a name, by what they are and that name, folded."""
    named: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for class_id in class_ids:
        kind, _, own = class_id.rpartition("-")
        if kind.rpartition("-")[2] in _BY_NAME:
            name = _SPELT_OUT.sub(lambda match: chr(int(match[1], 16)), own)
            named[kind, folded("".join(name.split()))].append(class_id)
    return dict(named)


def _is_nickname(class_id: str) -> bool:
    """Say whether an address can have this name: an id that was once sent is no reason to go on.

    See docs/reference/sds.md#mail-nickname.
    """
    return ".." not in class_id and not class_id.endswith(".")
