"""A zero cotangent wins over an infinite derivative, also for floats below units or below other derivatives."""

import math
import warnings

import numpy as np
import pytest

import dispatchml as dm

pint = pytest.importorskip("pint")
pytest.importorskip("dispatchml_pint")

U = pint.get_application_registry()


def size(x):
    return np.sqrt(x**2)


def number(q):
    return q.magnitude if hasattr(q, "magnitude") else q


TRANSFORMS = {
    "grad": lambda f, x: dm.grad(f)(x),
    "value_and_grad": lambda f, x: dm.value_and_grad(f)(x)[1],
    "has_aux": lambda f, x: dm.grad(lambda v: (f(v), v), has_aux=True)(x)[0],
    "vjp": lambda f, x: dm.vjp(f, x)[1](1.0)[0],
    "once": lambda f, x: dm.vjp(f, x, once=True)[1](1.0)[0],
    "twice": lambda f, x: (lambda pullback: (pullback(1.0), pullback(1.0))[1][0])(dm.vjp(f, x)[1]),
    "jacrev": lambda f, x: dm.jacrev(f)(x),
    "jacfwd": lambda f, x: dm.jacfwd(f)(x),
    "checkpoint": lambda f, x: dm.grad(dm.checkpoint(f))(x),
    "linearize": lambda f, x: number(dm.linearize(f, x)[1](1.0 * U.m)),
    "inner dictionary": lambda f, x: dm.grad(lambda d: f(d["x"]))({"x": x})["x"],
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("x", [0.0, np.float64(0.0), np.array(0.0)], ids=["float", "scalar", "array"])
def test_quantities(transform, x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert number(TRANSFORMS[transform](size, x * U.m)) == 0.0


def test_units_inside_of_a_function_of_plain_numbers():
    assert dm.grad(lambda x: size(x * U.m).magnitude)(0.0) == 0.0


def test_below_another_derivative():
    assert dm.grad(dm.grad(lambda x: x * size(x)))(0.0) == 0.0
    assert number(dm.grad(lambda x: dm.jvp(size, (x,), (x,))[1])(0.0 * U.m)) == 0.0


def test_only_a_spoiled_gradient_runs_twice():
    runs = []

    def counted(x):
        runs.append(x)
        return size(x)

    dm.grad(counted)(1.0 * U.m)
    assert len(runs) == 1
    dm.grad(counted)(0.0)
    assert len(runs) == 2
    dm.grad(counted)(0.0 * U.m)
    assert len(runs) == 4
    dm.grad(counted)(math.nan * U.m)
    assert len(runs) == 5


def test_nan_that_is_the_derivative_stays():
    assert math.isnan(dm.grad(lambda x: x.magnitude * math.nan)(0.0 * U.m).magnitude)
    assert math.isnan(number(dm.vjp(size, 1.0 * U.m)[1](math.nan)[0]))
