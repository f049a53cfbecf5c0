"""What the tests of solvers and integrals share."""

import importlib

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.plugins import meet_module
from dispatchml.lift.replacing import REPLACEMENTS

meet_module("scipy")  # the plugin is loaded, as by a first traced value


@pytest.fixture(scope="session")
def stand_in():
    """What stands for a function of SciPy where something is traced, by its name behind `scipy.`."""
    return lambda name: REPLACEMENTS[f"scipy.{name}"].function


@pytest.fixture(scope="session")
def check_function():
    """Compare the derivatives of a function of one number, in both modes and to second order, with differences."""

    def check(f, x, *, plain=None, tolerance=1e-5, second=1e-5, step=1e-4, modes=1e-8, batch=True, rounding=0.0):
        slope = dm.grad(f)
        reference = f if plain is None else plain
        np.testing.assert_allclose(f(x), reference(x), rtol=rounding)
        np.testing.assert_allclose(dm.value_and_grad(f)(x)[0], reference(x), rtol=rounding)
        first = (reference(x + step) - reference(x - step)) / (2 * step)
        np.testing.assert_allclose(slope(x), first, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(dm.derivative(f)(x), slope(x), rtol=modes, atol=modes)
        if second is None:
            return
        curvature = (slope(x + step) - slope(x - step)) / (2 * step)
        np.testing.assert_allclose(dm.derivative(slope)(x), curvature, rtol=second, atol=second)
        np.testing.assert_allclose(dm.grad(slope)(x), dm.derivative(slope)(x), rtol=1e-7, atol=1e-9)
        if batch:
            xs = np.array([x, x + 2 * step])
            np.testing.assert_allclose(dm.vmap(slope)(xs), [slope(x) for x in xs], rtol=1e-7, atol=1e-9)

    return check


def plain_function(name):
    """SciPy's own function of a name such as "linalg.det"."""
    module, _, function = f"scipy.{name}".rpartition(".")
    return getattr(importlib.import_module(module), function)


def numbers_of(result):
    """The arrays of floating-point or complex numbers in a result, other results left out."""
    items = result if isinstance(result, (tuple, list)) else (result,)
    return tuple(x for x in items if not isinstance(x, (bool, int, str, type(None))) and np.result_type(x).kind in "fc")


def one_number(results):
    """One number of several arrays, each entry with a weight of its own."""
    total = 0.0
    for x in results:
        weights = 1 + 0.5 * np.sin(1 + np.arange(np.size(x))).reshape(np.shape(x))
        total = total + np.sum(weights * np.real(x))
        if x.dtype.kind == "c":
            total = total + np.sum(np.flip(weights) * np.imag(x))
    return total


@pytest.fixture(scope="session")
def compare():
    """Compare what stands for a function of SciPy with it: values, and both modes, to second order, with differences.

    compare("linalg.det", a): the arrays of floating-point numbers among the arguments, also inside tuples, are traced;
    `traced` names positions instead. after(result): what is compared, where parts of a result are arbitrary.
    """

    def check(name, *arguments, traced=None, after=lambda y: y, tolerance=1e-6, second=1e-4, batch=True, **keywords):
        plain, ours = plain_function(name), REPLACEMENTS[f"scipy.{name}"].function
        arrays, shapes = [], []

        def is_traced(x):
            return isinstance(x, np.ndarray) and x.dtype.kind in "fc" or type(x) is float

        def taken(x, p, at):
            if is_traced(x):
                size = np.size(x)
                if np.asarray(x).dtype.kind == "c":
                    z = p[at : at + size] + 1j * p[at + size : at + 2 * size]
                    return z.reshape(x.shape), at + 2 * size
                return p[at : at + size].reshape(np.shape(x)), at + size
            if type(x) in (tuple, list):
                items = []
                for e in x:
                    e, at = taken(e, p, at)
                    items.append(e)
                return type(x)(items), at
            return x, at

        def rebuilt(p):
            found, at = [], 0
            for k, x in enumerate(arguments):
                if traced is None or k in traced:
                    x, at = taken(x, p, at)
                found.append(x)
            return found

        def collect(x):
            if is_traced(x):
                x = np.asarray(x)
                arrays.extend([np.real(x).ravel(), np.imag(x).ravel()] if x.dtype.kind == "c" else [x.ravel()])
            elif type(x) in (tuple, list):
                for e in x:
                    collect(e)

        for k, x in enumerate(arguments):
            if traced is None or k in traced:
                collect(x)
        p = np.concatenate(arrays)
        dp = np.cos(1.7 * np.arange(p.size) + 0.3)

        def run(function, p):
            return numbers_of(after(function(*rebuilt(p), **keywords)))

        def number(p):
            return one_number(run(ours, p))

        expected = run(plain, p)
        shapes.extend((np.shape(x), np.asarray(x).dtype) for x in expected)
        values, tangents = dm.jvp(lambda p: run(ours, p), (p,), (dp,))
        assert [(np.shape(x), np.asarray(x).dtype) for x in values] == shapes
        step = 1e-5
        above, below = run(plain, p + step * dp), run(plain, p - step * dp)
        for value, wanted, tangent, high, low in zip(values, expected, tangents, above, below, strict=True):
            np.testing.assert_allclose(value, wanted, rtol=1e-9, atol=1e-11)
            change = (high - low) / (2 * step)
            np.testing.assert_allclose(
                tangent, change, rtol=tolerance * 10, atol=tolerance * (1 + np.max(np.abs(change), initial=0))
            )
        slope = dm.grad(number)
        g = slope(p)
        total = dm.jvp(number, (p,), (dp,))[1]
        np.testing.assert_allclose(g @ dp, total, rtol=1e-8, atol=1e-9)
        if second:
            curvature = (slope(p + step * dp) - slope(p - step * dp)) / (2 * step)
            again = dm.jvp(slope, (p,), (dp,))[1]
            np.testing.assert_allclose(again, curvature, rtol=second, atol=second * (1 + np.max(np.abs(curvature))))
        if batch:
            ps = np.stack((p, p + 0.01 * dp))
            np.testing.assert_allclose(dm.vmap(slope)(ps), [slope(x) for x in ps], rtol=1e-7, atol=1e-9)

    return check
