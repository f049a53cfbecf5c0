"""Linear filters: correlations and what is made of them."""

import itertools
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import array, unsupported
from .borders import along, chosen_axes, delivered, extended, image


def correlated(x: Any, weights: Any, axis: int, mode: str, cval: Any, origin: int) -> Any:
    """The inner products of weights with the numbers round each place along an axis."""
    size = ops.shape(weights)[0]
    if size < 1:
        raise RuntimeError("no filter weights given")
    if not -(size // 2) <= origin <= (size - 1) // 2:
        raise ValueError("Invalid origin; origin must satisfy -(len(weights) // 2) <= origin <= (len(weights)-1) // 2")
    axis %= ops.ndim(x)
    before = size // 2 + origin
    n = ops.shape(x)[axis]
    wide = extended(x, axis, before, size - 1 - before, mode, cval)
    front = (slice(None),) * axis
    total = None
    for k in range(size):
        part = wide[(*front, slice(k, k + n))] * weights[k]
        total = part if total is None else total + part
    return total


def one_dimensional(x: Any, weights: Any) -> tuple[Any, Any]:
    """Image and weights."""
    weights = image(weights)
    if ops.ndim(weights) != 1:
        raise RuntimeError("no filter weights given")
    return image(x), weights


@replaces("scipy.ndimage.correlate1d")
def correlate1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """The correlation along an axis."""
    x, weights = one_dimensional(input, weights)
    return delivered(correlated(x, weights, axis, mode, cval, origin), x, output, "correlate1d")


@replaces("scipy.ndimage.convolve1d")
def convolve1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """The convolution along an axis."""
    x, weights = one_dimensional(input, weights)
    origin = -origin - (ops.shape(weights)[0] % 2 == 0)
    return delivered(correlated(x, np.flip(weights), axis, mode, cval, origin), x, output, "convolve1d")


def in_all_axes(x: Any, weights: Any, mode: Any, cval: Any, origins: list[int]) -> Any:
    """The inner products of an array of weights with the numbers round each place."""
    sizes = ops.shape(weights)
    if len(sizes) != ops.ndim(x):
        raise RuntimeError("filter weights array has incorrect shape.")
    if isinstance(mode, (list, tuple)):
        raise RuntimeError("A sequence of modes is not supported")
    wide = x
    for axis, (size, origin) in enumerate(zip(sizes, origins, strict=True)):
        before = size // 2 + origin
        wide = extended(wide, axis, before, size - 1 - before, mode, cval)
    shape = ops.shape(x)
    total = ops.zeros_like(x)
    plain = weights if isinstance(weights, np.ndarray) else None
    for at in itertools.product(*map(range, sizes)):
        if plain is not None and plain[at] == 0:
            continue
        total = total + wide[tuple(slice(i, i + n) for i, n in zip(at, shape, strict=True))] * weights[at]
    return total


def full_axes(axes: Any, rank: int, name: str) -> None:
    """Several filters take a choice of axes, which is not supported."""
    if axes is not None and sorted(chosen_axes(axes, rank)) != list(range(rank)):
        raise unsupported(f"scipy.ndimage.{name}(axes=...)", "Give the weights axes of size 1.")


@replaces("scipy.ndimage.correlate")
def correlate(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The correlation with an array of weights."""
    x, weights = image(input), image(weights)
    full_axes(axes, ops.ndim(x), "correlate")
    y = in_all_axes(x, weights, mode, cval, along(origin, ops.ndim(x)))
    return delivered(y, x, output, "correlate")


@replaces("scipy.ndimage.convolve")
def convolve(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The convolution with an array of weights."""
    x, weights = image(input), image(weights)
    full_axes(axes, ops.ndim(x), "convolve")
    sizes = ops.shape(weights)
    origins = [-o - (n % 2 == 0) for o, n in zip(along(origin, ops.ndim(x)), sizes, strict=True)]
    y = in_all_axes(x, np.flip(weights), mode, cval, origins)
    return delivered(y, x, output, "convolve")


# ---- Gaussian --------------------------------------------------------------------------------------------------------


def gaussian_weights(sigma: Any, order: int, radius: int) -> Any:
    """The Gaussian or its derivative on whole numbers; sigma may be traced, too."""
    if order < 0:
        raise ValueError("order must be non-negative")
    x = np.arange(-radius, radius + 1)
    variance = sigma * sigma
    phi = np.exp(x**2 * (-0.5 / variance))
    phi = phi / np.sum(phi)
    if order == 0:
        return phi
    q: list[Any] = [1.0] + [0.0] * order  # the polynomial q with q phi the derivative: q' - q x / variance
    for _ in range(order):
        new: list[Any] = [0.0] * (order + 1)
        for k, c in enumerate(q):
            if k > 0:
                new[k - 1] = new[k - 1] + k * c
            if k < order:
                new[k + 1] = new[k + 1] - c / variance
        q = new
    return sum(c * x**k for k, c in enumerate(q)) * phi


def smoothed(x: Any, sigma: Any, axis: int, order: int, mode: str, cval: Any, truncate: float, radius: Any) -> Any:
    """A Gaussian filter along an axis."""
    if radius is None:
        radius = int(truncate * float(ops.stop_gradient(sigma) if type(sigma) is not float else sigma) + 0.5)
    if radius < 0 or int(radius) != radius:
        raise ValueError("Radius must be a nonnegative integer.")
    return correlated(x, np.flip(gaussian_weights(sigma, int(order), int(radius))), axis, mode, cval, 0)


@replaces("scipy.ndimage.gaussian_filter1d")
def gaussian_filter1d(
    input, sigma, axis=-1, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None
):
    """A Gaussian filter, or a derivative of one, along an axis."""
    x = image(input)
    return delivered(smoothed(x, sigma, axis, order, mode, cval, truncate, radius), x, output, "gaussian_filter1d")


@replaces("scipy.ndimage.gaussian_filter")
def gaussian_filter(
    input, sigma, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None, axes=None
):
    """A Gaussian filter, or a derivative of one."""
    x = image(input)
    axes = chosen_axes(axes, ops.ndim(x))
    count = len(axes)
    sigma = list(sigma) if isinstance(sigma, (tuple, list)) or ops.ndim(array(sigma)) else [sigma] * count
    y = x
    settings = zip(axes, sigma, along(order, count), along(mode, count), along(radius, count), strict=True)
    for axis, s, k, m, r in settings:
        if isinstance(s, (int, float)) and not s > 1e-15:
            continue
        y = smoothed(y, s, axis, k, m, cval, truncate, r)
    return delivered(y, x, output, "gaussian_filter")


def by_axes(x: Any, axes: Any, part: Any) -> Any:
    """The sum of a function of each axis."""
    total = None
    for axis in chosen_axes(axes, ops.ndim(x)):
        term = part(axis)
        total = term if total is None else total + term
    return total


@replaces("scipy.ndimage.gaussian_laplace")
def gaussian_laplace(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, **keywords):
    """The Laplacian by derivatives of a Gaussian."""
    x = image(input)
    rank = ops.ndim(x)
    y = by_axes(
        x, axes, lambda k: gaussian_filter(x, sigma, [2 * (j == k) for j in range(rank)], None, mode, cval, **keywords)
    )
    return delivered(y, x, output, "gaussian_laplace")


@replaces("scipy.ndimage.gaussian_gradient_magnitude")
def gaussian_gradient_magnitude(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, **keywords):
    """The size of the gradient by derivatives of a Gaussian; 0 has the derivative 0."""
    x = image(input)
    rank = ops.ndim(x)

    def part(k: int) -> Any:
        slope = gaussian_filter(x, sigma, [int(j == k) for j in range(rank)], None, mode, cval, **keywords)
        return slope * slope

    total = by_axes(x, axes, part)
    flat = total == 0
    return delivered(np.where(flat, 0, np.sqrt(np.where(flat, 1, total))), x, output, "gaussian_gradient_magnitude")


# ---- differences -----------------------------------------------------------------------------------------------------


@replaces("scipy.ndimage.laplace")
def laplace(input, output=None, mode="reflect", cval=0.0, *, axes=None):
    """The Laplacian by second differences."""
    x = image(input)
    modes = along(mode, ops.ndim(x))
    weights = np.array([1.0, -2.0, 1.0])
    y = by_axes(x, axes, lambda k: correlated(x, weights, k, modes[k], cval, 0))
    return delivered(y, x, output, "laplace")


def gradient_filter(name: str, across: tuple[float, ...]) -> None:
    """A difference along one axis, smoothed along the others."""

    @replaces(f"scipy.ndimage.{name}")
    def filtered(input, axis=-1, output=None, mode="reflect", cval=0.0):
        x = image(input)
        rank = ops.ndim(x)
        modes = along(mode, rank)
        axis = axis % rank
        y = correlated(x, np.array([-1.0, 0.0, 1.0]), axis, modes[axis], cval, 0)
        for k in range(rank):
            if k != axis:
                y = correlated(y, np.array(across), k, modes[k], cval, 0)
        return delivered(y, x, output, name)


gradient_filter("sobel", (1.0, 2.0, 1.0))
gradient_filter("prewitt", (1.0, 1.0, 1.0))


# ---- means -----------------------------------------------------------------------------------------------------------


@replaces("scipy.ndimage.uniform_filter1d")
def uniform_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """The mean of a window along an axis."""
    x = image(input)
    y = correlated(x, np.full(int(size), 1 / size), axis, mode, cval, origin)
    return delivered(y, x, output, "uniform_filter1d")


@replaces("scipy.ndimage.uniform_filter")
def uniform_filter(input, size=3, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The mean of a window."""
    x = y = image(input)
    axes = chosen_axes(axes, ops.ndim(x))
    settings = zip(axes, *(along(v, len(axes)) for v in (size, mode, origin)), strict=True)
    for axis, n, m, o in settings:
        if n > 1:
            y = correlated(y, np.full(int(n), 1 / n), axis, m, cval, o)
    return delivered(y, x, output, "uniform_filter")
