"""Whether an operation is possible on one element of a batch.

A batch rule works on arrays with an axis more. Where an element has too few axes, NumPy takes the batch for one of them
(the inverse of three vectors of length three); sizes of 1 are stretched that should not be. So the operation itself is
run once on a plain array in the shape of an element, for each shape and setting, and its error is the batch's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.operation import Operation
from .views import numbers_of

#: Elementwise operations broadcast by a rule of the engine; indices have positions, which are checked by their rules.
CHECKED = frozenset({"linalg", "fft", "scans", "reductions", "shaping"})
#: Elements up to which a trial is made.
LARGE = 1_000_000
#: Calls that were found possible; forgotten as a whole when there are many.
POSSIBLE: set[Any] = set()
MANY = 4096


def check_element(
    op: Operation, arguments: tuple[Any, ...], flags: tuple[bool, ...], keywords: dict[str, Any], variadic: bool
) -> None:
    """Raise what the operation raises for arrays in the shapes of one element. flags: which arguments are batched."""
    forms = []
    for x, flag in zip(arguments, flags, strict=True):
        shape = ops.shape(x)
        forms.append((shape[1:] if flag else shape, ops.dtype(x)))
    key: Any = (op, tuple(forms), tuple(keywords.items()))
    try:
        if key in POSSIBLE:
            return
    except TypeError:  # a list or an array among the settings
        key = None
    if not all(is_plain(x) for x in arguments) or sum(int(np.prod(shape)) for shape, _ in forms) > LARGE:
        return
    trial = tuple(stand_in(shape, dtype) for shape, dtype in forms)
    try:
        with np.errstate(all="ignore"):
            op.function(trial, **keywords) if variadic else op.function(*trial, **keywords)
    except np.linalg.LinAlgError:
        return  # of the numbers of the stand-in
    if key is not None:
        if len(POSSIBLE) >= MANY:
            POSSIBLE.clear()
        POSSIBLE.add(key)


def is_plain(x: Any) -> bool:
    """Whether the numbers of a value are in a plain array that is not of objects, or are one number."""
    inner = numbers_of(x)
    return type(inner) is np.ndarray and inner.dtype.kind != "O" or isinstance(inner, (np.generic, float, complex, int))


def stand_in(shape: tuple[int, ...], dtype: Any) -> Any:
    """An array of a shape and dtype with different numbers, whose matrices are regular."""
    last = shape[-2:]
    numbers = np.linspace(1.0, 2.0, int(np.prod(last))).reshape(last)
    if len(last) == 2:
        numbers = numbers + 2 * (max(last) + 1) * np.eye(*last)
    return np.broadcast_to(numbers.astype(dtype), shape)
