"""Static arithmetic on axes and shapes: plain Python on plain integers, shared by operations, kernels and rules."""

from __future__ import annotations

from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

Axis = int | tuple[int, ...] | None
Shape = tuple[int, ...]


def axes_of(axis: Axis, ndim: int) -> Shape:
    """The axes that `axis` names, counted from the front; all for None. Raises numpy's AxisError.

    A 0-d value has no axes, but NumPy's reductions take axis 0 and -1 of one; so do ours.
    """
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis % ndim,)
    if axis is None:
        return tuple(range(ndim))
    if ndim == 0:
        if axis != ():
            normalize_axis_tuple(axis, 1)
        return ()
    return normalize_axis_tuple(axis, ndim)


def axis_of(axis: int, ndim: int) -> int:
    """One axis, counted from the front. Raises numpy's AxisError."""
    return normalize_axis_index(axis, ndim)


def kept_shape(shape: Shape, axis: Axis) -> Shape:
    """The shape with size 1 at the axes."""
    axes = axes_of(axis, len(shape))
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def behind(axis: Axis, ndim: int) -> Axis:
    """The axes of an element with `ndim` axes, as axes of an array that has a batch axis in front of it."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if ndim == 0:
        axes_of(axis, 0)
        return ()
    axes = tuple(a + 1 for a in axes_of(axis, ndim))
    return axes[0] if isinstance(axis, int) else axes


def moved_axes(source: Axis, destination: Axis, ndim: int) -> Shape:
    """The permutation that moves axes from `source` to `destination` and keeps the order of the others."""
    origin, target = axes_of(source, ndim), axes_of(destination, ndim)
    order = [a for a in range(ndim) if a not in origin]
    for place, axis in sorted(zip(target, origin, strict=True)):
        order.insert(place, axis)
    return tuple(order)


def inverse(permutation: Shape) -> Shape:
    """The permutation that undoes another."""
    return tuple(sorted(range(len(permutation)), key=permutation.__getitem__))
