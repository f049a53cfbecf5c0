"""torch's functions behind operations, with NumPy's keywords. What is not here runs NumPy's kernel on the memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from .storage import torch_dtype

special = torch.special


def number(x: Any, like: Any) -> Any:
    """A Python number as a tensor without axes, in the dtype that it has beside `like`."""
    if isinstance(x, torch.Tensor):
        return x
    return torch.tensor(x, dtype=torch.result_type(like, x), device=like.device)


def both(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of two tensors, one of which may be a Python number."""

    def on_two(a: Any, b: Any) -> Any:
        if not isinstance(a, torch.Tensor):
            a = number(a, b)
        elif not isinstance(b, torch.Tensor):
            b = number(b, a)
        return function(a, b)

    return on_two


def axes(x: Any, axis: Any) -> Any:
    """NumPy's axis as torch's dim: all axes for None."""
    return tuple(range(x.ndim)) if axis is None else axis


def total(x: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    if axis == ():  # torch takes it for all axes
        return NotImplemented
    kind = None if dtype is None else torch_dtype(dtype)
    return torch.sum(x, axes(x, axis), keepdim=keepdims, dtype=kind) if x.ndim else torch.sum(x, dtype=kind)


def mean(x: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    if axis == ():
        return NotImplemented
    kind = (
        torch_dtype(dtype) if dtype is not None else None if x.is_floating_point() or x.is_complex() else torch.float64
    )
    return torch.mean(x, axes(x, axis), keepdim=keepdims, dtype=kind)


def extreme(function: Callable[..., Any]) -> Callable[..., Any]:
    def on_tensor(x: Any, *, axis: Any, keepdims: bool) -> Any:
        if axis == () or (axis is None and x.ndim == 0):
            return x.clone()
        return function(x, axes(x, axis), keepdim=keepdims)

    return on_tensor


def logsumexp(x: Any, *, axis: Any, keepdims: bool) -> Any:
    if axis == ():
        return NotImplemented
    return torch.logsumexp(floating(x), axes(x, axis), keepdim=keepdims)


def floating(x: Any) -> Any:
    """A tensor of whole numbers in double precision, as NumPy's functions give."""
    return x if x.is_floating_point() or x.is_complex() else x.to(torch.float64)


def unary(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose values are no whole numbers."""
    return lambda a: function(floating(a))


def divide(a: Any, b: Any) -> Any:
    if isinstance(a, torch.Tensor):
        a = floating(a)
    elif not (b.is_floating_point() or b.is_complex()):
        b = floating(b)
    return torch.true_divide(a, b) if isinstance(a, torch.Tensor) else a / b


def power(a: Any, b: Any) -> Any:
    return torch.pow(a, b)


def reciprocal(a: Any) -> Any:
    return torch.reciprocal(floating(a))


def cbrt(a: Any) -> Any:
    a = floating(a)
    return torch.copysign(torch.pow(torch.abs(a), 1 / 3), a)


def strong_multiply(a: Any, b: Any) -> Any:
    """a * b, zero where one of them is: what is no nan is that already."""
    product = torch.mul(a, b) if isinstance(a, torch.Tensor) else torch.mul(b, a)
    number = b if type(b) is float else a
    if type(number) is float and number and math.isfinite(number) or not torch.isnan(product).any():
        return product
    return torch.where((torch.as_tensor(a) == 0) | (torch.as_tensor(b) == 0), torch.zeros_like(product), product)


def divide_or_zero(a: Any, b: Any) -> Any:
    """a / b, zero where b is."""
    a, b = (a, number(b, a)) if isinstance(a, torch.Tensor) else (number(a, b), b)
    zero = b == 0
    y = divide(a, torch.where(zero, torch.ones_like(b), b))
    return torch.where(zero, torch.zeros_like(y), y)


def where_or_zero(condition: Any, a: Any) -> Any:
    """a where the condition holds, else zero."""
    condition = torch.as_tensor(condition).to(torch.bool)
    a = a if isinstance(a, torch.Tensor) else torch.tensor(a)
    return torch.where(condition, a, torch.zeros_like(a))


def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b."""
    condition = torch.as_tensor(condition)
    return torch.where(condition.to(torch.bool), a, b)


def astype(a: Any, *, dtype: Any) -> Any:
    kind = torch_dtype(dtype)
    return a.real.to(kind) if a.is_complex() and not kind.is_complex else a.to(kind)


def conj(a: Any) -> Any:
    return torch.conj(a).resolve_conj() if a.is_complex() else a


def imag(a: Any) -> Any:
    return a.imag.clone() if a.is_complex() else torch.zeros_like(a)


def real(a: Any) -> Any:
    return a.real.clone() if a.is_complex() else a


def sign(a: Any) -> Any:
    y = torch.sgn(a)
    return torch.where(torch.isnan(a), a, y) if a.is_floating_point() else y


def reshape(x: Any, *, shape: Any, order: str) -> Any:
    if order not in ("C",):
        from .storage import as_array, as_tensor

        return as_tensor(as_array(x, "reshape").reshape(shape, order=order))
    return torch.reshape(x, tuple(shape) if isinstance(shape, (tuple, list)) else (shape,))


def transpose(x: Any, *, axes: Any) -> Any:
    return torch.permute(x, tuple(reversed(range(x.ndim))) if axes is None else tuple(axes))


def expand_dims(x: Any, *, axis: Any) -> Any:
    given = (axis,) if isinstance(axis, int) else tuple(axis)
    ndim = x.ndim + len(given)
    for a in sorted(a % ndim for a in given):
        x = torch.unsqueeze(x, a)
    return x


def broadcast_to(x: Any, *, shape: Any) -> Any:
    """A view: writes go to copies here, as everywhere."""
    return torch.broadcast_to(x, tuple(shape) if isinstance(shape, (tuple, list)) else (shape,))


def concatenate(arrays: Any, *, axis: Any, dtype: Any) -> Any:
    tensors = alike(arrays, dtype)
    if axis is None:
        return torch.cat([torch.reshape(t, (-1,)) for t in tensors])
    return torch.cat(tensors, axis)


def stack(arrays: Any, *, axis: Any, dtype: Any) -> Any:
    return torch.stack(alike(arrays, dtype), axis)


def alike(arrays: Any, dtype: Any) -> list[Any]:
    """Tensors of one dtype."""
    first = next(a for a in arrays if isinstance(a, torch.Tensor))
    tensors = [a if isinstance(a, torch.Tensor) else number(a, first) for a in arrays]
    kind = torch_dtype(dtype) if dtype is not None else tensors[0].dtype
    if dtype is None:
        for t in tensors[1:]:
            kind = torch.promote_types(kind, t.dtype)
    return [t.to(kind) for t in tensors]


def matmul(a: Any, b: Any) -> Any:
    kind = torch.promote_types(a.dtype, b.dtype)
    return torch.matmul(a.to(kind), b.to(kind))


def full(x: Any, value: Any, shape: Any, dtype: Any) -> Any:
    kind = x.dtype if dtype is None else torch_dtype(dtype)
    if dtype is None and isinstance(value, float) and not (kind.is_floating_point or kind.is_complex):
        kind = torch.float64
    return torch.full(tuple(x.shape) if shape is None else tuple(shape), value, dtype=kind, device=x.device)


def solve(a: Any, b: Any) -> Any:
    kind = torch.promote_types(floating(a).dtype, floating(b).dtype)
    a, b = a.to(kind), b.to(kind)
    return torch.linalg.solve(a, b[:, None])[..., 0] if b.ndim == 1 and a.ndim == 2 else torch.linalg.solve(a, b)


#: Elementwise, by torch's function of (nearly) the same name.
ELEMENTWISE: dict[str, Callable[..., Any]] = {
    **{name: both(getattr(torch, name)) for name in (
        "maximum minimum fmax fmin hypot logaddexp logaddexp2 copysign heaviside nextafter fmod remainder gcd lcm "
        "xlogy logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor bitwise_left_shift "
        "bitwise_right_shift"
    ).split()},
    **{name: unary(getattr(torch, name)) for name in (
        "sqrt exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh "
        "arctanh sinc deg2rad rad2deg sigmoid erf erfc erfinv digamma"
    ).split()},
    **{name: unary(getattr(special, name)) for name in "erfcx ndtr ndtri log_ndtr i0 i0e i1 i1e entr".split()},
    **{name: getattr(torch, name) for name in (
        "floor ceil trunc isnan isinf isfinite signbit logical_not square"
    ).split()},
    "add": both(torch.add), "subtract": both(torch.sub), "multiply": both(torch.mul), "divide": divide, "power": power,
    "negative": torch.neg, "positive": lambda a: a, "absolute": torch.abs, "reciprocal": reciprocal, "cbrt": cbrt,
    "equal": both(torch.eq), "not_equal": both(torch.ne), "less": both(torch.lt), "less_equal": both(torch.le),
    "greater": both(torch.gt), "greater_equal": both(torch.ge), "floor_divide": both(torch.floor_divide),
    "arctan2": both(torch.arctan2), "strong_multiply": strong_multiply, "divide_or_zero": divide_or_zero,
    "where": where, "where_or_zero": where_or_zero, "astype": astype, "stop_gradient": lambda a: a, "conj": conj,
    "imag": imag, "real": real, "sign": sign, "rint": torch.round, "gammaln": unary(torch.lgamma),
    "expit": unary(torch.sigmoid), "softplus": unary(lambda a: torch.logaddexp(a, torch.zeros_like(a))),
    "j0": unary(special.bessel_j0), "j1": unary(special.bessel_j1), "y0": unary(special.bessel_y0),
    "y1": unary(special.bessel_y1), "bitwise_invert": torch.bitwise_not,
}  # fmt: skip

#: Everything else that torch computes with the same meaning.
OTHERS: dict[str, Callable[..., Any]] = {
    "sum": total,
    "mean": mean,
    "max": extreme(torch.amax),
    "min": extreme(torch.amin),
    "logsumexp": logsumexp,
    "cumsum": lambda x, *, axis, dtype: torch.cumsum(
        x.reshape(-1) if axis is None else x,
        0 if axis is None else axis,
        dtype=None if dtype is None else torch_dtype(dtype),
    ),
    "reshape": reshape,
    "transpose": transpose,
    "swapaxes": lambda x, *, axis1, axis2: torch.swapaxes(x, axis1, axis2),
    "moveaxis": lambda x, *, source, destination: torch.moveaxis(x, source, destination),
    "expand_dims": expand_dims,
    "broadcast_to": broadcast_to,
    "concatenate": concatenate,
    "stack": stack,
    "flip": lambda x, *, axis: torch.flip(
        x, tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    ),
    "tril": lambda x, *, k: torch.tril(x, k),
    "triu": lambda x, *, k: torch.triu(x, k),
    "matmul": matmul,
    "solve": solve,
    "inv": lambda a, *, singular: torch.linalg.inv(floating(a)) if singular == "raise" else NotImplemented,
    "zeros_like": lambda x, *, dtype: full(x, 0, None, dtype),
    "ones_like": lambda x, *, dtype: full(x, 1, None, dtype),
    "empty_like": lambda x, *, dtype: full(x, 0, None, dtype),
    "full_like": lambda x, *, value, dtype: full(x, value, None, dtype),
    "one_like": lambda x: full(x, 1, None, None),
    "zeros_of": lambda x, *, shape, dtype: full(x, 0, shape, dtype),
    "ones_of": lambda x, *, shape, dtype: full(x, 1, shape, dtype),
    "full_of": lambda x, *, value, shape, dtype: full(x, value, shape, dtype),
}
