"""Matrices made of traced diagonals: scipy.sparse.diags_array and dia_array, as csr_array unless a format is asked for.

The library's constructor sees numbers one, two, three, ... in place of the diagonals, and shows where it puts them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line
from dispatchml.lift import replaces

from .doors import by_numbers, numbered
from .foreign import SparseRefusal, module


@replaces("scipy.sparse.diags_array", replace=True)
def diags_array(
    diagonals: Any, /, *, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = None
) -> Any:
    """scipy.sparse.diags_array of diagonals of which some are traced; numbers stand for whole diagonals, as there."""
    if np.ndim(offsets) == 0 and not (isinstance(diagonals, (list, tuple)) and ops.ndim(diagonals[0])):
        diagonals, offsets = [diagonals], [offsets]  # one diagonal
    parts = [ops.stack(tuple(d)) if isinstance(d, (list, tuple)) else d for d in diagonals]
    parts = [ops.reshape(d, shape=(1,)) if not ops.ndim(d) else d for d in parts]
    ends = np.cumsum([ops.shape(d)[0] for d in parts])
    stand_ins = np.split(numbered(int(ends[-1])), ends[:-1])
    made = module("scipy.sparse").diags_array(stand_ins, offsets=offsets, shape=shape)
    return placed(made, ops.concatenate(tuple(parts), axis=0), format, dtype)


def of_diagonals(numbers: Any, offsets: Any, arguments: Any, keywords: Any) -> Any:
    """dia_array((numbers, offsets), ...) of traced numbers, a row for each diagonal."""
    numbers = numbers if ops.ndim(numbers) == 2 else ops.reshape(numbers, shape=(1, -1))
    shape = ops.shape(numbers)
    made = module("scipy.sparse").dia_array(
        (numbered(shape[0] * shape[1]).reshape(shape), offsets), *arguments, **keywords
    )
    return placed(made, ops.reshape(numbers, shape=(-1,)), None, None)


def placed(made: Any, numbers: Any, format: Any, dtype: Any) -> Any:
    """The traced array of numbers where an array of stand-ins has them."""
    if format not in (None, "csr", "csc", "coo"):
        raise SparseRefusal(
            f"A matrix of traced diagonals with format={format!r}{at_user_line()}: it can be 'csr', 'csc' or 'coo'."
        )
    y = by_numbers(made.asformat(format or "csr"), numbers)
    return y if dtype is None else ops.astype(y, dtype=np.dtype(dtype))


def refused(name: str, instead: str) -> None:
    """Declare that a function that gives one of SciPy's matrices says what to write."""

    @replaces(f"scipy.sparse.{name}", replace=True)
    def stand_in(*arguments: Any, **keywords: Any) -> Any:
        raise LiftError(
            f"scipy.sparse.{name} of traced numbers{at_user_line()} gives a dia_matrix, whose * is the product of "
            f"matrices. Write {instead}, which gives an array, and @ for products."
        )


refused("diags", "scipy.sparse.diags_array(diagonals, offsets=offsets)")
refused("spdiags", "scipy.sparse.dia_array((data, offsets), shape=(m, n))")
