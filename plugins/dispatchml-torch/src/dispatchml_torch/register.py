"""What the plugin declares: tensors as a storage above arrays, a method for every operation that arrays have."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from dispatchml import ops, promotes
from dispatchml.dispatch import Operation, traced_methods, traced_protocol

from .functions import answer
from .kernels import ELEMENTWISE, OTHERS
from .methods import method_table
from .storage import as_array, as_tensor, check, from_below, numpy_dtype
from .tables import by_name, function_table


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a tensor first meets an operation."""
    ops.foreign_dtype(torch.dtype, numpy_dtype)
    promotes(np.ndarray, torch.Tensor, convert=from_below)
    kernels = {**ELEMENTWISE, **OTHERS}
    for op in operations():
        if (np.ndarray,) * op.arity in op.exact:
            method = by_torch(op, kernels[op.name]) if op.name in kernels else through_numpy(op)
            op.function.register(method, *(torch.Tensor,) * op.arity)
            if op.name in ARITHMETIC:
                beside = beside_float(op, ARITHMETIC[op.name], method)
                op.function.register(beside, torch.Tensor, float)
                op.function.register(beside, float, torch.Tensor)
    functions = by_name()
    traced_protocol("__torch_function__", answer(function_table(functions)))
    traced_methods(torch.Tensor, method_table(functions))


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

    quick = on_tensors
    if op.family == "elementwise" and op.arity <= 2 and not op.keywords:
        quick = quickly(kernel, ARITHMETIC.get(name, kernel), on_tensors, op.arity)
    quick.__name__ = quick.__qualname__ = name
    return quick


def quickly(
    of_one: Callable[..., Any], of_two: Callable[..., Any], otherwise: Callable[..., Any], arity: int
) -> Callable[..., Any]:
    """torch's function at once for what needs no other look: tensors of one floating dtype in this machine's memory
    that torch does not record.
    """

    def on_one(a: Any) -> Any:
        try:
            if a.dtype in FLOATING:
                y = of_one(a)
                if y.is_cpu and not y.requires_grad:
                    return y
        except REFUSED:
            pass
        return otherwise(a)

    def on_two(a: Any, b: Any) -> Any:
        try:
            kind = a.dtype
            if kind is b.dtype and kind in FLOATING:
                y = of_two(a, b)
                if y.is_cpu and not y.requires_grad:  # then both are
                    return y
        except REFUSED:
            pass
        return otherwise(a, b)

    return on_one if arity == 1 else on_two


def beside_float(op: Operation, arithmetic: Callable[..., Any], otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """The method for a tensor and a Python float, in either order: torch's own arithmetic knows what a number is beside
    a tensor.
    """

    def on_number(a: Any, b: Any) -> Any:
        y = arithmetic(a, b)
        if y.dtype in FLOATING and y.is_cpu and not y.requires_grad:
            return y
        return otherwise(a, b)

    on_number.__name__ = on_number.__qualname__ = op.name
    return on_number


Tensor = torch.Tensor
#: The dtypes in which torch computes what NumPy does.
FLOATING = frozenset({torch.float64, torch.float32})
#: What says that torch has no loop, or that an argument is a Python number.
REFUSED = (RuntimeError, NotImplementedError, AttributeError)
#: Python's operators, which torch knows for tensors and numbers.
ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
}

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
