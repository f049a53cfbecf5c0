"""Python's own functions of numbers on traced ones: math, statistics, methods of floats; the rest says so."""

import array
import decimal
import json
import math
import statistics
from functools import singledispatch
from statistics import mean

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import TracerConversionError


@np.vectorize
def waved(t):
    return math.sin(t) if t < 1 else math.cos(t)


@singledispatch
def chosen(x):
    return math.sin(x)


@chosen.register
def _(x: float):
    return math.cos(x)


def of_math(x):
    whole, part = math.floor(5 * x), math.modf(-3 * x)[0]
    return x * whole + part + math.frexp(x)[0] + math.ldexp(x, -2) + math.remainder(5 * x, 2.0) + x * math.trunc(-9 * x)


def of_averages(x):
    values = [x, 3.0, 0.1, x * x]
    return (
        mean(values)
        + statistics.median(values)
        + statistics.stdev(values)
        + statistics.pvariance(np.array(values))
        + statistics.geometric_mean(values)
        + statistics.fmean(v * v for v in values)
        + statistics.correlation(values, [1.0, 2.0, 4.0, x])
    )


def of_sums(x):
    return math.fsum([x, 0.1, x * x, 1e-9]) * x


def of_methods(x):
    row = np.outer([x, 2.0], [x, x]).tolist()
    return row[0][1] + sum(row[1]) + np.array([x, x * x]).sum().item() * (2 if (x * 0.5).is_integer() else 3)


def of_elements(x):
    return waved(np.array([x, 2 * x, 0.1])).sum() + np.frompyfunc(lambda a, b: math.sin(a) * b, 2, 1)([x, 1.0], 2).sum()


def of_choice(x):
    return chosen(x)


@pytest.mark.parametrize("function", [of_math, of_averages, of_sums, of_methods, of_elements, of_choice])
def test_they_are_differentiated(function):
    slope = (function(0.7 + 1e-6) - function(0.7 - 1e-6)) / 2e-6
    value, gradient = dm.value_and_grad(function)(0.7)
    np.testing.assert_allclose(value, function(0.7), rtol=4e-16)
    np.testing.assert_allclose(gradient, slope, rtol=1e-7)
    np.testing.assert_allclose(dm.jvp(function, (0.7,), (1.0,))[1], gradient, rtol=1e-14)
    bend = (dm.grad(function)(0.7 + 1e-6) - dm.grad(function)(0.7 - 1e-6)) / 2e-6
    np.testing.assert_allclose(dm.grad(dm.grad(function))(0.7), bend, rtol=1e-6, atol=1e-8)


def test_sums_and_averages_have_the_digits_of_python():
    values = np.random.default_rng(0).normal(size=20)
    for function in (math.fsum, statistics.mean, statistics.variance):
        expected = function([float(v) for v in values])
        assert dm.value_and_grad(lambda x, f=function: f([x, *map(float, values[1:])]))(float(values[0]))[0] == expected


def test_errors_are_those_of_python():
    with pytest.raises(statistics.StatisticsError, match="at least two"):
        dm.grad(lambda x: statistics.stdev([x]))(1.0)
    with pytest.raises(ValueError, match="size 1"):
        dm.grad(lambda x: x.item())(np.ones(2))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: float(decimal.Decimal(x)),
        lambda x: json.loads(json.dumps([x]))[0],
        lambda x: array.array("d", [x])[0],
        lambda x: float.__add__(x, 1.0),
    ],
    ids=["Decimal", "json", "array", "float.__add__"],
)
def test_what_takes_plain_numbers_only_says_so(function):
    with pytest.raises(TracerConversionError, match="test_numbers_of_python.*dispatchml.primal"):
        dm.grad(function)(0.7)
