"""Operations along axes: which dims and coordinates the result has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line

from .labels import DataArray, LabelError, Labels, is_labelled, numbers_of, of_variable
from .opening import run

Rule = Callable[..., Any]


def assembled(d: Any, data: Any, dims: tuple[Any, ...], changed: tuple[Any, ...] = ()) -> Any:
    """Numbers with dims of an array: coordinates of all of whose dims nothing has changed stay."""
    old = of_variable(d)
    shape = dict(zip(dims, ops.shape(data), strict=True))
    coords = {
        k: v
        for k, v in old.coords.items()
        if not set(v.dims) & set(changed) and all(shape.get(n) == s for n, s in zip(v.dims, v.shape, strict=True))
    }
    indexes = {k: v for k, v in old.indexes.items() if k in coords}
    return Labels(old.cls, dims, old.attrs, coords, old.name, indexes).build(data)


def numbers(d: Any) -> Any:
    """The numbers of an opened array."""
    return numbers_of(d) if is_labelled(d) else d


def normal(axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes as positive numbers; None means all."""
    if axis is None:
        return tuple(range(ndim))
    given = axis if isinstance(axis, tuple) else (axis,)
    for k in given:
        if not -ndim <= k < ndim:
            raise np.exceptions.AxisError(k, ndim)
    return tuple(int(k) % ndim for k in given)


# ---- reductions ------------------------------------------------------------------------------------------------------


def by_method(name: str) -> Callable[[Any], Rule]:
    """Reductions that xarray has itself: it leaves nan out of floating-point numbers, unless it is told not to."""

    def family(op: Any) -> Rule:
        of_objects = reducing(op)  # xarray makes floats of some of them

        def reduced(x: Any, *, axis: Any = None, keepdims: bool = False, **keywords: Any) -> Any:
            if ops.dtype(x).kind == "O":
                return of_objects(x, axis=axis, keepdims=keepdims, **keywords)
            keywords = {k: v for k, v in keywords.items() if v is not None}

            def by_xarray(d: Any) -> Any:
                taken = tuple(d.dims[k] for k in normal(axis, d.ndim))
                y = getattr(d, name)(dim=taken, **keywords) if taken else getattr(d, name)(dim=(), **keywords)
                return kept(y, d.dims, taken) if keepdims else y

            return run(by_xarray, x)

        return reduced

    return family


def kept(y: Any, dims: Any, taken: Any) -> Any:
    """A reduction with the dims that it took away, of size one."""
    missing = [n for n in dims if n in taken]
    y = y.expand_dims(missing) if isinstance(y, DataArray) else y.set_dims({**dict.fromkeys(missing, 1), **y.sizes})
    return y.transpose(*dims)


def reducing(op: Any) -> Rule:
    """Reductions that xarray does not have: as in NumPy."""

    def reduced(*arguments: Any, axis: Any = None, keepdims: bool = False, **keywords: Any) -> Any:
        def by_axis(d: Any, *others: Any) -> Any:
            values = tuple(map(numbers, (d, *others)))
            if not is_labelled(d):
                d = next(v for v in others if is_labelled(v))
                if d.shape != ops.shape(values[0]):
                    raise LabelError(
                        f"{op.info.name} of plain numbers with labelled weights{at_user_line()}: label both."
                    )
            taken = normal(axis, d.ndim)
            y = op(*values, axis=axis, keepdims=keepdims, **keywords)
            if keepdims:
                return assembled(d, y, d.dims, tuple(d.dims[k] for k in taken))
            return assembled(d, y, tuple(n for k, n in enumerate(d.dims) if k not in taken))

        return run(by_axis, *arguments)

    return reduced


def position(op: Any) -> Rule:
    """argmax and argmin: positions along a dim; of the flattened array, a number."""

    def found(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        def by_axis(d: Any) -> Any:
            y = op(numbers(d), axis=axis, keepdims=keepdims)
            taken = normal(axis, d.ndim)
            if keepdims:
                return assembled(d, y, d.dims, tuple(d.dims[k] for k in taken))
            return assembled(d, y, tuple(n for k, n in enumerate(d.dims) if k not in taken))

        return run(by_axis, x)

    return found


def quantile(x: Any, *, q: Any = 0.5, axis: Any = None, interpolation: str = "linear", keepdims: bool = False) -> Any:
    """Several quantiles lie along a new dim `quantile`, as in xarray."""

    def by_axis(d: Any) -> Any:
        taken = normal(axis, d.ndim)
        y = ops.quantile(numbers(d), q=q, axis=axis, interpolation=interpolation, keepdims=keepdims)
        front = ("quantile",) * np.ndim(q)
        if np.ndim(q) > 1:
            raise LabelError(f"quantile of a labelled array with q of {np.ndim(q)} dimensions{at_user_line()}.")
        rest = d.dims if keepdims else tuple(n for k, n in enumerate(d.dims) if k not in taken)
        return assembled(d, y, (*front, *rest), tuple(d.dims[k] for k in taken))

    return run(by_axis, x)


# ---- along one axis --------------------------------------------------------------------------------------------------


def scanning(op: Any) -> Rule:
    """Running sums and their kin: all labels stay."""

    def scanned(x: Any, *, axis: Any = None, **keywords: Any) -> Any:
        def by_axis(d: Any) -> Any:
            if axis is None and d.ndim > 1:
                raise LabelError(
                    f"{op.info.name} of all elements would flatten {d.dims}{at_user_line()} and lose the labels. Name "
                    "an axis, or stack the dims: x.stack(all=x.dims)."
                )
            return assembled(d, op(numbers(d), axis=axis, **keywords), d.dims)

        return run(by_axis, x)

    return scanned


def by_scan(name: str) -> Callable[[Any], Rule]:
    """cumsum and cumprod, in which xarray takes nan for zero and one."""

    def family(op: Any) -> Rule:
        def scanned(x: Any, *, axis: Any = None, dtype: Any = None) -> Any:
            def by_xarray(d: Any) -> Any:
                y = getattr(d, name)(dim=tuple(d.dims[k] for k in normal(axis, d.ndim)))
                return y if dtype is None else y.astype(dtype)

            return run(by_xarray, x)

        return scanned

    return family


def reordering(op: Any) -> Rule:
    """Sorting and transforming along an axis: what was at a coordinate is elsewhere, so its coordinates go."""

    def reordered(x: Any, *, axis: Any = -1, **keywords: Any) -> Any:
        def by_axis(d: Any) -> Any:
            if axis is None and d.ndim > 1:
                raise LabelError(
                    f"{op.info.name} of all elements would flatten {d.dims}{at_user_line()}. Name an axis."
                )
            y = op(numbers(d), axis=axis, **keywords)
            return assembled(d, y, d.dims, tuple(d.dims[k] for k in normal(axis, d.ndim)))

        return run(by_axis, x)

    return reordered


def along_axes(op: Any) -> Rule:
    """The same along several axes."""

    def reordered(x: Any, *, axes: Any = None, **keywords: Any) -> Any:
        def by_axes(d: Any) -> Any:
            given = tuple(axes) if isinstance(axes, (tuple, list)) else axes
            y = op(numbers(d), axes=axes, **keywords)
            return assembled(d, y, d.dims, tuple(d.dims[k] for k in normal(given, d.ndim)))

        return run(by_axes, x)

    return reordered


def normalised(op: Any) -> Rule:
    """softmax and log_softmax."""

    def shares(x: Any, *, axis: Any = -1) -> Any:
        return run(lambda d: assembled(d, op(numbers(d), axis=axis), d.dims), x)

    return shares


def diff(x: Any, *, n: int = 1, axis: int = -1) -> Any:
    """Differences have the later coordinate, as in xarray."""
    return run(lambda d: d.diff(d.dims[axis], n=n) if isinstance(d, DataArray) else differences(d, n, axis), x)


def differences(d: Any, n: int, axis: int) -> Any:
    """The same for a Variable, which has no coordinates."""
    return assembled(d, ops.diff(numbers(d), n=n, axis=axis), d.dims)


def trapezoid(y: Any, x: Any, *, axis: int = -1) -> Any:
    """An integral along an axis."""

    def by_axis(d: Any, x: Any) -> Any:
        if not is_labelled(d):
            raise LabelError(f"trapezoid of plain numbers over labelled places{at_user_line()}: pass x.data.")
        (taken,) = normal(axis, d.ndim)
        integral = ops.trapezoid(numbers(d), numbers(x), axis=axis)
        return assembled(d, integral, tuple(n for k, n in enumerate(d.dims) if k != taken))

    return run(by_axis, y, x)


def searchsorted(x: Any, values: Any, *, side: str = "left", sorter: Any = None) -> Any:
    """Positions, with the labels of what was searched for."""

    def searched(x: Any, values: Any) -> Any:
        y = ops.searchsorted(numbers(x), numbers(values), side=side, sorter=sorter)
        return assembled(values, y, values.dims) if is_labelled(values) else y

    return run(searched, x, values)
