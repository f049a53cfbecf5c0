"""Histograms of quantities: counted as numbers in one unit, which the edges have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from .entering import attach, quantity_inside
from .numbers import first_unit, numbers, numbers_in
from .system import UnitSystem


def bins_in(system: UnitSystem, unit: Any, bins: Any) -> Any:
    """The edges of bins as numbers; a count or a rule's name as it is."""
    if isinstance(bins, (int, str)):
        return bins
    return numbers_in(system, unit, bins)


def range_in(system: UnitSystem, unit: Any, limits: Any) -> Any:
    """Limits as numbers."""
    return None if limits is None else tuple(numbers_in(system, unit, x) for x in limits)


def histogram_bin_edges(system: UnitSystem) -> Callable[..., Any]:
    """Edges in the unit of the values."""

    def edges(usual: Any, a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
        unit = first_unit(system, a, bins)
        made = usual(numbers_in(system, unit, a), bins_in(system, unit, bins), range_in(system, unit, range), weights)
        return attach(made, unit=unit)

    return edges


def histogram(system: UnitSystem) -> Callable[..., Any]:
    """Counts are plain or in the unit of the weights, densities over the unit of the values; edges are in that."""

    def counted(usual: Any, a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
        unit = first_unit(system, a, bins)
        if unit is None:
            return usual(a, bins, range, density, weights)
        heights, edges = usual(
            numbers_in(system, unit, a), bins_in(system, unit, bins), range_in(system, unit, range), density, weights
        )
        edges = attach(edges, unit=unit)
        if density:
            heights = over(system, heights, edges)
        return heights, edges

    return counted


def over(system: UnitSystem, heights: Any, *edges: Any) -> Any:
    """Densities: heights over the units of these edges."""
    for e in edges:
        if quantity_inside(e) is not None:
            q = quantity_inside(e)
            heights = ops.divide(heights, system.make(q, 1.0, system.difference(q)))
    return heights


def histogram2d(system: UnitSystem) -> Callable[..., Any]:
    """The same over two axes, each with its unit; bins are a count, or two counts or edges."""

    def counted(
        usual: Any, x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
    ) -> Any:
        given = tuple(bins) if type(bins) in (list, tuple) and len(bins) == 2 else (bins, bins)
        units = [first_unit(system, a, b) for a, b in zip((x, y), given, strict=True)]
        known = quantity_inside(weights)
        heights, *edges = usual(
            *(numbers_in(system, u, a) for u, a in zip(units, (x, y), strict=True)),
            tuple(bins_in(system, u, b) for u, b in zip(units, given, strict=True)),
            None if range is None else tuple(range_in(system, u, r) for u, r in zip(units, range, strict=True)),
            density,
            None if weights is None else numbers(weights),
        )
        edges = [e if u is None else attach(e, unit=u) for u, e in zip(units, edges, strict=True)]
        if density:
            heights = over(system, heights, *edges)
        elif known is not None:
            heights = attach(heights, unit=system.unit(known))
        return heights, *edges

    return counted
