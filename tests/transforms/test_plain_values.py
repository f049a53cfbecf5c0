"""primal, stop_gradient and isinstance inside transforms."""

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.engines.traced import Traced


def test_primal_strips_every_level():
    seen = []

    def f(x):
        seen.append(dm.primal(x))
        return x * x

    dm.grad(dm.derivative(dm.grad(f)))(3.0)
    assert seen == [3.0]
    assert type(seen[0]) is float


def test_primal_of_containers_views_and_plain_values():
    def f(t):
        y = t["a"] * 1.0
        row = y[1:]
        y[1] = 5.0
        plain = dm.primal({"row": row, "n": 3, "s": "x"})
        assert plain["n"] == 3
        assert plain["s"] == "x"
        np.testing.assert_array_equal(plain["row"], [5.0, 3.0])
        return ops.sum(y)

    dm.grad(f)({"a": np.array([1.0, 2.0, 3.0])})
    assert dm.primal(2.0) == 2.0
    assert dm.primal((1.0, [2])) == (1.0, [2])


def test_primal_of_a_batch_has_the_batch_axis():
    seen = []
    dm.vmap(lambda x: seen.append(dm.primal(x)) or x)(np.ones((4, 3)))
    assert seen[0].shape == (4, 3)


def test_stop_gradient():
    assert dm.grad(lambda x: x * dm.stop_gradient(x))(3.0) == 3.0
    assert dm.derivative(lambda x: x * dm.stop_gradient(x * x))(3.0) == 9.0
    assert dm.grad(dm.grad(lambda x: x * dm.stop_gradient(x * x) + x**3))(2.0) == 12.0
    assert dm.stop_gradient(2.0) == 2.0

    def f(t):
        fixed = dm.stop_gradient(t)
        assert fixed["s"] == "x"
        assert not isinstance(fixed["a"], Traced)
        return ops.sum(t["a"] * fixed["a"])

    np.testing.assert_array_equal(dm.grad(f)({"a": np.array([1.0, 2.0]), "s": "x"})["a"], [1.0, 2.0])


def test_stop_gradient_keeps_a_batch():
    found = dm.vmap(dm.grad(lambda x: x * dm.stop_gradient(x)))(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(found, [1.0, 2.0])
    found = dm.grad(lambda x: ops.sum(dm.vmap(lambda v: v * dm.stop_gradient(v))(x)))(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(found, [1.0, 2.0])


def test_isinstance_looks_below():
    seen = []

    def f(x):
        seen.extend([dm.isinstance(x, float), dm.isinstance(x, np.ndarray), dm.isinstance(x, (int, float))])
        return x * x

    dm.grad(dm.grad(f))(3.0)
    assert seen == [True, False, True]
    assert dm.isinstance(3, int)
    assert not dm.isinstance("3", int)
