"""Functions of Decimal: all digits of the context, rounded once, beside mpmath in more digits."""

import decimal
from decimal import Decimal

import mpmath
import numpy as np
import pytest
from dispatchml_exact.errors import PrecisionError
from dispatchml_exact.multiprecision import REAL

import dispatchml as dm
from dispatchml import ops

POINTS = ["0.3", "-0.7", "1.5", "12.25", "-3", "1e-12", "100.125"]
ONE = (
    "sqrt exp log log10 log2 exp2 log1p expm1 cbrt sigmoid softplus logit sinh cosh tanh arcsinh arccosh arctanh entr "
    "sin cos tan arcsin arccos arctan sinc deg2rad rad2deg"
).split()
TWO = ["hypot", "logaddexp", "logaddexp2", "xlogy", "xlog1py", "rel_entr", "kl_div", "arctan2", "power"]


def close(found, expected, digits):
    """Correct in the last digit but one."""
    expected = mpmath.mpf(expected)
    assert abs(mpmath.mpf(str(found)) - expected) <= abs(expected) * mpmath.mpf(10) ** (2 - digits), (found, expected)


def real(name, *arguments):
    """mpmath's value, None outside the real domain."""
    try:
        y = REAL[name](*arguments)
    except (ValueError, ZeroDivisionError):
        return None
    return y if isinstance(y, mpmath.mpf) and mpmath.isfinite(y) else None


@pytest.mark.parametrize("digits", [8, 40])
@pytest.mark.parametrize("name", ONE)
def test_a_function_has_all_digits(name, digits):
    tried = 0
    with decimal.localcontext() as context, mpmath.workdps(digits + 60):
        context.prec = digits
        for text in POINTS:
            expected = real(name, mpmath.mpf(text))
            if expected is not None:
                tried += 1
                close(getattr(ops, name)(Decimal(text)), expected, digits)
                assert len(getattr(ops, name)(Decimal(text)).as_tuple().digits) <= digits
    assert tried > 1


@pytest.mark.parametrize("name", TWO)
def test_a_function_of_two_numbers_has_all_digits(name):
    with decimal.localcontext() as context, mpmath.workdps(90):
        context.prec = 40
        for a, b in (("0.3", "0.7"), ("2.5", "0.1"), ("1e-9", "3"), ("-0.5", "2"), ("-0.5", "-2"), ("3", "-0.25")):
            expected = real(name, mpmath.mpf(a), mpmath.mpf(b))
            if expected is not None:
                close(getattr(ops, name)(Decimal(a), Decimal(b)), expected, 39)


@pytest.mark.parametrize("name", [n for n in ONE if n not in ("sinc", "entr")])
def test_derivatives_have_all_digits(name):
    at = {"arccosh": "1.5", "logit": "0.3", "arcsin": "0.3", "arccos": "0.3", "arctanh": "0.3"}.get(name, "0.7")
    with decimal.localcontext() as context, mpmath.workdps(60):
        context.prec = 40
        found = dm.grad(getattr(ops, name))(Decimal(at))
        close(found, mpmath.diff(REAL[name], mpmath.mpf(at)), 37)
        second = dm.grad(dm.grad(getattr(ops, name)))(Decimal(at))
        expected = mpmath.diff(REAL[name], mpmath.mpf(at), 2)
        assert abs(mpmath.mpf(str(second)) - expected) < mpmath.mpf(10) ** -33


def test_quadrants_and_large_angles():
    for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1), (0, 1), (1, 0), (-1, 0), (3, -1)):
        assert abs(float(ops.arctan2(Decimal(a), Decimal(b))) - np.arctan2(a, b)) < 1e-15
    assert ops.arctan2(Decimal(0), Decimal(-1)) == ops.angle(Decimal(-1)) == ops.arccos(Decimal(-1))
    with mpmath.workdps(80):
        close(ops.sin(Decimal("1e30")), mpmath.sin(mpmath.mpf("1e30")), 28)
        close(ops.cos(Decimal("-12345.678")), mpmath.cos(mpmath.mpf("-12345.678")), 28)
    assert ops.sinc(Decimal(0)) == 1
    assert ops.isnan(ops.sin(Decimal("nan")))
    with pytest.raises(decimal.InvalidOperation):
        ops.sin(Decimal("inf"))


def test_special_functions_are_refused():
    for op in (ops.erf, ops.gamma, ops.digamma, ops.i0):
        with pytest.raises(PrecisionError, match=r"no special functions here: write mpmath.mpf\(str\(d\)\)"):
            op(Decimal(1))


def test_the_operators_own_remainder():
    a, b = Decimal(-7), Decimal(3)
    assert ops.remainder(a, b) == a % b == -1
    assert ops.floor_divide(a, b) == a // b == -2
    assert dm.value_and_grad(lambda x: x % b)(a) == (-1, 1)
    assert dm.grad(lambda x: a % x)(b) == 2


@pytest.mark.parametrize(
    ("method", "function"),
    [
        (lambda x: x.sqrt(), np.sqrt),
        (lambda x: x.exp(), np.exp),
        (lambda x: x.ln(), np.log),
        (lambda x: x.log10(), np.log10),
        (lambda x: x.copy_negate() * x.copy_abs(), lambda x: -x * x),
        (lambda x: x if x.is_nan() or x.is_zero() else -x, lambda x: -x),
    ],
)
def test_methods_of_decimals(method, function):
    """Plain numbers have no other word for a square root, so traced ones know it, too."""
    x = Decimal(2)
    assert dm.jvp(method, (x,), (Decimal(1),))[0] == method(x)
    assert dm.grad(method)(x) == dm.grad(function)(x)
    assert dm.grad(dm.grad(method))(x) == dm.grad(dm.grad(function))(x)


def test_a_method_takes_a_context():
    short = decimal.Context(prec=5)
    y, dy = dm.jvp(lambda x: x.sqrt(short), (Decimal(2),), (Decimal(1),))
    assert (y, dy) == (Decimal(2).sqrt(short), Decimal("0.35356"))
