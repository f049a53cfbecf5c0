"""A library of units as the shared rules see it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from .. import ops
from .ratios import exact, is_zero, scaled


class UnitSystem(ABC):
    """How a library of units works. A plugin writes a subclass; the rules for all operations follow from it.

    A quantity is a payload in `units`: whatever the library multiplies units by, hashable and equal by value. A `unit`
    is the library's own object for one, which knows its registry; for many libraries the two are the same. `like` is a
    quantity from which a result has its registry and its class.

    quantity: the class that was registered, a tuple where its carriers are instances of another class. unit_class: the
    class of the library's own objects for units. one: the units of a plain number. radian: those of
    an angle. degree: those of a degree.
    angles_are_numbers: whether radians are dimensionless, so that sin takes both. functions_are_plain: whether exp, sin
    and their kin give plain numbers rather than dimensionless quantities. likes_are_plain: whether zeros_like and its
    kin give plain arrays. other_dimensions_are_absent: whether isin says no, rather than raising, for elements of
    another dimension. signs_have_units: whether the second argument of copysign must have the dimension of the first.
    equal_refuses_dimensions: whether the ufuncs equal and not_equal refuse other dimensions, unlike the operators.
    dimension_errors: what the library raises for units of another dimension, besides the class of `mismatch`.
    """

    quantity: Any
    unit_class: Any
    one: Any
    radian: Any = None
    degree: Any = None
    angles_are_numbers = True
    functions_are_plain = False
    likes_are_plain = False
    other_dimensions_are_absent = False
    signs_have_units = False
    equal_refuses_dimensions = False
    dimension_errors: tuple[type[Exception], ...] = ()

    # ---- what a library says ---------------------------------------------------------------------------------------

    @abstractmethod
    def units(self, q: Any) -> Any:
        """The units of a quantity."""

    @abstractmethod
    def magnitude(self, q: Any) -> Any:
        """Its payload."""

    @abstractmethod
    def make(self, like: Any, magnitude: Any, units: Any) -> Any:
        """A quantity round a payload, in the registry of another one; its carrier where the class cannot hold it."""

    @abstractmethod
    def times(self, u: Any, v: Any) -> Any:
        """The product of units."""

    @abstractmethod
    def over(self, u: Any, v: Any) -> Any:
        """The quotient of units."""

    @abstractmethod
    def raised(self, u: Any, n: Any) -> Any:
        """Units to a plain number. Must be exact for ratios of small numbers: the cube of a cube root is the unit."""

    @abstractmethod
    def slope(self, like: Any, source: Any, target: Any) -> Any:
        """How many `target` one `source` is, for differences. Raises the library's error for other dimensions."""

    @abstractmethod
    def unit(self, q: Any) -> Any:
        """The units of a quantity as the library's own object, which knows its registry."""

    @abstractmethod
    def bare(self, unit: Any) -> Any:
        """Such an object as units."""

    @abstractmethod
    def of(self, number: Any, unit: Any) -> Any:
        """A quantity of a plain payload."""

    @abstractmethod
    def mismatch(self, u: Any, v: Any, like: Any) -> Exception:
        """The library's error for units that should have one dimension and do not."""

    def check(self, q: Any) -> bool:
        """Whether the units are a scale with an offset (degrees Celsius); refuses what cannot take part, such as
        logarithmic units.
        """
        return False

    def difference(self, q: Any) -> Any:
        """The units of a difference of two such quantities: delta_degC for degC."""
        return self.units(q)

    def is_difference(self, q: Any) -> bool:
        """Whether the units are those of a difference on a scale with an offset."""
        return False

    def offset_error(self, u: Any, v: Any) -> Exception:
        """The library's error for a scale with an offset where only differences have a meaning."""
        return self.mismatch(u, v, None)

    def multiplies_offset(self, q: Any) -> bool:
        """Whether the registry allows scales with an offset in products (as base units)."""
        return False

    def base(self, q: Any) -> Any:
        """The base units of a quantity on a scale with an offset."""
        return self.units(q)

    def intercept(self, q: Any, target: Any) -> Any:
        """Where the zero of a scale with an offset is on another one."""
        return 0

    def fits_any(self, x: Any) -> bool:
        """Whether a plain value may stand beside any units: zero and nan, for many libraries."""
        return is_zero(x, or_nan=True)

    def same_registry(self, q: Any, other: Any) -> None:  # noqa: B027
        """Refuse a quantity or a unit of another registry than a quantity's; a library with one registry has none."""

    def product(self, like: Any, magnitude: Any, units: Any) -> Any:
        """A product as the library wants products."""
        return self.make(like, magnitude, units)

    def chained(self, like: Any, magnitude: Any, units: Any) -> Any:
        """A product of a tangent or cotangent and a partial derivative."""
        return self.product(like, magnitude, units)

    def dimensionless(self, like: Any, units: Any) -> bool:
        """Whether units can be converted to those of a plain number."""
        return self.agree(like, units, self.one)

    def agree(self, like: Any, u: Any, v: Any) -> bool:
        """Whether units can be converted into each other."""
        try:
            self.slope(like, u, v)
        except Exception as error:
            if isinstance(error, (*self.dimension_errors, type(self.mismatch(u, v, like)))):
                return False
            raise
        return True

    def filled_units(self, q: Any, filling: Any) -> Any:
        """The units of `full_like(q, value)`: those of the value where that is a quantity (`filling`), else those of q;
        None for plain numbers.
        """
        return self.units(q if filling is None else filling)

    def fits(self, q: Any, value: Any) -> bool:
        """Whether a plain value that is put into a quantity as it is stands for a number in its units."""
        return self.same(self.units(q), self.one) or self.fits_any(value)

    def counted(self, q: Any, count: Any) -> Any:
        """How a number of elements that are not zero, the norm of order 0, is given out."""
        return count

    def exponential(self, like: Any, y: Any) -> Any:
        """How a plain number to the power of a quantity is given out."""
        return self.make(like, y, self.one)

    def without_units(self, q: Any, y: Any) -> Any:
        """How a result without units beside others with units is given out: eigenvectors, the factor Q."""
        return y

    def angle_units(self, q: Any) -> Any:
        """The units to which the argument of sin is converted."""
        return self.one

    def compared(self, values: tuple[Any, ...]) -> tuple[Any, Any, list[Any]]:
        """Values as they are compared: as they are added, unless the library is more lenient."""
        return self.common(values)

    def same(self, u: Any, v: Any) -> bool:
        """Whether two units are the same."""
        return u is v or u == v

    def unit_like(self, like: Any, units: Any) -> Any:
        """Units as the library's own object, in the registry of a quantity."""
        return self.unit(self.make(like, 1.0, units))

    # ---- what follows ----------------------------------------------------------------------------------------------

    def is_quantity(self, x: Any) -> bool:
        """Whether a value is a quantity of the library, or stands for one."""
        return isinstance(x, self.quantity)

    def bare_magnitude(self, x: Any) -> Any:
        """The payload of a quantity, and anything else as it is: for what only looks at signs or zeros."""
        return self.magnitude(x) if isinstance(x, self.quantity) else x

    def first(self, values: Iterable[Any]) -> Any:
        """The first quantity of several values; quantities of another registry among them are refused."""
        found = None
        for x in values:
            if isinstance(x, self.quantity):
                if found is None:
                    found = x
                else:
                    self.same_registry(found, x)
        return found

    def like(self, values: Iterable[Any]) -> Any:
        """The first quantity, or one in the first unit: what a product has its registry from."""
        found = self.first(values)
        return found if found is not None else self.of(1, next(x for x in values if isinstance(x, self.unit_class)))

    def converted(self, q: Any, target: Any) -> Any:
        """The payload of a quantity in other units."""
        source = self.units(q)
        if self.same(source, target):
            return self.magnitude(q)
        if self.check(q) or self.check(self.make(q, 1.0, target)):
            goal = self.make(q, 1.0, target)
            self.slope(q, self.base(q), self.base(goal))
            slope = self.slope(q, self.difference(q), self.difference(goal))
            made = scaled(self.magnitude(q), slope)
            return ops.add(made, exact(self.intercept(q, target), made))
        return scaled(self.magnitude(q), self.slope(q, source, target))

    def number(self, x: Any) -> Any:
        """The payload of a dimensionless quantity in units of one; anything else as it is."""
        return self.converted(x, self.one) if isinstance(x, self.quantity) else x

    def angle(self, x: Any) -> Any:
        """The number whose sine is taken."""
        return self.converted(x, self.angle_units(x)) if isinstance(x, self.quantity) else x

    def function_of_numbers(self, like: Any, y: Any) -> Any:
        """What a function of numbers gives."""
        return y if self.functions_are_plain or like is None else self.make(like, y, self.one)

    def an_angle(self, like: Any, y: Any) -> Any:
        """What a function that gives angles gives."""
        if self.radian is None or like is None:
            return y
        return self.make(like, y, self.radian)

    def direction(self, like: Any, y: Any) -> Any:
        """What a function gives that finds the angle of something with units."""
        return self.an_angle(like, y)

    def common(self, values: tuple[Any, ...], beside: bool = False) -> tuple[Any, Any, list[Any]]:
        """Values that must have one dimension: a quantity to make results like, the units, and the payloads in them.

        The units are those of the first quantity; of the first that is no difference where differences (delta_degC) and
        points of multiplicative scales (kelvin) meet. Plain values need dimensionless quantities, unless they fit any;
        the result is then in units of one, or in those of the quantity where values are put beside each other.
        """
        like = self.first(values)
        units = offset = None
        plain = False
        for x in values:
            if not isinstance(x, self.quantity):
                plain = True
            elif self.check(x) and offset is None:
                offset = units = self.units(x)
        if offset is None:
            units = self.preferred(values, like)
        if plain and not self.same(units, self.one):
            for x in values:
                if not isinstance(x, self.quantity) and not self.fits_any(x):
                    if not self.dimensionless(like, units):
                        raise self.mismatch(units, self.one, like)
                    if beside:
                        values = tuple(self.beside(v, like) for v in values)
                    else:
                        units = self.one
                    break
        if offset is not None:
            for x in values:
                if isinstance(x, self.quantity) and self.is_difference(x) and not self.same(self.units(x), units):
                    raise self.offset_error(units, self.units(x))
        return like, units, [self.converted(x, units) if isinstance(x, self.quantity) else x for x in values]

    def beside(self, x: Any, like: Any) -> Any:
        """A plain value as a dimensionless quantity, unless it fits any units."""
        return x if isinstance(x, self.quantity) or self.fits_any(x) else self.make(like, x, self.one)

    def preferred(self, values: tuple[Any, ...], like: Any) -> Any:
        """The units of the first quantity that is no temperature difference, else of the first."""
        if not self.is_difference(like):
            return self.units(like)
        points = (x for x in values if isinstance(x, self.quantity) and not self.is_difference(x))
        return self.units(next(points, like))

    def factor(self, x: Any, like: Any = None) -> tuple[Any, Any]:
        """A value as it takes part in a product: payload and multiplicative units. `like` is there for its registry."""
        if not isinstance(x, self.quantity):
            if not isinstance(x, self.unit_class):
                return x, self.one
            if like is not None:
                self.same_registry(like, x)
            return 1, self.bare(x)
        if not self.check(x):
            return self.magnitude(x), self.units(x)
        if not self.multiplies_offset(x):
            raise self.offset_error(self.units(x), None)
        units = self.base(x)
        return self.converted(x, units), units
