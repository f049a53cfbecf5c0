"""vectorize: formulas and functions with branches and loops as elementwise operations, through every transform."""

import math
import pickle

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning

X, WIDTH = np.array([-1.0, 0.5, 3.0]), np.array([[1.0], [2.0]])
FACTOR = 3.0


@dm.vectorize
def formula(x, w):
    return math.sin(x) * w + inner(x) ** 2


def inner(x):
    return math.log(x * x + 1)


def plain_formula(x, w):
    return np.sin(x) * w + np.log(x * x + 1) ** 2


@dm.vectorize
def soft(x, w):
    if x > w:
        return x - w
    return w * math.expm1(x / w) if x < 0 else 0.0 * x


def plain_soft(x, w):
    return np.where(x > w, x - w, np.where(x < 0, w * np.expm1(np.minimum(x, 0) / w), 0.0))


@dm.vectorize
def root(a):
    y = a
    while abs(y * y - a) > 1e-12 * a:
        y = 0.5 * (y + a / y)
    return y


@dm.vectorize
def two(x, y):
    if x > y:
        return x * y, x
    return x + y, y


@pytest.mark.parametrize(("f", "g"), [(formula, plain_formula), (soft, plain_soft)], ids=["formula", "branches"])
def test_against_numpy(f, g):
    def both(transform):
        return transform(lambda x, w: np.sum(f(x, w) * x)), transform(lambda x, w: np.sum(g(x, w) * x))

    np.testing.assert_allclose(f(X, WIDTH), g(X, WIDTH), rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(dm.jit(f)(X, WIDTH), g(X, WIDTH), rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(f(w=2.0, x=X), g(X, 2.0))
    assert f(X[:0], 1.0).shape == (0,)
    for transform in (
        lambda h: dm.grad(h),
        lambda h: dm.grad(h, 1),
        lambda h: dm.jit(dm.grad(h)),
        lambda h: dm.hessian(h),
        lambda h: dm.jacfwd(dm.jacfwd(dm.grad(h))),
        lambda h: dm.jit(lambda x, w: dm.hvp(lambda y: h(y, w), (x,), (x,))),
        lambda h: dm.vmap(h, in_axes=(0, None)),
        lambda h: dm.vmap(dm.grad(h), in_axes=(0, None)),
    ):
        ours, expected = both(transform)
        np.testing.assert_allclose(ours(X, WIDTH), expected(X, WIDTH), rtol=1e-12, atol=1e-14)


def test_a_formula_is_fused():
    f = dm.jit(lambda x: np.exp(formula(x, 2.0)))
    f(X)
    program = f.lower(X).partition("define")[0]
    assert "elementwise_call" not in program
    assert "sin(" in program
    assert f.lower(X).count("define void") == 1


def test_loops_that_end_apart():
    a = np.array([2.0, 3.0, 4.0])
    np.testing.assert_allclose(root(a), np.sqrt(a))
    np.testing.assert_allclose(dm.grad(lambda a: np.sum(root(a)))(a), 0.5 / np.sqrt(a))
    np.testing.assert_allclose(dm.vmap(dm.grad(dm.grad(root)))(a), -0.25 / a**1.5)


def test_kinds_of_numbers():
    assert type(root(2.0)) is float
    assert type(root(np.float64(2.0))) is np.float64
    assert type(root(np.asarray(2.0))) is np.float64
    assert dm.grad(root)(4.0) == pytest.approx(0.25)
    single = np.array([2.0, 3.0], "f")
    for y in (root(single), formula(single, 2.0), soft(single, 1.0), dm.jit(soft)(single, 1.0)):
        assert y.dtype == np.float32
    assert dm.grad(lambda a: np.sum(root(a)))(single).dtype == np.float32
    assert root(np.zeros((0, 3))).shape == (0, 3)
    np.testing.assert_allclose(soft(np.arange(3), 1), [0, 0, 1])
    z = np.array([1 + 2j, 0.5])
    np.testing.assert_allclose(dm.vectorize(lambda z: z * z + 1)(z), z * z + 1)
    np.testing.assert_array_equal(dm.vectorize(lambda x: 2.0)(X), [2.0, 2.0, 2.0])


def test_several_results():
    a, b = two(X, 0.4)
    np.testing.assert_allclose(a, np.where(X > 0.4, X * 0.4, X + 0.4))
    np.testing.assert_allclose(b, np.where(X > 0.4, X, 0.4))

    def f(x):
        a, b = two(x, 0.4)
        return np.sum(a * b)

    np.testing.assert_allclose(dm.grad(f)(X), [0.4, 0.4 * 2 * 0.5, 0.4 * 2 * 3.0])


def test_what_is_read_from_outside_is_read_at_each_call():
    global FACTOR

    @dm.vectorize
    def f(x):
        return x * FACTOR if x > 0 else x

    np.testing.assert_allclose(f(X), [-1, 1.5, 9])
    try:
        FACTOR = 4.0
        np.testing.assert_allclose(f(X), [-1, 2, 12])
    finally:
        FACTOR = 3.0
    table = np.array([1.0, 2.0, 4.0])
    np.testing.assert_array_equal(dm.vectorize(lambda i: 2 * table[i])(np.array([0, 2])), [2, 8])


@pytest.mark.parametrize("branches", [False, True])
def test_traced_values_of_the_closure(branches):
    def f(w):
        if branches:
            return np.sum(dm.vectorize(lambda v: v * w if v > 0 else w)(X))
        return np.sum(dm.vectorize(lambda v: v * w)(X))

    assert dm.grad(f)(2.0) == pytest.approx(4.5 if branches else 2.5)


def test_units():
    pytest.importorskip("dispatchml_pint")
    metre = pytest.importorskip("pint").UnitRegistry().m
    area = dm.vectorize(lambda r: 3.0 * r * r)
    assert str(area(np.array([1.0, 2.0]) * metre)) == "[3.0 12.0] meter ** 2"

    @dm.vectorize
    def bent(r):
        return r * r if r > 2 * metre else 2 * r * r

    r = np.array([1.0, 4.0]) * metre
    assert str(bent(r)) == "[2.0 16.0] meter ** 2"
    assert str(dm.grad(lambda r: np.sum(bent(r)))(r)) == "[4.0 8.0] meter"


def test_without_text():
    space = {}
    exec("def f(x):\n    return x if x > 0 else -2 * x", space)
    f = dm.vectorize(space["f"])
    with pytest.warns(FallbackWarning, match="element by element: There is no text"):
        np.testing.assert_allclose(f(X), [2, 0.5, 3])
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(f(x)))(X), [-2, 1, 1])


def test_debugging_runs_the_function_itself(monkeypatch):
    monkeypatch.setenv("DISPATCHML_DEBUG", "1")
    np.testing.assert_allclose(soft(X, WIDTH), plain_soft(X, WIDTH))
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(root(x)))(np.array([4.0])), [0.25])


def test_pickle():
    assert pickle.loads(pickle.dumps(soft)) is soft


@dm.vectorize
def thrice(x):
    if x > 100:
        return x * 2
    return x * 3


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.uint64])
def test_small_whole_numbers_wrap_around_as_numpys_do(dtype):
    x = np.array([1, 3, 200], dtype)
    with pytest.warns(FallbackWarning, match=r"64 bits.*hand over x.astype\(int\)"):
        found = dm.vectorize(thrice.py_func)(x)
    assert found.dtype == dtype
    assert list(found) == [3, 9, 144 if dtype is np.uint8 else 400]
    assert list(thrice(x.astype(int))) == [3, 9, 400]


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"\(3,\), \(2,\) cannot be broadcast together \(at .*test_vectorize.py:\d+\)"):
        dm.vectorize(lambda a, b: a if a > b else b)(np.ones(3), np.ones(2))
