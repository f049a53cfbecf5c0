"""Numbers whose Python operators are the operations: what a derivative computes with them, and how often."""

import math
from collections import Counter

import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import operators_are_operations
from dispatchml.dispatch.errors import NoMethodError

COUNT: list[str] = []


class Counted:
    """A number that counts what its operators do."""

    def __init__(self, value):
        self.value = float(value)

    def __repr__(self):
        return f"Counted({self.value})"

    def _with(self, other, name, function):
        theirs = getattr(other, "value", other)
        if not isinstance(theirs, (int, float)):
            return NotImplemented
        COUNT.append(name)
        return Counted(function(self.value, theirs))

    def __add__(self, other):
        return self._with(other, "+", lambda a, b: a + b)

    def __sub__(self, other):
        return self._with(other, "-", lambda a, b: a - b)

    def __mul__(self, other):
        return self._with(other, "*", lambda a, b: a * b)

    def __truediv__(self, other):
        return self._with(other, "/", lambda a, b: a / b if b else math.inf)

    def __rmul__(self, other):
        return self * other

    def __neg__(self):
        COUNT.append("neg")
        return Counted(-self.value)


@pytest.fixture(scope="module", autouse=True)
def registered():
    """Operations as methods, which count as "operation", and the declaration."""

    def method(name, f):
        def on_two(*given):
            COUNT.append("operation")
            return f(*(x.value if type(x) is Counted else x for x in given))

        on_two.__name__ = name
        return on_two

    def number(f):
        return lambda *given: Counted(f(*given))

    two = {
        ops.add: lambda a, b: a + b,
        ops.subtract: lambda a, b: a - b,
        ops.multiply: lambda a, b: a * b,
        ops.strong_multiply: lambda a, b: a * b if a and b else 0.0,
        ops.divide: lambda a, b: a / b if b else math.inf,
    }
    for op, f in two.items():
        for hints in ((Counted, Counted), (Counted, int), (int, Counted)):
            op.register(method(op.info.name, number(f)), *hints)
    for op, f in {ops.negative: lambda a: -a, ops.sin: math.sin, ops.cos: math.cos, ops.conj: lambda a: a}.items():
        op.register(method(op.info.name, number(f)), Counted)
    for op in (ops.ones_like, ops.one_like):
        op.register(lambda x, **_: Counted(1), Counted)
    ops.zeros_like.register(lambda x, **_: Counted(0), Counted)
    operators_are_operations(Counted, beside=(int,), finite=lambda x: math.isfinite(x.value))


def counted(transform, f):
    """What f gives, and what was done for it beside what the same does for `lambda x: x`."""
    COUNT.clear()
    transform(lambda x: x)
    entering = Counter(COUNT)
    COUNT.clear()
    made = transform(f)
    return made, sorted((Counter(COUNT) - entering).elements())


def forward(f):
    return dm.jvp(f, (X,), (ONE,))


def reverse(f):
    return dm.vjp(f, X)[1](ONE)


X, Y, ONE = Counted(3), Counted(4), Counted(1)
PROGRAMS = {
    "sum": (lambda x: x + x, 2.0, "+", "+"),
    "with a constant": (lambda x: x * Y, 4.0, "*", "*"),
    "with a whole number": (lambda x: x * 2, 2.0, "*", "*"),
    "a difference": (lambda x: x - Y, 1.0, "-", ""),
    "a quotient": (lambda x: x / Y, 0.25, "/", "/"),
    "a square": (lambda x: x * x, 6.0, "*", "**+"),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_derivative_does_no_more_of_the_library_than_it_must(program):
    f, slope, value, derivative = PROGRAMS[program]
    (_, dy), done = counted(forward, f)
    assert dy.value == slope
    assert done == sorted(value + derivative)
    (found,), done = counted(reverse, f)
    assert found.value == slope
    assert done == sorted(value + derivative)


def test_functions_are_operations_and_their_products_are_operators():
    (_, dy), done = counted(forward, ops.sin)
    assert dy.value == math.cos(3)
    assert done == ["*", "operation", "operation"]


def test_a_zero_wins_over_what_is_not_finite():
    """A quotient by zero: the derivative is infinite, and a zero tangent or cotangent gives zero."""
    zero, nothing = Counted(0), Counted(0)
    assert dm.jvp(lambda x: x / zero, (X,), (nothing,))[1].value == 0
    assert dm.vjp(lambda x: x / zero, X)[1](nothing)[0].value == 0


def test_what_is_no_such_number_meets_the_operations():
    """A float as cotangent is not multiplied by Python's operators, which might take it."""
    with pytest.raises(NoMethodError, match="float"):
        dm.vjp(lambda x: x * Y, X)[1](1.0)


def test_derivatives_of_derivatives():
    def second(f):
        first = [lambda x: dm.jvp(f, (x,), (ONE,))[1], lambda x: dm.vjp(f, x)[1](ONE)[0]]
        for g in first:
            yield dm.jvp(g, (X,), (ONE,))[1]
            yield dm.vjp(g, X)[1](ONE)[0]

    for f, wanted in ((lambda x: x * x * x, 18.0), (lambda x: Y / x, 8 / 27), (lambda x: -x * x * 2, -4.0)):
        for found in second(f):
            assert type(found) is Counted
            assert found.value == pytest.approx(wanted)
