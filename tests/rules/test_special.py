"""Rules of special functions against derivatives by mpmath, in both modes, to second order, and at corners."""

import math

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NoRuleError

mpmath = pytest.importorskip("mpmath")
pytest.importorskip("scipy.special")

REAL = np.array([-2.3, -0.4, 0.0, 0.7, 1.9])
POSITIVE = np.array([0.2, 0.7, 1.6, 4.3])


def mp_ndtr(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def mp_erfcx(x):
    return mpmath.exp(x * x) * mpmath.erfc(x)


#: name -> (points, the function in mpmath).
UNARY = {
    "erf": (REAL, mpmath.erf),
    "erfc": (REAL, mpmath.erfc),
    "erfcx": (np.array([-1.3, 0.0, 0.8, 30.0, 199.0, 201.0, 1e4]), mp_erfcx),
    "erfinv": (np.array([-0.9, -0.1, 0.0, 0.5]), mpmath.erfinv),
    "erfcinv": (np.array([0.1, 0.9, 1.0, 1.5]), lambda x: mpmath.erfinv(1 - x)),
    "dawsn": (REAL, lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-x * x) * mpmath.erfi(x)),
    "ndtr": (REAL, mp_ndtr),
    "log_ndtr": (np.array([-30.0, -2.0, 0.0, 3.0, 9.0]), lambda x: mpmath.log(mp_ndtr(x))),
    "ndtri": (np.array([0.05, 0.4, 0.5, 0.97]), lambda x: mpmath.sqrt(2) * mpmath.erfinv(2 * x - 1)),
    "gamma": (np.array([-1.7, -0.3, 0.4, 1.0, 5.2]), mpmath.gamma),
    "gammaln": (np.array([-1.7, 0.4, 1.0, 5.2]), lambda x: mpmath.log(abs(mpmath.gamma(x)))),
    "digamma": (POSITIVE, mpmath.digamma),
    "polygamma": (POSITIVE, lambda x: mpmath.polygamma(1, x)),
    "factorial": (POSITIVE, mpmath.factorial),
    "expi": (POSITIVE, mpmath.ei),
    "exp1": (POSITIVE, mpmath.e1),
    "i0": (REAL, lambda x: mpmath.besseli(0, x)),
    "i1": (REAL, lambda x: mpmath.besseli(1, x)),
    "i0e": (REAL[REAL != 0], lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x)),
    "i1e": (REAL[REAL != 0], lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x)),
    "j0": (REAL, lambda x: mpmath.besselj(0, x)),
    "j1": (REAL, lambda x: mpmath.besselj(1, x)),
    "y0": (POSITIVE, lambda x: mpmath.bessely(0, x)),
    "y1": (POSITIVE, lambda x: mpmath.bessely(1, x)),
    "k0": (POSITIVE, lambda x: mpmath.besselk(0, x)),
    "k1": (POSITIVE, lambda x: mpmath.besselk(1, x)),
    "entr": (POSITIVE, lambda x: -x * mpmath.log(x)),
}

BINARY = {
    "beta": mpmath.beta,
    "betaln": lambda a, b: mpmath.log(mpmath.beta(a, b)),
    "binom": mpmath.binomial,
    "xlogy": lambda a, b: a * mpmath.log(b),
    "xlog1py": lambda a, b: a * mpmath.log1p(b),
    "rel_entr": lambda a, b: a * mpmath.log(a / b),
    "kl_div": lambda a, b: a * mpmath.log(a / b) - a + b,
}

#: name -> (constant arguments, points of the last one, the function in mpmath).
LAST = {
    "gammainc": ((1.7,), POSITIVE, lambda a, x: mpmath.gammainc(a, 0, x, regularized=True)),
    "gammaincc": ((0.6,), POSITIVE, lambda a, x: mpmath.gammainc(a, x, regularized=True)),
    "betainc": ((1.7, 0.8), np.array([0.1, 0.5, 0.93]), lambda a, b, x: mpmath.betainc(a, b, 0, x, regularized=True)),
    "zeta": ((2.5,), POSITIVE, mpmath.zeta),
    "jv": ((1.5,), POSITIVE, mpmath.besselj),
    "yv": ((1.5,), POSITIVE, mpmath.bessely),
    "iv": ((1.5,), POSITIVE, mpmath.besseli),
    "ive": ((1.5,), POSITIVE, lambda v, x: mpmath.exp(-x) * mpmath.besseli(v, x)),
    "kv": ((1.5,), POSITIVE, mpmath.besselk),
}


def exact(f, x, n):
    """The n-th derivative by mpmath, at each point."""
    with mpmath.workdps(30):
        return np.array([float(mpmath.diff(f, mpmath.mpf(float(p)), n)) for p in x])


def check(f, x, reference, tolerance=2e-11):
    """First and second derivatives in every nesting of the two modes."""
    one = np.ones_like(x)
    y, dy = dm.jvp(f, (x,), (one,))
    np.testing.assert_array_equal(y, f(x))
    first, second = exact(reference, x, 1), exact(reference, x, 2)
    np.testing.assert_allclose(dy, first, rtol=tolerance, atol=1e-15)
    (g,) = dm.vjp(f, x)[1](one)
    np.testing.assert_allclose(g, first, rtol=tolerance, atol=1e-15)
    forward = lambda p: dm.jvp(f, (p,), (one,))[1]  # noqa: E731
    reverse = lambda p: dm.vjp(f, p)[1](one)[0]  # noqa: E731
    for slope in (forward, reverse):
        np.testing.assert_allclose(dm.jvp(slope, (x,), (one,))[1], second, rtol=tolerance * 100, atol=1e-13)
        np.testing.assert_allclose(dm.vjp(slope, x)[1](one)[0], second, rtol=tolerance * 100, atol=1e-13)
    assert dm.vjp(f, x)[1](np.zeros_like(x))[0].tolist() == [0] * len(x)
    number = float(x[-2])
    slope = dm.vjp(f, number)[1](1.0)[0]
    assert type(slope) is float
    np.testing.assert_allclose(slope, g[-2], rtol=1e-13)
    (small,) = dm.vjp(f, x.astype(np.float32))[1](one.astype(np.float32))
    assert small.dtype == np.float32
    np.testing.assert_allclose(small, g, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", [n for n in UNARY if n != "erfcx"])
def test_functions_of_one_argument(name):
    points, reference = UNARY[name]
    check(getattr(ops, name), points, reference)


def test_scaled_complementary_error_function():
    x, reference = UNARY["erfcx"]
    (g,) = dm.vjp(ops.erfcx, x)[1](np.ones_like(x))
    with mpmath.workdps(60):
        slopes = [
            float(2 * mpmath.mpf(p) * mp_erfcx(mpmath.mpf(p)) - 2 / mpmath.sqrt(mpmath.pi)) for p in x.tolist()[:-1]
        ]
    np.testing.assert_allclose(g[:-1], slopes, rtol=3e-11)
    np.testing.assert_allclose(g[-1], -1 / (math.sqrt(math.pi) * 1e8), rtol=1e-7)
    check(ops.erfcx, x[:3], reference)


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_arguments(name):
    f, reference = getattr(ops, name), BINARY[name]
    for k in (0.6, 2.4):
        check(lambda x, k=k: f(x, k), POSITIVE, lambda x, k=k: reference(x, mpmath.mpf(k)))
        check(lambda x, k=k: f(k, x), POSITIVE[:3] * 0.5, lambda x, k=k: reference(mpmath.mpf(k), x))
    both = dm.vjp(f, POSITIVE, POSITIVE[::-1])[1](np.ones(4))
    np.testing.assert_allclose(
        both[0] + both[1], dm.jvp(f, (POSITIVE, POSITIVE[::-1]), (np.ones(4), np.ones(4)))[1], rtol=1e-12
    )


@pytest.mark.parametrize("name", LAST)
def test_functions_with_parameters(name):
    parameters, points, reference = LAST[name]
    f = getattr(ops, name)
    numbers = [mpmath.mpf(p) for p in parameters]
    check(lambda x: f(*parameters, x), points, lambda x: reference(*numbers, x), tolerance=1e-10)
    arrays = [np.full(len(points), p) for p in parameters]
    (g,) = dm.vjp(lambda x: f(*arrays, x), points)[1](np.ones_like(points))
    np.testing.assert_allclose(g, exact(lambda x: reference(*numbers, x), points, 1), rtol=1e-10)


@pytest.mark.parametrize("name", LAST)
def test_a_derivative_without_a_closed_form_raises_and_is_never_zero(name):
    parameters, points, _ = LAST[name]
    f = getattr(ops, name)
    for k in range(len(parameters)):
        rest = [*parameters[:k], *parameters[k + 1 :]]
        whole = lambda p, k=k, rest=rest: f(*rest[:k], p, *rest[k:], points)  # noqa: E731
        with pytest.raises(NoRuleError, match=rf"{name} has no derivative in .*, its argument {k + 1} .*stop_gradient"):
            dm.vjp(whole, parameters[k])[1](np.ones_like(points))
        with pytest.raises(NoRuleError, match="no closed form"):
            dm.jvp(whole, (parameters[k],), (1.0,))
        constant = lambda p, whole=whole: ops.multiply(p, whole(ops.stop_gradient(p)))  # noqa: E731
        np.testing.assert_allclose(dm.jvp(constant, (parameters[k],), (1.0,))[1], whole(parameters[k]))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_polygamma_of_each_order(n):
    check(lambda x: ops.polygamma(x, n=n), POSITIVE, lambda x: mpmath.polygamma(n, x))


def test_corners():
    with np.errstate(all="ignore"):
        da, db = dm.vjp(ops.xlogy, np.zeros(2), np.array([0.0, 2.0]))[1](np.ones(2))
        assert da.tolist() == [-math.inf, math.log(2)]
        assert db.tolist() == [0, 0]
        hessian = dm.vjp(lambda b: dm.vjp(lambda q: ops.xlogy(0.0, q), b)[1](np.ones(1))[0], np.zeros(1))[1](
            np.ones(1)
        )[0]
        assert hessian.tolist() == [0]
        taken = np.array([True])
        for f, x in (
            (ops.entr, 0.0),
            (ops.erfinv, 1.0),
            (ops.expi, 0.0),
            (ops.ndtri, 0.0),
            (ops.y0, 0.0),
            (ops.gamma, -1.0),
        ):
            choose = lambda v, f=f: ops.where(taken, ops.multiply(v, 3.0), f(v))  # noqa: E731
            assert dm.vjp(choose, np.array([x]))[1](np.ones(1))[0].tolist() == [3]
            assert dm.jvp(choose, (np.array([x]),), (np.ones(1),))[1].tolist() == [3]
        assert dm.vjp(lambda x: ops.gammainc(1.0, x), np.zeros(1))[1](np.ones(1))[0].tolist() == [1]
        assert dm.vjp(lambda x: ops.gammainc(0.5, x), np.zeros(1))[1](np.ones(1))[0].tolist() == [math.inf]
        assert dm.vjp(lambda x: ops.betainc(1.0, 1.0, x), np.array([0.0, 1.0]))[1](np.ones(2))[0].tolist() == [1, 1]
        assert dm.vjp(ops.i1, np.zeros(1))[1](np.ones(1))[0].tolist() == [0.5]
        assert dm.vjp(ops.j1, np.zeros(1))[1](np.ones(1))[0].tolist() == [0.5]
        np.testing.assert_allclose(dm.vjp(ops.log_ndtr, np.array([-1e4, 1e4]))[1](np.ones(2))[0], [1e4, 0], rtol=1e-7)


@pytest.mark.parametrize("name", ["erf", "erfc", "dawsn", "gamma", "digamma", "exp1"])
def test_complex_arguments(name):
    z = np.array([0.4 + 0.7j, 1.8 - 0.3j])
    f = getattr(ops, name)
    if name == "digamma":
        with pytest.raises(NoRuleError, match="polygamma of complex numbers"):  # SciPy has none: no wrong number
            dm.vjp(f, z)[1](np.ones(2, complex))
        return
    slope = (f(z + 1e-6) - f(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(np.conj(dm.vjp(f, z)[1](np.ones(2, complex))[0]), slope, rtol=1e-8)
    np.testing.assert_allclose(dm.jvp(f, (z,), (1j * np.ones(2),))[1], 1j * slope, rtol=1e-8)


def test_complex_bessel_functions():
    z = np.array([0.4 + 0.7j, 1.8 - 0.3j])
    for f in (ops.jv, ops.yv, ops.iv, ops.kv):
        slope = (f(1.5, z + 1e-6) - f(1.5, z - 1e-6)) / 2e-6
        pulled = dm.vjp(lambda x, f=f: f(1.5, x), z)[1](np.ones(2, complex))[0]
        np.testing.assert_allclose(np.conj(pulled), slope, rtol=1e-8)
    with pytest.raises(NoRuleError, match="not holomorphic"):
        dm.vjp(lambda x: ops.ive(1.5, x), z)[1](np.ones(2, complex))
