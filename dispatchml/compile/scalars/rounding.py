"""Rounding, neighbours, and other operations on the bits of floating-point numbers."""

from __future__ import annotations

import math
import sys

from .arithmetic import WHOLE
from .builder import Term, absolute, copysign, select, unary
from .casts import converted
from .kinds import F16, F32, F64, U8, Kind
from .registry import NotCompiled, emitter


def rounding(name: str) -> None:
    """Declare floor, ceil, trunc or rint."""

    @emitter(name, *WHOLE, "b1", "f32", "f64")
    def rounded(a: Term) -> Term:
        return unary(name, a) if a.kind.is_float else a

    rounded.__name__ = name


for each in ("floor", "ceil", "trunc", "rint"):
    rounding(each)


@emitter("round", *WHOLE, "f16", "f32", "f64")
def round_to(a: Term, *, decimals: int = 0) -> Term:
    """To so many decimals, by multiplying with a power of ten, rounding and dividing, as NumPy does."""
    if not a.kind.is_float:
        if decimals >= 0:
            return a
        raise NotCompiled
    if decimals == 0:
        return unary("rint", a)
    power = 10.0 ** abs(decimals)
    if abs(decimals) > 22 or power != float(a.kind.dtype.type(power)):
        raise NotCompiled
    if decimals > 0:
        return unary("rint", a * power) / power
    return unary("rint", a / power) * power


@emitter("nextafter", "f16", "f32", "f64")
def nextafter(a: Term, b: Term) -> Term:
    """The number after a towards b: the next bits away from or towards zero."""
    kind = a.kind
    bits = a.bits
    outwards = (b.greater(a)) ^ bits.less(0)
    stepped = select(outwards, bits + 1, bits - 1).floating(kind)
    smallest = copysign(a.builder.number(1, bits.kind).floating(kind), b)
    y = select(a.equal(0.0), smallest, stepped)
    y = select(a.equal(b), a if kind is F16 else b, y)
    return select(a.is_nan | b.is_nan, a + b, y)


@emitter("spacing", "f32", "f64")
def spacing(a: Term) -> Term:
    """The distance to the next number away from zero, with a's sign; nan of infinities."""
    kind = a.kind
    size = absolute(a)
    unit = (size.bits + 1).floating(kind) - size
    unit = select(a.equal(0.0), unit, copysign(unit, a))
    return select(size.less(math.inf), unit, a.builder.number(math.nan, kind))


@emitter("spacing", "f16")
def spacing_of_halves(a: Term) -> Term:
    """The distance to the next number upwards: NumPy's half precision is unlike the others."""
    up = select(a.bits.less(0), a.bits - 1, a.bits + 1).floating(F16)
    up = select(a.equal(0.0), a.builder.number(1, a.bits.kind).floating(F16), up)
    wide = converted(up, F32) - converted(a, F32)
    return select(absolute(a).less(math.inf), converted(wide, F16), a.builder.number(math.nan, F16))


def _largest(kind: Kind) -> float:
    """The largest finite number."""
    if kind is F16:
        return 65504.0
    return sys.float_info.max if kind is F64 else (2.0 - 2.0**-23) * 2.0**127


@emitter("heaviside", "f32", "f64")
def heaviside(a: Term, b: Term) -> Term:
    """0 below 0, b at 0, 1 above; nan for nan."""
    y = select(a.equal(0.0), b, select(a.less(0.0), a.builder.number(0.0, a.kind), 1.0))
    return select(a.is_nan, a, y)


@emitter("nan_to_num", *WHOLE, "b1", "f16", "f32", "f64")
def nan_to_num(a: Term, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Term:
    """nan and infinities replaced; None: the largest and the smallest number."""
    if not a.kind.is_float:
        return a
    if not all(isinstance(x, (int, float, type(None))) for x in (nan, posinf, neginf)):
        raise NotCompiled
    largest = _largest(a.kind)
    y = select(a.equal(math.inf), largest if posinf is None else posinf, a)
    y = select(a.equal(-math.inf), -largest if neginf is None else neginf, y)
    return select(a.is_nan, nan, y)


@emitter("deg2rad", "f32", "f64")
def deg2rad(a: Term) -> Term:
    """a * (pi / 180)."""
    pi = a.kind.dtype.type(math.pi)
    return a * float(pi / a.kind.dtype.type(180))


@emitter("rad2deg", "f32", "f64")
def rad2deg(a: Term) -> Term:
    """a * (180 / pi)."""
    pi = a.kind.dtype.type(math.pi)
    return a * float(a.kind.dtype.type(180) / pi)


@emitter("bitwise_count", *WHOLE)
def bitwise_count(a: Term) -> Term:
    """How many bits of |a| are set."""
    size = select(a.less(0), -a, a) if a.kind.category == "i" else a
    return converted(a.builder.intrinsic("ctpop", a.kind, size), U8)


@emitter("stop_gradient", *WHOLE, "b1", "f16", "f32", "f64", "c64", "c128")
def stop_gradient(a: Term) -> Term:
    """The number itself."""
    return a


@emitter("isclose", "f16", "f32", "f64")
def isclose(a: Term, b: Term, *, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Term:
    """|a - b| <= atol + rtol |b| for finite b, equality for infinite ones."""
    near = absolute(a - b).less_equal(absolute(b) * rtol + atol) & absolute(b).less(math.inf)
    found = near | a.equal(b)
    return found | (a.is_nan & b.is_nan) if equal_nan else found
