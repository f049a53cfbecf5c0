"""The tangent space of each type: zeros, random directions, pairing, retraction, projection."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ContainerMismatchError

TREE = {"a": np.ones((2, 3), np.float32), "z": np.array([1 + 1j]), "n": 3, "s": "x", "p": 2.0}


def test_zero_tangent():
    found = dm.zero_tangent(TREE)
    assert found["a"].dtype == np.float32
    assert found["z"].dtype == np.complex128
    assert not found["a"].any()
    assert (found["n"], found["p"], found["s"]) == (0.0, 0.0, "x")
    assert type(found["p"]) is float


def test_random_tangent():
    one, other = (dm.random_tangent(TREE, np.random.default_rng(0)) for _ in range(2))
    np.testing.assert_array_equal(one["a"], other["a"])
    assert one["a"].dtype == np.float32
    assert one["z"].dtype == np.complex128
    assert one["z"].imag != 0
    assert type(one["p"]) is float
    assert one["s"] == "x"
    y, dy = dm.jvp(lambda t: ops.sum(t["a"]) * t["p"], (TREE,), (one,))
    assert dy == pytest.approx(one["a"].sum() * 2.0 + 6.0 * one["p"], rel=1e-6)


def test_inner_pairs_gradient_and_tangent():
    def f(t):
        return ops.real(ops.sum(t["z"] ** 2)) * t["p"] + ops.sum(t["a"] ** 2)

    dx = dm.random_tangent(TREE, np.random.default_rng(1))
    change = dm.jvp(f, (TREE,), (dx,))[1]
    assert dm.inner(dm.grad(f)(TREE), dx) == pytest.approx(change, rel=1e-6)
    with pytest.raises(ContainerMismatchError):
        dm.inner((1.0, 2.0), [1.0, 2.0])
    assert dm.inner((), ()) == 0.0


def test_retract():
    moved = dm.retract(TREE, dm.zero_tangent(TREE))
    np.testing.assert_array_equal(moved["a"], TREE["a"])
    assert moved["s"] == "x"
    moved = dm.retract((1.0, np.zeros(2)), (0.5, np.ones(2)))
    assert moved[0] == 1.5
    np.testing.assert_array_equal(moved[1], np.ones(2))
    assert dm.grad(lambda x: ops.sum(dm.retract((x, 1.0), (x, 2.0))[0]))(3.0) == 2.0


def test_zero_cotangent():
    found = dm.zero_cotangent((np.ones(3, np.float32), 2.0, "s"), 1.0)
    assert found[0].dtype == np.float32
    assert found[1:] == (0.0, "s")


def test_projector():
    project = dm.projector((np.zeros(2, np.float32), 1.0, "s"))
    array, number, text = project((np.array([[1.0, 2.0], [3.0, 4.0]]), np.float64(2.0) + 1j, "other"))
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, [4.0, 6.0])
    assert number == 2.0
    assert type(number) is float
    assert text == "other"
