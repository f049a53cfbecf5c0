"""Errors of Python's floats reach the handlers of the code that is differentiated, in every mode, and only these."""

import contextlib
import math
import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning, NonDifferentiableError, TracerConversionError


def quotient(x):
    try:
        y = 1 / (x - x)
    except ZeroDivisionError:
        y = x * x
    return y


def power(x):
    try:
        y = (x - x) ** -1
    except ZeroDivisionError:
        y = x * x
    return y


def whole_quotient(x):
    try:
        y = x // (x - x)
    except ArithmeticError:
        y = x * x
    return y


def remainder(x):
    try:
        y = divmod(x % 7.0, x - x)[1]
    except Exception:
        y = x * x
    return y


def further_down(x):
    try:
        return halved(x)
    except ZeroDivisionError:
        return x * x


def halved(x):
    return x / (2 - 2 * x)


def suppressed(x):
    y = x * x
    with contextlib.suppress(ZeroDivisionError):
        y = x / (x - x)
    return y


def overflowing(x):
    try:
        return (10 * x) ** 400.0
    except OverflowError:
        return x * x


def logarithm(x):
    try:
        return math.log(x - 1)
    except ValueError:
        return x * x


HANDLED = [quotient, power, whole_quotient, remainder, further_down, suppressed, overflowing, logarithm]


@pytest.mark.parametrize("function", HANDLED)
def test_the_handler_goes_on(function):
    assert function(1.0) == 1.0
    assert dm.value_and_grad(function)(1.0) == (1.0, 2.0)
    assert dm.jvp(function, (1.0,), (1.0,)) == (1.0, 2.0)
    assert dm.grad(dm.grad(function))(1.0) == 2.0
    assert dm.jit(dm.value_and_grad(function))(1.0) == (1.0, 2.0)


@pytest.mark.parametrize(("function", "at"), [(further_down, 3.0), (logarithm, 3.0)])
@pytest.mark.parametrize("first", [0, 1])
def test_a_compiled_function_goes_either_way(function, at, first):
    compiled = dm.jit(dm.value_and_grad(function))
    for x in ((1.0, at), (at, 1.0))[first]:
        value, slope = dm.value_and_grad(function)(x)
        np.testing.assert_allclose(compiled(x), (value, slope), rtol=1e-15)


def test_a_handler_outside_gets_the_error():
    with pytest.raises(ZeroDivisionError, match="by zero"):
        dm.grad(lambda x: 1 / (x - x))(1.0)


def test_without_a_handler_the_answer_is_numpys():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert without_handler() == math.inf


def without_handler():
    return dm.value_and_grad(lambda x: 1 / (x - x))(1.0)[0]


def test_numpys_numbers_and_rules_raise_nothing():
    def function(x):
        try:
            y = np.sum(1 / np.maximum(x - x, 0.0))
        except ZeroDivisionError:
            return x[0]
        return x[0] * (2 if y == math.inf else 1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        np.testing.assert_array_equal(dm.grad(function)(np.array([1.0, 1.0])), [2.0, 0.0])


def test_the_rule_of_a_root_raises_nothing():
    def function(x):
        try:
            return (x - 1) ** 0.5 * 0.0 + x * x
        except ZeroDivisionError:
            return x

    assert dm.grad(function)(1.0) == dm.jvp(function, (1.0,), (1.0,))[1] == 2.0


def complex_root(x):
    return abs((x - 2) ** 0.5)


@pytest.mark.parametrize("mode", [dm.grad, lambda f: lambda x: dm.jvp(f, (x,), (1.0,))])
def test_a_root_that_python_has_a_complex_number_for_is_refused(mode):
    with pytest.raises(NonDifferentiableError, match=r"-1.0 \*\* 0.5, .* complex number in Python"):
        mode(complex_root)(1.0)


def test_compiled_it_is_the_number_of_python():
    with pytest.warns(FallbackWarning, match="complex number in Python"):
        assert dm.jit(complex_root)(1.0) == 1.0


def test_a_root_of_a_negative_number_beside_numpy_is_nan():
    def function(x):
        return np.where(x > 0, x, np.float64(x) ** 0.5)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert math.isnan(dm.value_and_grad(lambda x: np.sum(function(x)))(-1.0)[0])


def test_a_batch_goes_where_its_elements_agree():
    def function(x):
        try:
            return math.log(-x)
        except ValueError:
            return 7 * x

    np.testing.assert_array_equal(dm.vmap(dm.grad(function))(np.array([1.0, 2.0])), [7.0, 7.0])
    np.testing.assert_array_equal(dm.vmap(dm.grad(function))(np.array([-1.0, -2.0])), [-1.0, -0.5])
    with pytest.raises(TracerConversionError, match="elements of the batch disagree"):
        dm.vmap(dm.grad(function))(np.array([1.0, -2.0]))
    assert dm.jit(dm.grad(function))(1.0) == 7.0
