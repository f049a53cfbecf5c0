"""Derivatives of arithmetic."""

from functools import partial
from typing import Any

import numpy as np

from .. import ops
from .complexes import adjoint
from .registry import elementwise, rule
from .strong import as_is, strong

elementwise(ops.add, "1", "1")
elementwise(ops.subtract, "1", "-1")
elementwise(ops.multiply, "b", "a")
elementwise(ops.divide, "1/b", "-(y/b)", singular=True)
elementwise(ops.negative, "-1")
elementwise(ops.positive, "1")
elementwise(ops.sqrt, "1/(2*y)", singular=True)
elementwise(ops.square, "2*a")
elementwise(ops.reciprocal, "-(y*y)", singular=True)
elementwise(ops.divide_or_zero, "divide_or_zero(1, b)", "-divide_or_zero(y, b)")


# ---- strong_multiply: the product is zero wherever a factor is, and so are the products in its derivative ------------


@rule(ops.strong_multiply).jvp
def strong_multiply_jvp(y: Any, tangents: Any, a: Any, b: Any) -> Any:
    da, db = tangents
    if da is None:
        return ops.strong_multiply(a, db)
    if db is None:
        return ops.strong_multiply(da, b)
    return ops.add(ops.strong_multiply(da, b), ops.strong_multiply(a, db))


@rule(ops.strong_multiply).vjp
def strong_multiply_vjp(y: Any, a: Any, b: Any, *, needs: tuple[bool, ...]) -> Any:
    def strong_multiply_pullback(ct: Any) -> Any:
        da = ops.strong_multiply(ct, adjoint(b)) if needs[0] else None
        return da, ops.strong_multiply(ct, adjoint(a)) if needs[1] else None

    return strong_multiply_pullback


# ---- absolute value --------------------------------------------------------------------------------------------------


@rule(ops.absolute).jvp
def absolute_jvp(y: Any, tangents: Any, a: Any, *, strong: Any = as_is) -> Any:
    (da,), product = tangents, strong(ops.multiply)
    if ops.is_complex(a):
        return ops.real(product(da, ops.conj(ops.sign(a))))
    return product(da, ops.sign(a))


@rule(ops.absolute).vjp
def absolute_vjp(y: Any, a: Any, *, needs: tuple[bool, ...]) -> Any:
    def absolute_pullback(ct: Any, strong: Any = as_is) -> Any:
        return (strong(ops.multiply)(ct, ops.sign(a)),)

    return absolute_pullback


absolute_jvp.careful, absolute_vjp.careful = partial(absolute_jvp, strong=strong), strong


# ---- power -----------------------------------------------------------------------------------------------------------


def is_number(x: Any) -> bool:
    """Whether an exponent is a plain number, so that its value decides which formula is exact."""
    if isinstance(x, np.ndarray):
        return type(x) is np.ndarray and x.ndim == 0 and x.dtype.kind in "iufc"
    return isinstance(x, (int, float, complex, np.number)) or type(x).__name__ in ("Fraction", "Decimal")


def base_partial(a: Any, b: Any) -> Any:
    """b * a**(b-1), exact to every order: 0 at b = 0, also where a is 0 and the second factor would be infinite.

    A plain number as exponent is looked at as data, so that units and negative bases work and each further derivative
    meets the exponents n-1, n-2, ..., 1, 0.
    """
    if is_number(b):
        if b == 0:
            return ops.divide_or_zero(0, a)
        if b == 2:
            return ops.multiply(a, b)
        return ops.multiply(ops.power(a, b - 1), b)
    if ops.dtype(b).kind in "ub":
        b = ops.astype(b, dtype=np.int64)
    origin = ops.logical_and(ops.equal(a, 0), ops.equal(b, 0))
    return ops.multiply(b, ops.power(a, ops.where(origin, 0, ops.subtract(b, 1))))


def exponent_partial(y: Any, a: Any, b: Any) -> Any:
    """y * log(a), 0 where a is 0 and b positive."""
    if is_number(a) and a != 0:
        return ops.multiply(y, ops.log(a))
    vanishes = ops.logical_and(ops.equal(a, 0), ops.greater(b, 0))
    return ops.multiply(y, ops.log(ops.where(vanishes, 1, a)))


@rule(ops.power).jvp
def power_jvp(y: Any, tangents: Any, a: Any, b: Any) -> Any:
    da, db = tangents
    if db is None:
        return da if is_number(b) and b == 1 else ops.strong_multiply(da, base_partial(a, b))
    dy = ops.strong_multiply(db, exponent_partial(y, a, b))
    return dy if da is None else ops.add(ops.strong_multiply(da, base_partial(a, b)), dy)


@rule(ops.power).vjp
def power_vjp(y: Any, a: Any, b: Any, *, needs: tuple[bool, ...]) -> Any:
    if not needs[1]:
        y = None
    # of plain arrays 0 * inf raises in the sweep, and the pullback is run again with strong products
    usual = ops.multiply if type(a) is np.ndarray else ops.strong_multiply

    def power_pullback(ct: Any, product: Any = usual) -> Any:
        da = db = None
        if needs[0]:
            da = ct if is_number(b) and b == 1 else product(ct, adjoint(base_partial(a, b)))
        if needs[1]:
            db = ops.strong_multiply(ct, adjoint(exponent_partial(y, a, b)))
        return da, db

    return power_pullback


power_vjp.careful = ops.strong_multiply
