"""Comparisons, tests and logic of reals and whole numbers."""

from __future__ import annotations

from .arithmetic import REAL
from .builder import Term, absolute, select
from .casts import converted
from .kinds import B1, I64
from .registry import emitter

NUMBERS = (*REAL, "b1")
#: Comparisons of a signed with an unsigned 64-bit number have loops of their own in NumPy.
MIXED = (("i64", "u64"), ("u64", "i64"))


def comparable(inputs: tuple[str, ...]) -> bool:
    """Two of one kind, or a signed and an unsigned 64-bit number."""
    return inputs in MIXED or inputs[0] in NUMBERS and inputs[0] == inputs[1]


def ordered(a: Term, b: Term, name: str) -> Term:
    """A comparison by name; truth values are compared as 0 and 1."""
    if a.kind is b.kind:
        if a.kind is B1:  # LLVM's signed i1 would be -1: zero-extended comparison is unsigned
            return getattr(a, name)(b)
        return getattr(a, name)(b)
    low, high = (a, b) if a.kind is I64 else (b, a)
    negative = low.less(0)
    compared = getattr(a.labelled(high.kind), name)(b.labelled(high.kind))
    answer = name == "not_equal" or (name in ("less", "less_equal")) == (low is a) and name != "equal"
    return select(negative, a.builder.number(answer, B1), compared)


def comparison(name: str) -> None:
    """Declare the emitter of a comparison."""

    @emitter(name, accepts=comparable)
    def compare(a: Term, b: Term) -> Term:
        return ordered(a, b, name)

    compare.__name__ = name


for each in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    comparison(each)


@emitter("logical_and", *NUMBERS)
def logical_and(a: Term, b: Term) -> Term:
    """Whether both are not zero; nan is not zero."""
    return converted(a, B1) & converted(b, B1)


@emitter("logical_or", *NUMBERS)
def logical_or(a: Term, b: Term) -> Term:
    """Whether one is not zero."""
    return converted(a, B1) | converted(b, B1)


@emitter("logical_xor", *NUMBERS)
def logical_xor(a: Term, b: Term) -> Term:
    """Whether exactly one is not zero."""
    return converted(a, B1) ^ converted(b, B1)


@emitter("logical_not", *NUMBERS)
def logical_not(a: Term) -> Term:
    """Whether it is zero."""
    return ~converted(a, B1)


@emitter("isnan", *NUMBERS)
def isnan(a: Term) -> Term:
    """Never of whole numbers."""
    return a.is_nan if a.kind.is_float else a.builder.number(0, B1)


@emitter("isinf", *NUMBERS)
def isinf(a: Term) -> Term:
    """Never of whole numbers."""
    return absolute(a).equal(float("inf")) if a.kind.is_float else a.builder.number(0, B1)


@emitter("isfinite", *NUMBERS)
def isfinite(a: Term) -> Term:
    """Always of whole numbers."""
    return absolute(a).less(float("inf")) if a.kind.is_float else a.builder.number(1, B1)


@emitter("signbit", "f32", "f64")
def signbit(a: Term) -> Term:
    """Of nan and zeros too."""
    return a.bits.less(0)


@emitter("sign", *REAL)
def sign(a: Term) -> Term:
    """-1, 0 or 1; nan for nan, 0.0 for -0.0."""
    if a.kind.is_float:
        rest = select(a.equal(0.0), 0.0, a)
        return select(a.greater(0.0), 1.0, select(a.less(0.0), -1.0, rest))
    positive = select(a.greater(0), 1, a.builder.number(0, a.kind))
    return select(a.less(0), -1, positive) if a.kind.category == "i" else positive
