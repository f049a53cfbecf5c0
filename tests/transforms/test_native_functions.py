"""Calls of compiled functions that never come to Python: containers, static arguments, and what they must not fit."""

from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.transforms import compiling

Pair = namedtuple("Pair", "one two")
X, Y = np.arange(3.0), np.array([2.0, 5.0, 7.0])


@pytest.fixture
def slow_calls(monkeypatch):
    """The arguments of calls that came to Python."""
    seen = []
    really = compiling.Compiled.__call__

    def call(self, *arguments, **keywords):
        seen.append(arguments)
        return really(self, *arguments, **keywords)

    monkeypatch.setattr(compiling.Compiled, "__call__", call)
    return seen


def same(found, wanted):
    """Equal in class, structure and content."""
    assert type(found) is type(wanted)
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        found, wanted = list(found.values()), list(wanted.values())
    if isinstance(wanted, (list, tuple)):
        assert len(found) == len(wanted)
        for f, w in zip(found, wanted, strict=True):
            same(f, w)
    elif wanted is not None:
        np.testing.assert_array_equal(found, wanted)


CASES = [
    (lambda p: p["w"] * p["b"] + 1, ({"w": X, "b": Y},)),
    (lambda p: {"z": p[0] + 1, "a": (p[1] * 2, [p[0] - p[1]])}, ([X, Y],)),
    (lambda p, q: ((p[0][0] + q, None), [p[1]["k"] * 2]), (((X,), {"k": Y}), 2.0)),
    (lambda p: p.one * p.two + 1, (Pair(X, Y),)),
    (lambda p: [p[0] + 1, p[2] + 1], ((X, None, Y),)),
    (lambda p, n: p["x"] * n + 1, ({"x": X}, 3)),
    (lambda p, how: p["x"] + 1 if how == "more" else p["x"] - 1, ({"x": X}, "more")),
    (lambda p, flag: p[0] + 1 if flag else p[0] - 1, ([X], True)),
    (lambda p: (p[0] + 1, {}, [], (), p[1] * 2.0), ([X, np.float64(3.0)],)),
    (lambda layers, x: [w * x + b for w, b in layers], ([(X, Y), (Y, X)], X)),
    (lambda p: {3: p[3] + 1, 1: p[1] + 1}, ({3: X, 1: Y},)),
]


@pytest.mark.parametrize("k", range(len(CASES)))
def test_containers_go_in_and_out(k, slow_calls):
    f, arguments = CASES[k]
    compiled = dm.jit(f)
    same(compiled(*arguments), f(*arguments))
    del slow_calls[:]
    for _ in range(3):
        same(compiled(*arguments), f(*arguments))
    assert not slow_calls


def test_gradients_of_parameters(slow_calls):
    def loss(p, x):
        return np.sum((np.tanh(x @ p["w"]) + p["b"]) ** 2)

    p = {"w": np.ones((3, 2)), "b": np.ones(2)}
    f = dm.jit(dm.value_and_grad(loss))
    value, slopes = f(p, np.ones((4, 3)))
    del slow_calls[:]
    again, others = f(p, np.ones((4, 3)))
    assert not slow_calls
    wanted, expected = dm.value_and_grad(loss)(p, np.ones((4, 3)))
    np.testing.assert_allclose([value, again], wanted)
    for k in p:
        np.testing.assert_allclose(slopes[k], expected[k])
        np.testing.assert_array_equal(slopes[k], others[k])


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_other_structures_and_values_come_to_python(slow_calls):
    f = dm.jit(lambda p, n: p["w"] * n + 1)
    f({"w": X}, 3)
    f({"w": X}, 3)
    del slow_calls[:]
    for p, n in (
        ({"w": X}, 4), ({"w": X}, 3.0), ({"w": X}, True), ({"w": X, "b": Y}, 3), (OrderedDict(w=X), 3),
        ({"w": X[:2]}, 3), ({"w": 2.0}, 3), ({"w": np.float64(2.0)}, 3), ({"w": X.astype("f")}, 3),
    ):  # fmt: skip
        count = len(slow_calls)
        same(f(p, n), p["w"] * n + 1)
        assert len(slow_calls) == count + 1


def test_what_only_python_can_take(slow_calls):
    class Odd(int):
        """A whole number of one's own."""

    for f, arguments in (
        (lambda p: p["x"] + 1, (OrderedDict(x=X),)),
        (lambda p, n: p * n, (X, 2**70)),
        (lambda p: (p[0] + 1, 7), ([X],)),
        (lambda p: Pair(p[0] + 1, p[0]), ([X],)),
        (lambda p: p[Odd(1)] + 1, ({Odd(1): X},)),
    ):
        compiled = dm.jit(f)
        for _ in range(3):
            same(compiled(*arguments), f(*arguments))
    assert len(slow_calls) == 15


def test_arrays_with_gaps_or_steps_back_come_to_no_python(slow_calls):
    f = dm.jit(lambda p: p[0] + 1)
    for x in (X[::-1], X[::2]):
        same(f([x]), x + 1)
        del slow_calls[:]
        same(f([x]), x + 1)
        assert not slow_calls


def test_keywords_come_to_python():
    f = dm.jit(lambda p, scale: p["x"] * scale)
    for _ in range(3):
        same(f({"x": X}, scale=2.0), X * 2.0)
    same(f({"x": X}, 2.0), X * 2.0)
    same(f({"x": X}, scale=2.0), X * 2.0)
