"""Shapes: the same elements in another arrangement. Units are kept; where NumPy returns a view the operation is one."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..dispatch import operation
from .axes import Axis, axis_of

__all__ = [
    "array_split", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "broadcast_to", "column_stack",
    "concatenate", "diag", "diagonal", "dstack", "expand_dims", "flip", "hstack", "matrix_transpose", "moveaxis",
    "ravel", "repeat", "reshape", "roll", "rot90", "split", "squeeze", "stack", "swapaxes", "tile", "trace",
    "transpose", "tril", "triu", "unstack", "vstack",
]  # fmt: skip


@operation(family="shaping", view=True)
def reshape(x: Any, *, shape: Any = (-1,), order: str = "C") -> Any:
    """The elements in another shape, read and written with the last axis fastest (order "C") or the first ("F")."""


@operation(family="shaping", view=True)
def transpose(x: Any, *, axes: tuple[int, ...] | None = None) -> Any:
    """The axes in another order, reversed for None."""


@operation(family="shaping", view=True)
def moveaxis(x: Any, *, source: Axis = 0, destination: Axis = 0) -> Any:
    """Axes moved to other places; the others keep their order."""


@operation(family="shaping", view=True)
def swapaxes(x: Any, *, axis1: int = 0, axis2: int = 1) -> Any:
    """Two axes exchanged."""


@operation(family="shaping", view=True)
def squeeze(x: Any, *, axis: Axis = None) -> Any:
    """Without axes of size 1, all of them for None."""


@operation(family="shaping", view=True)
def expand_dims(x: Any, *, axis: Any = 0) -> Any:
    """With new axes of size 1 at these places of the result."""


@operation(family="shaping")
def broadcast_to(x: Any, *, shape: tuple[int, ...] = ()) -> Any:
    """The elements repeated, without a copy, to a shape that x broadcasts to. The result is read-only."""


@operation(family="shaping", view=True)
def flip(x: Any, *, axis: Axis = None) -> Any:
    """The elements in reverse order along the axes, all for None."""


@operation(family="shaping")
def roll(x: Any, *, shift: Any = 1, axis: Axis = None) -> Any:
    """The elements shifted in circles along the axes, in the flattened array for None."""


@operation(family="shaping", view=True)
def rot90(x: Any, *, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """Rotated by k right angles, from the first of two axes towards the second."""


@operation(family="shaping")
def tile(x: Any, *, reps: Any = 1) -> Any:
    """x repeated as a whole along each axis."""


@operation(family="shaping")
def repeat(x: Any, *, repeats: Any = 1, axis: int | None = None) -> Any:
    """Each element repeated along an axis, all as often or each as `repeats` says; flattened for None."""


@operation(family="shaping", variadic=True)
def concatenate(arrays: Any, *, axis: int | None = 0, dtype: Any = None) -> Any:
    """The arrays one behind the other along an axis; flattened for None."""


@operation(family="shaping", variadic=True)
def stack(arrays: Any, *, axis: int = 0, dtype: Any = None) -> Any:
    """Arrays of one shape along a new axis of the result."""


@operation(family="shaping")
def split(x: Any, *, indices_or_sections: Any = 1, axis: int = 0) -> Any:
    """A tuple of parts along an axis: a number of equal ones, or cut at positions."""


@operation(family="shaping")
def tril(x: Any, *, k: int = 0) -> Any:
    """Zeros above the k-th diagonal of the last two axes; a vector is taken for every row."""


@operation(family="shaping")
def triu(x: Any, *, k: int = 0) -> Any:
    """Zeros below the k-th diagonal of the last two axes; a vector is taken for every row."""


@operation(family="shaping", view=True)
def diagonal(x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of two axes, as the last axis."""


@operation(family="shaping")
def diag(x: Any, *, k: int = 0) -> Any:
    """The k-th diagonal of a matrix, or a matrix with a vector on its k-th diagonal and zeros elsewhere."""


@operation(family="shaping")
def trace(x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The sum of the diagonal of two axes."""


# ---- made of the ones above ------------------------------------------------------------------------------------------


@operation(family="shaping", view=True)
def ravel(x: Any, *, order: str = "C") -> Any:
    """The elements in one axis."""


@ravel.decompose
def ravel_of(x: Any, *, order: str = "C") -> Any:
    return ops.reshape(x, shape=(-1,), order=order)


@operation(family="shaping", view=True)
def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged. Raises ValueError for fewer."""


@matrix_transpose.decompose
def matrix_transpose_of(x: Any) -> Any:
    if ops.ndim(x) < 2:
        raise ValueError(f"matrix_transpose needs an array with at least two axes, not shape {ops.shape(x)}.")
    return ops.swapaxes(x, axis1=-1, axis2=-2)


@operation(family="shaping", view=True)
def atleast_1d(x: Any) -> Any:
    """With one axis at least."""


@atleast_1d.decompose
def atleast_1d_of(x: Any) -> Any:
    return x if ops.ndim(x) >= 1 else ops.reshape(x, shape=(1,))


@operation(family="shaping", view=True)
def atleast_2d(x: Any) -> Any:
    """With two axes at least; a vector becomes a row."""


@atleast_2d.decompose
def atleast_2d_of(x: Any) -> Any:
    return x if ops.ndim(x) >= 2 else ops.reshape(x, shape=(1, ops.size(x)))


@operation(family="shaping", view=True)
def atleast_3d(x: Any) -> Any:
    """With three axes at least; a vector becomes (1, n, 1), a matrix gets a last axis."""


@atleast_3d.decompose
def atleast_3d_of(x: Any) -> Any:
    if ops.ndim(x) >= 3:
        return x
    return ops.reshape(x, shape=(*ops.shape(x), 1) if ops.ndim(x) == 2 else (1, ops.size(x), 1))


@operation(family="shaping", variadic=True)
def broadcast_arrays(arrays: Any) -> Any:
    """A tuple of the arrays, all in the shape that they broadcast to."""


@broadcast_arrays.decompose
def broadcast_arrays_of(arrays: Any) -> Any:
    import numpy as np

    shape = np.broadcast_shapes(*map(ops.shape, arrays))
    return tuple(ops.broadcast_to(x, shape=shape) for x in arrays)


@operation(family="shaping", variadic=True)
def vstack(arrays: Any, *, dtype: Any = None) -> Any:
    """The arrays below each other; vectors are rows."""


@vstack.decompose
def vstack_of(arrays: Any, *, dtype: Any = None) -> Any:
    return ops.concatenate(tuple(ops.atleast_2d(x) for x in arrays), axis=0, dtype=dtype)


@operation(family="shaping", variadic=True)
def hstack(arrays: Any, *, dtype: Any = None) -> Any:
    """The arrays beside each other; vectors one behind the other."""


@hstack.decompose
def hstack_of(arrays: Any, *, dtype: Any = None) -> Any:
    arrays = tuple(ops.atleast_1d(x) for x in arrays)
    return ops.concatenate(arrays, axis=0 if ops.ndim(arrays[0]) == 1 else 1, dtype=dtype)


@operation(family="shaping", variadic=True)
def dstack(arrays: Any, *, dtype: Any = None) -> Any:
    """The arrays behind each other along the third axis."""


@dstack.decompose
def dstack_of(arrays: Any, *, dtype: Any = None) -> Any:
    return ops.concatenate(tuple(ops.atleast_3d(x) for x in arrays), axis=2, dtype=dtype)


@operation(family="shaping", variadic=True)
def column_stack(arrays: Any) -> Any:
    """The arrays beside each other; vectors are columns."""


@column_stack.decompose
def column_stack_of(arrays: Any) -> Any:
    columns = tuple(x if ops.ndim(x) >= 2 else ops.reshape(x, shape=(ops.size(x), 1)) for x in arrays)
    return ops.concatenate(columns, axis=1)


@operation(family="shaping")
def array_split(x: Any, *, indices_or_sections: Any = 1, axis: int = 0) -> Any:
    """A tuple of parts along an axis: a number of nearly equal ones, the longer ones first, or cut at positions."""


@array_split.decompose
def array_split_of(x: Any, *, indices_or_sections: Any = 1, axis: int = 0) -> Any:
    cuts = indices_or_sections
    if isinstance(cuts, int):
        short, longer = divmod(ops.shape(x)[axis], cuts)
        cuts = [k * short + (k if k < longer else longer) for k in range(1, cuts)]
    return ops.split(x, indices_or_sections=cuts, axis=axis)


@operation(family="shaping")
def unstack(x: Any, *, axis: int = 0) -> Any:
    """A tuple of the slices along an axis."""


@unstack.decompose
def unstack_of(x: Any, *, axis: int = 0) -> Any:
    before = (slice(None),) * axis_of(axis, ops.ndim(x))
    return tuple(ops.getitem(x, index=(*before, k)) for k in range(ops.shape(x)[axis]))
