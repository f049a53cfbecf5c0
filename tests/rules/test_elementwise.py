"""Rules of elementwise operations: both modes against central differences, second order, and the corners."""

import math
from fractions import Fraction

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops

REAL = np.array([-2.3, -0.9, -0.31, 0.43, 1.1, 2.6])
INSIDE = np.array([-0.8, -0.35, 0.1, 0.45, 0.7, 0.93])
POSITIVE = np.array([0.11, 0.47, 0.9, 1.3, 2.2, 5.1])
COMPLEX = np.array([0.4 + 0.7j, -0.8 + 0.3j, 0.5 - 1.2j, -1.1 - 0.6j])

UNARY = {
    **dict.fromkeys("negative positive square exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh".split(), REAL),
    **dict.fromkeys(
        "absolute cbrt deg2rad rad2deg sigmoid softplus sinc sinc_derivative reciprocal sign".split(), REAL
    ),
    **dict.fromkeys("real conj nan_to_num astype".split(), REAL),
    **dict.fromkeys("arcsin arccos arctanh".split(), INSIDE),
    **dict.fromkeys("sqrt log log2 log10 log1p".split(), POSITIVE),
    "arccosh": POSITIVE + 1,
    "logit": INSIDE * 0.45 + 0.5,
}
HOLOMORPHIC = (
    "negative square exp exp2 expm1 sin cos tan arctan "
    "sinh cosh tanh arcsinh arcsin arccos arctanh arccosh sqrt log log2 log10 "
    "log1p sigmoid softplus sinc sinc_derivative reciprocal"
).split()
BINARY = {
    **dict.fromkeys(
        "add subtract multiply divide divide_or_zero strong_multiply "
        "hypot arctan2 logaddexp logaddexp2 maximum minimum fmax fmin "
        "copysign remainder fmod".split(),
        (REAL, REAL[::-1] * 0.7 + 0.2),
    ),
    "power": (POSITIVE, REAL),
}


def central(f, x, v, h=2e-6):
    """The derivative of f at x in the direction v."""
    with np.errstate(all="ignore"):
        return (f(x + h * v) - f(x - h * v)) / (2 * h)


def direction(x, seed=0):
    """A fixed direction of the kind of x."""
    generator = np.random.default_rng(seed)
    v = generator.normal(size=x.shape)
    if np.iscomplexobj(x):
        v = v + 1j * generator.normal(size=x.shape)
    return v.astype(x.dtype)


def inner(a, b):
    """Re <a, b>."""
    return np.sum(np.conj(a) * b).real


def check(f, x, tolerance=2e-7):
    """Both modes at one array, to second order."""
    v = direction(x)
    expected = central(f, x, v)
    y, dy = dm.jvp(f, (x,), (v,))
    np.testing.assert_array_equal(y, f(x))
    np.testing.assert_allclose(dy, expected, rtol=tolerance, atol=tolerance)
    assert np.asarray(dy).dtype == np.asarray(y).dtype
    ct = direction(np.asarray(y), 1)
    value, pullback = dm.vjp(f, x)
    np.testing.assert_array_equal(value, y)
    (gradient,) = pullback(ct)
    assert gradient.dtype == x.dtype
    assert gradient.shape == x.shape
    np.testing.assert_allclose(inner(gradient, v), inner(ct, dy), rtol=1e-11, atol=1e-12)
    (zero,) = pullback(np.zeros_like(ct))
    np.testing.assert_array_equal(zero, np.zeros_like(x))
    np.testing.assert_array_equal(pullback(ct)[0], gradient)

    def gradient_at(p):
        return dm.vjp(f, p)[1](ct)[0]

    second = central(gradient_at, x, v)
    forward_over_reverse = dm.jvp(gradient_at, (x,), (v,))[1]
    np.testing.assert_allclose(forward_over_reverse, second, rtol=tolerance * 10, atol=tolerance * 10)
    (reverse_over_forward,) = dm.vjp(lambda p: dm.jvp(f, (p,), (v,))[1], x)[1](ct)
    np.testing.assert_allclose(reverse_over_forward, forward_over_reverse, rtol=1e-9, atol=1e-10)
    w = direction(x, 2)
    over = dm.jvp(lambda p: dm.jvp(f, (p,), (v,))[1], (x,), (w,))[1]
    np.testing.assert_allclose(inner(ct, over), inner(forward_over_reverse, w), rtol=1e-9, atol=1e-10)
    (reverse_over_reverse,) = dm.vjp(gradient_at, x)[1](w)
    np.testing.assert_allclose(inner(reverse_over_reverse, v), inner(forward_over_reverse, w), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", UNARY)
def test_unary_rules(name):
    f = getattr(ops, name)
    check(f, UNARY[name])
    check(f, UNARY[name].reshape(2, 3)[:, ::2])
    check(lambda x: ops.multiply(f(ops.multiply(x, x)), 3.0), UNARY[name][:0])


@pytest.mark.parametrize("name", HOLOMORPHIC)
def test_holomorphic_rules(name):
    z = COMPLEX
    check(getattr(ops, name), z)
    f = getattr(ops, name)
    slope = central(f, z, np.ones_like(z))
    np.testing.assert_allclose(central(f, z, 1j * np.ones_like(z)) / 1j, slope, rtol=1e-6)  # it is holomorphic there
    np.testing.assert_allclose(dm.vjp(f, z)[1](np.ones_like(z))[0], np.conj(slope), rtol=1e-6)


@pytest.mark.parametrize("name", ["absolute", "real", "imag", "conj", "angle", "sign", "nan_to_num"])
def test_rules_of_the_plane(name):
    check(getattr(ops, name), COMPLEX)


def test_angle_imag_and_make_complex_of_reals():
    check(ops.angle, REAL)
    check(ops.imag, REAL)
    check(lambda x: ops.make_complex(x, ops.square(x)), REAL)
    check(lambda x: ops.real(ops.exp(ops.make_complex(x, x))), REAL)
    check(lambda x: ops.absolute(ops.multiply(x, 1 + 2j)), REAL)


@pytest.mark.parametrize("name", BINARY)
def test_binary_rules(name):
    f = getattr(ops, name)
    a, b = BINARY[name]
    check(lambda x: f(x, b), a)
    check(lambda x: f(a, x), b)
    check(lambda x: f(ops.multiply(x, 1.3), ops.add(x, 0.3)), a)
    column = a[:2].reshape(2, 1)
    check(lambda x: f(x, b), column)
    check(lambda x: f(a, x), b[:2].reshape(2, 1))


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_float32_and_python_floats_stay_what_they_are(name):
    f = getattr(ops, name)
    arguments = (UNARY[name],) if name in UNARY else BINARY[name]
    if name == "astype":
        f = lambda x: ops.astype(x, dtype=ops.dtype(x))  # noqa: E731
    small = tuple(a.astype(np.float32) for a in arguments)
    ones = tuple(np.ones_like(a) for a in small)
    y, dy = dm.jvp(f, small, ones)
    assert y.dtype == dy.dtype == np.float32
    value, pullback = dm.vjp(f, *small)
    assert value.dtype == np.float32
    wide = dm.vjp(f, *arguments)[1](np.ones_like(arguments[0]))
    for g, w in zip(pullback(np.ones_like(value)), wide, strict=True):
        assert g.dtype == np.float32
        np.testing.assert_allclose(g, w, rtol=2e-4, atol=1e-5)
    numbers = tuple(float(a[4]) for a in arguments)
    if name == "make_complex":
        return
    y, dy = dm.jvp(f, numbers, tuple(1.0 for _ in numbers))
    assert type(y) is type(dy) is float
    found = dm.vjp(f, *numbers)[1](1.0)
    for g, w in zip(found, wide, strict=True):
        assert type(g) is float
        np.testing.assert_allclose(g, w[4], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dy, sum(found), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", [n for n in UNARY if n not in ("sign", "astype")])
def test_rules_work_in_the_flavours_of_their_text(name):
    """Object arrays take the path of operations; their derivatives are those of floats."""
    f = getattr(ops, name)
    x = UNARY[name][:3]
    (expected,) = dm.vjp(f, x)[1](np.ones(3))
    (found,) = dm.vjp(f, x.astype(object))[1](np.ones(3))
    np.testing.assert_allclose(found.astype(float), expected, rtol=1e-13)


# ---- the corners: conventions, section 1 -----------------------------------------------------------------------------


def gradient(f, x):
    """Of the sum of f, by the reverse engine; the forward engine must agree."""
    x = np.asarray(x, float)
    with np.errstate(all="ignore"):
        (g,) = dm.vjp(f, x)[1](np.ones_like(f(x)))
        np.testing.assert_array_equal(dm.jvp(f, (x,), (np.ones_like(x),))[1], g)
    return g


def second(f, x):
    """The second derivative, reverse over reverse; forward over reverse must agree."""
    x = np.asarray(x, float)
    slope = lambda p: dm.vjp(f, p)[1](np.ones_like(x))[0]  # noqa: E731
    with np.errstate(all="ignore"):
        (h,) = dm.vjp(slope, x)[1](np.ones_like(x))
        np.testing.assert_array_equal(dm.jvp(slope, (x,), (np.ones_like(x),))[1], h)
    return h


def test_absolute_sign_hypot_and_arctan2_at_zero():
    assert gradient(ops.absolute, [0.0, -2.0, 3.0]).tolist() == [0, -1, 1]
    assert gradient(lambda x: ops.hypot(x, 0.0), [0.0]).tolist() == [0]
    assert gradient(lambda x: ops.square(ops.hypot(x, x)), [0.0]).tolist() == [0]
    assert second(lambda x: ops.hypot(x, 0.0), [0.0]).tolist() == [0]
    assert gradient(lambda x: ops.arctan2(x, 0.0), [0.0]).tolist() == [0]
    assert gradient(lambda x: ops.arctan2(0.0, x), [0.0]).tolist() == [0]
    assert gradient(ops.sign, [0.0, 2.0]).tolist() == [0, 0]
    for f in (ops.absolute, ops.angle, ops.sign):
        (g,) = dm.vjp(f, np.zeros(1, complex))[1](f(np.ones(1, complex)))
        assert g.tolist() == [0]
    # no overflow or underflow on the way
    assert gradient(lambda x: ops.hypot(x, 3e200), [4e200]).tolist() == [0.8]
    np.testing.assert_allclose(gradient(lambda x: ops.arctan2(x, 3e-200), [4e-200]), [0.12e200])


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_infinite_slopes_come_without_exceptions():
    for f, x in (
        (ops.sqrt, 0.0),
        (ops.log, 0.0),
        (ops.cbrt, 0.0),
        (ops.arcsin, 1.0),
        (ops.arctanh, 1.0),
        (ops.logit, 0.0),
    ):
        assert gradient(f, [x]).tolist() == [math.inf]
        assert dm.vjp(f, x)[1](1.0)[0] == math.inf
    assert gradient(ops.arccos, [1.0]).tolist() == [-math.inf]
    assert gradient(ops.arccosh, [1.0]).tolist() == [math.inf]


SINGULAR = [
    (ops.sqrt, 0.0), (ops.log, 0.0), (ops.log2, 0.0), (ops.log10, 0.0),
    (ops.log1p, -1.0), (ops.cbrt, 0.0), (ops.reciprocal, 0.0),
    (ops.arcsin, 1.0), (ops.arccos, -1.0), (ops.arccosh, 1.0), (ops.arctanh, 1.0),
    (ops.logit, 1.0), (ops.sqrt, -1.0), (ops.log, -1.0),
    (lambda x: ops.power(x, 0.5), 0.0), (lambda x: ops.power(x, -1.5), 0.0), (lambda x: ops.power(x, x), 0.0),
    (lambda x: ops.divide(1.0, x), 0.0), (ops.exp, 1000.0), (ops.square, math.inf),
    (lambda x: ops.power(x, 2), math.inf),
    (ops.sin, math.inf), (ops.tan, math.nan), (lambda x: ops.maximum(ops.sqrt(x), 1.0), 0.0),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(SINGULAR)))
def test_a_branch_not_taken_contributes_exactly_zero(case):
    f, x = SINGULAR[case]
    choose = lambda v: ops.where(np.array([True, False]), ops.multiply(v, 3.0), f(v))  # noqa: E731
    point = np.array([x, x])
    with np.errstate(all="ignore"):
        ct = np.ones(2)
        if case != len(SINGULAR) - 1:
            assert dm.vjp(choose, point)[1](np.array([1.0, 0.0]))[0].tolist() == [3, 0]
        pick = lambda v: ops.where(np.array([True, True]), ops.multiply(v, 3.0), f(v))  # noqa: E731
        assert dm.vjp(pick, point)[1](ct)[0].tolist() == [3, 3]
        assert dm.jvp(pick, (point,), (ct,))[1].tolist() == [3, 3]
        slope = lambda v: dm.vjp(pick, v)[1](ct)[0]  # noqa: E731
        assert dm.jvp(slope, (point,), (ct,))[1].tolist() == [0, 0]
        assert dm.vjp(slope, point)[1](ct)[0].tolist() == [0, 0]
        number = lambda v: ops.where(True, ops.multiply(v, 3.0), f(v))  # noqa: E731
        assert dm.vjp(number, x)[1](1.0)[0] == 3
        assert dm.jvp(number, (x,), (1.0,))[1] == 3


def test_a_maximum_stops_an_infinite_slope():
    assert gradient(lambda x: ops.maximum(ops.sqrt(x), 1.0), [0.0]).tolist() == [0]
    assert gradient(lambda x: ops.clip(ops.log(x), -5.0, 5.0), [0.0]).tolist() == [0]


def test_ties_share_equally():
    for f in (ops.maximum, ops.minimum, ops.fmax, ops.fmin):
        x = np.array([1.0, 2.0])
        da, db = dm.vjp(f, x, np.array([1.0, 5.0]))[1](np.ones(2))
        assert da[0] == db[0] == 0.5
        assert sorted((da[1], db[1])) == [0, 1]
        assert gradient(lambda p, f=f: f(p, p), [1.0, -3.0]).tolist() == [1, 1]
        assert dm.vjp(lambda p, f=f: f(p, p), 2.0)[1](1.0) == (1.0,)
    assert gradient(lambda p: ops.clip(p, 0.0, 1.0), [-1.0, 0.0, 0.5, 1.0, 2.0]).tolist() == [0, 0.5, 1, 0.5, 0]
    assert gradient(lambda p: ops.fmax(p, np.array([np.nan, 0.0])), [1.0, np.nan]).tolist() == [1, 0]
    assert gradient(lambda p: ops.fmin(np.array([np.nan, 0.0]), p), [1.0, np.nan]).tolist() == [1, 0]


def nth(f, n, forward):
    """The n-th derivative of a function of one number, by nesting one mode."""
    for _ in range(n):
        f = (lambda x, g=f: dm.jvp(g, (x,), (1.0,))[1]) if forward else (lambda x, g=f: dm.vjp(g, x)[1](1.0)[0])
    return f


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "reverse"])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 2.0, 4.0])
def test_whole_powers_are_exact_to_every_order_at_zero(n, forward):
    for order in range(5):
        expected = math.factorial(int(n)) if order == n else 0.0
        assert nth(lambda x: ops.power(x, n), order, forward)(0.0) == (1.0 if n == order == 0 else expected)
        falling = math.prod(range(int(n) - order + 1, int(n) + 1)) if order <= n else 0
        assert nth(lambda x: ops.power(x, n), order, forward)(-2.0) == falling * (-2.0) ** (
            n - order if order <= n else 0
        )


def test_arrays_of_exponents():
    n = np.array([0.0, 1.0, 2.0, 3.0, 0.5])
    zero = np.zeros(5)
    assert gradient(lambda x: ops.power(x, n), zero).tolist() == [0, 1, 0, 0, math.inf]
    assert second(lambda x: ops.power(x, n), zero)[:4].tolist() == [0, 0, 2, 0]
    assert second(lambda x: ops.power(x, np.arange(4, dtype=np.uint8)), zero[:4]).tolist() == [0, 0, 2, 0]
    assert gradient(lambda x: ops.power(x, np.arange(4)), -2 * np.ones(4)).tolist() == [0, 1, -4, 12]
    assert gradient(lambda b: ops.power(0.0, b), [1.0, 2.0]).tolist() == [0, 0]
    assert gradient(lambda b: ops.power(np.zeros(2), b), [1.0, 2.0]).tolist() == [0, 0]
    assert gradient(lambda b: ops.power(2, b), [1.0]).tolist() == [2 * math.log(2)]
    # the mixed derivative d2/da db of a**b at b = 0 is 1/a
    mixed = dm.jvp(
        lambda b: dm.vjp(lambda a: ops.power(a, b), np.array([4.0]))[1](np.ones(1))[0], (np.zeros(1),), (np.ones(1),)
    )
    assert mixed[1].tolist() == [0.25]
    mixed = dm.jvp(lambda b: dm.vjp(lambda a: ops.power(a, b), 4.0)[1](1.0)[0], (0.0,), (1.0,))
    assert mixed[1] == 0.25


def test_a_constant_exponent_never_touches_the_logarithm():
    with np.errstate(all="raise"):
        (g,) = dm.vjp(lambda x: ops.power(x, 3), np.array([-2.0, 0.0]))[1](np.ones(2))
    assert g.tolist() == [12, 0]


def test_removable_singularities_to_second_order():
    x = np.array([0.0, 1e-10, -1e-10])
    np.testing.assert_allclose(gradient(ops.sinc, x), -(math.pi**2) / 3 * x, rtol=1e-9)
    np.testing.assert_allclose(second(ops.sinc, x), -(math.pi**2) / 3, rtol=1e-12)
    np.testing.assert_allclose(second(ops.expm1, x), 1.0, rtol=1e-9)
    np.testing.assert_allclose(second(ops.log1p, x), -1.0, rtol=1e-9)
    np.testing.assert_allclose(second(ops.softplus, x), 0.25, rtol=1e-9)
    np.testing.assert_array_equal(gradient(ops.softplus, [-1000.0, 1000.0]), [0, 1])
    np.testing.assert_array_equal(gradient(ops.sigmoid, [-1000.0, 1000.0]), [0, 0])
    np.testing.assert_allclose(gradient(ops.expm1, [-40.0]), math.exp(-40), rtol=1e-15)


@pytest.mark.parametrize("f", [ops.logaddexp, ops.logaddexp2])
def test_sums_of_exponentials_without_nan(f):
    inf = np.inf
    a, b = np.array([-inf, -inf, 1.0, inf, inf, 2000.0, 3.0]), np.array([-inf, 1.0, -inf, 1.0, inf, 1.0, 3.0])
    with np.errstate(all="ignore"):
        da, db = dm.vjp(f, a, b)[1](np.ones(7))
        assert da.tolist() == [0, 0, 1, 1, 0.5, 1, 0.5]
        assert db.tolist() == [0, 1, 0, 0, 0.5, 0, 0.5]
        da32, _ = dm.vjp(f, a.astype(np.float32), b.astype(np.float32))[1](np.ones(7, np.float32))
        assert da32.dtype == np.float32
        for x, y, g, h in zip(a.tolist(), b.tolist(), da.tolist(), db.tolist(), strict=True):
            assert dm.vjp(f, x, y)[1](1.0) == (g, h)
        slope = lambda p: dm.vjp(f, p, b)[1](np.ones(7))[0]  # noqa: E731
        assert np.isfinite(dm.vjp(slope, a)[1](np.ones(7))[0]).all()
        assert np.isfinite(dm.jvp(slope, (a,), (np.ones(7),))[1]).all()


@pytest.mark.parametrize("name", ["arcsin", "arccos", "arctanh", "arccosh", "arcsinh", "log", "sqrt", "arctan"])
def test_branch_cuts_are_approached_from_the_side_that_the_signed_zero_names(name):
    f = getattr(ops, name)
    for z in (2.0, -2.0, 0.5):
        for side in (0.0, -0.0):
            for point in (complex(z, side), complex(side, z)):
                array = np.array([point])
                inward = (1j if point.real == z else 1) * (1 if math.copysign(1, side) > 0 else -1) * 1e-6
                y0, y1, y2 = f(array), f(array + inward), f(array + 2 * inward)
                if abs(y1 - y0) > 1e-3:
                    continue
                slope = (-3 * y0 + 4 * y1 - y2) / (2 * inward)
                (g,) = dm.vjp(f, array)[1](np.ones(1, complex))
                np.testing.assert_allclose(np.conj(g), slope, rtol=1e-6, atol=1e-8)


def test_comparisons_and_rounding_carry_no_derivative():
    for f in (ops.floor, ops.ceil, ops.rint, ops.trunc, lambda x: ops.round(x, decimals=1), ops.stop_gradient):
        y, pullback = dm.vjp(lambda x, f=f: ops.add(x, f(x)), REAL)
        assert pullback(np.ones_like(y))[0].tolist() == [1] * len(REAL)
        assert dm.jvp(lambda x, f=f: ops.add(x, f(x)), (REAL,), (np.ones_like(REAL),))[1].tolist() == [1] * len(REAL)
    assert gradient(lambda x: ops.where(ops.greater(x, 0.0), x, ops.negative(x)), [-1.0, 2.0]).tolist() == [-1, 1]
    assert gradient(lambda x: ops.multiply(x, ops.astype(x, dtype=np.int64)), [2.7]).tolist() == [2]
    assert gradient(lambda x: ops.multiply(x, ops.heaviside(x, 0.5)), [-1.0, 0.0, 2.0]).tolist() == [0, 0.5, 1]
    assert gradient(lambda b: ops.heaviside(np.array([-1.0, 0.0, 2.0]), b), np.ones(3)).tolist() == [0, 1, 0]


def test_stop_gradient_acts_on_all_levels():
    assert nth(lambda x: ops.multiply(ops.stop_gradient(ops.square(x)), x), 2, True)(3.0) == 0
    assert nth(lambda x: ops.multiply(ops.stop_gradient(ops.square(x)), x), 2, False)(3.0) == 0


def test_nan_to_num_and_casts():
    with np.errstate(all="ignore"):
        assert gradient(lambda x: ops.nan_to_num(x, nan=1.0), [np.nan, np.inf, 2.0]).tolist() == [0, 0, 1]
        assert gradient(lambda x: ops.nan_to_num(ops.log(x)), [0.0, 2.0]).tolist() == [0, 0.5]
    (g,) = dm.vjp(lambda x: ops.astype(x, dtype=np.float32), REAL)[1](np.ones(len(REAL), np.float32))
    assert g.dtype == np.float64
    (g,) = dm.vjp(lambda x: ops.astype(x, dtype=complex), REAL)[1](np.ones(len(REAL), complex))
    assert g.dtype == np.float64


def test_strong_multiply_is_strong_in_its_derivatives_too():
    p = np.array([np.inf, np.nan, 2.0])
    with np.errstate(all="ignore"):
        da, dp = dm.vjp(ops.strong_multiply, np.array([0.0, 0.0, 3.0]), p)[1](np.array([0.0, 0.0, 1.0]))
        assert da.tolist() == [0, 0, 2]
        assert dp.tolist() == [0, 0, 3]
        assert dm.vjp(ops.strong_multiply, 0.0, 1.0)[1](math.inf)[1] == 0
        dy = dm.jvp(lambda b: ops.strong_multiply(np.zeros(3), b), (p,), (p,))[1]
    assert dy.tolist() == [0, 0, 0]


def test_exact_numbers_stay_exact():
    x, one = np.array([Fraction(1, 2), Fraction(0)]), np.array([Fraction(1), Fraction(1)])
    for f, expected in (
        (lambda v: ops.power(v, 3), [Fraction(3, 4), 0]),
        (lambda v: ops.maximum(v, 0), [1, Fraction(1, 2)]),
        (lambda v: ops.divide(v, np.array([Fraction(3)] * 2)), [Fraction(1, 3)] * 2),
        (ops.absolute, [1, 0]),
    ):
        (g,) = dm.vjp(f, x)[1](one)
        assert g.tolist() == expected
        assert all(isinstance(v, (Fraction, int)) for v in g.tolist())


def test_a_condition_is_a_constant():
    x = np.array([0.0, 2.0])
    assert gradient(lambda v: ops.where(v, ops.square(v), ops.multiply(v, 3.0)), x).tolist() == [3, 4]
    assert gradient(lambda v: ops.where_or_zero(v, ops.square(v)), x).tolist() == [0, 4]
    assert gradient(lambda v: ops.add(v, ops.where(v, 1.0, 2.0)), x).tolist() == [1, 1]
