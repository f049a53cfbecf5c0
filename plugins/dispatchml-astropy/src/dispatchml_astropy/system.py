"""astropy as a system of units. Angles are a dimension of their own: sin takes angles, arcsin gives radians."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from astropy import units as u
from astropy.units import Quantity, UnitBase, UnitConversionError

from dispatchml.dispatch import carrier, foreign_class
from dispatchml.dispatch.errors import UnregisteredTypeError, at_user_line, class_name
from dispatchml.units import LogarithmicUnitError, UnitSystem, is_zero

OBJECT = np.dtype(object)
#: Numbers round which a quantity is put; arrays are looked at besides.
NUMBERS = frozenset({float, int, complex, bool, *(np.dtype(c).type for c in "efdgFDG?bhilqBHILQ")})
#: Products, quotients, powers, slopes and comparisons of units that have been met. Emptied when it grows large.
KNOWN: dict[Any, Any] = {}
KNOWN_LIMIT = 4096
#: The class of a result, by class of an argument and unit; classes and units that may take part.
CLASSES: dict[tuple[type, Any], type] = {}
ADMITTED: set[Any] = set()


class Astropy(UnitSystem):
    """Units of astropy; `quantity` is completed by the carrier's class when the layer is there."""

    quantity: Any = Quantity
    unit_class = UnitBase
    one = u.dimensionless_unscaled
    radian = u.radian
    degree = u.degree
    angles_are_numbers = False
    equal_refuses_dimensions = True
    dimension_errors = (u.UnitsError,)

    def units(self, q: Any) -> Any:
        return q.unit

    def magnitude(self, q: Any) -> Any:
        if not isinstance(q, Quantity):
            return q._payload
        array = q.view(np.ndarray)
        return array if array.ndim else array[()]

    def make(self, like: Any, magnitude: Any, units: Any) -> Any:
        cls = type(like)
        if cls is not Quantity:
            cls = class_of_result(like, units)
        kind = type(magnitude)
        if kind is np.ndarray and magnitude.dtype != OBJECT:
            made = magnitude.view(cls)
        elif kind in NUMBERS:
            made = np.asarray(magnitude).view(cls)
        else:
            return carrier(cls)(magnitude, unit=units)
        made._unit = units
        return made

    # ---- algebra of units ------------------------------------------------------------------------------------------

    def times(self, a: Any, b: Any) -> Any:
        if a is self.one or b is self.one:
            return b if a is self.one else a
        found = KNOWN.get(("*", a, b))
        return remember(("*", a, b), a * b) if found is None else found

    def over(self, a: Any, b: Any) -> Any:
        if b is self.one:
            return a
        found = KNOWN.get(("/", a, b))
        return remember(("/", a, b), a / b) if found is None else found

    def raised(self, a: Any, n: Any) -> Any:
        found = KNOWN.get(("^", a, n))
        return remember(("^", a, n), a**n) if found is None else found

    def slope(self, like: Any, source: Any, target: Any) -> Any:
        found = KNOWN.get(("to", source, target))
        if found is None:
            found = remember(("to", source, target), source.to(target, equivalencies=None))
        return found

    def same(self, a: Any, b: Any) -> bool:
        if a is b:
            return True
        found = KNOWN.get(("=", a, b))
        return remember(("=", a, b), bool(a == b)) if found is None else found

    def dimensionless(self, like: Any, units: Any) -> bool:
        return units.is_equivalent(self.one, equivalencies=None)

    def angle_units(self, q: Any) -> Any:
        return u.radian

    # ---- what the library says -------------------------------------------------------------------------------------

    def unit(self, q: Any) -> Any:
        return q.unit

    def bare(self, unit: Any) -> Any:
        return unit

    def of(self, number: Any, unit: Any) -> Any:
        return self.make(ONE, number, unit)

    def mismatch(self, a: Any, b: Any, like: Any) -> Exception:
        return UnitConversionError(
            " and ".join(f"'{x}' ({x.physical_type})" for x in (a, b))
            + f" are not convertible{at_user_line()}; plain numbers are dimensionless, and only zero, infinity and nan "
            "fit every unit"
        )

    def fits_any(self, x: Any) -> bool:
        return is_zero(x, or_infinite=True)

    def filled_units(self, q: Any, filling: Any) -> Any:
        return q.unit

    def counted(self, q: Any, count: Any) -> Any:
        return self.make(q, count, self.one)

    def without_units(self, q: Any, y: Any) -> Any:
        return self.make(q, y, self.one)

    def check(self, q: Any) -> bool:
        if type(q) not in ADMITTED:
            refuse_class(foreign_class(q))
            ADMITTED.add(type(q))
        if q.unit not in ADMITTED:
            refuse_unit(q)
            ADMITTED.add(q.unit)
        return False


ONE = Quantity(1.0)


def remember(key: Any, made: Any) -> Any:
    """Keep what was worked out."""
    if len(KNOWN) >= KNOWN_LIMIT:
        KNOWN.clear()
    KNOWN[key] = made
    return made


def class_of_result(like: Any, unit: Any) -> type:
    """What astropy makes of a result in a unit: an Angle stays one in units of angle; Latitude and Longitude, whose
    values are bounded, give an Angle, as in astropy's own arithmetic, since differences are not bounded.
    """
    cls = foreign_class(like)
    if cls is Quantity:
        return Quantity
    found = CLASSES.get((cls, unit))
    if found is None:
        refuse_class(cls)
        like = like if isinstance(like, Quantity) else np.ones(()).view(cls)
        found, stays = like.__quantity_subclass__(unit)
        found = cls if stays else found
        coordinates = sys.modules.get("astropy.coordinates")
        if coordinates is not None and issubclass(found, (coordinates.Latitude, coordinates.Longitude)):
            found = coordinates.Angle
        CLASSES[cls, unit] = found
    return found


def refuse_class(cls: type) -> None:
    """Refuse subclasses that carry more than a unit."""
    if cls is Quantity:
        return
    if issubclass(cls, u.function.FunctionQuantity):
        raise logarithmic(class_name(cls), ".physical")
    masked = sys.modules.get("astropy.utils.masked")
    if masked is not None and issubclass(cls, masked.Masked):
        raise UnregisteredTypeError(
            f"A {class_name(cls)} met an operation of dispatchml{at_user_line()}: its mask would be lost. Put the mask "
            "inside: numpy.ma.MaskedArray(q.unmasked.value, q.mask) * q.unit, with dispatchml-masked, or pass q.filled("
            "value) or q.unmasked."
        )


def refuse_unit(q: Any) -> None:
    """Refuse structured and logarithmic units."""
    unit = q.unit
    if not isinstance(unit, UnitBase):
        if isinstance(unit, u.StructuredUnit):
            raise UnregisteredTypeError(
                f"A quantity in the structured unit {unit} met an operation of dispatchml{at_user_line()}. Its fields "
                "are several arrays: pass them one by one, q['name']."
            )
        raise logarithmic(f"A quantity in {unit}", ".physical")
    if any(base in LOGARITHMIC for base in unit.decompose().bases):
        raise logarithmic(f"A quantity in {unit}", ".to(u.one, u.logarithmic())")


#: What magnitudes, decibels and dex are made of.
LOGARITHMIC = frozenset(u.dex.decompose().bases)


def logarithmic(what: str, way: str) -> LogarithmicUnitError:
    """The error for magnitudes and their kin."""
    return LogarithmicUnitError(
        f"{what} met an operation of dispatchml{at_user_line()}. Its unit is logarithmic: the sum of two such "
        "numbers is a product of what they stand for, so derivatives of it would not be those of the quantity. "
        f"Convert it first: q{way}."
    )


SYSTEM = Astropy()
