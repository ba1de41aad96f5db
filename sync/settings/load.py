"""App settings → `Settings`: read once, and everything that is wrong said at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from sync.errors import ConfigError
from sync.settings import PLACES, Settings, names
from sync.settings import faults as setting_faults
from sync.settings.faults import KEY_FORM, UNRESOLVED, Given, plain, shown
from sync.settings.names import KEY, PROFILES_JSON, Path

LOCAL_FILE = "local.settings.json"
DEFAULT_FOLDER = ".rosters"

_REFERENCE = "@microsoft.keyvault("
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_ON_AZURE = {"website_instance_id", "website_site_name"}
_ACCOUNT_EXPECTED = "expected a storage account: 3 to 24 small letters and digits"
_URL_EXPECTED = "on Azure give STORAGE__ACCOUNT_URL, such as https://rosters.blob.core.example"


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is read so far, by path, and what is wrong with it, a line each.

    `profiles` are the keys that PROFILES_JSON names, even if it sets nothing for them. `said`
    are paths, of settings or of whole groups, whose fault has its line already.
    """

    given: dict[Path, Given] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    profiles: set[str] = field(default_factory=set)
    said: set[Path] = field(default_factory=set)

    def take(self, path: Path, name: str, value: str) -> None:
        if path in self.given:
            first = plain(self.given[path].name)
            self.faults.append(f"{first} and {plain(name)}: the same setting twice")
            return
        self.given[path] = Given(name, value)
        if _is_reference(value):
            self.said.add(path)
            self.faults.append(f"{plain(name)}: {UNRESOLVED}")


def load(env: Mapping[str, str]) -> Settings:
    """Read the settings out of *env*, the app settings by name; blank values are not set.

    Raises:
        ConfigError: something is missing, unknown, contradictory or out of range. The message
            has a line for each fault. What does not go together is found once each setting of
            it is sound.
    """
    present = {name: value for name, value in sorted(env.items()) if value.strip()}
    reading = _Reading()
    _read_names(present, reading)
    _read_profiles_json(present, reading)
    _read_host(present, reading)
    _place_store(present, reading)
    _need_school_and_profile(reading)
    settings = _validated(reading)
    if settings is None or reading.faults:
        raise ConfigError("\n".join(reading.faults), faults=len(reading.faults))
    return settings


def with_local_file(env: Mapping[str, str], text: str | None) -> dict[str, str]:
    """Return *env* with the `Values` of *text*, a local.settings.json, for what it does not set.

    None means that there is no such file. A blank value in *env* is not set.

    Raises:
        ConfigError: the file is not what the Functions tools write; it names the file.
    """
    if text is None:
        return dict(env)
    whole = _json(text.removeprefix("\ufeff"), LOCAL_FILE)
    if whole.get("IsEncrypted"):
        raise ConfigError(f"{LOCAL_FILE}: is encrypted. Run `func settings decrypt` first")
    values = whole.get("Values")
    if not isinstance(values, dict):
        raise ConfigError(f'{LOCAL_FILE}: expected an object "Values" with a text for each name')
    merged = {name: value for name, value in env.items() if value.strip()}
    set_already = {name.lower() for name in merged}
    for name, value in values.items():
        if not isinstance(value, str):
            raise ConfigError(f"{LOCAL_FILE}: {plain(name)}: expected a text in quotation marks")
        if name.lower() not in set_already:
            merged[name] = value
    return merged


def smallest() -> Iterator[str]:
    """Yield `NAME=example` of the fewest settings that work: one school, one profile."""
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


def _is_reference(value: str) -> bool:
    return value.strip().lower().startswith(_REFERENCE)


def _read_names(present: Mapping[str, str], reading: _Reading) -> None:
    for name, value in present.items():
        path = names.path_of(name)
        if path:
            reading.take(path, name, value)
        elif name.upper() != PROFILES_JSON and names.is_meant_for_us(name):
            near = names.nearest(name)
            reading.said.add((near.partition("_")[0].lower(),))
            reading.faults.append(setting_faults.unknown(name))


def _read_profiles_json(present: Mapping[str, str], reading: _Reading) -> None:
    found = [name for name in present if name.upper() == PROFILES_JSON]
    rivals = [given.name for path, given in reading.given.items() if path[0] == "profiles"]
    if not found:
        return
    reading.said.add(("profiles",))
    if len(found) + len(rivals[:1]) > 1:
        first, second = (found + rivals)[:2]
        reading.faults.append(f"{first} and {plain(second)}: give the profiles in one way, not two")
    elif _is_reference(present[found[0]]):
        reading.faults.append(f"{found[0]}: {UNRESOLVED}")
    else:
        try:
            profiles = _json(present[found[0]], found[0])
        except ConfigError as error:
            reading.faults.append(str(error))
            return
        if not profiles:
            reading.said.discard(("profiles",))
        for key, values in profiles.items():
            _take_profile(f"{found[0]} {key}", key, values, reading)


def _take_profile(source: str, key: str, values: object, reading: _Reading) -> None:
    if not names.is_key(key.lower()):
        reading.faults.append(f"{plain(source)}: {KEY_FORM}")
        return
    if not isinstance(values, dict):
        expected = 'expected an object such as {"YEAR_GROUPS": "7-13"}'
        reading.faults.append(f"{plain(source)}: {expected}")
        return
    reading.profiles.add(key.lower())
    for name, value in values.items():
        written, usual = f"{source}.{name}", f"PROFILES__{key}__{name}"
        path = names.path_of(usual)
        if not path:
            near = names.nearest(usual).rpartition("__")[2]
            hint = setting_faults.hint(near)
            reading.faults.append(f"{plain(written)}: there is no such setting; {hint}")
        elif not isinstance(value, bool | int | str | None):
            expected = "expected a text; several values stand in one text, with commas"
            reading.faults.append(f"{plain(written)}: {expected}")
        elif value is not None and str(value).strip():
            reading.take(path, written, str(value))


def _json(text: str, source: str) -> dict[str, object]:
    """Return the object that *text* holds. A name that comes twice is refused, not overwritten."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        seen = set[str]()
        for name, _ in pairs:
            if name.lower() in seen:
                raise ConfigError(f"{source}: {plain(name)}: the same name twice")
            seen.add(name.lower())
        return dict(pairs)

    try:
        whole: object = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(f"{source}: is not JSON: {error.msg}, {where}") from None
    except (ValueError, RecursionError):  # a number of thousands of digits; endless brackets
        raise ConfigError(f"{source}: is not JSON that can be read") from None
    if not isinstance(whole, dict):
        raise ConfigError(f"{source}: expected a JSON object, in curly brackets")
    return whole


def _read_host(present: Mapping[str, str], reading: _Reading) -> None:
    spelt = {name.lower(): name for name in present}
    found = [known for known in names.HOST if known.lower() in spelt]
    if not found:
        return
    name, path = spelt[found[0].lower()], names.HOST[found[0]]
    value = present[name].strip()
    if found[0].endswith("accountName") and not _is_reference(value):
        if not _ACCOUNT.fullmatch(value):
            got = shown(value, secret=False)
            reading.faults.append(f"{name}: got {got}; {_ACCOUNT_EXPECTED}. Example: northbankhost")
            return
        value = f"https://{value}.queue.core.windows.net"
    reading.take(path, name, value)


def _place_store(present: Mapping[str, str], reading: _Reading) -> None:
    folder = ("storage", "folder")
    on_azure = any(name.lower() in _ON_AZURE for name in present)
    placed = any(("storage", name) in reading.given for name in PLACES)
    if on_azure and folder in reading.given:
        name = plain(reading.given[folder].name)
        reading.faults.append(f"{name}: a folder is lost with the machine; {_URL_EXPECTED}")
    if on_azure and not placed:
        reading.faults.append(f"STORAGE__ACCOUNT_URL: is not set; {_URL_EXPECTED}")
    # On Azure the fault stands; the folder only lets the rest be checked without a second line.
    if (on_azure and not placed) or not any(path[0] == "storage" for path in reading.given):
        reading.given[folder] = Given("STORAGE__FOLDER", DEFAULT_FOLDER)


def _need_school_and_profile(reading: _Reading) -> None:
    groups = {path[0] for path in reading.given} | ({"profiles"} if reading.profiles else set())
    missing = [group for group in ("schools", "profiles") if group not in groups]
    if any((group,) not in reading.said for group in missing):
        what = " and no ".join(group.removesuffix("s") for group in missing)
        reading.faults.append(f"No {what} is set. The least that works: {'; '.join(smallest())}")
    reading.said.update({("schools",), ("profiles",)})


def _validated(reading: _Reading) -> Settings | None:
    values = {path: given.value for path, given in reading.given.items()}
    tree: dict[str, object] = {"sds": {}, "storage": {}, **_tree(values)}
    profiles = _tree({path[1:]: text for path, text in values.items() if path[0] == "profiles"})
    tree["profiles"] = {key: {} for key in reading.profiles} | profiles
    tree.setdefault("schools", {})
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        reading.faults.extend(setting_faults.lines(error, reading.given, reading.said))
        return None


def _tree(values: Mapping[Path, str]) -> dict[str, object]:
    """Return *values* as nested objects: ("sds", "limits", "removed_rows") lies three deep."""
    return {
        head: values[head,]
        if (head,) in values
        else _tree({path[1:]: text for path, text in values.items() if path[0] == head})
        for head in sorted({path[0] for path in values})
    }
