"""Arithmetic, comparisons and parts of complex numbers."""

from __future__ import annotations

import math
from typing import Any

from ..mathematics.inverse_trigonometry import arctan2
from ..mathematics.roots import hypot
from .builder import Term, absolute, fma, select, unary
from .casts import converted
from .comparison import NUMBERS
from .complexes import Pair
from .kinds import COMPLEX, F16, F32
from .registry import emitter
from .rounding import nan_to_num, round_to
from .selection import chosen, truth

BOTH = tuple(COMPLEX)


@emitter("add", *BOTH)
def add(a: Pair, b: Pair) -> Pair:
    """By parts."""
    return Pair(a.real + b.real, a.imag + b.imag)


@emitter("subtract", *BOTH)
def subtract(a: Pair, b: Pair) -> Pair:
    """By parts."""
    return Pair(a.real - b.real, a.imag - b.imag)


@emitter("multiply", *BOTH)
def multiply(a: Pair, b: Pair) -> Pair:
    """Four products, two of them added without rounding where the target can: so do NumPy's loops."""
    return Pair(fma(a.real, b.real, -(a.imag * b.imag)), fma(a.real, b.imag, a.imag * b.real))


@emitter("divide", *BOTH)
def divide(a: Pair, b: Pair) -> Pair:
    """Scaled by the larger part of the divisor (R. Smith, 1962), as NumPy does; by zero: each part by zero."""
    wide = absolute(b.real).greater_equal(absolute(b.imag))
    large, small = select(wide, b.real, b.imag), select(wide, b.imag, b.real)
    ratio = small / large
    scale = 1.0 / (large + small * ratio)
    first, second = select(wide, a.real, a.imag), select(wide, a.imag, a.real)
    real = (first + second * ratio) * scale
    imag = select(wide, a.imag - a.real * ratio, a.imag * ratio - a.real) * scale
    zero = b.real.equal(0.0) & b.imag.equal(0.0)
    size = absolute(b.real)
    return Pair(select(zero, a.real / size, real), select(zero, a.imag / size, imag))


@emitter("negative", *BOTH)
def negative(a: Pair) -> Pair:
    """By parts."""
    return Pair(-a.real, -a.imag)


@emitter("positive", *BOTH)
def positive(a: Pair) -> Pair:
    """The number itself."""
    return a


@emitter("square", *BOTH)
def square(a: Pair) -> Pair:
    """a * a."""
    return multiply(a, a)


@emitter("reciprocal", *BOTH)
def reciprocal(a: Pair) -> Pair:
    """1 / a, scaled by the larger part."""
    wide = absolute(a.imag).less_equal(absolute(a.real))
    large, small = select(wide, a.real, a.imag), select(wide, a.imag, a.real)
    ratio = small / large
    divisor = large + small * ratio
    one = 1.0 / divisor
    return Pair(select(wide, one, ratio / divisor), select(wide, -ratio / divisor, -1.0 / divisor))


@emitter("absolute", *BOTH)
def absolute_value(a: Pair) -> Term:
    """The modulus."""
    return hypot(a.real, a.imag)


@emitter("equal", *BOTH)
def equal(a: Pair, b: Pair) -> Term:
    """Both parts."""
    return a.real.equal(b.real) & a.imag.equal(b.imag)


@emitter("not_equal", *BOTH)
def not_equal(a: Pair, b: Pair) -> Term:
    """One of the parts."""
    return a.real.not_equal(b.real) | a.imag.not_equal(b.imag)


def by_order(name: str) -> None:
    """Declare an order by real parts, then imaginary parts; nan parts make it false."""

    @emitter(name, *BOTH)
    def ordered(a: Pair, b: Pair) -> Term:
        strict = name.split("_")[0]
        first = getattr(a.real, strict)(b.real) & ~a.imag.is_nan & ~b.imag.is_nan
        return first | (a.real.equal(b.real) & getattr(a.imag, name)(b.imag))

    ordered.__name__ = name


for each in ("less", "less_equal", "greater", "greater_equal"):
    by_order(each)


def logic(name: str, write: Any) -> None:
    """Declare a logical operation of truth values."""
    emitter(name, *BOTH)(write)


logic("logical_and", lambda a, b: truth(a) & truth(b))
logic("logical_or", lambda a, b: truth(a) | truth(b))
logic("logical_xor", lambda a, b: truth(a) ^ truth(b))
logic("logical_not", lambda a: ~truth(a))
logic("isnan", lambda a: a.real.is_nan | a.imag.is_nan)
logic("isinf", lambda a: absolute(a.real).equal(math.inf) | absolute(a.imag).equal(math.inf))
logic("isfinite", lambda a: absolute(a.real).less(math.inf) & absolute(a.imag).less(math.inf))


@emitter("real", *BOTH, *NUMBERS, "f16")
def real(a: Pair | Term) -> Term:
    """The real part."""
    return a.real if isinstance(a, Pair) else a


@emitter("imag", *BOTH, *NUMBERS, "f16")
def imag(a: Pair | Term) -> Term:
    """The imaginary part; zero of real numbers."""
    return a.imag if isinstance(a, Pair) else a.builder.number(0, a.kind)


@emitter("conj", *BOTH, *NUMBERS, "f16")
def conj(a: Pair | Term) -> Pair | Term:
    """The conjugate; real numbers themselves."""
    return Pair(a.real, -a.imag) if isinstance(a, Pair) else a


@emitter("angle", *BOTH, "f32", "f64")
def angle(a: Pair | Term) -> Term:
    """The argument in [-pi, pi]."""
    if isinstance(a, Pair):
        return arctan2(a.imag, a.real)
    return arctan2(a.builder.number(0.0, a.kind), a)


@emitter("make_complex", "f16", "f32", "f64")
def make_complex(a: Term, b: Term) -> Pair:
    """The number with these parts."""
    return Pair(converted(a, F32), converted(b, F32)) if a.kind is F16 else Pair(a, b)


def larger_or_smaller(name: str, comparison: str, keeps_nan: bool) -> None:
    """Declare maximum, minimum, fmax or fmin in the order of real, then imaginary parts."""

    @emitter(name, *BOTH)
    def choose(a: Pair, b: Pair) -> Pair:
        first = getattr(a.real, comparison)(b.real) & ~a.imag.is_nan & ~b.imag.is_nan
        first = first | (a.real.equal(b.real) & getattr(a.imag, f"{comparison}_equal")(b.imag))
        other = a if keeps_nan else b
        chosen = first | other.real.is_nan | other.imag.is_nan
        return Pair(select(chosen, a.real, b.real), select(chosen, a.imag, b.imag))

    choose.__name__ = name


larger_or_smaller("maximum", "greater", True)
larger_or_smaller("minimum", "less", True)
larger_or_smaller("fmax", "greater", False)
larger_or_smaller("fmin", "less", False)


@emitter("rint", *BOTH)
def rint(a: Pair) -> Pair:
    """By parts."""
    return Pair(unary("rint", a.real), unary("rint", a.imag))


@emitter("strong_multiply", *BOTH)
def strong_multiply(a: Pair, b: Pair) -> Pair:
    """a * b, but zero where one of them is."""
    zero = a.real.builder.number(0.0, a.real.kind)
    nothing = Pair(zero, zero)
    first, second = chosen(truth(b), a, nothing), chosen(truth(a), b, nothing)
    assert isinstance(first, Pair)
    assert isinstance(second, Pair)
    return multiply(first, second)


@emitter("divide_or_zero", *BOTH)
def divide_or_zero(a: Pair, b: Pair) -> Pair | Term:
    """a / b, zero where b is zero."""
    zero, one = (a.real.builder.number(x, a.real.kind) for x in (0.0, 1.0))
    there = truth(b)
    divisor = chosen(there, b, Pair(one, zero))
    assert isinstance(divisor, Pair)
    return chosen(there, divide(a, divisor), Pair(zero, zero))


@emitter("isclose", *BOTH)
def isclose(a: Pair, b: Pair, *, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Term:
    """|a - b| <= atol + rtol |b| for finite b, equality for infinite ones."""
    size = absolute_value(b)
    difference = hypot(a.real - b.real, a.imag - b.imag)
    finite = absolute(b.real).less(math.inf) & absolute(b.imag).less(math.inf)
    found = (difference.less_equal(size * rtol + atol) & finite) | equal(a, b)
    if not equal_nan:
        return found
    return found | ((a.real.is_nan | a.imag.is_nan) & (b.real.is_nan | b.imag.is_nan))


@emitter("nan_to_num", *BOTH)
def nan_to_num_of_parts(a: Pair, **keywords: Any) -> Pair:
    """By parts."""
    return Pair(nan_to_num(a.real, **keywords), nan_to_num(a.imag, **keywords))


@emitter("round", *BOTH)
def round_parts(a: Pair, *, decimals: int = 0) -> Pair:
    """By parts."""
    return Pair(round_to(a.real, decimals=decimals), round_to(a.imag, decimals=decimals))
