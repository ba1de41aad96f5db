"""Our clock against another's: a token or a signature is only good at its time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sync.errors import SyncError
from sync.steps.doctor.checks import Note

MUCH = timedelta(minutes=2)
# docs/reference/sds.md#clock-skew
TOO_MUCH = timedelta(minutes=5)  # Entra's tolerance; storage gives 15 minutes


def compared(ours: datetime, theirs: datetime, wrong: type[SyncError]) -> Note:
    """Say how far *ours* is from *theirs*, both aware; raise *wrong* if it is too far."""
    off = abs(ours - theirs)
    off_s = off.total_seconds()
    side = "ahead" if ours > theirs else "behind"
    text = f"{off_s / 60:.1f} minutes {side}" if off > MUCH else f"within {max(off_s, 1):.0f} s"
    mend = "let the machine's clock be set from the network"
    if off > TOO_MUCH:
        raise wrong(
            f"this machine's clock is {text}, more than sign-ins allow: {mend}",
            off_s=round((ours - theirs).total_seconds()),
        )
    return Note(text, mend if off > MUCH else "")
