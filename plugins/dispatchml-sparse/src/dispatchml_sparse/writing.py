"""Methods of SciPy's sparse arrays that change one in place, on traced ones.

What is done to the pattern, SciPy itself shows on numbered stand-ins. What would change the shape, or a pattern by what
the traced numbers are, is refused.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from dispatchml import ops, primal
from dispatchml.dispatch.errors import at_user_line

from .doors import by_numbers, common_pattern, numbered
from .foreign import SparseRefusal, put_together
from .numbers import numbers_inside
from .view import view


def setdiag(x: Any, values: Any, k: int = 0) -> None:
    """x.setdiag(values, k): a number, or as many as there are in a vector."""
    rows, columns = ops.shape(x)
    if k >= columns or k <= -rows:
        raise ValueError(f"k exceeds array dimensions{at_user_line()}: {k} of {(rows, columns)}")
    count = min(rows + min(k, 0), columns - max(k, 0))
    values = np.asarray(values) if isinstance(values, (list, tuple)) else values
    if ops.ndim(values):
        count = min(count, ops.shape(values)[0])
        values = ops.getitem(values, index=slice(0, count))
    along = np.arange(count)
    x[along + max(-k, 0), along + max(k, 0)] = values


def in_order(name: str) -> Any:
    """A method that puts the stored numbers into another order."""

    def method(x: Any) -> Any:
        pattern = common_pattern(x, name)
        made = put_together(numbered(pattern.nnz), pattern)
        changed = getattr(made, name)()
        y = by_numbers(made if changed is None else changed, view(x).data)
        if changed is not None:
            return y
        x[...] = y
        return None

    method.__name__ = name
    return method


def eliminate_zeros(x: Any) -> None:
    """x.eliminate_zeros(), where no stored number is zero; else it would forget a number that moves."""
    if np.any(np.asarray(numbers_inside(primal(view(x).data))) == 0):
        raise SparseRefusal(
            f"x.eliminate_zeros() of a traced sparse array with stored zeros{at_user_line()}: they are zeros now, and "
            "have derivatives all the same. Leave the call out: x is the same matrix. To be rid of them call it before "
            "the derivative is taken."
        )


def nothing(x: Any, *arguments: Any, **keywords: Any) -> None:
    """x.prune(), x.check_format(): there is nothing to be done to a traced array."""


def resize(x: Any, *shape: Any) -> NoReturn:
    """x.resize(...) is refused."""
    raise SparseRefusal(
        f"x.resize({', '.join(map(str, shape))}) of a traced sparse array{at_user_line()}: its shape cannot change in "
        "place. Write x[:rows, :columns] for a part, and numpy.pad(x, ((0, rows), (0, columns))) for more."
    )


def refused(name: str, instead: str) -> Any:
    """A method that a traced array has not, and what to write instead."""

    def method(x: Any, *arguments: Any, **keywords: Any) -> NoReturn:
        raise SparseRefusal(f"x.{name}(...) of a traced sparse array{at_user_line()}: {instead}")

    method.__name__ = name
    return method


METHODS: dict[str, Any] = {
    "setdiag": setdiag,
    **{name: in_order(name) for name in ("sum_duplicates", "sort_indices", "sorted_indices")},
    "eliminate_zeros": eliminate_zeros,
    "prune": nothing,
    "check_format": nothing,
    "resize": resize,
    "getrowview": refused("getrowview", "there are no views of its rows. Write x[i], and x[i] = row to change one."),
    "get_nodes": refused("get_nodes", "nodes are of fibertrees. Write x.coords and x.data."),
}
