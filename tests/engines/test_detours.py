"""through: for one layer, the derivative of an operation goes through a function."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.rules import rule, through


class Degrees:
    """An angle."""

    def __init__(self, number):
        self.number = number


dm.register_type(Degrees, slot="meaning", payload=lambda x: x.number, rebuild=lambda x, p: Degrees(p))


@operation
def radians_of(x):
    """The number of radians."""


@radians_of.layer(Degrees)
def radians_of_degrees(x):
    return ops.multiply(x.number, np.pi / 180)


@rule(radians_of).jvp
def radians_of_jvp(y, tangents, x):
    return ops.multiply(tangents[0].number, np.pi / 180)


@rule(radians_of).vjp
def radians_of_vjp(y, x, *, needs):
    return lambda ct: (Degrees(ops.multiply(ct, np.pi / 180)),)


@ops.cos.layer(Degrees)
@ops.sin.layer(Degrees)
def refused(x):
    raise AssertionError("the detour goes round the rule of the layer")


through(ops.sin, Degrees)(lambda x: ops.sin(radians_of(x)))
for op in (ops.one_like, ops.zeros_like, ops.multiply, ops.add):

    @op.layer(Degrees)
    def on_numbers(*values, op=op, **keywords):
        return Degrees(op(*(x.number if isinstance(x, Degrees) else x for x in values), **keywords))


def test_both_modes_go_through_the_function():
    x = Degrees(60.0)
    assert dm.grad(ops.sin)(x).number == pytest.approx(0.5 * np.pi / 180)
    assert dm.jvp(ops.sin, (x,), (Degrees(2.0),))[1] == pytest.approx(np.pi / 180)


def test_other_values_and_other_operations_are_not_touched():
    assert dm.grad(ops.sin)(0.0) == 1.0
    assert dm.grad(lambda x: ops.sin(radians_of(x)))(Degrees(0.0)).number == pytest.approx(np.pi / 180)
    with pytest.raises(AssertionError, match="round the rule"):
        dm.grad(ops.cos)(Degrees(60.0))
