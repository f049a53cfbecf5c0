"""Transparent structures of other packages: derivatives and batches go through their rules."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import layer_of, layers, operation, register_type, structures, transparent, uniform
from dispatchml.dispatch.errors import RegistrationError, TangentMismatchError
from dispatchml.dispatch.operation import LOCK, forget_everything
from dispatchml.engines.reverse import Var
from dispatchml.rules import batch, rule


class Diagonal:
    """Stands for a class of another package, which holds plain memory only."""

    def __init__(self, stored):
        self.stored = np.asarray(stored, float)

    shape = property(lambda self: (*self.stored.shape[:-1], self.stored.shape[-1], self.stored.shape[-1]))
    dtype = property(lambda self: self.stored.dtype)

    @property
    def __template__(self):
        return Diagonal(self.stored[0]) if self.stored.ndim > 1 else None


@operation(family="layers")
def stored(x):
    """The stored numbers."""


@operation(family="layers")
def on_diagonal(numbers):
    """The diagonal matrix."""


@on_diagonal.register
def _(numbers: object):
    return Diagonal(numbers)


@rule(stored).jvp
def stored_jvp(y, tangents, x):
    return stored(tangents[0])


@rule(stored).vjp
def stored_vjp(y, x, *, needs):
    return lambda ct: (on_diagonal(ct),)


@rule(on_diagonal).jvp
def on_diagonal_jvp(y, tangents, numbers):
    return on_diagonal(tangents[0])


@rule(on_diagonal).vjp
def on_diagonal_vjp(y, numbers, *, needs):
    return lambda ct: (stored(ct),)


@batch(stored)
def stored_batch(arguments, batched, size):
    return stored(arguments[0])


@batch(on_diagonal)
def on_diagonal_batch(arguments, batched, size):
    return on_diagonal(arguments[0])


def is_diagonal(x):
    found = structures.transparent_inside(x)
    return found is not None and found[1] is Diagonal


CALLS = []


def matmul(a, b):
    CALLS.append("matmul")
    if is_diagonal(a) and ops.ndim(b) == 1:
        return ops.multiply(stored(a), b)
    return NotImplemented if not isinstance(a, Diagonal) else np.diag(a.stored) @ b


def multiply(a, b):
    return on_diagonal(ops.multiply(stored(a), b)) if is_diagonal(a) else on_diagonal(ops.multiply(a, stored(b)))


def add(a, b):
    return on_diagonal(ops.add(stored(a), stored(b)))


def concatenate(arrays, *, axis=0, dtype=None):
    assert axis == 0
    return ops.concatenate(tuple(stored(x) if is_diagonal(x) else x for x in arrays), axis=0)


def tangent(x, dx):
    if is_diagonal(dx):
        return dx
    if np.any(dx != np.diag(np.diag(dx))):
        raise TangentMismatchError("no diagonal")
    return Diagonal(np.diag(dx))


@pytest.fixture(autouse=True)
def declared():
    """The class as a transparent layer, as long as a test runs."""
    kept = dict(layers.LAYERS)
    register_type(
        Diagonal, slot="structure", payload=lambda x: x.stored, rebuild=lambda x, numbers: on_diagonal(numbers),
        methods={"stored": property(stored)},
    )  # fmt: skip
    stored.layer(Diagonal, lambda x: x.stored, replace=True)
    for op, function in ((ops.matmul, matmul), (ops.multiply, multiply), (ops.add, add)):
        op.layer(Diagonal, function, replace=True)
    ops.concatenate.layer(Diagonal, concatenate, replace=True)
    ops.zeros_like.layer(Diagonal, lambda x, *, dtype=None: Diagonal(0 * x.stored), replace=True)
    ops.ones_of.layer(Diagonal, lambda x, *, shape=None, dtype=None: np.ones(shape)[()], replace=True)
    ops.zeros_of.layer(Diagonal, lambda x, *, shape=None, dtype=None: np.zeros(shape)[()], replace=True)
    ops.divide.layer(Diagonal, lambda a, b: on_diagonal(ops.divide(stored(a), b)), replace=True)
    ops.one_like.layer(Diagonal, lambda x: Diagonal(1 + 0 * x.stored), replace=True)
    transparent(
        Diagonal,
        read=stored,
        write=lambda x, numbers: on_diagonal(numbers),
        project=lambda x, ct: ct if is_diagonal(ct) else on_diagonal(ops.diagonal(ct)),
        tangent=tangent,
        spread=lambda x, block: block,
    )
    CALLS.clear()
    yield
    with LOCK:
        structures.TRANSPARENT.discard(layer_of(Diagonal))
        layers.LAYERS.clear()
        layers.LAYERS.update(kept)
        layers.ANSWERS.clear()
        forget_everything()


X = np.array([1.0, 2.0, 3.0])


def test_the_rule_runs_on_traced_values_and_is_what_is_recorded():
    d = Diagonal([2.0, 3.0, 4.0])
    by_matrix, by_vector = dm.grad(lambda d, x: x @ ops.matmul(d, x), argnums=(0, 1))(d, X)
    assert CALLS == ["matmul"]  # no dense product on the way back
    np.testing.assert_array_equal(by_matrix.stored, X * X)
    np.testing.assert_array_equal(by_vector, 2 * d.stored * X)
    value, slope = dm.jvp(lambda d: ops.matmul(ops.multiply(d, 2.0), X), (d,), (Diagonal(X),))
    np.testing.assert_array_equal(value, 2 * d.stored * X)
    np.testing.assert_array_equal(slope, 2 * X * X)
    product = dm.hvp(lambda d: np.sum(ops.matmul(d, X) ** 2), (d,), (d,))
    np.testing.assert_array_equal(product.stored, 2 * d.stored * X * X)


def test_constants_are_looked_at_too():
    d = Diagonal([2.0, 3.0, 4.0])
    np.testing.assert_array_equal(dm.grad(lambda x: x @ ops.matmul(d, x))(X), 2 * d.stored * X)
    batch_of_two = np.stack([X, 2 * X])
    np.testing.assert_array_equal(dm.vmap(lambda x: ops.matmul(d, x))(batch_of_two), d.stored * batch_of_two)


def test_a_batch_of_structures():
    d = Diagonal([2.0, 3.0, 4.0])
    made = dm.vmap(lambda s: ops.matmul(ops.multiply(d, s), X))(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(made, np.outer([1.0, 2.0], d.stored * X))
    slopes = dm.vmap(dm.grad(lambda s: X @ ops.matmul(ops.multiply(d, s), X)))(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(slopes, [np.sum(d.stored * X * X)] * 2)


def test_operations_on_tuples_go_through():
    d = Diagonal([2.0, 3.0, 4.0])
    gradient = dm.grad(lambda d: np.sum(ops.concatenate((d, X)) ** 2))(d)
    np.testing.assert_array_equal(gradient.stored, 2 * d.stored)


def test_a_rule_may_leave_a_call_to_the_engine_and_the_cotangent_is_projected():
    d = Diagonal([2.0, 3.0, 4.0])
    weights = np.arange(9.0).reshape(3, 3)
    gradient = dm.grad(lambda d: np.sum(ops.matmul(d, np.eye(3)) * weights))(d)
    np.testing.assert_array_equal(gradient.stored, np.diag(weights))


def test_tangents_and_attributes_are_those_of_the_structure():
    d = Diagonal([2.0, 3.0, 4.0])
    assert dm.jvp(lambda d: np.sum(d.stored), (d,), (np.diag(X),))[1] == 6.0
    with pytest.raises(TangentMismatchError):
        dm.jvp(lambda d: np.sum(d.stored), (d,), (np.ones((3, 3)),))
    vector, unravel = dm.ravel(d)
    np.testing.assert_array_equal(vector, d.stored)
    np.testing.assert_array_equal(unravel(2 * vector).stored, 2 * d.stored)
    np.testing.assert_array_equal(dm.jacrev(lambda d: ops.matmul(d, X))(d).stored, np.diag(X))
    assert dm.random_tangent(d, np.random.default_rng(0)).stored.shape == (3,)


def test_plain_programs_keep_the_generated_operators_when_no_structure_is_known():
    kept = set(structures.TRANSPARENT)
    try:
        with LOCK:
            structures.TRANSPARENT.clear()
            forget_everything()
        dm.grad(lambda x: np.sum(x * x))(X)
        assert Var.__mul__.__name__ == "record_multiply_01"
    finally:
        with LOCK:
            structures.TRANSPARENT.update(kept)
            forget_everything()


def test_what_is_no_layer_is_refused():
    class Nobody:
        pass

    with pytest.raises(RegistrationError, match="register_type first"):
        transparent(Nobody, project=lambda x, ct: ct)
    with pytest.raises(RegistrationError, match="not a layer"):
        uniform(Nobody)
