"""Systems of banded matrices, which are stored by diagonals: ab[u + i - j, j] is a[i, j]."""

from typing import Any

import numpy as np
import scipy.linalg

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.lift import plainly, replaces
from dispatchml.rules import nondifferentiable, rule
from dispatchml.rules.adjoints import add_known

from ..arguments import adjoint, finite
from .spectra import subset, turned


@operation(family="linalg")
def banded_system(ab: Any, b: Any, *, below: int = 1, above: int = 1) -> Any:
    """x with a x = b for columns b and a matrix with so many diagonals below and above the main one."""


@banded_system.register
@plainly
def banded_system_of_arrays(ab: np.ndarray, b: np.ndarray, *, below: int = 1, above: int = 1) -> Any:
    return scipy.linalg.solve_banded((below, above), ab, b)


def places(below: int, above: int, n: int) -> tuple[Any, Any, Any]:
    """For every stored number its row and column, and whether it is inside of the matrix."""
    k, column = np.indices((below + above + 1, n))
    row = column + k - above
    return np.clip(row, 0, n - 1), column, (row >= 0) & (row < n)


def transposed(ab: Any, below: int, above: int) -> Any:
    """The stored diagonals of the transposed matrix, which has `above` diagonals below."""
    n = ops.shape(ab)[-1]
    row, column, inside = places(above, below, n)
    index = np.where(inside, above + column - row, 0)
    return np.where(inside, ab[index, row], 0)


def product(ab: Any, x: Any, below: int, above: int) -> Any:
    """a x for columns x."""
    n = ops.shape(ab)[-1]
    total = None
    for k in range(below + above + 1):
        shift = k - above  # row = column + shift
        first, last = max(0, -shift), min(n, n - shift)
        if first >= last:
            continue
        part = ab[k, first:last][:, None] * x[first:last]
        part = ops.pad_constant(part, pad_width=((first + shift, n - last - shift), (0, 0)))
        total = part if total is None else total + part
    return total


def outer_band(gb: Any, y: Any, below: int, above: int) -> Any:
    """The stored diagonals of -gb y^H."""
    n = ops.shape(y)[0]
    row, column, inside = places(below, above, n)
    both = np.sum(gb[row] * np.conj(y)[column], axis=-1)
    return np.where(inside, -both, 0)


@rule(banded_system).jvp
def banded_system_jvp(y: Any, tangents: Any, ab: Any, b: Any, *, below: int, above: int) -> Any:
    """The solution for db - da y."""
    dab, db = tangents
    change = None if dab is None else -product(dab, y, below, above)
    return banded_system(ab, add_known(db, change), below=below, above=above)


@rule(banded_system).vjp
def banded_system_vjp(y: Any, ab: Any, b: Any, *, needs: Any, below: int, above: int) -> Any:
    def banded_system_pullback(ct: Any) -> Any:
        gb = banded_system(transposed(np.conj(ab), below, above), ct, below=above, above=below)
        return outer_band(gb, y, below, above) if needs[0] else None, gb

    return banded_system_pullback


def solved(ab: Any, b: Any, below: int, above: int) -> Any:
    """The solution in the shape of b."""
    columns = ops.reshape(b, shape=(ops.shape(b)[0], -1))
    return ops.reshape(banded_system(ab, columns, below=below, above=above), shape=ops.shape(b))


@replaces("scipy.linalg.solve_banded")
def solve_banded(l_and_u, ab, b, overwrite_ab=False, overwrite_b=False, check_finite=True):
    """x with a x = b for a banded a."""
    below, above = map(int, l_and_u)
    return solved(finite(ab, check_finite), finite(b, check_finite), below, above)


def both_halves(ab: Any, lower: bool) -> tuple[Any, int]:
    """All stored diagonals of a Hermitian matrix of which one half is given, and how many are above the main one."""
    u = ops.shape(ab)[0] - 1
    n = ops.shape(ab)[-1]
    row, column, inside = places(u, u, n)
    down = np.maximum(row, column) - np.minimum(row, column)
    index = np.where(inside, down if lower else u - down, 0)
    found = ab[index, np.where(lower, np.minimum(row, column), np.maximum(row, column))]
    flipped = row < column if lower else row > column
    if ops.dtype(ab).kind == "c":
        found = np.where(flipped, np.conj(found), found)
    return np.where(inside, found, 0), u


@replaces("scipy.linalg.solveh_banded")
def solveh_banded(ab, b, overwrite_ab=False, overwrite_b=False, lower=False, check_finite=True):
    """x with a x = b for a positive definite banded a, of which one half is given."""
    full, u = both_halves(finite(ab, check_finite), bool(lower))
    return solved(full, finite(b, check_finite), u, u)


def as_dense(ab: Any, lower: bool) -> Any:
    """The Hermitian matrix of which one half is stored by diagonals, as a full matrix."""
    u, n = ops.shape(ab)[0] - 1, ops.shape(ab)[-1]
    row, column, inside = places(u, 0, n) if lower else places(0, u, n)
    k = np.indices((u + 1, n))[0]
    half = ops.scatter(ab[k[inside], column[inside]], index=(row[inside], column[inside]), shape=(n, n))
    return half + adjoint(np.where(np.eye(n, dtype=bool), 0, half))


@replaces("scipy.linalg.cholesky_banded")
def cholesky_banded(ab, overwrite_ab=False, lower=False, check_finite=True):
    """The Cholesky factor of a banded matrix, stored by diagonals; computed through the full matrix."""
    ab = finite(ab, check_finite)
    u, n = ops.shape(ab)[0] - 1, ops.shape(ab)[-1]
    factor = ops.cholesky(as_dense(ab, bool(lower)), upper=not lower)
    row, column, inside = places(u, 0, n) if lower else places(0, u, n)
    return np.where(inside, factor[row, column], ab)


@replaces("scipy.linalg.cho_solve_banded")
def cho_solve_banded(cb_and_lower, b, overwrite_b=False, check_finite=True):
    """x with a x = b from the banded Cholesky factor of a."""
    cb, lower = cb_and_lower
    cb, b = finite(cb, check_finite), finite(b, check_finite)
    u = ops.shape(cb)[0] - 1
    if lower:
        return solved(transposed(np.conj(cb), u, 0), solved(cb, b, u, 0), 0, u)
    return solved(cb, solved(transposed(np.conj(cb), 0, u), b, u, 0), 0, u)


@operation(family="linalg", strips=("meaning", "transform"))
def banded_vectors(ab: Any, *, lower: bool = False, select: Any = "a", select_range: Any = None) -> Any:
    """The eigenvectors of `scipy.linalg.eig_banded`, of which only the signs are wanted."""


@banded_vectors.register
def banded_vectors_of_arrays(
    ab: np.ndarray, *, lower: bool = False, select: Any = "a", select_range: Any = None
) -> Any:
    return scipy.linalg.eig_banded(ab, lower=lower, select=select, select_range=select_range)[1]


nondifferentiable(banded_vectors)


@replaces("scipy.linalg.eig_banded")
def eig_banded(
    a_band, lower=False, eigvals_only=False, overwrite_a_band=False, select="a", select_range=None, max_ev=0,
    check_finite=True,
):  # fmt: skip
    """Eigenvalues and eigenvectors of a banded Hermitian matrix, through the full one."""
    ab = finite(a_band, check_finite)
    w, v = ops.eigh(as_dense(ab, bool(lower)))
    by_index = select_range if select in ("i", 2, "index") else None
    chosen = subset(w, by_index, select_range if select in ("v", 1, "value") else None)
    if eigvals_only:
        return w[chosen]
    limits = None if select_range is None else tuple(map(float if by_index is None else int, select_range))
    wanted = banded_vectors(ab, lower=bool(lower), select=select, select_range=limits)
    return w[chosen], turned(v[:, chosen], wanted)


@replaces("scipy.linalg.eigvals_banded")
def eigvals_banded(a_band, lower=False, overwrite_a_band=False, select="a", select_range=None, check_finite=True):
    """Eigenvalues of a banded Hermitian matrix, through the full one."""
    return eig_banded(a_band, lower, True, False, select, select_range, 0, check_finite)
