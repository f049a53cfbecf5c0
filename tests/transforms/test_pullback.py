"""vjp and linearize."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import (
    ContainerMismatchError,
    LeakedTracerError,
    MutatedConstantError,
    NonDifferentiableError,
    TangentMismatchError,
)

X = np.array([0.3, 0.7, -1.2])


def f(x):
    return ops.sin(x) * ops.sum(x * x)


JACOBIAN = np.diag(np.cos(X) * np.sum(X * X)) + np.outer(np.sin(X), 2 * X)


def test_pullback_may_be_called_again():
    y, pullback = dm.vjp(f, X)
    np.testing.assert_allclose(y, np.sin(X) * np.sum(X * X))
    for ct in np.eye(3):
        (found,) = pullback(ct)
        np.testing.assert_allclose(found, JACOBIAN.T @ ct)
    np.testing.assert_array_equal(pullback(np.zeros(3))[0], np.zeros(3))


def test_once():
    _, pullback = dm.vjp(f, X, once=True)
    np.testing.assert_allclose(pullback(np.ones(3))[0], JACOBIAN.sum(axis=0))
    with pytest.raises(NonDifferentiableError, match="once=True"):
        pullback(np.ones(3))


def test_once_keeps_its_one_call_when_the_cotangent_did_not_fit():
    _, pullback = dm.vjp(f, X, once=True)
    with pytest.raises(TangentMismatchError):
        pullback(np.ones(2))
    np.testing.assert_allclose(pullback(np.ones(3))[0], JACOBIAN.sum(axis=0))


def test_containers_and_extra_values():
    y, pullback, extra = dm.vjp(lambda t, s: ({"u": t["a"] * s, "v": (s, s)}, s), {"a": X}, 2.0, has_aux=True)
    assert y["v"] == (2.0, 2.0)
    assert extra == 2.0
    tree, number = pullback({"u": np.ones(3), "v": (10.0, 100.0)})
    np.testing.assert_array_equal(tree["a"], [2.0] * 3)
    assert number == pytest.approx(110.0 + X.sum())


def test_outputs_that_are_inputs_constants_or_alike():
    y, pullback = dm.vjp(lambda x: (x, x, 1.0, np.ones(2)), 3.0)
    assert pullback((1.0, 10.0, 100.0, np.ones(2))) == (11.0,)
    y, pullback = dm.vjp(lambda x: np.ones(2), X)
    np.testing.assert_array_equal(pullback(np.ones(2))[0], np.zeros(3))


def test_cotangents_are_never_written_into_or_handed_out():
    ct = np.ones(3)
    ct.flags.writeable = False
    _, pullback = dm.vjp(lambda x: x + x * 1.0, X)
    np.testing.assert_array_equal(pullback(ct)[0], [2.0] * 3)
    ct = np.ones(3)
    _, pullback = dm.vjp(lambda x, y: x + y, X, X)
    a, b = pullback(ct)
    a += 1.0
    np.testing.assert_array_equal(ct, np.ones(3))
    np.testing.assert_array_equal(b, np.ones(3))


def test_cotangents_that_do_not_fit():
    _, pullback = dm.vjp(f, X)
    with pytest.raises(TangentMismatchError, match="same shape"):
        pullback(np.ones(2))
    with pytest.raises(TangentMismatchError, match="complex"):
        pullback(np.ones(3) * 1j)
    with pytest.raises(ContainerMismatchError):
        pullback((np.ones(3),))


def test_complex_pullback_is_the_adjoint():
    z, dz, ct = np.array([1 + 2j, 0.5j]), np.array([0.3 - 1j, 2.0]), np.array([1j, 2 - 1j])

    def g(z):
        return z * ops.conj(z) + z**2 * (1 + 3j)

    dy = dm.jvp(g, (z,), (dz,))[1]
    back = dm.vjp(g, z)[1](ct)[0]
    assert np.sum(np.conj(ct) * dy).real == pytest.approx(np.sum(np.conj(back) * dz).real)


def test_a_large_constant_that_is_overwritten_is_noticed():
    w = np.ones(100_000)
    _, pullback = dm.vjp(lambda x: ops.sum(x * w), np.ones(100_000))
    w[0] = 5.0
    with pytest.raises(MutatedConstantError, match=r"test_pullback.py:\d+"):
        pullback(1.0)


def test_pullback_of_an_ended_outer_transform_is_leaked():
    kept = []

    def outer(x):
        kept.append(dm.vjp(lambda t: t * x, 2.0)[1])
        return x

    dm.grad(outer)(1.0)
    with pytest.raises(LeakedTracerError):
        kept[0](1.0) * 1.0 + 1.0


def test_linearize():
    calls = []

    def g(x, t):
        calls.append(1)
        return {"y": f(x) * t["s"], "n": "name"}

    y, push = dm.linearize(g, X, {"s": 2.0})
    dx = np.array([1.0, -1.0, 0.5])
    for scale in (1.0, 2.0):
        found = push(scale * dx, {"s": 0.0})
        np.testing.assert_allclose(found["y"], scale * 2.0 * JACOBIAN @ dx)
        assert found["n"] == "name"
    np.testing.assert_allclose(push(np.zeros(3), {"s": 1.0})["y"], f(X))
    assert len(calls) == 1
    with pytest.raises(TangentMismatchError, match="2 primals and 1 tangents"):
        push(dx)
    y, push, extra = dm.linearize(lambda x: (x**2, x), 3.0, has_aux=True)
    assert (y, push(1.0), extra) == (9.0, 6.0, 3.0)


def test_linearize_inside_other_transforms():
    assert dm.grad(lambda x: dm.linearize(lambda t: t**3, x)[1](1.0))(2.0) == pytest.approx(12.0)
    push = dm.linearize(f, X)[1]
    np.testing.assert_allclose(dm.vmap(push)(np.eye(3)), JACOBIAN.T)
    np.testing.assert_allclose(dm.jacfwd(push)(X), JACOBIAN)
    np.testing.assert_allclose(dm.jacrev(push)(X), JACOBIAN)


def test_linearize_of_complex_functions():
    z = np.array([1 + 2j, 0.5j])
    _, push = dm.linearize(lambda z: ops.conj(z) * z**2, z)
    dz = np.array([1.0 - 1j, 0.25])
    np.testing.assert_allclose(push(dz), dm.jvp(lambda z: ops.conj(z) * z**2, (z,), (dz,))[1])
