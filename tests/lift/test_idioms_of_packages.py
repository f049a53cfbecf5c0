"""Idioms of other people's packages: NumPy imported in a function, types in variables, items, strides."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError

PACKAGE = """
import numpy
from numpy.lib.stride_tricks import as_strided

kept = None

def filled(values):
    import numpy as np
    A = np.full((2, 2), 0.0)
    A[[0, 1], [1, 0]] = [values[0], values[1]]
    return (A * A).sum()

def converted(values, dtype=numpy.float64):
    return dtype(values) * 2

def number(x):
    return (numpy.asarray(x) ** 2).item()

def frames(x, length, hop):
    steps = x.strides + tuple([x.strides[-1]])
    return as_strided(x, (*x.shape[:-1], x.shape[-1] - length + 1, length), steps)[..., ::hop, :]

def beyond(x):
    return as_strided(x, (9,), x.strides)

def remembered():
    global kept
    import numpy as kept
    return kept
"""
X = np.array([1.5, 2.0, -0.5])


def difference(f, x):
    return np.array([(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(x.size)])


@pytest.mark.parametrize("name", ["filled", "converted", "number"])
def test_values_made_plain_by_other_ways(package, name):
    f = {
        "filled": package.filled,
        "converted": lambda x: np.sum(package.converted(x) ** 2) + package.converted(x[0]),
        "number": lambda x: package.number(x[1]) * x[0],
    }[name]
    np.testing.assert_allclose(dm.grad(f)(X), difference(f, X), rtol=1e-7)


def test_strides(package):
    rows = np.sin(np.arange(14.0)).reshape(2, 7)
    f = lambda x: np.sum(package.frames(x.reshape(2, 7), 3, 2) ** 3)  # noqa: E731
    np.testing.assert_allclose(dm.grad(f)(rows.ravel()), difference(f, rows.ravel()), rtol=1e-6, atol=1e-8)
    with pytest.raises(LiftError, match=r"as_strided \(at .*leaves its elements"):
        dm.grad(lambda x: np.sum(package.beyond(x)))(X)


def test_a_module_that_is_kept_in_a_global_name_is_numpy(package):
    dm.grad(lambda x: package.remembered().sum(x))(X)
    assert package.kept is np


def test_types_in_variables_of_ones_own():
    def f(x, dtype=np.float64):
        return dtype(x[0]) * float(x[1])

    np.testing.assert_allclose(dm.grad(f)(X), [2.0, 1.5, 0.0])
    assert type(f(X)) is np.float64


def test_results_written_into_traced_arrays():
    def f(x):
        y = 2 * x
        z = y
        np.maximum(y, 0.0, out=y)
        np.multiply(y, 3.0, out=y, where=np.array([True, False, True]))
        np.clip(y, -1.0, 5.0, out=y)
        np.cumsum(y, out=y)
        return np.sum(z**2)

    np.testing.assert_allclose(dm.grad(f)(X), difference(f, X), rtol=1e-6, atol=1e-8)
    assert dm.jvp(f, (X,), (X,)) == pytest.approx((f(X), difference(f, X) @ X), rel=1e-6)
    np.testing.assert_allclose(dm.vmap(f)(np.stack([X, -X])), [f(X), f(-X)])


def test_arrays_asked_for_by_the_protocol():
    assert dm.grad(lambda x: np.sum(x.__array__() ** 2))(X) == pytest.approx(2 * X)


MATRIX = np.sin(np.arange(9.0)).reshape(3, 3)


class Model:
    def __init__(self):
        self.matrix = MATRIX

    def value(self, x):
        return np.sum(self.matrix.dot(x) ** 2) + x.dot(x) + np.sum(MATRIX.T.dot(np.outer(x, x)))


def test_products_by_the_method_of_a_constant():
    f = Model().value
    np.testing.assert_allclose(dm.grad(f)(X), difference(f, X), rtol=1e-6)
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(MATRIX.dot(x)))(X), MATRIX.sum(0))
