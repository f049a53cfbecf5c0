"""Transforms that are reached as values, out of lists and arguments: SciPy's are objects that ask a backend."""

from typing import Any

from dispatchml.lift import replaces
from dispatchml.lift.replacing import REPLACEMENTS


@replaces("scipy.fft._backend._ScipyBackend.__ua_function__", versions=">=1.11,<1.19")
def on_traced(method: Any, args: Any, kwargs: Any) -> Any:
    """What stands for a transform."""
    known = REPLACEMENTS.get(f"scipy.fft.{method.__name__}")
    return NotImplemented if known is None else known.function(*args, **kwargs)
