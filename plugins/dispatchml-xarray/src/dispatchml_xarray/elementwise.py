"""Elementwise operations: arrays broadcast by the names of dims and join by coordinates, as xarray does it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import xarray as xr

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line

from .aligned import at_once
from .labels import DataArray, LabelError, Variable, innermost
from .opening import run

Rule = Callable[..., Any]
#: Operations that are operators in xarray, with attributes and names as these have them.
OPERATORS = frozenset(
    """
    add subtract multiply divide floor_divide remainder power equal not_equal less less_equal greater greater_equal
    bitwise_and bitwise_or bitwise_xor logical_and logical_or logical_xor strong_multiply divide_or_zero
    """.split()
)


def keeps_attrs() -> bool:
    """Whether results have the attributes of the arguments, as the user's options say."""
    given = xr.get_options()["keep_attrs"]
    return True if given == "default" else bool(given)


def refuse_larger(name: str, values: Any) -> None:
    """Plain numbers broadcast against the dims of a labelled array; axes beyond these would have no name."""
    most = max(v.ndim for v in values if isinstance(v, (DataArray, Variable)))
    for v in values:
        if not isinstance(v, (DataArray, Variable)) and ops.ndim(v) > most:
            raise LabelError(
                f"{name} of a labelled array of {most} dims and a plain one of shape {ops.shape(v)}{at_user_line()}: "
                "the result would have axes without names. Label the plain one: xarray.DataArray(a, dims=(...))."
            )


def with_dims(x: Any, other: Any) -> Any:
    """Numbers that xarray would take for labelled ones, since they have coordinates of their own: sparse arrays."""
    if innermost(x) is not None or not ops.ndim(x) or not hasattr(x, "coords"):
        return x
    return Variable(other.dims[-ops.ndim(x) :], x)


def operator(op: Any, a: Any, b: Any) -> Any:
    """A binary operator of xarray with an operation in place of NumPy's function."""
    refuse_larger(getattr(op, "__name__", "an operation"), (a, b))

    def on_variables(x: Any, y: Any) -> Any:
        if isinstance(x, Variable):
            return x._binary_op(y, op)
        return y._binary_op(x, op, True)

    for ds, other, reflected in ((a, b, False), (b, a, True)):
        if isinstance(ds, xr.Dataset):
            return ds._binary_op(other, on_variables, reflected)
    a, b = with_dims(a, b), with_dims(b, a)
    labelled = DataArray if isinstance(a, DataArray) or isinstance(b, DataArray) else Variable
    method = on_variables if labelled is DataArray else op
    if isinstance(a, labelled):
        return a._binary_op(b, method)
    return b._binary_op(a, method, True)


def elementwise(op: Any) -> Rule:
    """The rule of an elementwise operation."""
    quiet = op.info.name in OPERATORS
    function_of = operator if quiet else combined
    is_copy = not op.info.view

    def rule(*arguments: Any, **keywords: Any) -> Any:
        if is_copy:
            y = at_once(op, arguments, keywords, quiet)
            if y is not NotImplemented:
                return y
        return run(functools.partial(function_of, functools.partial(op, **keywords) if keywords else op), *arguments)

    return rule


def combined(function: Any, *values: Any) -> Any:
    """A function of several arrays, element by element."""
    if len(values) > 1:
        refuse_larger(getattr(function, "__name__", "an operation"), values)
    return xr.apply_ufunc(
        function,
        *values,
        join=xr.get_options()["arithmetic_join"],
        keep_attrs=keeps_attrs(),
        dask="allowed",
    )


def where(condition: Any, a: Any, b: Any) -> Any:
    """Attributes are those of what is chosen."""

    def chosen(condition: Any, a: Any, b: Any) -> Any:
        y = combined(ops.where, condition, a, b)
        first = next((v for v in (a, b) if isinstance(v, (DataArray, Variable))), None)
        y.attrs = dict(first.attrs) if first is not None and keeps_attrs() else {}
        if isinstance(y, DataArray) and isinstance(first, DataArray):
            y.name = first.name
        return y

    return run(chosen, condition, a, b)


def stop_gradient(x: Any) -> Any:
    """The same as a constant."""
    return run(lambda d: combined(ops.stop_gradient, d), x)


def round_(x: Any, *, decimals: int = 0) -> Any:
    """As NumPy's."""
    return run(lambda d: combined(functools.partial(ops.round, decimals=decimals), d), x)


PARTICULAR = {"where": where, "stop_gradient": stop_gradient, "round": round_}
