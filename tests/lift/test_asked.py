"""Code that asks what a value is gets the answer of the plain value: by type, class, attribute, pattern and error."""

import collections.abc
import contextlib
import math
import numbers

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import TracerConversionError


def by_type(x):
    return x * x if type(x) is float else x


def by_types(x):
    return x * x if type(x) in (float, int) else x


def by_class(x):
    return x * x if x.__class__ is float else x


def by_name_of_class(x):
    return x * x if x.__class__.__name__ == "float" else x


def by_subclass(x):
    return x * x if issubclass(type(x), float) else x


def by_table(x):
    return {float: x * x}.get(type(x), x)


def by_map(x):
    return x * x if list(map(type, [x, 1])) == [float, int] else x


def by_pattern(x):
    match x:
        case int():
            return x
        case np.ndarray():
            return -x
        case float(value):
            return value * x
    return 0 * x


def by_pattern_of_numbers(x):
    match {"a": x}:
        case {"a": collections.abc.Iterable()}:
            return x
        case {"a": numbers.Real()}:
            return x * x
    return 0 * x


def by_attribute(x):
    return x if hasattr(x, "shape") or hasattr(x, "__len__") or hasattr(x, "__iter__") else x * x


def by_default(x):
    return x if getattr(x, "ndim", None) is not None else x * x


def by_abstract_class(x):
    return x if isinstance(x, (collections.abc.Iterable, collections.abc.Sized)) else x * x


def by_numpy_class(x):
    return x if isinstance(x, np.generic) else x * x


def by_error(x):
    try:
        return x.sum()
    except AttributeError:
        return x * x


def by_any_error(x):
    try:
        return x.shape and x
    except:  # noqa: E722
        return x * x


def total(x):
    return x.sum()


def by_error_further_down(x):
    try:
        return total(x)
    except AttributeError:
        return x * x


def by_suppressed_error(x):
    y = x * x
    with contextlib.suppress(AttributeError):
        y = x.mean()
    return y


QUESTIONS = [
    by_type, by_types, by_class, by_name_of_class, by_subclass, by_table, by_map, by_pattern, by_pattern_of_numbers,
    by_attribute, by_default, by_abstract_class, by_numpy_class, by_error, by_any_error, by_error_further_down,
    by_suppressed_error,
]  # fmt: skip


@pytest.mark.parametrize("function", QUESTIONS)
def test_a_float_answers_as_a_float(function):
    assert function(3.0) == 9.0
    assert dm.value_and_grad(function)(3.0) == (9.0, 6.0)
    assert dm.jvp(function, (3.0,), (1.0,)) == (9.0, 6.0)
    assert dm.grad(dm.grad(function))(3.0) == 2.0
    assert dm.jit(dm.grad(function))(3.0) == 6.0


def test_a_number_of_an_array_answers_as_numpys():
    def function(x):
        y = 0.0
        for v in x:
            y = y + (v * v if type(v) is np.float64 and hasattr(v, "dtype") and not hasattr(v, "__len__") else v)
        return y

    x = np.array([2.0, 3.0])
    np.testing.assert_array_equal(dm.grad(function)(x), [4.0, 6.0])
    assert dm.jvp(function, (x,), (np.ones(2),))[1] == 10.0


def test_an_array_answers_as_an_array():
    def function(x):
        y = np.zeros(2)
        filled = type(y) is np.ndarray and y.__class__ is np.ndarray
        y[:] = x
        filled = filled and type(y) is np.ndarray and hasattr(y, "ctypes")
        return np.sum(x * x) if type(x) is np.ndarray and isinstance(x, collections.abc.Iterable) and filled else x[0]

    np.testing.assert_array_equal(dm.grad(function)(np.array([2.0, 3.0])), [4.0, 6.0])


def test_elements_of_a_batch_answer_as_numpys():
    def function(x):
        return x * x if type(x) is np.float64 else x

    np.testing.assert_array_equal(dm.vmap(function)(np.array([2.0, 3.0])), [4.0, 9.0])


def test_what_is_missing_only_while_it_is_traced_does_not_pass_for_missing():
    def function(x):
        try:
            return x.ctypes and x
        except AttributeError:
            return 2 * x

    with pytest.raises(AttributeError, match="x.ctypes on a traced value"):
        dm.grad(lambda x: np.sum(function(x)))(np.ones(2))


def test_classes_are_still_made_and_asked_of():
    def function(x):
        made = type("Made", (), {"scale": 2.0})
        return x * made.scale if isinstance(made, type) and type(made()) is made else x

    assert dm.grad(function)(3.0) == 2.0


def test_an_error_that_is_none_of_ours_stays():
    def function(x):
        try:
            return {}.missing * x
        except AttributeError as error:
            return 2 * x if "missing" in str(error) else x

    assert dm.grad(function)(3.0) == 2.0


def squared(v):
    return v * v


def sevenfold(v):
    return 7 * v


def chosen_by_class(x):
    return {float: squared}[type(x)](x)


def chosen_or_another(x):
    return {float: squared}.get(type(x), sevenfold)(x)


def called_in_every_way(x):
    return float(x) * float(*[x]) + sum([float(math.sin(x))]) + [squared, float][0](x)


@pytest.mark.parametrize("f", [chosen_by_class, chosen_or_another, called_in_every_way])
def test_a_class_that_begins_what_is_called_is_itself(f):
    """CPython writes `{float: f}[key](x)` with the same first instruction as `float(x)`."""
    step = 1e-6
    wanted = (f(1.3 + step) - f(1.3 - step)) / (2 * step)
    np.testing.assert_allclose(dm.grad(f)(1.3), wanted, rtol=1e-7)
    np.testing.assert_allclose(dm.jvp(f, (1.3,), (1.0,))[1], wanted, rtol=1e-7)


@pytest.mark.parametrize("x", [2.0, np.float64(2.0), np.array(2.0)])
def test_whether_it_is_a_scalar(x):
    def f(x):
        return x * 2.0 if np.isscalar(x) else x * 3.0

    assert dm.grad(f)(x) == f(x) / 2
    assert dm.jvp(f, (x,), (x,)) == (f(x), f(x))


def test_digits_of_a_number():
    rows = np.array([1.26, 2.0])
    np.testing.assert_array_equal(dm.vmap(lambda x: round(x, 1))(rows), [1.3, 2.0])
    for lost in (
        dm.grad(lambda x: x * round(x, 2)),
        dm.grad(lambda x: np.sum(dm.vmap(lambda y: round(y, 1))(x * rows))),
    ):
        with pytest.raises(TracerConversionError, match=r"round\(x, digits\).*numpy.round"):
            lost(2.675)
    assert dm.grad(lambda x: x * np.round(x, 2))(2.675) == np.round(2.675, 2)
