"""New sparse arrays of the kind of another: zeros and seeds live on the pattern."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops, primal
from dispatchml.dispatch.errors import TangentMismatchError, at_user_line

from .foreign import put_together
from .numbers import (
    Stacked,
    assemble,
    foreign_inside,
    is_sparse,
    numbers_at,
    numbers_inside,
    pattern_of,
    values,
    with_axes,
)
from .pattern import PYDATA, Pattern, fitting_kind
from .view import densified, view


def parts(x: Any) -> tuple[Any, Pattern]:
    """Numbers and pattern; a batch stays one."""
    if type(x) is Stacked:
        return x.data, x.pattern
    p = pattern_of(x)
    return values(x, pattern=p), p


def floating(kind: Any) -> Any:
    """The dtype of a derivative."""
    return kind if kind.kind in "fc" else np.dtype(np.float64)


def zeros_like(x: Any, *, dtype: Any = None) -> Any:
    """Stored zeros on the pattern, and zero elsewhere."""
    data, p = parts(x)
    return assemble(ops.zeros_like(data, dtype=dtype), pattern=p.zero)


def one_like(x: Any) -> Any:
    """The seed of a derivative: ones on the pattern, and zero elsewhere."""
    data, p = parts(x)
    return assemble(ops.one_like(data), pattern=p.zero)


def full_like(x: Any, *, value: Any = 0, dtype: Any = None) -> Any:
    """One number everywhere: as the fill value too, or dense for SciPy's classes."""
    data, p = parts(x)
    if p.kind not in PYDATA and np.any(np.asarray(value) != 0):
        return ops.full_like(densified("full_like", x), value=value, dtype=dtype)
    fill = np.asarray(value, ops.dtype(data) if dtype is None else dtype)[()]
    return assemble(ops.full_like(data, value=value, dtype=dtype), pattern=p.with_fill(fill))


def ones_like(x: Any, *, dtype: Any = None) -> Any:
    """Ones everywhere."""
    return full_like(x, value=1, dtype=dtype)


def of_shape(x: Any, value: Any, shape: Any, dtype: Any) -> Any:
    """One number in another shape: the pattern stays where the shape does, numbers are plain."""
    data, p = parts(x)
    kind = np.dtype(dtype) if dtype is not None else ops.dtype(data)
    wanted = ops.shape(x) if shape is None else tuple(shape)
    if not wanted:
        return kind.type(value)
    if wanted == ops.shape(x):
        return full_like(x, value=value, dtype=kind)
    if p.kind not in PYDATA and value != 0:
        return np.full(wanted, value, kind)
    made = Pattern(fitting_kind(p.kind, len(wanted)), wanted, np.zeros((len(wanted), 0)), value)
    return put_together(np.zeros(0, kind), made)


def zeros_of(x: Any, *, shape: Any = None, dtype: Any = None) -> Any:
    """Zeros in another shape."""
    return of_shape(x, 0, shape, dtype)


def ones_of(x: Any, *, shape: Any = None, dtype: Any = None) -> Any:
    """Ones in another shape."""
    return of_shape(x, 1, shape, dtype)


def full_of(x: Any, *, value: Any = 0, shape: Any = None, dtype: Any = None) -> Any:
    """One number in another shape."""
    if dtype is None and isinstance(value, float) and ops.dtype(x).kind in "iub":
        dtype = np.dtype(np.float64)
    return of_shape(x, value, shape, dtype)


# ---- what the engines ask --------------------------------------------------------------------------------------------


def project(x: Any, ct: Any) -> Any:
    """The part of a cotangent that belongs to a sparse array: its numbers at the stored places, explicit zeros too."""
    p = x.pattern if type(x) is Stacked else pattern_of(x)
    if type(ct) is Stacked and type(x) is Stacked and ct.pattern == p.zero:
        return ct
    found = foreign_inside(ct)
    if found is not None and found[0] is ct and type(ct) is not Stacked and pattern_of(ct) == p.zero:
        return ct
    return assemble(numbers_at(ct, p.zero), pattern=p.zero)


def tangent(x: Any, dx: Any) -> Any:
    """A tangent on the pattern of x. Raises TangentMismatchError where it moves what is not stored."""
    p = pattern_of(x).zero
    if is_sparse(dx):
        q = pattern_of(dx)
        at = np.flatnonzero(p.find(q.keys) < 0) if not q.same_places(p) else np.zeros(0, np.intp)
        rest = numbers_inside(primal(values(dx, pattern=q)))
        extra = at.size and np.any(np.asarray(rest)[..., at] != 0)
        if q.has_fill and p.nnz < p.size:
            extra = True
    else:
        rest = np.array(numbers_inside(primal(dx)))
        rest[(..., *p.coords)] = 0
        extra = bool(np.any(rest != 0))
    if extra:
        raise TangentMismatchError(
            f"The tangent of a {p.kind} has numbers where its primal stores none{at_user_line()}: these places do not "
            "move. Write dispatchml.projector(x)(dx) for the part that belongs to x, or store zeros there in x."
        )
    return project(x, dx)


def spread(x: Any, block: Any) -> Any:
    """A block of a Jacobian with the axes of x in place of the last one, which runs over its stored numbers."""
    p = pattern_of(x).zero
    if not is_sparse(block):
        lead = ops.shape(block)[:-1]
        whole = with_axes(p, lead) if lead else p
        return assemble(ops.reshape(block, shape=(-1,)), pattern=whole)
    v = view(block)
    coords = np.concatenate((v.pattern.coords[:-1], p.coords[:, v.pattern.coords[-1]]))
    return assemble(v.data, pattern=v.pattern.like(coords, (*v.shape[:-1], *p.shape)))


def rebuild(x: Any, numbers: Any) -> Any:
    """The same pattern round other numbers, which may be traced."""
    p = x.pattern if type(x) is Stacked else pattern_of(x)
    return assemble(numbers, pattern=p)


def payload(x: Any) -> Any:
    """The stored numbers."""
    if type(x) is Stacked:
        return x.data
    return values(x, pattern=pattern_of(x))


def read(x: Any) -> Any:
    """The stored numbers of a sparse array that may be traced."""
    return x.data if type(x) is Stacked else values(x, pattern=pattern_of(x))
