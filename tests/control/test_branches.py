"""cond and switch: the branch that is taken, its derivatives only, and both where a program needs them."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import ArgumentError, ContainerMismatchError, FallbackWarning, ShapeError

WAYS = pytest.mark.parametrize("way", [lambda f: f, dm.jit], ids=["eager", "jit"])


def f(x):
    return dm.cond(x > 0, np.sqrt, lambda v: v**2, x)


@WAYS
def test_the_branch_that_is_taken(way):
    for transform, expected in [
        (lambda f: f, [2.0, 9.0, 0.0]),
        (dm.grad, [0.25, -6.0, 0.0]),
        (dm.derivative, [0.25, -6.0, 0.0]),
        (lambda f: dm.derivative(dm.grad(f)), [-1 / 32, 2.0, 2.0]),
        (lambda f: dm.grad(dm.grad(f)), [-1 / 32, 2.0, 2.0]),
    ]:
        found, outside = way(transform(f)), transform(way(f))
        x = [4.0, -3.0, 0.0]
        assert [float(found(v)) for v in x] == pytest.approx(expected)
        assert [float(outside(v)) for v in x] == pytest.approx(expected)


@WAYS
def test_elements_that_disagree(way):
    x = np.array([4.0, -3.0, 0.0])
    np.testing.assert_allclose(way(dm.vmap(f))(x), [2, 9, 0])
    np.testing.assert_allclose(way(dm.vmap(dm.grad(f)))(x), [0.25, -6, 0])
    np.testing.assert_allclose(way(dm.grad(lambda x: np.sum(dm.vmap(f)(x))))(x), [0.25, -6, 0])


def choose(i, x):
    return dm.switch(i, [lambda v: v, lambda v: v * v, lambda v: v**3], x)


@WAYS
def test_switch_takes_the_nearest_branch(way):
    numbers = [np.int64(i) for i in (-1, 0, 1, 2, 7)]
    assert [way(choose)(i, 2.0) for i in numbers] == [2, 2, 4, 8, 8]
    assert [way(dm.grad(choose, 1))(i, 2.0) for i in numbers] == [1, 1, 4, 12, 12]
    np.testing.assert_allclose(way(dm.vmap(dm.grad(choose, 1)))(np.array([0, 1, 2]), np.full(3, 2.0)), [1, 4, 12])


@WAYS
def test_values_of_the_closure(way):
    def g(x):
        def h(a):
            return dm.cond(a > 1, lambda: x * a, lambda: x + a)

        return dm.scan(lambda c, a: (c + h(a), None), 0.0, np.array([0.5, 1.5, 2.0]))[0]

    assert way(g)(3.0) == 14.0
    assert way(dm.grad(g))(3.0) == 4.5


@WAYS
def test_in_a_loop(way):
    def g(x):
        return dm.fori_loop(0, 5, lambda i, v: dm.cond(v > 3, lambda u: u - x, lambda u: u * x, v), x)

    def plain_g(x):
        v = x
        for _ in range(5):
            v = v - x if v > 3 else v * x
        return v

    for transform in (lambda f: f, dm.grad, lambda f: dm.derivative(dm.grad(f))):
        assert way(transform(g))(1.7) == pytest.approx(transform(plain_g)(1.7))


def test_only_one_branch_runs():
    ran = []
    dm.cond(True, lambda: ran.append(1), lambda: ran.append(2))
    assert ran == [1]


def test_branches_that_give_different_things():
    assert dm.jit(lambda x: dm.cond(x > 0, lambda: x, lambda: 0))(-1.0) == 0.0
    with pytest.warns(FallbackWarning, match="one structure.*a single value"):
        dm.jit(lambda x: dm.cond(x > 0, lambda: (x, 1), lambda: x))(1.0)
    with pytest.warns(FallbackWarning, match=r"Value 0 is a Python float .* float64 of shape \(2,\)"):
        dm.jit(lambda x: dm.cond(x > 0, lambda: np.ones(2) * x, lambda: x))(1.0)


@WAYS
def test_errors(way):
    with pytest.raises(ShapeError, match="one truth value"):
        way(lambda x: dm.cond(x > 0, np.sin, np.cos, x))(np.ones(2))
    with pytest.raises(ArgumentError, match="whole number"):
        way(lambda x: dm.switch(x, [np.sin], x))(1.0)
    with pytest.raises(ArgumentError, match="no branches"):
        dm.switch(0, [], 1.0)
    with pytest.raises(ContainerMismatchError):
        dm.vmap(lambda x: dm.cond(x > 0, lambda: (x, x), lambda: x))(np.array([1.0, -1.0]))


def test_small_branches_in_a_loop_are_selects():
    def g(x):
        return dm.fori_loop(0, 3, lambda i, v: dm.cond(v > 0, np.sqrt, lambda u: u * 0.0, v) + x, x)

    compiled = dm.jit(g)
    assert compiled(1.0) == pytest.approx(g(1.0))
    assert "branches(" not in compiled.lower(1.0)
    slope = dm.jit(dm.grad(g))
    for x in (0.0, 1.0, -1.0):
        assert slope(x) == pytest.approx(dm.grad(g)(x))

    def h(a):
        def body(i, v):
            return dm.cond(v[0, 0] > 1, lambda u: np.linalg.inv(u) @ u * 0.9, lambda u: u * 1.5, v)

        return np.sum(dm.fori_loop(0, 4, body, a))

    a = np.eye(2) + 0.1
    compiled = dm.jit(dm.grad(h))
    np.testing.assert_allclose(compiled(a), dm.grad(h)(a), rtol=1e-10, atol=1e-12)
    assert "branches(" in compiled.lower(a)


def test_switch_in_a_loop():
    def g(x):
        ways = [lambda u: u * x, lambda u: np.sqrt(u - 5.0), lambda u: u + 1]
        return dm.fori_loop(0, 7, lambda i, v: dm.switch(i % 3, ways, v), x)

    assert dm.jit(dm.grad(g))(7.1) == pytest.approx(dm.grad(g)(7.1))
