"""Divisors, multiples and powers of whole numbers: functions with loops, so that loops of them are not vectorised."""

from __future__ import annotations

from .arithmetic import WHOLE
from .builder import Term, select
from .casts import converted
from .kinds import U64, UNSIGNED
from .registry import emitter, part_in_text

part_in_text(
    "gcd_u64",
    ["u64", "u64"],
    "u64",
    """
  br label %head
head:
  %a = phi i64 [ %a0, %entry ], [ %b, %body ]
  %b = phi i64 [ %a1, %entry ], [ %r, %body ]
  %end = icmp eq i64 %b, 0
  br i1 %end, label %done, label %body
body:
  %r = urem i64 %a, %b
  br label %head
done:
  ret i64 %a
""",
)
part_in_text(
    "power_u64",
    ["u64", "u64"],
    "u64",
    """
  br label %head
head:
  %n = phi i64 [ %a1, %entry ], [ %less, %body ]
  %square = phi i64 [ %a0, %entry ], [ %next, %body ]
  %y = phi i64 [ 1, %entry ], [ %grown, %body ]
  %end = icmp eq i64 %n, 0
  br i1 %end, label %done, label %body
body:
  %low = and i64 %n, 1
  %odd = icmp ne i64 %low, 0
  %product = mul i64 %y, %square
  %grown = select i1 %odd, i64 %product, i64 %y
  %next = mul i64 %square, %square
  %less = lshr i64 %n, 1
  br label %head
done:
  ret i64 %y
""",
)


def size(a: Term) -> Term:
    """|a| as an unsigned 64-bit number."""
    if a.kind.category == "u":
        return converted(a, U64)
    wide = converted(a, U64)
    return select(a.less(0), -wide, wide)


@emitter("gcd", *WHOLE)
def gcd(a: Term, b: Term) -> Term:
    """The greatest common divisor of the sizes (Euclid); 0 of zeros."""
    return converted(a.builder.call("gcd_u64", U64, size(a), size(b)), a.kind)


@emitter("lcm", *WHOLE)
def lcm(a: Term, b: Term) -> Term:
    """The least common multiple of the sizes, which wraps; 0 where one is 0."""
    first, second = size(a), size(b)
    divisor = a.builder.call("gcd_u64", U64, first, second)
    zero = divisor.equal(0)
    return converted(select(zero, 0, first.quotient(select(zero, 1, divisor)) * second), a.kind)


@emitter("power", *(kind.name for kind in UNSIGNED))
def power(a: Term, b: Term) -> Term:
    """By squares; it wraps. Of signed numbers there is none: NumPy raises for negative exponents."""
    return converted(a.builder.call("power_u64", U64, converted(a, U64), converted(b, U64)), a.kind)
