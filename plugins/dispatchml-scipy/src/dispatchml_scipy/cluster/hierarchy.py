"""Linkage matrices: rows of two clusters, their distance and the number of places in both."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.cluster.hierarchy

from dispatchml import ops
from dispatchml.lift import plainly, replaces

from ..arguments import decided, floating, unsupported


def plain_result(name: str, *arguments: Any) -> Any:
    """What SciPy makes of plain arguments, which it also checks."""
    return plainly(getattr(scipy.cluster.hierarchy, name))(*(np.asarray(decided(floating(x))) for x in arguments))


def with_distances(plain: Any, distances: Any) -> Any:
    """A linkage matrix with other distances."""
    head, tail = plain[:, :2], plain[:, 3:]
    return ops.concatenate((head, ops.reshape(distances, shape=(-1, 1)), tail), axis=1)


@replaces("scipy.cluster.hierarchy.from_mlab_linkage")
def from_mlab_linkage(Z):
    """A linkage matrix of three columns with clusters from 1 on, as SciPy's."""
    plain = plain_result("from_mlab_linkage", Z)
    return plain if plain.ndim < 2 or not plain.size else with_distances(plain, floating(Z)[:, 2])


@replaces("scipy.cluster.hierarchy.to_mlab_linkage")
def to_mlab_linkage(Z):
    """A linkage matrix of SciPy as one of three columns with clusters from 1 on."""
    plain = plain_result("to_mlab_linkage", Z)
    return plain if plain.ndim < 2 or not plain.size else with_distances(plain, floating(Z)[:, 2])


def members(linkage: Any) -> list[list[int]]:
    """For each row the rows of the clusters within its own, itself included."""
    count = len(linkage) + 1
    found: list[list[int]] = []
    for k, row in enumerate(linkage):
        inside = [k]
        for cluster in row[:2].astype(int):
            if cluster >= count:
                inside += found[cluster - count]
        found.append(inside)
    return found


def largest(linkage: Any, values: Any) -> Any:
    """The largest value in each row's cluster."""
    plain = np.asarray(decided(floating(linkage)))
    return np.stack([np.max(values[np.array(rows)]) for rows in members(plain)])


@replaces("scipy.cluster.hierarchy.maxdists")
def maxdists(Z):
    """The largest distance within each cluster."""
    plain_result("maxdists", Z)
    return largest(Z, floating(Z)[:, 2])


@replaces("scipy.cluster.hierarchy.maxinconsts")
def maxinconsts(Z, R):
    """The largest inconsistency within each cluster."""
    return maxRstat(Z, R, 3)


@replaces("scipy.cluster.hierarchy.maxRstat")
def maxRstat(Z, R, i):
    """The largest of one of the statistics within each cluster."""
    if not isinstance(i, (int, np.integer)) or i < 0 or i > 3:
        raise unsupported(f"scipy.cluster.hierarchy.maxRstat(i={i!r})", "i is 0, 1, 2 or 3.")
    plainly(scipy.cluster.hierarchy.maxRstat)(*(np.asarray(decided(floating(x))) for x in (Z, R)), int(i))
    return largest(Z, floating(R)[:, int(i)])


@replaces("scipy.cluster.hierarchy.cophenet")
def cophenet(Z, Y=None):
    """The distances at which places meet, and their correlation with the distances Y."""
    plain = np.asarray(decided(floating(Z)))
    count = len(plain) + 1
    groups: dict[int, list[int]] = {k: [k] for k in range(count)}
    where = np.zeros((count, count), int)
    for k, row in enumerate(plain):
        left, right = (groups[int(c)] for c in row[:2])
        where[np.ix_(left, right)] = where[np.ix_(right, left)] = k
        groups[count + k] = left + right
    plain_result("cophenet", Z)
    distances = floating(Z)[:, 2][where[np.triu_indices(count, 1)]]
    if Y is None:
        return distances
    y = floating(Y)
    a, b = distances - np.mean(distances), y - np.mean(y)
    return np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b)), distances


@replaces("scipy.cluster.hierarchy.linkage")
def linkage(y, method="single", metric="euclidean", optimal_ordering=False):
    """Which clusters merge is seen on plain values; their distances follow by the formula of Lance and Williams."""
    from ..spatial.distance import pdist

    y = floating(y)
    plain = plainly(scipy.cluster.hierarchy.linkage)(decided(y), method, metric, optimal_ordering)
    count = len(plain) + 1
    flat = y if ops.ndim(y) == 1 else pdist(y, metric)
    squared = method in ("centroid", "median", "ward")
    flat = flat * flat if squared else flat
    of: dict[tuple[int, int], Any] = {}
    for k, (i, j) in enumerate(zip(*np.triu_indices(count, 1), strict=True)):
        of[int(i), int(j)] = flat[k]
    sizes = dict.fromkeys(range(count), 1)
    found = []
    for k, row in enumerate(plain):
        a, b = sorted(map(int, row[:2]))
        apart, new = of[a, b], count + k
        found.append(apart)
        for c in [c for c in sizes if c not in (a, b)]:
            to_a, to_b = (of[min(c, x), max(c, x)] for x in (a, b))
            of[c, new] = merged(method, to_a, to_b, apart, sizes[a], sizes[b], sizes[c])
        sizes[new] = sizes.pop(a) + sizes.pop(b)
    distances = np.stack(found)
    return with_distances(plain, np.sqrt(distances) if squared else distances)


def merged(method: str, to_a: Any, to_b: Any, apart: Any, a: int, b: int, c: int) -> Any:
    """The distance, squared where the method needs it, of a cluster of c places from the union of two."""
    if method == "single":
        return np.minimum(to_a, to_b)
    if method == "complete":
        return np.maximum(to_a, to_b)
    if method == "average":
        return (a * to_a + b * to_b) / (a + b)
    if method == "weighted":
        return (to_a + to_b) / 2
    if method == "centroid":
        return (a * to_a + b * to_b) / (a + b) - a * b * apart / (a + b) ** 2
    if method == "median":
        return (to_a + to_b) / 2 - apart / 4
    return ((a + c) * to_a + (b + c) * to_b - c * apart) / (a + b + c)
