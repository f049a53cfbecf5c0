"""Polynomials of traced coefficients and roots: NumPy's values, and derivatives as differences give them."""

import numpy as np
import pytest

import dispatchml as dm

R = np.random.default_rng(5)
X, Y, D = R.normal(size=6), R.normal(size=6), R.normal(size=6)
ONE = np.array([1.0, 0.0, -7.0, 6.0])


def weighed(y):
    """One number in which every number of a result has another weight."""
    if isinstance(y, tuple):
        return sum(weighed(e) for e in y)
    kind = getattr(getattr(y, "dtype", None), "kind", "")
    if kind == "c":
        return weighed(y.real) + 0.7 * weighed(y.imag)
    return np.sum(y * np.cos(np.arange(y.size) + 0.3).reshape(y.shape)) if kind == "f" else 0.0


PROGRAMS = {
    "roots": np.roots,
    "real roots": lambda x: np.roots(ONE + 0.01 * x[:4]),
    "a root at 0": lambda x: np.roots(np.append(x, 0.0) * x[0]),
    "a coefficient of 0 in front": lambda x: np.roots(np.stack([0 * x[0], x[1], x[2], x[3]])),
    "from roots": np.poly,
    "of a matrix": lambda x: np.poly(x.reshape(2, 3)[:, :2]),
    "from pairs of roots": lambda x: np.poly(np.stack([x[0] + 1j * x[1], x[0] - 1j * x[1]])),
    "division": lambda x: np.polydiv(x, x[:3]),
    "division by more": lambda x: np.polydiv(x[:2], x),
    "division without remainder": lambda x: np.polydiv(np.polymul(x[:3], x[3:]), x[3:]),
    "fit": lambda x: np.polyfit(x, Y, 2),
    "fit with covariance": lambda x: np.polyfit(x, Y, 2, cov=True),
    "weighted fit": lambda x: np.polyfit(x, x**2 + Y, 2, cov="unscaled", w=Y**2),
    "fit with all results": lambda x: np.polyfit(x, Y, 2, full=True),
    "two fits": lambda x: np.polyfit(np.arange(6), np.stack([x, x**2], 1), 2, cov=True),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives_are_those_of_differences(name):
    def program(x):
        return weighed(PROGRAMS[name](x))

    def slope(x):
        return dm.jvp(program, (x,), (D,))[1]

    step = 1e-6
    wanted = (program(X + step * D) - program(X - step * D)) / (2 * step)
    value, gradient = dm.value_and_grad(program)(X)
    np.testing.assert_allclose(value, program(X), rtol=1e-10)
    np.testing.assert_allclose([gradient @ D, slope(X)], wanted, rtol=1e-5, atol=1e-7)
    second = (slope(X + step * D) - slope(X - step * D)) / (2 * step)
    np.testing.assert_allclose([dm.grad(slope)(X) @ D, dm.jvp(slope, (X,), (D,))[1]], second, rtol=1e-4, atol=1e-6)
    batch = dm.vmap(dm.grad(program))(np.stack([2 * X, X]))
    np.testing.assert_allclose(batch[1], gradient, rtol=1e-10, atol=1e-12)


@pytest.mark.filterwarnings("ignore:Polyfit may be poorly conditioned")
def test_the_cutoff_of_a_fit_is_used():
    wanted = np.polyfit(X, Y, 3, rcond=0.3)
    assert not np.allclose(wanted, np.polyfit(X, Y, 3))
    np.testing.assert_allclose(dm.jvp(lambda y: np.polyfit(X, y, 3, rcond=0.3), (Y,), (D,))[0], wanted)


@pytest.mark.parametrize("p", [ONE, [1.0, 0, 1], [0.0, 0, 2, 1, 0, 0], [0.0], [3.0], np.float32([1, 2, -3])])
def test_roots_are_those_of_numpy(p):
    p, seen = np.asarray(p), []
    dm.grad(lambda x: seen.append(dm.primal(np.roots(x))) or np.sum(x))(p)
    np.testing.assert_array_equal(seen[0], np.roots(p))
    assert seen[0].dtype == np.roots(p).dtype


def test_what_numpy_refuses_is_refused():
    with pytest.raises(ValueError, match="highest power first"):
        dm.grad(lambda x: np.sum(np.roots(x)))(np.eye(2))
    with pytest.raises(ValueError, match="1d or non-empty square"):
        dm.grad(lambda x: np.sum(np.poly(x)))(np.ones((2, 3)))
    with pytest.raises(ValueError, match="exceed order"):
        dm.grad(lambda y: np.sum(np.polyfit(X[:3], y, 2, cov=True)[1]))(Y[:3])
