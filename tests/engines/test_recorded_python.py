"""Python's own numbers, recorded: compiled functions raise where Python does, and give numbers of the same class."""

import math

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning

#: A function of Python's numbers, arguments for which it has a number, and such for which it raises.
FAILING = {
    "divide": (lambda x, y: x / y, (1.0, 2.0), (1.0, 0.0)),
    "divide a number": (lambda x, y: 1 / x + y, (2.0, 2.0), (0.0, 1.0)),
    "floor_divide": (lambda x, y: x // y, (5.0, 2.0), (1.0, 0.0)),
    "remainder": (lambda x, y: x % y, (5.0, 2.0), (1.0, 0.0)),
    "divmod": (divmod, (5.0, 2.0), (1.0, 0.0)),
    "complex": (lambda x, y: x / y, (1 + 2j, 2.0), (1 + 2j, 0.0)),
    "power of zero": (lambda x, y: x**y, (2.0, -1.0), (0.0, -1.0)),
    "power of infinity": (lambda x, y: x**y, (float("inf"), 2.0), (10.0, 400.0)),
    "square": (lambda x, y: x**2 + y, (2.0, 3.0), (1e200, 1.0)),
    "power that is turned": (lambda x, y: 2.0**x + y, (3.0, 2.0), (5000.0, 1.0)),
    "log": (lambda x, y: math.log(x) + y, (2.0, 1.0), (0.0, 1.0)),
    "log to a base": (lambda x, y: math.log(x, y), (2.0, 3.0), (2.0, 1.0)),
    "sqrt": (lambda x, y: math.sqrt(x) * y, (2.0, 1.0), (-1.0, 1.0)),
    "exp": (lambda x, y: math.exp(x) * y, (float("inf"), 1.0), (1000.0, 1.0)),
    "sin": (lambda x, y: math.sin(x) * y, (1.0, 1.0), (float("inf"), 1.0)),
    "pow": (lambda x, y: math.pow(x, y), (2.0, 0.5), (-2.0, 0.5)),
    "fmod": (lambda x, y: math.fmod(x, y), (5.0, 3.0), (5.0, 0.0)),
    "of arrays without axes": (lambda x, y: math.sqrt(x) + math.exp(y), (np.array(1.0), 3.0), (np.array(-1.0), 3.0)),
}


@pytest.mark.parametrize("name", FAILING)
@pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning")
def test_errors_and_classes_are_pythons(name):
    function, good, bad = FAILING[name]
    compiled = dm.jit(function)
    for _ in range(2):
        found, wanted = compiled(*good), function(*good)
        assert type(found) is type(wanted)
        np.testing.assert_allclose(found, wanted, rtol=1e-14)
        with pytest.raises(ArithmeticError if name not in MATHEMATICS else (ValueError, ArithmeticError)) as raised:
            function(*bad)
        with pytest.raises(type(raised.value)):
            compiled(*bad)


MATHEMATICS = {"log", "sqrt", "sin", "pow", "fmod", "of arrays without axes"}


@pytest.mark.parametrize(
    ("function", "good", "other"),
    [
        (lambda x: x**0.5, 2.0, -2.0),
        (lambda x: (-8.0) ** x, 2.0, 0.5),
        (lambda x: round(x) + 1, 2.5, 3.5),
        (lambda x: math.floor(x), 2.5, -2.5),
    ],
)
def test_numbers_of_other_classes(function, good, other):
    compiled = dm.jit(function)
    with pytest.warns(FallbackWarning, match="runs uncompiled"):
        found = [compiled(good), compiled(other)]
    assert [(type(y), y) for y in found] == [(type(function(x)), function(x)) for x in (good, other)]


def test_handlers_are_reached():
    def inverse(x):
        try:
            return 1 / x
        except ZeroDivisionError:
            return x + 7

    compiled = dm.jit(inverse)
    assert [compiled(x) for x in (2.0, 0.0, 4.0)] == [0.5, 7.0, 0.25]


def test_derivatives_answer_as_numpy():
    inverse = dm.jit(dm.grad(lambda x: 1 / x))
    assert [inverse(x) for x in (2.0, 0.0)] == [-0.25, -np.inf]
    assert dm.grad(dm.jit(lambda x: 1 / x))(2.0) == -0.25


@pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning")
def test_loops_are_compiled():
    def root(a):
        return dm.while_loop(lambda x: x * x - a > 1e-12, lambda x: 0.5 * (x + a / x), a + 1.0)

    assert dm.jit(root)(2.0) == pytest.approx(2**0.5)
