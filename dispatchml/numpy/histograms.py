"""Histograms: counts carry no derivative; weights, densities and the edges that come from the values do.

The edges between the least and the largest value (or the limits given) move with both; counts are NumPy's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from .registry import is_ours, numpy_function, operand
from .sorting import plain, refuse_batched


def several(bins: Any) -> bool:
    """Whether bins are edges, or one entry for each axis, and not a count or a rule's name."""
    return isinstance(bins, (list, tuple)) or getattr(bins, "ndim", 0) > 0


def edges_of(a: Any, bins: Any, limits: Any, name: str, weights: Any = None) -> tuple[Any, Any]:
    """The edges as NumPy has them, to count by, and the same numbers with their derivatives."""
    numbers = plain(a, name)
    if several(bins):
        given = operand(bins)
        return np.histogram_bin_edges(numbers, plain(given, name)), given if is_ours(given) else np.asarray(given)
    known = None if limits is None else tuple(plain(x, name)[()] if is_ours(x) else x for x in limits)
    edges = np.histogram_bin_edges(numbers, bins, known, None if weights is None else plain(weights))
    if limits is None and numbers.size and is_ours(a):
        limits = ops.min(a), ops.max(a)
    if limits is None or not any(is_ours(x) for x in limits):
        return edges, edges
    place = (np.arange(len(edges)) / (len(edges) - 1)).astype(edges.dtype)
    moved = [ops.subtract(x, plain(x)[()]) for x in limits]  # 0, with a derivative
    return edges, ops.add(edges, ops.add(ops.multiply(1 - place, moved[0]), ops.multiply(place, moved[1])))


@numpy_function(np.histogram_bin_edges, arrays=1)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    refuse_batched((a, bins, range, weights), "histogram_bin_edges")
    return edges_of(a, bins, range, "histogram_bin_edges", weights)[1]


@numpy_function(np.histogram, arrays=1)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    refuse_batched((a, bins, range), "histogram")
    numbers = plain(a, "histogram")
    edges, moving = edges_of(a, bins, range, "histogram", weights)
    if weights is None:
        heights = np.histogram(numbers, edges)[0]
    else:
        numbers, weights = numbers.ravel(), ops.ravel(operand(weights))
        inside = (numbers >= edges[0]) & (numbers <= edges[-1])
        heights = ops.scatter(
            ops.getitem(weights, index=inside), index=places(numbers[inside], edges), shape=(edges.size - 1,)
        )
    if density:
        widths = ops.astype(ops.diff(moving), dtype=np.dtype(float))
        heights = ops.divide(ops.divide(heights, widths), ops.sum(heights))
    return heights, moving


def places(numbers: Any, edges: Any) -> Any:
    """The bin of each number between the edges; the last edge belongs to the last bin."""
    return np.minimum(np.searchsorted(edges, numbers, side="right") - 1, edges.size - 2)


@numpy_function(np.histogram2d, arrays=2)
def histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    if ops.shape(x) != ops.shape(y):
        raise ValueError("x and y must have the same length.")
    if several(bins) and len(bins) not in (1, 2):  # the edges of both
        bins = [bins, bins]
    heights, edges = counted((x, y), bins, range, density, weights, "histogram2d")
    return heights, *edges


@numpy_function(np.histogramdd, arrays=0)
def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    if isinstance(sample, (list, tuple)):
        columns = tuple(operand(x) for x in sample)
    elif ops.ndim(sample) == 2:
        columns = tuple(ops.getitem(sample, index=(slice(None), k)) for k in np.arange(ops.shape(sample)[1]).tolist())
    else:
        columns = (ops.ravel(sample),)
    heights, edges = counted(columns, bins, range, density, weights, "histogramdd")
    return heights, list(edges)


def counted(columns: Any, bins: Any, limits: Any, density: Any, weights: Any, name: str) -> Any:
    """Heights and edges over several axes."""
    refuse_batched((*columns, bins, limits, weights), name)
    size = len(columns)
    bins = bins if several(bins) else [bins] * size
    limits = [None] * size if limits is None else limits
    for what, given in (("bins", bins), ("range", limits)):
        if len(given) != size:
            raise ValueError(f"The length of {what} ({len(given)}) is not the number of axes of the sample ({size}).")
    pairs = [edges_of(x, b, r, name) for x, b, r in zip(columns, bins, limits, strict=True)]
    numbers = [plain(x, name) for x in columns]
    inside = np.ones(len(numbers[0]), bool)
    for x, (edges, _) in zip(numbers, pairs, strict=True):
        inside &= (x >= edges[0]) & (x <= edges[-1])
    index = tuple(places(x[inside], edges) for x, (edges, _) in zip(numbers, pairs, strict=True))
    shape = tuple(edges.size - 1 for edges, _ in pairs)
    if weights is None:
        weights = np.ones(len(inside))
    heights = ops.scatter(ops.getitem(operand(weights), index=inside), index=index, shape=shape)
    if density:
        total = ops.sum(heights)
        for k, (_, moving) in enumerate(pairs):
            widths = ops.reshape(ops.diff(moving), shape=tuple(n if k == j else 1 for j, n in enumerate(shape)))
            heights = ops.divide(heights, widths)
        heights = ops.divide(heights, total)
    return heights, tuple(moving for _, moving in pairs)
