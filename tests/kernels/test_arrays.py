"""Tests of dispatchml.kernels.duals: arrays, functions and corners in compiled derivatives."""

import math

import numpy as np
import pytest

import dispatchml as dm

pytest.importorskip("numba")

X = np.array([0.3, 0.5, 0.9])
A = np.arange(9.0).reshape(3, 3) / 10


def programs(x, a):
    y = a @ x
    z = np.exp(-y * y) + 2.0 * x
    z += x
    w = np.zeros_like(z)
    for i in range(len(z)):
        w[i] = z[i] ** 2
    w[1:] = z[1:] * x[0]
    return w.sum() + np.max(z) * np.mean(x) + np.dot(z, x) + np.sum(np.sqrt(w[:2])) + np.min(np.abs(x)) - x.prod()


def by_numpy(x, a):
    y = a @ x
    z = np.exp(-y * y) + 3.0 * x
    w = np.concatenate([z[:1] ** 2, z[1:] * x[0]])
    return np.sum(w) + np.max(z) * np.mean(x) + np.dot(z, x) + np.sum(np.sqrt(w[:2])) + np.min(np.abs(x)) - np.prod(x)


def test_array_expressions():
    f = dm.kernel(programs)
    np.testing.assert_allclose(f(X, A), by_numpy(X, A))
    np.testing.assert_allclose(dm.jacfwd(f)(X, A), dm.jacfwd(by_numpy)(X, A))

    def second(g):
        return dm.derivative(dm.derivative(lambda t: g(X + t * np.array([1.0, -0.5, 0.2]), A)))(0.0)

    np.testing.assert_allclose(second(f), second(by_numpy), rtol=1e-12)


UNARY = [
    (math.exp, np.exp, 0.3), (math.log, np.log, 0.3), (math.sin, np.sin, 0.3), (math.cos, np.cos, 0.3),
    (math.tan, np.tan, 0.3), (math.sinh, np.sinh, 0.3), (math.cosh, np.cosh, 0.3), (math.tanh, np.tanh, 0.3),
    (math.asin, np.arcsin, 0.3), (math.acos, np.arccos, 0.3), (math.atan, np.arctan, 0.3),
    (math.asinh, np.arcsinh, 0.3), (math.acosh, np.arccosh, 1.3), (math.atanh, np.arctanh, 0.3),
    (math.sqrt, np.sqrt, 0.3), (math.log1p, np.log1p, 0.3), (math.expm1, np.expm1, 0.3), (math.log10, np.log10, 0.3),
    (math.log2, np.log2, 0.3), (math.fabs, np.abs, -0.3),
]  # fmt: skip


def test_functions_of_numbers_in_one_kernel():
    """Value, first and second derivative of every function, by math and by NumPy."""
    names = [(f"math.{m.__name__}", f"np.{n.__name__}", at) for m, n, at in UNARY]
    for k in (0, 1):
        lines = "".join(f"        {x[k]}(x + {x[2]!r}),\n" for x in names)
        text = f"import math\nimport numpy as np\n\ndef functions(x):\n    return (\n{lines}    )\n"
        scope = written(text)
        f = dm.kernel(scope["functions"])

        def by_operations(x):
            return tuple(getattr(np, n.__name__)(x + at) for _, n, at in UNARY)

        for derive in (lambda g: g, dm.derivative, lambda g: dm.derivative(dm.derivative(g))):
            np.testing.assert_allclose(derive(f)(0.1), derive(by_operations)(0.1), rtol=1e-12, atol=1e-14)


def written(text):
    import linecache

    file = f"<test_arrays {len(linecache.cache)}>"
    linecache.cache[file] = len(text), None, text.splitlines(True), file
    scope = {}
    exec(compile(text, file, "exec"), scope)
    return scope


@pytest.mark.parametrize(
    ("f", "points"),
    [
        (lambda x: abs(x), (0.0, -2.0)),
        (lambda x: np.sqrt(x), (0.0, 4.0)),
        (lambda x: np.maximum(x, 1.0), (1.0, 0.5, 2.0)),
        (lambda x: np.minimum(x, 1.0), (1.0, 0.5, 2.0)),
        (lambda x: np.maximum(x, x), (1.0,)),
        (lambda x: x**2, (0.0, -3.0)),
        (lambda x: x**3.0, (0.0, -3.0)),
        (lambda x: x**0, (0.0,)),
        (lambda x: x**1, (0.0,)),
        (lambda x: 2.0**x, (0.0, 1.5)),
        (lambda x: x**x, (1.5,)),
        (lambda x: np.arctan2(x, 2.0), (0.0, 1.0)),
        (lambda x: np.hypot(x, 0.0), (0.0, 1.0)),
        (lambda x: np.fmod(x, 2.0), (5.5, -5.5)),
        (lambda x: x % 2.0, (5.5, -5.5)),
        (lambda x: np.copysign(x, -1.0), (2.0,)),
        (lambda x: np.logaddexp(x, 0.5), (0.5, 700.0)),
        (lambda x: np.sign(x) * x, (2.0, -2.0)),
        (lambda x: 0.0 * np.log(x * 0.0 + 1.0) + x / 2.0, (1.0,)),
        (lambda x: np.floor(x) * x + np.ceil(x), (2.5,)),
        (lambda x: max(x, 1.0) + min(x, 3.0), (2.0, 0.5)),
    ],
)
def test_corners_are_those_of_the_rules(f, points):
    compiled = dm.kernel(f)
    for x in points:
        with np.errstate(all="ignore"):
            expected = dm.derivative(f)(x)
            second = dm.derivative(dm.derivative(f))(x)
        np.testing.assert_allclose(dm.derivative(compiled)(x), expected, rtol=1e-13)
        np.testing.assert_allclose(dm.derivative(dm.derivative(compiled))(x), second, rtol=1e-12)


def test_a_zero_tangent_wins_over_an_infinite_slope():
    @dm.kernel
    def f(x, y):
        return x + np.sqrt(y) + np.log(y + 1.0)

    tangent = dm.jvp(f, (1.0, 0.0), (1.0, 0.0))[1]
    assert tangent == 1.0


def test_comparisons_and_whole_numbers_are_by_value():
    @dm.kernel
    def f(x):
        n = int(x)
        total = 0.0
        for k in range(n):
            if x > k + 0.5 and x != 7.0:
                total += x * k
        return total if bool(x) else 0.0

    def by_hand(x):
        return x * sum(k for k in range(int(x)) if x > k + 0.5)

    assert f(3.7) == by_hand(3.7)
    assert dm.derivative(f)(3.7) == 0 + 1 + 2


def of_float32(x):
    s = x[0] * 0
    for v in x:
        s = s * 2 + v * v
    return s


def float32_array(x):
    y = np.zeros(2, np.float32)
    y[0] = x[0] * 2
    y[1] = x[1] + y[0] * 2.5
    return y


@pytest.mark.parametrize("f", [of_float32, float32_array], ids=lambda f: f.__name__)
def test_single_precision_forward(f):
    x, dx = np.array([1, 2], np.float32), np.array([0.5, -1], np.float32)
    value, tangent = dm.jvp(dm.kernel(f), (x,), (dx,))
    assert np.allclose(value, f(x))
    wide, wide_dx = x.astype(float), dx.astype(float)
    assert np.allclose(tangent, (np.asarray(f(wide + 1e-3 * wide_dx)) - f(wide - 1e-3 * wide_dx)) / 2e-3, atol=1e-3)
    assert np.allclose(dm.vjp(dm.kernel(f), x)[1](np.ones_like(value)) @ dx, np.sum(tangent))


def test_writing_into_an_argument_in_place_says_so():
    @dm.kernel
    def f(x):
        y = np.asarray(x)
        y += 1
        return y

    with pytest.raises(TypeError, match=r"test_arrays.py:\d+\): .*never changed by a kernel. Work on a copy"):
        f(np.ones(2))
