"""Detours: operations whose derivative for some layer goes through a function that its plugin wrote.

The text of a rule knows nothing of units: the derivative of sin is cos, but where a radian is a unit, it is cos for one
radian. The plugin's function runs on the traced value, and what it computes with operations is what is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dispatch.layers import layer_of
from ..dispatch.operation import Operation
from ..rules.registry import DETOURS
from .tape import PLAIN


def with_detour(op: Operation, general: Callable[..., Any]) -> Callable[..., Any]:
    """An engine's implementation of an operation, which looks for layers that have a detour for it."""
    known = DETOURS.get(op)
    if known is None:
        return general

    def detoured(*arguments: Any, **keywords: Any) -> Any:
        for x in arguments:
            if type(x) not in PLAIN:
                found = detour_inside(known, x)
                if found is not None:
                    made = found(*arguments, **keywords)
                    return general(*arguments, **keywords) if made is NotImplemented else made
        return general(*arguments, **keywords)

    return detoured


def detour_inside(known: dict[type, Callable[..., Any]], x: Any) -> Callable[..., Any] | None:
    """The detour for a layer inside of a value, at any depth."""
    while type(x) not in PLAIN:
        info = layer_of(type(x))
        if info is None or info.payload is None:
            return None
        found = known.get(info.cls)
        if found is not None:
            return found
        x = info.payload(x)
        x = x[0] if type(x) is tuple and x else x
    return None
