"""`starter`: files for SDS's wizard, which wants some before it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import RenderableType

from sync.report import Exit
from sync.sds.csvtext import widest_rows
from sync.steps.starter import Starter, starter
from sync.terminal import options
from sync.terminal.command import command
from sync.terminal.context import Result, Terminal
from sync.terminal.output import refuse_others, warnings, write_set


@command("starter")
@options.folder("Where to write the files. Those of a delivery name people.")
@click.option("--connector", metavar="NAME", help="One connector; needed where there are several.")
def write_starter(terminal: Terminal, folder: Path, connector: str | None) -> Result:
    """Write the files that SDS's wizard wants before it goes on. Nothing is sent.

    Before the first delivery they name the schools and nobody; after it they are what SDS accepted
    last, because headers alone would empty a live school.
    """
    settings = terminal.settings()
    name = options.one_connector(connector, settings.connectors())
    refuse_others(folder)
    world = terminal.opened(settings, lambda _: None)
    made = starter(world, name)
    write_set(folder, made.files)
    rows = {file: sum(1 for _ in widest_rows(file, made.files)) for file in made.files}
    place = settings.storage.folder
    document = {"connector": name, "delivery": made.delivery, "files": rows, "folder": str(folder)}
    return Result(Exit.DONE, document, list(_lines(made, folder, place and str(place))))


def _lines(made: Starter, folder: Path, place: str | None) -> Iterator[RenderableType]:
    yield f"{', '.join(sorted(made.files))} are in {folder}.\n"
    if made.delivery:
        yield (
            f"They are delivery {made.delivery}, the last that SDS accepted: headers alone would"
            " empty the school.\n"
        )
        yield from warnings(folder, None)
        return
    looked = f"The folder {place}" if place else "The storage of the app"
    yield (
        f"They name the schools and nobody else. {looked} knows of nothing that SDS has accepted"
        " for this connector. If anybody has sent anything to it, do not upload these files: SDS"
        " would take the school for empty. " + (_ELSEWHERE if place else "")
    )


_ELSEWHERE = (
    "If the app runs already, set STORAGE__ACCOUNT_URL to its account, in the place of"
    " STORAGE__FOLDER, and ask again."
)
