"""Elementwise operations on plain values: NumPy's answers in every dtype, and Python's numbers that stay Python's."""

import math
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from dispatchml import ops

REAL = np.array([-2.5, -1.0, -0.3, 0.0, 0.4, 1.0, 2.0, 3.7])
UNIT = np.array([-1.0, -0.7, 0.0, 0.2, 0.999])
POSITIVE = np.array([0.0, 1e-3, 0.5, 1.0, 7.5])
COMPLEX = np.array([1 + 2j, -0.5 + 0.1j, 0.3 - 0.7j, -1 - 1j])

#: operation name -> samples; NumPy's function has the same name.
UNARY = {
    **dict.fromkeys("exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh cbrt deg2rad rad2deg sinc".split(), REAL),
    **dict.fromkeys("floor ceil trunc rint round sign signbit isnan isinf isfinite spacing logical_not".split(), REAL),
    **dict.fromkeys("real imag conj angle nan_to_num absolute negative square".split(), REAL),
    **dict.fromkeys("arcsin arccos".split(), UNIT),
    **dict.fromkeys("log log2 log10 log1p sqrt".split(), POSITIVE),
    "arccosh": POSITIVE + 1,
    "arctanh": UNIT * 0.9,
}
BINARY = (
    "add subtract multiply divide maximum minimum fmax fmin copysign heaviside equal not_equal less less_equal greater "
    "greater_equal logical_and logical_or logical_xor "
    "arctan2 hypot logaddexp logaddexp2 floor_divide remainder fmod nextafter"
).split()
WHOLE = "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift gcd lcm".split()
FLOATS = [np.float16, np.float32, np.float64]
NOT_COMPLEX = (
    "cbrt deg2rad rad2deg "
    "floor ceil trunc signbit spacing fmax fmin copysign heaviside arctan2 hypot logaddexp logaddexp2 "
    "floor_divide remainder fmod nextafter"
).split()


def same(ours, theirs):
    """Equal values (nan included), dtype and shape."""
    assert np.shape(ours) == np.shape(theirs)
    assert np.asarray(ours).dtype == np.asarray(theirs).dtype
    tolerance = 1e-12 if np.asarray(theirs).dtype in (np.float64, np.complex128) else 1e-3
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * 1e-3)


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", FLOATS)
def test_unary_operations_are_numpys_in_every_float_dtype(name, dtype):
    x = UNARY[name].astype(dtype)
    if name == "sinc" and dtype is np.float16:
        x = x[x != 0]  # NumPy's own answer at 0 is nan there in some versions
    with np.errstate(all="ignore"):
        same(getattr(ops, name)(x), getattr(np, name)(x))
        same(getattr(ops, name)(x[::2]), getattr(np, name)(x[::2]))
        same(getattr(ops, name)(x[:0]), getattr(np, name)(x[:0]))
        same(getattr(ops, name)(x[1]), getattr(np, name)(x[1]))


@pytest.mark.parametrize("name", sorted(set(UNARY) - set(NOT_COMPLEX)))
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_unary_operations_are_numpys_for_complex_numbers(name, dtype):
    z = COMPLEX.astype(dtype)
    same(getattr(ops, name)(z), getattr(np, name)(z))


@pytest.mark.parametrize("name", sorted(set(UNARY) - {"negative", "spacing", "sign"}))
@pytest.mark.parametrize("x", [np.array([0, 1, 1]), np.array([True, False])], ids=["int", "bool"])
def test_unary_operations_on_whole_numbers_are_numpys(name, x):
    if name == "arccosh":
        x = np.ones_like(x)
    with np.errstate(all="ignore"):
        same(getattr(ops, name)(x), getattr(np, name)(x))


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", FLOATS)
def test_binary_operations_broadcast_as_numpys(name, dtype):
    a, b = REAL.astype(dtype)[:, None], REAL.astype(dtype)[[0, 3, 4]]
    with np.errstate(all="ignore"):
        same(getattr(ops, name)(a, b), getattr(np, name)(a, b))
        same(getattr(ops, name)(a, 2), getattr(np, name)(a, 2))


@pytest.mark.parametrize("name", sorted(set(BINARY) - set(NOT_COMPLEX)))
def test_binary_operations_are_numpys_for_complex_numbers(name):
    same(getattr(ops, name)(COMPLEX, COMPLEX[::-1]), getattr(np, name)(COMPLEX, COMPLEX[::-1]))


@pytest.mark.parametrize("name", WHOLE)
def test_whole_number_operations_are_numpys(name):
    a, b = np.array([12, 5, 7]), np.array([1, 3, 2])
    same(getattr(ops, name)(a, b), getattr(np, name)(a, b))
    ours = getattr(ops, name)(12, 3)
    assert type(ours) is int
    assert ours == getattr(np, name)(12, 3)


def test_python_whole_numbers_have_any_size():
    assert ops.bitwise_and(2**100 + 1, 2**100) == 2**100
    assert ops.maximum(2**100, 1) == 2**100
    assert ops.bitwise_invert(5) == -6
    assert ops.bitwise_invert(True) is False
    assert ops.where(True, 2**100, 1) == 2**100


SPECIAL_FLOATS = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.5, 800.0, -800.0, 1e300, math.inf, -math.inf, math.nan]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", sorted(set(UNARY) - {"sinc", "nan_to_num"}))
@pytest.mark.parametrize("x", SPECIAL_FLOATS)
def test_python_floats_never_raise_and_stay_python(name, x):
    ours, theirs = getattr(ops, name)(x), getattr(np, name)(x)
    assert type(ours) is type(np.asarray(theirs).item())
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", sorted(set(BINARY) - {"remainder", "floor_divide", "fmod"}))
@pytest.mark.parametrize("x", SPECIAL_FLOATS)
@pytest.mark.parametrize("y", [0.0, 3.0, -math.inf, math.inf, math.nan])
def test_pairs_of_python_floats_never_raise_and_stay_python(name, x, y):
    ours, theirs = getattr(ops, name)(x, y), getattr(np, name)(x, y)
    assert type(ours) is type(np.asarray(theirs).item())
    np.testing.assert_allclose(ours, theirs, rtol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ["remainder", "floor_divide", "fmod"])
@pytest.mark.parametrize(("x", "y"), [(7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (1.0, 0.0), (0.0, 0.0), (math.inf, 2.0)])
def test_remainders_of_python_floats_are_numpys(name, x, y):
    ours = getattr(ops, name)(x, y)
    assert type(ours) is float
    np.testing.assert_equal(ours, float(getattr(np, name)(x, y)))


def test_functions_that_numpy_does_not_have():
    x = REAL
    np.testing.assert_allclose(ops.sigmoid(x), 1 / (1 + np.exp(-x)), rtol=1e-15)
    np.testing.assert_allclose(ops.softplus(x), np.log1p(np.exp(x)), rtol=1e-14)
    np.testing.assert_allclose(ops.logit(ops.sigmoid(x)), x, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(ops.sigmoid(COMPLEX), 1 / (1 + np.exp(-COMPLEX)))
    np.testing.assert_array_equal(ops.sigmoid(np.array([-1000.0, 1000.0])), [0.0, 1.0])
    np.testing.assert_array_equal(ops.softplus(np.array([-1000.0, 1000.0])), [0.0, 1000.0])
    for name in ("sigmoid", "softplus"):
        for value in (-1000.0, -1.5, 0.0, 1.5, 1000.0):
            np.testing.assert_allclose(getattr(ops, name)(value), getattr(ops, name)(np.array(value)), rtol=1e-15)
            assert type(getattr(ops, name)(value)) is float
    for dtype in FLOATS:
        for function in (ops.sigmoid, ops.softplus, ops.sinc, ops.sinc_derivative):
            assert function(UNIT.astype(dtype)).dtype == dtype
    assert ops.sinc(np.zeros(1, np.float16))[0] == 1
    assert ops.expit is ops.sigmoid


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_derivatives_of_sinc(n):
    mpmath = pytest.importorskip("mpmath")
    x = np.array([0.0, 1e-9, 1e-3, 0.3, 0.9, 1.3, 2.7, 5.2, -0.3])
    exact = [
        float(
            mpmath.pi**n * mpmath.quad(lambda t, u=u: t**n * mpmath.cos(mpmath.pi * u * t + n * mpmath.pi / 2), [0, 1])
        )
        for u in x
    ]
    scale = math.pi**n
    np.testing.assert_allclose(ops.sinc_derivative(x, n=n), exact, rtol=1e-12, atol=1e-14 * scale)


def test_where_in_every_kind():
    mask = np.array([True, False, True])
    x = np.arange(3.0, dtype=np.float32)
    same(ops.where(mask, x, 0), np.where(mask, x, np.float32(0)))
    same(ops.where_or_zero(mask, x), np.array([0, 0, 2], np.float32))
    same(ops.where(mask[:, None], x, -x), np.where(mask[:, None], x, -x))
    assert type(ops.where(True, 1.5, 2)) is float
    assert type(ops.where(False, 1.5, 2)) is float
    assert ops.where(False, True, False) is False
    assert isinstance(ops.where(np.True_, np.float32(1), np.float32(2)), np.float32)
    assert ops.where_or_zero(False, 3.0) == 0.0
    assert ops.where_or_zero(False, True) is False


def test_clip_is_numpys():
    for bounds in ((-1, 1), (None, 0.5), (0, None), (2.0, 1.0), (np.zeros((2, 1)), 1)):
        same(ops.clip(REAL, *bounds), np.clip(REAL, *bounds))
    assert ops.clip(5, 0, 3) == 3
    assert np.isnan(ops.clip(math.nan, 0.0, 1.0))


def test_strong_multiply_and_divide_or_zero():
    a, b = np.array([0.0, 0.0, 0.0, 2.0, 2.0]), np.array([np.inf, np.nan, 3.0, np.inf, 3.0])
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(ops.strong_multiply(a, b), [0, 0, 0, np.inf, 6])
        np.testing.assert_array_equal(ops.divide_or_zero(b, a), [0, 0, 0, np.inf, 1.5])
    assert ops.strong_multiply(0.0, math.inf) == 0.0
    assert ops.divide_or_zero(1.0, 0.0) == 0.0
    assert ops.strong_multiply(math.nan, 0.0) == 0.0 == ops.strong_multiply(0.0, math.nan)
    assert ops.strong_multiply(np.float32(0), np.float32(np.inf)).dtype == np.float32
    assert ops.strong_multiply(np.zeros(2, np.float32), 2.0).dtype == np.float32
    assert ops.divide_or_zero(np.ones((2, 1), np.float32), np.zeros(3, np.float32)).dtype == np.float32


def test_decompositions_agree_with_the_kernels():
    a, b = np.array([0.0, 0.0, 2.0]), np.array([np.inf, 3.0, 3.0])
    np.testing.assert_array_equal(ops.strong_multiply.decomposition(a, b), ops.strong_multiply(a, b))
    np.testing.assert_array_equal(ops.divide_or_zero.decomposition(b, a), ops.divide_or_zero(b, a))
    mask = np.array([True, False, True])
    np.testing.assert_array_equal(ops.where_or_zero.decomposition(mask, a), ops.where_or_zero(mask, a))


def test_make_complex_keeps_infinities_apart():
    z = ops.make_complex(np.array([1.0, np.inf]), np.array([np.inf, -0.0]))
    assert (z.real == [1, np.inf]).all()
    assert (z.imag == [np.inf, 0]).all()
    assert np.signbit(z.imag[1])
    assert ops.make_complex(np.float32(1), np.zeros(2, np.float32)).dtype == np.complex64
    assert ops.make_complex(1.0, 2) == 1 + 2j
    with pytest.raises(TypeError, match="two real parts"):
        ops.make_complex(np.array([1j]), np.array([1.0]))


def test_astype_and_stop_gradient():
    same(ops.astype(REAL, dtype=np.int64), REAL.astype(np.int64))
    same(ops.astype(REAL, dtype="float32"), REAL.astype(np.float32))
    assert ops.astype(2.5, dtype=float) == 2.5
    assert type(ops.astype(2.5, dtype=float)) is float
    assert type(ops.astype(2.5, dtype=np.float32)) is np.float32
    assert type(ops.astype(2.5, dtype=np.int64)) is np.int64
    stopped = ops.stop_gradient(REAL)
    same(stopped, REAL)
    assert not np.shares_memory(stopped, REAL)  # a derivative that is being taken keeps its own


def test_literals_are_as_exact_as_their_type():
    assert ops.literal(1, 3, Fraction(1, 7)) == Fraction(1, 3)
    assert ops.literal(1, 3, Decimal(2)) == Decimal(1) / Decimal(3)
    assert ops.literal(6, 3, 0.5) == 2
    assert type(ops.literal(6, 3, 0.5)) is int
    assert ops.literal(1, 2, np.zeros(3, np.float32)) == 0.5
    assert type(ops.literal(1, 2, np.zeros(3, np.float32))) is float
    assert ops.literal(1, 3, np.array([Fraction(1), Fraction(2)])) == Fraction(1, 3)
    assert ops.literal(1, 3, np.longdouble(1)) == np.longdouble(1) / 3
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(50):
        assert ops.literal(1, 3, mpmath.mpf(2)) == mpmath.mpf(1) / 3


def test_arrays_of_objects():
    x = np.array([Fraction(1, 2), Fraction(-3, 2)])
    assert list(ops.where(np.array([True, False]), x, -x)) == [Fraction(1, 2), Fraction(3, 2)]
    assert list(ops.maximum(x, 0)) == [Fraction(1, 2), Fraction(0)]
    assert list(ops.sign(x)) == [1, -1]
    assert not ops.isnan(x).any()
    assert ops.isfinite(x).all()
    assert ops.isnan(np.array([1.0, np.nan], object)).tolist() == [False, True]
    assert ops.isinf(np.array([1.0, np.inf], object)).tolist() == [False, True]
    assert ops.exp(np.array([1.0, 2.0], object)).tolist() == [math.exp(1), math.exp(2)]
    assert ops.round(np.array([1.26], object), decimals=1).tolist() == [1.3]


SCIPY = {
    **dict.fromkeys("erf erfc erfcx dawsn ndtr log_ndtr i0 i0e i1 i1e j0 j1".split(), REAL),
    **dict.fromkeys("gamma gammaln digamma expi exp1 y0 y1 k0 k1 entr factorial".split(), POSITIVE[1:]),
    **dict.fromkeys("erfinv".split(), UNIT),
    **dict.fromkeys("ndtri".split(), np.array([0.0, 0.1, 0.5, 1.0])),
    **dict.fromkeys("erfcinv".split(), np.array([0.1, 0.5, 1.0, 1.9])),
}
SCIPY_BINARY = {
    **dict.fromkeys("beta betaln binom gammainc gammaincc rel_entr kl_div".split(), ([0.5, 1.0, 3.0], [0.3, 2.0, 1.5])),
    **dict.fromkeys("xlogy xlog1py".split(), ([0.5, 0.0, 0.0], [0.3, 0.0, np.nan])),
    **dict.fromkeys("jv yv iv ive kv zeta".split(), ([2.0, 3.0, 1.5], [0.3, 2.0, 1.5])),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [*SCIPY, *SCIPY_BINARY])
def test_special_functions_are_scipys(name, dtype):
    special = pytest.importorskip("scipy.special")
    arguments = (SCIPY[name],) if name in SCIPY else SCIPY_BINARY[name]
    arguments = tuple(np.asarray(a, dtype) for a in arguments)
    ours, theirs = getattr(ops, name)(*arguments), getattr(special, name)(*arguments)
    same(ours, theirs.astype(dtype))  # SciPy widens factorial
    numbers = tuple(float(a[0]) for a in arguments)
    assert type(getattr(ops, name)(*numbers)) is float
    np.testing.assert_allclose(getattr(ops, name)(*numbers), getattr(special, name)(*numbers), rtol=1e-13)


def test_special_functions_at_the_ends_of_their_domains():
    special = pytest.importorskip("scipy.special")
    ends = np.array([-1.0, 0.0, 0.0, 1.0, 1.0, np.nan, np.inf])
    others = np.array([1.0, 0.0, -1.0, 0.0, -1.0, 1.0, 1.0])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(ops.rel_entr(ends, others), special.rel_entr(ends, others))
        np.testing.assert_array_equal(ops.entr(ends), special.entr(ends))
    assert ops.factorial(np.array([-1.0, 0.0, 4.0])).tolist() == [0.0, 1.0, 24.0]
    for n in range(4):
        np.testing.assert_allclose(ops.polygamma(POSITIVE[1:], n=n), special.polygamma(n, POSITIVE[1:]), rtol=1e-13)
    assert ops.polygamma(np.ones(2, np.float32), n=2).dtype == np.float32
    np.testing.assert_allclose(
        ops.betainc(2.0, np.array([1.0, 3.0]), 0.3), special.betainc(2.0, np.array([1.0, 3.0]), 0.3), rtol=1e-14
    )
    assert ops.gamma(0.0) == math.inf
    assert ops.gammaln(-1.0) == math.inf
    np.testing.assert_allclose(ops.erf(COMPLEX), special.erf(COMPLEX))


def test_without_scipy_the_error_names_the_extra(monkeypatch):
    from dispatchml.backends.numpy import special as kernels
    from dispatchml.dispatch.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "scipy.special", None)
    kernels.from_scipy.cache_clear()
    with pytest.raises(MissingExtraError, match=r"pip install 'dispatchml\[scipy\]'"):
        ops.erfcx(REAL)
    assert ops.erf(0.5) == math.erf(0.5)
    assert ops.xlogy(2.0, 3.0) == 2 * math.log(3)
