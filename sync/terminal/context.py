"""What a command is given, and what it gives back: the same for every command."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import override

from rich.console import Console, RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from sync.edge.clock import Clock
from sync.edge.world import World
from sync.errors import ConfigError, SyncError
from sync.report import Exit, Step
from sync.settings import Settings
from sync.settings.load import load
from sync.settings.local_file import LOCAL_FILE

_QUOTED = re.compile(r"`[^`]+`")
_JOINT = "\x1f"  # stands for a space at which no line may end
PLAIN_WIDTH = 110  # columns where stdout is no terminal: a file or a pipe


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command runs: tests hand in another.

    `folder` is where local.settings.json is looked for. `opened` opens the outside, without
    queues, and tells each step to the callable that it is given.
    """

    env: Mapping[str, str]
    folder: Path
    clock: Clock
    opened: Callable[[Settings, Callable[[Step], None]], World]

    def settings(self) -> Settings:
        """Read the settings: the environment's, then the local file's; raises `ConfigError`."""
        return load(self.env, local=self.local())

    def local(self) -> str | None:
        """Return the text of the local file, None if there is none; raises `ConfigError`."""
        try:
            return (self.folder / LOCAL_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"{LOCAL_FILE}: is there, but cannot be read as UTF-8") from None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a command: `shown` and `errors` for people, `document` for programs.

    `verbatim` is printed as it is, whatever the width of the terminal.
    """

    code: Exit
    document: Mapping[str, object] = field(default_factory=dict)
    shown: Sequence[RenderableType] = ()
    errors: Sequence[SyncError] = ()
    verbatim: str = ""


def out() -> Console:
    """Return the console for results: stdout, on which nothing is markup."""
    return _console(on_stderr=False)


def err() -> Console:
    """Return the console for progress and errors: stderr."""
    return _console(on_stderr=True)


class _Console(Console):
    """One whose reader may go away: that is for whoever prints, not the end of the program."""

    @override
    def on_broken_pipe(self) -> None:
        """Raise what rich has caught: whoever printed decides."""
        if error := sys.exception():
            raise error


def _console(*, on_stderr: bool) -> Console:
    # Whether somebody looks on is the stream's to say: FORCE_COLOR may be set for a log.
    stream = sys.stderr if on_stderr else sys.stdout
    looks_on = bool(stream) and stream.isatty()
    console = _Console(
        stderr=on_stderr,
        markup=False,
        highlight=False,
        emoji=False,
        force_interactive=None if looks_on else False,
    )
    if not looks_on:
        console.width = PLAIN_WIDTH
    return console


def say(console: Console, *shown: RenderableType, style: str | None = None) -> None:
    """Print *shown*. On a terminal texts are broken between words, never inside an id or a path.

    In a file or a pipe each line of a text stays one, so that it can be searched.
    """
    for each in shown:
        if isinstance(each, str):
            width = console.width if console.is_interactive else None
            text = "\n".join(fitted(line, width) for line in each.split("\n"))
            console.print(text, soft_wrap=True, style=style)
        else:
            console.print(each, crop=False)


def fitted(line: str, width: int | None, indent: str = "") -> str:
    """Return *line*, broken between words to *width* columns, and *indent* before each part.

    None is any width. What is longer than that stays whole, and so does what stands in backticks:
    an id, a path or a command is there to be copied.
    """
    if width is None:
        return indent + line
    hanging = indent + " " * (len(line) - len(line.lstrip()))
    whole = _QUOTED.sub(lambda quoted: quoted[0].replace(" ", _JOINT), line.strip())
    return textwrap.fill(
        whole,
        width,
        initial_indent=hanging,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    ).replace(_JOINT, " ")


class Doing:
    """What is being done, on stderr: a spinner on a terminal, else a line for all that happens."""

    def __init__(self, what: str, bar: Progress, lines: Console | None) -> None:
        self._what = what
        self._lines = lines
        self._bar = bar
        self._task = bar.add_task(what, total=None)
        self._last = self._awaited = ""
        self._line(what)

    def __call__(self, happened: str) -> None:
        """Show what has *happened*; without a spinner, once if it happens again and again."""
        self.so_far(happened)
        if happened != self._last:
            self._line(f"  {happened}")
        self._last = happened

    def awaits(self, why: str, until: str) -> None:
        """Show *why* there is a wait, and where there is a spinner also *until* when."""
        self.so_far(f"{why}; {until}")
        if why != self._awaited:
            self._line(f"  {why}")
        self._awaited = why

    def so_far(self, words: str) -> None:
        """Show how far it is, where there is a spinner."""
        self._bar.update(self._task, description=f"{self._what}: {words}")

    def _line(self, text: str) -> None:
        if self._lines:
            with suppress(OSError):  # nobody reads stderr any more: the work goes on all the same
                self._lines.print(text, soft_wrap=True)


@contextmanager
def doing(what: str, console: Console | None = None) -> Generator[Doing]:
    """Show *what* is being done and for how long; yield who takes word of what happens in it.

    Whoever tells of it meanwhile hands in their *console*: two would write into each other's lines.
    """
    stderr = err()
    shown_on = console or stderr
    has_spinner = shown_on.is_interactive
    lines = None if has_spinner or console else stderr
    text = TextColumn("{task.description}", markup=False, table_column=Column(overflow="fold"))
    columns = SpinnerColumn(), text, TimeElapsedColumn()
    with Progress(*columns, console=shown_on, transient=True, disable=not has_spinner) as bar:
        yield Doing(what, bar, lines)
