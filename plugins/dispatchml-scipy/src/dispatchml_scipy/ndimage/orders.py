"""Filters that choose: extrema, medians, ranks. What is chosen gets the derivative; ties in extrema share it."""

import itertools
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import unsupported
from .borders import along, chosen_axes, delivered, extended, image


def windows(x: Any, size: Any, footprint: Any, mode: Any, cval: Any, origin: Any, axes: Any, name: str) -> Any:
    """The numbers round each place, on a new first axis."""
    rank = ops.ndim(x)
    chosen = chosen_axes(axes, rank)
    if footprint is not None:
        footprint = np.asarray(footprint, bool)
        if footprint.ndim != rank:
            raise unsupported(f"scipy.ndimage.{name}(footprint=..., axes=...)", "Give the footprint axes of size 1.")
    else:
        if size is None:
            raise RuntimeError("no footprint or filter size provided")
        sizes = [1] * rank
        for axis, n in zip(chosen, along(size, len(chosen)), strict=True):
            sizes[axis] = int(n)
        footprint = np.ones(sizes, bool)
    origins, modes = [0] * rank, ["reflect"] * rank
    for axis, o, m in zip(chosen, along(origin, len(chosen)), along(mode, len(chosen)), strict=True):
        origins[axis], modes[axis] = int(o), m
    wide = x
    for axis, n in enumerate(footprint.shape):
        before = n // 2 + origins[axis]
        wide = extended(wide, axis, before, n - 1 - before, modes[axis], cval)
    shape = ops.shape(x)
    places = (at for at in itertools.product(*map(range, footprint.shape)) if footprint[at])
    return np.stack([wide[tuple(slice(i, i + n) for i, n in zip(at, shape, strict=True))] for at in places], axis=0)


def extremum(name: str, choose: Any) -> None:
    """An extremum of each window."""

    @replaces(f"scipy.ndimage.{name}_filter")
    def filtered(input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
        x = image(input)
        y = choose(windows(x, size, footprint, mode, cval, origin, axes, f"{name}_filter"), axis=0)
        return delivered(y, x, output, f"{name}_filter")

    @replaces(f"scipy.ndimage.{name}_filter1d")
    def filtered_axis(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
        x = image(input)
        y = choose(windows(x, (size,), None, (mode,), cval, (origin,), (axis,), f"{name}_filter1d"), axis=0)
        return delivered(y, x, output, f"{name}_filter1d")


extremum("maximum", np.max)
extremum("minimum", np.min)


def ranked(x: Any, place: Any, size, footprint, mode, cval, origin, axes, output, name) -> Any:
    """The number of a rank in each window; place(count) says which."""
    stack = windows(x, size, footprint, mode, cval, origin, axes, name)
    count = ops.shape(stack)[0]
    return delivered(np.sort(stack, axis=0)[place(count)], x, output, name)


@replaces("scipy.ndimage.median_filter")
def median_filter(input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The middle one of each window, the upper of two."""
    return ranked(image(input), lambda n: n // 2, size, footprint, mode, cval, origin, axes, output, "median_filter")


@replaces("scipy.ndimage.rank_filter")
def rank_filter(input, rank, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The number of a rank in each window."""
    return ranked(
        image(input), lambda n: rank if rank >= 0 else n + rank, size, footprint, mode, cval, origin, axes, output,
        "rank_filter",
    )  # fmt: skip


@replaces("scipy.ndimage.percentile_filter")
def percentile_filter(
    input, percentile, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None
):
    """The number below which a percentage of each window is."""
    share = percentile + 100.0 if percentile < 0 else percentile

    def place(count: int) -> int:
        return count - 1 if share == 100.0 else int(float(count) * share / 100.0)

    return ranked(image(input), place, size, footprint, mode, cval, origin, axes, output, "percentile_filter")
