"""Every operation of dispatchml on quantities: numbers as on plain arrays, units as pint says, derivatives in units of
y/x.
"""

import numpy as np
import pint
import pytest
from dispatchml_pint.system import SYSTEM

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NonDifferentiableError, NoRuleError
from dispatchml.rules import rule_of
from dispatchml.testing.samples import public_operations, sample
from dispatchml.units import rules_for

NAMES = sorted(public_operations())
RULES = rules_for(SYSTEM)
MEANINGLESS = (pint.DimensionalityError, pint.OffsetUnitCalculusError)


def leaves(y):
    return list(y) if isinstance(y, (tuple, list)) else [y]


def bare(x):
    return x.magnitude if isinstance(x, pint.Quantity) else x


def dimension(x):
    return x.dimensionality if isinstance(x, pint.Quantity) else pint.util.UnitsContainer()


def calls(name, unit, u):
    """The sample call of an operation with each floating-point argument in a unit, and with all of them."""
    found = sample(public_operations()[name])
    return [] if found is None else [(found, k, a) for k, a in found.wrapped(lambda x: u.Quantity(x, unit))]


def test_every_rule_is_of_an_operation():
    assert set(RULES) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_is_provided_for(name):
    op = public_operations()[name]
    stripped = "meaning" in op.strips and (op.arity == 1 or name.startswith("logical_"))
    assert name in RULES or stripped or op.decomposition is not None


@pytest.mark.parametrize("unit", ["m", ""])
@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_those_of_the_plain_call(name, unit, u):
    if name == "empty_like":
        pytest.skip("whatever numbers it finds")
    tried = calls(name, unit, u)
    works = not tried  # whole numbers only
    for found, _, arguments in tried:
        try:
            y = found.call(arguments)
        except MEANINGLESS:
            assert unit
            continue
        works = True
        for got, expected in zip(leaves(y), leaves(found.value), strict=True):
            np.testing.assert_allclose(bare(got), expected, rtol=1e-12)
    assert works or unit, "with dimensionless arguments everything works"


def differentiable(name):
    op = public_operations()[name]
    rule = rule_of(op)
    return "transform" not in op.strips and (
        op.decomposition is not None or (rule and rule.kind != "nondifferentiable")
    )


@pytest.mark.parametrize("unit", ["m", ""])
@pytest.mark.parametrize("name", [n for n in NAMES if differentiable(n)])
def test_derivatives_are_those_of_the_plain_call_in_units_of_output_over_input(name, unit, u):
    for found, chosen, arguments in calls(name, unit, u):

        def call(*active, found=found, chosen=chosen, arguments=arguments):
            given = list(arguments)
            for k, x in zip(chosen, active, strict=True):
                given[k] = x
            return tuple(leaves(found.call(tuple(given))))

        def plain_call(*active, found=found, chosen=chosen):
            given = list(found.arguments)
            for k, x in zip(chosen, active, strict=True):
                given[k] = x
            return tuple(leaves(found.call(tuple(given))))

        active = tuple(arguments[k] for k in chosen)
        plain = tuple(found.arguments[k] for k in chosen)
        try:
            call(*active)
        except MEANINGLESS:
            continue
        try:
            values, tangents = dm.jvp(plain_call, plain, tuple(np.ones_like(x) for x in plain))
        except (NonDifferentiableError, NoRuleError):
            return
        units_values, units_tangents = dm.jvp(call, active, tuple(ops.ones_like(x) for x in active))
        for y, dy, expected in zip(units_values, units_tangents, tangents, strict=True):
            if np.asarray(expected).dtype.kind not in "fc":
                continue
            np.testing.assert_allclose(bare(dy), expected, rtol=1e-10, atol=1e-10)
            assert_same_dimension(dy, bare_unit(y, u))
        for j, y in enumerate(values):
            if np.asarray(y).dtype.kind not in "fc" or np.size(y) == 0:
                continue
            expected = dm.vjp(lambda *xs, j=j: plain_call(*xs)[j], *plain)[1](np.ones_like(y))
            got = dm.vjp(lambda *xs, j=j: call(*xs)[j], *active)[1](np.ones_like(y))
            for x, ct, like in zip(active, got, expected, strict=True):
                np.testing.assert_allclose(bare(ct), like, rtol=1e-10, atol=1e-10)
                assert_same_dimension(ct, bare_unit(units_values[j], u) / bare_unit(x, u))


def bare_unit(x, u):
    return x.units if isinstance(x, pint.Quantity) else u.Unit("")


def assert_same_dimension(x, unit):
    exponents, expected = dict(dimension(x)), dict(unit.dimensionality)
    assert {k: v for k, v in exponents.items() if abs(v) > 1e-12} == pytest.approx(expected)
