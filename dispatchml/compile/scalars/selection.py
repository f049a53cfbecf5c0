"""Choosing between values."""

from __future__ import annotations

from .builder import Term, select
from .comparison import NUMBERS
from .complexes import Pair
from .kinds import B1, COMPLEX, F16, KINDS
from .registry import emitter

ANY = (*KINDS, *COMPLEX)


def chosen(condition: Term, a: Term | Pair, b: Term | Pair) -> Term | Pair:
    """a where the condition holds, else b; both real or both complex."""
    if isinstance(a, Pair):
        assert isinstance(b, Pair)
        return Pair(select(condition, a.real, b.real), select(condition, a.imag, b.imag))
    assert isinstance(b, Term)
    return select(condition, a, b)


def truth(x: Term | Pair) -> Term:
    """Whether a number is not zero."""
    if isinstance(x, Pair):
        return x.real.not_equal(0) | x.imag.not_equal(0)
    return x if x.kind is B1 else x.not_equal(0)


@emitter("where", accepts=lambda inputs: len(inputs) == 3 and inputs[1] == inputs[2])
def where(condition: Term | Pair, a: Term | Pair, b: Term | Pair) -> Term | Pair:
    """a where the condition is not zero, else b."""
    return chosen(truth(condition), a, b)


@emitter("where_or_zero", accepts=lambda inputs: len(inputs) == 2)
def where_or_zero(condition: Term | Pair, a: Term | Pair) -> Term | Pair:
    """a where the condition is not zero, else zero."""
    if isinstance(a, Pair):
        zero = a.real.builder.number(0, a.real.kind)
        return chosen(truth(condition), a, Pair(zero, zero))
    return select(truth(condition), a, 0)


def larger_or_smaller(name: str, comparison: str, keeps_nan: bool) -> None:
    """Declare maximum, minimum, fmax or fmin. Of zeros that differ in sign NumPy's loops give the second one in single
    and double precision (its fmax and fmin either one, by place) and the first one in half precision.
    """

    @emitter(name, *NUMBERS, "f16")
    def choose(a: Term, b: Term) -> Term:
        first = getattr(a, f"{comparison}_equal" if a.kind is F16 else comparison)(b)
        if a.kind.is_float:
            first = first | (a if keeps_nan else b).is_nan
        return select(first, a, b)

    choose.__name__ = name


larger_or_smaller("maximum", "greater", True)
larger_or_smaller("minimum", "less", True)
larger_or_smaller("fmax", "greater", False)
larger_or_smaller("fmin", "less", False)
