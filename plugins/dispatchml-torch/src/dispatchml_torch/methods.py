"""Methods and functions of tensors that are more than one operation: results with indices, views, dtypes, in place."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from dispatchml import ops
from dispatchml.dispatch.errors import TracerConversionError, at_user_line

from .storage import StorageError, numpy_dtype

Sizes = tuple[int, ...]


def sizes(given: tuple[Any, ...]) -> Sizes:
    """Sizes or dims, given one by one or as one sequence."""
    found = given[0] if len(given) == 1 and isinstance(given[0], (tuple, list, torch.Size)) else given
    return tuple(map(int, found))


# ---- results with indices --------------------------------------------------------------------------------------------


def extreme(name: str, op: Any, pair: Any, argument: Any) -> Callable[..., Any]:
    """max and min: of all numbers, along a dim with the indices, or of two tensors."""
    result = namedtuple(name, ("values", "indices"))  # type: ignore[misc]  # as torch.return_types

    def find(x: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        if other is not None or isinstance(dim, torch.Tensor) or dim is not None and not isinstance(dim, int):
            return pair(x, dim if other is None else other)
        if dim is None:
            return op(x)
        return result(op(x, axis=dim, keepdims=keepdim), argument(x, axis=dim, keepdims=keepdim))

    return find


SORTED = namedtuple("sort", ("values", "indices"))
MEDIAN = namedtuple("median", ("values", "indices"))
TOPK = namedtuple("topk", ("values", "indices"))


def sort(x: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    places = argsort(x, dim, descending)
    return SORTED(ops.take_along_axis(x, places, axis=dim), places)


def argsort(x: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    return ops.argsort(x, axis=dim, kind="stable", descending=descending)


def median(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The lower one of the two in the middle, unlike NumPy's; nan where there is one."""
    if dim is None:
        flat = ops.reshape(x, shape=(-1,))
        return ops.getitem(lower_middle(flat, 0).values, index=0)
    found = lower_middle(x, dim)
    return found if keepdim else MEDIAN(*(ops.squeeze(v, axis=dim) for v in found))


def lower_middle(x: Any, dim: int) -> Any:
    """The element in the middle along a dim, and where it is; sorting puts nan last, where it is looked for."""
    values, places = sort(x, dim)
    last = index_along(dim, slice(-1, None), ops.ndim(x))
    middle = (ops.shape(x)[dim] - 1) // 2
    at = index_along(dim, slice(middle, middle + 1), ops.ndim(x))
    found = MEDIAN(ops.getitem(values, index=at), ops.getitem(places, index=at))
    end = ops.getitem(values, index=last)
    return MEDIAN(ops.where(ops.isnan(end), end, found.values), found.indices)


def index_along(dim: int, part: slice, ndim: int) -> tuple[slice, ...]:
    """An index that is a slice along one dim."""
    return (*(slice(None),) * (dim % ndim), part)


def topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    values, places = sort(x, dim, descending=largest)
    at = index_along(dim, slice(0, k), ops.ndim(x))
    return TOPK(ops.getitem(values, index=at), ops.getitem(places, index=at))


# ---- shapes ----------------------------------------------------------------------------------------------------------


def view(x: Any, *shape: Any) -> Any:
    """Another shape; as another dtype the bits would be read, which have no derivative."""
    if len(shape) == 1 and isinstance(shape[0], torch.dtype):
        raise TracerConversionError(
            f"x.view(dtype) of a traced tensor{at_user_line()} reads its bits, which have no derivative. "
            "Write x.to(dtype)."
        )
    return ops.reshape(x, shape=sizes(shape))


def squeeze(x: Any, dim: Any = None) -> Any:
    """Without axes of size 1; those that are named and have another size stay."""
    if dim is None:
        return ops.squeeze(x)
    shape = ops.shape(x)
    axes = tuple(d for d in (dim if isinstance(dim, (tuple, list)) else (dim,)) if shape[d] == 1)
    return ops.squeeze(x, axis=axes) if axes else x


def expand(x: Any, *shape: Any) -> Any:
    wanted = sizes(shape)
    own = (1,) * (len(wanted) - ops.ndim(x)) + tuple(ops.shape(x))
    return ops.broadcast_to(x, shape=tuple(n if w == -1 else w for w, n in zip(wanted, own, strict=True)))


def repeat(x: Any, *times: Any) -> Any:
    return ops.tile(x, reps=sizes(times))


def pieces(x: Any, bounds: list[int], dim: int) -> tuple[Any, ...]:
    """The parts between bounds along a dim."""
    ndim = ops.ndim(x)
    cuts = zip(bounds, bounds[1:], strict=False)
    return tuple(ops.getitem(x, index=index_along(dim, slice(a, b), ndim)) for a, b in cuts)


def split(x: Any, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
    """Parts of one size, the last one smaller, or of several sizes."""
    n = ops.shape(x)[dim]
    if isinstance(split_size, int):
        return pieces(x, [*range(0, n, split_size), n] if n else [0, 0], dim)
    return pieces(x, [0, *np.cumsum(split_size).tolist()], dim)


def chunk(x: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    return split(x, max(-(-ops.shape(x)[dim] // chunks), 1), dim)


def unbind(x: Any, dim: int = 0) -> tuple[Any, ...]:
    return tuple(ops.squeeze(p, axis=dim) for p in split(x, 1, dim))


def gather(x: Any, dim: int, index: Any) -> Any:
    """x[i][index[i][j]] and so on: along the other dims as far as the index goes."""
    part = tuple(slice(None) if k == dim % ops.ndim(x) else slice(0, n) for k, n in enumerate(index.shape))
    return ops.take_along_axis(ops.getitem(x, index=part), index, axis=dim)


def roll(x: Any, shifts: Any, dims: Any = None) -> Any:
    if dims is None:
        return ops.reshape(ops.roll(ops.reshape(x, shape=(-1,)), shift=shifts, axis=0), shape=tuple(ops.shape(x)))
    return ops.roll(x, shift=shifts, axis=dims)


def size(x: Any, dim: Any = None) -> Any:
    shape = torch.Size(ops.shape(x))
    return shape if dim is None else shape[dim]


# ---- dtypes and memory -----------------------------------------------------------------------------------------------


def to(x: Any, *given: Any, dtype: Any = None, device: Any = None, **_: Any) -> Any:
    """In another dtype; another device is refused, which is a matter of what is traced."""
    for v in (*given, dtype, device):
        if isinstance(v, torch.dtype):
            x = ops.astype(x, dtype=numpy_dtype(v))
        elif isinstance(v, torch.Tensor):
            x = ops.astype(x, dtype=ops.dtype(v))
        elif v is not None and not isinstance(v, bool) and torch.device(v) != x.device:
            raise StorageError(f"x.to({v!r}) of a traced tensor{at_user_line()}: move it before the transform.")
    return x


def clone(x: Any, **_: Any) -> Any:
    return ops.multiply(x, 1) if ops.dtype(x).kind != "b" else ops.logical_or(x, False)


def new(op: Any) -> Callable[..., Any]:
    """new_zeros and its kin: constants of the dtype and on the device of x."""
    return lambda x, *shape, dtype=None, **_: op(x, shape=sizes(shape), dtype=dtype and numpy_dtype(dtype))


def in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method that changes x: every view of it sees it."""

    def change(x: Any, *arguments: Any, **keywords: Any) -> Any:
        x[...] = function(x, *arguments, **keywords)
        return x

    return change


# ---- formulas --------------------------------------------------------------------------------------------------------


def scaled_sum(x: Any, product: Any, beta: Any, alpha: Any) -> Any:
    """beta * x + alpha * product."""
    return ops.add(x if beta == 1 else ops.multiply(x, beta), product if alpha == 1 else ops.multiply(product, alpha))


def addmm(x: Any, a: Any, b: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    return scaled_sum(x, ops.matmul(a, b), beta, alpha)


def lerp(x: Any, end: Any, weight: Any) -> Any:
    return ops.add(x, ops.multiply(weight, ops.subtract(end, x)))


def divide(a: Any, b: Any, *, rounding_mode: Any = None) -> Any:
    if rounding_mode == "floor":
        return ops.floor_divide(a, b)
    y = ops.divide(a, b)
    return y if rounding_mode is None else ops.trunc(y)


def rounded(x: Any, *, decimals: int = 0) -> Any:
    return ops.rint(x) if not decimals else ops.divide(ops.rint(ops.multiply(x, 10.0**decimals)), 10.0**decimals)


def loss(distance: Callable[[Any], Any]) -> Callable[..., Any]:
    """A distance of two tensors, averaged, added up or as it is."""

    def between(x: Any, target: Any, *, reduction: str = "mean") -> Any:
        y = distance(ops.subtract(x, target))
        return {"mean": ops.mean, "sum": ops.sum, "none": lambda y: y}[reduction](y)

    return between


def gelu(x: Any, approximate: str = "none") -> Any:
    if approximate == "tanh":
        inner = ops.multiply(ops.add(x, ops.multiply(ops.power(x, 3), 0.044715)), float(np.sqrt(2 / np.pi)))
        return ops.multiply(ops.multiply(x, 0.5), ops.add(ops.tanh(inner), 1))
    return ops.multiply(x, ops.ndtr(x))


def normalize(x: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Any:
    return ops.divide(x, ops.maximum(ops.vector_norm(x, axis=dim, ord=p, keepdims=True), eps))


def method_table(functions: dict[str, Callable[..., Any]]) -> dict[str, Any]:
    """The methods and properties of tensors by name, from the functions by name."""
    found: dict[str, Any] = {
        name: f if callable(getattr(torch.Tensor, name)) else property(f)
        for name, f in functions.items()
        if hasattr(torch.Tensor, name)
    }
    found.update({
        "view": view, "expand": expand, "repeat": repeat, "size": size, "to": to, "clone": clone,
        "view_as": lambda x, other: ops.reshape(x, shape=tuple(ops.shape(other))),
        "expand_as": lambda x, other: ops.broadcast_to(x, shape=tuple(ops.shape(other))),
        "dim": ops.ndim, "ndimension": ops.ndim, "nelement": ops.size,
        "contiguous": lambda x, **_: x, "cpu": lambda x, **_: x, "type_as": to,
        "type": lambda x, dtype=None, **_: to(x, dtype) if dtype is not None else str(dtype),
        "where": lambda x, condition, other: ops.where(condition, x, other),
        "new_zeros": new(ops.zeros_of), "new_ones": new(ops.ones_of),
        "is_floating_point": lambda x: ops.dtype(x).kind == "f", "is_complex": ops.is_complex,
        "detach": ops.stop_gradient, "data": property(ops.stop_gradient), "requires_grad": property(lambda x: False),
        "t": lambda x: ops.transpose(x), "T": property(lambda x: ops.transpose(x)),
        **{name: lambda x, kind=kind: ops.astype(x, dtype=np.dtype(kind)) for name, kind in DTYPES.items()},
        **{f"{name}_": in_place(functions[name]) for name in IN_PLACE},
        "zero_": in_place(lambda x: ops.zeros_like(x)), "fill_": in_place(lambda x, value: value),
        "copy_": in_place(lambda x, other, non_blocking=False: other),
    })  # fmt: skip
    return found


#: Methods that give another dtype.
DTYPES = {
    "double": "f8", "float": "f4", "half": "f2", "int": "i4", "long": "i8", "short": "i2", "bool": "?",
    "cdouble": "c16", "cfloat": "c8",
}  # fmt: skip
#: Functions whose methods in place are the same with an underscore.
IN_PLACE = (
    "add sub subtract mul multiply div divide pow neg abs exp log sqrt sin cos tan tanh sigmoid relu clamp clip floor "
    "ceil trunc round square reciprocal masked_fill lerp addmm"
).split()
