"""Loops whose way back hands one number on from iteration to iteration: x = f(x, a).

The way back through an iteration is linear in that number, so that it is written for the number 1 and its results are
scaled. Then what takes long, such as divisions, is the same whatever the later iterations hand on, and the processor
works at several iterations at once; from one iteration to the next there is one product.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .program import Call, Carried, Compute, If, Load, Loop, Store, Value

if TYPE_CHECKING:
    from .backward import Backward

#: Primitives that hand a cotangent on at once.
IMMEDIATE = ("add", "subtract", "negative", "positive", "copy")
#: From so many others on it is worth it; and up to so many numbers from outside.
FEWEST, MOST = 2, 8


def scaled(w: Backward, op: Loop, carried: Sequence[Carried]) -> bool:
    """Whether the way back through a loop's iterations is written for the number 1."""
    if len(carried) != 1 or not carried[0].value.kind.scalar or not isinstance(carried[0].next, Value):
        return False
    many = 0
    for inner in op.body.walk():
        if not w.active.works(inner):
            continue
        if isinstance(inner, (Call, Loop, Store, Load)) or any(not v.kind.scalar for v in inner.results()):
            return False
        many += isinstance(inner, Compute) and inner.primitive.name not in IMMEDIATE
    return many >= FEWEST and len(outside(w, op, carried)) <= MOST


def outside(w: Backward, op: Loop, carried: Sequence[Carried]) -> list[Value]:
    """The numbers from outside of a loop whose cotangents its iterations add to."""
    own = {c.value for c in op.carried}
    return sorted({v for v in w.touched(op.body) if v not in own}, key=lambda v: v.name)


def back(w: Backward, op: Loop, c: Carried) -> None:
    """Write the way back through one iteration for the number 1, and scale."""
    carry, others = w.carry(c), outside(w, op, [c])
    names: dict[Any, str] = {(v, "ct"): w.ct(v) for v in others}
    w.ready -= set(others)
    for v in others:
        w.others[v, "ct"] = w.fresh(f"{v}_part_ct")
    w.add(c.next, "1.0")
    w.back(op.body)
    parts = [(v, w.read(v)) for v in others if v in w.ready]
    along = w.read(c.value)
    w.ready -= set(others)
    w.others.update(names)
    w.ready |= set(others)
    sure = any(isinstance(x, Compute) and x.primitive.is_singular(x.arguments) for x in op.body.walk())
    sure = sure or any(isinstance(x, If) for x in op.body.walk())

    def product(text: str) -> str:
        if text in ("1.0", "-1.0"):
            return carry if text == "1.0" else f"-{carry}"
        if not sure:
            return f"{carry} * {text}"
        w.put(f"slope = {carry} * {text}")
        return f"slope if slope == slope or {carry} != 0.0 else 0.0"

    for v, text in parts:
        w.held.pop(v, None)
        more = product(text)
        w.put(f"{w.ct(v)} += {more}")
    w.held.pop(c.value, None)
    more = product(along) if along != "0.0" else "0.0"
    w.put(f"{carry} = {more}")
