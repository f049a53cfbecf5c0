"""Products of two sparse matrices: listed pairs and the loop over rows are the same sums, to every order."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
import sparse
from dispatchml_sparse import meeting

import dispatchml as dm
from dispatchml import ops

KINDS = {
    "csr": sp.csr_array, "csc": sp.csc_array, "coo": sp.coo_array, "COO": sparse.COO.from_numpy,
    "GCXS": sparse.GCXS.from_numpy,
}  # fmt: skip


def matrix(rng, shape, dtype=np.float64):
    """A matrix with rows and columns that store nothing."""
    dense = np.where(rng.random(shape) < 0.4, rng.normal(size=shape), 0.0)
    dense[1] = 0
    dense[:, 2] = 0
    return (dense * (1 + 0.5j) if np.dtype(dtype).kind == "c" else dense).astype(dtype)


def dense(x):
    """A plain dense array of anything."""
    return np.asarray(x.todense() if hasattr(x, "todense") else x)


@pytest.fixture(params=["listed", "by rows"])
def either_way(request, monkeypatch):
    """Both ways to add up."""
    if request.param == "by rows":
        monkeypatch.setattr(meeting, "LISTED", -1)
    return request.param


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128])
@pytest.mark.parametrize("other", KINDS)
@pytest.mark.parametrize("one", KINDS)
def test_derivatives_of_a_product(one, other, dtype):
    rng = np.random.default_rng(3)
    x, y = matrix(rng, (5, 4), dtype), matrix(rng, (4, 6), dtype)
    a, b = KINDS[one](x), KINDS[other](y)
    weights = rng.normal(size=(5, 6)).astype(np.float32)

    def total(a, b):
        made = a @ b
        return ops.sum(ops.real(made * ops.conj(made)) * weights)

    tolerance = {"rtol": 2e-5, "atol": 1e-5} if dtype is np.float32 else {"rtol": 1e-10, "atol": 1e-12}
    expected = dm.grad(total, argnums=(0, 1))(x, y)
    found = dm.grad(total, argnums=(0, 1))(a, b)
    for got, full, stored in zip(found, expected, (x, y), strict=True):
        assert got.dtype == dtype
        np.testing.assert_allclose(dense(got), full * (stored != 0), **tolerance)
    value, tangent = dm.jvp(lambda a, b: a @ b, (a, b), (a, 2 * b))
    np.testing.assert_allclose(dense(value), x @ y, **tolerance)
    np.testing.assert_allclose(dense(tangent), 3 * (x @ y), **tolerance)
    assert value.nnz == tangent.nnz
    product = dm.hvp(total, (a, b), (a, b))
    for got, full, stored in zip(product, dm.hvp(total, (x, y), (x, y)), (x, y), strict=True):
        np.testing.assert_allclose(dense(got), full * (stored != 0), **tolerance)


@pytest.mark.usefixtures("either_way")
def test_orders_and_batches():
    rng = np.random.default_rng(5)
    x = matrix(rng, (4, 4))
    a = sp.csr_array(x)
    shuffled = sp.csr_array((a.data[::-1], a.indices[::-1], (a.nnz - a.indptr)[::-1]), shape=a.shape)
    flipped = shuffled.todense()
    for f in (lambda a: ops.sum((a @ a) ** 2), lambda a: ops.sum((a.T @ a) ** 3), lambda a: ops.sum(a @ a @ a)):
        np.testing.assert_allclose(dense(dm.grad(f)(shuffled)), dm.grad(f)(flipped) * (flipped != 0))
    by_numbers = dm.jacobian(lambda v: ops.sum(sp.csr_array((v, a.indices, a.indptr), shape=a.shape) @ a, axis=0))(
        a.data
    )
    expected = dm.jacobian(lambda x: ops.sum(x @ a.todense(), axis=0))(x)
    np.testing.assert_allclose(by_numbers, expected[:, *a.nonzero()])
    rows = dm.vmap(lambda k: ops.sum((a * k) @ a, axis=1))(np.arange(3.0))
    np.testing.assert_allclose(rows, np.arange(3.0)[:, None] * (x @ x).sum(axis=1))


def test_what_meets_nothing():
    a = sp.csr_array(np.diag([0.0, 1.0, 0.0]))
    b = sp.csr_array(np.diag([1.0, 0.0, 0.0]))
    for limit in (meeting.LISTED, -1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(meeting, "LISTED", limit)
            value, gradient = dm.value_and_grad(lambda a: ops.sum(a @ b))(a)
            assert value == 0
            assert gradient.nnz == 1
            assert gradient.data.tolist() == [0.0]


def test_many_pairs_are_not_listed(monkeypatch):
    """Rows of a hundred numbers: ten thousand pairs for each, but few places of the product."""
    n, width = 600, 100
    a = sp.csr_array(np.kron(np.eye(n // width), np.ones((width, width))))
    small = sp.csr_array(np.eye(3))
    monkeypatch.setattr(meeting, "LISTED", -1)
    dm.grad(lambda a: ops.sum((a @ a) ** 2))(small)  # the loops are compiled
    monkeypatch.setattr(meeting, "LISTED", n * width)
    tracemalloc.start()
    try:
        gradient = dm.grad(lambda a: ops.sum((a @ a) ** 2))(a)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    pairs = n * width**2
    assert peak < 8 * pairs, "the pairs were listed"
    np.testing.assert_allclose(gradient.data, 4.0 * width**2)
