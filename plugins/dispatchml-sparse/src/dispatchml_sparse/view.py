"""What the rules work on: the numbers of a sparse array, traced perhaps, beside its pattern."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch.errors import DensifyWarning, warn_at_user_line

from .foreign import dense as dense_of_numbers
from .insides import put_on, read_numbers
from .numbers import Stacked, foreign_inside, is_sparse, leave, pattern_of
from .pattern import Pattern, coords_of


class View:
    """Numbers and their pattern. data: a vector of `pattern.nnz` numbers, plain, traced or in units."""

    __slots__ = ("data", "pattern")

    def __init__(self, data: Any, pattern: Pattern) -> None:
        self.data, self.pattern = data, pattern

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.pattern.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.pattern.ndim

    def whole(self) -> Any:
        """The sparse array itself."""
        return put_on(self.data, self.pattern)


def view(x: Any) -> View:
    """A sparse array by its numbers and pattern."""
    if type(x) is Stacked:
        x = leave(x)
    pattern = pattern_of(x)
    return View(read_numbers(x, pattern), pattern)


def todense(x: Any) -> Any:
    """The dense array, traced where x is."""
    if not is_sparse(x):
        return x
    v = view(x)
    if type(v.data) is np.ndarray:
        return dense_of_numbers(v.data, v.pattern)
    if not v.ndim:
        return ops.reshape(v.data, shape=())
    made = ops.scatter(v.data, index=tuple(v.pattern.coords), shape=v.shape)
    if v.pattern.has_fill:
        elsewhere = np.full(v.shape, v.pattern.fill, ops.dtype(v.data))
        elsewhere[tuple(v.pattern.coords)] = 0
        made = ops.add(made, elsewhere)
    return made


def densified(name: str, x: Any) -> Any:
    """The dense array for an operation that has no sparse result; the warning names the operation."""
    if not is_sparse(x):
        return x
    warn_dense(name, x)
    return todense(x)


def warn_dense(name: str, x: Any) -> None:
    """Say that an operation is computed on a dense array."""
    found = foreign_inside(x)
    cls = pattern_of(x).kind if found is None or type(found[0]) is Stacked else type(found[0]).__name__
    warn_at_user_line(
        f"{name} has no sparse result for a {cls}: it is computed on a dense array. Write x.todense() where that is "
        "meant.",
        DensifyWarning,
    )


def picked(v: View, picks: Any, pattern: Pattern) -> Any:
    """The sparse array whose numbers are those of a view at positions `picks`, on another pattern."""
    return put_on(chosen(v.data, picks), pattern)


def chosen(data: Any, picks: Any) -> Any:
    """Numbers by their positions; all of them in order are handed on as they are."""
    if len(picks) == len(data) and bool(np.array_equal(picks, np.arange(len(data)))):
        return data
    return ops.getitem(data, index=np.asarray(picks, np.intp))


def spread(v: View, keys: Any) -> Any:
    """The numbers of a view at places given by their keys, its fill value where it stores nothing."""
    p = v.pattern
    if keys is p.keys:
        return v.data
    at = p.find(keys)
    missing = at < 0
    if not missing.any():
        return chosen(v.data, at)
    known = np.flatnonzero(~missing)
    if not p.has_fill or known.size:
        made = ops.scatter(chosen(v.data, at[known]), index=known, shape=(len(keys),))
    else:
        made = ops.scatter(chosen(v.data, known), index=known, shape=(len(keys),))
    if p.has_fill:
        made = ops.add(made, np.where(missing, p.fill, 0).astype(ops.dtype(v.data)))
    return made


def on_keys(keys: Any, shape: tuple[int, ...], like: Pattern, fill: Any = None, kind: str | None = None) -> Pattern:
    """The pattern of places given by their keys, in the class of another one."""
    if keys is like.keys and like.shape == tuple(shape) and kind in (None, like.kind):
        return like if fill is None else like.with_fill(fill)
    return like.like(coords_of(keys, shape), shape, fill, kind)
