"""Foreign values that were built round a traced one: turned round where they meet a traced value, or refused.

The constructor of somebody else's class knows nothing of normal form. What it wraps would count as a constant beside a
traced value, and its derivative would be lost in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dispatch.construct import FORMS
from ..dispatch.errors import LayerOrderError, at_user_line, class_name
from ..dispatch.layers import Layer, layer_of
from ..dispatch.operation import Operation
from ..dispatch.shown import Shown
from .traced import Traced


def may_hold_traced(cls: type) -> bool:
    """Whether a class is a layer of somebody else's with a constructor that takes whatever it is given."""
    info = layer_of(cls)
    if info is None or info.slot == "transform" or info.payload is None or info.rebuild is None:
        return False
    return info.cls not in FORMS and "carrier" not in info.properties


def holds_traced(payload: Any) -> bool:
    """Whether a payload is a traced value, or has one inside."""
    if type(payload) is tuple:
        return any(map(holds_traced, payload))
    if isinstance(payload, Traced):
        return True
    info = layer_of(type(payload))
    return info is not None and info.payload is not None and holds_traced(info.payload(payload))


def normal_form(x: Any) -> Any:
    """A value with traced values outside; the plugin's own `rebuild` may be able to turn one round. What a traced value
    shows becomes a plain array.

    Raises LayerOrderError where it is not: the derivative would get lost.
    """
    if type(x) is Shown:
        return x.copy()
    info = layer_of(type(x))
    if info is None or info.payload is None or info.rebuild is None or info.slot == "transform":
        return x
    payload = info.payload(x)
    if not holds_traced(payload):
        return x
    made = info.rebuild(x, payload)
    if isinstance(made, Traced):
        return made
    raise LayerOrderError(inside_out(x, info))


def inside_out(x: Any, info: Layer) -> str:
    """What is wrong with a value round a traced one, and what to write."""
    name = class_name(type(x))
    return (
        f"{name} was built round a traced value{at_user_line()}, which belongs outside: beside other traced values its "
        f"derivative would be lost. Pass the {type(x).__name__} as an argument of the function, or multiply one by the "
        f"value, instead of building it inside; or let the plugin of {class_name(info.cls)} build it in normal form "
        "(see 'Nesting' on the page for plugin authors)."
    )


def with_normal_forms(op: Operation, classes: tuple[type, ...], function: Callable[..., Any]) -> Callable[..., Any]:
    """An engine's implementation that looks at constants which may hold a traced value; itself where there are none."""
    if op.family == "layers":
        return function
    if op.variadic:
        if not any(map(may_hold_traced, classes)):
            return function

        def on_elements(elements: Any, /, **keywords: Any) -> Any:
            given = tuple(map(normal_form, elements))
            if any(x is not y for x, y in zip(given, elements, strict=True)):
                return op.function(given, **keywords)
            return function(elements, **keywords)

        return on_elements
    looked_at = tuple(k for k, cls in enumerate(classes) if may_hold_traced(cls))
    if not looked_at:
        return function

    def on_arguments(*arguments: Any, **keywords: Any) -> Any:
        for k in looked_at:
            x = arguments[k]
            made = normal_form(x)
            if made is not x:
                return op.function(*arguments[:k], made, *arguments[k + 1 :], **keywords)
        return function(*arguments, **keywords)

    return on_arguments
