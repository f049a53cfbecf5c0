"""Division, shifts and bits of whole numbers: NumPy's results where the processor's instructions have none."""

from __future__ import annotations

from .arithmetic import WHOLE
from .builder import Term, select
from .kinds import SIGNED
from .registry import emitter

SIGNED_NAMES = tuple(kind.name for kind in SIGNED)


def divisor(a: Term, b: Term) -> Term:
    """A divisor for which the quotient is defined: 1 in place of 0, and of -1 beside the least number."""
    unsafe = b.equal(0)
    if a.kind.category == "i":
        unsafe = unsafe | (b.equal(-1) & a.equal(-(2 ** (a.kind.bits - 1))))
    return select(unsafe, 1, b)


@emitter("floor_divide", *WHOLE)
def floor_divide(a: Term, b: Term) -> Term:
    """Rounded down; 0 for a zero divisor; the least number over -1 is itself."""
    safe = divisor(a, b)
    quotient = a.quotient(safe)
    if a.kind.category == "i":
        left = a - quotient * safe
        down = left.not_equal(0) & (left ^ safe).less(0)
        quotient = select(down, quotient - 1, quotient)
    return select(b.equal(0), 0, quotient)


@emitter("remainder", *WHOLE)
def remainder(a: Term, b: Term) -> Term:
    """With the sign of b; 0 for a zero divisor."""
    safe = divisor(a, b)
    left = a.rest(safe)
    if a.kind.category == "i":
        left = select(left.not_equal(0) & (left ^ safe).less(0), left + safe, left)
    return select(b.equal(0), 0, left)


@emitter("fmod", *WHOLE)
def fmod(a: Term, b: Term) -> Term:
    """With the sign of a; 0 for a zero divisor."""
    return select(b.equal(0), 0, a.rest(divisor(a, b)))


def width(b: Term) -> Term:
    """Whether a shift is less than the width."""
    n = b.kind.bits
    fits = b.less(n)
    return fits & b.greater_equal(0) if b.kind.category == "i" else fits


@emitter("bitwise_left_shift", *WHOLE)
def left_shift(a: Term, b: Term) -> Term:
    """0 for shifts of the width and more, and negative ones."""
    fits = width(b)
    return select(fits, a << select(fits, b, 0), 0)


@emitter("bitwise_right_shift", *WHOLE)
def right_shift(a: Term, b: Term) -> Term:
    """The sign alone for shifts of the width and more, and negative ones."""
    fits = width(b)
    beyond = a >> (a.kind.bits - 1) if a.kind.category == "i" else a - a
    return select(fits, a >> select(fits, b, 0), beyond)


@emitter("bitwise_and", *WHOLE, "b1")
def bitwise_and(a: Term, b: Term) -> Term:
    """a & b."""
    return a & b


@emitter("bitwise_or", *WHOLE, "b1")
def bitwise_or(a: Term, b: Term) -> Term:
    """a | b."""
    return a | b


@emitter("bitwise_xor", *WHOLE, "b1")
def bitwise_xor(a: Term, b: Term) -> Term:
    """a ^ b."""
    return a ^ b


@emitter("bitwise_invert", *WHOLE, "b1")
def bitwise_invert(a: Term) -> Term:
    """~a."""
    return ~a
