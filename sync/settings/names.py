"""The names of all settings, read off the declaration, and which of them is meant by a wrong name.

A setting is a path: `PROFILES__SENIORS__SUFFIX` is ("profiles", "seniors", "suffix"). In names
that are declared for every school or profile, the key is `<key>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from sync.settings import Block, HostStorage, Settings

type Path = tuple[str, ...]

KEY = "<key>"
JSON: Mapping[str, str] = {"schools": "SCHOOLS_JSON", "profiles": "PROFILES_JSON"}
"""What may hold all of a block that has keys, by that block."""

DEFAULTS: Mapping[str, str] = {"school": "schools", "profile": "profiles"}
"""Of which block a default is, by what it is called: `DEFAULTS__SCHOOL__PULL_AT`."""


def _blocks(block: type[Block], above: Path = ()) -> Iterator[tuple[Path, type[Block]]]:
    """Yield every block below *block* but the host's, which has names of its host."""
    for name, declared in block.model_fields.items():
        kind = (declared.annotation, *get_args(declared.annotation))[-1]
        if isinstance(kind, type) and issubclass(kind, Block) and kind is not HostStorage:
            keyed = get_origin(declared.annotation) is not None  # a mapping from keys to blocks
            path = (*above, name, KEY) if keyed else (*above, name)
            yield path, kind
            yield from _blocks(kind, path)


BLOCKS: Mapping[Path, type[Block]] = dict(_blocks(Settings))
"""Where each block of settings hangs, as `Settings` declares it."""

DECLARED: Mapping[Path, FieldInfo] = {
    (*block, name): field
    for block, model in BLOCKS.items()
    for name, field in model.model_fields.items()
    if (*block, name) not in BLOCKS
}

# What the Functions host calls what `HostStorage` holds. A connection string beats an
# address, as in the host itself.
HOST: Mapping[str, Path] = {
    "AzureWebJobsStorage": ("host", "connection"),
    "AzureWebJobsStorage__queueServiceUri": ("host", "queue_url"),
    "AzureWebJobsStorage__accountName": ("host", "queue_url"),
}
_KEYED = {block[0] for block in BLOCKS if KEY in block}
_HEADS = {block[0] for block in BLOCKS} | {"defaults"}
_LONGEST = 100  # characters of a name that are compared: the search is quadratic
_KEY_FORM = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
# Names of Windows's devices are no folders there, and so no names in any store of ours. A profile
# called `defaults` would be one more, where somebody meant what all profiles take.
_NO_KEY = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]|defaults")
_HEAD_FORM = re.compile(r"([a-z]+)(__|_|:|$)")


def written(path: Path) -> str:
    """Return the name of the setting at *path* as the handbook writes it."""
    hosts = [name for name, known in HOST.items() if path and known[: len(path)] == path]
    return hosts[0] if hosts else "__".join(part if part == KEY else part.upper() for part in path)


def is_key(text: str) -> bool:
    """Say whether *text*, in small letters, may be the key of a school or profile.

    Keys become folder names and parts of messages: 1 to 30 letters, digits and hyphens, and neither
    `defaults` nor the name of a device of Windows, such as `aux`.
    """
    return bool(_KEY_FORM.fullmatch(text)) and not _NO_KEY.fullmatch(text)


def path_of(name: str) -> Path | None:
    """Return the path of the setting called *name*, in any case; None if there is none."""
    path = tuple(name.lower().split("__"))
    if path[0] not in _HEADS or not field_of(path):
        return None
    return path if path[0] not in _KEYED or is_key(path[1]) else None


def field_of(path: Path) -> FieldInfo | None:
    """Return the declaration of the setting at *path*; of a default, that of what it stands for."""
    if path[:1] == ("host",):
        return HostStorage.model_fields.get(path[-1])
    return DECLARED.get(_declared(path))


def owner(path: Path) -> Path:
    """Return the longest beginning of *path* that is a setting or a block; () is all settings.

    What pydantic finds fault with may lie below a setting, as the part of a union or of a list
    does, or above all of them, as what a block says of its settings together does.
    """
    for end in range(len(path), 1, -1):
        begins = path[:end]
        if field_of(begins) or _declared(begins) in BLOCKS:
            return begins
    return path[:1] if path[:1] and path[0] in {*_HEADS, "host"} else ()


def _declared(path: Path) -> Path:
    """Return *path* with `<key>` for the key of a school or profile; of a default, likewise."""
    if path[:1] == ("defaults",) and len(path) > 1:
        return (DEFAULTS.get(path[1], ""), KEY, *path[2:])
    return (path[0], KEY, *path[2:]) if len(path) > 1 and path[0] in _KEYED else path


def is_secret(declared: FieldInfo) -> bool:
    """Say whether the value of a setting may never be shown."""
    return declared.annotation is SecretStr or SecretStr in get_args(declared.annotation)


def is_free_text(declared: FieldInfo) -> bool:
    """Say whether the value of a setting is a text, rather than read into something else."""
    return str in {declared.annotation, *get_args(declared.annotation)}


def is_single_text(declared: FieldInfo) -> bool:
    """Say whether the value of a setting is one text, rather than several."""
    return declared.annotation in (str, str | None)


def no_default(path: Path) -> str:
    """Say why there can be no default of the setting at *path*, "" if there can."""
    kind, name, *below = path[1:]
    block, usual = DEFAULTS[kind], (DEFAULTS[kind], KEY, name, *below)
    if reason := BLOCKS[block, KEY].OWN.get(name):
        return f"cannot be a default: {reason}"
    if below:
        return f"cannot be a default: for all schools it is {written(('sds', name, *below))}"
    if is_secret(DECLARED[usual]):
        return f"cannot be a default: each {kind} has its own secret, {written(usual)}"
    if DECLARED[usual].is_required():
        return f"cannot be a default: each {kind} has its own"
    return ""


def example(declared: FieldInfo) -> str:
    """Return the example that the declaration gives."""
    return str((declared.examples or [""])[0])


def bounds(declared: FieldInfo) -> str:
    """Return in words what values the declaration allows, "" where the description says it."""
    if declared.annotation is bool:
        return "true or false"
    if get_origin(declared.annotation) is Literal:
        return " or ".join(get_args(declared.annotation))
    limit = {
        name: bound
        for name in ("ge", "le", "min_length", "max_length")
        for constraint in declared.metadata
        if (bound := getattr(constraint, name, None)) is not None
    }
    if "ge" in limit:
        return f"{limit['ge']} to {limit['le']}"
    if "max_length" in limit:
        return f"{limit.get('min_length', 0)} to {limit['max_length']} characters"
    if "min_length" in limit and is_secret(declared):
        return f"at least {limit['min_length']} characters"
    return ""


def is_meant_for_us(name: str) -> bool:
    """Say whether somebody who set *name* meant a setting of ours, rightly spelt or not.

    The environment is full of others' names, so this looks at the beginning: our prefixes, with
    a single underscore or a colon for two, or nearly our prefixes. `STORAGE_` alone is too common,
    and `DEFAULTS_PATH` is set by desktops of Ubuntu.
    """
    lower = name.lower()
    match = _HEAD_FORM.match(lower)
    if not match:
        return False
    head, mark = match.groups()
    if mark in {"__", ":"}:
        return bool(get_close_matches(head, _HEADS, n=1, cutoff=0.75))
    if head == "storage":
        return lower in {"_".join(path) for path in DECLARED}
    if head == "defaults":
        return lower.startswith(tuple(f"defaults_{kind}" for kind in (*DEFAULTS, "json")))
    ours = head in (_HEADS if mark else _KEYED)
    return ours or bool(get_close_matches(name.upper(), JSON.values(), n=1, cutoff=0.9))


def nearest(name: str) -> str:
    """Return the setting whose name is nearest to *name*, or "" if none is near.

    The key of a school or profile is taken over as it was written.
    """
    parts = re.split("__" if name.count("__") > 1 else "__|_|:", name, maxsplit=2)
    key = parts[1] if len(parts) == 3 and parts[1] else KEY
    names = (*_defaults(), *(written(path).replace(KEY, key) for path in DECLARED), *JSON.values())
    spelt = {name.upper(): name for name in names}
    near = _near(name[:_LONGEST].upper(), list(spelt), is_block=len(parts) == 3)
    return spelt[near[0]] if near else ""


def _near(wanted: str, names: list[str], *, is_block: bool) -> list[str]:
    """Return what lies below *wanted*, if it may be a block of settings, else what is nearest."""
    below = [name for name in names if name.startswith(f"{wanted}__")] if is_block else []
    return below or get_close_matches(wanted, names, n=1, cutoff=0.7)


def _defaults() -> Iterator[str]:
    """Yield the name of each default that there can be."""
    for kind, block in DEFAULTS.items():
        paths = [("defaults", kind, *path[2:]) for path in DECLARED if path[0] == block]
        yield from (written(path) for path in paths if not no_default(path))
