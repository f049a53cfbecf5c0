"""Plum's judgement: which of several fitting methods is the most specific, and which pairs are ambiguous.

The only file that imports plum; it is loaded by the first call that needs a judgement.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Union

from .errors import AmbiguousMethodError, at_user_line, describe_call
from .hints import members, resolve_name

if TYPE_CHECKING:
    from .operation import Method, Operation


def signature_of(hints: tuple[Any, ...]) -> Any:
    """The hints as a `plum.Signature`; names of classes that are not imported stand for a class that nothing has."""
    from plum import Signature

    return Signature(*(plain(h) for h in hints))


def plain(hint: Any) -> Any:
    """A hint with its names resolved."""
    classes = tuple((resolve_name(m) or _Absent) if isinstance(m, str) else m for m in members(hint))
    return Union[classes] if len(classes) > 1 else classes[0]


class _Absent:
    """Stands for a class whose module nobody has imported."""


def most_specific(op: Operation, candidates: list[Method], arguments: tuple[Any, ...]) -> Method:
    """The candidate that plum ranks below all others, or an error that says which method to write."""
    best = [
        m for m in candidates if all(m is o or (m.signature <= o.signature) for o in candidates)
    ]
    if len(best) == 1:
        return best[0]
    lowest = [
        m
        for m in candidates
        if not any(o is not m and o.signature <= m.signature and not m.signature <= o.signature for o in candidates)
    ]
    classes = [a if isinstance(a, type) else type(a) for a in arguments]
    raise AmbiguousMethodError(
        f"{describe_call(op.name, arguments)} is ambiguous{at_user_line()}: it fits "
        + " and ".join(f"{op.name}{m!r}" for m in lowest)
        + ". Define "
        + f"{op.name}({', '.join(f'{n}: {c.__name__}' for n, c in zip(op.arguments, classes, strict=False))})."
    )


class Ambiguity(tuple[Any, ...]):
    """Two methods and a tuple of classes that both fit, with no third method below them."""

    def __repr__(self) -> str:
        name, cell, one, other = self
        classes = ", ".join(c.__name__ for c in cell)
        return f"ambiguous: {name}({classes}) fits {one.location} and {other.location}; define {name}({classes})"


def ambiguities_of(op: Operation) -> list[Ambiguity]:
    """Every pair of methods whose meet is inhabited and covered by no third one."""
    table = [(tuple(tuple(c for c in members(h) if isinstance(c, type)) for h in m.hints), m) for m in op.methods]
    found = []
    for (s, one), (t, other) in itertools.combinations(table, 2):
        if below(s, t) or below(t, s):
            continue
        for cell in itertools.product(*meet(s, t)):
            point = tuple((c,) for c in cell)
            if not any(below(point, u) and below(u, s) and below(u, t) for u, _ in table):
                found.append(Ambiguity((op.name, cell, one, other)))
    return found


def below(s: tuple[tuple[type, ...], ...], t: tuple[tuple[type, ...], ...]) -> bool:
    """Whether every class that s takes is taken by t."""
    return all(any(issubclass(c, e) for e in y) for x, y in zip(s, t, strict=True) for c in x)


def meet(s: tuple[tuple[type, ...], ...], t: tuple[tuple[type, ...], ...]) -> list[tuple[type, ...]]:
    """The classes per position that both take; an empty position means that the two never meet."""
    return [
        tuple({c if issubclass(c, e) else e for c in x for e in y if issubclass(c, e) or issubclass(e, c)})
        for x, y in zip(s, t, strict=True)
    ]
