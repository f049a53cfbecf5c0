"""Where along the inner loop no condition changes: most of a row, apart from a few elements at its ends.

Neighbours, padding and joining are conditions on positions. Between the ends they are decided before the loop begins,
so that its vectors read memory without masks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ..lower.expressions import Expr
from ..lower.forms import Form, Variable

#: Shorter loops are not divided, nor those of which less than a share of the elements lies between the ends.
SHORTEST, SHARE = 64, 0.75
NO_VECTORS = '!"llvm.loop.vectorize.enable", i1 false'

Condition = tuple[Form, float, float]


class Interior(NamedTuple):
    """The elements low ... high - 1, and which conditions hold for all of them, or for none."""

    low: int
    high: int
    known: dict[Condition, bool]


def conditions_of(expressions: list[Expr], targets: list[Any]) -> list[Condition]:
    """The conditions that a loop looks at."""
    found: dict[Condition, None] = {}
    for expr in expressions:
        if expr.kind == "load":
            found |= dict.fromkeys((form, 0, n) for form, n in expr.payload[2])
        elif expr.kind == "choose":
            found |= dict.fromkeys(expr.payload)
    for target in targets:
        found |= dict.fromkeys(target.conditions)
    return list(found)


def holds_in(condition: Condition, inner: Variable) -> tuple[int, int] | None:
    """Between which elements of a loop a condition holds; None where it depends on anything else."""
    form, low, high = condition
    if len(form.terms) != 1 or form.terms[0][0] is not inner:
        return None
    c, first, last = form.terms[0][1], 0.0, float(inner.extent)
    for bound, is_low in ((low, c > 0), (high, c < 0)):
        if math.isinf(bound):
            continue
        # c i + constant < bound, and its opposite, change at one place
        place = -((form.constant - bound) // c) if c > 0 else (form.constant - bound) // -c + 1
        if is_low:
            first = max(first, place)
        else:
            last = min(last, place)
    return int(min(first, inner.extent)), int(max(last, min(first, inner.extent)))


def interior(expressions: list[Expr], targets: list[Any], inner: Variable) -> Interior | None:
    """The longest part of a loop in which every condition on its own position is decided."""
    low, high, known = 0, inner.extent, {}
    if inner.extent < SHORTEST:
        return None
    for condition in conditions_of(expressions, targets):
        found = holds_in(condition, inner)
        if found is None:
            continue
        first, last = found
        parts = [(low, min(high, first)), (max(low, first), min(high, last)), (max(low, last), high)]
        k = max(range(3), key=lambda k: parts[k][1] - parts[k][0])
        (low, high), known[condition] = parts[k], k == 1
    if not known or (low, high) == (0, inner.extent) or high - low < SHARE * inner.extent:
        return None
    return Interior(low, high, known)


def loops(writer: Any, found: Interior, first: str, last: str, loop: Callable[..., list[Any]]) -> list[tuple[Any, str]]:
    """A loop as one before the interior, one through it and one behind it; what all of them have added up.

    loop(first, last, hints): writes one, of at least one element, and gives its totals.
    """
    text = writer.text

    def between(place: int, low: str) -> str:
        smax = text.intrinsic("llvm.smax.i64", "i64", "i64", "i64")
        return text.let(f"call i64 @{smax}(i64 {low}, i64 {writer.least(text.size(place), last)})")

    begin = between(found.low, first)
    end = between(found.high, begin)
    totals: list[tuple[Any, str]] | None = None
    for low, high, known in ((first, begin, {}), (begin, end, found.known), (end, last, {})):
        if low is high:
            continue
        some, after, before = text.fresh("some"), text.fresh("after"), text.label
        text.branch(text.let(f"icmp slt i64 {low}, {high}"), some, after)
        text.begin(some)
        writer.body.known = known
        made = loop(low, high, () if known else (NO_VECTORS,))
        writer.body.known = {}
        joined_here = made
        if totals is not None:
            joined_here = [(t, writer.join(t, a, b)) for (t, a), (_, b) in zip(totals, made, strict=True)]
        inside = text.label
        text.jump(after)
        text.begin(after)
        earlier = [writer.nothing(t) for t, _ in made] if totals is None else [a for _, a in totals]
        totals = [
            (t, text.let(f"phi {writer.kind_of(t)} [ {now}, %{inside} ], [ {was}, %{before} ]"))
            for (t, now), was in zip(joined_here, earlier, strict=True)
        ]
    return totals or []
