"""Whether Teams will be called otherwise because a suffix lost, or got back, a blank before it."""

from __future__ import annotations

from sync.roster.identifiers import id_behind, is_tutor_group, kind_of
from sync.sds.titles import joined_anew, titles
from sync.settings import ProfileSettings, Settings
from sync.settings.class_kinds import TITLE_OF
from sync.steps.delivery import Delivery, newest_set
from sync.steps.doctor.checks import Note

type Changes = dict[str, tuple[str, str]]
"""Old and new title, by the id of the class."""

_NEXT = (
    "if the new titles are right, nothing: the next delivery brings them. Else write {suffix} into"
    " the titles as it shall stand, with a blank or a hyphen before it"
)


def changed_titles(settings: Settings, connector: str, held: Delivery) -> Changes:
    """Return the titles in *held*, the newest that SDS may hold of *connector*, to be changed."""
    sent = titles(held.files())
    changes: Changes = {}
    for key in settings.connectors()[connector]:
        profile, newest = settings.profiles[key], newest_set(held.store, key)
        if profile.suffix and newest:
            of_profile = titles(newest.read_files(newest.manifest().files))
            changes |= _changes(profile, {k: sent[k] for k in of_profile if k in sent})
    return changes


def _changes(profile: ProfileSettings, sent: dict[str, str]) -> Changes:
    anew = {class_id: _anew(profile, class_id, title) for class_id, title in sent.items()}
    return {key: (sent[key], title) for key, title in anew.items() if title != sent[key]}


def _anew(profile: ProfileSettings, class_id: str, title: str) -> str:
    """Return a class's *title* with its suffix joined as today; an id behind it is no suffix."""
    before = title.removesuffix(id_behind(class_id))
    template = getattr(profile, TITLE_OF[kind_of(class_id)])
    return joined_anew(before, profile.suffix, template) + title.removeprefix(before)


def note_of(changes: Changes) -> Note:
    """Return what is told of *changes*: never the name of a tutor."""
    if not changes:
        return Note("stay as they are")
    shown = next((pair for key, pair in changes.items() if not is_tutor_group(key)), None)
    example = f", such as {shown[0]!r}: {shown[1]!r}" if shown else ""
    return Note(f"titles that will be others: {len(changes)}{example}", _NEXT)
