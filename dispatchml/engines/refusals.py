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
