"""What the plugin declares: tensors as a storage above arrays, a method for every operation that arrays have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from dispatchml import ops, promotes
from dispatchml.dispatch import Operation, traced_protocol

from .functions import answer, table
from .kernels import ELEMENTWISE, OTHERS
from .storage import as_array, as_tensor, check, from_below, numpy_dtype


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a tensor first meets an operation."""
    ops.foreign_dtype(torch.dtype, numpy_dtype)
    promotes(np.ndarray, torch.Tensor, convert=from_below)
    kernels = {**ELEMENTWISE, **OTHERS}
    for op in operations():
        if (np.ndarray,) * op.arity in op.exact:
            method = by_torch(op, kernels[op.name]) if op.name in kernels else through_numpy(op)
            op.function.register(method, *(torch.Tensor,) * op.arity)
    traced_protocol("__torch_function__", answer(table()))


def operations() -> list[Operation]:
    """The operations of the core."""
    found = {info for n in dir(ops) if isinstance(info := getattr(getattr(ops, n), "info", None), Operation)}
    return sorted(found, key=lambda op: op.name)


def through_numpy(op: Operation) -> Callable[..., Any]:
    """NumPy's kernel on the memory of tensors; the results are tensors on NumPy's memory."""
    name, function, variadic = op.name, op.function, op.variadic

    def on_memory(*arguments: Any, **keywords: Any) -> Any:
        given = arguments[0] if variadic else arguments
        check(name, given)
        arrays = tuple(as_array(x, name) for x in given)
        keywords = {k: plain(v, name) for k, v in keywords.items()}
        y = function(arrays, **keywords) if variadic else function(*arrays, **keywords)
        return as_tensor(y)

    on_memory.__name__ = on_memory.__qualname__ = name
    return on_memory


def by_torch(op: Operation, kernel: Callable[..., Any]) -> Callable[..., Any]:
    """torch's function; NumPy's kernel where it gives NotImplemented or has no loop for the dtype."""
    name, variadic, otherwise = op.name, op.variadic, through_numpy(op)

    def on_tensors(*arguments: Any, **keywords: Any) -> Any:
        given = arguments[0] if variadic else arguments
        check(name, given)
        if name not in ANY_DTYPE and any(map(is_whole, given)):
            return otherwise(*arguments, **keywords)
        try:
            y = kernel(*arguments, **keywords)
        except (RuntimeError, NotImplementedError):
            y = NotImplemented
        return otherwise(*arguments, **keywords) if y is NotImplemented else y

    on_tensors.__name__ = on_tensors.__qualname__ = name
    return on_tensors


#: Operations whose result has the dtype of the argument, or truth values.
ANY_DTYPE = frozenset(
    "where where_or_zero astype stop_gradient reshape transpose swapaxes moveaxis expand_dims broadcast_to "
    "flip concatenate stack zeros_like ones_like full_like one_like zeros_of ones_of full_of equal not_equal "
    "less less_equal greater greater_equal logical_and logical_or logical_xor logical_not isnan isinf "
    "isfinite tril triu".split()
)


def is_whole(x: Any) -> bool:
    """Whether a tensor of whole numbers or truth values is in this machine's memory: torch's dtypes of what is computed
    from it are not NumPy's.
    """
    return isinstance(x, torch.Tensor) and x.device.type == "cpu" and not (x.is_floating_point() or x.is_complex())


def plain(x: Any, name: str) -> Any:
    """A static keyword, such as an index, without tensors."""
    if isinstance(x, torch.Tensor):
        return as_array(x, name)
    if type(x) in (tuple, list):
        return type(x)(plain(v, name) for v in x)
    return x
