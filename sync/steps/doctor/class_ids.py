"""Whether classes that SDS holds will get other ids, because our rule for them has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.roster.identifiers import renewed_class_id
from sync.sds.titles import titles
from sync.steps.delivery import Delivery
from sync.steps.doctor.checks import Note

_SHOWN = 20  # ids; of more, how many


def with_new_ids(held: Sequence[Delivery]) -> dict[str, str]:
    """Return the id that each class will have whose id is in *held* and nobody makes any more."""
    ids = {class_id for delivery in held for class_id in titles(delivery.files())}
    renewed = {class_id: renewed_class_id(class_id) for class_id in sorted(ids)}
    return {old: new for old, new in renewed.items() if new != old}


def note_of(renewed: Mapping[str, str]) -> Note:
    """Return what is told of *renewed*, and what to do before the delivery is held for it."""
    if not renewed:
        return Note("as they are made today")
    shown = [f"{old} becomes {new}" for old, new in list(renewed.items())[:_SHOWN]]
    more = f" and {len(renewed) - _SHOWN:,} more" if len(renewed) > _SHOWN else ""
    return Note(
        f"our rule changed, so that classes get another id and another Team: {', '.join(shown)}"
        f"{more}",
        "tell who teaches them that a new Team comes and the old one ends; then approve the"
        " delivery that is held as new-ids",
    )
