"""Transparent structures in the engines: their rules run on traced values, and what the rules compute is recorded.

This is for classes of other packages; structures of one's own have their fields traced (`elements`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dispatch.lattice import outermost
from ..dispatch.layers import layer_of
from ..dispatch.operation import Operation
from ..dispatch.structures import TRANSPARENT, transparent_inside
from ..rules.registry import rule_of
from .provider import BY_FIELDS, TRACED
from .tape import PLAIN


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
    known: dict[tuple[type, ...], Callable[..., Any] | None] = {}  # dropped with this function when a rule is added

    def own_rule(arguments: tuple[Any, ...]) -> Callable[..., Any] | None:
        classes = tuple(f[1] for x in arguments if type(x) not in PLAIN and (f := transparent_inside(x)) is not None)
        if not classes:
            return None
        if classes not in known:
            known[classes] = rule_for(op, classes)
        return known[classes]

    if op.variadic:

        def through_elements(elements: Any, owner: Any, /, **keywords: Any) -> Any:
            rule = own_rule(elements)
            if rule is not None:
                made = rule(elements, **keywords)
                if made is not NotImplemented:
                    return made
            return general(elements, owner, **keywords)

        return through_elements

    def through(*arguments: Any, **keywords: Any) -> Any:
        rule = own_rule(arguments)
        if rule is not None:
            made = rule(*arguments, **keywords)
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


def rule_for(op: Operation, classes: tuple[type, ...]) -> Callable[..., Any] | None:
    """The rule of the outermost transparent structure among these for an operation, or its decomposition, unless it has
    a derivative rule of another kind than elementwise; None where there is none of these.
    """
    top = outermost(classes)
    cls = next(cls for cls in classes if layer_of(cls) is top)
    rule = next((op.layers[c] for c in cls.__mro__ if c in op.layers), None)
    derivative = rule_of(op)
    if rule is None and (derivative is None or derivative.kind == "elementwise"):
        rule = op.decomposition
    return rule


BY_FIELDS.insert(0, through_structures)  # structures of one's own are looked for first: they may meet sparse arrays
