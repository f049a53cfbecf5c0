"""pint as a system of units. Units are pint's `UnitsContainer`, plain data; a `Unit` knows its registry besides.

pint's own semantics hold: the result of a sum has the units of its first quantity, a plain zero or nan fits every unit,
offset units (degC) take part in differences only.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pint
from pint.util import UnitsContainer

from dispatchml.dispatch.errors import at_user_line
from dispatchml.units import LogarithmicUnitError, UnitSystem, scaled

NONE = UnitsContainer({})
#: Magnitudes round which a quantity is put without asking pint.
PLAIN = frozenset({np.ndarray, float, int, complex, *(np.dtype(c).type for c in "efdgFDG")})
#: Whether units have an offset, by class of quantities (each registry has its own) and units.
KINDS: WeakKeyDictionary[type, dict[UnitsContainer, bool]] = WeakKeyDictionary()
#: How many target units a source unit is, by class of quantities.
SLOPES: WeakKeyDictionary[type, dict[Any, Any]] = WeakKeyDictionary()
#: Products of derivatives, by class of quantities and units: a factor, and units without a second one of a dimension.
MERGED: WeakKeyDictionary[type, dict[UnitsContainer, Any]] = WeakKeyDictionary()
#: Products, quotients and powers of units that have been met. Emptied when it grows large.
KNOWN: dict[Any, UnitsContainer] = {}
KNOWN_LIMIT = 4096
#: Whether units are those of a difference on a scale with an offset.
DIFFERENCES: dict[UnitsContainer, bool] = {}
#: Exponents this close to a ratio of small numbers are that ratio: 1 - 2/3 and 1/3 are one exponent.
LARGEST_DENOMINATOR, ROUNDING = 60, 1e-9


class Pint(UnitSystem):
    """All registries of pint."""

    quantity = pint.Quantity
    unit_class = pint.Unit
    one = NONE
    radian = UnitsContainer({"radian": 1})
    degree = UnitsContainer({"degree": 1})
    likes_are_plain = True
    other_dimensions_are_absent = True
    signs_have_units = True
    equal_refuses_dimensions = True
    dimension_errors = (pint.DimensionalityError,)

    def units(self, q: Any) -> UnitsContainer:
        return q._units

    def magnitude(self, q: Any) -> Any:
        return q._magnitude

    def make(self, like: Any, magnitude: Any, units: UnitsContainer) -> Any:
        registry = like._REGISTRY
        cls = registry.Quantity
        if type(magnitude) not in PLAIN or registry.force_ndarray or registry.force_ndarray_like:
            return cls(magnitude, units)
        made = object.__new__(cls)
        made._magnitude, made._units = magnitude, units
        return made

    def product(self, like: Any, magnitude: Any, units: UnitsContainer) -> Any:
        q, registry = self.make(like, magnitude, units), like._REGISTRY
        if registry.autoconvert_to_preferred:
            q = q.to_preferred()
        return q.to_reduced_units() if registry.auto_reduce_dimensions else q

    def chained(self, like: Any, magnitude: Any, units: UnitsContainer) -> Any:
        """Units of one dimension are made one where exponents such as 1/3 are among them: pint's own arithmetic finds
        the dimension of cm / m**(2/3) to be length**0.33333333333333337, and adds it to no cube root.
        """
        known = MERGED.setdefault(type(like), {})
        found = known.get(units)
        if found is None:
            found = known[units] = self.merged(like, units)
        factor, units = found
        return self.product(like, magnitude if factor == 1 else scaled(magnitude, factor), units)

    def merged(self, like: Any, units: UnitsContainer) -> tuple[Any, UnitsContainer]:
        """A factor, and the units without a second unit of a dimension that has an exponent which is rounded."""
        rounded = [name for name, n in units.items() if not float(64 * n).is_integer()]
        factor: Any = 1
        for name in rounded:
            one = UnitsContainer({name: 1})
            dimension = like._REGISTRY.get_dimensionality(one)
            for other, n in list(units.items()):
                alone = UnitsContainer({other: 1})
                if other != name and name in units and like._REGISTRY.get_dimensionality(alone) == dimension:
                    factor = factor * self.slope(like, alone, one) ** n
                    units = self.times(units, UnitsContainer({name: n, other: -n}))
        return factor, units

    # ---- algebra of units ------------------------------------------------------------------------------------------

    def times(self, u: UnitsContainer, v: UnitsContainer) -> UnitsContainer:
        if v is NONE or u is NONE:
            return u if v is NONE else v
        found = KNOWN.get(("*", u, v))
        return remember(("*", u, v), u * v) if found is None else found

    def over(self, u: UnitsContainer, v: UnitsContainer) -> UnitsContainer:
        if v is NONE:
            return u
        found = KNOWN.get(("/", u, v))
        return remember(("/", u, v), u / v) if found is None else found

    def raised(self, u: UnitsContainer, n: Any) -> UnitsContainer:
        found = KNOWN.get(("^", u, n))
        return remember(("^", u, n), u ** (float(n) if isinstance(n, Fraction) else n)) if found is None else found

    def slope(self, like: Any, source: UnitsContainer, target: UnitsContainer) -> Any:
        known = SLOPES.setdefault(type(like), {})
        found = known.get((source, target))
        if found is None:
            registry = like._REGISTRY
            one, other = registry.get_dimensionality(source), registry.get_dimensionality(target)
            if tidy(one) != tidy(other):
                raise self.mismatch(source, target, like)
            if one == other:
                found = registry.convert(1, source, target)
            else:  # exponents that differ by rounding
                found = registry.get_root_units(source)[0] / registry.get_root_units(target)[0]
            known[source, target] = found
        return found

    def dimensionless(self, like: Any, units: UnitsContainer) -> bool:
        return not tidy(like._REGISTRY.get_dimensionality(units))

    # ---- registries, and what they say -----------------------------------------------------------------------------

    def unit(self, q: Any) -> Any:
        return q.units

    def bare(self, unit: Any) -> UnitsContainer:
        return unit._units

    def of(self, number: Any, unit: Any) -> Any:
        from .nesting import PLAIN_NEW

        return PLAIN_NEW(unit._REGISTRY.Quantity, number, unit._units)

    def mismatch(self, u: UnitsContainer, v: UnitsContainer, like: Any) -> Exception:
        dimensions = like._REGISTRY.get_dimensionality
        return pint.DimensionalityError(u, v or "dimensionless", dimensions(u), dimensions(v) if v else "")

    def same_registry(self, q: Any, other: Any) -> None:
        if other._REGISTRY is not q._REGISTRY:
            raise ValueError(
                f"Cannot operate with {units_text(q)} and {units_text(other)} of different registries of pint"
                f"{at_user_line()}. Make all units with one (pint.set_application_registry), or bring them to one: "
                "registry.Quantity(q.magnitude, str(q.units))."
            )

    # ---- offset and logarithmic units ------------------------------------------------------------------------------

    def check(self, q: Any) -> bool:
        known = KINDS.get(type(q))
        if known is None:
            known = KINDS[type(q)] = {}
        found = known.get(q._units)
        if found is None:
            found = known[q._units] = self.has_offset(q)
        return found

    def has_offset(self, q: Any) -> bool:
        """The same, by asking the registry."""
        names = q._get_non_multiplicative_units()
        for name in q._units:
            if q._get_unit_definition(name).is_logarithmic:
                base = str(q._REGISTRY.get_base_units(q.units)[1]) or "dimensionless"
                raise LogarithmicUnitError(
                    f"A quantity in {q.units} met an operation of dispatchml{at_user_line()}. {name} is logarithmic: "
                    "the sum of two such numbers is a product of what they stand for, so derivatives of it would not "
                    f"be those of the quantity. Convert it first: q.to({base!r})."
                )
        return bool(names)

    def difference(self, q: Any) -> UnitsContainer:
        units = q._units
        if self.check(q):
            for name in q._get_non_multiplicative_units():
                units = units.rename(name, f"delta_{name}")
        return units

    def is_difference(self, q: Any) -> bool:
        found = DIFFERENCES.get(q._units)
        if found is None:
            if len(DIFFERENCES) >= KNOWN_LIMIT:
                DIFFERENCES.clear()
            found = DIFFERENCES[q._units] = any(name.startswith("delta_") for name in q._units)
        return found

    def offset_error(self, u: Any, v: Any) -> Exception:
        return pint.OffsetUnitCalculusError(*(x for x in (u, v) if x is not None))

    def multiplies_offset(self, q: Any) -> bool:
        return q._ok_for_muldiv()

    def base(self, q: Any) -> UnitsContainer:
        return q._REGISTRY.get_base_units(q._units)[1]._units

    def intercept(self, q: Any, target: UnitsContainer) -> Any:
        return q._REGISTRY.convert(0, q._units, target)

    # ---- what pint's functions give -------------------------------------------------------------------------------

    def filled_units(self, q: Any, filling: Any) -> UnitsContainer | None:
        return None if filling is None else filling._units

    def exponential(self, like: Any, y: Any) -> Any:
        return y

    def counted(self, q: Any, count: Any) -> Any:
        return self.make(q, count, q._units)


def units_text(x: Any) -> str:
    """The units of a quantity, or a unit, in words."""
    return str(x.units if isinstance(x, pint.Quantity) else x) or "dimensionless"


def remember(key: Any, made: UnitsContainer) -> UnitsContainer:
    """Keep units that were worked out, with tidy exponents."""
    if len(KNOWN) >= KNOWN_LIMIT:
        KNOWN.clear()
    KNOWN[key] = made = tidy(made)
    return made


def tidy(units: UnitsContainer) -> UnitsContainer:
    """Units whose exponents are the nearest ratios of small numbers, none of them zero: a cube root cubed is the unit
    again, and a unit to the power of zero is none.
    """
    given = dict(units)
    exponents = {name: exact(n) for name, n in given.items() if n}
    if exponents == given:
        return units
    return UnitsContainer(exponents, non_int_type=units._non_int_type)


def exact(n: Any) -> Any:
    """An exponent without rounding errors."""
    if type(n) is not float or n.is_integer():
        return n
    near = float(Fraction(n).limit_denominator(LARGEST_DENOMINATOR))
    return near if abs(near - n) < ROUNDING else n


SYSTEM = Pint()
