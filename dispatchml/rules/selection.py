"""Derivatives of choosing between values. Masks come from the primal; the rest gets exactly zero, never 0 * ct."""

from typing import Any

from .. import ops
from .registry import elementwise, rule


def half(x: Any) -> Any:
    """x / 2, exact in x's own type."""
    return ops.divide(x, 2)


# ---- where -----------------------------------------------------------------------------------------------------------


@rule(ops.where, select=True).jvp
def where_jvp(y: Any, tangents: Any, condition: Any, a: Any, b: Any) -> Any:
    _, da, db = tangents
    if da is None and db is None:
        return ops.where_or_zero(False, y)
    if db is None:
        return ops.where_or_zero(condition, da)
    if da is None:
        return ops.where_or_zero(ops.logical_not(condition), db)
    return ops.where(condition, da, db)


@rule(ops.where).vjp
def where_vjp(y: Any, condition: Any, a: Any, b: Any, *, needs: tuple[bool, ...]) -> Any:
    def where_pullback(ct: Any) -> Any:
        da = ops.where_or_zero(condition, ct) if needs[1] else None
        db = ops.where_or_zero(ops.logical_not(condition), ct) if needs[2] else None
        return None, da, db

    return where_pullback


@rule(ops.where_or_zero, select=True).jvp
def where_or_zero_jvp(y: Any, tangents: Any, condition: Any, a: Any) -> Any:
    return ops.where_or_zero(False, y) if tangents[1] is None else ops.where_or_zero(condition, tangents[1])


@rule(ops.where_or_zero).vjp
def where_or_zero_vjp(y: Any, condition: Any, a: Any, *, needs: tuple[bool, ...]) -> Any:
    def where_or_zero_pullback(ct: Any) -> Any:
        return None, ops.where_or_zero(condition, ct) if needs[1] else None

    return where_or_zero_pullback


# ---- maximum, minimum, fmax, fmin: ties share equally ----------------------------------------------------------------


def declare_extremum(function: Any, wins: Any, select: bool) -> None:
    """The rule of an operation that takes one of two values; wins(a, b) says where it is the first one, ties apart.

    select: nan is left out of the result, so that it must be left out of the derivative too.
    """

    @rule(function, select=select).jvp
    def extremum_jvp(y: Any, tangents: Any, a: Any, b: Any) -> Any:
        da, db = tangents
        first, tie = wins(a, b), ops.equal(a, b)
        if db is None:
            return ops.where(tie, half(da), ops.where_or_zero(first, da))
        if da is None:
            return ops.where(tie, half(db), ops.where_or_zero(ops.logical_not(first), db))
        return ops.where(tie, half(ops.add(da, db)), ops.where(first, da, db))

    @rule(function).vjp
    def extremum_vjp(y: Any, a: Any, b: Any, *, needs: tuple[bool, ...]) -> Any:
        first, tie = wins(a, b), ops.equal(a, b)

        def extremum_pullback(ct: Any) -> Any:
            shared = half(ct)
            da = ops.where(tie, shared, ops.where_or_zero(first, ct)) if needs[0] else None
            db = ops.where(tie, shared, ops.where_or_zero(ops.logical_not(first), ct)) if needs[1] else None
            return da, db

        return extremum_pullback


declare_extremum(ops.maximum, ops.greater, False)
declare_extremum(ops.minimum, ops.less, False)
declare_extremum(ops.fmax, lambda a, b: ops.logical_or(ops.greater(a, b), ops.isnan(b)), True)
declare_extremum(ops.fmin, lambda a, b: ops.logical_or(ops.less(a, b), ops.isnan(b)), True)


# ---- the others ------------------------------------------------------------------------------------------------------

elementwise(ops.copysign, "sign(a)*sign(y)", None)
elementwise(ops.heaviside, None, "a == 0", select=True)


def where_finite(a: Any, v: Any) -> Any:
    """v where a is finite and zero elsewhere, by parts for complex numbers."""
    if ops.dtype(a).kind != "c":
        return ops.where_or_zero(ops.isfinite(a), v)
    real, imag = ops.isfinite(ops.real(a)), ops.isfinite(ops.imag(a))
    return ops.make_complex(ops.where_or_zero(real, ops.real(v)), ops.where_or_zero(imag, ops.imag(v)))


@rule(ops.nan_to_num, select=True).jvp
def nan_to_num_jvp(y: Any, tangents: Any, a: Any, **replacements: Any) -> Any:
    return where_finite(a, tangents[0])


@rule(ops.nan_to_num).vjp
def nan_to_num_vjp(y: Any, a: Any, *, needs: tuple[bool, ...], **replacements: Any) -> Any:
    def nan_to_num_pullback(ct: Any) -> Any:
        return (where_finite(a, ct),)

    return nan_to_num_pullback
