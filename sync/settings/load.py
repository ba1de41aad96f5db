"""App settings → `Settings`: read once, and everything that is wrong said at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from sync.errors import ConfigError
from sync.settings import Settings, faults, names
from sync.settings.faults import KEY_FORM, Given, hidden, printable, quoted, shown
from sync.settings.local_file import json_object
from sync.settings.names import KEY, PROFILES_JSON, Path
from sync.settings.references import unresolved
from sync.settings.storage import STORES

DEFAULT_FOLDER = ".rosters"

_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")  # docs/reference/functions.md#names
_ON_AZURE = {"website_instance_id", "website_site_name"}  # docs/reference/functions.md#on-azure
_ACCOUNT_EXPECTED = "expected a storage account: 3 to 24 small letters and digits"
_URL_EXPECTED = "on Azure give STORAGE__ACCOUNT_URL, such as https://rosters.blob.core.example"


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is read so far, by path, and what is wrong with it, a line each.

    `profiles` are the keys that PROFILES_JSON names, even if it sets nothing for them. `reported`
    are paths, of settings or of whole blocks, whose fault has its line already.
    """

    given: dict[Path, Given] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    profiles: set[str] = field(default_factory=set)
    reported: set[Path] = field(default_factory=set)

    def take(self, path: Path, name: str, value: str) -> None:
        """Take a setting, unless it was given before; a reference must have been resolved."""
        if path in self.given:
            first = printable(self.given[path].name)
            self.faults.append(f"{first} and {printable(name)}: the same setting twice")
            return
        self.given[path] = Given(name, value)
        declared = names.field_of(path)
        if fault := quoted(value, declared) or unresolved(value) or hidden(value, declared):
            self.reported.add(path)
            self.faults.append(f"{printable(name)}: {fault}")

    def has(self, *blocks: str) -> bool:
        """Say whether anything was given under any of *blocks*."""
        return any(path[0] in blocks for path in self.given)


def load(env: Mapping[str, str]) -> Settings:
    """Read the settings out of *env*, the app settings by name; blank values are not set.

    Blanks around a single setting go, as Azure takes them off: a desk reads what the app reads.
    Inside PROFILES_JSON a suffix and a title stay as they were typed.

    Raises:
        ConfigError: something is missing, unknown, contradictory or out of range. The message
            has a line for each fault. What does not go together is found once each setting of
            it is sound.
    """
    present = {name: value for name, value in sorted(env.items()) if value.strip()}
    draft = _Draft()
    _read_names(present, draft)
    _read_profiles_json(present, draft)
    _read_host(present, draft)
    _settle_store(draft, on_azure=any(name.lower() in _ON_AZURE for name in present))
    _need_school_and_profile(draft)
    settings = _validated(draft)
    if settings is None or draft.faults:
        raise ConfigError("\n".join(draft.faults), faults=len(draft.faults))
    return settings


def smallest() -> Iterator[str]:
    """Yield `NAME=example` of the fewest settings that work: a single school and profile."""
    for path, declared in names.DECLARED.items():
        optional = {
            ("schools", KEY, "isams_key"),
            ("profiles", KEY, "year_groups"),
            ("sds", "connector"),
        }
        if declared.is_required() or path in optional:
            key = {"schools": "NORTHBANK", "profiles": "SENIORS"}.get(path[0], "")
            name = names.written(path).replace(KEY, key)
            yield f"{name}={names.example(declared)}"


def _read_names(present: Mapping[str, str], draft: _Draft) -> None:
    for name, value in present.items():
        path = names.path_of(name)
        if path:
            # docs/reference/functions.md#trimmed-settings
            draft.take(path, name, value.strip())
        elif name.upper() != PROFILES_JSON and names.is_meant_for_us(name):
            near = names.nearest(name)
            draft.reported.add((near.partition("_")[0].lower(),))
            draft.faults.append(faults.unknown(name))


def _read_profiles_json(present: Mapping[str, str], draft: _Draft) -> None:
    spellings = [name for name in present if name.upper() == PROFILES_JSON]
    if not spellings:
        return
    name = spellings[0]
    draft.reported.add(("profiles",))
    rivals = [given.name for path, given in draft.given.items() if path[0] == "profiles"]
    if others := spellings[1:] + rivals[:1]:
        way = "give the profiles in one way, not two"
        draft.faults.append(f"{name} and {printable(others[0])}: {way}")
    elif not present[name].lstrip().startswith("{") and (fault := unresolved(present[name])):
        draft.faults.append(f"{name}: {fault}")
    else:
        _take_profiles(name, present[name], draft)


def _take_profiles(source: str, text: str, draft: _Draft) -> None:
    try:
        profiles = json_object(text, source)
    except ConfigError as error:
        draft.faults.extend(str(error).split("\n"))
        return
    if not profiles:
        draft.reported.discard(("profiles",))  # so that the lack of any is told
    for key, values in profiles.items():
        _take_profile(f"{source} {key}", key, values, draft)


def _take_profile(source: str, key: str, values: object, draft: _Draft) -> None:
    if not names.is_key(key.lower()):
        draft.faults.append(f"{printable(source)}: {KEY_FORM}")
        return
    if not isinstance(values, dict):
        expected = 'expected an object such as {"YEAR_GROUPS": "7-13"}'
        draft.faults.append(f"{printable(source)}: {expected}")
        return
    draft.profiles.add(key.lower())
    for name, value in values.items():
        written, usual = f"{source}.{name}", f"PROFILES__{key}__{name}"
        path = names.path_of(usual)
        if not path:
            near = names.nearest(usual).rpartition("__")[2]
            hint = faults.hint(near)
            draft.faults.append(f"{printable(written)}: there is no such setting; {hint}")
        elif not isinstance(value, bool | int | str | None):
            expected = "expected a text; several values stand in one text, with commas"
            draft.faults.append(f"{printable(written)}: {expected}")
        elif value is not None and str(value).strip():
            draft.take(path, written, str(value))


def _read_host(present: Mapping[str, str], draft: _Draft) -> None:
    spelt = {name.lower(): name for name in present}
    known = next((known for known in names.HOST if known.lower() in spelt), None)
    if known is None:
        return
    name = spelt[known.lower()]
    value = present[name].strip()
    if known.endswith("accountName") and not unresolved(value):
        if not _ACCOUNT.fullmatch(value):
            got = shown(value, names.field_of(names.HOST[known]))
            draft.faults.append(f"{name}: got {got}; {_ACCOUNT_EXPECTED}. Example: northbankhost")
            return
        # docs/reference/functions.md#identity-storage
        value = f"https://{value}.queue.core.windows.net"
    draft.take(names.HOST[known], name, value)


def _settle_store(draft: _Draft, *, on_azure: bool) -> None:
    """Put rosters into a folder where nothing is said of them, but never on Azure."""
    folder = ("storage", "folder")
    placed = any(("storage", name) in draft.given for name in STORES)
    if on_azure and folder in draft.given:
        name = printable(draft.given[folder].name)
        lost_with = "a folder is lost with the machine: take it out, and"
        draft.faults.append(f"{name}: {lost_with} {_URL_EXPECTED}")
    lost = on_azure and not placed
    if lost:
        draft.faults.append(f"STORAGE__ACCOUNT_URL: is not set; {_URL_EXPECTED}")
    # On Azure the fault stands; the folder only lets the rest be checked without a second line.
    if lost or not draft.has("storage"):
        draft.given[folder] = Given("STORAGE__FOLDER", DEFAULT_FOLDER)


def _need_school_and_profile(draft: _Draft) -> None:
    there = {"schools": draft.has("schools"), "profiles": draft.has("profiles") or draft.profiles}
    missing = [block for block, is_there in there.items() if not is_there]
    if any((block,) not in draft.reported for block in missing):
        what = " and no ".join(block.removesuffix("s") for block in missing)
        draft.faults.append(f"No {what} is set. The least that works: {'; '.join(smallest())}")
    draft.reported.update({("schools",), ("profiles",)})


def _validated(draft: _Draft) -> Settings | None:
    values = {path: given.value for path, given in draft.given.items()}
    tree: dict[str, object] = {"sds": {}, "storage": {}, **_tree(values)}
    profiles = _tree({path[1:]: text for path, text in values.items() if path[0] == "profiles"})
    tree["profiles"] = {key: {} for key in draft.profiles} | profiles
    tree.setdefault("schools", {})
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        draft.faults.extend(faults.lines(error, draft.given, draft.reported))
        return None


def _tree(values: Mapping[Path, str]) -> dict[str, object]:
    """Return *values* as nested objects: ("sds", "limits", "removed_rows") lies three deep."""
    return {
        head: values[head,]
        if (head,) in values
        else _tree({path[1:]: text for path, text in values.items() if path[0] == head})
        for head in sorted({path[0] for path in values})
    }
