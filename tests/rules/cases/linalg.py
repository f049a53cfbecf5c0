# ruff: noqa: E501 -- a table: one operation a line reads better than one argument a line
"""Cases of products, decompositions, solvers and functions of matrices, with the maps that stay on their domains."""

import numpy as np

import dispatchml as dm
from dispatchml import ops

from .table import by_keywords, case, plane, spread

A = spread(2, 3)
B = spread(3, 2, seed=3)
U = spread(3, seed=4)
V = spread(3, seed=5)
SQUARE = np.array([[2.1, 0.4, -0.3], [0.2, 1.7, 0.5], [-0.6, 0.1, 1.3]])
STACK = np.stack([SQUARE, SQUARE.T + 0.3 * np.eye(3)])
COMPLEX = SQUARE + 1j * np.array([[0.1, 0.3, -0.2], [0.4, -0.3, 0.2], [-0.1, 0.5, 0.2]])
TALL = spread(4, 2, seed=6)
COMPLEX_TALL = TALL + 1j * spread(4, 2, seed=7)
SYMMETRIC = np.array([[2.1, 0.4, -0.3], [0.4, 1.2, 0.5], [-0.3, 0.5, 3.3]])
HERMITIAN = SYMMETRIC + 1j * np.array([[0, 0.3, -0.2], [-0.3, 0, 0.4], [0.2, -0.4, 0]])
SINGULAR = np.ones((2, 2))
NOT_SQUARE = np.ones((2, 3))


def weights(count, like):
    """1, 2, 3, ... in the precision of a value, on its device."""
    made = np.arange(1.0, 1 + count).astype(np.finfo(ops.dtype(like)).dtype)
    return ops.to_device(made, device=dm.device_of(like))


def conjugate_transpose(x):
    return ops.conj(ops.swapaxes(x, axis1=-1, axis2=-2))


def symmetrised(a, *rest):
    """The Hermitian part of the first matrix: what is read of it then does not matter."""
    made = ops.divide(ops.add(a, conjugate_transpose(a)), 2)
    return (made, *rest)


def projectors(w, v):
    """Eigenvalues and a weighted sum of projectors: unique, whatever the phases of the eigenvectors."""
    return w, ops.matmul(ops.multiply(v, weights(ops.shape(v)[-1], v)), conjugate_transpose(v))


def similar(w, v):
    """A matrix with the same eigenvectors and other eigenvalues: unique, whatever their phases."""
    return w, ops.matmul(ops.multiply(v, weights(3, v)), ops.inv(v))


def polar(u, s, vh):
    """Singular values, the polar factor and a weighted one."""
    k = ops.shape(s)[-1]
    u, vh = (
        ops.getitem(u, index=(..., slice(None), slice(0, k))),
        ops.getitem(vh, index=(..., slice(0, k), slice(None))),
    )
    return s, ops.matmul(u, vh), ops.matmul(ops.multiply(u, weights(k, u)), vh)


def without_phases(q, r):
    """Q times the phases and R over them, with a positive diagonal of R."""
    k = ops.shape(r)[-1]
    phases = ops.sign(ops.diagonal(r, axis1=-2, axis2=-1))
    q = ops.getitem(q, index=(..., slice(None), slice(0, k)))
    top = ops.getitem(r, index=(..., slice(0, k), slice(None)))
    return ops.multiply(q, ops.expand_dims(phases, axis=-2)), ops.multiply(
        top, ops.expand_dims(ops.conj(phases), axis=-1)
    )


PRODUCTS = [
    *(case("matmul", a, b) for a, b in ((A, B), (A, U), (U, B), (U, V), (STACK, spread(3, 1)), (STACK, spread(2, 3, 2)), (plane(2, 3), B), (plane(2, 3), plane(3)))),
    case("matmul", np.zeros((0, 3)), B), case("matmul", np.zeros((2, 0)), np.zeros((0, 2))), case("matmul", spread(1, 2, 3), spread(2, 3, 2)),
    *(case("dot", a, b) for a, b in ((A, B), (U, V), (A, U), (np.array(0.7), A), (A, np.array(0.7)), (spread(2, 2, 3), spread(2, 3, 2)), (plane(2, 3), plane(3, 2)), (U, spread(2, 3, 2)))),
    *(case("inner", a, b) for a, b in ((U, V), (A, spread(4, 3)), (A, U), (np.array(0.7), A), (plane(2, 3), plane(3)))),
    *(case("outer", a, b) for a, b in ((U, spread(2)), (A, U), (plane(3), plane(2, seed=9)))),
    *(case("vdot", a, b) for a, b in ((U, V), (A, A + 1), (plane(3), plane(3, seed=9)), (plane(3), V))),
    case("vecdot", A, U), case("vecdot", A, spread(2, 3, seed=8), axis=0), case("vecdot", plane(2, 3), plane(2, 3, seed=9)), case("vecdot", A, plane(3)),
    case("tensordot", spread(2, 3, 2), spread(3, 2, 2, seed=2)), case("tensordot", A, B, axes=1), case("tensordot", U, V, axes=0),
    case("tensordot", spread(2, 3, 2), spread(2, 3, 2, seed=2), axes=((0, 1), (2, 1)),
         reference=None), case("tensordot", spread(2, 3, 2), spread(2, 2, 3, seed=2), axes=((2, 1), (1, 2)), argnums=(0, 1)),
    case("tensordot", plane(2, 3), plane(3, 2), axes=1), case("tensordot", A, spread(3, 2), axes=(1, 0)),
    *(case("einsum", *arrays, subscripts=text, reference=lambda *a, subscripts: np.einsum(subscripts, *a)) for text, arrays in (
        ("ij,jk->ik", (A, B)), ("ij->ji", (A,)), ("ii->i", (SQUARE,)), ("ii", (SQUARE,)), ("ij,ij->", (A, A + 1)), ("i,j", (U, V)),
        ("...ij,...jk", (STACK, spread(3, 2))), ("ij,jk,kl->il", (A, B, A)), ("ij->", (A,)), ("iij->j", (spread(2, 2, 3),)),
        ("ij,j->i", (plane(2, 3), plane(3))), ("i,i->i", (U, V)), ("ij,kj->ik", (A, U[None])))),
    case("einsum", A, B, subscripts="ij,jk->ik", optimize=False, reference=None),
    *(case("kron", a, b) for a, b in ((A, SINGULAR * 0.7), (U, V), (U, A), (plane(2, 2), plane(2)))),
    case("cross", U, V), case("cross", spread(2, 3), V), case("cross", spread(3, 2), spread(3, 2, seed=4), axis=0), case("cross", plane(3), plane(3, seed=7)),
    case("cross", spread(3, 2), spread(2, 3, seed=4), axisa=0, axisb=1, axisc=0),
    *(case(name, spread(4), U, mode=mode) for name in ("convolve", "correlate") for mode in ("full", "same", "valid")),
    *(case(name, U, spread(4), mode=mode) for name in ("convolve", "correlate") for mode in ("full", "same", "valid")),
    *(case(name, plane(4), plane(2, seed=9), mode="full") for name in ("convolve", "correlate")),
    case("multi_dot", A, B, A, reference=lambda *a: np.linalg.multi_dot(a)), case("multi_dot", U, B, A, U, reference=lambda *a: np.linalg.multi_dot(a)),
]  # fmt: skip

DECOMPOSITIONS = [
    *(case("cholesky", x, before=symmetrised, reference=np.linalg.cholesky, outside=[(NOT_SQUARE,), (-np.eye(2),)]) for x in (SYMMETRIC, HERMITIAN, np.stack([SYMMETRIC, np.eye(3)]))),
    case("cholesky", SYMMETRIC, upper=True, before=symmetrised), case("cholesky", HERMITIAN, upper=True, before=symmetrised),
    *(case("lu", x) for x in (SQUARE, COMPLEX, TALL, A)),
    *(case("qr", x, after=without_phases, reference=None) for x in (SQUARE, TALL, COMPLEX, COMPLEX_TALL, STACK)),
    case("qr", SQUARE, mode="complete", after=without_phases), case("qr", A, reference=None),
    *(case("svd", x, after=polar, reference=None) for x in (SQUARE, TALL, A, COMPLEX, COMPLEX_TALL, STACK)),
    case("svd", SQUARE, full_matrices=True, after=polar, reference=None), case("svd", TALL, compute_uv=False),
    case("svd", COMPLEX, full_matrices=True, after=polar, reference=None),
    *(case("svdvals", x) for x in (SQUARE, TALL, COMPLEX, STACK)),
    *(case("eigh", x, before=symmetrised, after=projectors, reference=None, outside=[(NOT_SQUARE,)]) for x in (SYMMETRIC, HERMITIAN)),
    case("eigh", SYMMETRIC, modes=("reverse",), before=symmetrised, reference=None, outside=[(np.eye(2),)]),
    case("eigh", SYMMETRIC, UPLO="U", before=symmetrised, after=projectors, reference=None),
    *(case("eigvalsh", x, before=symmetrised, reference=np.linalg.eigvalsh) for x in (SYMMETRIC, HERMITIAN)),
    case("eigvalsh", SYMMETRIC, UPLO="U", before=symmetrised),
    *(case("spectral_sum", x, np.array([0.7, -0.2, 0.4])[: len(x)], before=symmetrised, reference=None) for x in (SYMMETRIC, HERMITIAN)),
    case("spectral_sum", SYMMETRIC, np.array([0.7, -0.2, 0.4])[: len(SYMMETRIC)], UPLO="U", before=symmetrised, reference=None),
    *(case("eig", x, after=similar, reference=None, outside=[(NOT_SQUARE,)]) for x in (SQUARE, COMPLEX)),
    *(case("eigvals", x, reference=None) for x in (SQUARE, COMPLEX)),
    *(case("roots", x, reference=np.roots) for x in (SQUARE[0], COMPLEX[0], np.array([1.0, 0.0, -7.0, 6.0, 0.0]))),
    case("divide_by_gaps", SQUARE, np.array([0.3, 1.1, 2.7]), reference=None), case("divide_by_gaps", SQUARE, np.array([0.3, 1.1, 2.7]), sums=True, reference=None),
    case("divide_by_gaps", COMPLEX, np.array([0.3, 1.1, 2.7]), degenerate="nan", reference=None),
    *(case("singular_sum", x, np.array([0.7, -0.2, 0.4])[: min(np.shape(x))], reference=None) for x in (SQUARE, TALL, TALL.T, COMPLEX)),
    case("even_out", np.array([0.4, -1.0, 0.2]), np.array([0.3, 1.1, 2.7]), reference=None),
    case("turn_equal", SQUARE, np.array([0.3, 1.1, 2.7]), reference=None),
    case("turn_equal", SQUARE, np.array([0.3, 1.1, 2.7]), twice=True, reference=None),
]  # fmt: skip


SOLVERS = [
    *(case("inv", x, outside=[(NOT_SQUARE,), (SINGULAR,)]) for x in (SQUARE, COMPLEX, STACK)), case("inv", SQUARE, singular="fill", reference=None),
    *(case("solve", a, b, outside=[(SINGULAR, np.ones(2))]) for a, b in ((SQUARE, U), (SQUARE, B), (STACK, spread(3, 1)), (STACK, spread(2, 3, 2)), (COMPLEX, plane(3)), (SQUARE, plane(3)), (COMPLEX, U))),
    *by_keywords("solve_triangular", SQUARE, B, each=[{}, {"lower": True}, {"trans": "T"}, {"lower": True, "trans": "C"}, {"unit_diagonal": True}]),
    case("solve_triangular", SQUARE, U), case("solve_triangular", COMPLEX, plane(3, 2), lower=True, trans="C"), case("solve_triangular", COMPLEX, U, trans="T", unit_diagonal=True),
    *(case("det", x, outside=[(NOT_SQUARE,)]) for x in (SQUARE, COMPLEX, STACK, SINGULAR, np.zeros((3, 3)))),
    *(case("slogdet", x) for x in (SQUARE, -SQUARE, COMPLEX, STACK)),
    case("cofactor", SQUARE, reference=None), case("cofactor", SQUARE, SQUARE.T, reference=None), case("cofactor", COMPLEX, reference=None),
    *(case("pinv", x) for x in (SQUARE, TALL, A, COMPLEX_TALL)), case("pinv", SYMMETRIC, hermitian=True, before=symmetrised),
    case("pinv", TALL, rcond=1e-8),
    case("lstsq", TALL, spread(4), reference=None), case("lstsq", TALL, spread(4, 2, seed=9), rcond=1e-10, reference=None), case("lstsq", A, spread(2), reference=None),
    case("lstsq", COMPLEX_TALL, plane(4), reference=None),
    *by_keywords("cond", SQUARE, each=[{}, {"p": 2}, {"p": -2}, {"p": 1}, {"p": -1}, {"p": np.inf}, {"p": -np.inf}, {"p": "fro"}, {"p": "nuc"}]),
    case("tensorsolve", spread(2, 3, 6) + np.eye(6).reshape(2, 3, 6), spread(2, 3)),
    case("tensorsolve", np.moveaxis(spread(2, 3, 6) + np.eye(6).reshape(2, 3, 6), 2, 0), spread(2, 3), axes=(0,)),
    case("tensorinv", spread(2, 3, 6) + np.eye(6).reshape(2, 3, 6)), case("tensorinv", spread(6, 2, 3) + np.eye(6).reshape(6, 2, 3), ind=1),
]  # fmt: skip

FUNCTIONS = [
    *by_keywords("matrix_power", SQUARE, each=[{"n": n} for n in (0, 1, 2, 3, 5, -1, -2)]), case("matrix_power", COMPLEX, n=3), case("matrix_power", STACK, n=2),
    *by_keywords("matrix_norm", SQUARE, each=[{}, *({"ord": p} for p in ("nuc", 2, -2, 1, -1, np.inf, -np.inf)), {"ord": "fro", "keepdims": True}],
                 at_singular=[(np.zeros((2, 2)),)]),
    *by_keywords("matrix_norm", COMPLEX, each=[{}, *({"ord": p} for p in ("nuc", 2, 1))]), case("matrix_norm", STACK, keepdims=True),
    *(case("expm", x) for x in (SQUARE, COMPLEX, STACK, 0.1 * SQUARE)),
    *(case(name, x) for name in ("sqrtm", "logm") for x in (SQUARE, COMPLEX)),
    *(case("hermitian_function", x, function=f, before=symmetrised, reference=None) for x in (SYMMETRIC, HERMITIAN)
      for f in ("exp", "log", "sqrt", ("power", 1.5))),
    *(case("hermitian_function", SYMMETRIC, function=f, before=symmetrised, reference=None) for f in ("reciprocal", "inverse_sqrt", "sin", "cos", "sinh", "cosh")),
    case("hermitian_function", 2 * np.eye(3), function="log", before=symmetrised, reference=None),
    *(case("frechet", SQUARE, STACK[1], function=f, reference=None) for f in ("exp", "log", "sqrt", ("power", 3))),
    case("frechet", SYMMETRIC, SYMMETRIC @ SYMMETRIC, function="exp", hermitian=True, reference=None,
         before=lambda a, b: (*symmetrised(a), *symmetrised(b))),
]  # fmt: skip

CASES = [*PRODUCTS, *DECOMPOSITIONS, *SOLVERS, *FUNCTIONS]
