"""What a log could show of an error."""

from __future__ import annotations

import traceback
from collections.abc import Iterable


def tells_none_of(canaries: Iterable[str], error: BaseException) -> bool:
    """Look at all that a log could show of *error*; code lines are ours and free to show."""
    shown = [str(error), repr(error), repr(getattr(error, "facts", {}))]
    shown += traceback.TracebackException.from_exception(error).format_exception_only()
    seen: BaseException | None = error
    while seen is not None:
        shown.append(repr(seen))
        seen = seen.__cause__ or seen.__context__
    return not any(canary.lower() in text.lower() for canary in canaries for text in shown)
