"""Operations that choose among uncertain numbers: by value, and what is chosen is the number itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..dispatch.operation import Operation
from .values import as_objects, values_of

if TYPE_CHECKING:
    from .numbers import Uncertain

#: Operations that hand out some of the numbers themselves, chosen by value: operation -> positions of what is chosen.
CHOOSING: dict[str, Callable[..., Any]] = {}


def chooses(*names: str) -> Callable[[Any], Any]:
    """Declare what hands out numbers for operations of these names."""

    def add(f: Any) -> Any:
        CHOOSING.update((name, f) for name in names)
        return f

    return add


@chooses("max", "min")
def extremum(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """The number with the largest (smallest) value, the first of equal ones; NumPy's keywords."""
    position = ops.argmax if op.name == "max" else ops.argmin

    def chosen(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        values, shape = values_of(x, known), x.shape
        axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, (int, np.integer)) else tuple(axis)
        axes = tuple(a % x.ndim for a in axes)
        rest = tuple(a for a in range(x.ndim) if a not in axes)
        kept = tuple(shape[a] for a in rest)
        order = (*rest, *axes)
        rows, flat = (np.reshape(np.transpose(v, order), (*kept, -1)) for v in (values, x))
        where = np.asarray(position(rows, axis=-1))
        y = np.take_along_axis(flat, where[..., None], axis=-1)[..., 0]
        if keepdims:
            return np.reshape(y, tuple(1 if a in axes else n for a, n in enumerate(shape)))
        return y if y.ndim else y[()]

    return chosen


@chooses("sort", "partition")
def sorted_by_value(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """The numbers in the order of their values."""
    positions = ops.argsort if op.name == "sort" else ops.argpartition

    def ordered(x: Any, *, axis: Any = -1, **keywords: Any) -> Any:
        if axis is None:
            x, axis = np.ravel(x), -1
        return np.take_along_axis(x, positions(values_of(x, known), axis=axis, **keywords), axis=axis)

    return ordered


@chooses("maximum", "minimum", "fmax", "fmin")
def larger_or_smaller(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """One of two numbers by value, the first of equal ones."""

    def chosen(a: Any, b: Any) -> Any:
        first, second = values_of(a, known), values_of(b, known)
        y = op.function(first, second)
        takes_first = np.logical_or(np.equal(first, y), np.logical_and(first != first, y != y))
        made = np.where(takes_first, as_objects(a), as_objects(b))
        return made if made.ndim else made[()]

    return chosen
