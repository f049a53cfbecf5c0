"""What is left out may be anything: elements that are not picked have zero derivatives, also where theirs are nan."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.rules.strong import strong

#: The root of the middle one is nan, and so is its derivative, for which no floating-point flag is raised.
X = np.array([4.0, -1.0, 9.0])
WANTED = 0.5 / np.sqrt(np.array([4.0, 1.0, 9.0]))
FIRST = WANTED * np.array([1.0, 0.0, 0.0])
BOTH = WANTED * np.array([1.0, 0.0, 1.0])


def assigned(y):
    y[1] = 0.0
    return np.sum(y)


def put(y):
    np.copyto(y, 0.0, where=np.isnan(y))
    return np.sum(y)


def put_along(y):
    np.put_along_axis(y, np.array([1]), 0.0, axis=0)
    return np.sum(y)


PICKS = {
    "a mask": (lambda y: np.sum(y[~np.isnan(y)]), BOTH),
    "a number": (lambda y: y[0], FIRST),
    "a slice": (lambda y: np.sum(y[::2]), BOTH),
    "positions": (lambda y: np.sum(y[[0, 2]]), BOTH),
    "take": (lambda y: np.sum(np.take(y, [0, 2])), BOTH),
    "take_along_axis": (lambda y: np.sum(np.take_along_axis(y, np.array([0, 2]), 0)), BOTH),
    "compress": (lambda y: np.sum(np.compress([True, False, True], y)), BOTH),
    "extract": (lambda y: np.sum(np.extract([True, False, True], y)), BOTH),
    "delete": (lambda y: np.sum(np.delete(y, 1)), BOTH),
    "split": (lambda y: np.sum(np.split(y, [1])[0]), FIRST),
    "unpacking": (lambda y: [*y][0], FIRST),
    "diagonal": (lambda y: np.sum(np.diagonal(y[:, None] * np.eye(3)[:, [0, 2]])[:1]), FIRST),
    "diag": (lambda y: np.sum(np.diag(np.outer(y, np.ones(3)), 2)), FIRST),
    "trace": (lambda y: np.trace(np.outer(y, np.ones(3)), 2), FIRST),
    "triu": (lambda y: np.sum(np.triu(np.outer(y, np.ones(3)), 2)), FIRST),
    "tril": (lambda y: np.sum(np.tril(np.outer(y, np.ones(3))[::-1], -2)), FIRST),
    "an assignment": (assigned, BOTH),
    "copyto": (put, BOTH),
    "put_along_axis": (put_along, BOTH),
    "where=": (lambda y: np.sum(y, where=~np.isnan(y)), BOTH),
    "nansum": (np.nansum, BOTH),
    "sort": (lambda y: np.sort(y)[0], FIRST),
    "cumsum": (lambda y: np.cumsum(y)[0], FIRST),
    "a norm": (lambda y: np.linalg.norm(np.outer(y, np.ones(1)), axis=1)[0], FIRST),
    "abs": (lambda y: np.abs(y)[0], FIRST),
    "var": (lambda y: np.mean(np.outer(y, np.ones(2)), axis=1)[0], FIRST),
    "a transform": (lambda y: np.fft.fft(y, 1).real[0], FIRST),
    "concatenate": (lambda y: np.concatenate([y, y])[3], FIRST),
    "stack": (lambda y: np.stack([y, y])[1, 0], FIRST),
}


@pytest.mark.parametrize("name", PICKS)
def test_what_is_not_picked(name):
    pick, wanted = PICKS[name]
    with np.errstate(invalid="ignore"):
        for transform in (dm.grad, dm.jacfwd, dm.jacrev):
            np.testing.assert_allclose(transform(lambda x: pick(np.sqrt(x)))(X), wanted)
        along = [dm.jvp(lambda x: pick(np.sqrt(x)), (X,), (e,))[1] for e in np.eye(3)]
        np.testing.assert_allclose(along, wanted)
        if name != "a mask":  # which would make shapes in a batch depend on values
            np.testing.assert_allclose(dm.vmap(dm.grad(lambda x: pick(np.sqrt(x))))(np.stack([X, X]))[1], wanted)


M = np.array([[np.nan, 1.0, 1.0], [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
V = np.array([np.nan, 1.0, 2.0])
Z = np.array([1.0, 2.0, 3.0])
PRODUCTS = {
    "matmul": (lambda x: (M @ x)[1], M[1]),
    "matmul from the left": (lambda x: (x @ M.T)[1], M[1]),
    "matmul of stacks": (lambda x: (np.stack([M, M]) @ x)[1, 1], M[1]),
    "dot": (lambda x: np.dot(M, x)[1], M[1]),
    "dot of more axes": (lambda x: np.dot(np.stack([M, M]), x)[1, 1], M[1]),
    "inner": (lambda x: np.inner(M, x)[1], M[1]),
    "tensordot": (lambda x: np.tensordot(M, x, 1)[1], M[1]),
    "einsum": (lambda x: np.einsum("ij,j->i", M, x)[1], M[1]),
    "einsum of three": (lambda x: np.einsum("ij,jk,k->i", M, np.eye(3), x)[1], M[1]),
    "vecdot": (lambda x: np.vecdot(M, x)[1], M[1]),
    "multiply": (lambda x: np.sum((M * x)[1]), M[1]),
    "outer": (lambda x: np.outer(V, x)[1, 1], np.array([0.0, 1.0, 0.0])),
    "kron": (lambda x: np.kron(V, x)[4], np.array([0.0, 1.0, 0.0])),
    "cross": (lambda x: np.cross(V, x)[0], np.array([0.0, -2.0, 1.0])),
    "convolve": (lambda x: np.convolve(x, V)[4], np.array([0.0, 0.0, 2.0])),
    "correlate": (lambda x: np.correlate(x, V[::-1], "full")[4], np.array([0.0, 0.0, 2.0])),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_beside_nan(name):
    product, wanted = PRODUCTS[name]
    for transform in (dm.grad, dm.jacfwd, dm.jacrev):
        np.testing.assert_allclose(transform(product)(Z), wanted)
    np.testing.assert_allclose([dm.jvp(product, (Z,), (e,))[1] for e in np.eye(3)], wanted)


@pytest.mark.parametrize(
    ("product", "a", "b"),
    [(ops.matmul, M, M), (ops.cross, M, M), (ops.outer, V, Z), (ops.multiply, M, V), (ops.inner, M, Z)],
)
def test_strong_products_are_the_products_where_nothing_is_zero(product, a, b):
    np.testing.assert_array_equal(strong(product)(a, b), product(a, b))
    np.testing.assert_array_equal(strong(product)(a, np.zeros_like(b)), product(np.ones_like(a), np.zeros_like(b)))


def test_strong_sums():
    together = strong(ops.einsum)((M, Z, np.array([0.0, 0.0, 1.0])), subscripts="ij,j,i->i")
    np.testing.assert_array_equal(together, [0.0, 0.0, M[2] @ Z])
