"""NumPy's ufuncs: which operation stands for each, their methods (reduce, accumulate, outer, ...), their keywords."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, at_user_line
from ..dispatch.plugins import meet_module
from ..engines.provider import HOLDERS
from ..engines.traced import Traced
from .registry import PUBLIC

#: Operations that are called otherwise than NumPy's ufunc.
OTHER_NAMES = {
    "conjugate": "conj", "degrees": "rad2deg", "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift", "radians": "deg2rad", "right_shift": "bitwise_right_shift",
}  # fmt: skip
#: Reductions and scans that stand for a ufunc's `reduce` and `accumulate`.
REDUCTIONS = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all", "logical_or": "any",
}  # fmt: skip
SCANS = {"add": "cumsum", "multiply": "cumprod"}
IGNORED = ("subok", "order")


def function_of(ufunc: Any) -> Callable[..., Any] | None:
    """The operation of one of NumPy's own ufuncs, or what is written with operations; None where there is neither."""
    name: str = ufunc.__name__
    if getattr(np, name, None) is not ufunc:
        return None
    operation = getattr(ops, OTHER_NAMES.get(name, name), None)
    if operation is not None:
        return operation
    from .elementwise import WRITTEN

    return WRITTEN.get(name) or from_surface(name)


def from_library(ufunc: Any) -> Callable[..., Any] | None:
    """What the plugin of another library enters for one of its ufuncs; it is loaded when the first of them is met."""
    from .protocols import UFUNCS

    name: str = ufunc.__name__
    for module in tuple(sys.modules.values()):
        if getattr(module, "__dict__", {}).get(name) is ufunc:
            meet_module(module.__name__)
            if ufunc in UFUNCS:
                return UFUNCS[ufunc]
    return None


def from_surface(name: str) -> Callable[..., Any] | None:
    """A function of `dispatchml.numpy` that stands for a ufunc over more than elements, such as matvec."""
    from .registry import IMPLEMENTATIONS
    from .surface import implementations

    implementations()
    return IMPLEMENTATIONS.get(getattr(np, name))


def call_ufunc(
    ufunc: Any, function: Callable[..., Any], method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """A ufunc with keywords, or one of its methods."""
    from .registry import operand, refuse_out

    name = ufunc.__name__
    kwargs = {k: v for k, v in kwargs.items() if k not in IGNORED}
    out = kwargs.pop("out", None)
    if out is not None and any(o is not None for o in (out if type(out) is tuple else (out,))):
        if method != "at" and all(type(o) in HOLDERS for o in out):
            return out[0].__array_ufunc__(ufunc, method, *inputs, out=out, **kwargs)
        if method == "__call__" and not kwargs:
            from .rebinding import rebound

            made = rebound(ufunc, function, inputs, out)
            if made is not None:
                return made
        if method == "__call__" and len(out) == 1 and isinstance(out[0], Traced):
            return into(out[0], name, function, tuple(map(operand, inputs)), kwargs)
        refuse_out(name if method == "__call__" else f"{name}.{method}")
    if method == "at":
        from .writing import write_at

        return write_at(name, function, *inputs)
    inputs = tuple(map(operand, inputs))
    if method == "__call__":
        return with_keywords(name, function, inputs, kwargs)
    from .surface import implementations

    implementations()
    if method == "outer":
        return with_keywords(name, function, spread(*inputs), kwargs)
    if method == "reduce":
        return reduce(name, function, *inputs, **kwargs)
    if method == "accumulate":
        return accumulate(name, function, *inputs, **kwargs)
    if method == "reduceat":
        return reduceat(name, function, *inputs, **kwargs)
    raise NoMethodError(f"numpy.{name}.{method} is not defined on layered values{at_user_line()}.")


def into(
    out: Any, name: str, function: Callable[..., Any], inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:  # fmt: skip
    """A ufunc whose result is written into a traced array, everywhere or where a mask holds."""
    where = kwargs.pop("where", True)
    y = with_keywords(name, function, inputs, kwargs)
    out[...] = y if where is True else np.where(where, y, out)
    return out


def with_keywords(name: str, function: Callable[..., Any], inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply the keywords that every ufunc has: dtype and casting; `where` leaves elements undefined and is refused."""
    if kwargs.pop("where", True) is not True:
        raise NoMethodError(
            f"numpy.{name}(..., where=...) leaves the other elements uninitialised{at_user_line()}. Write "
            f"numpy.where(mask, numpy.{name}(...), other): the branch that is not taken contributes nothing to "
            "derivatives."
        )
    dtype = kwargs.pop("dtype", None)
    kwargs.pop("casting", None)
    signature = kwargs.pop("signature", None)
    if signature is not None:
        raise NoMethodError(
            f"numpy.{name}(..., signature=...) is not supported{at_user_line()}. Write x.astype(...) first."
        )
    if dtype is not None:
        inputs = tuple(ops.astype(x, dtype=np.dtype(dtype)) for x in inputs)
    return function(*inputs, **kwargs)


def spread(a: Any, b: Any) -> tuple[Any, Any]:
    """The operands of an outer application: every element of one meets every element of the other."""
    return ops.reshape(a, shape=ops.shape(a) + (1,) * ops.ndim(b)), b


def reduce(
    name: str, function: Callable[..., Any], a: Any, axis: Any = 0, dtype: Any = None, out: Any = None,
    keepdims: bool = False, initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    """`ufunc.reduce`: the reduction where there is one, else a fold along the axis."""
    axis = tuple(range(ops.ndim(a))) if axis is None else axis
    if name in REDUCTIONS:
        keywords: dict[str, Any] = {"keepdims": keepdims}
        if where is not True:
            keywords["where"] = where
        if name in ("add", "multiply"):
            keywords["dtype"] = dtype
        if initial is not None:
            keywords["initial"] = initial
        return PUBLIC[""][REDUCTIONS[name]](a, axis=axis, **keywords)
    if where is not True or isinstance(axis, tuple):
        raise NoMethodError(
            f"numpy.{name}.reduce is defined along one axis and without where= on layered values{at_user_line()}. "
            "Reshape first, or write it with numpy.where."
        )
    y = functools.reduce(function, ops.unstack(a, axis=axis), *(() if initial is None else (initial,)))
    return ops.expand_dims(y, axis=axis) if keepdims else y


def accumulate(
    name: str, function: Callable[..., Any], a: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Any:
    """`ufunc.accumulate`: the scan where there is one, else step by step."""
    if name in SCANS:
        return PUBLIC[""][SCANS[name]](a, axis=axis, dtype=dtype)
    steps: list[Any] = []
    for x in ops.unstack(a, axis=axis):
        steps.append(function(steps[-1], x) if steps else x)
    return ops.stack(tuple(steps), axis=axis)


def reduceat(
    name: str, function: Callable[..., Any], a: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Any:
    """`ufunc.reduceat`: a reduction over each slice, one element where a slice would be empty."""
    from .indexing import getitem

    starts = [int(i) for i in np.asarray(indices)]
    ends = [*starts[1:], ops.shape(a)[axis]]
    before = (slice(None),) * (axis % ops.ndim(a))
    parts = []
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if k + 1 < len(starts) and end <= start:
            end = start + 1
        parts.append(reduce(name, function, getitem(a, (*before, slice(start, end))), axis=axis, dtype=dtype))
    return ops.stack(tuple(parts), axis=axis)
