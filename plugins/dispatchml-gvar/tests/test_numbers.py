"""GVars, alone and in arrays: operands on either side, gvar's attributes on traced values, units, loading."""

import math
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import gvar
import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DispatchmlError, NoMethodError, TracerConversionError

C = np.array([[0.01, 0.02], [0.02, 0.25]])
X, Y = gvar.gvar([2.0, 5.0], C)
A = gvar.gvar([1.0, 2.0, 3.0], [0.1, 0.2, 0.3])


def close(a, b):
    """Equal means, and equal as random variables: the difference has no deviation."""
    difference = np.ravel(np.asarray(a - b, object))
    return all(abs(gvar.mean(d)) < 1e-9 and gvar.sdev(d) < 1e-7 for d in difference)


OPERANDS = {
    "traced + number": (lambda t: t + X, lambda t: 1.0),
    "number + traced": (lambda t: X + t, lambda t: 1.0),
    "traced - number": (lambda t: t - X, lambda t: 1.0),
    "number - traced": (lambda t: X - t, lambda t: -1.0),
    "traced * number": (lambda t: t * X, lambda t: X),
    "number * traced": (lambda t: X * t, lambda t: X),
    "traced / number": (lambda t: t / X, lambda t: 1 / X),
    "number / traced": (lambda t: X / t, lambda t: -X / t**2),
    "traced ** number": (lambda t: t**X, lambda t: X * t ** (X - 1)),
    "number ** traced": (lambda t: X**t, lambda t: X**t * np.log(X)),
}


@pytest.mark.parametrize("name", OPERANDS)
def test_either_side_of_an_operator(name):
    function, slope = OPERANDS[name]
    assert close(dm.grad(function)(3.0), slope(3.0))
    assert close(dm.jvp(function, (3.0,), (1.0,))[1], slope(3.0))
    found = dm.grad(lambda t: np.sum(function(t)))(np.array([3.0, 1.5]))
    assert all(close(f, slope(s)) for f, s in zip(found, (3.0, 1.5), strict=True))


def test_correlations_are_kept():
    y = dm.grad(lambda x: x**2 * Y)(X)  # 2 X Y
    assert y.sdev == pytest.approx((2 * X * Y).sdev)
    assert gvar.evalcov([y, Y])[0, 1] == pytest.approx(gvar.evalcov([2 * X * Y, Y])[0, 1])
    w = np.array([0.5, 2.0])
    u = np.array([X, Y], object)
    s = math.sqrt(w @ C @ w)
    np.testing.assert_allclose(dm.grad(lambda w: (w @ u).sdev)(w), C @ w / s)
    np.testing.assert_allclose(dm.hessian(lambda w: (w @ u).var)(w), 2 * C)


FUNCTIONS = {
    "mean": (lambda t: ((t * X) ** 2).mean, lambda t: 8 * t),
    "sdev": (lambda t: ((t * X) ** 2).sdev, lambda t: 0.8 * t),
    "var": (lambda t: ((t * X) ** 2).var, lambda t: 4 * t**3 * 16 * 0.01),
    "deriv": (lambda t: ((t * A[1]) ** 2).deriv(A[1]), lambda t: 8 * t),
    "deriv of several": (lambda t: np.sum(((t * A[1]) ** 2 * A[0]).deriv(A)), lambda t: 2 * t * (4 + 4)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_of_what_is_read(name):
    function, slope = FUNCTIONS[name]
    for found in (dm.grad(function)(3.0), dm.jvp(function, (3.0,), (1.0,))[1]):
        assert found == pytest.approx(slope(3.0))


def test_arrays_have_numpys_methods():
    assert close(dm.grad(lambda a: a.mean())(A), np.full(3, 1 / 3))
    assert dm.jvp(lambda a: a.var(), (A,), (A,))[0].mean == pytest.approx(2 / 3)
    assert dm.vmap(lambda x: x.mean * 1.0)(A).tolist() == [1.0, 2.0, 3.0]  # in a batch of numbers, each is one
    assert dm.grad(lambda t: np.mean(np.stack([t, 2 * t])).real)(1.0) == 1.5


def test_plain_traced_values_keep_their_methods():
    ops.sin(X)  # the plugin is loaded
    assert dm.grad(lambda x: x.mean())(np.ones(4)).tolist() == [0.25] * 4
    assert dm.jvp(lambda x: x.var(), (np.arange(3.0),), (np.ones(3),))[0] == pytest.approx(2 / 3)


def test_gvars_own_operators_are_as_they_were():
    from fractions import Fraction

    ops.sin(X)
    assert (X + 1).mean == 3.0
    assert (X * np.float32(2)).mean == 4.0
    assert (X + Fraction(1, 2)).mean == 2.5
    assert (X * np.ones(2)).shape == (2,)
    assert (np.ones(2) * X).shape == (2,)
    with pytest.raises((TypeError, ValueError)):
        X + "a"
    assert X.sdev == pytest.approx(0.1)


def test_singular_slopes():
    assert ops.sqrt(gvar.gvar(0.0, 0.1)).sdev == math.inf
    assert ops.power(gvar.gvar(0.0, 0.1), 0).sdev == 0
    assert ops.arctanh(gvar.gvar(0.5, 0.1)).sdev == pytest.approx(0.1 / 0.75)


def test_choices():
    assert ops.max(A) is A[2]
    assert ops.maximum(X, Y) is Y
    assert ops.sort(A[::-1])[0] is A[0]


def test_gvars_of_two_covariance_matrices_do_not_mix():
    try:
        gvar.switch_gvar()
        other = gvar.gvar(1.0, 0.1)
    finally:
        gvar.restore_gvar()
    for call in (
        lambda: ops.arctan2(X, other),
        lambda: ops.hypot(np.array([X, Y]), np.array([other, other])),
        lambda: ops.det(np.array([[X, other], [other, Y]])),
        lambda: dm.grad(lambda t: X * t + other)(1.0),
    ):
        with pytest.raises((ValueError, AssertionError), match="incompatible"):
            call()
    assert ops.sin(other).sdev == pytest.approx(0.1 * math.cos(1.0))


def test_complex_numbers_are_refused():
    for call in (
        lambda: dm.jvp(lambda z: z * X, (1j,), (1.0 + 0j,)),
        lambda: ops.multiply(np.array([1j]), X),
        lambda: ops.exp(ops.multiply(1j, X)),
    ):
        with pytest.raises((TypeError, ValueError)):
            call()


def test_numbers_of_a_deviation_that_is_traced():
    z = gvar.gvar(0.0, 1.0)
    assert dm.grad(lambda s: ((3.0 + s * z) ** 2).sdev)(0.1) == pytest.approx(6.0)


def test_units_outside():
    pint = pytest.importorskip("pint")
    pytest.importorskip("dispatchml_pint")
    u = pint.UnitRegistry()
    for q in (X * u.m, u.m * X, u.Quantity(X, "m")):
        g = dm.grad(lambda x: x**3)(q)
        assert g.units == u.m**2
        assert close(g.magnitude, 3 * X**2)
    g = dm.grad(lambda t: X * (t * u.m))(2.0)
    assert g.units == u.m
    assert close(g.magnitude, X)
    g = dm.grad(lambda t: X * (2.0 * u.m) * t)(2.0)
    assert g.units == u.m
    assert close(g.magnitude, 2 * X)


def test_what_they_cannot_be_is_refused():
    with pytest.raises(NoMethodError, match="complex result"):
        ops.fft(A)
    with pytest.raises(TracerConversionError):
        dm.grad(lambda m: gvar.gvar(m, 0.1).mean)(1.0)
    for function in (gvar.mean, gvar.sdev, gvar.var, gvar.evalcov):
        with pytest.raises((DispatchmlError, TypeError, ValueError)):
            dm.grad(lambda x, function=function: np.sum(function(x * 2.0)))(X)


def run(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "first",
    [
        "dm.grad(lambda x: x**2)(g)",
        "dm.grad(lambda t: g * t**2)(1.0)",  # gvar's own operator, written in C, is asked first
        "dm.grad(lambda t: t**2 * g)(1.0)",
        "dm.jvp(lambda t: g + g * t**2 - g, (1.0,), (1.0,))[1]",
        "dm.grad(lambda t: np.sum(np.array([g, 2 * g]) * t**2))(1.0) / 3",
    ],
)
def test_whatever_comes_first_loads_the_plugin(first):
    program = f"import gvar, numpy as np, dispatchml as dm\ng = gvar.gvar(2.0, 0.1)\nprint({first})"
    assert run(program) == "4.00(20)"


def test_the_example_of_the_readme():
    program = """
import gvar, numpy as np, dispatchml as dm
g, offset = gvar.gvar([9.81, 0.1], [[0.0004, 0.0001], [0.0001, 0.0025]])

def period(length):                       # of a pendulum
    return 2 * np.pi * np.sqrt((length + offset) / g)

print(dm.grad(period)(1.0))
print(dm.grad(lambda length: period(length).sdev)(1.0))
"""
    first, second = run(program).splitlines()
    assert first == "0.956(22)"
    assert float(second) < 0


def test_nothing_is_imported_before():
    assert run("import sys, dispatchml, dispatchml_gvar; print('gvar' in sys.modules)") == "False"


@pytest.mark.parametrize("name", ["mean", "sdev", "var"])
def test_attributes_are_not_set_on_traced_numbers(name):
    with pytest.raises(AttributeError, match=rf"x.{name} .*traced .*test_numbers.py"):
        dm.grad(lambda x: (setattr(x, name, 3.0), x.mean)[1])(X)
    with pytest.raises(AttributeError):
        dm.grad(lambda x: (setattr(x, name, 3.0), np.sum(x))[1])(np.ones(2))


def test_fractions_meet_as_in_the_library():
    x, half = gvar.gvar(1.0, 0.1), Fraction(1, 2)
    y, dy = dm.jvp(lambda x: half * x, (x,), (gvar.gvar(1.0, 0.0),))
    assert (y.mean, y.sdev, dy.mean) == ((half * x).mean, (half * x).sdev, 0.5)
    with pytest.raises(NoMethodError, match=r"do not meet \(at .*float\(x\)"):
        dm.jvp(lambda x: x * Decimal("0.5"), (x,), (x,))
