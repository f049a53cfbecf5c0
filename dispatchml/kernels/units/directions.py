"""Tangents and cotangents with units: derivatives of kernels are linear in them, and run on their magnitudes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from ... import ops
from ...dispatch.layers import layer_of


def by_units(directions: Iterable[Any]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The directions as numbers, in groups of the same units: a quantity of value 1 in these (None for plain numbers)
    and the directions, None where they are of another group or were None.
    """
    given = tuple(directions)
    entering: Any = sys.modules.get("dispatchml.units.entering")
    inside = [None if entering is None or x is None else entering.quantity_inside(x) for x in given]
    if entering is None or not any(q is not None for q in inside):
        yield None, given
        return
    groups: list[tuple[Any, list[Any]]] = []
    for k, (x, q) in enumerate(zip(given, inside, strict=True)):
        if x is None:
            continue
        one = None
        if q is not None:
            system = entering.SYSTEMS[layer_of(type(q))]
            one = system.make(q, 1.0, system.units(q))
        found = next((g for g in groups if same(g[0], one, entering)), None)
        if found is None:
            found = one, [None] * len(given)
            groups.append(found)
        found[1][k] = x if q is None else entering.magnitude(x)
    for one, chosen in groups:
        yield one, tuple(chosen)


def same(a: Any, b: Any, entering: Any) -> bool:
    """Whether quantities of value 1 are in the same units."""
    if a is None or b is None:
        return a is b
    system = entering.SYSTEMS[layer_of(type(a))]
    return type(a) is type(b) and system.same(system.units(a), system.units(b))


def summed(total: list[Any] | None, found: Iterable[Any], one: Any) -> list[Any]:
    """A sum of results, with those of one more group, whose units are `one`."""
    scaled = [y if y is None or one is None else ops.multiply(y, one) for y in found]
    if total is None:
        return scaled
    return [a if b is None else b if a is None else ops.add(a, b) for a, b in zip(total, scaled, strict=True)]
