"""Operations whose units follow a rule of their own. Each function is named after its operation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pint

from dispatchml import ops

from .families import multiplied as multiplied_family
from .units import (
    NONE,
    OFFSET,
    RADIAN,
    common,
    converted,
    delta,
    factor,
    first_quantity,
    is_difference,
    is_quantity,
    is_zero_or_nan,
    kind,
    plain_number,
    product,
    quantity,
    raised,
    ratio,
    reduced,
)

# ---- sums and differences --------------------------------------------------------------------------------------------


def add(a: Any, b: Any) -> Any:
    """Equal dimensions. A point of an offset scale and a difference give a point; two points raise, as in pint."""
    if not has_offset(a, b):
        like, units, (x, y) = common((a, b))
        return quantity(like, ops.add(x, y), units)
    if is_offset(a) and is_offset(b):
        raise pint.OffsetUnitCalculusError(a._units, b._units)
    point, other = (a, b) if is_offset(a) else (b, a)
    difference = as_difference(other, point)
    values = (point._magnitude, difference) if point is a else (difference, point._magnitude)
    return quantity(point, ops.add(*values), point._units)


def subtract(a: Any, b: Any) -> Any:
    """Equal dimensions. Two points of an offset scale give a difference, a point and a difference a point."""
    if not has_offset(a, b):
        like, units, (x, y) = common((a, b))
        return quantity(like, ops.subtract(x, y), units)
    if is_offset(a) and (not is_quantity(b) or is_difference(b)):
        return quantity(a, ops.subtract(a._magnitude, as_difference(b, a)), a._units)
    if is_offset(a):
        return quantity(a, ops.subtract(a._magnitude, converted(b, a._units)), delta(a))
    if not is_quantity(a) or is_difference(a):
        raise pint.OffsetUnitCalculusError(getattr(a, "_units", NONE), b._units)
    return quantity(a, ops.subtract(a._magnitude, converted(b, a._units)), a._units)


def is_offset(x: Any) -> bool:
    """Whether a value is a point of a scale with an offset."""
    return is_quantity(x) and kind(x) is OFFSET


def has_offset(a: Any, b: Any) -> bool:
    """Whether one of two values is a point of a scale with an offset; two registries are refused."""
    first_quantity((a, b))
    return is_offset(a) or is_offset(b)


def as_difference(x: Any, point: Any) -> Any:
    """The magnitude of what is added to a point of an offset scale, in the scale's own steps."""
    if is_quantity(x):
        if not is_difference(x) and kind(x) is not OFFSET and x._units != NONE:
            raise pint.OffsetUnitCalculusError(point._units, x._units)
        return converted(x, delta(point))
    if not is_zero_or_nan(x):
        raise pint.DimensionalityError(point._units, "dimensionless", point.dimensionality, "")
    return x


# ---- products and powers ---------------------------------------------------------------------------------------------


def multiply(a: Any, b: Any) -> Any:
    """Units multiply. A point of an offset scale times a number raises, or is such a point, as the registry says."""
    if not has_offset(a, b):
        return multiplied(a, b)
    point, other = (a, b) if is_offset(a) else (b, a)
    if is_quantity(other) or isinstance(other, pint.Unit) or not point._ok_for_muldiv():
        return multiplied(a, b)
    return quantity(point, ops.multiply(point._magnitude, other), point._units)


multiplied = multiplied_family(ops.multiply)


def power(a: Any, b: Any) -> Any:
    """A dimensional base needs one plain or dimensionless number as exponent; with a dimensionless base it may be an
    array.
    """
    like = first_quantity((a, b))
    exponent = plain_number(b)
    number = single_number(exponent)
    if is_quantity(a) and number is not None:
        return of_power(a, number)
    if is_quantity(a) and not a.dimensionless:
        raise pint.DimensionalityError(
            a._units,
            "dimensionless",
            a.dimensionality,
            "",
            extra_msg=". An array as exponent needs a dimensionless base",
        )
    return quantity(like, ops.power(plain_number(a), exponent), NONE)


def of_power(a: Any, number: Any) -> Any:
    """A quantity to a plain number."""
    if number == 1 and kind(a) is OFFSET:
        return a
    magnitude, units = factor(a)
    return reduced(quantity(a, ops.power(magnitude, number), raised(units, number)))


def single_number(x: Any) -> Any:
    """The one number that an exponent is, or None."""
    if isinstance(x, (np.ndarray, np.generic)):
        return x.item() if x.size == 1 and x.ndim == 0 else None
    return x if np.ndim(x) == 0 else None


def square_root_of_sum(q: Any, **keywords: Any) -> Any:
    """vector_norm: the units of a difference, except for ord=0, which counts."""
    made = ops.vector_norm(q._magnitude, **keywords)
    return quantity(q, made, delta(q)) if keywords.get("ord", 2) != 0 else made


def prod(q: Any, **keywords: Any) -> Any:
    """The units to the number of factors, which the shape gives."""
    magnitude, units = factor(q)
    shape, axis = np.shape(magnitude), keywords.get("axis")
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    count = math.prod(shape[k] for k in axes)
    return reduced(quantity(q, ops.prod(magnitude, **keywords), raised(units, count)))


# ---- choosing, comparing ---------------------------------------------------------------------------------------------


def where(condition: Any, a: Any, b: Any) -> Any:
    """The two values in one dimension; of a condition in units only counts whether it is zero."""
    condition = condition._magnitude if is_quantity(condition) else condition
    if first_quantity((a, b)) is None:
        return ops.where(condition, a, b)
    like, units, (x, y) = common((a, b))
    return quantity(like, ops.where(condition, x, y), units)


def where_or_zero(condition: Any, a: Any) -> Any:
    """The units of the value; the zeros are those of a difference."""
    condition = condition._magnitude if is_quantity(condition) else condition
    if not is_quantity(a):
        return ops.where_or_zero(condition, a)
    return quantity(a, ops.where_or_zero(condition, a._magnitude), a._units)


def copysign(a: Any, b: Any) -> Any:
    """The units of the first; the second gives its sign."""
    sign = b._magnitude if is_quantity(b) else b
    return quantity(a, ops.copysign(a._magnitude, sign), a._units) if is_quantity(a) else ops.copysign(a, sign)


def heaviside(a: Any, b: Any) -> Any:
    """A step of a number: the first gives its sign, the second is dimensionless."""
    like = first_quantity((a, b))
    return quantity(like, ops.heaviside(a._magnitude if is_quantity(a) else a, plain_number(b)), NONE)


def isclose(a: Any, b: Any, *, atol: Any = 1e-8, **keywords: Any) -> Any:
    """Equal dimensions; an absolute tolerance may be a quantity, a plain one is in the units of the first quantity."""
    like, units, (x, y) = common((a, b))
    if is_quantity(atol):
        first_quantity((like, atol))
        atol = converted(atol, units)
    return ops.isclose(x, y, atol=atol, **keywords)


def nan_to_num(q: Any, **keywords: Any) -> Any:
    """Replacements are quantities, or numbers in the units of the argument."""
    given = {k: converted(v, q._units) if is_quantity(v) else v for k, v in keywords.items()}
    kind(q)
    return quantity(q, ops.nan_to_num(q._magnitude, **given), q._units)


# ---- angles, logarithms ----------------------------------------------------------------------------------------------


def angle(q: Any) -> Any:
    """The phase of a complex number of any dimension, in radian."""
    return quantity(q, ops.angle(factor(q)[0]), RADIAN)


def deg2rad(q: Any) -> Any:
    """Degrees as radians: the same angle in other units. Linear, so that it takes the units of a derivative, too."""
    magnitude, units = factor(q)
    return quantity(q, ops.deg2rad(magnitude), product(units, RADIANS_PER_DEGREE))


def rad2deg(q: Any) -> Any:
    """Radians as degrees, the inverse of `deg2rad`."""
    magnitude, units = factor(q)
    return quantity(q, ops.rad2deg(magnitude), ratio(units, RADIANS_PER_DEGREE))


RADIANS_PER_DEGREE = RADIAN / pint.util.UnitsContainer({"degree": 1})


def xlogy(a: Any, b: Any) -> Any:
    """a log(b): the logarithm needs a number."""
    return times_number(ops.xlogy, a, b)


def xlog1py(a: Any, b: Any) -> Any:
    """a log(1 + b): the logarithm needs a number."""
    return times_number(ops.xlog1py, a, b)


def times_number(op: Any, a: Any, b: Any) -> Any:
    """A product of the first argument with a function of the second, which must be a number."""
    magnitude, units = factor(a)
    return quantity(first_quantity((a, b)), op(magnitude, plain_number(b)), units)


def slogdet(q: Any) -> Any:
    """Of numbers only: the logarithm of a determinant with units is none."""
    return ops.slogdet(plain_number(q))


# ---- filling, writing ------------------------------------------------------------------------------------------------


def full_like(q: Any, *, value: Any = 0, **keywords: Any) -> Any:
    """A quantity, or a number in the units of the argument."""
    kind(q)
    return quantity(q, ops.full_like(q._magnitude, value=in_units_of(value, q), **keywords), q._units)


def full_of(q: Any, *, value: Any = 0, **keywords: Any) -> Any:
    """A quantity, or a number in the units of the argument."""
    kind(q)
    return quantity(q, ops.full_of(q._magnitude, value=in_units_of(value, q), **keywords), q._units)


def in_units_of(value: Any, q: Any) -> Any:
    """A static value as a plain number in the units of a quantity."""
    return converted(value, q._units) if first_quantity((q, value)) is not None and is_quantity(value) else value


def pad_constant(q: Any, *, value: Any = 0, **keywords: Any) -> Any:
    """Padded with a quantity, with zero or nan, or with a number round a dimensionless quantity."""
    given, units = written(q, value)
    return quantity(q, ops.pad_constant(q._magnitude, value=given, **keywords), units)


def written(x: Any, value: Any) -> tuple[Any, Any]:
    """What is written into an array, in the array's own units."""
    if not is_quantity(x):
        return plain_number(value), None
    kind(x)
    first_quantity((x, value))
    if is_quantity(value):
        return converted(value, x._units), x._units
    if x._units and not is_zero_or_nan(value):
        return converted(quantity(x, value, NONE), x._units), x._units
    return value, x._units


def setitem(x: Any, value: Any, *, index: Any = ()) -> Any:
    """The value in the units of the array that it is written into."""
    given, units = written(x, value)
    if units is None:
        return ops.setitem(x, given, index=index)
    return quantity(x, ops.setitem(x._magnitude, given, index=index), units)


def add_at(x: Any, value: Any, *, index: Any = ()) -> Any:
    """The value in the units of the array that it is added to."""
    given, units = written(x, value)
    if units is None:
        return ops.add_at(x, given, index=index)
    return quantity(x, ops.add_at(x._magnitude, given, index=index), units)


def put_along_axis(x: Any, indices: Any, values: Any, *, axis: Any = -1) -> Any:
    """The values in the units of the array that they are written into."""
    given, units = written(x, values)
    indices = plain_number(indices)
    if units is None:
        return ops.put_along_axis(x, indices, given, axis=axis)
    return quantity(x, ops.put_along_axis(x._magnitude, indices, given, axis=axis), units)


# ---- matrices --------------------------------------------------------------------------------------------------------


def det(q: Any) -> Any:
    """The units to the number of rows."""
    magnitude, units = factor(q)
    return reduced(quantity(q, ops.det(magnitude), raised(units, np.shape(magnitude)[-1])))


def cofactor(matrices: Any) -> Any:
    """A determinant with one factor less, and one factor replaced for each direction."""
    like = first_quantity(matrices)
    taken = [factor(m) for m in matrices]
    rows = np.shape(taken[0][0])[-1]
    units = raised(taken[0][1], rows - len(taken))
    for _, u in taken[1:]:
        units = product(units, u)
    return reduced(quantity(like, ops.cofactor(tuple(m for m, _ in taken)), units))


def matrix_power(q: Any, *, n: int = 1) -> Any:
    """The units to the n."""
    magnitude, units = factor(q)
    return reduced(quantity(q, ops.matrix_power(magnitude, n=n), raised(units, n)))


def svd(q: Any, **keywords: Any) -> Any:
    """The units are those of the singular values."""
    magnitude, units = factor(q)
    made = ops.svd(magnitude, **keywords)
    if type(made) is not tuple:
        return quantity(q, made, units)
    u, s, vh = made
    return u, quantity(q, s, units), vh


def lstsq(a: Any, b: Any, **keywords: Any) -> Any:
    """(x, residuals, rank, singular values): b/a, b squared, none, a."""
    like = first_quantity((a, b))
    (x, u), (y, v) = factor(a), factor(b)
    solution, residuals, rank, values = ops.lstsq(x, y, **keywords)
    return (
        quantity(like, solution, ratio(v, u)),
        quantity(like, residuals, raised(v, 2)),
        rank,
        quantity(like, values, u),
    )


#: Exponent by name of a matrix function that takes units; the others are of numbers only.
EXPONENTS = {"sqrt": 0.5, "reciprocal": -1, "inverse_sqrt": -0.5}


def exponent_of(function: Any) -> Any:
    """The exponent of a matrix function that is a power, else None."""
    return function[1] if isinstance(function, tuple) else EXPONENTS.get(function)


def hermitian_function(q: Any, *, function: Any = "exp") -> Any:
    """Powers raise the units; everything else is of numbers only."""
    exponent = exponent_of(function)
    if exponent is None:
        return quantity(q, ops.hermitian_function(plain_number(q), function=function), NONE)
    magnitude, units = factor(q)
    return reduced(quantity(q, ops.hermitian_function(magnitude, function=function), raised(units, exponent)))


def frechet(matrices: Any, *, function: Any = "exp", **keywords: Any) -> Any:
    """The function's units with those of the first replaced by those of a direction, once for each direction."""
    like = first_quantity(matrices)
    exponent = exponent_of(function)
    first = matrices[0]
    if exponent is None:
        magnitude, units = plain_number(first), NONE
    else:
        magnitude, u = factor(first)
        units = raised(u, exponent - (len(matrices) - 1))
    taken = [factor(m) for m in matrices[1:]]
    for _, u in taken:
        units = product(units, u)
    made = ops.frechet((magnitude, *(m for m, _ in taken)), function=function, **keywords)
    return reduced(quantity(like, made, units))


def one_like(q: Any) -> Any:
    """The seed of a derivative: dimensionless, and a quantity, so that a gradient of quantities is one throughout."""
    return quantity(q, ops.one_like(q._magnitude), NONE)


def matrix_rank(q: Any, *, tol: Any = None, **keywords: Any) -> Any:
    """A number; a tolerance may be a quantity."""
    return ops.matrix_rank(factor(q)[0], tol=in_units_of(tol, q), **keywords)


#: Operation name -> rule.
PARTICULAR = {
    f.__name__: f
    for f in (
        add, subtract, multiply, power, prod, where, where_or_zero, copysign, heaviside, isclose, nan_to_num, angle,
        deg2rad, rad2deg, xlogy, xlog1py, slogdet, full_like, full_of, pad_constant, setitem, add_at, put_along_axis,
        det, cofactor, matrix_power, matrix_rank, one_like, svd, lstsq, hermitian_function, frechet,
    )
} | {"vector_norm": square_root_of_sum}  # fmt: skip
