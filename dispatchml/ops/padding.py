"""Padding: values around an array, by every mode of numpy.pad that has a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch import operation
from .conversion import weights_like

__all__ = ["pad", "pad_constant"]

#: Modes in which every new element repeats one of x.
REPEATING = ("edge", "reflect", "symmetric", "wrap")
STATISTICS = ("maximum", "mean", "median", "minimum")


@operation(family="shaping")
def pad_constant(x: Any, *, pad_width: Any = 0, value: Any = 0) -> Any:
    """x with a number, in the units of x, around it. `pad_width` as in numpy.pad, `value` too."""


@operation(family="shaping")
def pad(
    x: Any,
    *,
    pad_width: Any = 0,
    mode: str = "constant",
    constant_values: Any = 0,
    stat_length: Any = None,
    end_values: Any = 0,
    reflect_type: str = "even",
) -> Any:
    """x with new elements around it, in the modes of numpy.pad (not a function as mode). Units: those of x."""


@pad.decompose
def pad_of(
    x: Any,
    *,
    pad_width: Any = 0,
    mode: str = "constant",
    constant_values: Any = 0,
    stat_length: Any = None,
    end_values: Any = 0,
    reflect_type: str = "even",
) -> Any:
    if mode in ("constant", "empty"):
        return ops.pad_constant(x, pad_width=pad_width, value=constant_values if mode == "constant" else 0)
    widths = pairs(pad_width, ops.ndim(x))
    lengths = pairs(stat_length, ops.ndim(x))
    ends = pairs(end_values, ops.ndim(x))
    for axis, width in enumerate(widths):
        if not any(width):
            continue
        if mode in STATISTICS:
            x = with_statistic(x, axis, width, lengths[axis], STATISTICS.index(mode))
        elif mode == "linear_ramp":
            x = with_ramps(x, axis, width, ends[axis])
        elif mode in REPEATING and reflect_type == "odd" and mode in ("reflect", "symmetric"):
            x = mirrored_at_edges(x, axis, width, mode)
        elif mode in REPEATING:
            x = repeated(x, axis, width, mode)
        else:
            raise ValueError(
                f"pad: mode {mode!r} is not one of constant, empty, linear_ramp, {', '.join(REPEATING + STATISTICS)}."
            )
    return x


def pairs(given: Any, ndim: int) -> list[tuple[Any, Any]]:
    """What numpy.pad takes for all axes, as (before, after) for each axis."""
    if isinstance(given, dict):
        full = np.zeros((ndim, 2), int)
        for axis, width in given.items():
            full[axis] = width
        return [tuple(row) for row in full.tolist()]
    if given is None:
        return [(None, None)] * ndim
    return [tuple(row) for row in np.broadcast_to(np.asarray(given), (ndim, 2)).tolist()]


def part(x: Any, axis: int, which: Any) -> Any:
    """A part of x along an axis."""
    return ops.getitem(x, index=(*(slice(None),) * axis, which))


def repeated(x: Any, axis: int, width: tuple[int, int], mode: str) -> Any:
    """x with some of its own slices around it."""
    source = np.pad(np.arange(ops.shape(x)[axis]), width, mode=mode)  # type: ignore[call-overload]
    return part(x, axis, source)


def mirrored_at_edges(x: Any, axis: int, width: tuple[int, int], mode: str) -> Any:
    """Reflections, in sign too, about the edge values: numpy.pad tells the weights of each new slice."""
    n = ops.shape(x)[axis]
    square = np.pad(np.eye(n), (width, (0, 0)), mode=mode, reflect_type="odd")  # type: ignore[call-overload]
    weights = weights_like(square, x)
    last = ops.moveaxis(x, source=axis, destination=-1)
    pieces = [last]
    if width[0]:
        pieces.insert(0, ops.matmul(last, weights[: width[0]].T))
    if width[1]:
        pieces.append(ops.matmul(last, weights[width[0] + n :].T))
    return ops.moveaxis(ops.concatenate(tuple(pieces), axis=-1), source=-1, destination=axis)


def around(x: Any, axis: int, width: tuple[int, int], before: Any, after: Any) -> Any:
    """x between two arrays that are left out where nothing is to be added."""
    pieces = ((before,) if width[0] else ()) + (x,) + ((after,) if width[1] else ())
    return ops.concatenate(pieces, axis=axis)


def with_statistic(x: Any, axis: int, width: tuple[int, int], length: tuple[Any, Any], which: int) -> Any:
    """x between the statistics of its first and last slices."""
    statistic = (ops.max, ops.mean, ops.median, ops.min)[which]
    shape = ops.shape(x)
    first, last = (shape[axis] if k is None else min(k, shape[axis]) for k in length)
    values = (
        statistic(part(x, axis, slice(None, first)), axis=axis, keepdims=True),
        statistic(part(x, axis, slice(shape[axis] - last, None)), axis=axis, keepdims=True),
    )
    wide = (
        ops.broadcast_to(v, shape=(*shape[:axis], w, *shape[axis + 1 :])) for v, w in zip(values, width, strict=True)
    )
    return around(x, axis, width, *wide)


def with_ramps(x: Any, axis: int, width: tuple[int, int], ends: tuple[Any, Any]) -> Any:
    """x between straight lines from its edges to the end values."""
    ndim, n = ops.ndim(x), ops.shape(x)[axis]
    ramps = []
    for w, end, edge in zip(width, ends, (part(x, axis, slice(0, 1)), part(x, axis, slice(n - 1, n))), strict=True):
        share = np.linspace(0.0, 1.0, w, endpoint=False).reshape([-1 if i == axis else 1 for i in range(ndim)])
        target = ops.full_of(x, value=end, shape=())
        ramp = ops.add(target, ops.multiply(ops.subtract(edge, target), weights_like(share, x)))
        ramps.append(ramp if not ramps else ops.flip(ramp, axis=axis))
    return around(x, axis, width, *ramps)
