"""Methods and declarations that no call can ever reach."""

from __future__ import annotations

import inspect
import itertools
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

from ..dispatch.foreign import places
from ..dispatch.hints import fits, is_abstract, members, resolve_name
from ..dispatch.judge import lowest
from ..dispatch.layers import EXPECTED
from ..dispatch.method import Method, hint_names
from ..dispatch.operation import Operation
from ..dispatch.resolve import nominal_bases

#: More tuples of classes than this are not tried; a method with so many alternatives is taken to be reachable.
MOST = 4096


def unreachable_methods(op: Operation, wrote: Callable[[Any], bool]) -> Iterator[str]:
    """The methods of an operation, of those that somebody wrote, that no tuple of their own classes is given to."""
    for method in op.methods:
        if not wrote(method.function):
            continue
        missing = [m for h in method.hints for m in members(h) if isinstance(m, str) and is_missing(m)]
        for name in missing:
            yield f"unreachable: {op.name}{method!r} names {name}, which there is not."
        if not missing and not is_reachable(op, method):
            yield (
                f"unreachable: {op.name}{method!r}: every call that fits it goes to another method. Remove it, or the "
                f"more special ones: {others(op, method)}."
            )


def is_missing(name: str) -> bool:
    """Whether a class that is known by name is not in its module, which has been imported."""
    return resolve_name(name) is None and name.partition(":")[0] in sys.modules


def is_reachable(op: Operation, method: Method) -> bool:
    """Whether some classes, the method's own ones or open ones, go to a method."""
    if any(is_open(h) for h in method.hints):
        return True
    alternatives = [members(h) for h in method.hints]
    if math.prod(map(len, alternatives)) > MOST:
        return True
    for cell in itertools.product(*alternatives):
        bases = [nominal_bases(c) for c in cell]
        fitting = [m for m in op.methods if all(map(fits, cell, m.hints, bases))]
        if method in lowest(fitting):
            return True
    return False


def is_open(hint: Any) -> bool:
    """Whether classes that nobody knows may fit a hint: object, protocols, names, abstract classes."""
    return any(isinstance(m, str) or m is object or is_abstract(m) or inspect.isabstract(m) for m in members(hint))


def others(op: Operation, method: Method) -> str:
    """The methods that take the calls away."""
    found = [
        m
        for m in op.methods
        if m is not method
        and all(
            any(fits(c, h) for c in members(own) if isinstance(c, type))
            for own, h in zip(method.hints, m.hints, strict=True)
        )
    ]
    return "; ".join(f"({hint_names(m.hints)}) at {m.location}" for m in found[:3])


def missing_classes(declared: Callable[[str], bool]) -> Iterator[str]:
    """Layers that were declared by a name that their module does not have."""
    for name, declare in list(EXPECTED.items()):
        if declared(places(declare)) and is_missing(name):
            module = name.partition(":")[0]
            yield f"unreachable: register_type({name!r}) at {places(declare)}: the module {module} has no such class."
