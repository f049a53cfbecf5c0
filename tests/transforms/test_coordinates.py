"""Jacobians by the fields of a structure whose directions are of a class of their own: an own type, with no plugin."""

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import make
from dispatchml.rules import rule


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen
class Outer:
    """The outer product of two vectors."""

    u: dm.Array
    v: dm.Array

    @property
    def shape(self):
        return (*ops.shape(self.u), ops.shape(self.v)[-1])

    def materialise(self):
        return ops.multiply(ops.expand_dims(self.u, axis=-1), ops.expand_dims(self.v, axis=-2))


@dm.layer(slot="meaning", coordinates=True)
@attrs.frozen
class OuterDirection:
    """A direction of both vectors."""

    u: dm.Array
    v: dm.Array

    @property
    def shape(self):
        return (*ops.shape(self.u), ops.shape(self.v)[-1])


@ops.matmul.layer(Outer)
def product(a, b):
    return ops.multiply(a.u, ops.vdot(a.v, b))


@ops.one_like.layer(Outer)
def directions_of_ones(x):
    return OuterDirection(ops.one_like(x.u), ops.one_like(x.v))


@ops.add.layer(OuterDirection)
def sum_of_directions(a, b):
    return OuterDirection(ops.add(a.u, b.u), ops.add(a.v, b.v))


@rule(make[Outer], replace=True).jvp
def outer_jvp(y, tangents, u, v):
    du, dv = (ops.zeros_like(p) if t is None else t for t, p in zip(tangents, (u, v), strict=True))
    return OuterDirection(du, dv)


@rule(make[Outer]).vjp
def outer_vjp(y, u, v, *, needs):
    return lambda ct: (ct.u, ct.v)


def declare_reading():
    """Fields of an Outer: of its directions those of the same name."""
    from dispatchml.dispatch import field

    for name in ("u", "v"):

        @rule(field[Outer, name], replace=True).jvp
        def field_jvp(y, tangents, x, name=name):
            return field[OuterDirection, name](tangents[0])

        @rule(field[Outer, name]).vjp
        def field_vjp(y, x, needs, name=name):
            other = {"u": "v", "v": "u"}[name]
            zero = ops.zeros_like(field[Outer, other](x))
            return lambda ct: (OuterDirection(**{name: ct, other: zero}),)


declare_reading()
U, V, W = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0]), np.array([2.0, 5.0])


def by_vectors(u, v):
    return u * (v @ W)


@pytest.mark.parametrize("chunk_size", [None, 2])
def test_a_jacobian_has_the_axes_of_the_output_in_front_of_each_field(chunk_size):
    x = Outer(U, V)
    found = dm.jacfwd(lambda x: x @ W, chunk_size=chunk_size)(x)
    expected = dm.jacobian(by_vectors, (0, 1))(U, V)
    assert type(found) is OuterDirection
    np.testing.assert_allclose(found.u, expected[0])
    np.testing.assert_allclose(found.v, expected[1])


def test_a_matrix_as_output_is_by_its_entries():
    found = dm.jacfwd(lambda x: x)(Outer(U, V))
    np.testing.assert_allclose(found.u, dm.jacobian(np.multiply.outer, 0)(U, V))
    np.testing.assert_allclose(found.v, dm.jacobian(np.multiply.outer, 1)(U, V))


def test_an_output_that_is_a_direction_has_one_by_each_field():
    def moved(s):
        return {"direction": OuterDirection(s * U, s**2 * V), "number": s}

    for transform in (dm.jacfwd, dm.jacrev):
        found = transform(moved)(3.0)
        assert type(found["direction"]) is OuterDirection
        np.testing.assert_allclose(found["direction"].u, U)
        np.testing.assert_allclose(found["direction"].v, 6 * V)
        assert found["number"] == 1.0
    value, extra = dm.jacfwd(lambda s: (OuterDirection(s * U, V), "extra"), has_aux=True)(3.0)
    np.testing.assert_allclose(value.u, U)
    assert extra == "extra"


def test_second_derivatives_are_by_pairs_of_fields():
    second = dm.jacfwd(lambda x: OuterDirection(x.u * x.v[0], x.v**2))(Outer(U, V))
    assert type(second) is type(second.u) is OuterDirection
    np.testing.assert_allclose(second.u.u, V[0] * np.eye(3))
    np.testing.assert_allclose(second.u.v, np.outer(U, [1, 0]))
    np.testing.assert_allclose(second.v.u, 0)
    np.testing.assert_allclose(second.v.v, np.diag(2 * V))
