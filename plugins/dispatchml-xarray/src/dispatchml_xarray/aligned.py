"""Elementwise operations of arrays whose labels are the same: nothing is to be aligned, and xarray need not be asked.

xarray looks at labels for many times as long as it computes. Labels rarely change between the operations of a program:
most arguments have the very coordinates of each other, since one was computed from the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from xarray.core.indexes import PandasIndex

from dispatchml.dispatch import inside_of, is_traced, layer_of, made_of

from .labels import DataArray, Labels, is_labelled, label, unlabel

#: What broadcasts against any labels: one number.
NUMBERS = frozenset({float, int, complex, *(np.dtype(c).type for c in "efdgFDGbhilqBHILQ")})


def at_once(op: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], quiet: bool) -> Any:
    """The operation on the numbers, with the labels that all arguments have; NotImplemented where that needs xarray.

    quiet: as xarray's operators, which do not warn of overflow and the like.
    """
    known: list[Any] = []
    first = None
    for x in arguments:
        if type(x) in NUMBERS:
            known.append(x)
            continue
        inner = plain_array(x)
        if inner is None:
            return NotImplemented
        if inner is NUMBER:
            known.append(x)
            continue
        if first is None:
            first, name = inner, inner._name
        elif inner is not first:
            if not have_same_labels(first, inner):
                return NotImplemented
            name = name if name == inner._name else None
        known.append(known[0] if x is arguments[0] and known else numbers_of(x, inner))
    if first is None:
        return NotImplemented
    if quiet:
        with np.errstate(all="ignore"):
            y = op(*known, **keywords)
    else:
        y = op(*known, **keywords)
    labels = Labels(DataArray, first._variable._dims, {}, first._coords, name, first._indexes)
    if not is_traced(y):
        return labels.build(y)
    return made_of(label(y, labels=labels), y)


#: What stands for a traced number.
NUMBER = object()


def plain_array(x: Any) -> Any:
    """The labelled array of plain numbers and without attributes that a value is below all derivatives, NUMBER for a
    traced number, and None for anything else, such as an element of a batch.
    """
    while type(x) is not DataArray:
        if not is_traced(x) or x._hides_axis:
            return NUMBER if type(x) in NUMBERS else None
        x = layer_of(type(x)).payload(x)  # type: ignore[union-attr]
    variable = x._variable
    data = variable._data
    if variable._attrs or type(data) is not np.ndarray or data.dtype.char not in "fdFD":
        return None
    return x


def have_same_labels(a: Any, b: Any) -> bool:
    """Whether two labelled arrays have the same dims in the same order and the same coordinates."""
    if a._variable._dims != b._variable._dims or a._variable._data.shape != b._variable._data.shape:
        return False
    mine, other = a._coords, b._coords
    if len(mine) != len(other):
        return False
    for name, coord in mine.items():
        its = other.get(name)
        if its is coord:
            continue
        if its is None:
            return False
        index, another = a._indexes.get(name), b._indexes.get(name)
        if index is None and another is None:
            if not are_equal(coord, its):
                return False
        elif index is not another:
            if type(index) is not PandasIndex or type(another) is not PandasIndex:
                return False
            if index.index.dtype != another.index.dtype or not index.equals(another):
                return False
    return True


def are_equal(coord: Any, other: Any) -> bool:
    """Whether two coordinates without an index hold the same plain numbers along the same dims."""
    a, b = coord._data, other._data
    if coord._dims != other._dims or type(a) is not np.ndarray or type(b) is not np.ndarray or a.dtype != b.dtype:
        return False
    return a is b or a.dtype.kind in "biuf" and np.array_equal(a, b)


def numbers_of(x: Any, inner: Any) -> Any:
    """The numbers of a labelled array, traced as it is."""
    if x is inner:
        return payload(x)

    def tangent(dx: Any) -> Any:
        same = is_labelled(dx) and dx.dims == inner.dims and type(dx._variable._data) is np.ndarray
        return payload(dx) if same else None

    found = inside_of(x, lambda v: payload(v) if v is inner else None, tangent)
    return unlabel(x) if found is None else found


def payload(x: Any) -> Any:
    """The plain numbers of a plain labelled array; a number where there is one."""
    data = x.variable._data
    return data if data.shape else data[()]
