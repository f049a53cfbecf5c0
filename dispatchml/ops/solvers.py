"""Inverses, linear systems, determinants. Matrices are the last two axes; the others are stacks.

A matrix without an inverse raises `numpy.linalg.LinAlgError` as in NumPy. Units: an inverse has the inverse unit.
"""

import math
from typing import Any

from ..dispatch import operation
from .arithmetic import divide, multiply
from .decompositions import svdvals
from .indexing import getitem
from .matrix_functions import matrix_norm
from .metadata import ndim, shape
from .shaping import reshape, transpose

__all__ = [
    "cofactor", "cond", "det", "inv", "lstsq", "matrix_rank", "pinv", "slogdet", "solve", "solve_triangular",
    "tensorinv", "tensorsolve",
]  # fmt: skip


@operation(family="linalg")
def inv(a: Any, *, singular: str = "raise") -> Any:
    """The inverse of square matrices. singular="fill": nan and inf where there is none, instead of an error."""


@operation(family="linalg")
def solve(a: Any, b: Any) -> Any:
    """x with a x = b. A 1-d b is one vector; any other is a (stack of) matrix of columns, as in NumPy 2."""


@operation(family="linalg")
def solve_triangular(a: Any, b: Any, *, lower: bool = False, trans: str = "N", unit_diagonal: bool = False) -> Any:
    """x with op(a) x = b; only one triangle of a is read.

    trans: "N" for a, "T" for its transpose, "C" for its adjoint (0, 1, 2 are understood, too); lower says which
    triangle of a itself. unit_diagonal: the diagonal is not read and taken as 1. A 1-d b is one vector, any
    other is matrices.
    """


@operation(family="linalg")
def det(a: Any) -> Any:
    """The determinant of square matrices. Its derivatives are exact at singular matrices too."""


@operation(family="linalg")
def slogdet(a: Any) -> Any:
    """(sign, log(abs(det))) of square matrices. At a singular matrix (0, -inf), with an infinite derivative."""


@operation(family="linalg", variadic=True)
def cofactor(matrices: Any) -> Any:
    """The cofactor matrix of the first: the gradient of its determinant, also where it is singular.

    With more matrices in the tuple: its mixed derivative in their directions, which is linear in each of them. The cost
    is n**3 for up to one direction, another factor n for each further one.
    """


@operation(family="linalg")
def pinv(a: Any, *, rcond: float | None = None, hermitian: bool = False) -> Any:
    """The Moore-Penrose inverse; singular values up to rcond (None: 1e-15) times the largest count as zero."""


@operation(family="linalg")
def lstsq(a: Any, b: Any, *, rcond: float | None = None) -> Any:
    """(x, residuals, rank, singular values) of the least-squares problem a x = b, as NumPy; a is 2-d, b is 1-d or 2-d.

    residuals: sums of squares, empty where the rank is deficient or a is not taller than wide.
    """


@operation(family="linalg", strips=("meaning", "transform"))
def matrix_rank(a: Any, *, tol: Any = None, hermitian: bool = False) -> Any:
    """How many singular values are above `tol` (None: largest value times size times eps). Not differentiable."""


@operation(family="linalg")
def cond(a: Any, *, p: Any = None) -> Any:
    """The condition number in the norm p: None or 2 (ratio of singular values), -2, 1, -1, inf, -inf, "fro", "nuc"."""


@operation(family="linalg")
def tensorsolve(a: Any, b: Any, *, axes: Any = None) -> Any:
    """x with tensordot(a, x, x.ndim) == b; `axes` of a are moved to the end first."""


@operation(family="linalg")
def tensorinv(a: Any, *, ind: int = 2) -> Any:
    """The inverse of a as a map between tensors: its first `ind` axes are the output's."""


# ---- what is made of other operations --------------------------------------------------------------------------------


@cond.decompose
def condition(a: Any, *, p: Any = None) -> Any:
    """The ratio of the extreme singular values, or the norm times that of the inverse."""
    if p in (None, 2, -2):
        s = svdvals(a)
        first, last = getitem(s, index=(..., 0)), getitem(s, index=(..., -1))
        return divide(last, first) if p == -2 else divide(first, last)
    return multiply(matrix_norm(a, ord=p), matrix_norm(inv(a), ord=p))


@tensorinv.decompose
def inverse_of_tensor(a: Any, *, ind: int = 2) -> Any:
    """The inverse of the matrix that a is when both groups of axes are flattened."""
    sizes = shape(a)
    count = math.prod(sizes[ind:])
    return reshape(inv(reshape(a, shape=(count, -1))), shape=(*sizes[ind:], *sizes[:ind]))


@tensorsolve.decompose
def solve_tensor(a: Any, b: Any, *, axes: Any = None) -> Any:
    """A linear system in flattened axes."""
    rank = ndim(a)
    if axes is not None:
        moved = [k % rank for k in axes]
        a = transpose(a, axes=(*(k for k in range(rank) if k not in moved), *moved))
    wanted = shape(a)[ndim(b) :]
    count = math.prod(wanted)
    return reshape(solve(reshape(a, shape=(-1, count)), reshape(b, shape=(-1,))), shape=wanted)
