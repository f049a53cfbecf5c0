"""Sorting, searching and running extremes of object arrays by the elements' own comparison."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .object_elements import is_nan, less


def compare(a: Any, b: Any) -> int:
    """-1, 0 or 1; nan is last."""
    one, other = is_nan(a), is_nan(b)
    if one or other:
        return int(one) - int(other)
    return -1 if less(a, b) else 1 if less(b, a) else 0


def order(v: Any) -> list[int]:
    """The positions that sort a vector; equal elements keep their order."""
    key = functools.cmp_to_key(compare)
    return sorted(range(len(v)), key=lambda k: key(v[k]))


def argsort(x: Any, *, axis: Any, descending: bool = False, **_: Any) -> Any:
    """The positions that sort; equal elements keep their order, also descending."""
    x = np.reshape(x, -1) if axis is None else np.asarray(x)
    axis = -1 if axis is None else axis
    lines = np.moveaxis(x, axis, -1)
    y = np.empty(lines.shape, np.intp)
    for place in np.ndindex(lines.shape[:-1]):
        v = lines[place]
        n = len(v)
        y[place] = [n - 1 - k for k in order(v[::-1])][::-1] if descending else order(v)
    return np.moveaxis(y, -1, axis)


def sort(x: Any, *, axis: Any, descending: bool = False, **_: Any) -> Any:
    """The elements in order."""
    x = np.reshape(x, -1) if axis is None else np.asarray(x)
    axis = -1 if axis is None else axis
    return np.take_along_axis(x, argsort(x, axis=axis, descending=descending), axis)


def searchsorted(x: Any, values: Any, *, side: str, sorter: Any) -> Any:
    """Where values would have to be inserted."""
    x = np.asarray(x, object) if sorter is None else np.asarray(x, object)[sorter]
    place: Any = lambda v: sum((compare(e, v) < 0) if side == "left" else (compare(e, v) <= 0) for e in x)  # noqa: E731
    found = np.frompyfunc(place, 1, 1)(np.asarray(values, object))
    return np.asarray(found, np.intp)[()]


def running(beats: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The running maximum or minimum."""

    def chosen(best: Any, x: Any) -> Any:
        if is_nan(best):
            return best
        return x if is_nan(x) or beats(best, x) else best

    def on_objects(x: Any, *, axis: Any) -> Any:
        x = np.reshape(x, -1) if axis is None else np.asarray(x)
        return np.frompyfunc(chosen, 2, 1).accumulate(x, 0 if axis is None else axis)

    return on_objects


def unique(x: Any) -> Any:
    """The different elements in order."""
    v = sort(x, axis=None)
    keep = [k for k in range(len(v)) if k == 0 or compare(v[k - 1], v[k]) != 0]
    return v[keep]


def unique_indices(x: Any) -> Any:
    """The first places of the different elements, in their order."""
    v = np.reshape(x, -1)
    ranks = order(v)
    return np.asarray([k for i, k in enumerate(ranks) if i == 0 or compare(v[ranks[i - 1]], v[k]) != 0], np.intp)
