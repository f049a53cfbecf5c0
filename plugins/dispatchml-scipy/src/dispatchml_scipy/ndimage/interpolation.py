"""Splines through the points of an image, at moved places: derivatives by the image and by the places.

A spline of degree n is a sum of B-splines with coefficients; `spline_filter` gives these. At a place the n + 1 of them
that reach it count, with weights that are polynomials of the place (Unser 1999).
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
import scipy.ndimage

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.lift import plainly, replaces
from dispatchml.rules import batch, linear

from ..arguments import array, unsupported
from .borders import along, delivered, image

MODES = frozenset({"reflect", "grid-mirror", "mirror", "nearest", "wrap", "grid-wrap", "constant", "grid-constant"})
#: Modes without an own condition for splines at the border use that of "mirror".
OF_SPLINES = {"constant": "mirror", "wrap": "mirror", "grid-mirror": "reflect"}
#: How far an image is continued before it is filtered, in modes where the continuation is no symmetry.
MARGIN = 12


# ---- coefficients ----------------------------------------------------------------------------------------------------


@operation(family="linalg")
def spline_coefficients(x: Any, *, order: int = 3, mode: str = "mirror") -> Any:
    """The coefficients of splines through the numbers of the last axis."""


@spline_coefficients.register
@plainly
def spline_coefficients_of_arrays(x: np.ndarray, *, order: int = 3, mode: str = "mirror") -> Any:
    y = scipy.ndimage.spline_filter1d(x, order, axis=-1, output=np.result_type(x, np.float64), mode=mode)
    return y.astype(x.dtype)


@functools.lru_cache(64)
def matrix_of_filter(n: int, order: int, mode: str) -> np.ndarray:
    """The coefficients for each unit vector, as columns."""
    return scipy.ndimage.spline_filter1d(np.eye(n), order, axis=0, mode=mode)


def spline_transpose(ct: Any, like: Any, *, order: int, mode: str) -> Any:
    """By the matrix of the filter: its adjoint has other conditions at the border, for which SciPy has no filter."""
    matrix = matrix_of_filter(like.shape[-1], order, mode)
    return ops.matmul(ct, matrix.astype(np.empty(0, like.dtype).real.dtype))


linear(spline_coefficients, transpose=spline_transpose)


@batch(spline_coefficients)
def batched_coefficients(arguments: Any, batched: Any, size: int, **keywords: Any) -> Any:
    """The same: it is along the last axis."""
    return spline_coefficients(arguments[0], **keywords)


def filtered_along(x: Any, order: int, axis: int, mode: str) -> Any:
    """The coefficients along an axis."""
    if order < 2 or ops.shape(x)[axis] == 1:
        return x
    return np.moveaxis(spline_coefficients(np.moveaxis(x, axis, -1), order=int(order), mode=mode), -1, axis)


def kind_of(output: Any, x: Any) -> Any:
    """The dtype of coefficients; double precision by default."""
    if isinstance(output, np.ndarray):
        raise unsupported("scipy.ndimage.spline_filter(output=an array)", "Use the result.")
    return np.result_type(np.dtype(output), ops.dtype(x)) if ops.dtype(x).kind == "c" else np.dtype(output)


@replaces("scipy.ndimage.spline_filter1d")
def spline_filter1d(input, order=3, axis=-1, output=np.float64, mode="mirror"):
    """The coefficients of splines along an axis."""
    if not 0 <= order <= 5:
        raise RuntimeError("spline order not supported")
    x = image(input)
    return ops.astype(filtered_along(x, order, axis, mode), dtype=kind_of(output, x))


@replaces("scipy.ndimage.spline_filter")
def spline_filter(input, order=3, output=np.float64, mode="mirror"):
    """The coefficients of splines in all axes."""
    if not 1 < order <= 5:
        raise RuntimeError("spline order not supported")
    x = y = image(input)
    for axis in range(ops.ndim(x)):
        y = filtered_along(y, order, axis, mode)
    return ops.astype(y, dtype=kind_of(output, x))


# ---- places ----------------------------------------------------------------------------------------------------------


def folded(x: np.ndarray, n: int, mode: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(factor, offset, inside): the place within n points that a place stands for is factor * x + offset."""
    factor, offset = np.ones_like(x), np.zeros_like(x)
    inside = np.ones(x.shape, bool)
    below, above = x < 0, x > n - 1
    if mode == "grid-constant":
        return factor, offset, inside
    if mode == "constant":
        return factor, offset, ~(below | above)
    if mode == "nearest" or n <= 1:
        outside = below | above
        return np.where(outside, 0.0, factor), np.where(above & (n > 1), n - 1.0, 0.0), inside
    if mode in ("wrap", "grid-wrap"):
        period = n - 1 if mode == "wrap" else n
        offset = np.where(below, period * (np.trunc(-x / period) + 1), offset)
        return factor, np.where(above, -period * np.trunc(x / period), offset), inside
    period = 2 * n - 2 if mode == "mirror" else 2 * n
    first = 0 if mode == "mirror" else -1
    moved = np.where(below, period * np.trunc(-x / period), np.where(above, -period * np.trunc(x / period), 0.0))
    if mode != "mirror":
        moved = np.where(below & (x >= -period), 0.0, moved)
    at = x + moved
    turned = np.where(below, at > -n + 1 if mode == "mirror" else at >= -n, at >= n)
    shifted = below & ~turned
    factor = np.where((below | above) & turned, -1.0, 1.0)
    offset = np.where(shifted, moved + period, moved)
    offset = np.where(below & turned, -moved + first, offset)
    offset = np.where(above & turned, period - moved + first, offset)
    return factor, offset, inside


def folded_index(k: np.ndarray, n: int, mode: str) -> tuple[np.ndarray, np.ndarray]:
    """Whole places, and whether they are inside."""
    mode = OF_SPLINES.get(mode, mode)
    factor, offset, _ = folded(k.astype(float), n, mode)
    index = np.rint(factor * k + offset).astype(int)
    inside = (index >= 0) & (index < n)
    return np.clip(index, 0, n - 1), inside


def basis(t: Any, order: int) -> list[Any]:
    """The B-splines of a degree that reach a place t within [0, 1) between two knots (Cox and de Boor)."""
    found: list[Any] = [None]
    for d in range(1, order + 1):
        new: list[Any] = []
        for k in range(d + 1):
            left = None if k == 0 else (t + (d - k)) / d
            right = None if k == d else ((k + 1) - t) / d
            if d == 1:
                new.append(right if left is None else left)
                continue
            terms = [
                f * old
                for f, old in ((left, found[k - 1] if k else None), (right, found[k] if k < d else None))
                if f is not None
            ]
            new.append(terms[0] if len(terms) == 1 else terms[0] + terms[1])
        found = new
    return found


def sampled(x: Any, places: Any, order: int, mode: str, cval: Any, prefilter: bool) -> Any:
    """The spline through an image at places, whose first axis has the coordinates."""
    if not 0 <= order <= 5:
        raise RuntimeError("spline order not supported")
    if mode not in MODES:
        raise RuntimeError("boundary mode not supported")
    mode = "reflect" if mode == "grid-mirror" else mode
    rank = ops.ndim(x)
    margin = 0
    if prefilter and order > 1:
        if mode in ("nearest", "grid-constant"):
            margin = MARGIN
            extra = {"constant_values": cval} if mode == "grid-constant" else {}
            x = np.pad(x, margin, mode="edge" if mode == "nearest" else "constant", **extra)
        for axis in range(rank):
            x = filtered_along(x, order, axis, mode)
    sizes = ops.shape(x)
    indices, weights, inside = [], [], True
    known: list[list[Any]] = []
    for axis in range(rank):
        p = places[axis] + margin if margin else places[axis]
        factor, offset, valid = folded(ops.stop_gradient(p) * 1.0, sizes[axis], mode)
        inside = inside & valid
        p = p * factor + offset
        shifted = p if order % 2 else p + 0.5
        floor = np.floor(ops.stop_gradient(shifted))
        start = floor.astype(int) - order // 2
        weights.append(basis(shifted - floor, order))
        steps = [folded_index(start + k, sizes[axis], mode) for k in range(order + 1)]
        indices.append([index for index, _ in steps])
        known.append([within for _, within in steps])
    flat = ops.reshape(x, shape=(-1,))
    strides = [int(np.prod(sizes[k + 1 :], dtype=int)) for k in range(rank)]
    total = None
    for at in itertools.product(range(order + 1), repeat=rank):
        place = sum(indices[axis][k] * strides[axis] for axis, k in enumerate(at))
        part = np.take(flat, place, axis=0)
        if mode == "grid-constant":  # a coefficient outside is the constant
            part = np.where(np.logical_and.reduce([known[axis][k] for axis, k in enumerate(at)]), part, cval)
        for axis, k in enumerate(at):
            if weights[axis][k] is not None:
                part = part * weights[axis][k]
        total = part if total is None else total + part
    return total if np.all(inside) else np.where(inside, total, cval)


@replaces("scipy.ndimage.map_coordinates")
def map_coordinates(input, coordinates, output=None, order=3, mode="constant", cval=0.0, prefilter=True):
    """An image at places."""
    x, places = image(input), image(coordinates)
    y = sampled(x, places, int(order), mode, cval, prefilter)
    return delivered(y, x, output, "map_coordinates")


def grid(shape: Any) -> np.ndarray:
    """The coordinates of all points of an image."""
    return np.indices(tuple(int(n) for n in shape)).astype(float)


def moved(x: Any, matrix: Any, offset: Any, shape: Any) -> Any:
    """matrix @ point + offset for every point of an image."""
    points = grid(shape)
    places = np.tensordot(matrix, points, axes=1) if ops.ndim(matrix) == 2 else points * column(matrix, points)
    return places + column(offset, points)


def column(v: Any, points: np.ndarray) -> Any:
    """A vector in the form of coordinates."""
    return np.reshape(v, (-1,) + (1,) * (points.ndim - 1))


@replaces("scipy.ndimage.affine_transform")
def affine_transform(
    input, matrix, offset=0.0, output_shape=None, output=None, order=3, mode="constant", cval=0.0, prefilter=True
):
    """An image at matrix @ point + offset for every point of the result."""
    x, matrix = image(input), image(matrix)
    rank = ops.ndim(x)
    shape = ops.shape(x) if output_shape is None else output_shape
    if ops.ndim(matrix) == 2 and ops.shape(matrix)[1] == rank + 1:
        offset, matrix = matrix[:rank, rank], matrix[:rank, :rank]
    offset = image(offset)
    offset = np.broadcast_to(offset, (rank,)) if ops.ndim(offset) == 0 else offset
    y = sampled(x, moved(x, matrix, offset, shape), int(order), mode, cval, prefilter)
    return delivered(y, x, output, "affine_transform")


@replaces("scipy.ndimage.shift")
def shift(input, shift, output=None, order=3, mode="constant", cval=0.0, prefilter=True):
    """A moved image."""
    x, by = image(input), image(shift)
    points = grid(ops.shape(x))
    by = np.broadcast_to(by, (ops.ndim(x),)) if ops.ndim(by) == 0 else by
    return delivered(sampled(x, points - column(by, points), int(order), mode, cval, prefilter), x, output, "shift")


@replaces("scipy.ndimage.zoom")
def zoom(input, zoom, output=None, order=3, mode="constant", cval=0.0, prefilter=True, *, grid_mode=False):
    """An image with more or fewer points."""
    x = image(input)
    sizes = ops.shape(x)
    factors = [float(z) for z in along(zoom, ops.ndim(x))]
    shape = [int(round(n * z)) for n, z in zip(sizes, factors, strict=True)]
    points = grid(shape)
    if grid_mode:
        ratios = np.array([m / n if n else 1.0 for m, n in zip(sizes, shape, strict=True)])
        places = (points + 0.5) * column(ratios, points) - 0.5
    else:
        ratios = np.array([(m - 1) / (n - 1) if n > 1 else 1.0 for m, n in zip(sizes, shape, strict=True)])
        places = points * column(ratios, points)
    return delivered(sampled(x, places, int(order), mode, cval, prefilter), x, output, "zoom")


@replaces("scipy.ndimage.rotate")
def rotate(input, angle, axes=(1, 0), reshape=True, output=None, order=3, mode="constant", cval=0.0, prefilter=True):
    """An image turned by an angle in degrees in the plane of two axes."""
    x = image(input)
    rank = ops.ndim(x)
    first, second = sorted(int(k) % rank for k in axes)
    angle = array(angle) * (np.pi / 180)
    c, s = np.cos(angle), np.sin(angle)
    plane = np.array(ops.shape(x))[[first, second]]
    shape = list(ops.shape(x))
    target = plane
    if reshape:
        turned = np.array([[ops.stop_gradient(c), ops.stop_gradient(s)], [-ops.stop_gradient(s), ops.stop_gradient(c)]])
        m, n = plane
        bounds = turned @ np.array([[0, 0, m, m], [0, n, 0, n]])
        target = (np.ptp(bounds, axis=1) + 0.5).astype(int)
        shape[first], shape[second] = int(target[0]), int(target[1])
    centre, other = (plane - 1) / 2, (target - 1) / 2
    matrix: list[list[Any]] = [[float(j == k) for j in range(rank)] for k in range(rank)]
    matrix[first][first], matrix[first][second] = c, s
    matrix[second][first], matrix[second][second] = -s, c
    offset: list[Any] = [0.0] * rank
    offset[first] = centre[0] - (c * other[0] + s * other[1])
    offset[second] = centre[1] - (c * other[1] - s * other[0])
    stacked = np.stack([np.stack([row_entry * 1.0 + 0 * c for row_entry in row]) for row in matrix])
    places = moved(x, stacked, np.stack([o + 0 * c for o in offset]), shape)
    return delivered(sampled(x, places, int(order), mode, cval, prefilter), x, output, "rotate")


@replaces("scipy.ndimage.geometric_transform")
def geometric_transform(
    input, mapping, output_shape=None, output=None, order=3, mode="constant", cval=0.0, prefilter=True,
    extra_arguments=(), extra_keywords=None,
):  # fmt: skip
    """An image at mapping(point) for every point of the result."""
    x = image(input)
    shape = ops.shape(x) if output_shape is None else tuple(output_shape)
    keywords = extra_keywords or {}
    found = [mapping(at, *extra_arguments, **keywords) for at in np.ndindex(*shape)]
    places = np.stack([np.stack([array(c) * 1.0 for c in place]) for place in found], axis=1)
    places = np.reshape(places, (ops.ndim(x), *shape))
    return delivered(sampled(x, places, int(order), mode, cval, prefilter), x, output, "geometric_transform")
