"""A command on a pseudo-terminal, as somebody sees it: the lines that are left on the screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_ROWS = 60
_CONTROL = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])")
_TOKEN = re.compile(r"\x1b\[[?\d;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+")


class Seen(NamedTuple):
    """What is left on the screen when a command has ended, all of what has scrolled away too."""

    code: int
    lines: list[str]


def seen(
    words: list[str],
    width: int,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    keys: str = "",
) -> Seen:
    """Run Python with *words* on a terminal of *width* columns, and return what is left to see.

    *keys* are pressed before it asks for anything.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, width, 0, 0))
    unset = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"}
    around = {name: value for name, value in os.environ.items() if name not in unset}
    around |= {"TERM": "xterm-256color", **(env or {})}
    with subprocess.Popen(
        [sys.executable, *words], stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, env=around
    ) as child:
        os.close(theirs)
        os.write(ours, keys.encode())
        text = _read(ours)
    os.close(ours)
    return Seen(child.returncode, left(text))


def _read(terminal: int) -> str:
    pieces: list[bytes] = []
    while True:
        try:
            piece = os.read(terminal, 1 << 16)
        except OSError:  # Linux says so of a terminal at whose other end nobody is
            piece = b""
        if not piece:
            return b"".join(pieces).decode()
        pieces.append(piece)


def left(text: str) -> list[str]:
    """Return the lines that *text* leaves on a screen: of controls, those that rich uses."""
    lines, row, column = [""], 0, 0
    for token in _TOKEN.findall(text):
        control = _CONTROL.fullmatch(token)
        if token == "\r":
            column = 0
        elif token == "\n":
            row += 1
            lines += [""] * (row - len(lines) + 1)
        elif control and control[2] == "A":
            row = max(row - int(control[1] or 1), 0)
        elif control and control[2] == "K":
            lines[row] = lines[row][:column] if control[1] in {"", "0"} else ""
        elif not control:
            before = lines[row].ljust(column)
            lines[row] = before[:column] + token + before[column + len(token) :]
            column += len(token)
    return [line.rstrip() for line in lines]
