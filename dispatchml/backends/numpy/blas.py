"""Functions of the BLAS that NumPy has loaded and does not show, where they can be found.

The names depend on how NumPy was built. Each function is tried on a small system before it is used.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

#: What the names of BLAS's functions look like, and the width of its whole numbers.
NAMES = (
    ("scipy_cblas_{}64_", ctypes.c_int64), ("cblas_{}64_", ctypes.c_int64),
    ("cblas_{}$NEWLAPACK$ILP64", ctypes.c_int64), ("scipy_cblas_{}", ctypes.c_int32),
    ("cblas_{}$NEWLAPACK", ctypes.c_int32), ("cblas_{}", ctypes.c_int32),
)  # fmt: skip
LETTERS = {"f": "s", "d": "d", "F": "c", "D": "z"}
#: Rows that are solved at once in larger systems.
BLOCK = 64
BY_ROWS, LEFT, UPPER, LOWER, NOT_UNIT, UNIT = 101, 141, 121, 122, 131, 132
TRANSPOSED = {"N": 111, "T": 112, "C": 113, 0: 111, 1: 112, 2: 113}


@cache
def library() -> Any:
    """What knows the functions: NumPy's own module of linear algebra, with everything that it has loaded."""
    try:
        return ctypes.CDLL(np.linalg._umath_linalg.__file__)  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return None


@cache
def triangular_solver(character: str) -> tuple[Callable[..., None], int] | None:
    """BLAS's trsm for a dtype, by rows: a function (uplo, trans, diag, rows, columns, one, a, lda, b, ldb), and its
    address; None where there is none that works.
    """
    for name, integer in NAMES:
        found = getattr(library(), name.format(LETTERS[character] + "trsm"), None)
        if found is None:
            continue
        scalar = {"f": ctypes.c_float, "d": ctypes.c_double}.get(character, ctypes.c_void_p)
        address = ctypes.cast(found, ctypes.c_void_p).value
        enumeration = (ctypes.c_int,) * 5
        kind = ctypes.CFUNCTYPE(
            None, *enumeration, integer, integer, scalar, ctypes.c_void_p, integer, ctypes.c_void_p, integer
        )
        if address and works(kind(address), character):
            return kind(address), address
        return None
    return None


def works(function: Any, character: str) -> bool:
    """Whether a function solves a system whose solution is known, and writes nowhere else."""
    a = np.array([[2, 9, 9], [1, 4, 9], [3, 1, 8]], character)
    x = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], character)
    b = np.zeros((4, 4), character)
    b[:3] = np.tril(a) @ x
    solve_in_place(function, a, b[:3], lower=True, trans="N", unit_diagonal=False)
    return bool((b[:3] == x).all() and not b[3].any())


def solve_in_place(function: Any, a: Any, b: Any, *, lower: bool, trans: Any, unit_diagonal: bool) -> None:
    """Write the solution of op(a) x = b into b; both in C's order.

    Block by block: what is solved already is taken off by a product, for which processors are made.
    """
    size, item = len(a), b.dtype.itemsize
    one = np.ones((), b.dtype)
    alpha = address(one) if b.dtype.kind == "c" else 1.0
    how = LOWER if lower else UPPER, TRANSPOSED[trans], UNIT if unit_diagonal else NOT_UNIT
    turned = TRANSPOSED[trans] != TRANSPOSED["N"]
    upwards = lower == turned
    block = BLOCK if size > 2 * BLOCK else size
    starts = range(0, size, block)
    for start in reversed(starts) if upwards else starts:
        end = min(start + block, size)
        known = slice(end, size) if upwards else slice(0, start)
        part = b[start:end]
        if known.start < known.stop:
            factor = a[known, start:end].T if turned else a[start:end, known]
            part -= (factor.conj() if how[1] == TRANSPOSED["C"] else factor) @ b[known]
        function(
            BY_ROWS, LEFT, *how, end - start, b.shape[1], alpha, address(a) + start * (size + 1) * item, size,
            address(part), b.shape[1],
        )  # fmt: skip


def address(x: Any) -> int:
    """Where an array's elements are."""
    return x.__array_interface__["data"][0]


def solve_triangular(a: Any, b: Any, *, lower: bool, trans: Any, unit_diagonal: bool) -> Any:
    """x with op(a) x = b from one triangle of a matrix; None where BLAS cannot do it.

    Raises numpy.linalg.LinAlgError for a zero on the diagonal.
    """
    character = b.dtype.char
    if a.dtype != b.dtype or character not in LETTERS or not (a.dtype.isnative and b.dtype.isnative):
        return None
    if a.ndim != 2 or b.ndim != 2 or a.shape != (len(b), len(b)) or not b.size or trans not in TRANSPOSED:
        return None
    found = triangular_solver(character)
    if found is None:
        return None
    if not unit_diagonal and not a.diagonal().all():
        raise np.linalg.LinAlgError("Singular matrix")
    x = np.array(b, order="C")
    solve_in_place(found[0], np.ascontiguousarray(a), x, lower=lower, trans=trans, unit_diagonal=unit_diagonal)
    return x
