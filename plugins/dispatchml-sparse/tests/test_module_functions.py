"""Functions of the modules scipy.sparse and sparse take traced arrays: their values, the derivatives of dense ones."""

import numpy as np
import pytest
import scipy.sparse as ss
import scipy.sparse.linalg
import sparse

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError

DENSE = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0], [4.0, 0.0, 5.0]])
A, C = ss.csr_array(DENSE), sparse.COO.from_numpy(DENSE)
HALF = np.array([[1.0, 2.0], [0.0, -1.0]])
#: (the function of the library, the same of dense arrays)
SCIPY = {
    "vstack": (lambda a: ss.vstack([a, a * 2.0]), lambda a: np.vstack([a, a * 2.0])),
    "hstack": (lambda a: ss.hstack((a, A), format="csc"), lambda a: np.hstack([a, DENSE])),
    "block_diag": (lambda a: ss.block_diag([a, A]), lambda a: np.block([[a, np.zeros((3, 3))], [0 * a, DENSE]])),
    "block_array": (
        lambda a: ss.block_array([[a, None], [A, a]]),
        lambda a: np.block([[a, np.zeros((3, 3))], [DENSE, a]]),
    ),
    "kron": (lambda a: ss.kron(a, ss.csr_array(HALF)), lambda a: np.kron(a, HALF)),
    "tril": (lambda a: ss.tril(a, k=-1), lambda a: np.tril(a, -1)),
    "triu": (lambda a: ss.triu(a, format="csr"), np.triu),
    "norm": (lambda a: scipy.sparse.linalg.norm(a), lambda a: np.sqrt(np.sum(a**2))),
}
PYDATA = {
    "concatenate": (lambda a: sparse.concatenate([a, C], axis=1), lambda a: np.concatenate([a, DENSE], axis=1)),
    "stack": (lambda a: sparse.stack([a, a]), lambda a: np.stack([a, a])),
    "where": (lambda a: sparse.where(a > 2.5, a, a * 2.0), lambda a: np.where(a > 2.5, a, a * 2.0)),
    "kron": (lambda a: sparse.kron(a, C), lambda a: np.kron(a, DENSE)),
    "tril": (lambda a: sparse.tril(a), np.tril),
    "roll": (lambda a: sparse.roll(a, 1), lambda a: np.roll(a, 1)),
    "tensordot": (lambda a: sparse.tensordot(a, C, 1), lambda a: np.tensordot(a, DENSE, 1)),
    "dot": (lambda a: sparse.dot(C, a), lambda a: DENSE @ a),
    "matmul": (lambda a: sparse.matmul(a, a), lambda a: a @ a),
    "clip": (lambda a: sparse.clip(a, 0.0, 2.5), lambda a: np.clip(a, 0.0, 2.5)),
    "diagonal": (lambda a: sparse.diagonal(a), np.diagonal),
    "take": (lambda a: sparse.take(a, np.array([0, 2]), axis=1), lambda a: np.take(a, [0, 2], axis=1)),
    "pad": (lambda a: sparse.pad(a, 1), lambda a: np.pad(a, 1)),
    "expand_dims": (lambda a: sparse.expand_dims(a, axis=0), lambda a: a[None]),
    "flip": (lambda a: sparse.flip(a), np.flip),
    "reshape": (lambda a: sparse.reshape(a, (9,)), lambda a: a.reshape(9)),
}
COMPILED = [PYDATA[name][0] for name in ("tensordot", "dot", "matmul", "take")]


def dense(y):
    return y.toarray() if hasattr(y, "toarray") else y.todense() if hasattr(y, "todense") else np.asarray(y)


@pytest.mark.parametrize(
    ("x", "f", "expected"),
    [(A, *c) for c in SCIPY.values()] + [(C, *c) for c in PYDATA.values()],
    ids=[f"scipy.sparse {n}" for n in SCIPY] + [f"sparse {n}" for n in PYDATA],
)
def test_values_and_derivatives(x, f, expected):
    y, dy = dm.jvp(f, (x,), (x,))
    if f in COMPILED:  # sparse compiles its own for many seconds
        plain = y
    else:
        plain = f(x)
        assert type(y) is type(plain) or f is SCIPY["kron"][0]  # which stores dense blocks
    np.testing.assert_allclose(dense(y), dense(plain))
    wanted, slope = dm.jvp(expected, (DENSE,), (DENSE,))
    np.testing.assert_allclose(dense(plain), wanted)
    np.testing.assert_allclose(dense(dy), slope)
    gradient = dm.grad(lambda x: (f(x) * 2.0).sum() if dense(plain).ndim else f(x))(x)
    of_dense = dm.grad(lambda a: (expected(a) * 2.0).sum() if dense(plain).ndim else expected(a))(DENSE)
    np.testing.assert_allclose(dense(gradient), np.where(DENSE != 0, of_dense, 0.0))


def test_a_traced_array_is_sparse():
    seen = []
    dm.grad(lambda a: seen.append((ss.issparse(a), ss.issparse(a.sum()))) or a.sum())(A)
    assert seen == [(True, False)]


def test_what_is_not_supported_is_refused():
    with pytest.raises(LiftError, match=r"scipy\.sparse\.linalg\.norm: ord=1"):
        dm.grad(lambda a: scipy.sparse.linalg.norm(a, 1))(A)
    with pytest.raises(LiftError, match=r"sparse\.where: one argument"):
        dm.grad(lambda c: sparse.where(c)[0].sum())(C)
