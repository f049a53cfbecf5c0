"""Functions that are computed where a condition holds: what much of SciPy's Python code is made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.lift import replaces
from dispatchml.lift.buffers import held

from .arguments import array, decided
from .calls import is_recorded
from .implicit import hidden_batch, traced_in


def is_unknown(tree: Any) -> bool:
    """Whether the numbers of an argument cannot be asked for: an element of a batch, or of a recorded program."""
    return any(hidden_batch(x) or is_recorded(x) for x in traced_in(tree))


@replaces("scipy._lib.array_api_extra._lib._funcs.apply_where", versions=">=1.15,<1.19")
def apply_where(cond, args, f1, f2=None, /, *, fill_value=None, kwargs=None, xp=None):
    """f1 of the arguments where a condition holds, f2 of them or a value elsewhere."""
    if kwargs:
        return NotImplemented
    given = [array(x) for x in (args if isinstance(args, (tuple, list)) else (args,))]
    if is_unknown((held(cond),)):  # both are computed, and not all of it is used
        with np.errstate(all="ignore"):
            found, rest = f1(*given), fill_value if f2 is None else f2(*given)
        return np.where(held(cond), held(found), held(rest))
    cond = np.asarray(decided(held(cond)))
    shape = np.broadcast_shapes(cond.shape, *(ops.shape(x) for x in given))
    cond, given = np.broadcast_to(cond, shape), [np.broadcast_to(x, shape) for x in given]
    found = some(f1, given, cond)
    if found is not None and cond.all():
        return np.copy(found)  # what comes from broadcast_to cannot be written into
    rest = some(f2, given, ~cond) if f2 is not None else np.broadcast_to(array(fill_value), shape)
    return np.copy(rest) if found is None else np.where(cond, found, rest)


def some(function: Any, given: Any, chosen: Any) -> Any:
    """A function of the chosen entries, zeros elsewhere; None where there are none."""
    if not chosen.any() and chosen.size:
        return None
    (places,) = np.nonzero(chosen.ravel())
    y = array(held(function(*(ops.getitem(ops.reshape(x, shape=(-1,)), index=places) for x in given))))
    y = np.broadcast_to(y, places.shape)
    if places.size < chosen.size:
        y = ops.scatter(y, index=places, shape=(chosen.size,))
    return ops.reshape(y, shape=chosen.shape)
