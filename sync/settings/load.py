"""App settings → `Settings`: read once, and everything that is wrong said at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from sync.errors import ConfigError
from sync.settings import Settings, faults, names
from sync.settings.block_json import read_json
from sync.settings.defaults import hand_out
from sync.settings.draft import Draft
from sync.settings.faults import Given, printable, shown
from sync.settings.local_file import with_local_file
from sync.settings.names import KEY, Path
from sync.settings.references import unresolved
from sync.settings.storage import STORES

DEFAULT_FOLDER = ".rosters"

_WRITER = frozenset({"write_client_id", "write_client_secret"})
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")  # docs/reference/functions.md#names
_ON_AZURE = {"website_instance_id", "website_site_name"}  # docs/reference/functions.md#on-azure
_ACCOUNT_EXPECTED = "expected a storage account: 3 to 24 small letters and digits"
_URL_EXPECTED = "on Azure give STORAGE__ACCOUNT_URL, such as https://rosters.blob.core.example"


def load(env: Mapping[str, str], local: str | None = None) -> Settings:
    """Read the settings out of *env*, the app settings by name; blank values are not set.

    What *env* does not set is taken from *local*, the text of a local.settings.json.

    Blanks around a single setting go, as Azure takes them off: a desk reads what the app reads.
    Inside SCHOOLS_JSON and PROFILES_JSON a suffix and a title stay as they were typed. The byte
    order mark that Windows puts before a text is no part of it.

    Raises:
        ConfigError: something is missing, unknown, contradictory or out of range. The message
            has a line for each fault. What does not go together is found once each setting of
            it is sound.
    """
    values, faults_of_file = with_local_file(env, local)
    texts = {name: values[name].removeprefix("\ufeff") for name in sorted(values)}
    present = {name: text for name, text in texts.items() if text.strip()}
    draft = Draft(faults=faults_of_file)
    _read_names(present, draft)
    for block in names.JSON:
        read_json(block, present, draft)
    _read_host(present, draft)
    on_azure = any(name.lower() in _ON_AZURE for name in present)
    _settle_store(draft, on_azure=on_azure)
    _keep_writer_here(draft, env, on_azure=on_azure)
    _need_school_and_profile(draft)
    hand_out(draft)
    settings = _validated(draft)
    if settings is None or draft.faults:
        lines = dict.fromkeys(draft.faults)  # a default is the same fault in each that takes it
        raise ConfigError("\n".join(lines), faults=len(lines))
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


def _read_names(present: Mapping[str, str], draft: Draft) -> None:
    for name, value in present.items():
        path = names.path_of(name)
        if path and path[0] == "defaults" and (fault := names.no_default(path)):
            draft.faults.append(f"{printable(name)}: {fault}")
        elif path:
            # docs/reference/functions.md#trimmed-settings
            draft.take(path, name, value.strip())
        elif name.upper() not in names.JSON.values() and names.is_meant_for_us(name):
            near = names.nearest(name)
            draft.reported.add((near.partition("_")[0].lower(),))
            draft.faults.append(faults.unknown(name))


def _read_host(present: Mapping[str, str], draft: Draft) -> None:
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


def _settle_store(draft: Draft, *, on_azure: bool) -> None:
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
    if lost or not draft.of("storage"):
        draft.given[folder] = Given("STORAGE__FOLDER", DEFAULT_FOLDER)


def _keep_writer_here(draft: Draft, env: Mapping[str, str], *, on_azure: bool) -> None:
    """Refuse the client that may write iSAMS on Azure, and out of a file that may be published.

    `func azure functionapp publish --publish-local-settings` carries that file to Azure.
    """
    here = {name.lower() for name, value in env.items() if value.strip()}
    for path, given in draft.given.items():
        if path[-1] not in _WRITER or not (on_azure or given.name.split()[0].lower() not in here):
            continue
        where = "on Azure" if on_azure else "from a file"
        draft.faults.append(
            f"{printable(given.name)}: a client that may write iSAMS is not taken {where}: take it"
            " out, and set it in the environment of the machine where `isams-sync addresses` is"
            " typed"
        )


def _need_school_and_profile(draft: Draft) -> None:
    missing = [block for block in names.JSON if not draft.keys(block)]
    if any((block,) not in draft.reported for block in missing):
        what = " and no ".join(block.removesuffix("s") for block in missing)
        draft.faults.append(f"No {what} is set. The least that works: {'; '.join(smallest())}")
    draft.reported.update({("schools",), ("profiles",)})


def _validated(draft: Draft) -> Settings | None:
    values = {path: one.value for path, one in draft.given.items() if path[0] != "defaults"}
    tree: dict[str, object] = {"sds": {}, "storage": {}, **_tree(values)}
    tree["defaulted"] = {path for path, one in draft.given.items() if one.taken_by}
    for block in names.JSON:
        sound = _tree({path[1:]: text for path, text in values.items() if path[0] == block})
        tree[block] = {key: {} for key in sorted(draft.keys(block))} | sound
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        draft.faults.extend(faults.lines(error, draft.given, draft.places, draft.reported))
        return None


def _tree(values: Mapping[Path, str]) -> dict[str, object]:
    """Return *values* as nested objects: ("sds", "limits", "removed_rows") lies three deep."""
    return {
        head: values[head,]
        if (head,) in values
        else _tree({path[1:]: text for path, text in values.items() if path[0] == head})
        for head in sorted({path[0] for path in values})
    }
