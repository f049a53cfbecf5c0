"""What is sparse costs what is stored: matrices with 10**12 elements, of which no dense array could be made."""

import numpy as np
import pytest
import scipy.sparse as sp
import sparse

import dispatchml as dm
from dispatchml import ops

SIZE, STORED = 10**6, 1000
GENERATOR = np.random.default_rng(0)
PLACES = GENERATOR.choice(SIZE, STORED, replace=False), GENERATOR.choice(SIZE, STORED, replace=False)
DATA = GENERATOR.uniform(0.5, 1.0, STORED)
X = GENERATOR.uniform(0.5, 1.0, SIZE)
LARGE = {
    "COO": lambda: sparse.COO(np.stack(PLACES), DATA, shape=(SIZE, SIZE)),
    "csr_array": lambda: sp.csr_array((DATA, PLACES), shape=(SIZE, SIZE)),
    "coo_array": lambda: sp.coo_array((DATA, PLACES), shape=(SIZE, SIZE)),
}


@pytest.fixture(params=LARGE)
def a(request):
    return LARGE[request.param]()


PROGRAMS = {
    "quadratic form": (lambda a: X @ (a @ X), lambda data: X[PLACES[0]] * X[PLACES[1]]),
    "sum of squares": (lambda a: ops.sum(a * a), lambda data: 2 * data),
    "sines": (lambda a: ops.sum(ops.sin(a)), np.cos),
    "with its transpose": (lambda a: ops.sum(a @ a.T), None),
    "square": (lambda a: ops.sum(a @ a), None),
    "extrema": (lambda a: ops.max(a) + ops.sum(ops.max(a, axis=0)), None),
    "deviation": (lambda a: ops.std(a), None),
    "rows": (lambda a: ops.sum(a[10:1000:3] ** 2) + ops.sum(a[np.arange(100)]), None),
    "shapes": (lambda a: ops.sum(ops.reshape(ops.concatenate((a, a.T)), shape=(4, SIZE // 2, SIZE)) ** 2), None),
    "norm": (lambda a: ops.vector_norm(a), lambda data: data / np.linalg.norm(data)),
    "times a column": (lambda a: ops.sum(a * X[:, None] * X), lambda data: X[PLACES[0]] * X[PLACES[1]]),
    "trace": (lambda a: ops.trace(a), None),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_touch_only_what_is_stored(name, a):
    program, slope = PROGRAMS[name]
    gradient = dm.grad(program)(a)
    assert gradient.nnz == STORED
    if slope is not None:
        order = np.argsort(PLACES[0])
        found = sp.coo_array(gradient.to_scipy_sparse() if isinstance(gradient, sparse.COO) else gradient)
        np.testing.assert_allclose(found.data[np.argsort(found.coords[0])], slope(DATA)[order])
    product = dm.hvp(program, (a,), (gradient,))
    assert product.nnz == STORED


def test_batches_and_tangents_touch_only_what_is_stored(a):
    batch = dm.vmap(lambda s: a * s)(np.arange(3.0))
    assert batch.shape == (3, SIZE, SIZE)
    assert batch.nnz == 3 * STORED
    assert dm.random_tangent(a, GENERATOR).nnz == STORED
    assert dm.ravel(a)[0].shape == (STORED,)
    assert dm.jacobian(lambda a: a.sum(axis=0)[:2] if isinstance(a, np.ndarray) else ops.sum(a))(a).nnz == STORED


def test_a_large_system_is_solved():
    size = 20_000
    main, beside = np.full(size, 4.0), np.full(size - 1, -1.0)
    a = sp.csr_array(sp.diags_array([beside, main, beside], offsets=[-1, 0, 1]))
    b = np.ones(size)
    gradient = dm.grad(lambda a: np.sum(ops.solve(a, b) ** 2))(a)
    assert gradient.nnz == a.nnz
    x = sp.linalg.spsolve(a.tocsc(), b) if hasattr(sp, "linalg") else ops.solve(a, b)
    g = ops.solve(a.T, 2 * x)
    np.testing.assert_allclose(gradient[100, 101], -g[100] * x[101])


def test_a_chain_of_operations_takes_arrays_apart_and_checks_them_once(monkeypatch):
    checked = []
    base = sp.csr_array.__mro__[2]
    whole = base.check_format
    monkeypatch.setattr(base, "check_format", lambda self, *a, **k: (checked.append(self), whole(self, *a, **k))[1])
    x = sp.csr_array(np.diag([1.0, 2.0, 3.0]))

    def chain(x):
        for _ in range(10):
            x = x + x
            x = x * 0.5
        return x

    checked.clear()
    assert (dm.jvp(chain, (x,), (x,))[1] != x).nnz == 0
    _, pullback = dm.vjp(chain, x)
    assert (pullback(x)[0] != x).nnz == 0
    assert len(checked) < 10


def test_places_that_are_exchanged_in_place_are_read_again():
    x = sp.csr_array((np.array([1.0, 2.0]), np.array([0, 1]), np.array([0, 2, 2])), shape=(2, 2))
    weights = np.array([[10.0, 20.0], [0.0, 0.0]])
    assert dm.value_and_grad(lambda x: ops.sum(x * weights))(x)[0] == 50.0
    x.indices[:] = [1, 0]
    assert dm.value_and_grad(lambda x: ops.sum(x * weights))(x)[0] == 40.0
