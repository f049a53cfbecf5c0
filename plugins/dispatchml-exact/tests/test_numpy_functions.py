"""NumPy's functions on traced exact numbers: made of operations, without floats of their own."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from mpmath import mp

import dispatchml as dm
from dispatchml import ops

V = [Fraction(1, 2), Fraction(5, 4), Fraction(2)]
M = np.array([[4, 1, 0], [1, 3, 1], [0, 1, 2]])
EVEN = np.array([True, False, True])

FUNCTIONS = {
    "gradient": lambda x: np.gradient(x),
    "gradient with a step": lambda x: np.gradient(x, x[0]),
    "gradient of second order": lambda x: np.gradient(x, edge_order=2),
    "gradient over points": lambda x: np.gradient(x * x, x),
    "trapezoid": lambda x: np.trapezoid(x, x * x),
    "trapezoid with a step": lambda x: np.trapezoid(x),
    "interp": lambda x: np.interp(ops.stop_gradient(x[:2]), ops.stop_gradient(x), x * x),
    "cov": lambda x: np.cov(np.stack([x, x * x])),
    "average": lambda x: np.average(x, weights=x * x),
    "polyval": lambda x: np.polyval(x, x[0]),
    "polymul": lambda x: np.polymul(x, x),
    "polyder": lambda x: np.polyder(x),
    "polyint": lambda x: np.polyint(x),
    "vander": lambda x: np.vander(x),
    "linspace": lambda x: np.linspace(x[0], x[1], 4),
    "linspace of arrays": lambda x: np.linspace(x, x * x, 5, endpoint=False),
    "quantile": lambda x: np.quantile(x, 0.25),
    "percentile": lambda x: np.percentile(x, 75),
    "nanpercentile": lambda x: np.nanpercentile(x, 50),
    "nanmedian": lambda x: np.nanmedian(x),
    "mean of some": lambda x: np.mean(x, where=EVEN),
    "sum of some": lambda x: np.sum(x, where=EVEN),
    "var of all": lambda x: np.var(x, ddof=1),
    "ldexp": lambda x: np.ldexp(x, np.array([2, -1, 0])),
    "divmod": lambda x: np.divmod(x, x[0] / 3)[1],
    "clip": lambda x: np.clip(x, 1, x[2]),
    "convolve": lambda x: np.convolve(x, x, "same"),
    "norm": lambda x: np.linalg.norm(np.outer(x, x), 1) + np.linalg.norm(x, np.inf) + np.linalg.norm(x, 1),
    "norm of a matrix": lambda x: np.linalg.norm(np.outer(x, x) + np.outer(x, x).T, np.inf),
    "cond": lambda x: np.linalg.cond(np.outer(x, x) + np.diag(x), 1),
    "det": lambda x: np.linalg.det(np.outer(x, x) + np.diag(x)),
    "solve": lambda x: np.linalg.solve(np.outer(x, x) + np.diag(x), x),
    "pinv": lambda x: np.linalg.pinv((np.outer(x, x) + np.diag(x))[:, :2]),
    "einsum": lambda x: np.einsum("i,j,k->ik", x, x, x),
    "kron": lambda x: np.kron(x, x),
    "cross": lambda x: np.cross(x, x * x),
    "pad": lambda x: np.pad(x, 2, mode="reflect", reflect_type="odd"),
    "pad with a mean": lambda x: np.pad(x, 2, mode="mean"),
    "diff": lambda x: np.diff(x, n=2, prepend=x[:1]),
    "piecewise": lambda x: np.piecewise(x, [x > 1], [lambda t: t * t, lambda t: t / 3]),
    "power": lambda x: x**-2 + x ** np.array([0, 1, 2]),
    "bincount": lambda x: np.bincount(np.array([0, 1, 1]), weights=x),
    "sorted": lambda x: np.sort(x)[::-1] * x,
    "insert": lambda x: np.insert(x, 1, x[0] / 3),
    "multi_dot": lambda x: np.linalg.multi_dot([x, np.outer(x, x), x]),
    "product": lambda x: np.prod(x) * np.cumprod(x) / np.cumsum(x),
}


def weighed(f, weights):
    """A number: the results with weights, so that no derivative cancels."""
    return lambda x: ops.sum(ops.multiply(ops.reshape(y := f(x), shape=(-1,)), weights(ops.size(y))))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_function_of_numpy_is_exact(name):
    exact, plain = np.array(V, object), np.array(V, float)
    f = FUNCTIONS[name]
    f_exact = weighed(f, lambda n: np.array([Fraction(k + 2, 3) for k in range(n)], object))
    f_plain = weighed(f, lambda n: (np.arange(n) + 2) / 3)
    for transform in (dm.grad, dm.jacfwd):
        found, expected = transform(f_exact)(exact), transform(f_plain)(plain)
        assert {type(v) for v in found.ravel().tolist()} == {Fraction}
        np.testing.assert_allclose(found.astype(float), expected, rtol=1e-10, atol=1e-10)
    y, dy = dm.jvp(f_exact, (exact,), (exact,))
    assert type(y) is type(dy) is Fraction
    np.testing.assert_allclose(float(dy), dm.jvp(f_plain, (plain,), (plain,))[1], rtol=1e-10)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_numpy_has_all_digits_of_mpf(name):
    """mpf takes floats without a word, so it is compared with the Fractions."""
    f = FUNCTIONS[name]
    f_exact = weighed(f, lambda n: np.array([Fraction(k + 2, 3) for k in range(n)], object))
    with mpmath.workdps(50):
        x = np.array([mp.mpf(v.numerator) / v.denominator for v in V], object)
        f_mpf = weighed(f, lambda n: np.array([mp.mpf(k + 2) / 3 for k in range(n)], object))
        found, expected = dm.grad(f_mpf)(x), dm.grad(f_exact)(np.array(V, object))
        for a, b in zip(found.tolist(), expected.tolist(), strict=True):
            assert abs(a - mp.mpf(b.numerator) / b.denominator) < mp.mpf(10) ** -42
