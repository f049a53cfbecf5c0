"""Every operation of the core with exact numbers: exact, or refused; in values and in both modes.

Fraction and Decimal refuse floats, so a float that creeps in somewhere raises; mpf takes floats, so it is compared with
derivatives of as many digits.
"""

from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from dispatchml_exact.errors import PrecisionError

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NoMethodError, NonDifferentiableError, NoRuleError
from dispatchml.testing.samples import public_operations, sample

KINDS = {
    "Fraction": (Fraction, lambda v: Fraction(float(v)).limit_denominator(100)),
    "Decimal": (Decimal, lambda v: Decimal(str(float(v)))),
    "mpf": (mpmath.mp.mpf, lambda v: mpmath.mpf(str(float(v)))),
}
#: Whose results are made of the user's choice of dtype, or of positions and truth values.
PLAIN_RESULTS = {"astype"}
#: The sign of a vector is free.
FREE_SIGNS = {"eigh", "svd"}


def converted(x, kind):
    return np.asarray(np.frompyfunc(KINDS[kind][1], 1, 1)(np.asarray(x)), object)


def leaves(y):
    return [v for part in y for v in leaves(part)] if isinstance(y, (tuple, list)) else [y]


def check(name, kind, exact, plain):
    """The same numbers as in floats, in the class alone."""
    for a, b in zip(leaves(exact), leaves(plain), strict=True):
        a, b = np.asarray(a), np.asarray(b)
        if b.dtype.kind == "c":
            assert name in ("make_complex", "imag", "eig", "eigvals")
            continue
        if b.dtype.kind == "f" and name not in PLAIN_RESULTS:
            assert a.dtype == object or name.startswith("arg") or not a.any(), a
            elements = a.ravel().tolist() if a.dtype == object else []
            wrong = [e for e in elements if not isinstance(e, KINDS[kind][0])]
            assert not wrong, f"{name}: {wrong[0]!r} is no {kind}"
        if name not in FREE_SIGNS:
            np.testing.assert_allclose(a.astype(b.dtype), b, rtol=1e-8, atol=1e-8)


def calls(name, kind):
    found = sample(public_operations()[name])
    if found is None:
        pytest.skip("no plain call is known")
    floating = [k for k, x in enumerate(found.arguments) if np.asarray(x).dtype.kind == "f"]
    exact = [converted(found.arguments[k], kind) for k in floating]

    def call(*values):
        given = [np.asarray(x) for x in found.arguments]
        for k, v in zip(floating, values, strict=True):
            given[k] = v
        return found.call(tuple(given))

    return call, exact, [x.astype(float) for x in exact]


def numbers(shape, kind, seed=0):
    drawn = np.round(np.random.default_rng(seed).standard_normal(shape), 2)
    exact = converted(drawn, kind)
    return exact, exact.astype(float)


#: Whole numbers in samples, nothing to wrap; betainc is sampled at a = 0, outside its domain; empty_like is anything.
#: turn_equal turns vectors whose signs are free.
NOTHING = {
    "turn_equal",
    "gcd",
    "lcm",
    "betainc",
    "empty_like",
    *(n for n in public_operations() if n.startswith("bitwise")),
}


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(40):
        yield


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sorted(set(public_operations()) - NOTHING))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_operation_is_exact_or_refused(name, kind):
    call, exact, plain = calls(name, kind)
    try:
        y = call(*exact)
    except (PrecisionError, NoMethodError):
        return
    expected = call(*plain)
    check(name, kind, y, expected)
    tangents = [numbers(np.shape(x), kind, k) for k, x in enumerate(exact)]
    try:
        _, dy = dm.jvp(call, tuple(exact), tuple(t for t, _ in tangents))
        check(name, kind, dy, dm.jvp(call, tuple(plain), tuple(t for _, t in tangents))[1])
    except (PrecisionError, NoMethodError, NoRuleError, NonDifferentiableError):
        pass
    if any(np.asarray(v).dtype.kind not in "f" for v in leaves(expected)):
        return
    cts = [numbers(np.shape(v), kind, k) for k, v in enumerate(leaves(expected))]
    one = not isinstance(expected, (tuple, list))
    try:
        found = dm.vjp(call, *exact)[1](cts[0][0] if one else type(y)(c for c, _ in cts))
        check(name, kind, found, dm.vjp(call, *plain)[1](cts[0][1] if one else type(expected)(c for _, c in cts)))
    except (PrecisionError, NoMethodError, NoRuleError, NonDifferentiableError):
        pass


RATIONAL = (
    "add subtract multiply divide negative positive absolute square reciprocal power_of_whole floor ceil trunc "
    "rint round sign maximum minimum fmax fmin remainder fmod floor_divide where where_or_zero copysign heaviside "
    "sum prod mean var max min median quantile ptp cumsum cumprod cummax cummin diff sort partition matmul dot "
    "inner outer vdot vecdot einsum tensordot kron cross convolve correlate multi_dot solve solve_triangular inv "
    "det cofactor lu pinv trace matrix_power tensorsolve tensorinv trapezoid average nansum nanmean nanmax "
    "getitem setitem take scatter concatenate stack reshape transpose broadcast_to tril triu diag pad flip roll "
    "repeat tile moveaxis"
).split()


@pytest.mark.parametrize("name", [n for n in RATIONAL if n in public_operations()])
def test_what_is_rational_is_never_refused(name):
    call, exact, _ = calls(name, "Fraction")
    call(*exact)
    dm.jvp(call, tuple(exact), tuple(numbers(np.shape(x), "Fraction")[0] for x in exact))


#: Elementwise operations of one argument: what mpmath calls them, or None for ours.
SMOOTH = sorted(
    (
        "exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arctanh sqrt "
        "cbrt square reciprocal sigmoid expit softplus logit sinc erf erfc erfcx erfinv erfcinv dawsn ndtr log_ndtr "
        "ndtri gamma gammaln digamma polygamma factorial expi exp1 i0 i0e i1 i1e j0 j1 y0 y1 k0 k1 entr deg2rad "
        "rad2deg"
    ).split()
)


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_have_all_digits_of_the_context(name):
    """Also the constants that rules compute, such as log(2) or 2/sqrt(pi)."""
    op, x = getattr(ops, name), mpmath.mpf("0.371")
    expected = [mpmath.diff(op, x, n) for n in (1, 2)]
    found = [dm.derivative(op)(x), dm.grad(dm.derivative(op))(x)]
    for a, b in zip(found, expected, strict=True):
        assert abs(a - b) <= abs(b) * mpmath.mpf(10) ** -32 + mpmath.mpf(10) ** -32, (a, b)
    assert abs(dm.grad(op)(x) - expected[0]) <= abs(expected[0]) * mpmath.mpf(10) ** -32 + mpmath.mpf(10) ** -35


TWO = sorted(
    ("power arctan2 hypot logaddexp logaddexp2 beta betaln xlogy xlog1py rel_entr kl_div divide remainder").split()
)


@pytest.mark.parametrize("name", TWO)
def test_partial_derivatives_have_all_digits_of_the_context(name):
    op, x, y = getattr(ops, name), mpmath.mpf("0.371"), mpmath.mpf("1.29")
    for found, at in zip(dm.grad(op, argnums=(0, 1))(x, y), ((1, 0), (0, 1)), strict=True):
        expected = mpmath.diff(op, (x, y), at)
        assert abs(found - expected) <= mpmath.mpf(10) ** -32
