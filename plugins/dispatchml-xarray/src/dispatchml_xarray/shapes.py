"""Operations that change shapes: which dims and coordinates the result has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line

from .axes import Rule, assembled, normal, numbers
from .labels import DataArray, LabelError, Variable, fresh, is_labelled
from .opening import run


def permuted(order: Callable[[int, dict[str, Any]], tuple[int, ...]]) -> Callable[[Any], Rule]:
    """Axes in another order."""

    def family(op: Any) -> Rule:
        def moved(x: Any, **keywords: Any) -> Any:
            return run(lambda d: d.transpose(*(d.dims[k] for k in order(d.ndim, keywords))), x)

        return moved

    return family


def order_of_transpose(ndim: int, given: dict[str, Any]) -> tuple[int, ...]:
    """transpose."""
    axes = given.get("axes")
    return tuple(reversed(range(ndim))) if axes is None else tuple(k % ndim for k in axes)


def order_of_swapaxes(ndim: int, given: dict[str, Any]) -> tuple[int, ...]:
    """swapaxes."""
    order = list(range(ndim))
    i, j = given.get("axis1", 0) % ndim, given.get("axis2", 1) % ndim
    order[i], order[j] = order[j], order[i]
    return tuple(order)


def order_of_matrices(ndim: int, given: dict[str, Any]) -> tuple[int, ...]:
    """matrix_transpose."""
    return order_of_swapaxes(ndim, {"axis1": -2, "axis2": -1})


def order_of_moveaxis(ndim: int, given: dict[str, Any]) -> tuple[int, ...]:
    """moveaxis."""
    return moved(ndim, **given)


def moved(ndim: int, source: Any = 0, destination: Any = 0) -> tuple[int, ...]:
    """The order of axes after moveaxis."""
    before = [k % ndim for k in (source if isinstance(source, (tuple, list)) else (source,))]
    after = [k % ndim for k in (destination if isinstance(destination, (tuple, list)) else (destination,))]
    order = [k for k in range(ndim) if k not in before]
    for place, k in sorted(zip(after, before, strict=True)):
        order.insert(place, k)
    return tuple(order)


def expand_dims(x: Any, *, axis: Any = 0) -> Any:
    """New axes get names that nothing has."""

    def expanded(d: Any) -> Any:
        y = ops.expand_dims(numbers(d), axis=axis)
        return assembled(d, y, with_new(d, normal(axis, ops.ndim(y))))

    return run(expanded, x)


def with_new(d: Any, places: tuple[int, ...]) -> tuple[Any, ...]:
    """The dims with new ones at certain places."""
    dims = list(d.dims)
    for k in sorted(places):
        dims.insert(k, fresh((*dims, *getattr(d, "_coords", ()))))
    return tuple(dims)


def squeeze(x: Any, *, axis: Any = None) -> Any:
    """Axes of size one go; their coordinates stay as scalars, as in xarray."""
    return run(lambda d: d.squeeze(None if axis is None else tuple(d.dims[k] for k in normal(axis, d.ndim))), x)


def broadcast_to(x: Any, *, shape: Any = ()) -> Any:
    """New axes in front get names; stretched ones lose their one coordinate."""

    def stretched(d: Any) -> Any:
        y = ops.broadcast_to(numbers(d), shape=shape)
        return assembled(d, y, with_new(d, tuple(range(ops.ndim(y) - d.ndim))))

    return run(stretched, x)


def reshape(x: Any, *, shape: Any = (-1,), order: str = "C") -> Any:
    """Axes of size one may come and go; what would mix dims raises."""

    def reshaped(d: Any) -> Any:
        y = ops.reshape(numbers(d), shape=shape, order=order)
        dims = fitted(d, ops.shape(y))
        if dims is None:
            raise LabelError(
                f"reshape of {dict(d.sizes)} to {ops.shape(y)}{at_user_line()} would lose the dims. Write "
                "x.stack(new=(...)), x.unstack(...), or x.data.reshape(...) for the numbers alone."
            )
        return assembled(d, y, dims)

    return run(reshaped, x)


def fitted(d: Any, shape: tuple[int, ...]) -> tuple[Any, ...] | None:
    """The dims of a shape that differs by axes of size one only; None for another one."""
    old = [(n, s) for n, s in d.sizes.items() if s != 1]
    if [s for s in shape if s != 1] != [s for _, s in old]:
        return None
    if tuple(shape) == tuple(d.sizes.values()):
        return tuple(d.dims)
    dims: list[Any] = []
    names = iter(n for n, _ in old)
    taken = [*d.dims, *getattr(d, "_coords", ())]
    for s in shape:
        dims.append(next(names) if s != 1 else fresh((*taken, *dims)))
    return tuple(dims)


def ravel(x: Any, *, order: str = "C") -> Any:
    """Of one axis only."""
    return reshape(x, shape=(-1,), order=order)


def flip(x: Any, *, axis: Any = None) -> Any:
    """With their coordinates."""
    return run(lambda d: d.isel({d.dims[k]: slice(None, None, -1) for k in normal(axis, d.ndim)}), x)


def roll(x: Any, *, shift: Any = 1, axis: Any = None) -> Any:
    """The numbers are moved, the coordinates stay."""

    def rolled(d: Any) -> Any:
        if axis is None and d.ndim > 1:
            raise LabelError(f"roll of all elements would flatten {d.dims}{at_user_line()}. Name an axis.")
        return assembled(d, ops.roll(numbers(d), shift=shift, axis=axis), d.dims)

    return run(rolled, x)


def same_dims(op: Any) -> Rule:
    """All labels stay: triangles of matrices, for example."""

    def unchanged(x: Any, **keywords: Any) -> Any:
        return run(lambda d: assembled(d, op(numbers(d), **keywords), d.dims), x)

    return unchanged


def resized(op: Any) -> Rule:
    """Dims stay; where the size has changed, coordinates go."""

    def of_other_sizes(x: Any, **keywords: Any) -> Any:
        def made(d: Any) -> Any:
            y = op(numbers(d), **keywords)
            if ops.ndim(y) != d.ndim:
                raise LabelError(f"{op.info.name} would lose the dims {d.dims}{at_user_line()}. Name an axis.")
            changed = tuple(n for n, s in zip(d.dims, ops.shape(y), strict=True) if s != d.sizes[n])
            return assembled(d, y, d.dims, changed)

        return run(made, x)

    return of_other_sizes


def lost(op: Any) -> Rule:
    """What has no meaning for named axes."""

    def refused(*_: Any, **__: Any) -> Any:
        raise LabelError(
            f"{op.info.name} of a labelled array{at_user_line()} would lose its dims. {INSTEAD.get(op.info.name, '')}"
            "Take the numbers, x.data, and label the result: xarray.DataArray(y, dims=...)."
        )

    return refused


INSTEAD = {
    "kron": "Multiply arrays with different dims instead. ",
    "tensordot": "Write xarray.dot(a, b, dim=...). ",
    "outer": "Multiply arrays with different dims instead. ",
    "svd": "",
}


def split(op: Any) -> Rule:
    """Pieces along an axis, with their coordinates."""

    def pieces(x: Any, *, indices_or_sections: Any = 1, axis: int = 0) -> Any:
        def cut(d: Any) -> Any:
            places = op(np.arange(d.shape[axis]), indices_or_sections=indices_or_sections, axis=0)
            return type(places)(
                d.isel({d.dims[axis]: slice(int(p[0]), int(p[-1]) + 1) if len(p) else []}) for p in places
            )

        return run(cut, x)

    return pieces


def unstack(x: Any, *, axis: int = 0) -> Any:
    """The elements along an axis, with their coordinate as a scalar."""
    return run(lambda d: tuple(d.isel({d.dims[axis]: k}) for k in range(d.shape[axis])), x)


def alike(arrays: Any) -> Any:
    """Labelled arrays of one order of dims; plain ones among them get the dims of the first."""
    first = next(d for d in arrays if is_labelled(d))
    made = []
    for d in arrays:
        if not is_labelled(d):
            d = Variable(first.dims, d)
            d = DataArray(d) if isinstance(first, DataArray) else d
        elif d.dims != first.dims:
            if set(d.dims) != set(first.dims):
                raise LabelError(
                    f"Arrays with the dims {first.dims} and {d.dims}{at_user_line()} are not put together."
                )
            d = d.transpose(*first.dims)
        made.append(d)
    return made


def concatenate(arrays: Any, *, axis: int = 0, dtype: Any = None) -> Any:
    """Along a dim, with its coordinates; those of other dims must agree."""

    def joined(*arrays: Any) -> Any:
        alike_ones = alike(arrays)
        dim = alike_ones[0].dims[axis]
        if isinstance(alike_ones[0], Variable):
            y = Variable.concat(alike_ones, dim)
        else:
            if any(dim not in d.coords for d in alike_ones):
                alike_ones = [d.drop_vars([k for k, v in d.coords.items() if dim in v.dims]) for d in alike_ones]
            y = xr.concat(alike_ones, dim=dim, join="exact", coords="minimal", compat="override")
        return y if dtype is None else y.astype(dtype)

    return run(joined, *arrays)


def stack(arrays: Any, *, axis: int = 0, dtype: Any = None) -> Any:
    """Along a new dim."""

    def stacked(*arrays: Any) -> Any:
        alike_ones = alike(arrays)
        first = alike_ones[0]
        name = fresh((*first.dims, *getattr(first, "_coords", ())))
        if isinstance(first, Variable):
            y = Variable.concat(alike_ones, name)
        else:
            y = xr.concat(alike_ones, dim=name, join="exact", coords="minimal", compat="override")
        dims = list(first.dims)
        dims.insert(axis if axis >= 0 else axis + len(dims) + 1, name)
        y = y.transpose(*dims)
        return y if dtype is None else y.astype(dtype)

    return run(stacked, *arrays)


def broadcast_arrays(arrays: Any) -> Any:
    """By the names of dims, as xarray.broadcast."""
    return run(lambda *arrays: tuple(xr.broadcast(*alike_dims(arrays))), *arrays)


def alike_dims(arrays: Any) -> Any:
    """Labelled arrays only."""
    if not all(isinstance(d, DataArray) for d in arrays):
        raise LabelError(f"broadcast_arrays of labelled and plain arrays{at_user_line()}: label them all.")
    return arrays
