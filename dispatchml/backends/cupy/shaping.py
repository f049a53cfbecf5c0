"""Shaping and products that CuPy spells in another way."""

from __future__ import annotations

from typing import Any

import numpy as np

from .methods import beside_arrays, method


@method("reshape")
def reshape(lib: Any, x: Any, *, shape: Any, order: str) -> Any:
    if order not in ("C", "F"):
        raise ValueError(
            f'reshape: order is "C" or "F", not {order!r}: the others depend on how the array lies in memory.'
        )
    return x.reshape(shape, order=order)


@method("transpose")
def transpose(lib: Any, x: Any, *, axes: Any) -> Any:
    return lib.xp.transpose(x, axes)


@method("broadcast_to")
def broadcast_to(lib: Any, x: Any, *, shape: Any) -> Any:
    return lib.xp.broadcast_to(x, shape if isinstance(shape, tuple) else (shape,))


@method("tile")
def tile(lib: Any, x: Any, *, reps: Any) -> Any:
    return lib.xp.tile(x, reps)


@method("diagonal")
def diagonal(lib: Any, x: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    return lib.xp.diagonal(x, offset, axis1, axis2)


def alike(lib: Any, arrays: Any, dtype: Any) -> list[Any]:
    """Arrays of one dtype, in which Python's numbers are weak."""
    if dtype is None:
        dtype = np.result_type(*(a.dtype if isinstance(a, lib.ndarray) else a for a in arrays))
    return [lib.xp.asarray(a).astype(dtype, copy=False) for a in arrays]


@method("concatenate")
def concatenate(lib: Any, arrays: Any, *, axis: Any, dtype: Any) -> Any:
    return lib.xp.concatenate(alike(lib, arrays, dtype), axis=axis)


@method("stack")
def stack(lib: Any, arrays: Any, *, axis: Any, dtype: Any) -> Any:
    return lib.xp.stack(alike(lib, arrays, dtype), axis=axis)


@method("pad")
def pad(lib: Any, x: Any, *, pad_width: Any, mode: str, **keywords: Any) -> Any:
    from ..numpy.shaping import KEYWORDS

    named = {KEYWORDS[mode]: keywords[KEYWORDS[mode]]} if mode in KEYWORDS else {}
    return lib.xp.pad(x, pad_width, mode="constant" if mode == "empty" else mode, **named)


@method("einsum")
def einsum(lib: Any, arrays: Any, *, subscripts: str, optimize: Any) -> Any:
    return lib.xp.einsum(subscripts, *beside_arrays(lib, arrays), optimize=bool(optimize) and len(arrays) > 2)


@method("vecdot")
def vecdot(lib: Any, a: Any, b: Any, *, axis: int) -> Any:
    """The sum of conj(a) b along an axis."""
    a, b = beside_arrays(lib, (a, b))
    if a.shape[axis] != b.shape[axis]:
        raise ValueError(f"the vectors have {a.shape[axis]} and {b.shape[axis]} components")
    return lib.xp.sum((lib.xp.conj(a) if a.dtype.kind == "c" else a) * b, axis=axis)


@method("multi_dot")
def multi_dot(lib: Any, arrays: Any) -> Any:
    """The product of several matrices, from left to right, or from the right where a vector is last."""
    if arrays[-1].ndim == 1 and arrays[0].ndim == 2:
        y = arrays[-1]
        for a in reversed(arrays[:-1]):
            y = lib.xp.matmul(a, y)
        return y
    y = arrays[0]
    for a in arrays[1:]:
        y = lib.xp.matmul(y, a)
    return y
