"""Cosine and sine transforms of types 1 to 4.

With `orthogonalize` a transform is a number times an orthogonal matrix, and its adjoint is its inverse in the other
norm. Without, the first (or last) numbers that go in or come out are scaled by the root of 2: a product beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.lift import plainly, replaces
from dispatchml.rules import batch, linear
from dispatchml.rules.fft import OTHER_NORM, resized

from ..arguments import array

INVERSE = {"dct": "idct", "dst": "idst", "idct": "dct", "idst": "dst"}
#: Which numbers a transform scales that is not orthogonal: (of what goes in, of what comes out), as indices.
SCALED = {
    ("dct", 1): ((0, -1), (0, -1)), ("dct", 2): ((), (0,)), ("dct", 3): ((0,), ()), ("dct", 4): ((), ()),
    ("dst", 1): ((), ()), ("dst", 2): ((), (-1,)), ("dst", 3): ((-1,), ()), ("dst", 4): ((), ()),
}  # fmt: skip


@operation(family="fft")
def orthogonal_transform(x: Any, *, name: str = "dct", type: int = 2, axis: int = -1, norm: Any = None) -> Any:
    """scipy.fft.dct, idct, dst or idst with orthogonalize=True; the axis is negative."""


@orthogonal_transform.register
@plainly
def orthogonal_transform_of_arrays(
    x: np.ndarray, *, name: str = "dct", type: int = 2, axis: int = -1, norm: Any = None
) -> Any:
    return getattr(scipy.fft, name)(x, type=type, axis=axis, norm=norm, orthogonalize=True)


def orthogonal_transpose(ct: Any, like: Any, *, name: str, type: int, axis: int, norm: Any) -> Any:
    """The inverse, with the scale on the other side."""
    return orthogonal_transform(ct, name=INVERSE[name], type=type, axis=axis, norm=OTHER_NORM[norm])


linear(orthogonal_transform, transpose=orthogonal_transpose)


@batch(orthogonal_transform)
def batched_transform(arguments: Any, batched: Any, size: int, **keywords: Any) -> Any:
    """The same: the axis counts from the end."""
    return orthogonal_transform(arguments[0], **keywords)


def scaled(x: Any, which: tuple[int, ...], factor: float, axis: int) -> Any:
    """Some numbers along an axis times a factor."""
    if not which:
        return x
    kind = ops.dtype(x)
    weights = np.ones(ops.shape(x)[axis], kind if kind.kind == "f" else np.empty(0, kind).real.dtype)
    weights[list(which)] *= factor
    return x * weights.reshape((-1,) + (1,) * (-1 - axis))


def transformed(x: Any, name: str, type: int, n: Any, axis: int, norm: Any, orthogonalize: Any) -> Any:
    """One transform along one axis."""
    x = array(x)
    if ops.dtype(x).kind in "biu":
        x = ops.astype(x, dtype=np.dtype(np.float64))
    if ops.dtype(x).kind == "c":  # SciPy takes complex numbers apart, too
        real, imaginary = (transformed(v, name, type, n, axis, norm, orthogonalize) for v in (np.real(x), np.imag(x)))
        return real + 1j * imaginary
    axis = axis % ops.ndim(x) - ops.ndim(x)
    x = x if n is None else resized(x, axis, int(n))
    ends = SCALED[name.removeprefix("i"), type]
    if norm == "ortho" if orthogonalize is None else orthogonalize:
        ends = ((), ())
    before, after, root = (*ends, 2**0.5)
    if name in ("idct", "idst"):
        before, after = after, before
    x = scaled(x, before, 1 / root, axis)
    return scaled(orthogonal_transform(x, name=name, type=type, axis=axis, norm=norm), after, root, axis)


def declare(name: str) -> None:
    """The transform along one axis, and along several."""

    @replaces(f"scipy.fft.{name}")
    def along_one(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):
        return transformed(x, name, int(type), n, int(axis), norm, orthogonalize)

    @replaces(f"scipy.fft.{name}n")
    def along_several(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, orthogonalize=None):
        x = array(x)
        rank = ops.ndim(x)
        s = None if s is None else [int(n) for n in np.atleast_1d(s)]
        if axes is None:
            axes = range(rank) if s is None else range(rank - len(s), rank)
        for k, axis in enumerate(int(a) for a in np.atleast_1d(axes)):
            x = transformed(x, name, int(type), None if s is None else s[k], axis, norm, orthogonalize)
        return x


for name in INVERSE:
    declare(name)
