"""The user's own functions are lifted by the transforms."""

import functools
import gc
import math
import pickle
import weakref
from math import exp

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError, TracerConversionError
from dispatchml.lift.copies import COPIES

X = np.array([0.3, 0.7, 1.1])
K = 2.0


def helper(x):
    return math.sin(x) * K


def pair(x):
    return np.array([x[1], -K * math.cos(x[0])])


def filled(x):
    y = np.zeros(3)
    y[0], y[1:] = x[0] * x[1], x[1:] ** 2
    y[1] += x[0]
    return np.sum(y**3)


def with_views(x):
    table = np.empty((2, 3))
    row, column = table[1], table[:, 0]
    table[0] = x
    table[1] = 0.0
    row += x * x
    column *= 3.0
    flat = table.reshape(-1)
    flat[4] = x[2]
    return np.sum(np.dot(table.T, np.array([1.0, 2.0])) ** 2) + np.sum(row)


def recursive(x, n=3):
    return x[0] if n == 0 else helper(recursive(x, n - 1)) + float(x[n - 1])


def in_comprehensions(x):
    return (
        sum([math.exp(t) for t in x])
        + sum(float(t) for t in x)
        + max(x)
        + np.sum(np.asarray([math.sqrt(t) for t in x]))
    )


def logged(function):
    @functools.wraps(function)
    def inner(*arguments):
        return function(*arguments) * exp(arguments[0][0])

    return inner


@logged
def decorated(x):
    return float(x[1]) ** 2


class Spring:
    factor = 2.0

    def __init__(self, k):
        self.k = k

    def force(self, x):
        return np.array([x[1], -self.k * x[0]])

    @property
    def doubled(self):
        return float(self.k) * 2

    @staticmethod
    def norm(v):
        return math.hypot(v[0], v[1])

    @classmethod
    def scaled(cls, v):
        return cls.factor * cls.norm(v)

    def __call__(self, x):
        return self.scaled(self.force(x)) + self.doubled * x[2]


class Damped(Spring):
    def force(self, x):
        return super().force(x) * 0.5


def closures(x):
    def even(n):
        return math.sin(x[0]) if n == 0 else odd(n - 1)

    def odd(n):
        return float(x[1]) * even(n - 1)

    return even(4) + (lambda t: math.tanh(t))(x[2])


def imports_inside(x):
    import math as mathematics
    from math import sin

    return mathematics.cos(x[0]) * sin(x[1])


def vectorised(x):
    return np.sum(np.vectorize(lambda t: math.sin(t) if t > 0.5 else t * t)(x))


def types_are_seen(x):
    assert isinstance(x, np.ndarray)
    assert isinstance(x[0], float)
    assert not isinstance(x, (float, int))
    return x[0] * 2 if np.isscalar(x[0]) else x[1]


def full_and_like(x):
    y = np.full((2, 2), x[0])
    z = np.zeros_like(y)
    z[0] = x[1:]
    w = np.full_like(np.ones(3), 2.0)
    w[1] = x[2]
    return np.sum(y * z) + np.prod(w)


def out_arguments(x):
    y = np.empty(3)
    np.multiply(x, 2.0, out=y)
    np.add(y, x, out=y)
    return np.sum(y * y)


FUNCTIONS = [
    filled, with_views, recursive, in_comprehensions, decorated, Spring(2.0), Damped(1.5), closures, imports_inside,
    vectorised, types_are_seen, full_and_like, out_arguments, Spring(1.2).__call__, functools.partial(recursive, n=2),
    lambda x: np.sum(pair(x) ** 2) + helper(x[2]),
]  # fmt: skip


def differences(f, x, h=1e-6):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: getattr(f, "__name__", type(f).__name__))
def test_both_modes_and_plain(f):
    before = f(X)
    wanted = differences(f, X)
    value, gradient = dm.value_and_grad(f)(X)
    assert type(gradient) is np.ndarray
    np.testing.assert_allclose(value, before, rtol=1e-14)
    np.testing.assert_allclose(gradient, wanted, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose([dm.jvp(f, (X,), (e,))[1] for e in np.eye(3)], wanted, rtol=1e-7, atol=1e-8)
    after = f(X)
    assert type(after) is type(before)
    assert after == before


@pytest.mark.parametrize("f", [filled, with_views, closures, full_and_like], ids=lambda f: f.__name__)
def test_second_derivatives_batches_and_programs(f):
    hessian = dm.hessian(f)(X)
    np.testing.assert_allclose(hessian, [differences(lambda x, k=k: dm.grad(f)(x)[k], X) for k in range(3)], atol=1e-6)
    np.testing.assert_allclose(dm.vmap(f)(np.stack([X, X * 2])), [f(X), f(X * 2)], rtol=1e-13)
    np.testing.assert_allclose(dm.jit(dm.grad(f))(X), dm.grad(f)(X), rtol=1e-12)


def test_rebinding_is_seen(monkeypatch):
    gradient = dm.grad(lambda x: helper(x))
    assert gradient(0.0) == 2.0
    monkeypatch.setitem(globals(), "K", 5.0)
    assert gradient(0.0) == 5.0
    monkeypatch.setitem(globals(), "helper", lambda x: math.exp(x) * K)
    assert gradient(0.0) == 5.0
    monkeypatch.setitem(globals(), "helper", lambda x: float(x) * 7.0)
    assert gradient(0.0) == 7.0


def test_assignments_go_to_the_functions_own_globals_and_cells():
    count = 0

    def f(x):
        nonlocal count
        count += 1
        global SEEN
        SEEN = count
        return math.sin(x)

    dm.grad(f)(0.0)
    dm.grad(f)(0.0)
    assert count == SEEN == 2


def test_lift_false_runs_the_function_as_it_is():
    for call in (
        lambda: dm.grad(helper, lift=False)(1.0), lambda: dm.jvp(helper, (1.0,), (1.0,), lift=False),
        lambda: dm.vmap(helper, lift=False)(X), lambda: dm.hessian(helper, lift=False)(1.0),
    ):  # fmt: skip
        with pytest.raises(TracerConversionError):
            call()


def test_the_line_of_an_error_is_the_users():
    def f(x):
        y = np.zeros(2)
        y[0] = x
        return y[int(x)]  # here

    with pytest.raises(TracerConversionError, match=r"int\(x\)") as caught:
        dm.grad(f)(1.0)
    line = f.__code__.co_firstlineno + 3
    assert f"{__file__}:{line}" in str(caught.value)
    assert [entry.lineno for entry in caught.traceback if str(entry.path) == __file__][-1] == line - 1


def test_functions_and_classes_pickle_as_before():
    spring = pickle.loads(pickle.dumps(Spring(2.0)))
    dm.grad(spring)(X)
    assert pickle.loads(pickle.dumps(spring))(X) == spring(X)
    dm.grad(helper)(1.0)
    assert pickle.loads(pickle.dumps(helper)) is helper


def test_names_of_the_function_and_what_it_holds_stay():
    seen = {}

    def f(x, *, scale: float = 3.0):
        seen["name"] = f.__name__ if f.__kwdefaults__ == {"scale": 3.0} else None
        return math.sin(x) * scale

    f.note = "kept"
    assert dm.grad(f)(0.0) == 3.0
    assert seen["name"] == "f"


def test_copies_go_with_their_functions():
    def run():
        weight = np.ones(1000)

        def f(x):
            return math.sin(x) * weight[0]

        dm.grad(f)(1.0)
        return weakref.ref(f)

    reference = run()
    gc.collect()
    assert reference() is None
    assert not [f for f in COPIES if f.__qualname__.startswith("test_copies_go")]


def test_results_hold_no_buffers():
    def f(x):
        y = np.zeros(3)
        y[0] = x
        return y[0], {"constant": np.ones(2), "traced": y, "list": [np.zeros(1)]}

    value, aux = dm.value_and_grad(f, has_aux=True)(1.0)[0]
    for x in (aux["constant"], aux["traced"], aux["list"][0]):
        assert type(x) is np.ndarray
    assert type(dm.jacfwd(lambda x: np.zeros(3) + x)(1.0)) is np.ndarray


def test_dm_lift():
    table = {"sine": dm.lift(lambda x: math.sin(x)), "plain": lambda x: math.sin(x)}
    assert dm.grad(lambda x: table["sine"](x))(0.0) == 1.0
    assert table["sine"](0.5) == math.sin(0.5)
    with pytest.raises(TracerConversionError):
        dm.grad(lambda x: table["plain"](x))(0.0)
    assert dm.grad(dm.lift(math.sin))(0.0) == 1.0

    @dm.lift
    class Hidden:
        def value(self, x):
            return math.sin(x)

    hidden = {"it": Hidden()}
    assert dm.grad(lambda x: hidden["it"].value(x))(0.0) == 1.0


def test_parts_of_complex_arrays():
    def f(x):
        z = np.zeros(3, complex)
        real, imaginary = z.real, z.imag[1:]
        real[0] = x[0]
        imaginary[:] = x[1:] * x[0]
        z.real += x
        return np.sum(np.abs(z) ** 2) + np.sum(real * x) + np.sum(z.imag)

    np.testing.assert_allclose(dm.value_and_grad(f)(X)[0], f(X))
    np.testing.assert_allclose(dm.grad(f)(X), differences(f, X), rtol=1e-6)
    np.testing.assert_allclose(dm.jvp(f, (X,), (np.ones(3),))[1], differences(f, X).sum(), rtol=1e-6)


def test_shapes_that_are_set():
    def f(x):
        y = np.zeros(4)
        y.shape = (2, 2)
        y[0] = x[:2]
        return np.sum(y[:, 0] ** 2) * x[2]

    def viewed(x):
        y = np.zeros(4)
        row = y[2:]
        y.shape = (2, 2)
        y[1] = x[:2]
        return np.sum(row)

    np.testing.assert_allclose(dm.grad(f)(X), differences(f, X), rtol=1e-7)
    with pytest.raises(LiftError, match="reshape"):
        dm.grad(viewed)(X)


def test_plain_memory_of_what_has_become_traced_is_nobodys():
    def f(x):
        y = np.zeros(2)
        kept = memoryview(np.ndarray.__array__(np.asarray(y).__array__()))
        y[0] = x
        return y[0] * (0.0 if math.isnan(kept[0]) else 1.0)

    with pytest.raises(LiftError, match="whose memory another array holds.*test_automatic.py"):
        dm.grad(f)(1.0)


def test_a_helper_that_becomes_one_that_needs_lifting(monkeypatch):
    monkeypatch.setitem(globals(), "plain_helper", lambda x: x * 2.0)
    gradient = dm.grad(lambda x: plain_helper(x) + x)  # noqa: F821
    assert gradient(0.0) == 3.0
    monkeypatch.setitem(globals(), "plain_helper", lambda x: math.sin(x) * 3.0)
    assert gradient(0.0) == 4.0


def test_complex_numbers_do_not_fit_into_a_real_array():
    def f(x):
        y = np.zeros(2)
        y[0] = x * 1j
        return y[0]

    with pytest.raises(LiftError, match="imaginary part"):
        dm.grad(f)(1.0)


def test_masks_that_are_refilled():
    def f(x):
        mask, total, found = np.zeros(3, bool), 0.0, x * 1.0
        for k in range(3):
            mask[:] = False
            mask[k] = True
            total = total + np.sum(x[mask]) * (k + 1) + np.sum(np.where(mask, x, 0.0)) * (k + 1)
            found[mask] = x[0] * (k + 1)
        return total + np.sum(found)

    np.testing.assert_allclose(dm.grad(f)(X), differences(f, X), rtol=1e-7)
    np.testing.assert_allclose(dm.jvp(f, (X,), (np.ones(3),))[1], differences(f, X).sum(), rtol=1e-7)


def test_parameters_that_are_refilled():
    def f(x):
        places, weights, total = np.zeros(2), np.zeros(3), 0.0
        for k in range(2):
            places[0], places[1] = 0.2 + k, 0.5 + k
            weights[:] = k + 1.0
            total = total + np.sum(np.interp(places, np.arange(3.0), x)) + np.average(x, weights=weights + x[0] * 0)
            total = total + np.dot(weights, x) + np.sum(np.quantile(x, 0.3) * places)
        return total

    np.testing.assert_allclose(dm.grad(f)(X), differences(f, X), rtol=1e-7)


def test_functions_of_math_raise_on_traced_numbers_what_they_raise_on_plain_ones():
    def logarithm(x):
        try:
            return math.log(x - 2.0)
        except ValueError:
            return 3.0 * x

    def power(x):
        try:
            return math.exp(1000.0 * x)
        except OverflowError:
            return 2.0 * x

    assert dm.value_and_grad(logarithm)(1.0) == (3.0, 3.0)
    assert dm.value_and_grad(logarithm)(3.0) == (0.0, 1.0)
    assert dm.jvp(power, (1.0,), (1.0,)) == (2.0, 2.0)


def test_what_defaults_hold_is_lifted():
    def rooted(x):
        return math.sqrt(x)

    def function(x, f=math.sin, *, g=rooted):
        return f(x) * g(x)

    slope = math.cos(2.0) * math.sqrt(2.0) + math.sin(2.0) / (2 * math.sqrt(2.0))
    assert dm.grad(function)(2.0) == pytest.approx(slope, rel=1e-15)
    assert [dm.grad(lambda x, f=f: f(x))(0.5) for f in (math.sin, math.exp)] == [math.cos(0.5), math.exp(0.5)]
    assert function.__defaults__ == (math.sin,)


def total(x):
    return np.sum(x) ** 2


def total_of_squares(x):
    return np.sum(np.square(x))


def length(p):
    return np.linalg.norm(p["v"])


def test_lists_that_are_arguments_may_be_handed_to_numpy():
    assert dm.grad(total)([1.0, 2.0]) == [6.0, 6.0]
    assert dm.grad(total)((1.0, 2.0)) == (6.0, 6.0)
    assert dm.grad(total_of_squares)([1.0, 2.0]) == [2.0, 4.0]
    assert dm.grad(length)({"v": [3.0, 4.0]}) == {"v": [0.6, 0.8]}
    assert dm.jvp(total, ([1.0, 2.0],), ([1.0, 0.0],)) == (9.0, 6.0)
    np.testing.assert_array_equal(dm.vmap(total)([np.ones(2), np.ones(2)]), [4.0, 4.0])


@pytest.mark.parametrize("given", [[1.0, 2.0], (1.0, 2.0), {"w": [1.0, 2.0]}], ids=["list", "tuple", "in a dict"])
def test_a_function_of_lists_runs_once(given):
    calls = []

    def f(x):
        calls.append(1)
        w = x["w"] if isinstance(x, dict) else x
        return len(calls) * np.dot(w, w)

    assert dm.value_and_grad(f)(given)[0] == 5.0
    assert calls == [1]


def test_arrays_before_and_after_lists():
    def late(x):
        return math.sin(1.0) * np.sum(np.square(x))

    wanted = 2 * math.sin(1.0) * np.array([1.0, 2.0])
    for x in (np.array([1.0, 2.0]), [1.0, 2.0], np.array([1.0, 2.0])):
        np.testing.assert_allclose(dm.grad(late)(x), wanted)


def filling(x):
    z = np.array([x[0], x[1]])
    z[1] = x[1] * x[2]
    return np.sum(np.sin(z))


@dm.checkpoint
def in_a_segment(x):
    return filling(x)


ORDERS = {
    "jacfwd": dm.jacfwd,
    "hessian": dm.hessian,
    "reverse over reverse": lambda f: dm.jacrev(dm.jacrev(f)),
    "product": lambda f: lambda x: dm.hvp(f, (x,), (x,)),
    "batch": lambda f: lambda x: dm.vmap(dm.grad(f))(x[None]),
    "pullback": lambda f: lambda x: dm.vjp(dm.grad(f), x)[1](x),
}


@pytest.mark.parametrize("name", ORDERS)
def test_what_a_transform_has_made_of_a_function_is_lifted_within_transforms_of_it(name):
    x = np.array([0.7, -0.4, 1.3])
    np.testing.assert_allclose(ORDERS[name](in_a_segment)(x), ORDERS[name](filling)(x), atol=1e-14)
    np.testing.assert_allclose(ORDERS[name](dm.checkpoint(in_a_segment))(x), ORDERS[name](filling)(x), atol=1e-14)


def spread(x):
    return np.array([x[0] * x[1], x[1]])


LAYERS = [spread]


def of_layers(x):
    for layer in LAYERS:
        x = layer(x)
    return np.sum(x)


def test_what_is_not_reached_is_told_how():
    x = np.array([1.0, 2.0])
    with pytest.raises(TracerConversionError, match=r"spread \(.*test_automatic.py.* write @dispatchml.lift above it"):
        dm.hessian(of_layers)(x)
    with pytest.raises(TracerConversionError, match="pass it through dispatchml.lift"):
        dm.grad(lambda x, table: table["a"](x)[0])(x, {"a": lambda x: np.array([x[0], x[1]])})
    with pytest.raises(TracerConversionError) as caught:
        dm.grad(of_layers, lift=False)(x)
    assert "dispatchml.lift" not in str(caught.value)
    LAYERS[0] = dm.lift(spread)
    np.testing.assert_array_equal(dm.grad(of_layers)(x), [2.0, 2.0])
