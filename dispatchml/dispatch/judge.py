"""Plum's judgement: which of several fitting methods is the most specific, and which pairs are ambiguous.

The only file that imports plum; it is loaded by the first call that needs a judgement.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .errors import AmbiguousMethodError, at_user_line, describe_call
from .hints import EXACT, fits, members, resolve_name
from .layers import layer_of
from .plugins import origin
from .resolve import nominal_bases, parameters

if TYPE_CHECKING:
    from .operation import Method, Operation


def signature_of(hints: tuple[Any, ...]) -> Any:
    """The hints as a `plum.Signature`; names of classes that are not imported stand for a class that nothing has."""
    from plum import Signature

    return Signature(*(plain(h) for h in hints))


def plain(hint: Any) -> Any:
    """A hint with its names resolved."""
    classes: tuple[Any, ...] = tuple((resolve_name(m) or _Absent) if isinstance(m, str) else m for m in members(hint))
    return functools.reduce(operator.or_, classes)


class _Absent:
    """Stands for a class whose module nobody has imported."""


def most_specific(
    op: Operation, candidates: list[Method], arguments: tuple[Any, ...], classes: tuple[type, ...]
) -> Method:
    """The candidate that plum ranks below all others, or an error that says which method to write."""
    best = lowest(candidates)
    if len(best) == 1:
        return best[0]
    raise AmbiguousMethodError(
        f"{describe_call(op.name, arguments)} is ambiguous{at_user_line()}: it fits "
        + " and ".join(f"{op.name}{m!r}{origin(m.function)}" for m in best)
        + f". Define {op.name}({parameters(op, classes)})."
    )


def lowest(candidates: list[Method]) -> list[Method]:
    """The one method below all others, or those between which nothing decides."""
    for m in candidates:
        if all(m is o or (m.signature <= o.signature and not o.signature <= m.signature) for o in candidates):
            return [m]
    return [
        m
        for m in candidates
        if not any(o is not m and o.signature <= m.signature and not m.signature <= o.signature for o in candidates)
    ]


class Ambiguity(tuple[Any, ...]):
    """(operation's name, classes, one method, other method): both fit the classes, and nothing decides between them."""

    def __repr__(self) -> str:
        name, cell, one, other = self
        classes = ", ".join(c.__name__ for c in cell)
        return f"ambiguous: {name}({classes}) fits {one.location} and {other.location}; define {name}({classes})"


def ambiguities_of(op: Operation) -> list[Ambiguity]:
    """Every pair of methods that fit the same classes at which no method is the most specific; judged as a call would
    be.
    """
    found: dict[tuple[Any, ...], Ambiguity] = {}
    for one, other in itertools.combinations(op.methods, 2):
        for cell in meeting_points(one, other):
            bases = [nominal_bases(c) for c in cell]
            if cell in op.exact:
                continue
            candidates = [m for m in op.methods if all(map(fits, cell, m.hints, bases))]
            best = lowest(candidates)
            if len(best) > 1 and one in best and other in best:
                found[(cell, one, other)] = Ambiguity((op.name, cell, one, other))
    return list(found.values())


def meeting_points(one: Method, other: Method) -> Iterator[tuple[type, ...]]:
    """The largest tuples of classes that both methods take."""
    places = [meet(s, t) for s, t in zip(one.hints, other.hints, strict=True)]
    return itertools.product(*places)


def meet(one: Any, other: Any) -> tuple[type, ...]:
    """The largest classes that both hints take: one of the two, or classes that inherit from both."""
    pairs = [(c, d) for c in members(one) for d in members(other) if isinstance(c, type) and isinstance(d, type)]
    found: dict[type, None] = {}
    for c, d in pairs:
        for cls in (c,) if takes(d, c) else (d,) if takes(c, d) else common_subclasses(c, d):
            found[cls] = None
    return tuple(found)


def takes(cls: type, lower: type) -> bool:
    """Whether a parameter of class `cls` takes arguments of class `lower`."""
    return fits(lower, cls, nominal_bases(lower))


def common_subclasses(one: type, other: type) -> list[type]:
    """The largest classes there are now that inherit from both."""
    if one in EXACT or other in EXACT or object in (one, other):
        return []
    found: list[type] = []
    frontier = [one]
    while frontier:
        below = [s for c in frontier for s in type.__subclasses__(c)]
        found += [s for s in below if takes(other, s) and takes(one, s)]
        frontier = [s for s in dict.fromkeys(below) if s not in found]
    return [s for s in dict.fromkeys(found) if layer_of(s) is None or (layer_of(one) and layer_of(other))]
