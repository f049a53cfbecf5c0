"""Sparse arrays beside structured matrices: products by the structured rule, sparse where the sparse arrays stay so."""

import warnings

import numpy as np
import pytest
from dispatchml_structured import Diagonal, Kronecker

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DensifyWarning

pytest.importorskip("dispatchml_sparse")
sparse = pytest.importorskip("sparse")
scipy_sparse = pytest.importorskip("scipy.sparse")

DENSE = np.eye(3) + np.eye(3, k=1)
D = Diagonal([1.0, 2.0, 3.0])


@pytest.mark.parametrize("make", [scipy_sparse.csr_array, sparse.COO.from_numpy], ids=["csr", "COO"])
def test_products(make):
    s = make(DENSE)
    for got, expected in (
        (D @ s, D.materialise() @ DENSE),
        (ops.matmul(s, D), DENSE @ D.materialise()),
        (ops.solve(D, s), np.linalg.solve(D.materialise(), DENSE)),
    ):
        assert type(got).__module__.partition(".")[0] in ("scipy", "sparse")
        np.testing.assert_allclose(got.todense(), expected)
    assert type(D * s) is Diagonal
    np.testing.assert_allclose((D * s).diag, [1, 2, 3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DensifyWarning)
        for got, expected in ((Kronecker(np.eye(3), np.eye(1)) @ s, DENSE), (D + s, D.materialise() + DENSE)):
            np.testing.assert_allclose(got.todense() if hasattr(got, "todense") else got, expected)


def test_gradients_through_both():
    s = scipy_sparse.csr_array(DENSE)
    found = dm.grad(lambda d: ops.sum(ops.matmul(ops.matmul(Diagonal(d), s), np.ones(3))))(np.ones(3))
    np.testing.assert_allclose(found, DENSE.sum(axis=1))
    found = dm.grad(lambda d: ops.sum(ops.matmul(ops.matmul(s, Diagonal(d)), np.ones(3))))(np.ones(3))
    np.testing.assert_allclose(found, DENSE.sum(axis=0))
