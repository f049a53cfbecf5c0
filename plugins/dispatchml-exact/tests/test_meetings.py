"""Who meets whom: whole numbers join exactly, floats are refused by Fraction and Decimal, contexts are not mixed."""

import decimal
import operator
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from dispatchml_exact.errors import PrecisionError
from mpmath import iv, mp

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DispatchmlError, JoinError, TracerConversionError

HALF, TENTH = Fraction(1, 2), Decimal("0.1")
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv]


@pytest.mark.parametrize("whole", [2, True, np.int8(2), np.uint64(2), np.bool_(True)])
@pytest.mark.parametrize("number", [HALF, TENTH, mp.mpf(1) / 3])
def test_whole_numbers_join_exactly_in_either_order(number, whole):
    assert ops.add(number, whole) == ops.add(whole, number) == number + int(whole)
    assert type(ops.multiply(whole, number)) is type(number)
    assert dm.grad(lambda x: whole * x * x)(number) == 2 * int(whole) * number


@pytest.mark.parametrize("other", [0.5, np.float32(0.5), 0.5j, np.float64(0.5), np.longdouble(0.5)])
@pytest.mark.parametrize("number", [HALF, TENTH])
def test_floats_are_refused_from_either_side(number, other):
    for pair in ((number, other), (other, number)):
        with pytest.raises(PrecisionError, match=r"do not meet without rounding \(at .*test_meetings.py:\d+\)\. Write"):
            ops.multiply(*pair)
    with pytest.raises(PrecisionError):
        dm.grad(lambda x: x * other)(number)
    with pytest.raises(PrecisionError):
        dm.grad(lambda x: other * x)(number)
    for array in (np.array([other]), np.array([other, other])):
        with pytest.raises(PrecisionError):
            ops.add(number, array)
        with pytest.raises(PrecisionError):
            ops.matmul(np.array([number] * len(array), object), array)
        with pytest.raises(PrecisionError):
            dm.jvp(lambda x, array=array: x * array, (number,), (number,))


def test_arrays_of_floats_and_object_arrays_of_fractions_do_not_meet():
    exact, floats = np.array([Fraction(1, 3), Fraction(2)]), np.array([0.5, 0.25])
    for call in (
        lambda x: x * floats, lambda x: floats * x, lambda x: x @ floats, lambda x: np.dot(floats, x),
        lambda x: np.einsum("i,i", x, floats), lambda x: np.linalg.solve(np.diag(x), floats),
        lambda x: np.sum(np.concatenate([x, floats])), lambda x: np.mean(np.stack([x, floats])),
    ):  # fmt: skip
        with pytest.raises(PrecisionError):
            dm.grad(lambda x, call=call: np.sum(call(x)))(exact)


def test_arrays_that_mix_classes_are_kept_and_their_arithmetic_is_refused():
    mixed = np.array([HALF, 0.25, 3], object)
    assert ops.getitem(mixed, index=slice(0, 2)).tolist() == [HALF, 0.25]
    for op in (ops.sum, ops.prod, ops.mean, ops.var, ops.cumsum, ops.median):
        with pytest.raises(PrecisionError):
            op(mixed)
    with pytest.raises(PrecisionError):
        ops.add(mixed, HALF)
    whole = np.array([HALF, 3], object)
    assert ops.mean(whole) == Fraction(7, 4)
    assert dm.grad(lambda x: ops.sum(x / 2))(whole).tolist() == [HALF, HALF]


@pytest.mark.parametrize("kinds", [(HALF, TENTH), (TENTH, mp.mpf(1)), (TENTH, iv.mpf(1)), (TENTH, mp.mpc(1))])
def test_kinds_that_do_not_meet(kinds):
    for a, b in (kinds, kinds[::-1]):
        with pytest.raises(PrecisionError, match="do not meet without rounding"):
            ops.add(a, b)
        with pytest.raises(PrecisionError):
            ops.add(np.array([a], object), np.array([b], object))


def test_three_kinds_have_no_number_class_in_common():
    with pytest.raises((JoinError, PrecisionError)):
        ops.betainc(HALF, TENTH, mp.mpf(1))


def test_fractions_become_mpf_and_are_enclosed_by_intervals():
    with mpmath.workdps(40):
        third = ops.multiply(Fraction(1, 3), mp.mpf(1))
        assert third == mp.mpf(1) / 3 == ops.multiply(mp.mpf(1), Fraction(1, 3))
        assert dm.grad(lambda x: x * Fraction(1, 3))(mp.mpf(2)) == third
    enclosed = ops.multiply(Fraction(1, 3), iv.mpf(1))
    assert enclosed.a < mp.mpf(1) / 3 + mp.mpf(10) ** -15
    assert (3 * enclosed).a <= 1 <= (3 * enclosed).b
    assert enclosed.delta > 0


def test_contexts_of_two_precisions_do_not_meet():
    other = mpmath.MPContext() if hasattr(mpmath, "MPContext") else mpmath.mp.clone()
    other.dps = 80
    for pair in ((mp.mpf(1), other.mpf(2)), (other.mpf(1), mp.mpf(2))):
        with pytest.raises(PrecisionError, match="two contexts"):
            ops.add(*pair)
    y = dm.grad(lambda x: np.exp(x) / 3)(other.mpf(1))
    assert type(y) is other.mpf
    assert abs(y - other.exp(1) / 3) < other.mpf(10) ** -78


def test_the_precision_of_the_moment_counts():
    for digits in (20, 60):
        with mpmath.workdps(digits):
            x = mp.mpf(2)
            assert abs(dm.grad(np.sqrt)(x) - 1 / (2 * mp.sqrt(2))) < mp.mpf(10) ** (1 - digits)
    with decimal.localcontext() as context:
        context.prec = 50
        assert dm.grad(np.sqrt)(Decimal(2)) == 1 / (2 * Decimal(2).sqrt())


def test_decimal_contexts_keep_rounding_and_traps():
    with decimal.localcontext() as context:
        context.prec, context.rounding = 4, decimal.ROUND_UP
        assert ops.divide(Decimal(1), Decimal(3)) == Decimal("0.3334")
        assert dm.grad(lambda x: x / 3)(Decimal(1)) == Decimal("0.3334")
        context.traps[decimal.Inexact] = True
        with pytest.raises(decimal.Inexact):
            ops.divide(Decimal(1), Decimal(3))
        with pytest.raises(decimal.Inexact):
            dm.grad(lambda x: x / 3)(Decimal(1))
        assert dm.grad(lambda x: x / 4)(Decimal(1)) == Decimal("0.25")
    with decimal.localcontext() as context:
        context.traps[decimal.DivisionByZero] = False
        assert ops.divide(Decimal(1), Decimal(0)) == Decimal("Infinity")
    with pytest.raises(decimal.DivisionByZero):
        ops.divide(Decimal(1), Decimal(0))


@pytest.mark.parametrize("constant", [HALF, TENTH, mp.mpf(3), iv.mpf([1, 2]), mp.pi, mp.mpc(1, 2)])
@pytest.mark.parametrize("op", OPERATORS)
def test_operators_leave_traced_values_to_us(constant, op):
    """Whatever stands on the left: the same as our operation, or the same error."""
    x = Decimal(3) if constant is TENTH else Fraction(3) if constant is HALF else mp.mpf(3)
    kept = op(constant, x)
    for traced in (
        dm.value_and_grad(lambda v: op(constant, v))(x)[0] if not isinstance(constant, mp.mpc) else kept,
        dm.jvp(lambda v: op(constant, v), (x,), (x,))[0],
        dm.vmap(lambda v: op(constant, v))(np.array([x, x], object))[0],
    ):
        assert str(traced) == str(kept)


def test_fractions_to_a_traced_power_stay_exact():
    assert dm.jvp(lambda x: HALF ** ops.stop_gradient(x), (Fraction(2),), (Fraction(1),))[0] == Fraction(1, 4)
    with pytest.raises(PrecisionError, match="log"):
        dm.grad(lambda x: HALF**x)(Fraction(2))


def test_functions_of_mpmath_say_what_to_write():
    for function, x in ((mpmath.sin, 1.0), (mpmath.erf, 1.0), (mpmath.iv.exp, mp.mpf(1))):
        with pytest.raises(TracerConversionError, match=r"mpmath was called on a traced value .*numpy.sin\(x\)"):
            dm.grad(lambda x, function=function: function(x))(x)


def test_functions_of_decimal_say_what_to_write():
    for call in (lambda x: float(x), lambda x: Decimal(x), lambda x: Fraction(x)):
        with pytest.raises((DispatchmlError, TypeError)):
            dm.grad(call)(Decimal(2))


def test_conversions_that_are_written_are_done():
    assert ops.astype(HALF, dtype=np.float64) == 0.5
    assert ops.astype(np.array([HALF]), dtype=np.float32).dtype == np.float32
    assert ops.astype(HALF, dtype=object) is HALF
