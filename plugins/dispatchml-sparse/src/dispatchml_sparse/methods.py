"""Attributes and methods of both libraries on traced sparse arrays: what they do on a plain one, with its keywords.

What depends on the pattern alone is answered by it; in a batch only where all elements have the same one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import numpy as dnp
from dispatchml import ops, primal
from dispatchml.dispatch.errors import at_user_line

from . import formats, reductions, views, writing
from .doors import common_pattern
from .foreign import SparseRefusal, put_together
from .formats import refuse_out
from .numbers import Stacked, assemble, foreign_inside, pattern_of
from .view import View, densified, view

# ---- what the pattern answers ----------------------------------------------------------------------------------------


def shown_by(x: Any, name: str) -> Any:
    """A plain array that answers what does not depend on the numbers; one on the common pattern for a batch."""
    found = foreign_inside(x)
    assert found is not None
    inner, hidden = found
    if type(inner) is not Stacked and not hidden:
        return inner
    return put_together(np.zeros(common_pattern(x, name).nnz, ops.dtype(x)), pattern_of(x))


def of_places(name: str) -> property:
    """An attribute that depends on the pattern."""
    return property(lambda x: views.places(x, lambda x: getattr(shown_by(x, name), name)))


def getnnz(x: Any, axis: Any = None) -> Any:
    """x.getnnz(axis): how many numbers are stored."""
    return shown_by(x, "getnnz").getnnz(axis=axis)


def linear_loc(x: Any) -> Any:
    """x.linear_loc(): the places as positions in the flattened array."""
    return common_pattern(x, "linear_loc").keys.copy()


# ---- arithmetic ------------------------------------------------------------------------------------------------------


def copied(x: Any, *arguments: Any, **keywords: Any) -> Any:
    """x.copy(...)."""
    return ops.positive(x)


def conj(x: Any, copy: bool = True) -> Any:
    """x.conj(), x.conjugate(): without a copy, of real numbers the array itself."""
    return x if not copy and not ops.is_complex(x) else ops.conj(x)


def multiply(x: Any, other: Any) -> Any:
    """x.multiply(other), elementwise."""
    return ops.multiply(x, other)


def power(x: Any, n: Any, dtype: Any = None) -> Any:
    """x.power(n): of what is stored, and of nothing else."""
    if ops.ndim(n):
        raise NotImplementedError(f"x.power(n) takes a number, not an array{at_user_line()}. Write x**n.")
    if n == 0:
        raise NotImplementedError(f"x.power(0) would be ones everywhere{at_user_line()}. Write numpy.ones(x.shape).")
    v = view(x)
    data = v.data if dtype is None else ops.astype(v.data, dtype=np.dtype(dtype))
    return assemble(ops.power(data, n), pattern=v.pattern)


def dot(x: Any, other: Any) -> Any:
    """x.dot(other)."""
    return ops.multiply(x, other) if not ops.ndim(other) else ops.dot(x, other)


def tensordot(x: Any, other: Any, axes: Any = 2) -> Any:
    """x.tensordot(other, axes)."""
    return ops.tensordot(x, other, axes=axes)


def maximum(x: Any, other: Any) -> Any:
    """x.maximum(other)."""
    return ops.maximum(x, other)


def minimum(x: Any, other: Any) -> Any:
    """x.minimum(other)."""
    return ops.minimum(x, other)


def elementwise_method(name: str) -> Any:
    """A method such as x.sqrt()."""

    def method(x: Any) -> Any:
        return getattr(ops, name)(x)

    method.__name__ = name
    return method


def rounded(x: Any, decimals: int = 0, out: Any = None) -> Any:
    """x.round_(decimals)."""
    refuse_out("round_", out)
    return dnp.round(x, decimals)


# ---- parts and reductions --------------------------------------------------------------------------------------------


def diagonal(x: Any, k: int = 0, *arguments: Any, **keywords: Any) -> Any:
    """x.diagonal(k)."""
    return ops.diagonal(x, offset=k, *arguments, **keywords)  # noqa: B026  # axes come behind, as in both libraries


def getcol(x: Any, j: int) -> Any:
    """x.getcol(j): a matrix of one column."""
    return ops.getitem(x, index=(slice(None), line(x, j, 1)))


def getrow(x: Any, i: int) -> Any:
    """x.getrow(i): a matrix of one row."""
    return ops.getitem(x, index=(line(x, i, 0), slice(None)))


def line(x: Any, k: int, axis: int) -> slice:
    """One position as a slice."""
    size = ops.shape(x)[axis]
    if not -size <= k < size:
        raise IndexError(f"index {k} is out of bounds for axis {axis} with size {size}{at_user_line()}")
    return slice(k % size, k % size + 1)


def count_nonzero(x: Any, axis: Any = None) -> Any:
    """x.count_nonzero(axis)."""
    return ops.count_nonzero(x, axis=axis)


def broadcast_to(x: Any, shape: Any, *arguments: Any) -> Any:
    """x.broadcast_to(shape)."""
    return ops.broadcast_to(x, shape=tuple(shape))


def extreme_method(name: str) -> Any:
    """x.max(...) and x.min(...) with the keywords of both libraries."""

    def method(x: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False, explicit: bool = False) -> Any:
        if axis is not None and type(out) is bool:  # keepdims, which comes second in sparse
            out, keepdims = None, out
        refuse_out(name, out)
        if explicit:
            return reductions.extremum_of_stored(name, x, axis)
        return getattr(ops, name)(x, axis=axis, keepdims=keepdims)

    method.__name__ = name
    return method


def without_nan(name: str) -> Any:
    """x.nanmax(...) and x.nanmin(...)."""

    def method(x: Any, axis: Any = None, out: Any = None, *, explicit: bool = False) -> Any:
        refuse_out(f"nan{name}", out)
        v = view(x)
        if np.any(np.isnan(np.asarray(primal(v.data)))):
            if explicit:
                known = np.flatnonzero(~np.isnan(np.asarray(primal(v.data))))
                pattern = v.pattern.like(v.pattern.coords[:, known], v.shape)
                stored = View(ops.getitem(v.data, index=known), pattern).whole()
                return reductions.extremum_of_stored(name, stored, axis)
            return getattr(dnp, f"nan{name}")(densified(f"nan{name}", x), axis=axis)
        return extreme_method(name)(x, axis, explicit=explicit)

    method.__name__ = f"nan{name}"
    return method


REDUCTIONS = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_or": "any", "logical_and": "all",
    "bitwise_or": "any", "bitwise_and": "all",
}  # fmt: skip


def reduce(x: Any, method: Any, axis: Any = (0,), keepdims: bool = False, **keywords: Any) -> Any:
    """x.reduce(method, axis, keepdims): `method` is a ufunc of NumPy."""
    name = REDUCTIONS.get(getattr(method, "__name__", ""))
    if name is None or keywords.keys() - {"dtype", "out"}:
        raise SparseRefusal(
            f"x.reduce({getattr(method, '__name__', method)}, ...) of a traced sparse array{at_user_line()}: its "
            f"derivative is known for numpy.{', numpy.'.join(REDUCTIONS)}. Write the reduction with these."
        )
    refuse_out("reduce", keywords.pop("out", None))
    if keywords.get("dtype", 0) is None or name not in ("sum", "prod"):
        keywords.pop("dtype", None)
    return getattr(ops, name)(x, axis=axis, keepdims=keepdims, **keywords)


#: What does not depend on the pattern of an element of a batch.
STATIC = (
    "format", "fill_value", "get_shape", "has_canonical_format", "has_sorted_indices", "compressed_axes", "blocksize",
    "offsets",
)  # fmt: skip


METHODS: dict[str, Any] = {
    "data": property(views.DATA),
    "coords": property(views.coords),
    "row": property(lambda x: views.places(x, lambda x: common_pattern(x, "row").coords[0])),
    "col": property(lambda x: views.places(x, lambda x: common_pattern(x, "col").coords[-1])),
    **{name: of_places(name) for name in ("nnz", "indices", "indptr", "density", "size", "nbytes")},
    "getnnz": getnnz,
    "linear_loc": linear_loc,
    "copy": copied,
    "enable_caching": copied,
    "conj": conj,
    "conjugate": conj,
    "reshape": views.reshape,
    "transpose": views.transpose,
    "T": views.transpose,
    "multiply": multiply,
    "power": power,
    "dot": dot,
    "tensordot": tensordot,
    "diagonal": diagonal,
    "getrow": getrow,
    "getcol": getcol,
    "maximum": maximum,
    "minimum": minimum,
    "round_": rounded,
    **{prefix + name: extreme_method(name) for name in ("max", "min") for prefix in ("", "a")},
    **{f"nan{name}": without_nan(name) for name in ("max", "min")},
    "reduce": reduce,
    "count_nonzero": count_nonzero,
    "broadcast_to": broadcast_to,
    **{
        name: elementwise_method(name)
        for name in (
            "sqrt sin tan arcsin arctan sinh tanh arcsinh arctanh expm1 log1p floor ceil rint sign trunc deg2rad "
            "rad2deg isinf isnan".split()
        )
    },
    **formats.METHODS,
    **writing.METHODS,
}
