"""The shared algebra of units on a library of units in fifty lines: metres, seconds and radians to powers."""

from fractions import Fraction

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops, units
from dispatchml.dispatch import register_type
from dispatchml.dispatch.errors import RegistrationError
from dispatchml.testing import UnitCheckError, check_array_type, check_units
from dispatchml.units import UnitSystem, declare_units


class Unit:
    """A product of powers, with a scale."""

    def __init__(self, scale=1.0, **powers):
        self.scale = scale
        self.powers = {name: Fraction(n).limit_denominator(60) for name, n in powers.items() if n}

    def __eq__(self, other):
        return (self.scale, self.powers) == (other.scale, other.powers)

    def __hash__(self):
        return hash((self.scale, frozenset(self.powers.items())))

    def __repr__(self):
        return f"Unit({self.scale}, {self.powers})"


class Measured:
    """A number or an array in a unit."""

    def __init__(self, number, unit):
        self.number, self.unit = number, unit


class WrongUnit(ValueError):
    """The library's own error."""


ONE, METRE, SECOND, RADIAN = Unit(), Unit(m=1), Unit(s=1), Unit(rad=1)
KILOMETRE, DEGREE = Unit(1000.0, m=1), Unit(np.pi / 180, rad=1)


def combined(u, v, sign):
    names = {*u.powers, *v.powers}
    powers = {n: u.powers.get(n, 0) + sign * v.powers.get(n, 0) for n in names}
    return Unit(u.scale * v.scale**sign, **powers)


class Lengths(UnitSystem):
    quantity, unit_class, one, radian, degree = Measured, Unit, ONE, RADIAN, DEGREE
    angles_are_numbers = False

    def units(self, q):
        return q.unit

    def magnitude(self, q):
        return q.number

    def make(self, like, magnitude, units):
        return Measured(magnitude, units)

    def times(self, u, v):
        return combined(u, v, 1)

    def over(self, u, v):
        return combined(u, v, -1)

    def raised(self, u, n):
        return Unit(u.scale**n, **{name: p * Fraction(n).limit_denominator(60) for name, p in u.powers.items()})

    def slope(self, like, source, target):
        if source.powers != target.powers:
            raise WrongUnit(f"{source} and {target}")
        return source.scale / target.scale

    def unit(self, q):
        return q.unit

    def bare(self, unit):
        return unit

    def of(self, number, unit):
        return Measured(number, unit)

    def mismatch(self, u, v, like):
        return WrongUnit(f"{u} and {v}")

    def angle_units(self, q):
        return RADIAN


SYSTEM = Lengths()
register_type(
    Measured, slot="meaning", payload=lambda q: q.number, rebuild=lambda q, p: Measured(p, q.unit), static=("unit",),
    methods={"to": lambda q, unit: units.convert(q, unit=unit), "bare": property(units.magnitude)},
)  # fmt: skip
declare_units(Measured, SYSTEM)


X = np.array([3.0, 4.0])


def numbers(q, unit):
    return SYSTEM.converted(q, unit)


@pytest.mark.parametrize("unit", [METRE, ONE, RADIAN], ids=["metre", "one", "radian"])
def test_every_operation(unit):
    outcome = check_units(SYSTEM, unit, refuses=[WrongUnit])
    assert list(outcome.values()).count("works") > 150


def test_the_class_is_an_array_type():
    check_array_type(Measured, lambda a: Measured(a, METRE), refuses=[WrongUnit])


def test_a_wrong_rule_is_found():
    rule = ops.sqrt.info.layers[Measured]
    ops.sqrt.layer(Measured, lambda q: Measured(ops.sqrt(q.number), q.unit), replace=True)
    try:
        with pytest.raises(WrongUnit):  # the gradient is in metres, and should be in their root
            check_units(SYSTEM, METRE, refuses=[], operations=["sqrt"])
        ops.sqrt.layer(Measured, lambda q: Measured(ops.add(ops.sqrt(q.number), 1e-3), SYSTEM.raised(q.unit, 0.5)),
                       replace=True)  # fmt: skip
        with pytest.raises(UnitCheckError, match="sqrt of quantities"):
            check_units(SYSTEM, METRE, refuses=[], operations=["sqrt"])
    finally:
        ops.sqrt.layer(Measured, rule, replace=True)


def test_prefixes_and_dimensions():
    y, dy = dm.jvp(lambda x: ops.add(x, Measured(1.0, KILOMETRE)), (Measured(1.0, METRE),), (Measured(1.0, METRE),))
    assert (y.number, y.unit) == (1001.0, METRE)
    assert (dy.number, dy.unit) == (1.0, METRE)
    for wrong in (Measured(1.0, SECOND), 1.0):
        with pytest.raises(WrongUnit):
            dm.grad(lambda x, wrong=wrong: ops.add(x, wrong))(Measured(1.0, METRE))
    assert ops.add(Measured(1.0, METRE), 0.0).number == 1.0
    assert not np.any(ops.equal(Measured(X, METRE), Measured(X, SECOND)))


def test_units_are_operands_of_products():
    g = dm.grad(lambda x: ops.sum(ops.square(x * METRE)))(X)
    np.testing.assert_allclose(numbers(g, Unit(m=2)), 2 * X)
    g = dm.grad(lambda x: ops.sum(ops.square(ops.divide(METRE, x))))(X)
    np.testing.assert_allclose(numbers(g, Unit(m=2)), -2 / X**3)


def test_into_and_out_of_a_quantity():
    for f, expected, unit in (
        (lambda x: units.attach(x, unit=KILOMETRE), 1.0, KILOMETRE),
        (lambda x: units.convert(units.attach(x, unit=KILOMETRE), unit=METRE), 1000.0, METRE),
        (lambda x: units.attach(units.attach(x, unit=KILOMETRE), unit=METRE), 1000.0, METRE),
    ):
        g = dm.grad(lambda x, f=f: ops.sum(f(x)))(X)
        np.testing.assert_allclose(numbers(g, unit), [expected] * 2)
        np.testing.assert_allclose(dm.vmap(f)(X).number, f(X).number)
    q = Measured(X, KILOMETRE)
    g = dm.grad(lambda x: np.sum(x.to(METRE).bare))(q)
    np.testing.assert_allclose(numbers(g, SYSTEM.raised(METRE, -1)), 1.0)
    y, dy = dm.jvp(lambda x: x.bare, (q,), (q,))
    assert type(dy) is np.ndarray
    assert units.convert(2.0, unit=ONE).number == 2.0
    with pytest.raises(RegistrationError, match="no unit of a library"):
        units.attach(2.0, unit="metre")
    assert units.quantity_inside(2.0) is None


def test_a_derivative_of_an_angle_is_one_for_each_radian():
    x = Measured(30.0, DEGREE)
    assert numbers(dm.grad(ops.sin)(x), SYSTEM.raised(RADIAN, -1)) == pytest.approx(np.sqrt(0.75))
    dy = dm.jvp(ops.sin, (x,), (Measured(1.0, DEGREE),))[1]
    assert numbers(dy, ONE) == pytest.approx(np.sqrt(0.75) * np.pi / 180)
    assert numbers(dm.grad(ops.arctan)(Measured(1.0, ONE)), RADIAN) == pytest.approx(0.5)
    slope = dm.grad(ops.arctan2, 1)(Measured(1.0, METRE), Measured(0.002, KILOMETRE))
    assert numbers(slope, SYSTEM.over(RADIAN, METRE)) == pytest.approx(-0.2)
    with pytest.raises(WrongUnit):
        dm.grad(ops.sin)(Measured(1.0, METRE))
    with pytest.raises(WrongUnit):
        dm.grad(ops.arctan2)(Measured(1.0, METRE), Measured(1.0, SECOND))


def test_only_layers_are_declared():
    with pytest.raises(RegistrationError, match="no layer"):
        declare_units(float, SYSTEM)
