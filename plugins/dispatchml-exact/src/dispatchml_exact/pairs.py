"""Two kinds of numbers in one operation: which of them the other becomes, or why they do not meet."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .errors import refuse_pair
from .kinds import Kind, elementwise


def refuse_together(one: type, other: type, way_out: str) -> None:
    """Elementwise operations of two classes raise."""

    def refusal(name: str) -> Callable[..., Any]:
        def on_both(a: Any, b: Any, **_: Any) -> Any:
            raise refuse_pair(name, a, b, way_out)

        return on_both

    for op in elementwise():
        if op.arity == 2:
            for hints in ((one, other), (other, one)):
                op.function.register(refusal(op.name), *hints)


def join(lower: type, upper: Kind, raised: Callable[[Any, Any], Any]) -> None:
    """Numbers of a class become numbers of a kind: raised(x, like)."""

    def joined(name: str, function: Any) -> Callable[..., Any]:
        def on_both(a: Any, b: Any, **keywords: Any) -> Any:
            a, b = (raised(a, b), b) if isinstance(b, upper.cls) else (a, raised(b, a))
            return function(a, b, **keywords)

        return on_both

    for op in elementwise():
        if op.arity == 2 and op.name != "where_or_zero":
            for hints in ((lower, upper.cls), (upper.cls, lower)):
                op.function.register(joined(op.name, op.function), *hints)


def declare_pairs(reals: Kind, complexes: Kind, intervals: Kind) -> None:
    """The kinds of mpmath with each other and with those of the standard library."""

    def quotient(q: Any, like: Any) -> Any:
        return reals_or_own(like)(q.numerator) / q.denominator

    def reals_or_own(like: Any) -> Any:
        return (getattr(type(like), "context", None) or type(like).ctx).mpf

    def in_context(x: Any, like: Any) -> Any:
        if reals.same is not None:
            reals.same("join", x, like)
        return type(like).context.mpc(x)

    join(reals.cls, complexes, in_context)
    join(reals.cls, intervals, lambda x, like: type(like).ctx.mpf(x))
    for kind in (reals, intervals):
        join(Fraction, kind, quotient)
    join(Fraction, complexes, lambda q, like: type(like).context.mpc(quotient(q, like)))
    refuse_together(complexes.cls, intervals.cls, "Write mpmath.iv.mpc(z) for an interval of complex numbers.")
    for kind in (reals, complexes, intervals):
        refuse_together(
            Decimal, kind.cls, "Write mpmath.mpf(str(d)), or mpmath.iv.mpf(str(d)) for an enclosure of the number."
        )
