"""NumPy's functions that libraries of units define by themselves, on traced quantities as on plain ones.

Their operations alone would give other units: creation functions, sets and histograms, which look at numbers in one
unit, and differences with something put in front.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..numpy.meanings import library_meaning
from ..numpy.registry import operand
from ..numpy.statistics import prod
from .entering import attach, convert, magnitude, quantity_inside
from .histograms import histogram, histogram2d, histogram_bin_edges
from .numbers import first_unit, numbers, numbers_in
from .system import UnitSystem


def declare_functions(cls: type, system: UnitSystem) -> None:
    """Enter what the functions are on a library's quantities."""
    for maker, originals in FUNCTIONS.items():
        library_meaning(cls, *originals)(maker(system))
    if system.equal_refuses_dimensions:
        library_meaning(cls, np.equal, np.not_equal)(equality(system))
    if system.likes_are_plain:
        library_meaning(cls, np.zeros_like, np.ones_like, np.empty_like)(of_numbers)


# ---- new arrays ------------------------------------------------------------------------------------------------------


def of_numbers(usual: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """A function of the numbers alone."""
    return usual(numbers(x), *args, **kwargs)


def full_like(system: UnitSystem) -> Callable[..., Any]:
    """In the unit that the library gives it."""

    def filled(usual: Any, x: Any, fill_value: Any, *args: Any, **kwargs: Any) -> Any:
        q, filling = quantity_inside(x), quantity_inside(fill_value)
        units = system.units(filling) if q is None else system.filled_units(q, filling)
        if units is None:
            return usual(numbers(x), fill_value, *args, **kwargs)
        like = filling if q is None else q
        unit = system.unit_like(like, units)
        if filling is not None or not system.fits(q, fill_value):
            fill_value = numbers_in(system, unit, fill_value)
        return attach(usual(numbers(x), fill_value, *args, **kwargs), unit=unit)

    return filled


# ---- numbers in one unit ---------------------------------------------------------------------------------------------


def differences(system: UnitSystem) -> Callable[..., Any]:
    """Differences are in the unit of the array, whatever is put before or behind it: diff, ediff1d."""

    def in_unit_of_array(usual: Any, a: Any, *args: Any, **kwargs: Any) -> Any:
        q = quantity_inside(a)
        if q is None or not any(quantity_inside(x) is not None for x in (*args, *kwargs.values())):
            return usual(a, *args, **kwargs)
        unit = system.unit(q)
        args = tuple(convert(x, unit=unit) if quantity_inside(x) is not None else x for x in args)
        kwargs = {k: convert(x, unit=unit) if quantity_inside(x) is not None else x for k, x in kwargs.items()}
        return usual(a, *args, **kwargs)

    return in_unit_of_array


def equality(system: UnitSystem) -> Callable[..., Any]:
    """The ufuncs, which refuse what the operators call unequal: values of another dimension."""

    def compared(usual: Any, a: Any, b: Any, **keywords: Any) -> Any:
        wrong = wrong_units(system, a, b)
        if wrong is not None:
            raise system.mismatch(*wrong)
        return usual(a, b, **keywords)

    return compared


def wrong_units(system: UnitSystem, a: Any, b: Any) -> Any:
    """The units of two values and a quantity of them, if their dimensions differ; else None."""
    first, second = quantity_inside(a), quantity_inside(b)
    if first is None and second is None:
        return None
    like, other = (first, b) if first is not None else (second, a)
    units = system.units(like)
    if first is not None and second is not None:
        others = system.units(second)
        return None if system.same(units, others) or system.agree(like, units, others) else (units, others, like)
    fit = system.fits_any(other) or system.dimensionless(like, units)
    return None if fit else (units, system.one, like)


def interp(system: UnitSystem) -> Callable[..., Any]:
    """Places in one unit; the result is in that of the values, or plain."""

    def interpolated(
        usual: Any, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
    ) -> Any:
        unit = first_unit(system, x, xp)
        if unit is None:
            return usual(x, xp, fp, left, right, period)
        x, xp = numbers_in(system, unit, x), numbers_in(system, unit, xp)
        if period is not None:
            period = numbers_in(system, unit, period)
        if quantity_inside(fp) is None:
            left, right = (as_number(system, e) for e in (left, right))
        return usual(x, xp, fp, left, right, period)

    return interpolated


def as_number(system: UnitSystem, x: Any) -> Any:
    """A dimensionless quantity as a plain number; anything else as it is."""
    q = quantity_inside(x)
    return x if q is None else magnitude(convert(x, unit=system.unit_like(q, system.one)))


def unwrap(system: UnitSystem) -> Callable[..., Any]:
    """Angles as the numbers whose sine is taken, and back in their own unit; with a period, numbers in that unit."""

    def unwrapped(usual: Any, p: Any, discont: Any = None, axis: int = -1, **keywords: Any) -> Any:
        q = quantity_inside(p)
        if q is None:
            return usual(p, discont, axis, **keywords)
        unit = system.unit(q)
        inside = unit if keywords else system.unit_like(q, system.angle_units(q))
        keywords = {name: numbers_in(system, inside, x) for name, x in keywords.items()}
        limit = None if discont is None else numbers_in(system, inside, discont)
        y = attach(usual(numbers_in(system, inside, p), limit, axis, **keywords), unit=inside)
        return y if keywords else convert(y, unit=unit)

    return unwrapped


def nanprod(usual: Any, a: Any, axis: Any = None, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
    """What is nan is no factor, also of the units."""
    if axis is not None or args or kwargs or quantity_inside(a) is None:
        return usual(a, axis, dtype, *args, **kwargs)
    return prod(a, dtype=dtype, where=ops.logical_not(ops.isnan(a)))


def isin(system: UnitSystem) -> Callable[..., Any]:
    """Elements and test elements in one unit. What has another dimension is refused, or is not in, as the library
    says.
    """

    def is_in(usual: Any, element: Any, test_elements: Any, *args: Any, **kwargs: Any) -> Any:
        element, test_elements = operand(element), operand(test_elements)
        if system.other_dimensions_are_absent and wrong_units(system, element, test_elements) is not None:
            return np.zeros(ops.shape(element), bool)
        unit = first_unit(system, element, test_elements)
        pair = [numbers_in(system, unit, x) for x in (element, test_elements)]
        return usual(*pair, *args, **kwargs)

    return is_in


def sets(system: UnitSystem) -> Callable[..., Any]:
    """Two sets in the unit of the first, which the result has: intersect1d, setdiff1d."""

    def in_one_unit(usual: Any, ar1: Any, ar2: Any, *args: Any, **kwargs: Any) -> Any:
        unit = first_unit(system, ar1, ar2)
        made = usual(numbers_in(system, unit, ar1), numbers_in(system, unit, ar2), *args, **kwargs)
        if type(made) is tuple:
            return (attach(made[0], unit=unit), *made[1:])
        return attach(made, unit=unit)

    return in_one_unit


#: What makes the meaning for a library -> NumPy's functions.
FUNCTIONS: dict[Callable[[UnitSystem], Callable[..., Any]], tuple[Any, ...]] = {
    full_like: (np.full_like,),
    differences: (np.diff, np.ediff1d),
    interp: (np.interp,),
    unwrap: (np.unwrap,),
    isin: (np.isin,),
    sets: (np.intersect1d, np.setdiff1d),
    histogram_bin_edges: (np.histogram_bin_edges,),
    histogram: (np.histogram,),
    histogram2d: (np.histogram2d,),
    lambda system: of_numbers: (np.linalg.cond,),
    lambda system: nanprod: (np.nanprod,),
}
