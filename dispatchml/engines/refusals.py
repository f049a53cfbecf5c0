"""Refused conversions are remembered while a transform runs: one that library code swallows comes back at its end.

`try: numpy.asarray(x) except Exception: ...` in a library would otherwise turn a lost derivative into a wrong result.
"""

from __future__ import annotations

from contextvars import ContextVar

#: The refusals since the outermost transform of this context began; None where no transform runs.
REFUSED: ContextVar[list[Exception] | None] = ContextVar("dispatchml_refused", default=None)


def remember(error: Exception) -> None:
    """Note a refusal that is about to be raised."""
    refused = REFUSED.get()
    if refused is not None:
        refused.append(error)


def noted() -> int:
    """How many refusals there are so far."""
    return len(REFUSED.get() or ())


def forget(count: int) -> None:
    """Drop the refusals since there were so many: what was refused is done in another way."""
    refused = REFUSED.get()
    if refused is not None:
        del refused[count:]
