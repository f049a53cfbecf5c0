"""Tests of dispatchml.kernels.kernel, calls, forward, batching and activity: kernels as users meet them."""

import math
import pickle
import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning
from dispatchml.kernels.errors import KernelError

pytest.importorskip("numba")

OFFSETS = np.array([0.5, 1.0, 1.5])
GAIN = 2.0


@dm.kernel
def root(a):
    x = a
    while abs(x * x - a) > 1e-12 * a:
        x = 0.5 * (x + a / x)
    return x


@dm.kernel
def filled(x, n):
    made = np.zeros(n)
    for i in range(n):
        made[i] = math.sin(x) * i + x**2 / (1 + x)
    total = 0.0
    for v in made:
        total += v
    return total, made, n


@dm.kernel
def weighted(v, w):
    s = 0.0
    for i in range(len(v)):
        s += v[i] ** 2 * np.exp(w * v[i])
    return s


def weighted_by_numpy(v, w):
    return np.sum(v**2 * np.exp(w * v))


@dm.kernel
def shifted(x):
    return GAIN * x + OFFSETS


@dm.kernel
def factorial(x):
    return 1.0 if x < 1 else x * factorial(x - 1)


@dm.kernel
def determinant(a):
    n = a.shape[0]
    if n == 1:
        return a[0, 0]
    total = 0.0
    sign = 1.0
    for j in range(n):
        minor = np.empty((n - 1, n - 1))
        for r in range(1, n):
            k = 0
            for c in range(n):
                if c != j:
                    minor[r - 1, k] = a[r, c]
                    k += 1
        total += sign * a[0, j] * determinant(minor)
        sign = -sign
    return total


V = np.array([1.0, 2.0, 3.0])


def test_a_while_loop_and_its_derivatives():
    assert root(2.0) == root.py_func(2.0)
    np.testing.assert_allclose(dm.grad(root)(4.0), 0.25, rtol=1e-12)
    np.testing.assert_allclose(dm.grad(dm.grad(root))(4.0), -1 / 32, rtol=1e-10)


def test_results_of_several_types():
    total, made, n = filled(0.5, 4)
    assert (type(total), type(made), n) == (float, np.ndarray, 4)
    np.testing.assert_allclose(total, made.sum())
    slope, slopes = dm.jacfwd(lambda x: filled(x, 4)[:2])(0.5)
    expected = np.arange(4) * math.cos(0.5) + (1 - 1 / 1.5**2)
    np.testing.assert_allclose(slopes, expected, rtol=1e-12)
    np.testing.assert_allclose(slope, expected.sum(), rtol=1e-12)


@pytest.mark.parametrize(
    "transform",
    [
        lambda f: dm.grad(f)(V, 0.3),
        lambda f: dm.grad(f, argnums=(0, 1))(V, 0.3),
        lambda f: dm.hessian(f)(V, 0.3),
        lambda f: dm.jvp(f, (V, 0.3), (np.ones(3), 1.0)),
        lambda f: dm.hvp(f, (V, 0.3), (np.ones(3), 0.5)),
        lambda f: dm.vmap(f, in_axes=(0, None))(np.stack((V, 2 * V)), 0.3),
        lambda f: dm.vmap(f, in_axes=(None, 0))(V, V),
        lambda f: dm.vmap(dm.grad(f), in_axes=(0, None))(np.stack((V, 2 * V)), 0.3),
        lambda f: dm.grad(lambda v: np.sum(dm.vmap(f, in_axes=(0, None))(v, 0.3)))(np.stack((V, 2 * V))),
        lambda f: dm.jit(f)(V, 0.3),
        lambda f: dm.jit(dm.grad(lambda v: f(2 * v, 0.3) + np.sum(v)))(V),
        lambda f: dm.grad(dm.jit(lambda v: f(2 * v, 0.3)))(V),
        lambda f: dm.jacrev(dm.grad(f))(V, 0.3),
    ],
)
def test_transforms_of_a_kernel_are_those_of_the_function(transform):
    found, expected = transform(weighted), transform(weighted_by_numpy)
    found, expected = (x if type(x) is tuple else (x,) for x in (found, expected))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_arrays_and_numbers_from_outside_are_read_at_each_call(monkeypatch):
    np.testing.assert_array_equal(shifted(1.0), 2.0 + OFFSETS)
    monkeypatch.setitem(globals(), "GAIN", 3.0)
    monkeypatch.setitem(globals(), "OFFSETS", np.ones(2))
    np.testing.assert_array_equal(shifted(1.0), [4.0, 4.0])
    assert dm.grad(lambda a: dm.kernel(lambda x: a * x * x)(2.0))(3.0) == 4.0


def test_recursion():
    assert factorial(5.0) == 120.0
    np.testing.assert_allclose(dm.grad(factorial)(5.0), 274.0)
    a = np.array([[2.0, 1.0, 0.5], [0.3, 3.0, 1.0], [1.0, 0.2, 4.0]])
    np.testing.assert_allclose(determinant(a), np.linalg.det(a))
    direction = np.cos(np.arange(9.0)).reshape(3, 3)
    found, expected = (dm.jvp(f, (a,), (direction,))[1] for f in (determinant, np.linalg.det))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_keywords_and_defaults():
    @dm.kernel
    def f(x, n=2, scale=1.5):
        return scale * x**n

    assert f(2.0) == 6.0
    assert f(2.0, scale=1.0, n=3) == 8.0
    np.testing.assert_allclose(dm.grad(f)(2.0), 6.0)


def test_tuples_in_and_out():
    @dm.kernel
    def swap(pair, x):
        a, b = pair
        return (b * x, a[0] * x), x

    given = (np.array([2.0, 3.0]), 5.0)
    assert swap(given, 2.0) == ((10.0, 4.0), 2.0)
    found = dm.grad(lambda p: swap(p, 2.0)[0][0] + 3 * swap(p, 2.0)[0][1])(given)
    np.testing.assert_allclose(found[0], [6.0, 0.0])
    assert found[1] == 2.0


def test_single_precision_stays():
    @dm.kernel
    def f(x):
        return np.float32(2) * x * x

    assert type(f(np.float32(3))) is np.float32
    assert dm.grad(f)(np.float32(3)) == 12
    assert np.asarray(dm.grad(f)(np.float32(3))).dtype == np.float32


def test_arguments_are_never_written_into():
    @dm.kernel
    def f(x):
        x[0] = 0.0
        return x

    x = V.copy()
    with pytest.raises(KernelError, match="copy"):
        f(x)
    np.testing.assert_array_equal(x, V)


def test_errors_name_the_line():
    @dm.kernel
    def f(x, n):
        return x[n]

    with pytest.raises(IndexError, match=rf"test_kernel.py:{f.py_func.__code__.co_firstlineno + 2}"):
        f(V, 3)
    with pytest.raises(KernelError, match="not str"):
        f(V, "a")


def test_debugging_runs_the_function_itself(monkeypatch):
    seen = []
    monkeypatch.setenv("DISPATCHML_DEBUG", "1")

    @dm.kernel
    def f(x):
        seen.append(x)
        return 2 * x

    assert f(2.0) == 4.0
    assert seen == [2.0]
    again = dm.kernel(weighted.py_func)
    assert again(V, 0.3) == pytest.approx(weighted_by_numpy(V, 0.3), rel=1e-14)
    np.testing.assert_allclose(dm.grad(again)(V, 0.3), dm.grad(weighted_by_numpy)(V, 0.3))


def test_kernels_are_pickled_by_reference():
    assert pickle.loads(pickle.dumps(root)) is root


def test_kernels_call_kernels():
    @dm.kernel
    def both(v):
        return weighted(v, 0.5) + root(v[1])

    np.testing.assert_allclose(both(V), weighted(V, 0.5) + root(2.0))
    np.testing.assert_allclose(dm.grad(both)(V), dm.grad(weighted)(V, 0.5) + [0, 0.5 / 2**0.5, 0])


@pytest.mark.parametrize("size", [1, 3, 4, 7, 9, 20])
def test_many_columns_go_in_chunks(size):
    v = np.linspace(0.1, 1.0, size)
    np.testing.assert_allclose(dm.jacfwd(weighted)(v, 0.3), dm.grad(weighted_by_numpy)(v, 0.3), rtol=1e-12)
    np.testing.assert_allclose(dm.grad(weighted)(v, 0.3), dm.grad(weighted_by_numpy)(v, 0.3), rtol=1e-12)


def test_rules_of_the_users():
    @dm.kernel
    def rounded(x):
        n = 0.0
        while n + 0.5 <= x:
            n += 1.0
        return n

    assert dm.grad(rounded)(2.7) == 0.0

    @rounded.defvjp
    def rounded_vjp(y, x):
        return lambda ct: ct  # straight through

    @rounded.defjvp
    def rounded_jvp(y, tangents, x):
        return tangents[0]

    assert rounded(2.7) == 3.0
    assert dm.grad(lambda x: 2 * rounded(x))(2.7) == 2.0
    assert dm.jvp(rounded, (2.7,), (1.5,)) == (3.0, 1.5)
    assert "rules of its own" in rounded.report(2.7)


def test_the_report_says_how_derivatives_are_taken():
    text = weighted.report(V, 0.3)
    assert "array[float, 1-d], float -> float" in text
    assert "reverse: the text run back" in text
    assert "indices are checked" in text
    text = factorial.report(3.0)
    assert "reverse: by columns" in text or "run back" in text
    assert "indices are not checked" in dm.kernel(weighted.py_func, unchecked=True).report(V, 0.3)


def test_compile_ahead_compiles_without_a_call():
    calls = dm.kernel(weighted_in_a_loop)
    dm.compile_ahead(calls, dm.ArraySpec((3,)), 0.5)
    assert len(calls.program.codes) == 1
    np.testing.assert_allclose(calls(V, 0.5), weighted(V, 0.5))
    assert len(calls.program.codes) == 1


def weighted_in_a_loop(v, w):
    s = 0.0
    for x in v:
        s += x**2 * math.exp(w * x)
    return s


def test_quantities_run_on_their_magnitudes():
    pint = pytest.importorskip("pint")
    unit = pint.UnitRegistry().meter
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = dm.grad(weighted)(V * unit, 0.3 / unit)
        assert weighted(V * unit, 0.3 / unit).units == unit**2
    np.testing.assert_allclose(found.magnitude, dm.grad(weighted)(V, 0.3))
    assert found.units == unit


def test_gradients_of_plain_arguments_are_taken_in_one_call():
    kernel = dm.kernel(weighted.py_func)
    g = dm.value_and_grad(kernel, argnums=(1, 0))
    value, (by_w, by_v) = g(V, 0.3)
    assert any(key[0] == "gradient" for key in kernel.program.others)
    assert value == kernel(V, 0.3)
    np.testing.assert_allclose(by_w, dm.grad(weighted_by_numpy, argnums=1)(V, 0.3))
    np.testing.assert_allclose(by_v, dm.grad(weighted_by_numpy)(V, 0.3))


OUTSIDE = 2.0


def by_outside(x):
    return x * OUTSIDE


def test_what_a_kernel_reads_from_outside_is_not_frozen_by_jit(monkeypatch):
    kernel = dm.kernel(by_outside)
    compiled = dm.jit(dm.grad(kernel))
    with pytest.warns(FallbackWarning, match="the kernel by_outside reads values from outside"):
        assert compiled(1.0) == 2.0
    monkeypatch.setitem(globals(), "OUTSIDE", 3.0)
    assert compiled(1.0) == 3.0


def test_and_of_numbers_gives_a_number_in_both_modes():
    @dm.kernel
    def kernel(x, y):
        return x * (y and x)

    assert kernel(3.0, 2.0) == 9.0
    assert dm.value_and_grad(kernel, argnums=(0, 1))(3.0, 2.0) == (9.0, (6.0, 0.0))
