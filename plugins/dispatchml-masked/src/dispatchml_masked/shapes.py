"""Shapes, indices and new arrays: what happens to the data happens to the mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line

from .parts import (
    NOMASK,
    MaskError,
    attach,
    data_of,
    has_any,
    innermost,
    is_traced,
    made,
    mask,
    mask_array,
    replaced,
    statics_of,
    united,
)

Rule = Callable[..., Any]


def both(op: Any) -> Rule:
    """The operation on the data and on the mask.

    For a traced array the engine does it, by the operation's own rule: an element that is moved takes its derivative
    along, and views of an array stay views.
    """

    def on_data_and_mask(x: Any, **keywords: Any) -> Any:
        if is_traced(x):
            return NotImplemented
        m = mask(x)
        y = op(data_of(x), **keywords)
        if m is not NOMASK:
            keywords.pop("dtype", None)
            m = op(mask_array(x), **keywords)
        if isinstance(y, (tuple, list)):
            masks = m if m is not NOMASK else [NOMASK] * len(y)
            return type(y)(made(v, truth(k), statics_of(x)) for v, k in zip(y, masks, strict=True))
        return made(y, truth(m), statics_of(x))

    return on_data_and_mask


def truth(m: Any) -> Any:
    """A mask of one element as NumPy's truth value."""
    return np.bool_(m) if isinstance(m, bool) else m


def several(op: Any) -> Rule:
    """The same for a tuple of arrays."""

    def on_data_and_masks(arrays: Any, **keywords: Any) -> Any:
        masks = [mask(x) for x in arrays]
        y = op(tuple(map(data_of, arrays)), **keywords)
        if all(m is NOMASK for m in masks):
            return apart(y, NOMASK, arrays)
        keywords.pop("dtype", None)
        return apart(y, op(tuple(map(mask_array, arrays)), **keywords), arrays)

    return on_data_and_masks


def apart(y: Any, m: Any, arrays: Any) -> Any:
    """One result, or one for each array; those without a mask stay without."""
    if isinstance(y, (tuple, list)):
        masks = [NOMASK] * len(y) if m is NOMASK else m
        return type(y)(
            v if innermost(x) is None else made(v, k, statics_of(x)) for v, k, x in zip(y, masks, arrays, strict=True)
        )
    first = next((x for x in arrays if innermost(x) is not None), arrays[0])
    return made(y, m, statics_of(first))


def like(op: Any) -> Rule:
    """New numbers in the shape of x, under the mask of x, as numpy.zeros_like."""

    def under_the_mask(x: Any, **keywords: Any) -> Any:
        return attach(op(data_of(x), **keywords), mask(x), hard=statics_of(x).get("hard", False))

    return under_the_mask


def of_shape(op: Any) -> Rule:
    """New numbers in another shape are masked nowhere; in the shape of x they have the mask of x."""

    def in_a_shape(x: Any, *, shape: Any = None, **keywords: Any) -> Any:
        y = op(data_of(x), shape=shape, **keywords)
        if shape is None or (ops.shape(x) and tuple(shape) == ops.shape(x)):
            return attach(y, mask(x))
        return attach(y, NOMASK) if shape else y

    return in_a_shape


# ---- indices ---------------------------------------------------------------------------------------------------------


def plain_index(index: Any) -> Any:
    """An index whose parts are no masked arrays; of a condition counts what is below the mask, as in numpy.ma."""
    if type(index) is tuple:
        return tuple(map(plain_index, index))
    if innermost(index) is None:
        return index
    if ops.dtype(index).kind != "b":
        refuse_positions(mask(index))
    return data_of(index)


def refuse_positions(m: Any) -> None:
    """A position that is masked names no element."""
    if has_any(m):
        raise MaskError(
            f"An index with masked positions{at_user_line()} names no elements. Fill them, or take those that are "
            "there: index.compressed()."
        )


def getitem(x: Any, *, index: Any = ()) -> Any:
    """An element that is masked is the constant `masked`, one that is not is a plain number."""
    index = plain_index(index)
    if is_traced(x) and innermost(x) is not None:
        return NotImplemented
    m = mask(x)
    y = ops.getitem(data_of(x), index=index)
    if innermost(x) is None:
        return y
    return made(y, m if m is NOMASK else truth(ops.getitem(mask_array(x), index=index)), statics_of(x))


def refuse_plain(x: Any, m: Any) -> None:
    """A masked element cannot be written into an array that has no mask."""
    if innermost(x) is None and has_any(m):
        raise MaskError(
            f"A masked element is written into an array without a mask{at_user_line()}, which would show the number "
            "below the mask. Make it a masked array first: numpy.ma.array(x)."
        )


def setitem(x: Any, value: Any, *, index: Any = ()) -> Any:
    """As numpy.ma: what is written unmasks and masks; hard masks stay, and what is below them."""
    index = plain_index(index)
    m, given = mask(x), mask(value)
    refuse_plain(x, given)
    data, new = data_of(x), data_of(value)
    if innermost(x) is None:
        return ops.setitem(data, new, index=index)
    statics = statics_of(x)
    if statics.get("hard") and has_any(m):
        below = ops.getitem(mask_array(x), index=index)
        given = united(below, given)
        new = ops.where(given, ops.getitem(data, index=index), new)
    elif has_any(given) and (value is np.ma.masked or is_traced(value)):
        new = ops.where(given, ops.getitem(data, index=index), new)
    if m is not NOMASK or has_any(given):
        m = ops.setitem(mask_array(x), given, index=index)
    return attach(ops.setitem(data, new, index=index), m, **statics)


def add_at(x: Any, value: Any, *, index: Any = ()) -> Any:
    """Masked where the array or what is added is."""
    index = plain_index(index)
    m, given = mask(x), mask(value)
    refuse_plain(x, given)
    y = ops.add_at(data_of(x), replaced(data_of(value), given, 0), index=index)
    if has_any(given):
        places = ops.add_at(np.zeros(ops.shape(x)), ops.astype(mask_array(value), dtype=np.dtype(float)), index=index)
        m = united(m, ops.greater(places, 0))
    return y if innermost(x) is None else made(y, m, statics_of(x))


def put_along_axis(x: Any, indices: Any, values: Any, *, axis: Any = -1) -> Any:
    """What is written unmasks and masks."""
    m, given = mask(x), mask(values)
    refuse_positions(mask(indices))
    refuse_plain(x, given)
    indices = data_of(indices)
    y = ops.put_along_axis(data_of(x), indices, data_of(values), axis=axis)
    if innermost(x) is None:
        return y
    if m is not NOMASK or has_any(given):
        m = ops.put_along_axis(mask_array(x), indices, mask_array(values), axis=axis)
    return made(y, m, statics_of(x))


def insert(x: Any, values: Any, *, index: Any = 0, axis: Any = None) -> Any:
    """With the masks of both."""
    y = ops.insert(data_of(x), data_of(values), index=plain_index(index), axis=axis)
    if mask(x) is NOMASK and mask(values) is NOMASK:
        return made(y, NOMASK, statics_of(x))
    return made(y, ops.insert(mask_array(x), mask_array(values), index=plain_index(index), axis=axis), statics_of(x))


def taking(op: Any) -> Rule:
    """take and take_along_axis."""

    def taken(x: Any, indices: Any, **keywords: Any) -> Any:
        refuse_positions(mask(indices))
        indices = data_of(indices)
        if innermost(x) is None:
            return op(x, indices, **keywords)
        if is_traced(x):
            return (
                NotImplemented
                if innermost(indices) is None and not is_traced(indices)
                else through(x, indices, keywords)
            )
        return through(x, indices, keywords)

    def through(x: Any, indices: Any, keywords: Any) -> Any:
        m = mask(x)
        y = op(data_of(x), indices, **keywords)
        return made(y, m if m is NOMASK else truth(op(mask_array(x), indices, **keywords)), statics_of(x))

    return taken


def scattering(op: Any) -> Rule:
    """The transposes of taking: elements put where they came from, zeros elsewhere."""

    def scattered(value: Any, *indices: Any, **keywords: Any) -> Any:
        m = mask(value)
        y = op(replaced(data_of(value), m, 0), *map(data_of, indices), **keywords)
        if innermost(value) is None:
            return y
        if m is not NOMASK:
            places = op(ops.astype(mask_array(value), dtype=np.dtype(float)), *map(data_of, indices), **keywords)
            m = ops.greater(places, 0)
        return made(y, truth(m), statics_of(value))

    return scattered


def pad_constant(x: Any, *, pad_width: Any = 0, value: Any = 0) -> Any:
    """What is added is not masked, unless it is the constant `masked`."""
    if is_traced(x):
        return NotImplemented
    y = ops.pad_constant(data_of(x), pad_width=pad_width, value=0 if value is np.ma.masked else value)
    m = mask(x)
    if m is not NOMASK or value is np.ma.masked:
        m = ops.pad_constant(mask_array(x), pad_width=pad_width, value=value is np.ma.masked)
    return made(y, m, statics_of(x))


def finding(op: Any) -> Rule:
    """nonzero and its kin: masked elements are not found."""

    def found(x: Any) -> Any:
        return op(replaced(data_of(x), mask(x), 0))

    return found


def unique_indices(x: Any) -> Any:
    """All masked elements are one and the same."""
    m = mask(x)
    if has_any(m):
        raise MaskError(
            f"unique of a masked array{at_user_line()}: masked elements are neither equal nor different. Take those "
            "that are there: numpy.unique(x.compressed())."
        )
    return ops.unique_indices(data_of(x))


def trace(x: Any, **keywords: Any) -> Any:
    """The sum of the diagonal, in which masked elements are zero, as numpy.ma."""
    return made(ops.trace(replaced(data_of(x), mask_array_or_none(x), 0), **keywords), NOMASK)


def mask_array_or_none(x: Any) -> Any:
    """The mask in its full shape, or `nomask`."""
    return NOMASK if mask(x) is NOMASK else mask_array(x)


def choose(choices: Any, *, indices: Any = (), mode: str = "raise") -> Any:
    """Masked where what is chosen is."""
    if innermost(indices) is not None:
        refuse_positions(mask(indices))
        indices = data_of(indices)
    return several(ops.choose)(choices, indices=indices, mode=mode)


#: Maker of rules -> names of operations.
TABLES: dict[Any, str] = {
    both: """
        array_split atleast_1d atleast_2d atleast_3d broadcast_to compress delete diag diagonal expand_dims extract
        fftshift flip ifftshift matrix_transpose moveaxis ravel repeat reshape roll rot90 split squeeze swapaxes tile
        transpose tril triu unstack
    """,
    several: "broadcast_arrays column_stack concatenate dstack hstack stack vstack",
    like: "empty_like full_like one_like ones_like zeros_like",
    of_shape: "full_of ones_of zeros_of",
    taking: "take take_along_axis",
    scattering: "scatter scatter_along_axis scatter_take",
    finding: "argwhere flatnonzero nonzero",
}
PARTICULAR = {
    f.__name__: f
    for f in (getitem, setitem, add_at, put_along_axis, insert, pad_constant, unique_indices, trace, choose)
}
