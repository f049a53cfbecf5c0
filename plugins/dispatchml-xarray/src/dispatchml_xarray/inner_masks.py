"""Masked arrays inside of what plain labelled arrays hold, such as quantities: xarray's own functions of arrays would
lose the mask. They see it carried for as long as they run; what is stored stays the array that the user gave.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import Carrier, foreign_class, layer_of

from .labels import held, is_traced

#: What holds no masked array, for a quick answer.
PLAIN = frozenset({np.ndarray, np.ma.MaskedArray, float, int, complex, bool, str, type(None), tuple, list, type})
#: The functions of xarray.core.duck_array_ops that compute with arrays.
NAMES = """
    all any argmax argmin around array_all array_any clip concatenate count cumprod cumsum einsum fillna first gradient
    isin isnull last max mean median min moveaxis notnull pad prod push quantile ravel reshape round stack std sum
    sum_where tensordot transpose var where where_method
""".split()

#: What a masked element is to xarray's questions whether a number is there.
MISSING = {"isnull": True, "notnull": False}


def is_round_mask(data: Any) -> bool:
    """Whether a plain value, such as a quantity, has a masked array inside."""
    if type(data) in PLAIN or isinstance(data, np.ndarray) or is_traced(data):
        return False
    while (info := layer_of(type(data))) is not None and info.payload is not None and info.rebuild is not None:
        data = info.payload(data)
        if isinstance(data, np.ma.MaskedArray):
            return True
        if type(data) in PLAIN or is_traced(data):
            return False
    return False


def carried(data: Any) -> Any:
    """A value with the masked array inside of it as its carrier."""
    if isinstance(data, np.ma.MaskedArray):
        return held(data)
    info: Any = layer_of(type(data))
    return info.rebuild(data, carried(info.payload(data)))


def released(data: Any) -> Any:
    """The other way."""
    if type(data) in (tuple, list):
        return type(data)(map(released, data))
    info = None if type(data) in PLAIN or is_traced(data) else layer_of(type(data))
    if info is None or info.payload is None or info.rebuild is None:
        return data
    inside = info.payload(data)
    if isinstance(data, Carrier):
        return info.rebuild(data, inside) if foreign_class(data) is np.ma.MaskedArray else data
    within = released(inside)
    return data if within is inside else info.rebuild(data, within)


def kept(original: Callable[..., Any]) -> Any:
    """A function of arrays that keeps masks inside of quantities."""

    @functools.wraps(original)
    def through(*arguments: Any, **keywords: Any) -> Any:
        if not any(is_round_mask(x) for v in arguments for x in (v if type(v) in (tuple, list) else (v,))):
            return original(*arguments, **keywords)
        y = released(original(*map(opened, arguments), **keywords))
        missing = MISSING.get(original.__name__)
        return y if missing is None else np.ma.filled(y, missing)

    return through


def opened(x: Any) -> Any:
    """An argument with its masks carried."""
    if type(x) in (tuple, list):
        return type(x)(map(opened, x))
    return carried(x) if is_round_mask(x) else x


def kept_elements(original: Callable[..., Any]) -> Any:
    """How xarray takes elements: views as the library has them, a single one with its mask."""

    @functools.wraps(original)
    def through(indexable: Any, indexer: Any) -> Any:
        y = original(indexable, indexer)
        array = getattr(indexable, "array", None)
        if not is_round_mask(array) or is_round_mask(y) and ops.ndim(y):
            return y
        return released(original(type(indexable)(carried(array)), indexer))

    return through
