"""jit: what cannot be compiled runs uncompiled and says why."""

import random

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import (
    FallbackWarning,
    LeakedTracerError,
)
from dispatchml.transforms import compiling, flags

from .compiled import RUNS, X, same

pytestmark = [
    pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning"),
    pytest.mark.usefixtures("no_runs"),
]


def refused(function, *arguments, match):
    compiled = dm.jit(function, lift=False)
    with pytest.warns(FallbackWarning, match=match) as caught:
        got = compiled(*arguments)
    assert __file__ in str(caught[0].message)
    compiled(*arguments)  # it is said once
    return got


def test_what_cannot_be_compiled_runs_uncompiled_and_says_where():
    same(refused(lambda x: float(x[0]) * 2, X, match="float"), 0.2)
    same(refused(lambda x: np.asarray(x) * 2, X, match="asarray"), X * 2)
    same(refused(lambda x: x[x > 0.5], X, match="mask"), X[X > 0.5])
    same(refused(lambda x: x.item(), np.array(2.0), match="item"), 2.0)


def test_random_draws_are_not_frozen():
    generator = np.random.default_rng(0)
    for draw, seed in (
        (lambda x: x + generator.normal(), lambda: None),
        (lambda x: x + np.random.normal(), lambda: np.random.seed(0)),  # noqa: NPY002
        (lambda x: x + random.random(), lambda: random.seed(0)),
    ):
        compiled = dm.jit(draw)
        seed()
        with pytest.warns(FallbackWarning, match="random"):
            first = compiled(X)
        assert not np.array_equal(first, compiled(X))
    fresh = np.random.default_rng(3)
    with pytest.warns(FallbackWarning, match="random"):
        got = dm.jit(lambda x: x + fresh.normal())(X)
    same(got, X + np.random.default_rng(3).normal())  # the draw of the recording was taken back


def test_writes_into_arguments_and_outside():
    def overwrites(x):
        x[0] = 5.0
        return x * 2

    x = X.copy()
    with pytest.warns(FallbackWarning, match="writes into"):
        same(dm.jit(overwrites)(x), overwrites(X.copy()))
    assert x[0] == 5.0

    def sets_a_global(x):
        global LAST
        LAST = x.shape
        return x

    with pytest.warns(FallbackWarning, match="assigns to a global"):
        dm.jit(sets_a_global)(X)

    def fills_its_own(x):
        y = np.zeros_like(x)
        y[1:] = x[1:] * 2
        y += 1
        y[::2][0] = 9
        return y

    same(dm.jit(fills_its_own)(X), fills_its_own(X))


def test_flags_that_raise_run_uncompiled():
    compiled = dm.jit(lambda x: 1 / x)
    compiled(np.ones(2))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        compiled(np.zeros(2))


def test_leaked_values_raise():
    kept = []

    def f(x):
        kept.append(x)
        return x

    with pytest.warns(FallbackWarning, match="stores a computed value"):
        dm.jit(f)(X)
    with pytest.raises(LeakedTracerError):
        kept[0] * 2


def test_results_whose_kind_depends_on_the_numbers():
    places = dm.jit(lambda x: np.nonzero(x)[0] * 2)
    for x in (np.array([1.0, 0.0, 2.0]), np.array([1.0, 0.0, 0.0]), np.array([1.0, 3.0, 2.0])):
        same(places(x), np.nonzero(x)[0] * 2)
    refused(lambda x: np.linalg.eigvals(x) * 2, np.eye(2), match="real or complex")


def test_a_function_that_is_not_compiled_has_derivatives():
    def f(x, y):
        v = np.array(x)  # refused while it is recorded, and fine for the plain array that x is
        v **= 2
        return np.sum(v * y)

    with pytest.warns(FallbackWarning, match="numpy.asarray"):
        same(dm.grad(dm.jit(f, lift=False), 1)(X, X), X**2)


def test_a_function_that_raises_runs_once_more_than_it_is_recorded():
    def f(x):
        RUNS.put(1)
        int(x.item())
        return [][1]

    compiled = dm.jit(f)
    for count in (2, 4):  # nothing says that it cannot be compiled while it raises
        with pytest.raises(IndexError) as caught:
            compiled(np.array(1.0))
        assert caught.value.__context__ is None
        assert RUNS.qsize() == count


def test_an_uncompiled_function_that_raises_runs_once():
    def f(x):
        RUNS.put(1)
        if float(x) > 1:
            raise KeyError("mine")
        return x

    compiled = dm.jit(f, lift=False)
    with pytest.warns(FallbackWarning):
        compiled(np.array(0.5))
    RUNS.get(), RUNS.get()
    with pytest.raises(KeyError, match="mine"):
        compiled(np.array(1.5))
    assert RUNS.qsize() == 1


def test_errors_under_a_transform_are_the_functions_own():
    def f(x):
        np.array(x).copy()
        return [][1]

    def g(x):
        return f(np.argmin(x)) + x

    with pytest.raises(IndexError):
        dm.jit(dm.grad(g))(1.5)


class Held:
    def __init__(self, x):
        self.x = x


@pytest.mark.parametrize(
    ("f", "read"),
    [
        (lambda x: (v * x for v in (1, 2)), next),
        (lambda x: Held(x * 2), lambda y: y.x),
        (lambda x: lambda: x * 3, lambda y: y()),
        (lambda x: {"a": Held(x + 1)}, lambda y: y["a"].x),
    ],
)
def test_results_that_hide_values_run_uncompiled(f, read):
    same(read(refused(f, X, match="returns")), read(f(X)))


def test_values_stored_outside_run_uncompiled():
    kept = {}

    def f(x):
        kept["x"] = x * 2
        return x + 1

    with pytest.warns(FallbackWarning, match="stores a computed value"):
        same(dm.jit(f)(X), X + 1)
    same(kept["x"], X * 2)


def test_flags_that_raise_are_seen_where_numpy_keeps_the_setting_elsewhere(monkeypatch):
    for module in (compiling, flags):
        monkeypatch.setattr(module, "FLAGS", flags.Unknown())
    compiled = dm.jit(lambda x: 1 / x)
    same(compiled(np.ones(2)), np.ones(2))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        compiled(np.zeros(2))
