"""takes_operand: classes that are no values, and have a meaning as operands of a layer."""

import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import takes_operand
from dispatchml.dispatch.errors import NoMethodError, RegistrationError


class Metre:
    """A unit."""

    def __rmul__(self, other):
        return ops.multiply(other, self)


class Lengths:
    """A number of metres."""

    def __init__(self, number):
        self.number = number


dm.register_type(Lengths, slot="meaning", payload=lambda x: x.number, rebuild=lambda x, p: Lengths(p))
takes_operand(Lengths, Metre, ops.multiply)


@ops.multiply.layer(Lengths)
def multiply_lengths(a, b):
    assert Metre in (type(a), type(b))
    numbers = [x.number if isinstance(x, Lengths) else 1 if isinstance(x, Metre) else x for x in (a, b)]
    return Lengths(ops.multiply(*numbers))


def test_the_rule_of_the_layer_gets_the_operand():
    assert ops.multiply(2.0, Metre()).number == 2.0
    assert ops.multiply(Metre(), Lengths(3.0)).number == 3.0
    assert ops.multiply(Metre(), Metre()).number == 1


def test_what_belongs_outside_owns_the_call():
    y, dy = dm.jvp(lambda x: ops.multiply(x, Metre()), (2.0,), (0.5,))
    assert (type(y), y.number, dy.number) == (Lengths, 2.0, 0.5)


def test_other_operations_know_nothing_of_it():
    with pytest.raises(NoMethodError):
        ops.add(2.0, Metre())
    with pytest.raises(RegistrationError, match="not a layer"):
        takes_operand(float, Metre, ops.add)


class Rows:
    """A structure of another package, which takes everything for an array."""

    def __init__(self, inside):
        self.inside = inside

    def __mul__(self, other):
        return "rows of who knows what"


def test_operators_of_foreign_classes_step_back_for_operands_of_what_belongs_outside():
    dm.register_type(Rows, slot="structure", payload=lambda x: x.inside, rebuild=lambda x, p: Rows(p),
                     defer=("__mul__",))  # fmt: skip
    ops.multiply.layer(Rows, lambda a, b: Rows(ops.multiply(a.inside, b)))
    assert Rows(2.0) * 3.0 == "rows of who knows what"
    made = Rows(2.0) * Metre()
    assert type(made) is Lengths
    assert type(made.number) is Rows
