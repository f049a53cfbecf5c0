"""Rules of linear algebra: products, systems, inverses, determinants, factors, eigenvalues."""

from __future__ import annotations

from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line
from dispatchml.rules import beside

from .base import Structure, adjoint, column, conj, densify, inverted, kind_of, named, refuse, square_size, swap
from .block import Block, BlockDiagonal
from .closure import PRODUCTS, find
from .diagonal import Diagonal, ScaledIdentity
from .kronecker import Kronecker, flat_outer
from .spaces import Tangent
from .toeplitz import Circulant

__all__ = ["RULES"]


# ---- products --------------------------------------------------------------------------------------------------------


def matmul(a: Any, b: Any) -> Any:
    """a @ b: structured where that is closed, else dense; a 1-d array is a row on the left, a column on the right."""
    check_product("matmul", a, b)
    if not isinstance(a, Structure):
        return dense_times(a, b)
    if not isinstance(b, Structure):
        return times_dense(a, b)
    found = find(PRODUCTS, a, b)
    if found is not None:
        return found
    reason = f" times {named(b)}"
    return ops.matmul(a, densify("matmul", b, reason)) if cheaper_first(a, b) else dense_times(
        densify("matmul", a, reason), b
    )  # fmt: skip


def cheaper_first(a: Any, b: Any) -> bool:
    """Whether the second factor is the one to be made dense: so that the product is with the simpler one."""
    return kind_of(a) in (ScaledIdentity, Diagonal, Circulant) or kind_of(b) not in (ScaledIdentity, Diagonal)


def check_product(name: str, a: Any, b: Any) -> None:
    """Refuse factors whose inner sizes differ, and numbers."""
    x, y = ops.shape(a), ops.shape(b)
    if not x or not y:
        refuse(name, a, b, "a number is no matrix; write a * b")
    if x[-1] != y[-2 if len(y) > 1 else 0]:
        refuse(name, a, b, f"{x[-1]} columns meet {y[-2 if len(y) > 1 else 0]} rows")


def times_dense(a: Any, x: Any) -> Any:
    """A structured matrix times a dense vector or matrix."""
    if ops.ndim(x) == 1:
        return ops.getitem(a.times(column(x)), index=(..., 0))
    return a.times(x)


def dense_times(x: Any, b: Any) -> Any:
    """A dense vector or matrix times a structured matrix: the transpose of b^T x^T."""
    if ops.ndim(x) == 1:
        return ops.getitem(b.transposed().times(column(x)), index=(..., 0))
    return swap(b.transposed().times(swap(x)))


def dot(a: Any, b: Any) -> Any:
    """NumPy's dot: for vectors and matrices the product, for numbers the multiple."""
    x, y = ops.ndim(a), ops.ndim(b)
    if x == 0 or y == 0:
        return ops.multiply(a, b)
    if x <= 2 and y <= 2:
        return ops.matmul(a, b)
    return ops.dot(densify("dot", a), densify("dot", b))


def inner(a: Any, b: Any) -> Any:
    """The sum over both last axes."""
    if ops.ndim(a) == 0 or ops.ndim(b) == 0:
        return ops.multiply(a, b)
    if ops.ndim(a) <= 2 and ops.ndim(b) <= 2:
        return ops.matmul(a, swap(b) if ops.ndim(b) == 2 else b)
    return ops.inner(densify("inner", a), densify("inner", b))


def kron(a: Any, b: Any) -> Any:
    """The Kronecker product of matrices, as a Kronecker; diagonal where both are."""
    if min(ops.ndim(a), ops.ndim(b)) < 2:
        return ops.kron(densify("kron", a), densify("kron", b))
    if isinstance(a, (Diagonal, ScaledIdentity)) and isinstance(b, (Diagonal, ScaledIdentity)):
        return Diagonal(flat_outer(a.diagonal_vector(), b.diagonal_vector()))
    return Kronecker(*(densify("kron", x) if isinstance(x, (Block, BlockDiagonal)) else x for x in (a, b)))


def vdot(a: Any, b: Any) -> Any:
    """The sum of conj(a) * b over all entries."""
    return ops.sum(ops.multiply(conj(a), b))


def matrix_power(a: Any, *, n: int) -> Any:
    """The n-th power by repeated squaring; a negative one is a power of the inverse."""
    size = square_size(a, "matrix_power")
    if n == 0:
        one = ops.power(ops.ones_of(a, shape=ops.shape(a)[:-2]), 0)
        return ScaledIdentity(one, size)
    if isinstance(a, Diagonal) and n > 0:
        return Diagonal(ops.power(a.diag, n))
    if n < 0:
        a, n = ops.inv(a), -n
    result = None
    while n:
        if n & 1:
            result = a if result is None else ops.matmul(result, a)
        n >>= 1
        a = ops.matmul(a, a) if n else a
    return result


# ---- systems, inverses, determinants ---------------------------------------------------------------------------------


def solve(a: Any, b: Any) -> Any:
    """x with a x = b. Two structured matrices: the product with the inverse, where that is closed."""
    if not isinstance(a, Structure):
        return ops.solve(a, b.materialise())
    n = square_size(a, "solve")
    rows = ops.shape(b)[-2 if ops.ndim(b) > 1 else -1] if ops.ndim(b) else None
    if rows != n:
        refuse("solve", a, b, f"{n} equations have {rows} right-hand sides")
    if not isinstance(b, Structure):
        return ops.getitem(a.solved(column(b)), index=(..., 0)) if ops.ndim(b) == 1 else a.solved(b)
    if isinstance(b, ScaledIdentity) or (PRODUCTS.get((kind_of(a), kind_of(b))) and hasattr(a, "inverse")):
        return ops.matmul(ops.inv(a), b)
    return a.solved(densify("solve", b, f" as the right-hand side of {named(a)}"))


def inv(a: Any, *, singular: str) -> Any:
    """The inverse: structured, except of a Toeplitz matrix, whose inverse is none."""
    square_size(a, "inv")
    if singular != "raise":
        return ops.inv(densify("inv", a, f" with singular={singular!r}"), singular=singular) if (
            not isinstance(a, (Diagonal, ScaledIdentity))
        ) else a.like(inverted(a.fields()[0]))  # fmt: skip
    if hasattr(a, "inverse"):
        return a.inverse()
    return ops.inv(densify("inv", a))


def det(a: Any) -> Any:
    """The determinant."""
    square_size(a, "det")
    return a.determinant()


def slogdet(a: Any) -> Any:
    """(sign, log of the absolute value) of the determinant."""
    square_size(a, "slogdet")
    return a.sign_and_log()


def cholesky(a: Any, *, upper: bool) -> Any:
    """The Cholesky factor of the same kind: Diagonal, Triangular of a Symmetric, Kronecker, block by block."""
    square_size(a, "cholesky")
    if not hasattr(a, "root"):
        return ops.cholesky(densify("cholesky", a), upper=upper)
    root = a.root()
    return adjoint(root) if upper else root


def pinv(a: Any, *, rcond: Any, hermitian: bool) -> Any:
    """The pseudo-inverse; of a Kronecker product that of its factors."""
    if isinstance(a, Kronecker):
        return Kronecker(*(ops.pinv(x, rcond=rcond, hermitian=hermitian) for x in a.fields()))
    if isinstance(a, BlockDiagonal):
        return BlockDiagonal(ops.pinv(a.blocks, rcond=rcond, hermitian=hermitian))
    return ops.pinv(densify("pinv", a), rcond=rcond, hermitian=hermitian)


def solve_triangular(a: Any, b: Any, *, lower: bool, trans: Any, unit_diagonal: bool) -> Any:
    """As for the dense array of a, of which one triangle is read."""
    first = a.materialise() if isinstance(a, Structure) else a
    second = densify("solve_triangular", b) if isinstance(b, Structure) else b
    return ops.solve_triangular(first, second, lower=lower, trans=trans, unit_diagonal=unit_diagonal)


# ---- functions of matrices -------------------------------------------------------------------------------------------


def on_diagonal(name: str, function: Any) -> Any:
    """A matrix function that acts on a diagonal entry by entry, and on diagonal blocks one by one."""
    whole = getattr(ops, name)

    def rule(a: Any, **keywords: Any) -> Any:
        square_size(a, name)
        if isinstance(a, (Diagonal, ScaledIdentity)):
            return a.mapped(function)
        if isinstance(a, BlockDiagonal):
            return BlockDiagonal(whole(a.blocks, **keywords))
        return whole(densify(name, a), **keywords)

    return rule


# ---- eigenvalues -----------------------------------------------------------------------------------------------------


def rising(w: Any) -> Any:
    """The positions of numbers from the smallest to the largest."""
    return ops.argsort(w, axis=-1)


def eigvalsh(a: Any, *, UPLO: str) -> Any:
    """The eigenvalues, rising."""
    square_size(a, "eigvalsh")
    if isinstance(a, (Diagonal, ScaledIdentity)):
        return ops.sort(ops.real(a.diagonal_vector()), axis=-1)
    if isinstance(a, Kronecker) and a.are_square():
        return ops.sort(flat_outer(*(ops.eigvalsh(x, UPLO=UPLO) for x in a.fields())), axis=-1)
    if isinstance(a, Circulant) and a.is_transformed() and is_hermitian(a):
        return ops.sort(ops.real(ops.fft(hermitian_column(a), axis=-1)), axis=-1)
    if isinstance(a, BlockDiagonal):
        w = ops.eigvalsh(a.blocks, UPLO=UPLO)
        return ops.sort(ops.reshape(w, shape=a.shape[:-1]), axis=-1)
    return ops.eigvalsh(a.materialise() if stored_in_full(a) else densify("eigvalsh", a), UPLO=UPLO)


def stored_in_full(a: Any) -> bool:
    """Whether a structure has as many numbers as its dense array, so that nothing is lost with it."""
    return a.is_linear and a.reads_dense


def is_hermitian(a: Any) -> bool:
    """Whether the numbers of a circulant matrix make it Hermitian: else its triangle is that of another matrix."""
    x, y = (np.asarray(dm.primal(v)) for v in (a.column, conj(a.first_row())))
    return bool(np.allclose(x, y))


def hermitian_column(a: Any) -> Any:
    """The first column of the Hermitian part, which is a itself, and moves as the Hermitian part does."""
    return ops.divide(ops.add(a.column, conj(a.first_row())), 2)


def eigh(a: Any, *, UPLO: str) -> Any:
    """(w, v) with rising eigenvalues; v is dense, because sorting takes the structure away."""
    n = square_size(a, "eigh")
    if isinstance(a, (Diagonal, ScaledIdentity)):
        w = ops.real(a.diagonal_vector())
        order = rising(w)
        kind = a.dtype if a.dtype.kind in "fcO" else np.dtype(float)
        return sorted_pair(w, beside(np.eye(n, dtype=kind), w), order)
    if isinstance(a, Kronecker) and a.are_square():
        (w, v), (z, u) = (ops.eigh(x, UPLO=UPLO) for x in a.fields())
        w = flat_outer(w, z)
        return sorted_pair(w, Kronecker(v, u).materialise(), rising(w))
    if isinstance(a, BlockDiagonal) and a.are_square():
        w, v = ops.eigh(a.blocks, UPLO=UPLO)
        w = ops.reshape(w, shape=a.shape[:-1])
        return sorted_pair(w, BlockDiagonal(v).materialise(), rising(w))
    if isinstance(a, Circulant) and a.is_transformed() and is_hermitian(a):
        w = ops.real(ops.fft(hermitian_column(a), axis=-1))
        return sorted_pair(w, beside(waves(n, a.dtype), w), rising(w))
    return ops.eigh(a.materialise() if stored_in_full(a) else densify("eigh", a), UPLO=UPLO)


def sorted_pair(w: Any, v: Any, order: Any) -> tuple[Any, Any]:
    """Eigenvalues and the columns of v in an order."""
    shape = (*ops.shape(order)[:-1], *ops.shape(v)[-2:])
    wide = v if ops.shape(v) == shape else ops.broadcast_to(v, shape=shape)
    columns = ops.broadcast_to(ops.expand_dims(order, axis=-2), shape=shape)
    return ops.take_along_axis(w, order, axis=-1), ops.take_along_axis(wide, columns, axis=-1)


def waves(n: int, dtype: Any) -> Any:
    """The eigenvectors of every Hermitian circulant matrix of size n: waves, real ones for real matrices."""
    j = np.arange(n)
    angles = 2 * np.pi * np.outer(j, j) / max(n, 1)
    if dtype.kind == "c":
        return (np.exp(1j * angles) / np.sqrt(max(n, 1))).astype(dtype)
    found = np.where(j <= n // 2, np.cos(angles), np.sin(angles)) * np.sqrt(2 / max(n, 1))
    found[:, j % max(n / 2, 0.5) == 0] /= np.sqrt(2)
    return found.astype(dtype)


def eigvals(a: Any) -> Any:
    """The eigenvalues, complex as those of a dense array are."""
    square_size(a, "eigvals")
    if isinstance(a, Circulant) and a.is_transformed():
        return a.eigenvalues()
    if isinstance(a, (Diagonal, ScaledIdentity)) or (named(a) == "Triangular"):
        w = a.diagonal_vector()
        kind = np.dtype(np.complex64) if ops.dtype(w) == np.float32 else np.dtype(complex)
        return w if ops.dtype(w).kind in "cO" else ops.astype(w, dtype=kind)
    if isinstance(a, Kronecker) and a.are_square():
        return flat_outer(*(ops.eigvals(x) for x in a.fields()))
    return ops.eigvals(a.materialise() if stored_in_full(a) else densify("eigvals", a))


def no_matrix(name: str) -> Any:
    """The refusal of everything that a tangent is not."""

    def refused(*arguments: Any, **keywords: Any) -> Any:
        raise TypeError(
            f"{name}: a tangent of {next(x for x in flat(arguments) if isinstance(x, Tangent)).primal.__name__} is a "
            f"direction of its fields, not a matrix{at_user_line()}. Use its fields."
        )

    return refused


def flat(arguments: Any) -> list[Any]:
    """The elements of arguments that may be tuples."""
    return [y for x in arguments for y in (x if isinstance(x, tuple) else (x,))]


RULES = {
    "matmul": matmul,
    "dot": dot,
    "inner": inner,
    "kron": kron,
    "vdot": vdot,
    "matrix_power": matrix_power,
    "solve": solve,
    "inv": inv,
    "det": det,
    "slogdet": slogdet,
    "cholesky": cholesky,
    "pinv": pinv,
    "solve_triangular": solve_triangular,
    "eigvalsh": eigvalsh,
    "eigh": eigh,
    "eigvals": eigvals,
    "expm": on_diagonal("expm", ops.exp),
    "sqrtm": on_diagonal("sqrtm", ops.sqrt),
    "logm": on_diagonal("logm", ops.log),
}
