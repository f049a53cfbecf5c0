"""NumPy's functions in code that makes lists of traced values, which NumPy's own dispatch does not see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.errors import LiftError, at_user_line
from ..engines.record import Rec
from .buffers import TRACED, Buffer, array_of, held_deeply, holds_traced, kept
from .entering import STAND_INS, active, stands_for
from .writing import IN_PLACE

#: Functions some of whose arguments NumPy's own dispatch does not look at, such as a default or a filling.
UNSEEN = frozenset({np.select, np.pad, np.interp, np.trapezoid})


def taking_lists(original: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy that takes lists of traced values, too, which NumPy's own dispatch does not see."""
    unseen = original in UNSEEN

    def with_lists(*arguments: Any, **keywords: Any) -> Any:
        for x in arguments if not keywords else (*arguments, *keywords.values()):
            if (type(x) is list or type(x) is tuple) and holds_ours(x) or unseen and isinstance(x, TRACED):
                return on_lists(original, arguments, keywords)
        return original(*arguments, **keywords)

    with_lists.__name__ = with_lists.__qualname__ = getattr(original, "__name__", "function")
    with_lists.__wrapped__ = original  # type: ignore[attr-defined]
    return with_lists


def holds_ours(x: Any) -> bool:
    """Whether a list holds a traced value or an array of lifted code."""
    for v in x:
        cls = type(v)
        if cls is Buffer or isinstance(v, TRACED) or (cls is list or cls is tuple) and holds_ours(v):
            return True
    return False


def on_lists(original: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The same where a list holds some."""
    from ..numpy.protocols import array_function, array_ufunc

    if original in IN_PLACE and arguments and type(arguments[0]) is Buffer and holds_traced(arguments):
        return IN_PLACE[original](*arguments, **keywords)
    arguments, keywords = held_deeply(arguments), {k: held_deeply(v) for k, v in keywords.items()}
    if not holds_traced(arguments) and not holds_traced(keywords):
        return kept(original(*arguments, **keywords))
    if original in OF_SEVERAL or isinstance(original, np.ufunc):
        arguments = tuple(map(as_array, arguments))
        keywords = {k: as_array(v) for k, v in keywords.items()}
    at = recorded_one((arguments, keywords))
    if isinstance(original, np.ufunc):
        protocol = array_ufunc if at is None else type(at).__array_ufunc__
        return protocol(at, original, "__call__", *arguments, **keywords)
    protocol = array_function if at is None else type(at).__array_function__
    return protocol(at, original, (), arguments, keywords)


def recorded_one(x: Any) -> Any:
    """A recorded value of a list, tuple or dictionary, whose protocols know what NumPy answers to numbers."""
    if type(x) in (list, tuple, dict):
        inside = x.values() if type(x) is dict else x
        return next((found for found in map(recorded_one, inside) if found is not None), None)
    return x if type(x) is Rec else None


#: Functions whose arguments are arrays where they are lists, each of them.
OF_SEVERAL = frozenset(
    {
        np.outer, np.convolve, np.correlate, np.cross, np.kron, np.dot, np.inner, np.vdot, np.tensordot, np.interp,
        np.histogram, np.cov, np.corrcoef, np.average, np.polyval,
    }
)  # fmt: skip


def as_array(x: Any) -> Any:
    """A list that holds traced values as an array."""
    return array_of(x) if type(x) in (list, tuple) and holds_traced(x) else x


class Joined:
    """`numpy.r_` or `numpy.c_`, which take traced values, too: the original lays out the places of all numbers."""

    def __init__(self, original: Any) -> None:
        self.original = original

    def __getitem__(self, index: Any) -> Any:
        parts = index if type(index) is tuple else (index,)
        parts = tuple(map(held_deeply, parts))
        if not holds_traced(parts):
            return self.original[parts if type(index) is tuple else parts[0]]
        arrays, places, count = [], [], 0
        for p in parts:
            if isinstance(p, str):
                places.append(p)
                continue
            arrays.append(np.r_[p] if isinstance(p, slice) else array_of(p))
            size = np.size(arrays[-1])
            places.append(np.arange(count, count + size).reshape(np.shape(arrays[-1]))[()])
            count += size
        order = self.original[tuple(places)]
        if isinstance(order, np.matrix):
            raise LiftError(f"numpy.r_[{parts[0]!r}, ...] with traced values{at_user_line()}: write numpy.stack.")
        kinds = [
            p if type(p) in (bool, int, float, complex) else a.dtype
            for p, a in zip((p for p in parts if not isinstance(p, str)), arrays, strict=True)
        ]
        joined = np.concatenate([np.ravel(a) for a in arrays], dtype=np.result_type(*kinds))
        return np.reshape(
            joined if (np.ravel(order)[1:] > np.ravel(order)[:-1]).all() else joined[np.ravel(order)], order.shape
        )


#: Functions whose results are new arrays, which may be written into.
JOINING = (
    np.astype, np.concatenate, np.stack, np.hstack, np.vstack, np.column_stack, np.tile, np.repeat, np.pad, np.roll,
    np.append, np.insert, np.delete,
)  # fmt: skip


def joining(original: Callable[..., Any]) -> None:
    """A function that makes a new array of others: inside a transform a buffer where nothing in it is traced."""
    on_values = taking_lists(original)

    @stands_for(original)
    def made(*arguments: Any, **keywords: Any) -> Any:
        found = on_values(*arguments, **keywords)
        return found if active() is None else kept(found)


for function in JOINING:
    joining(function)

STAND_INS[id(np.r_)] = np.r_, Joined(np.r_)
STAND_INS[id(np.c_)] = np.c_, Joined(np.c_)
