"""Value and slopes at floats, generated from the texts of rules, are those of the forward mode."""

import math

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.engines.slopes import float_slopes
from dispatchml.rules.registry import RULES

AT = (0.3, 0.7)
FOUND = {
    op: float_slopes(op, tuple(range(op.arity)))
    for op in RULES
    if op.family == "elementwise" and not op.variadic and op.arity <= 2
}
GENERATED = {op: f for op, f in FOUND.items() if f is not None}


def test_most_rules_of_texts_have_slopes():
    names = {op.name for op in GENERATED}
    assert {"sin", "exp", "log", "sqrt", "arctan2", "hypot", "tanh", "erf", "multiply", "divide"} <= names
    assert not {"maximum", "where", "power", "round"} & names


@pytest.mark.parametrize("op", GENERATED, ids=lambda op: op.name)
def test_slopes_are_those_of_the_forward_mode(op):
    given = AT[: op.arity] if op.name != "arccosh" else (1.3,)
    try:
        y, *slopes = GENERATED[op](*given)
    except (ArithmeticError, ValueError):
        return  # left to dual numbers
    assert y == op.function(*given) or math.isnan(y)
    for k, slope in enumerate(slopes):
        tangents = tuple(1.0 if j == k else 0.0 for j in range(op.arity))
        np.testing.assert_allclose(slope, dm.jvp(op.function, given, tangents)[1], rtol=1e-14, equal_nan=True)


def test_corners_are_left_to_dual_numbers():
    for name in ("sqrt", "log"):
        op = getattr(dm.ops, name).info
        with pytest.raises((ArithmeticError, ValueError)):
            GENERATED[op](0.0)
