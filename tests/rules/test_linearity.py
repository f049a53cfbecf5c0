"""Layers whose entries are not linear in their fields: no tangent is one of their values."""

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import RegistrationError


def outer_class(**declared):
    @dm.layer(slot="structure", **declared)
    @attrs.frozen
    class Outer:
        """u v^T."""

        u: dm.Array
        v: dm.Array

        @property
        def shape(self):
            return len(self.u), len(self.v)

        def materialise(self):
            return ops.multiply(ops.expand_dims(self.u, axis=1), ops.expand_dims(self.v, axis=0))

    ops.matmul.layer(Outer)(lambda a, b: ops.multiply(a.u, ops.sum(ops.multiply(a.v, b))))
    return Outer


X = np.array([0.5, 1.0])
CALLS = {
    "built": lambda outer: dm.jvp(lambda u: outer(u, u) @ X, (X,), (X,)),
    "built in reverse": lambda outer: dm.grad(lambda u: np.sum((outer(u, u) @ X) ** 2))(X),
    "given": lambda outer: dm.jvp(lambda m: m @ X, (outer(X, 2 * X),), (outer(X, X),)),
    "zero": lambda outer: dm.jvp(lambda u: outer(u, X) @ X, (np.zeros(2),), (X,)),
    "second": lambda outer: dm.hessian(lambda u: np.sum(outer(u, u) @ X))(X),
    "batch": lambda outer: dm.vmap(dm.grad(lambda u: np.sum(outer(u, u) @ X)))(np.stack([X, X])),
}


@pytest.mark.parametrize("how", CALLS)
def test_products_of_fields_raise_and_say_how(how):
    with pytest.raises(
        RegistrationError, match=r"Outer is differentiated \(at .*test_linearity.py.*fields \(u, v\).*fieldwise=True"
    ):
        CALLS[how](outer_class())


def test_field_by_field_they_are_right():
    outer = outer_class(fieldwise=True)
    np.testing.assert_allclose(CALLS["built"](outer)[1], dm.jvp(lambda u: np.outer(u, u) @ X, (X,), (X,))[1])
    np.testing.assert_allclose(dm.jacfwd(lambda u: np.sum(outer(u, u) * 1.0))(X), [3.0, 3.0])


def layer_of_one(entries):
    @dm.layer(slot="meaning")
    @attrs.frozen
    class One:
        field: dm.Array

        def materialise(self):
            return entries(self.field)

    ops.negative.layer(One)(lambda x: One(ops.negative(x.field)))
    return One


@pytest.mark.parametrize("entries", [ops.exp, ops.absolute, lambda x: ops.add(x, 1.0)], ids=["exp", "abs", "affine"])
@pytest.mark.parametrize("x", [0.5, np.array([-0.5, 1.0])], ids=["number", "array"])
def test_one_field(entries, x):
    one = layer_of_one(entries)
    with pytest.raises(RegistrationError, match="not linear in its fields"):
        dm.jvp(lambda x: -one(x), (x,), (x,))


def test_linear_ones_and_those_that_cannot_be_looked_at_go_on():
    linear = layer_of_one(lambda x: ops.multiply(x, 3.0))
    assert dm.jvp(lambda x: (-linear(x)).field, (2.0,), (1.0,)) == (-2.0, -1.0)
    assert dm.jvp(lambda x: (-linear(x)).field, (0.0,), (1.0,)) == (0.0, -1.0)
    large = layer_of_one(ops.exp)
    x = np.ones(20_000)
    assert dm.jvp(lambda x: (-large(x)).field, (x,), (x,))[1][0] == -1.0
