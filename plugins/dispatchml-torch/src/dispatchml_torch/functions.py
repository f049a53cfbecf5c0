"""torch's functions called on traced values: the operations, with torch's names of arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from dispatchml import ops
from dispatchml.dispatch.errors import TracerConversionError, at_user_line

functional = torch.nn.functional

#: The same name, or ours behind torch's, with positional tensors only.
SAME = (
    "sin cos tan sinh cosh tanh exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal sigmoid erf erfc erfinv "
    "digamma sign floor ceil trunc maximum minimum fmax fmin hypot logaddexp logaddexp2 copysign heaviside remainder "
    "fmod isnan isinf isfinite signbit logical_and logical_or logical_xor logical_not sinc deg2rad rad2deg xlogy real "
    "imag conj angle matmul inner outer kron vdot where dot"
).split()
RENAMED = {
    "abs": "absolute", "absolute": "absolute", "neg": "negative", "negative": "negative", "asin": "arcsin",
    "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "arcsin": "arcsin",
    "arccos": "arccos", "arctan": "arctan", "atan2": "arctan2", "arctan2": "arctan2", "lgamma": "gammaln",
    "round": "rint", "mm": "matmul", "mv": "matmul", "bmm": "matmul", "mul": "multiply", "multiply": "multiply",
    "div": "divide", "divide": "divide", "true_divide": "divide", "pow": "power", "floor_divide": "floor_divide",
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
    "greater": "greater", "less": "less", "det": "det",
}  # fmt: skip


def reduction(op: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction with torch's dim and keepdim."""

    def reduce(
        x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False, dtype: Any = None
    ) -> Any:
        axis, keepdim = dim if axis is None else axis, keepdim or keepdims
        axis = tuple(axis) if isinstance(axis, list) else axis
        y = op(x, axis=axis, keepdims=keepdim)
        return y if dtype is None else typed(y, dtype)

    return reduce


def typed(x: Any, dtype: Any) -> Any:
    """In a torch dtype."""
    from .storage import numpy_dtype

    return ops.astype(x, dtype=numpy_dtype(dtype))


def spread(op: Callable[..., Any]) -> Callable[..., Any]:
    """Variance or deviation, whose correction is 1 in torch."""

    def reduce(x: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None) -> Any:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        ddof = (1 if unbiased is None else int(unbiased)) if correction is None else correction
        return op(x, axis=tuple(dim) if isinstance(dim, list) else dim, ddof=ddof, keepdims=keepdim)

    return reduce


def along(op: Callable[..., Any]) -> Callable[..., Any]:
    """An operation along one dim."""
    return lambda x, dim, dtype=None: op(x if dtype is None else typed(x, dtype), axis=dim)


def add(a: Any, b: Any, *, alpha: Any = 1) -> Any:
    return ops.add(a, b if alpha == 1 else ops.multiply(b, alpha))


def subtract(a: Any, b: Any, *, alpha: Any = 1) -> Any:
    return ops.subtract(a, b if alpha == 1 else ops.multiply(b, alpha))


def clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    x = x if min is None else ops.maximum(x, min)
    return x if max is None else ops.minimum(x, max)


def relu(x: Any, inplace: bool = False) -> Any:
    return ops.maximum(x, 0)


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    shape, ndim = tuple(ops.shape(x)), ops.ndim(x)
    first, last = start_dim % ndim, end_dim % ndim
    return ops.reshape(x, shape=(*shape[:first], -1, *shape[last + 1 :]))


def norm(x: Any, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Any:
    if ops.ndim(x) == 2 and ord not in (None, 2) and dim is None:
        return ops.matrix_norm(x, ord=ord, keepdims=keepdim)
    return ops.vector_norm(x, axis=dim, ord=2 if ord is None else ord, keepdims=keepdim)


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    y = ops.matmul(x, ops.swapaxes(weight, axis1=-1, axis2=-2))
    return y if bias is None else ops.add(y, bias)


def answer(functions: dict[Any, Callable[..., Any]]) -> Any:
    """`__torch_function__` of traced values."""

    def __torch_function__(cls: type, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        known = functions.get(function)
        if known is not None:
            return known(*args, **{k: v for k, v in (kwargs or {}).items() if v is not None})  # None: not given
        name = getattr(function, "__name__", str(function))
        if name.startswith("__") and name != "__setitem__":
            return NotImplemented  # an operator: ours on the right is asked next
        raise TracerConversionError(
            f"torch's {name} was called on a traced value{at_user_line()}, and nothing is known of it here. Write it "
            "with dispatchml.ops or NumPy's functions; for a function of your own, dispatchml.primitive."
        )

    return classmethod(__torch_function__)
