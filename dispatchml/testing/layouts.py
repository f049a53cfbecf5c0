"""The same numbers in other clothes: memory layouts, precisions and kinds of scalars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


def frozen_copy(x: Any) -> Any:
    """A read-only copy; what is not an array stays as it is."""
    if not isinstance(x, np.ndarray):
        return x
    made = x.copy()
    made.flags.writeable = False
    return made


def fortran_ordered(x: Any) -> Any:
    """The same array with its first index running fastest."""
    return np.asfortranarray(x) if isinstance(x, np.ndarray) and x.ndim > 1 else x


def backwards(x: Any) -> Any:
    """The same array seen through negative strides into a larger, reversed one."""
    if not isinstance(x, np.ndarray) or not x.ndim:
        return x
    turn = (slice(None, None, -1),) * x.ndim
    room = np.empty(tuple(2 * n for n in x.shape), x.dtype)
    part = room[(slice(None, None, 2),) * x.ndim]
    part[...] = x[turn]
    return part[turn]


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "Fortran-ordered": fortran_ordered,
    "negative strides": backwards,
    "read-only": frozen_copy,
}


def single_precision(x: Any) -> Any:
    """float64 as float32 and complex128 as complex64, for arrays and NumPy's scalars."""
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype in (np.float64, np.complex128):
        return x.astype(np.float32 if x.dtype == np.float64 else np.complex64)
    return x


def scalars_of(arguments: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """For elementwise operations: the first elements as Python's numbers, as NumPy's scalars and as 0-d arrays."""
    first = [x.reshape(-1)[0] if isinstance(x, np.ndarray) else x for x in arguments]
    yield "Python's numbers", tuple(x.item() if isinstance(x, np.generic) else x for x in first)
    yield "NumPy's scalars", tuple(first)
    yield "0-d arrays", tuple(np.array(x) for x in first)


def broadcasts_of(arguments: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """For elementwise operations: empty arrays, and each argument in turn cut to size 1 against the others."""
    arrays = [k for k, x in enumerate(arguments) if isinstance(x, np.ndarray) and x.ndim]
    if not arrays:
        return
    yield "empty", tuple(x[:0] if k in arrays else x for k, x in enumerate(arguments))
    if len(arguments) > 1:
        for k in arrays:
            one = arguments[k][(slice(0, 1),) * arguments[k].ndim]
            yield f"argument {k} of size 1", tuple(one if m == k else x for m, x in enumerate(arguments))
            yield (
                f"argument {k} one number",
                tuple(one.reshape(-1)[0] if m == k else x for m, x in enumerate(arguments)),
            )
