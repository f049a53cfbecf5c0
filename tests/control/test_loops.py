"""while_loop, scan and fori_loop: the values of Python's loops, running and recorded, with all their derivatives."""

import subprocess
import sys
import warnings
from fractions import Fraction

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import ArgumentError, ContainerMismatchError, FallbackWarning, ShapeError

warnings.filterwarnings("error", category=FallbackWarning)


def power(x):
    """The first of x, x**2, ... above 100, by a loop whose number of rounds depends on x."""
    return dm.while_loop(lambda v: v < 100.0, lambda v: v * x, x)


def plain_power(x):
    v = x
    while v < 100.0:
        v = v * x
    return v


W = np.array([[0.5, 0.2], [0.1, 0.9]])
XS = np.linspace(0.0, 1.0, 10).reshape(5, 2)


def network(w, xs):
    def step(c, x):
        c = np.tanh(w @ c + x)
        return c, {"twice": c * 2, "nothing": None}

    last, ys = dm.scan(step, np.zeros(2), xs)
    return np.sum(last**2) + np.sum(ys["twice"][1:3])


def plain_network(w, xs):
    c, ys = np.zeros(2), []
    for x in xs:
        c = np.tanh(w @ c + x)
        ys.append(c * 2)
    return np.sum(c**2) + np.sum(ys[1] + ys[2])


def polynomial(n, x):
    return dm.fori_loop(0, n, lambda i, v: v * x + i, 1.0)


def plain_polynomial(n, x):
    v = 1.0
    for i in range(n):
        v = v * x + i
    return v


TRANSFORMS = {
    "value": lambda f: f,
    "grad": dm.grad,
    "derivative": dm.derivative,
    "forward of reverse": lambda f: dm.derivative(dm.grad(f)),
    "reverse of reverse": lambda f: dm.grad(dm.grad(f)),
    "reverse of forward": lambda f: dm.grad(dm.derivative(f)),
    "third": lambda f: dm.grad(dm.derivative(dm.grad(f))),
    "linearize": lambda f: lambda x: dm.linearize(f, x)[1](1.0),
}


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("way", ["eager", "inside", "outside"])
def test_data_dependent_rounds(name, way):
    transform = TRANSFORMS[name]
    made = {"eager": lambda t, f: t(f), "inside": lambda t, f: dm.jit(t(f)), "outside": lambda t, f: t(dm.jit(f))}[way]
    found = made(transform, power)
    for x in (3.0, 2.0, 1.1, 200.0):
        np.testing.assert_allclose(found(x), transform(plain_power)(x), rtol=1e-12)


@pytest.mark.parametrize("way", [lambda f: f, dm.jit], ids=["eager", "jit"])
def test_batches_stop_apart(way):
    x = np.array([3.0, 2.0, 200.0])
    expected = [plain_power(v) for v in x]
    slopes = [dm.grad(plain_power)(v) for v in x]
    np.testing.assert_allclose(way(dm.vmap(power))(x), expected)
    np.testing.assert_allclose(way(dm.vmap(dm.grad(power)))(x), slopes)
    np.testing.assert_allclose(way(dm.grad(lambda b: np.sum(dm.vmap(power)(b))))(x), slopes)
    np.testing.assert_allclose(dm.vmap(way(dm.grad(power)))(x), slopes)


@pytest.mark.parametrize("k", [0, 1])
def test_scan_has_the_derivatives_of_the_written_out_loop(k):
    expected = dm.grad(plain_network, k)(W, XS)
    for found in (dm.grad(network, k), dm.jit(dm.grad(network, k)), dm.grad(dm.jit(network), k)):
        np.testing.assert_allclose(found(W, XS), expected, rtol=1e-12)
    expected = dm.hvp(plain_network, (W, XS), (W, XS))[k]
    np.testing.assert_allclose(dm.hvp(network, (W, XS), (W, XS))[k], expected, rtol=1e-10)
    found = dm.jit(lambda a, b: dm.hvp(network, (a, b), (a, b)))(W, XS)
    np.testing.assert_allclose(found[k], expected, rtol=1e-10)


def test_numbers_of_rounds_that_are_computed():
    value, slope = dm.jit(polynomial), dm.jit(dm.grad(polynomial, 1))
    for n in (4, 40, 0, 1):
        assert value(np.int64(n), 1.1) == pytest.approx(plain_polynomial(n, 1.1), rel=1e-12)
        expected = dm.grad(plain_polynomial, 1)(n, 1.1) if n > 1 else float(n)
        assert slope(np.int64(n), 1.1) == pytest.approx(expected, rel=1e-12)
    n, x = np.array([1, 4, 2]), np.array([3.0, 2.0, 200.0])
    expected = [dm.grad(plain_polynomial, 1)(int(a), b) for a, b in zip(n, x, strict=True)]
    for found in (dm.vmap(dm.grad(polynomial, 1)), dm.jit(dm.vmap(dm.grad(polynomial, 1)))):
        np.testing.assert_allclose(found(n, x), expected)


def nested(x):
    def outer(i, v):
        return dm.while_loop(lambda u: u < v + 5.0, lambda u: u * x, v) + i * x

    return dm.fori_loop(0, 3, outer, x)


def plain_nested(x):
    v = x
    for i in range(3):
        u = v
        while u < v + 5.0:
            u = u * x
        v = u + i * x
    return v


@pytest.mark.parametrize("name", ["value", "grad", "derivative", "forward of reverse", "reverse of reverse"])
def test_loops_in_loops(name):
    transform = TRANSFORMS[name]
    for x in (1.5, 1.2):
        expected = transform(plain_nested)(x)
        np.testing.assert_allclose(transform(nested)(x), expected, rtol=1e-11)
        np.testing.assert_allclose(dm.jit(transform(nested))(x), expected, rtol=1e-11)


def test_derivatives_inside_of_rounds():
    """Newton's method, whose rounds take derivatives; and a derivative of it."""

    def root(a):
        f = lambda y: y * y - a  # noqa: E731
        return dm.while_loop(lambda y: abs(f(y)) > 1e-12, lambda y: y - f(y) / dm.grad(f)(y), a)

    assert root(2.0) == pytest.approx(np.sqrt(2))
    assert dm.grad(root)(2.0) == pytest.approx(0.5 / np.sqrt(2))
    assert dm.jit(dm.grad(root))(2.0) == pytest.approx(0.5 / np.sqrt(2))
    assert dm.jit(dm.derivative(dm.grad(root)))(2.0) == pytest.approx(-0.25 / 2**1.5)


def test_long_loops_keep_few_rounds():
    def f(x):
        return dm.scan(lambda c, a: (np.sin(c * x + a), c), 0.1, np.linspace(0, 1, 300))[0]

    def plain_f(x):
        c = 0.1
        for a in np.linspace(0, 1, 300):
            c = np.sin(c * x + a)
        return c

    for transform in (dm.grad, lambda f: dm.derivative(dm.grad(f))):
        expected = transform(plain_f)(1.0)
        assert transform(f)(1.0) == pytest.approx(expected, rel=1e-12)
        assert dm.jit(transform(f))(1.0) == pytest.approx(expected, rel=1e-12)


def test_memory_of_a_long_loop():
    import tracemalloc

    x = np.full(10_000, 1e-3)

    def peak(loop):
        tracemalloc.start()
        dm.grad(lambda x: np.sum(loop(x)))(x)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    def written_out(x):
        v = x
        for _ in range(400):
            v = np.sin(v) + x
        return v

    assert peak(lambda x: dm.fori_loop(0, 400, lambda i, v: np.sin(v) + x, x)) < 0.35 * peak(written_out)


def test_a_recorded_loop_is_one_node():
    f = dm.jit(lambda x, n: dm.while_loop(lambda v: v < n, lambda v: v * x, x))
    assert f(1.5, 10.0) == 1.5**6
    assert f(1.5, 1000.0) == 1.5**18
    assert f.lower(1.5, 10.0).count("loop(") == 1
    sizes = [len(dm.jit(lambda x: dm.fori_loop(0, n, lambda i, v: v * x, x)).lower(1.1)) for n in (3, 9)]  # noqa: B023
    assert sizes[0] == sizes[1]


# ---- corners ---------------------------------------------------------------------------------------------------------

WAYS = pytest.mark.parametrize("way", [lambda f: f, dm.jit], ids=["eager", "jit"])


@WAYS
def test_no_rounds(way):
    f = way(lambda x: dm.while_loop(lambda v: v < 0, lambda v: v * 2, x))
    assert f(3.0) == 3.0
    assert type(f(3.0)) is float
    assert way(dm.grad(lambda x: dm.while_loop(lambda v: v < 0, lambda v: v * 2, x)))(3.0) == 1.0
    assert way(lambda x: dm.fori_loop(5, 3, lambda i, v: v * 2, x))(3.0) == 3.0
    rows = np.zeros((0, 2))
    last, ys = way(lambda x, xs: dm.scan(lambda c, a: (c * x + a[0], a + c), x, xs))(2.0, rows)
    assert last == 2.0
    assert type(last) is np.float64
    assert ys.shape == (0, 2)


@WAYS
def test_whole_numbers_become_floats_from_the_start(way):
    f = way(lambda x: dm.while_loop(lambda v: v < 1, lambda v: v + x, 0))
    assert f(0.5) == 1.0
    assert type(f(0.5)) is float
    g = way(dm.grad(lambda x: dm.fori_loop(0, 4, lambda i, v: v + x, 0)))
    assert g(0.5) == 4.0
    assert way(lambda x: dm.fori_loop(0, 3, lambda i, v: v * x, 1))(np.float32(2)).dtype == np.float32


@WAYS
def test_one_value_widens_another(way):
    def f(x):
        return dm.scan(lambda c, a: ((c[0] * x + a, c[1] + c[0]), None), (x, 0.0), np.arange(3.0))[0]

    assert way(f)(1.5) == (8.5625, 8.125)
    assert list(map(type, way(f)(1.5))) == [np.float64, np.float64]
    assert way(dm.grad(lambda x: sum(f(x))))(1.5) == pytest.approx(25.25)


@WAYS
def test_single_precision_stays(way):
    x = np.ones(2, "f")
    assert way(lambda x: dm.fori_loop(0, 3, lambda i, v: v * 1.5, x))(x).dtype == np.float32
    assert way(dm.grad(lambda x: np.sum(dm.fori_loop(0, 3, lambda i, v: v * x, x))))(x).dtype == np.float32


@WAYS
def test_containers_with_nothing_texts_and_whole_numbers(way):
    def f(x):
        start = {"sum": 0.0, "name": "a", "nothing": None, "count": 0}
        return dm.fori_loop(0, 3, lambda i, v: {**v, "sum": v["sum"] + x, "count": v["count"] + i}, start)

    assert way(f)(2.0) == {"sum": 6.0, "name": "a", "nothing": None, "count": 3}
    assert way(dm.grad(lambda x: f(x)["sum"] ** 2))(2.0) == 36.0
    assert way(lambda x: dm.scan(lambda c, a: (c, x), None, None, length=3))(2.0)[0] is None


@WAYS
def test_backward_over_the_rows(way):
    xs = np.arange(1.0, 5.0)
    last, ys = way(lambda xs: dm.scan(lambda c, a: (c + a, c), 0.0, xs, reverse=True))(xs)
    assert last == 10.0
    np.testing.assert_array_equal(ys, [9, 7, 4, 0])

    def f(xs):
        return np.sum(dm.scan(lambda c, a: (c * a + a, c * a), 0.5, xs, reverse=True)[1] ** 2)

    def plain_f(xs):
        c, total = 0.5, 0.0
        for a in xs[::-1]:
            c, total = c * a + a, total + (c * a) ** 2
        return total

    np.testing.assert_allclose(way(dm.grad(f))(xs), dm.grad(plain_f)(xs))


@WAYS
def test_rounds_may_write_into_what_they_are_given(way):
    def f(x):
        def body(i, v):
            v[0] = v[0] * x
            v += 1.0
            return v

        return np.sum(dm.fori_loop(0, 4, body, np.ones(2) * x))

    assert way(f)(2.0) == 53.0
    assert way(dm.grad(f))(2.0) == 98.0


def test_a_traced_value_of_a_global():
    held = []

    class Box:
        pass

    def f(x):
        box = Box()
        box.x = x
        held[:] = [box]
        return dm.fori_loop(0, 40, lambda i, v: v + held[0].x, 0.0)

    assert dm.grad(f)(2.0) == 40.0


@WAYS
@pytest.mark.parametrize(
    ("loop", "error", "text"),
    [
        (lambda x: dm.while_loop(lambda v: v < 1, lambda v: v * 2, np.ones(3) * x), ShapeError, "one truth value"),
        (lambda x: dm.while_loop(lambda v: v[0] < 9, lambda v: [*v], (x, x)), ContainerMismatchError, "structure"),
        (lambda x: dm.fori_loop(0, 3, lambda i, v: np.stack([v, v]), x), ArgumentError, r"shape \(2,\)"),
        (lambda x: dm.fori_loop(0, 3, lambda i, v: v * x, np.arange(2)), ArgumentError, "int64.*float64"),
        (lambda x: dm.fori_loop(0, 3, lambda i, v: v * x * np.ones(1), np.ones(1, "f")), ArgumentError, "float32.*64"),
        (lambda x: dm.scan(lambda c, a: (c, None), x), ArgumentError, "neither xs nor length"),
        (lambda x: dm.scan(lambda c, a: (c, None), x, np.ones(3), length=4), ShapeError, "different lengths"),
        (lambda x: dm.scan(lambda c, a: (c, None), x, 1.0), ShapeError, "no rows"),
        (lambda x: dm.scan(lambda c, a: c, x, np.ones(3)), ArgumentError, "carry and a result"),
        (lambda x: dm.fori_loop(0, 2.5, lambda i, v: v, x), ArgumentError, "whole numbers"),
    ],
)
def test_errors(way, loop, error, text):
    with pytest.raises(error, match=text) as caught:
        way(loop)(1.5)
    assert "test_loops.py" in str(caught.value)


def test_a_branch_in_a_recorded_round_names_the_line():
    def f(x):
        return dm.while_loop(lambda v: v < 10, lambda v: (v if v < 3 else v + 1) * x, x)

    with pytest.warns(FallbackWarning, match=r"A branch in while_loop's function .*test_loops.py"):
        assert dm.jit(f)(1.5) == f(1.5)


def test_exact_numbers():
    assert dm.fori_loop(0, 3, lambda i, v: v / 3 + 1, Fraction(1)) == Fraction(40, 27)
    assert dm.grad(lambda x: dm.fori_loop(0, 3, lambda i, v: v * x, x))(Fraction(1, 3)) == Fraction(4, 27)


@WAYS
def test_units(way):
    pytest.importorskip("dispatchml_pint")
    pint = pytest.importorskip("pint")
    q = 2.0 * pint.UnitRegistry().m

    def f(q):
        return dm.fori_loop(0, 3, lambda i, v: v * 1.5 + q, q)

    assert str(way(f)(q)) == "16.25 meter"
    assert str(way(dm.grad(lambda q: f(q) ** 2))(q)) == "264.0625 meter"
    with pytest.raises(ArgumentError, match=r"meter\b.*meter \*\* 2"):
        way(lambda q: dm.fori_loop(0, 3, lambda i, v: v * q, q))(q)


def test_third_order_in_a_batch():
    f = lambda x: dm.fori_loop(0, 4, lambda i, v: v * x, x)  # noqa: E731
    found = dm.jit(dm.vmap(dm.grad(dm.grad(dm.grad(f)))))(np.array([1.0, 2.0]))
    np.testing.assert_allclose(found, [60.0, 240.0])


def test_jacobians():
    def f(p):
        return dm.scan(lambda c, a: (np.sin(c * p[0] + a * p[1]), c), 0.1, np.linspace(0, 1, 5))

    def plain_f(p):
        c, ys = 0.1, []
        for a in np.linspace(0, 1, 5):
            ys.append(c)
            c = np.sin(c * p[0] + a * p[1])
        return c, np.stack([0.1 + 0 * p[0], *ys[1:]])

    p = np.array([1.0, 2.0])
    for transform in (dm.jacrev, dm.jacfwd):
        expected = transform(lambda p: plain_f(p)[1])(p)
        np.testing.assert_allclose(transform(lambda p: f(p)[1])(p), expected, rtol=1e-12)
        np.testing.assert_allclose(dm.jit(transform(lambda p: f(p)[1]))(p), expected, rtol=1e-12)
    expected = dm.hessian(lambda p: plain_f(p)[0])(p)
    np.testing.assert_allclose(dm.jit(dm.hessian(lambda p: f(p)[0]))(p), expected, rtol=1e-11)


def running(xs):
    def body(i, v):
        v = v.copy()
        v[i] = v[i - 1] * xs[i] + 1.0
        return v

    return dm.fori_loop(1, len(xs), body, xs * 1.0)


def plain_running(xs):
    v = xs * 1.0
    for i in range(1, len(xs)):
        v[i] = v[i - 1] * xs[i] + 1.0
    return v


def test_positions_that_are_computed():
    x = np.linspace(0.5, 1.5, 6)
    np.testing.assert_allclose(dm.jit(running)(x), plain_running(x))
    np.testing.assert_allclose(dm.jit(dm.jacrev(running))(x), dm.jacfwd(plain_running)(x))
    np.testing.assert_allclose(dm.jit(dm.jacfwd(running))(x), dm.jacfwd(plain_running)(x))
    both = np.stack([x, 2 * x])
    np.testing.assert_allclose(dm.jit(dm.vmap(running))(both), [plain_running(v) for v in both])


def test_writing_at_computed_positions():
    def f(a, i, j):
        a = a.copy()
        a[i, j] = 7.0
        a[:, j] = a[:, j] * 2
        a[-1] = a[i]
        a[i] += 1
        return a

    a = np.arange(12.0).reshape(3, 4)
    compiled = dm.jit(f)
    for i, j in ((1, -2), (0, 3), (2, 0)):
        np.testing.assert_array_equal(compiled(a, np.int64(i), np.int64(j)), f(a, i, j))
    with pytest.raises(IndexError, match="index 5 is out of bounds"):
        compiled(a, np.int64(5), np.int64(0))
    found = dm.vmap(lambda a, i: f(a, i, 1))(np.stack([a, a]), np.array([0, 2]))
    np.testing.assert_array_equal(found, [f(a, 0, 1), f(a, 2, 1)])


ENDLESS = """
import os, signal, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
import numpy as np, dispatchml as dm
f = dm.jit(lambda x: dm.while_loop(lambda v: v < x, lambda v: np.sin(v), 0.5))
f(0.1)
threading.Thread(target=lambda: (time.sleep(0.3), os.kill(os.getpid(), signal.SIGINT)), daemon=True).start()
try:
    f(2.0)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_endless_loop_can_be_interrupted():
    """Other threads run meanwhile, such as the one that interrupts."""
    done = subprocess.run([sys.executable, "-c", ENDLESS], capture_output=True, text=True, timeout=60)
    assert done.stdout == "interrupted\n", done.stderr


def test_rounds_that_write_into_arrays_leave_the_callers_as_they_are():
    def doubled(c):
        c[0] *= 2
        return c

    y, xs = np.array([1.0, 2.0]), np.ones((3, 2))
    assert list(dm.fori_loop(0, 3, lambda i, c: doubled(c), y)) == [8.0, 2.0]
    assert list(dm.while_loop(lambda c: c[0] < 5, doubled, y)) == [8.0, 2.0]
    dm.scan(lambda c, x: (c, doubled(x)), 0.0, xs)
    assert list(y) == [1.0, 2.0]
    assert np.all(xs == 1.0)
