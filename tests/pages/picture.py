"""docs/rooms.svg: the rooms as boxes, who knows whom as arrows, drawn anew from the imports.

A room stands as low as it can, above every room that it knows. An arrow over several rows leaves a
gap in each, so that it crosses no box.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from tests.pages.rooms import Arrow, arrows, charter, needed, rooms

BOX, GAP_WIDTH, BETWEEN = 214, 12, 26  # widths of a room, of a gap, and of the space beside them
LINE, HEAD, BELOW = 14, 30, 40  # heights of a line of text, of a room's name, and under a row
LETTERS = 36  # in a line of a box
MARGIN = 20
TIP = (
    "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' "
    "orient='auto'><path d='M0 0L8 4L0 8z' fill='#5a6b7b'/></marker></defs>"
)
FONT = "font-family='Segoe UI, Helvetica, Arial, sans-serif'"


@dataclass(frozen=True)
class Slot:
    """A room, or the gap that an arrow leaves in a row that it crosses."""

    name: str
    is_room: bool = True

    @property
    def width(self) -> int:
        """Return how wide it is, in pixels as all that follows."""
        return BOX if self.is_room else GAP_WIDTH


type Row = list[Slot]
type Way = list[Slot]  # from a room to a room, over the gaps between


def drawn() -> str:
    """Return the picture."""
    kept = needed(arrows())
    rows, ways = _slots(_depths(kept), kept)
    rows = _untangled(rows, ways)
    middles = _middles(rows)
    tops, height = _tops(rows)
    width = max(middles[slot] + slot.width / 2 for row in rows for slot in row) + MARGIN
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height}' {FONT}>",
        "<title>The rooms of sync, and who knows whom</title>",
        TIP,
        f"<rect width='{width:.0f}' height='{height}' fill='#ffffff'/>",
        *(_arrow(way, rows, middles, tops) for way in ways),
        *(
            line
            for number, row in enumerate(rows)
            for slot in row
            if slot.is_room
            for line in _box(slot.name, middles[slot], tops[number], _height(row))
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _depths(kept: frozenset[Arrow]) -> dict[str, int]:
    """Return the row of each room, the lowest that is above every room that it knows."""
    heights: dict[str, int] = {}
    for room in reversed(rooms()):  # from bottom to top, so those below are there already
        heights[room] = 1 + max((heights[low] for high, low in kept if high == room), default=-1)
    return {room: max(heights.values()) - height for room, height in heights.items()}


def _slots(depths: Mapping[str, int], kept: frozenset[Arrow]) -> tuple[list[Row], list[Way]]:
    """Return the rows with the gaps that long arrows need, and the way of each arrow."""
    rows: list[Row] = [[] for _ in range(max(depths.values()) + 1)]
    for room in rooms():
        rows[depths[room]].append(Slot(room))
    ways = []
    for above, below in sorted(kept):
        way = [Slot(above)]
        for depth in range(depths[above] + 1, depths[below]):
            way.append(Slot(f"{above} {below} {depth}", is_room=False))
            rows[depth].append(way[-1])
        ways.append([*way, Slot(below)])
    return rows, ways


def _untangled(rows: list[Row], ways: list[Way]) -> list[Row]:
    """Sort each row by where its neighbours stand, down and up again some times."""
    pairs = [pair for way in ways for pair in pairwise(way)]
    for sweep in range(8):
        downward = sweep % 2 == 0
        order = range(1, len(rows)) if downward else range(len(rows) - 2, -1, -1)
        for number in order:
            beside = rows[number - 1 if downward else number + 1]
            rows[number] = _sorted(rows[number], beside, pairs)
    return rows


def _sorted(row: Row, beside: Row, pairs: Sequence[tuple[Slot, Slot]]) -> Row:
    places = {slot: (number + 0.5) / len(beside) for number, slot in enumerate(beside)}

    def wanted(slot: Slot) -> float:
        near = [
            places[other] for pair in pairs for other in pair if slot in pair and other in places
        ]
        return sum(near) / len(near) if near else (row.index(slot) + 0.5) / len(row)

    return sorted(row, key=wanted)


def _middles(rows: list[Row]) -> dict[Slot, float]:
    """Return where the middle of each slot is, every row in the middle of the picture."""
    widths = [sum(slot.width + BETWEEN for slot in row) - BETWEEN for row in rows]
    middles = {}
    for row, width in zip(rows, widths, strict=True):
        left = MARGIN + (max(widths) - width) / 2
        for slot in row:
            middles[slot] = left + slot.width / 2
            left += slot.width + BETWEEN
    return middles


def _height(row: Row) -> int:
    return HEAD + LINE * max(len(_lines(slot.name)) for slot in row if slot.is_room)


def _lines(room: str) -> list[str]:
    return textwrap.wrap(charter(room).replace("`", ""), LETTERS)


def _tops(rows: list[Row]) -> tuple[list[int], int]:
    """Return where each row begins, and how high the picture is."""
    tops, top = [], MARGIN
    for row in rows:
        tops.append(top)
        top += _height(row) + BELOW
    return tops, top - BELOW + MARGIN


def _arrow(way: Way, rows: list[Row], middles: Mapping[Slot, float], tops: Sequence[int]) -> str:
    """Return an arrow from the lower edge of its first room to the upper edge of its last."""
    depth = next(number for number, row in enumerate(rows) if way[0] in row)
    path = f"M{middles[way[0]]:.0f} {tops[depth] + _height(rows[depth])}"
    start = tops[depth] + _height(rows[depth])
    for slot, following in pairwise(way):
        depth += 1
        end, half = tops[depth], (tops[depth] - start) / 2
        path += f"C{middles[slot]:.0f} {start + half:.0f} {middles[following]:.0f} {end - half:.0f}"
        path += f" {middles[following]:.0f} {end}"
        if not following.is_room:
            path += f"V{end + _height(rows[depth])}"
        start = end + _height(rows[depth])
    return f"<path d='{path}' fill='none' stroke='#5a6b7b' marker-end='url(#tip)'/>"


def _box(room: str, middle: float, top: int, height: int) -> Iterator[str]:
    left = middle - BOX / 2
    yield (
        f"<rect x='{left:.0f}' y='{top}' width='{BOX}' height='{height}' rx='6' "
        "fill='#eef3f8' stroke='#5a6b7b'/>"
    )
    yield (
        f"<text x='{middle:.0f}' y='{top + 19}' text-anchor='middle' font-size='14' "
        f"font-weight='600' fill='#16222e'>{escape(room)}</text>"
    )
    for number, line in enumerate(_lines(room)):
        yield (
            f"<text x='{middle:.0f}' y='{top + 35 + LINE * number}' text-anchor='middle' "
            f"font-size='11' fill='#34424f'>{escape(line)}</text>"
        )
