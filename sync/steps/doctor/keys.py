"""The keys of the app: nothing can be tried from inside, but one thing must be said."""

from __future__ import annotations

from collections.abc import Iterator

from sync.settings import Settings
from sync.steps.doctor.checks import Check, Note

# docs/reference/functions.md#key-scopes
_TOLD = (
    "a host key opens every address, approving and names included: before an upgrade renew each"
    " that was given out, and give people the keys of functions: docs/deploying.md, Keys"
)


def check_keys(settings: Settings) -> Iterator[Check]:
    """Say what a host key opens; nothing of a folder, which no app works on."""
    if settings.storage.folder is None:
        yield Check("keys of the app", Note(_TOLD))
