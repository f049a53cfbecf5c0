"""What a traced value was made of, for rules that take it apart: see `dispatch/insides.py`."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ..dispatch.insides import ENGINE
from .forward import Dual, dual
from .reverse import Var, variable
from .views import current


def remember(whole: Any, part: Any) -> Any:
    """Keep the part under the entry of the whole: its payload and entry, since a traced value would hold the tape in a
    circle. It is dropped with the payload of the whole.
    """
    if type(whole) is not Var or type(part) is not Var or whole._tape is not part._tape or whole._tape.closed:
        return whole
    tape, index = whole._tape, whole._index
    if tape.insides is None:
        tape.insides = {}
    known = tape.insides

    def drop(_: Any) -> None:
        known.pop(index, None)

    try:
        alive = weakref.ref(whole._value, drop)
    except TypeError:  # of what cannot be referred to so, such as a traced payload, it would never be dropped
        return whole
    known[index] = (current(part), part._index, alive)
    return whole


def inside(whole: Any, value: Callable[[Any], Any], tangent: Callable[[Any], Any]) -> Any:
    """The traced inside of a traced value, where it is known."""
    cls = type(whole)
    if cls is Var:
        if whole._base is not None:
            current(whole)
        known = whole._tape.insides
        found = None if known is None else known.get(whole._index)
        return None if found is None else variable(found[0], whole._tape, found[1])
    return joined(whole, value, tangent) if cls is Dual else None


def joined(x: Any, value: Callable[[Any], Any], tangent: Callable[[Any], Any]) -> Any:
    """A dual number of what two functions make of the value and of the tangent."""
    if type(x) is not Dual or x._level.state:
        return None
    y = value(current(x))
    dy = None if y is None else tangent(x._partials)
    return None if dy is None else dual(y, dy, x._level)


ENGINE.update(remember=remember, inside=inside, around=joined)
