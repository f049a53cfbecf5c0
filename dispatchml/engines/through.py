"""Transparent structures in the engines: their rules run on traced values, and what the rules compute is recorded.

This is for classes of other packages; structures of one's own have their fields traced (`elements`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dispatch.lattice import outermost
from ..dispatch.operation import Operation
from ..dispatch.structures import TRANSPARENT, transparent_inside
from ..rules.registry import rule_of
from .provider import BY_FIELDS, TRACED
from .tape import PLAIN
from .traced import Traced


def has_transparent(x: Any) -> bool:
    """Whether a value, traced or not, has a transparent structure inside."""
    inner = x._value if isinstance(x, Traced) else x
    return type(inner) not in PLAIN and transparent_inside(inner) is not None


def stays_outside(op: Operation, engine: type) -> bool:
    """Whether an engine never looks inside for an operation: those of layers, and those without a derivative."""
    if not TRANSPARENT or op.family == "layers":
        return True
    if engine._hides_axis:  # type: ignore[attr-defined]
        return False
    rule = rule_of(op)
    return "transform" in op.strips or (rule is not None and rule.kind == "nondifferentiable")


def through_structures(op: Operation, engine: type, general: Callable[..., Any]) -> Callable[..., Any]:
    """An engine's implementation of an operation, which looks for transparent structures among the traced values."""
    if stays_outside(op, engine):
        return general
    if op.variadic:

        def through_elements(elements: Any, owner: Any, /, **keywords: Any) -> Any:
            if any(map(has_transparent, elements)):
                made = by_rule(op, elements, keywords)
                if made is not NotImplemented:
                    return made
            return general(elements, owner, **keywords)

        return through_elements

    def through(*arguments: Any, **keywords: Any) -> Any:
        if any(map(has_transparent, arguments)):
            made = by_rule(op, arguments, keywords)
            if made is not NotImplemented:
                return made
        return general(*arguments, **keywords)

    if op.arity > 2:
        return through

    # plain numbers below one derivative are told by two look-ups

    def through_one(x: Any, /, **keywords: Any) -> Any:
        return general(x, **keywords) if type(x._value) in PLAIN else through(x, **keywords)

    def through_two(a: Any, b: Any, /, **keywords: Any) -> Any:
        if type(a._value if type(a) in TRACED else a) in PLAIN and type(b._value if type(b) in TRACED else b) in PLAIN:
            return general(a, b, **keywords)
        return through(a, b, **keywords)

    return through_one if op.arity == 1 else through_two


def by_rule(op: Operation, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """An operation by the rule of the outermost transparent structure, or its decomposition, unless it has a derivative
    rule of another kind than elementwise; NotImplemented where there is none of these.
    """
    found = [f for f in map(transparent_inside, arguments) if f is not None]
    top = outermost(tuple(cls for _, cls in found))
    cls = next(cls for info, cls in found if info is top)
    rule = next((op.layers[c] for c in cls.__mro__ if c in op.layers), None)
    derivative = rule_of(op)
    if rule is None and (derivative is None or derivative.kind == "elementwise"):
        rule = op.decomposition
    if rule is None:
        return NotImplemented
    return rule(arguments, **keywords) if op.variadic else rule(*arguments, **keywords)


BY_FIELDS.insert(0, through_structures)  # structures of one's own are looked for first: they may meet sparse arrays
