"""Functions of arrays in xarray that go to compiled code or write into memory, for traced numbers and carriers.

Where the first and the last number is, which ones are missing and where they are taken from is told by the primal;
what is taken is traced. Interpolation and fits are linear in the numbers: xarray's own code makes the weights.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import dispatchml.numpy as xp
from dispatchml import isinstance as layered_instance
from dispatchml import ops, primal
from dispatchml.dispatch import Carrier
from dispatchml.dispatch.errors import at_user_line

from .labels import LabelError, Variable, is_traced, variable_of

#: The dim of the numbers that an interpolation is made of.
BASIS = "_basis_of_an_interpolation"


def is_ours(x: Any) -> bool:
    """Whether numbers are traced, or carry what plain ones do not."""
    return is_traced(x) or isinstance(x, Carrier)


def missing(x: Any) -> Any:
    """Where numbers are nan, or masked."""
    found = ops.isnan(x) if ops.dtype(x).kind in "fc" else np.zeros(ops.shape(x), bool)
    return found.filled(True) if layered_instance(found, np.ma.MaskedArray) else found


def plain_missing(x: Any, what: str) -> Any:
    """The same as a plain array; in a batch each element would have places of its own."""
    found = missing(x)
    if not isinstance(found, np.ndarray):
        raise LabelError(
            f"{what} in a batch{at_user_line()}: each element is missing numbers at places of its own. Do it outside "
            "of dispatchml.vmap, along the dims that it concerns."
        )
    return found


def taken(x: Any, positions: Any, axis: int) -> Any:
    """Elements along an axis by their positions there, one for each place in the other axes."""
    return ops.take_along_axis(x, positions, axis=axis)


def one_axis(axis: Any) -> int:
    """An axis, which may stand alone in a tuple."""
    return axis[0] if isinstance(axis, (tuple, list)) else axis


def outermost_of(last: bool) -> Callable[[Any], Any]:
    """The first or the last element that is there."""

    def family(original: Callable[..., Any]) -> Any:
        @functools.wraps(original)
        def through(values: Any, axis: Any, skipna: Any = None) -> Any:
            if not is_ours(values) or skipna is False or ops.dtype(values).kind not in "fc":
                return original(values, axis, skipna)
            k = one_axis(axis)
            there = ops.logical_not(missing(values))
            count = ops.shape(values)[k]
            found = ops.argmax(ops.flip(there, axis=k) if last else there, axis=k, keepdims=True)
            found = ops.subtract(count - 1, found) if last else found
            return ops.squeeze(taken(values, found, k), axis=k)

        return through

    return family


def push(original: Callable[..., Any]) -> Any:
    """What is missing is the last number before it, at most n places away."""

    @functools.wraps(original)
    def through(array: Any, n: Any, axis: int, *arguments: Any, **keywords: Any) -> Any:
        if not is_ours(array):
            return original(array, n, axis, *arguments, **keywords)
        shape = ops.shape(array)
        count = shape[axis]
        along = np.arange(count).reshape([-1 if k == axis % len(shape) else 1 for k in range(len(shape))])
        gone = missing(array)
        last = ops.cummax(ops.where(gone, -1, np.broadcast_to(along, shape)), axis=axis)
        near = ops.logical_and(ops.greater_equal(last, 0), ops.less_equal(ops.subtract(along, last), n))
        return ops.where(ops.logical_and(gone, near), taken(array, ops.maximum(last, 0), axis), array)

    return through


def sliding_window_view(original: Callable[..., Any]) -> Any:
    """Windows along axes, at the end."""

    @functools.wraps(original)
    def through(array: Any, window_shape: Any, axis: Any = None, **keywords: Any) -> Any:
        if not is_ours(array):
            return original(array, window_shape, axis=axis, **keywords)
        sizes = window_shape if isinstance(window_shape, (tuple, list)) else (window_shape,)
        axes = axis if isinstance(axis, (tuple, list)) else tuple(range(ops.ndim(array))) if axis is None else (axis,)
        for size, k in zip(sizes, axes, strict=True):
            starts = np.arange(ops.shape(array)[k] - size + 1)
            array = ops.moveaxis(
                ops.take(array, starts[:, None] + np.arange(size), axis=k), source=k + 1, destination=-1
            )
        return array

    return through


def least_squares(original: Callable[..., Any]) -> Any:
    """Columns with missing numbers are fitted to those that are there."""

    @functools.wraps(original)
    def through(lhs: Any, rhs: Any, rcond: Any = None, skipna: bool = False) -> Any:
        if not is_ours(rhs) or not skipna:
            return original(lhs, rhs, rcond=rcond, skipna=skipna)
        gone = plain_missing(rhs, "polyfit")
        if not gone.any():
            return original(lhs, rhs, rcond=rcond, skipna=False)
        rest = ops.shape(rhs)[1:]
        rhs, gone = ops.reshape(rhs, shape=(gone.shape[0], -1)), gone.reshape(gone.shape[0], -1)
        patterns, of_column = np.unique(gone, axis=1, return_inverse=True)
        coefficients, residuals, columns = [], [], []
        for k in range(patterns.shape[1]):
            kept, chosen = np.flatnonzero(~patterns[:, k]), np.flatnonzero(of_column.reshape(-1) == k)
            right = ops.getitem(rhs, index=np.ix_(kept, chosen))
            if kept.size:
                found = xp.linalg.lstsq(lhs[kept], right, rcond=rcond)[0]
            else:
                found = np.full((lhs.shape[1], chosen.size), np.nan)
            less = ops.subtract(right, ops.matmul(lhs[kept], found))
            known = kept.size > lhs.shape[1]
            residuals.append(ops.sum(ops.square(less), axis=0) if known else np.full(chosen.size, np.nan))
            coefficients.append(found)
            columns.append(chosen)
        order = np.argsort(np.concatenate(columns))
        fitted = ops.getitem(ops.concatenate(tuple(coefficients), axis=1), index=(slice(None), order))
        left = ops.getitem(ops.concatenate(tuple(residuals), axis=0), index=order)
        return ops.reshape(fitted, shape=(lhs.shape[1], *rest)), ops.reshape(left, shape=rest)

    return through


# ---- interpolation ---------------------------------------------------------------------------------------------------


#: Methods whose result is a weighted sum of the numbers, with weights that do not depend on them.
LINEAR = frozenset("linear nearest zero slinear quadratic cubic quintic polynomial barycentric krogh".split())


def refuse_nonlinear(name: str, method: str) -> None:
    """Methods that look at the numbers have no weights."""
    if method not in LINEAR:
        raise LabelError(
            f"x.{name}(method={method!r}) of a traced array{at_user_line()}: such curves are no sums of the numbers "
            f"with fixed weights. There are derivatives for {', '.join(sorted(LINEAR))}."
        )


def weighted(numbers: Any, weights: Any, dims: Any) -> Any:
    """The sum of numbers along the basis, each with its weight; a number without weight counts for nothing."""
    product = numbers * weights
    none = weights == 0
    if bool(none.any()):
        product = product.where(~none, Variable(product.dims, ops.zeros_like(product._data)))
    return product.sum(BASIS, skipna=False).transpose(*dims)


def interpolated(original: Callable[..., Any]) -> Any:
    """Interpolation of a variable at other places: xarray's own on unit vectors makes the weights."""

    @functools.wraps(original)
    def through(var: Any, indexes_coords: Any, **keywords: Any) -> Any:
        if not is_ours(var._data) or not indexes_coords:
            return original(var, indexes_coords, **keywords)
        refuse_nonlinear("interp", keywords.get("method", "linear"))
        dims = [d for d in var.dims if d in indexes_coords]
        sizes = [var.sizes[d] for d in dims]
        count = int(np.prod(sizes))
        unit = Variable((BASIS, *dims), np.eye(count).reshape(count, *sizes))
        weights = original(unit, indexes_coords, **keywords)
        rest = [d for d in var.dims if d not in dims]
        y = weighted(var.stack({BASIS: dims}), weights, rest + [d for d in weights.dims if d not in (BASIS, *rest)])
        numbers = primal(var._data)
        if type(numbers) is np.ndarray and numbers.ndim == var.ndim and np.isnan(numbers).any():
            y = y.where(original(Variable(var.dims, numbers), indexes_coords, **keywords).notnull())
        return y

    return through


def filled_between(original: Callable[..., Any]) -> Any:
    """Interpolation over what is missing, which is elsewhere for each place in the other dims."""

    @functools.wraps(original)
    def through(self: Any, dim: Any = None, **keywords: Any) -> Any:
        variable = variable_of(self)
        if dim is None or not is_ours(variable._data):
            return original(self, dim, **keywords)
        refuse_nonlinear("interpolate_na", keywords.get("method", "linear"))
        gone = plain_missing(variable._data, "interpolate_na")
        count = self.sizes[dim]
        unit = np.eye(count).reshape([count, *(count if d == dim else 1 for d in self.dims)])
        shown = self.copy(data=np.zeros(self.shape)).expand_dims({BASIS: count})
        weights = original(shown.copy(data=np.where(gone, np.nan, unit)), dim, **keywords)
        there = Variable(variable.dims, ops.where(gone, 0, variable._data), variable.attrs)
        return self.copy(data=weighted(renamed(there, dim), weights.variable, self.dims)._data)

    return through


def renamed(variable: Any, dim: Any) -> Any:
    """A variable with the dim of the basis in place of another one."""
    return Variable(tuple(BASIS if d == dim else d for d in variable.dims), variable._data)


#: Module -> name -> what is put round the function.
FUNCTIONS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "xarray.core.duck_array_ops": {
        "first": outermost_of(last=False),
        "last": outermost_of(last=True),
        "push": push,
        "sliding_window_view": sliding_window_view,
        "least_squares": least_squares,
    },
    "xarray.core.missing": {"interpolate_variable": interpolated, "interp_na": filled_between},
}
