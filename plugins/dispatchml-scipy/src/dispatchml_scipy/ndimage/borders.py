"""What is outside of an image, and what is done with `output=`."""

from typing import Any

import numpy as np

from dispatchml import ops

from ..arguments import floating, unsupported

#: NumPy's names of SciPy's continuations.
PADS = {
    "reflect": "symmetric", "grid-mirror": "symmetric", "mirror": "reflect", "nearest": "edge", "wrap": "wrap",
    "grid-wrap": "wrap", "constant": "constant", "grid-constant": "constant",
}  # fmt: skip


def image(x: Any) -> Any:
    """An array of floating-point or complex numbers."""
    return floating(x)


def delivered(y: Any, like: Any, output: Any, name: str) -> Any:
    """The result in the dtype that was asked for, that of the input by default."""
    if isinstance(output, np.ndarray) or hasattr(output, "__array_ufunc__"):
        raise unsupported(f"scipy.ndimage.{name}(output=an array)", "Use the result.")
    kind = ops.dtype(like) if output is None else np.dtype(output)
    if kind.kind not in "fc":
        raise unsupported(f"scipy.ndimage.{name}(output={output!r})", "Whole numbers have no derivative.")
    return y if ops.dtype(y) == kind else ops.astype(y, dtype=kind)


def extended(x: Any, axis: int, before: int, after: int, mode: str, cval: Any) -> Any:
    """An axis continued on both sides."""
    if mode not in PADS:
        raise RuntimeError("boundary mode not supported")
    if before == 0 and after == 0:
        return x
    widths = [(0, 0)] * ops.ndim(x)
    widths[axis] = (before, after)
    if PADS[mode] == "constant":
        return np.pad(x, tuple(widths), constant_values=cval)
    places = np.pad(np.arange(ops.shape(x)[axis]), (before, after), mode=PADS[mode])
    return np.take(x, places, axis=axis)


def along(value: Any, count: int) -> list[Any]:
    """One value for each axis."""
    if isinstance(value, str) or not hasattr(value, "__len__"):
        return [value] * count
    found = list(value)
    if len(found) != count:
        raise RuntimeError("sequence argument must have length equal to input rank")
    return found


def chosen_axes(axes: Any, rank: int) -> list[int]:
    """The axes that are filtered."""
    return [int(k) % rank for k in (range(rank) if axes is None else np.atleast_1d(axes))]
