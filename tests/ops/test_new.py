"""ops.operation: operations from a name."""

import pytest

from dispatchml import ops
from dispatchml.dispatch.errors import RegistrationError


def test_an_operation_from_a_name():
    made = ops.operation("made", arity=2)
    assert made.__name__ == "made"
    assert made.__module__ == __name__
    assert made.info.arguments == ("a", "b")
    assert made.info.family == "elementwise"
    made.register(lambda a, b: a - b, float, float)
    assert made(3.0, 1.0) == 2.0


def test_an_operation_from_a_stub():
    def area(shape):
        """The area."""

    made = ops.operation(area)
    assert made.__doc__ == "The area."
    assert made.info.arguments == ("shape",)


@pytest.mark.parametrize(("name", "arity"), [("not a name", 1), ("f", 0), ("f", 4), ("f", "1"), (3, 1)])
def test_refused(name, arity):
    with pytest.raises(RegistrationError, match="ops.operation"):
        ops.operation(name, arity=arity)
