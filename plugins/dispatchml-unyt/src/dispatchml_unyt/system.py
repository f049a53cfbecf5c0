"""unyt as a system of units. As in unyt, sin and its kin give plain numbers; unlike in unyt, they refuse what is no
angle and has units, and determinants, inverses and eigenvalues keep their units.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from unyt import Unit, unyt_array, unyt_quantity
from unyt.dimensions import angle, logarithmic
from unyt.exceptions import InvalidUnitOperation, UnitConversionError, UnitOperationError

from dispatchml.dispatch import carrier, foreign_class
from dispatchml.dispatch.errors import at_user_line
from dispatchml.units import LogarithmicUnitError, UnitSystem, is_zero, scaled

OBJECT = np.dtype(object)
#: Numbers round which a quantity is put; arrays are looked at besides.
NUMBERS = frozenset({float, int, complex, bool, *(np.dtype(c).type for c in "efdgFDG?bhilqBHILQ")})
WIDE = frozenset({np.float64, np.complex128, np.int64})
#: What was worked out of units: (how, id, id or number) -> (result, units that must stay alive). Emptied when large:
#: hashing a unit costs more than finding it.
KNOWN: dict[Any, tuple[Any, Any, Any]] = {}
KNOWN_LIMIT = 4096
INTERNED: dict[Any, Any] = {}
#: Whether units have an offset, by unit; refused ones are not entered.
OFFSETS: dict[int, tuple[bool, Any]] = {}
DIFFERENCES: dict[int, tuple[bool, Any]] = {}
DELTAS = {"degC": "delta_degC", "degF": "delta_degF"}


class Unyt(UnitSystem):
    """Units of unyt; `quantity` is completed by the carrier's class when the layer is there."""

    quantity: Any = unyt_array
    unit_class = Unit
    one = Unit()
    radian = Unit("radian")
    degree = Unit("degree")
    angles_are_numbers = False
    functions_are_plain = True
    dimension_errors = (UnitConversionError, UnitOperationError)

    def units(self, q: Any) -> Any:
        return q.units

    def magnitude(self, q: Any) -> Any:
        if not isinstance(q, unyt_array):
            return q._payload
        array = q.view(np.ndarray)
        return array if array.ndim else array[()]

    def make(self, like: Any, magnitude: Any, units: Any) -> Any:
        kind = type(magnitude)
        if kind is np.ndarray and magnitude.dtype != OBJECT:
            made = magnitude.view(class_of_result(like) if magnitude.ndim else unyt_quantity)
        elif kind in NUMBERS:
            made = np.asarray(magnitude).view(unyt_quantity)
        else:
            return carrier(class_of_result(like))(magnitude, units=units)
        made.units, made.name = units, None
        return made

    def product(self, like: Any, magnitude: Any, units: Any) -> Any:
        factor, units = folded(units)
        return self.make(like, scaled(magnitude, factor), units)

    def factor(self, x: Any, like: Any = None) -> tuple[Any, Any]:
        """As in unyt, a single number is a factor that does not change the precision of an array."""
        magnitude, units = super().factor(x, like)
        return (magnitude.item(), units) if type(magnitude) in WIDE else (magnitude, units)

    # ---- algebra of units ------------------------------------------------------------------------------------------

    def times(self, a: Any, b: Any) -> Any:
        if a is self.one or b is self.one:
            return b if a is self.one else a
        found = KNOWN.get(("*", id(a), id(b)))
        return remember("*", a, b, (a * b).simplify()) if found is None else found[0]

    def over(self, a: Any, b: Any) -> Any:
        if b is self.one:
            return a
        found = KNOWN.get(("/", id(a), id(b)))
        return remember("/", a, b, (a / b).simplify()) if found is None else found[0]

    def raised(self, a: Any, n: Any) -> Any:
        found = KNOWN.get(("^", id(a), n))
        return remember("^", a, n, a**n) if found is None else found[0]

    def slope(self, like: Any, source: Any, target: Any) -> Any:
        found = KNOWN.get(("to", id(source), id(target)))
        if found is None:
            return remember("to", source, target, float(source.get_conversion_factor(target)[0]))
        return found[0]

    def same(self, a: Any, b: Any) -> bool:
        return a is b or a == b

    def dimensionless(self, like: Any, units: Any) -> bool:
        return units.is_dimensionless

    # ---- what the library says -------------------------------------------------------------------------------------

    def unit(self, q: Any) -> Any:
        return q.units

    def bare(self, unit: Any) -> Any:
        return unit

    def of(self, number: Any, unit: Any) -> Any:
        return self.make(ONE, number, unit)

    def mismatch(self, a: Any, b: Any, like: Any) -> Exception:
        return UnitOperationError("dispatchml", a, b)

    def common(self, values: tuple[Any, ...], beside: bool = False) -> Any:
        try:
            return super().common(values, beside)
        except UnitConversionError as error:
            units = [self.units(x) for x in values if self.is_quantity(x)]
            raise UnitOperationError("dispatchml", *units[:2]) from error

    def compared(self, values: tuple[Any, ...]) -> Any:
        """As unyt does: a number without units is compared with the number of a quantity."""
        plain = [not self.is_quantity(x) or self.units(x).is_dimensionless for x in values]
        if not any(plain) or all(plain):
            return self.common(values)
        like, units, _ = self.common(tuple(x for x, p in zip(values, plain, strict=True) if not p))
        return (
            like,
            units,
            [self.number(x) if p else self.converted(x, units) for x, p in zip(values, plain, strict=True)],
        )

    def number(self, x: Any) -> Any:
        return self.function_argument(x, self.one)

    def angle(self, x: Any) -> Any:
        return self.function_argument(x, self.angle_units(x)) if self.is_quantity(x) else x

    def function_argument(self, x: Any, units: Any) -> Any:
        """The number of which a function is taken, or unyt's error for an operation without a meaning."""
        try:
            return self.converted(x, units) if self.is_quantity(x) else x
        except UnitConversionError as error:
            raise UnitOperationError("dispatchml", self.units(x)) from error

    def angle_units(self, q: Any) -> Any:
        return self.radian if q.units.dimensions is angle else self.one

    def direction(self, like: Any, y: Any) -> Any:
        return self.make(like, y, self.one)

    def an_angle(self, like: Any, y: Any) -> Any:
        return y

    def fits_any(self, x: Any) -> bool:
        return is_zero(x)

    def fits(self, q: Any, value: Any) -> bool:
        return True  # as in unyt, a number that is put into a quantity is one in its units

    def counted(self, q: Any, count: Any) -> Any:
        return self.make(q, count, q.units)

    # ---- scales with an offset -------------------------------------------------------------------------------------

    def check(self, q: Any) -> bool:
        units = q.units
        found = OFFSETS.get(id(units))
        if found is None:
            if logarithmic in units.dimensions.atoms():
                raise LogarithmicUnitError(
                    f"A quantity in {units} met an operation of dispatchml{at_user_line()}. Its unit is logarithmic: "
                    "the sum of two such numbers is a product of what they stand for, so derivatives of it would not "
                    "be those of the quantity. Convert it first to the ratio that it stands for."
                )
            if units.base_offset and str(units.expr) not in DELTAS:
                raise InvalidUnitOperation(
                    f"A quantity in {units} met an operation of dispatchml{at_user_line()}. There is no unit for its "
                    "differences, in which derivatives would be. Convert it first: q.to('degree')."
                )
            if len(OFFSETS) >= KNOWN_LIMIT:
                OFFSETS.clear()
            found = OFFSETS[id(units)] = (bool(units.base_offset), units)
        return found[0]

    def difference(self, q: Any) -> Any:
        if not self.check(q):
            return q.units
        return Unit(DELTAS[str(q.units.expr)], registry=q.units.registry)

    def is_difference(self, q: Any) -> bool:
        found = DIFFERENCES.get(id(q.units))
        if found is None:
            if len(DIFFERENCES) >= KNOWN_LIMIT:
                DIFFERENCES.clear()
            found = DIFFERENCES[id(q.units)] = (str(q.units.expr).startswith("delta_"), q.units)
        return found[0]

    def offset_error(self, a: Any, b: Any) -> Exception:
        return InvalidUnitOperation(
            f"'{a}'{'' if b is None else f' and {b!s}'}{at_user_line()}: quantities with units of Fahrenheit or "
            "Celsius cannot be multiplied, divided, subtracted or added with data that has different units."
        )

    def base(self, q: Any) -> Any:
        return q.units.get_base_equivalent()

    def intercept(self, q: Any, target: Any) -> Any:
        return float(unyt_quantity(0.0, q.units).to(target).value)


ONE = unyt_quantity(1.0, Unit())


def remember(how: str, a: Any, b: Any, made: Any) -> Any:
    """Keep what was worked out, and the units that it is of."""
    if len(KNOWN) >= KNOWN_LIMIT:
        KNOWN.clear()
        INTERNED.clear()
    if isinstance(made, Unit):
        made = INTERNED.setdefault((str(made.expr), made), made)  # equal units are one object
    KNOWN[how, id(a), b if how == "^" else id(b)] = (made, a, b)
    return made


def folded(units: Any) -> tuple[float, Any]:
    """The number in a product of units, and the units without it: km / m is 1000."""
    found = KNOWN.get(("1", id(units), 0))
    if found is None:
        factor, bare = units.as_coeff_unit()
        if bare.is_dimensionless and (bare.base_value == 1.0 or len(bare.expr.free_symbols) > 1):
            factor, bare = factor * bare.base_value, Unit(registry=units.registry)  # percent alone stays
        if len(KNOWN) >= KNOWN_LIMIT:
            KNOWN.clear()
        found = KNOWN["1", id(units), 0] = ((float(factor), bare), units, 0)
    return found[0]


def class_of_result(like: Any) -> type:
    """The class of an array like another value: a user's subclass stays."""
    cls = foreign_class(like)
    return unyt_array if issubclass(cls, unyt_quantity) else cls


SYSTEM = Unyt()
