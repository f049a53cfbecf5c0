"""astropy's attributes and methods on traced quantities: those that convert are differentiable."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
from astropy import units as u
from astropy.units import Unit, UnitConversionError

from dispatchml import ops
from dispatchml.dispatch import change
from dispatchml.units import MAGNITUDE, attach, convert, is_in, magnitude, quantity_inside, refused


def to(x: Any, unit: Any, equivalencies: Any = (), copy: bool = True) -> Any:
    """x.to(unit): by a factor, or by the formula of an equivalency."""
    unit = Unit(unit)
    source = quantity_inside(x).unit
    if not copy and is_in(x, unit):
        return ops.getitem(x, index=Ellipsis)
    if source.is_equivalent(unit, equivalencies=None):
        return convert(x, unit=unit)
    return attach(formula(source, unit, equivalencies)(magnitude(x)), unit=unit)


def formula(source: Any, target: Any, equivalencies: Any) -> Callable[[Any], Any]:
    """The conversion of numbers by an equivalency, as astropy finds it; its functions are applied to the numbers."""
    given = None if equivalencies is None else list(equivalencies) or []
    for one, other, forward, backward in source._normalize_equivalencies(given):
        for start, end, function in ((one, other, forward), (other, one, backward)):
            if end is None or start is None:
                continue
            if source.is_equivalent(start, equivalencies=None) and target.is_equivalent(end, equivalencies=None):
                return scaled(function, source.to(start, equivalencies=None), end.to(target, equivalencies=None))
        if other is None:  # a unit that counts as a number, or a conversion up to powers of it
            with contextlib.suppress(u.UnitsError):
                ratio = (target.decompose() / source.decompose()).decompose(bases=[one])
                return scaled(forward, 1 / ratio.scale, 1.0)
    raise UnitConversionError(
        f"'{source}' ({source.physical_type}) and '{target}' ({target.physical_type}) are not convertible"
    )


def scaled(function: Callable[[Any], Any], before: float, after: float) -> Callable[[Any], Any]:
    """A function between two scalings."""
    return lambda x: ops.multiply(function(ops.multiply(x, before)), after)


def to_value(x: Any, unit: Any = None, equivalencies: Any = ()) -> Any:
    """x.to_value(unit)."""
    if unit is None or is_in(x, Unit(unit)):
        return MAGNITUDE(x)
    return magnitude(to(x, unit, equivalencies))


def by_unit(choose: Callable[[Any], Any]) -> Callable[..., Any]:
    """A method that chooses the unit from the unit: astropy chooses, `convert` converts."""

    def method(x: Any, *arguments: Any, **keywords: Any) -> Any:
        chosen = choose(quantity_inside(x).unit, *arguments, **keywords)
        return convert(x, unit=chosen)

    return method


def without_scale(unit: Any) -> Any:
    """A unit without its number: astropy's si, cgs and decompose put that into the value."""
    return u.CompositeUnit(1, unit.bases, unit.powers, _error_check=False)


def decomposed(unit: Any, bases: Any = ()) -> Any:
    return without_scale(unit.decompose(bases=bases))


def in_unit(name: str, unit: Any) -> property:
    """The number in a unit, which an angle answers by name; other quantities do so by .to_value."""

    def number(x: Any) -> Any:
        from astropy.coordinates import Angle

        from dispatchml.dispatch import foreign_class

        cls = foreign_class(quantity_inside(x))
        if not issubclass(cls, Angle):
            raise AttributeError(f"'{cls.__name__}' object has no '{name}' member")
        return to_value(x, unit)

    return property(number)


def wrap_at(x: Any, wrap_angle: Any) -> Any:
    """x.wrap_at(angle): whole turns are taken off, which changes no derivative."""
    turn = 360 * u.deg
    low = u.Quantity(wrap_angle, None if isinstance(wrap_angle, (str, u.Quantity)) else u.deg) - turn
    turns = ops.floor(magnitude(convert(ops.divide(ops.subtract(x, low), turn), unit=u.one)))
    return ops.subtract(x, ops.multiply(turns, turn))


def convert_in_place(x: Any, unit: Any) -> Any:
    """x <<= unit."""
    change(x, lambda q: to(q, unit, copy=False), "x <<= unit")
    return x


STATIC = ("unit", "equivalencies")
METHODS = {
    "isscalar": property(lambda x: not ops.ndim(x)),
    "__ilshift__": convert_in_place,
    "to": to,
    "to_value": to_value,
    "value": property(MAGNITUDE),
    "si": property(by_unit(lambda unit: without_scale(unit.si))),
    "cgs": property(by_unit(lambda unit: without_scale(unit.cgs))),
    "decompose": by_unit(decomposed),
    **{
        name: in_unit(name, getattr(u, name))
        for name in ("degree", "deg", "radian", "rad", "hourangle", "arcmin", "arcsec")
    },
    "hour": in_unit("hour", u.hourangle),
    "insert": np.insert,
    "diff": np.diff,
    "ediff1d": np.ediff1d,
    "to_string": refused(
        "to_string(...)",
        "would be a text of its numbers, which have a derivative",
        "Write dispatchml.primal(x).to_string(...)",
    ),
    "info": property(
        refused("info", "would be of another quantity at each operation", "Write dispatchml.primal(x).info")
    ),
    "wrap_at": wrap_at,
}
