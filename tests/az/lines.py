"""Every `az` line that somebody is told to type: in blocks and spans of the pages, in scripts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_BLOCK = re.compile(r"^ *```\w*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`(az [^`]+)`(?!`)")
_BEFORE = frozenset({"(", ";", "|", "&", "=", "$"})  # what stands before a command in a line
_ENDS = frozenset({")", ";", "|", "&"})
_ASSIGNED = re.compile(r"\w+=.*", re.DOTALL)
_PLACEHOLDER = re.compile(r"<[^>\n]+>")


def pages() -> Iterator[tuple[str, str]]:
    """Yield name and text of all that may tell of `az`."""
    for path in sorted(
        [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("infra/*.[ps][sh]*")]
    ):
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def told() -> list[tuple[str, tuple[str, ...]]]:
    """Return the page and the words after `az` of every line, in their order."""
    return [
        (name, words)
        for name, text in pages()
        for line in (_of_page(text) if name.endswith(".md") else text.splitlines())
        for words in commands(line)
    ]


def _of_page(text: str) -> Iterator[str]:
    """Yield what is to be typed: each line of a block, and each span that begins with `az`."""
    for block in _BLOCK.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    for span in _SPAN.findall(_BLOCK.sub("", text)):
        yield " ".join(span.split())


def commands(line: str) -> Iterator[tuple[str, ...]]:
    """Yield the words after each `az` in *line* that is a command, also within others."""
    if "az " not in line:
        return
    lexer = shlex.shlex(
        _PLACEHOLDER.sub("invented", line).replace("\\$", "$").replace("`$", "$"),
        posix=True,
        punctuation_chars="();|&",
    )
    lexer.whitespace_split, lexer.commenters = True, "#"
    try:
        words = list(lexer)
    except ValueError:  # a quotation mark without its like: prose, not a command
        return
    yield from _in_words(words)
    for word in words:
        if " " in word and re.search(r"\$\(\s*az ", word):
            yield from commands(word)


def _in_words(words: list[str]) -> Iterator[tuple[str, ...]]:
    for at, word in enumerate(words):
        before = words[at - 1] if at else ";"
        if word == "az" and (before[-1:] in _BEFORE or _ASSIGNED.fullmatch(before)):
            yield tuple(_until_end(words[at + 1 :]))


def _until_end(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if word[0] in _ENDS:
            return
        yield word
