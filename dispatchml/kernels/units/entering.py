"""Quantities through a compiled kernel: their units are checked once, and it runs on their magnitudes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...dispatch.layers import layer_of
from ...engines.record import Rec
from ...engines.traced import Traced, innermost
from ...transforms.containers import flatten
from ..closing import Closed
from ..source import Source, read
from .algebra import FREE, Algebra, NotKnown
from .reading import Reading

#: How many combinations of units a kernel keeps.
KEPT = 64


class Units:
    """The units of a kernel's results by those of its arguments, for its text as it is."""

    def __init__(self, function: Any, closed: Closed) -> None:
        self.closed = closed
        self.source: Source = read(function)
        self.found: dict[Any, Any] = {}

    def result(self, given: tuple[Any, ...], algebra: Algebra) -> Any:
        """The units of the result; NotKnown where the text does not say, as often as it is asked."""
        key = (id(type(algebra.system)), given)
        if key not in self.found:
            if len(self.found) >= KEPT:
                self.found.clear()
            try:
                self.found[key] = Reading(algebra).run(self.source, given)
            except NotKnown as why:
                self.found[key] = why
        found = self.found[key]
        if isinstance(found, NotKnown):
            raise found
        return found


def through(kernel: Any, arguments: tuple[Any, ...], closed: Closed) -> Any:
    """What a kernel gives for arguments of which some are quantities, traced or not.

    Raises NotKnown where units cannot be told from the text, or an argument is another layer; the library's own error
    where dimensions do not fit, whichever branch is taken.
    """
    from ...units import entering

    first: Any = None
    for x in flatten(arguments)[0]:
        inside = innermost(x)
        info = layer_of(type(inside))
        if info is None:
            continue
        if info not in entering.SYSTEMS:
            raise NotKnown("an argument is of another kind than quantities")
        system = entering.SYSTEMS[info]
        if first is not None and type(first[0]) is not type(system):
            raise NotKnown("quantities of several libraries")
        if first is not None:
            system.same_registry(first[1], inside)
        first = first or (system, inside)
    if first is None or closed.hidden:
        raise NotKnown("values from outside are read at each call")
    system, like = first
    given = tuple(units_of(x, system) for x in arguments)
    if kernel.units is None or kernel.units.closed is not closed:
        kernel.units = Units(kernel.py_func, closed)
    units = kernel.units.result(given, Algebra(system, like))
    bare = tuple(numbers_of(x, entering) for x in arguments)
    return with_units(kernel.call(bare), units, system, like, entering)


def units_of(x: Any, system: Any) -> Any:
    """The units of an argument."""
    if type(x) is tuple:
        return tuple(units_of(part, system) for part in x)
    inside = innermost(x)
    if layer_of(type(inside)) is None:
        if isinstance(inside, (Traced, np.ndarray, np.generic, int, float)) or inside is None or type(inside) is Rec:
            return None
        raise NotKnown(f"an argument of the class {type(inside).__name__}")
    if system.check(inside):
        raise NotKnown("a scale with an offset")
    if layer_of(type(system.magnitude(inside))) is not None and type(system.magnitude(inside)) is not Rec:
        raise NotKnown("a quantity of a layer")
    return system.units(inside)


def numbers_of(x: Any, entering: Any) -> Any:
    """An argument without units."""
    if type(x) is tuple:
        return tuple(numbers_of(part, entering) for part in x)
    return entering.magnitude(x) if layer_of(type(innermost(x))) is not None else x


def with_units(y: Any, units: Any, system: Any, like: Any, entering: Any) -> Any:
    """A result in its units."""
    if type(y) is tuple:
        each = units if isinstance(units, tuple) else (units,) * len(y)
        return tuple(with_units(part, u, system, like, entering) for part, u in zip(y, each, strict=True))
    if units is None or units is FREE or y is None or np.dtype(ops.dtype(y)).kind == "b":
        return y
    if type(innermost(y)) is Rec:  # of a program that is recorded, whose quantities wrap what is recorded
        return ops.multiply(y, system.make(like, 1.0, units))
    return entering.attach(y, unit=system.unit_like(like, units), like=system.make(like, 1.0, units))
