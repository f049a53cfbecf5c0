"""What stands for functions that make arrays: numpy.zeros, numpy.array. Inside a transform new arrays are buffers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import LiftError, at_user_line
from ..engines.record import Rec
from ..engines.recorded_numbers import in_form
from ..engines.traced import Traced, innermost
from ..numpy.manipulation import in_order, order_of
from .buffers import TRACED, Buffer, array_of, fresh, held, held_deeply, holds_traced, kept
from .entering import active, stands_for

# ---- arrays made of nothing, or of plain values ----------------------------------------------------------------------


def maker(original: Callable[..., Any]) -> None:
    """A function that makes a new array: inside a transform a buffer."""

    @stands_for(original)
    def made(*arguments: Any, **keywords: Any) -> Any:
        if active() is None and not any(type(x) is Buffer for x in arguments):
            return original(*arguments, **keywords)
        found = original(*map(held_deeply, arguments), **{k: held_deeply(v) for k, v in keywords.items()})
        return made_array(found)


def made_array(x: Any) -> Any:
    """An array that was just made, and may be written into: truth values become numbers by arithmetic."""
    if type(x) is not np.ndarray:
        return kept(x)
    return Buffer(x) if x.dtype.kind in "fcb" else x


for function in (
    np.zeros, np.empty, np.ones, np.eye, np.identity, np.linspace, np.arange, np.logspace, np.geomspace, np.tri,
    np.fromfunction,
):  # fmt: skip
    maker(function)


def maker_like(original: Callable[..., Any]) -> None:
    """A function that makes an array like another one; of a traced one it dispatches by itself."""

    @stands_for(original)
    def made(*arguments: Any, **keywords: Any) -> Any:
        like = held(arguments[0]) if arguments else None
        if active() is None and type(arguments[0] if arguments else None) is not Buffer:
            return original(*arguments, **keywords)
        if isinstance(like, TRACED):
            if not is_bare(like):
                return original(like, *arguments[1:], **keywords)  # in the layers of that
            like = np.empty(like.shape, like.dtype, order_of(like))  # pyright: ignore[reportCallIssue, reportArgumentType]
        elif type(like) in (list, tuple):
            like = held_deeply(like)
            if holds_traced(like):
                like = array_of(like)
                like = np.empty(ops.shape(like), ops.dtype(like))
        return kept(original(like, *map(held_deeply, arguments[1:]), **keywords))


for function in (np.zeros_like, np.empty_like, np.ones_like):
    maker_like(function)


@stands_for(np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None, **keywords: Any) -> Any:
    """As `numpy.full`."""
    if not holds_traced(fill_value) or not is_bare(fill_value):
        made = np.full(shape, held_deeply(fill_value), dtype, **keywords)
        return made if active() is None else made_array(made)
    value = held_deeply(fill_value)
    value = array_of(value) if type(value) in (list, tuple) else value
    made = Buffer(np.empty(shape, ops.dtype(value) if dtype is None else dtype, **keywords))
    made[...] = value
    return made


@stands_for(np.full_like)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None
) -> Any:  # fmt: skip
    """As `numpy.full_like`."""
    wishes = {"dtype": (dtype, None), "order": (order, "K"), "subok": (subok, True), "shape": (shape, None)}
    given = {name: wish for name, (wish, default) in wishes.items() if wish is not default}  # libraries know few
    if active() is None:
        return np.full_like(a, fill_value, **given)
    x = held(a)
    if isinstance(x, TRACED) and not is_bare(x) or not is_bare(fill_value) or has_own_functions(x):
        return np.full_like(x, held_deeply(fill_value), **given)
    x = array_of(held_deeply(x)) if type(x) in (list, tuple) else x
    order = order_of(x) if order in "AK" else order
    shape, dtype = ops.shape(x) if shape is None else shape, ops.dtype(x) if dtype is None else dtype
    return full(shape, fill_value, dtype, order=order)


# ---- arrays made of what is given ------------------------------------------------------------------------------------


def converted(x: Any, dtype: Any, copy: bool, ndmin: int = 0, order: str = "K") -> Any:
    """A traced value, or a list that holds some, as an array that can be written into."""
    given = x
    x = held_deeply(x)
    if type(x) is list and dtype in (None, float) and all(type(v) is float or is_number(v) for v in x):
        return Buffer(ops.stack(tuple(x), axis=0))
    y = array_of(x) if type(x) in (list, tuple) else x
    if dtype is not None and ops.dtype(y) != np.dtype(dtype):
        wanted = np.dtype(dtype)
        if wanted.kind in "biu":
            raise LiftError(
                f"A traced value was made an array of {wanted}{at_user_line()}: whole numbers have no derivative. "
                "dispatchml.primal(x) is the plain value."
            )
        y = ops.astype(y, dtype=wanted)
    if ops.ndim(y) < ndmin:
        y = ops.reshape(y, shape=(1,) * (ndmin - ops.ndim(y)) + ops.shape(y))
    if type(innermost(y)) in PYTHONS:
        return ops.multiply(y, ONE)  # one of NumPy's numbers, with their attributes
    if y is x:
        if not copy and in_order(y, order) is y:
            return in_form(given, "array")
        y = fresh(y)
    y = in_order(y, order)
    return Buffer(y) if ops.shape(y) else in_form(y, "array")


def has_own_functions(x: Any) -> bool:
    """Whether NumPy's functions of a value are its library's matter: a quantity, a masked or a labelled array."""
    return (
        hasattr(type(x), "__array_function__")
        and type(x) is not np.ndarray
        and not isinstance(x, (Traced, Rec, Buffer, np.generic))
    )


def is_bare(x: Any) -> bool:
    """Whether there is nothing but numbers below the derivatives in a traced value, or in all of a list.

    What a library's conversion does to its units, masks or labels, or that it refuses, stays its own: there the
    original is called, which refuses for traced values.
    """
    if type(x) in (list, tuple):
        return all(map(is_bare, x))
    inner = innermost(held(x))
    return type(inner) in NUMBERS or isinstance(inner, (Rec, np.generic)) or not isinstance(held(x), TRACED)


PYTHONS = frozenset({float, complex})
ONE = np.float64(1.0)
NUMBERS = frozenset({np.ndarray, float, int, complex, bool})


def is_number(x: Any) -> bool:
    """Whether a value is a traced floating-point number of double precision."""
    return isinstance(x, TRACED) and not x.shape and x.dtype == float


def converter(original: Callable[..., Any], copy: bool, ndmin: int = 0) -> None:
    """A function that makes an array of what it is given. copy: also where that is an array already."""
    at_once = not copy and not ndmin and original is not np.asfortranarray

    @stands_for(original)
    def made(x: Any, dtype: Any = None, *arguments: Any, **keywords: Any) -> Any:
        cls = type(x)
        if cls is np.ndarray and not copy:
            return original(x, dtype, *arguments, **keywords)
        if at_once and not arguments and not keywords and isinstance(x, Traced):
            inner = innermost(x)
            if type(inner) is np.ndarray and inner.shape and (dtype is None or dtype == inner.dtype):
                return x
        if active() is None and cls is not Buffer:
            if not holds_traced(x):
                return original(x, dtype, *arguments, **keywords)
        elif not holds_traced(x):
            plain = held_deeply(x)
            found = original(plain, dtype, *arguments, **keywords)
            return x if cls is Buffer and found is plain else kept(found)
        again = keywords.get("copy", copy) in (True, np._CopyMode.ALWAYS)
        if not is_bare(x):
            return original(held_deeply(x), dtype, *arguments, **keywords)
        order = keywords.get("order") or ("F" if original is np.asfortranarray else "C" if ndmin else "K")
        return converted(x, dtype, again, max(ndmin, keywords.get("ndmin", 0)), order)


converter(np.array, True)
converter(np.asarray, False)
converter(np.asanyarray, False)
converter(np.ascontiguousarray, False, 1)
converter(np.asfortranarray, False)
converter(np.require, False)


@stands_for(np.copy)
def copy(a: Any, *arguments: Any, **keywords: Any) -> Any:
    """As `numpy.copy`."""
    made = np.copy(held_deeply(a), *arguments, **keywords)
    return made if active() is None and type(a) is not Buffer else kept(made)


@stands_for(np.asarray_chkfinite)
def asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> Any:
    """As `numpy.asarray_chkfinite`."""
    if not holds_traced(a) or not is_bare(a):
        made = np.asarray_chkfinite(held_deeply(a), dtype, order)
        return made if active() is None else kept(made) if type(a) is not np.ndarray else made
    y = converted(a, dtype, False)
    if not bool(ops.all(ops.isfinite(held(y)))):
        raise ValueError("array must not contain infs or NaNs")
    return y


@stands_for(np.fromiter)
def fromiter(iter: Any, dtype: Any, count: int = -1, **keywords: Any) -> Any:
    """As `numpy.fromiter`."""
    if active() is None:
        return np.fromiter(iter, dtype, count, **keywords)
    values = [held(x) for _, x in zip(range(count), iter)] if count >= 0 else [held(x) for x in iter]  # noqa: B905
    return converted(values, dtype, True) if holds_traced(values) else kept(np.fromiter(values, dtype, count))
