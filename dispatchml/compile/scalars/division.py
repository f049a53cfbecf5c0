"""fmod, remainder and floor_divide of floating-point numbers: exact remainders, and NumPy's rounding of quotients."""

from __future__ import annotations

import math

from .builder import Term, absolute, copysign, fma, select, unary
from .casts import converted
from .kinds import F32, F64
from .registry import NotCompiled, emitter, part, part_in_text

#: |a| modulo |b| for finite a and b != 0 whose quotient is large: a's significand doubled bit by bit modulo b's.
LONG_DIVISION = """
  %x = bitcast double %a0 to i64
  %y = bitcast double %a1 to i64
  %xm = and i64 %x, 9223372036854775807
  %ym = and i64 %y, 9223372036854775807
  %xe0 = lshr i64 %xm, 52
  %ye0 = lshr i64 %ym, 52
  %xn = icmp ne i64 %xe0, 0
  %yn = icmp ne i64 %ye0, 0
  %xf = and i64 %xm, 4503599627370495
  %yf = and i64 %ym, 4503599627370495
  %xh = or i64 %xf, 4503599627370496
  %yh = or i64 %yf, 4503599627370496
  %xs = select i1 %xn, i64 %xh, i64 %xf
  %ys = select i1 %yn, i64 %yh, i64 %yf
  %xe = select i1 %xn, i64 %xe0, i64 1
  %ye = select i1 %yn, i64 %ye0, i64 1
  %zero = icmp eq i64 %ys, 0
  %m = select i1 %zero, i64 1, i64 %ys
  %first = urem i64 %xs, %m
  %steps = sub i64 %xe, %ye
  %some = icmp sgt i64 %steps, 0
  br i1 %some, label %loop, label %done
loop:
  %k = phi i64 [ %steps, %entry ], [ %fewer, %loop ]
  %r = phi i64 [ %first, %entry ], [ %next, %loop ]
  %twice = shl i64 %r, 1
  %less = sub i64 %twice, %m
  %fits = icmp uge i64 %twice, %m
  %next = select i1 %fits, i64 %less, i64 %twice
  %fewer = sub i64 %k, 1
  %more = icmp sgt i64 %fewer, 0
  br i1 %more, label %loop, label %done
done:
  %left = phi i64 [ %first, %entry ], [ %next, %loop ]
  %f = uitofp i64 %left to double
  %half = lshr i64 %ye, 1
  %rest = sub i64 %ye, %half
  %h1 = sub i64 %half, 538
  %h2 = sub i64 %rest, 537
  %b1 = add i64 %h1, 1023
  %b2 = add i64 %h2, 1023
  %c1 = shl i64 %b1, 52
  %c2 = shl i64 %b2, 52
  %s1 = bitcast i64 %c1 to double
  %s2 = bitcast i64 %c2 to double
  %g = fmul double %f, %s1
  %result = fmul double %g, %s2
  ret double %result
"""
part_in_text("long_division_f64", ["f64", "f64"], "f64", LONG_DIVISION)


@part("long_division_f32", ["f32", "f32"], attributes="noinline cold")
def long_division_of_singles(a: Term, b: Term) -> Term:
    """|a| modulo |b|."""
    return converted(a.builder.call("long_division_f64", F64, converted(a, F64), converted(b, F64)), F32)


@emitter("fmod", "f32", "f64")
def fmod(a: Term, b: Term) -> Term:
    """a - b trunc(a / b) with the sign of a, exactly.

    The quotient is at most one off when it is below 2**digits; the fused product then leaves the exact remainder of
    that, and one divisor more or less gives the right one.
    """
    if not a.builder.has_fma:
        raise NotCompiled
    kind = a.kind
    size, divisor = absolute(a), absolute(b)
    ratio = size / divisor
    left = fma(-unary("trunc", ratio), divisor, size)
    left = select(left.less(0.0), left + divisor, left)
    left = select(left.greater_equal(divisor), left - divisor, left)
    finite = size.less(math.inf)
    left = select(finite & divisor.equal(math.inf), size, left)
    far = ratio.greater_equal(2.0 ** (kind.digits - 1)) & finite & divisor.greater(0.0)
    left = a.builder.rarely(far, f"long_division_{kind.name}", (size, divisor), left)
    return copysign(left, a)


def with_sign_of(left: Term, b: Term) -> tuple[Term, Term]:
    """The remainder with the sign of b, given that with the sign of a; and whether it was moved."""
    moved = left.not_equal(0.0) & (b.less(0.0) ^ left.less(0.0)) & ~b.is_nan & ~left.is_nan
    return select(moved, left + b, select(left.equal(0.0), copysign(left, b), left)), moved


@emitter("remainder", "f32", "f64")
def remainder(a: Term, b: Term) -> Term:
    """a - b floor(a / b) with the sign of b; nan for a zero divisor."""
    return with_sign_of(fmod(a, b), b)[0]


@emitter("floor_divide", "f32", "f64")
def floor_divide(a: Term, b: Term) -> Term:
    """The whole number next to (a - remainder) / b, as NumPy rounds it; a / b for a zero divisor."""
    left = fmod(a, b)
    _, moved = with_sign_of(left, b)
    ratio = (a - left) / b
    ratio = select(moved, ratio - 1.0, ratio)
    down = unary("floor", ratio)
    down = select((ratio - down).greater(0.5), down + 1.0, down)
    direct = a / b
    y = select(ratio.equal(0.0), copysign(down * 0.0, direct), down)
    return select(b.equal(0.0), direct, y)
