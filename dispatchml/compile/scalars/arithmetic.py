"""Arithmetic of reals and whole numbers: exactly NumPy's."""

from __future__ import annotations

from .builder import Term, absolute, copysign, select, unary
from .casts import converted
from .kinds import B1, F64, I32, I64, INTEGERS
from .registry import emitter

WHOLE = tuple(kind.name for kind in INTEGERS)
REAL = (*WHOLE, "f32", "f64")


@emitter("add", *REAL, "b1")
def add(a: Term, b: Term) -> Term:
    """Whole numbers wrap; truth values: one or the other."""
    return a | b if a.kind is B1 else a + b


@emitter("subtract", *REAL)
def subtract(a: Term, b: Term) -> Term:
    """Whole numbers wrap."""
    return a - b


@emitter("multiply", *REAL, "b1")
def multiply(a: Term, b: Term) -> Term:
    """Whole numbers wrap; truth values: both."""
    return a & b if a.kind is B1 else a * b


@emitter("divide", *REAL, "b1")
def divide(a: Term, b: Term) -> Term:
    """Whole numbers are divided as float64."""
    if not a.kind.is_float:
        a, b = converted(a, F64), converted(b, F64)
    return a / b


@emitter("negative", *REAL)
def negative(a: Term) -> Term:
    """The least whole number is its own negative."""
    return -a


@emitter("positive", *REAL, "f16", "b1")
def positive(a: Term) -> Term:
    """The number itself."""
    return a


@emitter("absolute", *REAL, "b1")
def absolute_value(a: Term) -> Term:
    """The least whole number stays what it is, as in NumPy."""
    if a.kind.is_float:
        return absolute(a)
    return select(a.less(0), -a, a) if a.kind.category == "i" else a


@emitter("sqrt", "f32", "f64")
def sqrt(a: Term) -> Term:
    """nan below zero, -0.0 for -0.0."""
    return unary("sqrt", a)


@emitter("square", *REAL)
def square(a: Term) -> Term:
    """a * a."""
    return a * a


@emitter("reciprocal", *REAL)
def reciprocal(a: Term) -> Term:
    """1 / a; of whole numbers 1, -1 or 0, and for 0 what infinity becomes when NumPy's loop converts it."""
    if a.kind.is_float:
        return 1.0 / a
    infinity = -(2 ** (a.kind.bits - 1)) if a.kind in (I32, I64) else 0
    one = select(a.equal(1), a, a.builder.number(0, a.kind))
    one = select(a.equal(-1), a, one) if a.kind.category == "i" else one
    return select(a.equal(0), infinity, one)


@emitter("strong_multiply", "f32", "f64")
def strong_multiply(a: Term, b: Term) -> Term:
    """a * b, but zero instead of nan where one of them is zero."""
    product = a * b
    return select(product.not_equal(product) & (a.equal(0.0) | b.equal(0.0)), 0.0, product)


@emitter("divide_or_zero", "f32", "f64")
def divide_or_zero(a: Term, b: Term) -> Term:
    """a / b, zero where b is zero."""
    there = b.not_equal(0.0)
    return select(there, a / select(there, b, 1.0), 0.0)


@emitter("copysign", "f32", "f64")
def copysign_of(a: Term, b: Term) -> Term:
    """|a| with the sign of b."""
    return copysign(a, b)
