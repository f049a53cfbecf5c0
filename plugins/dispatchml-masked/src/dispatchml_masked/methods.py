"""numpy.ma's methods and attributes on traced masked arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

import dispatchml.numpy as xp
from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line

from .masking import condition_of
from .parts import NOMASK, MaskError, attach, data_of, has_any, innermost, is_known, is_traced, mask, statics_of
from .reductions import count, mean
from .views import DATA, harden_mask, mask_seen, set_fill_value, shrink_mask, soften_mask


def filled(x: Any, fill_value: Any = None) -> Any:
    """x.filled(value): the data with a number where masked; a plain array."""
    if fill_value is None:
        inner = innermost(x)
        fill_value = np.ma.default_fill_value(ops.dtype(x)) if inner is None else inner.fill_value
    m, data = mask(x), data_of(x)
    if not has_any(m):
        return DATA(x)  # numpy.ma gives its own memory
    kind = ops.dtype(data)
    number = fill_value
    if isinstance(number, (int, float, complex, np.generic, np.ndarray)) and kind.kind != "O":
        number = np.asarray(number, kind)[()]
    return ops.where(m, number, data)


def compressed(x: Any) -> Any:
    """x.compressed(): the elements that are not masked, in a plain vector."""
    m, data = mask(x), data_of(x)
    if m is NOMASK:
        return xp.ravel(DATA(x))
    if not is_known(m):
        raise MaskError(
            f"compressed() inside vmap{at_user_line()}: each element of the batch has a number of elements of its own. "
            "Use sums and means, which leave masked elements out, or filled()."
        )
    return ops.getitem(data, index=~np.broadcast_to(m, ops.shape(data)))


def anom(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """x.anom(): the deviations from the mean."""
    return ops.subtract(x, mean(x, axis=axis, dtype=dtype, keepdims=axis is not None))


def in_place(name: str, instead: str) -> Any:
    """A method that changes the array itself."""

    def refused(x: Any, *_: Any, **__: Any) -> Any:
        raise MaskError(
            f"x.{name}() changes a masked array in place{at_user_line()}, which a traced one cannot. {instead}"
        )

    refused.__name__ = name
    return refused


def product(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """x.product(): another name of prod."""
    return ops.prod(x, axis=axis, dtype=dtype)


def copyto(x: Any, values: Any, where: Any = True) -> None:
    """numpy.copyto, place, putmask and fill: the numbers change, the mask stays, as in numpy.ma."""
    lost, data, hidden = mask(values), data_of(values), mask(x)
    if where is not True:
        where = condition_of(where)
        lost = lost if lost is NOMASK else ops.logical_and(lost, where)
        data = ops.where(where, data, data_of(x))
    if has_any(lost) and hidden is not NOMASK:
        lost = ops.logical_and(lost, ops.logical_not(hidden))
    if has_any(lost):
        raise MaskError(
            f"Masked elements are written{at_user_line()} by a function of NumPy that leaves masks as they are: the "
            "numbers below would show. Write x[...] = values or x[condition] = values, which mask x too."
        )
    data = ops.astype(ops.broadcast_to(data, shape=ops.shape(x)), dtype=ops.dtype(x))
    x._write_item(Ellipsis, attach(data, hidden, **statics_of(x)))


def put(x: Any, indices: Any, values: Any, mode: str = "raise") -> None:
    """x.put(indices, values): what is written unmasks and masks."""
    np.put(x, indices, values, mode=mode)


def putmask(x: Any, condition: Any, values: Any) -> None:
    """numpy.ma.putmask: what is written unmasks and masks."""
    if not is_traced(x):
        raise MaskError(
            f"numpy.ma.putmask writes traced values into a plain array{at_user_line()}, which would lose their "
            "derivative. Write numpy.ma.where(condition, values, x)."
        )
    x[...] = ops.where(condition_of(condition), values, x)


def not_shared(x: Any) -> bool:
    """x.sharedmask: traced masks never are."""
    return False


def about_memory(name: str) -> Any:
    """A method that hands out memory or records."""

    def refused(x: Any, *_: Any, **__: Any) -> Any:
        raise MaskError(
            f"x.{name}() of a traced masked array{at_user_line()} is about memory, which has no derivative: "
            f"dispatchml.primal(x).{name}() is that of the plain array."
        )

    refused.__name__ = name
    return refused


STATIC = ("fill_value", "hardmask", "baseclass", "get_fill_value")
METHODS = {
    "filled": filled,
    "compressed": compressed,
    "count": count,
    "anom": anom,
    "product": product,
    "mask": mask_seen,
    "data": DATA,
    "_data": DATA,
    "shrink_mask": shrink_mask,
    "harden_mask": harden_mask,
    "soften_mask": soften_mask,
    "unshare_mask": in_place("unshare_mask", "Traced masks are never shared."),
    "set_fill_value": set_fill_value,
    "put": put,
    "__copyto__": copyto,
    "get_real": ops.real,
    "get_imag": ops.imag,
    "recordmask": mask_seen,
    "sharedmask": property(not_shared),
    **{name: about_memory(name) for name in ("ids", "iscontiguous", "toflex", "torecords")},
}
