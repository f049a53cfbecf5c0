"""Which function of torch is which function here: by name, as functions of torch and as methods of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from dispatchml import ops

from . import methods
from .functions import (
    RENAMED,
    SAME,
    add,
    along,
    clamp,
    flatten,
    functional,
    linear,
    norm,
    reduction,
    relu,
    spread,
    subtract,
)


def by_name() -> dict[str, Callable[..., Any]]:
    """The functions by the names that torch and its tensors have for them."""
    return {
        **{name: getattr(ops, name) for name in SAME},
        **{theirs: getattr(ops, ours) for theirs, ours in RENAMED.items()},
        "sum": reduction(ops.sum), "mean": reduction(ops.mean), "prod": reduction(ops.prod),
        "amax": reduction(ops.max), "amin": reduction(ops.min), "logsumexp": reduction(ops.logsumexp),
        "all": reduction(ops.all), "any": reduction(ops.any), "argmax": reduction(ops.argmax),
        "argmin": reduction(ops.argmin), "count_nonzero": reduction(ops.count_nonzero),
        "nansum": reduction(lambda x, **keywords: ops.sum(ops.where(ops.isnan(x), 0, x), **keywords)),
        "max": methods.extreme("max", ops.max, ops.maximum, ops.argmax),
        "min": methods.extreme("min", ops.min, ops.minimum, ops.argmin),
        "sort": methods.sort, "argsort": methods.argsort, "median": methods.median, "topk": methods.topk,
        "var": spread(ops.var), "std": spread(ops.std), "cumsum": along(ops.cumsum), "cumprod": along(ops.cumprod),
        "softmax": along(ops.softmax), "log_softmax": along(ops.log_softmax), "add": add, "sub": subtract,
        "subtract": subtract, "clamp": clamp, "clip": clamp, "relu": relu, "flatten": flatten,
        "div": methods.divide, "divide": methods.divide, "round": methods.rounded, "lerp": methods.lerp,
        "addmm": methods.addmm, "baddbmm": methods.addmm, "addbmm": methods.addmm, "clone": methods.clone,
        "detach": ops.stop_gradient,
        "reshape": lambda x, *shape: ops.reshape(x, shape=methods.sizes(shape)),
        "ravel": lambda x: ops.reshape(x, shape=(-1,)),
        "transpose": lambda x, dim0, dim1: ops.swapaxes(x, axis1=dim0, axis2=dim1),
        "swapaxes": lambda x, axis0, axis1: ops.swapaxes(x, axis1=axis0, axis2=axis1),
        "movedim": lambda x, source, destination: ops.moveaxis(x, source=source, destination=destination),
        "permute": lambda x, *dims: ops.transpose(x, axes=methods.sizes(dims)),
        "unsqueeze": lambda x, dim: ops.expand_dims(x, axis=dim),
        "squeeze": methods.squeeze, "split": methods.split, "chunk": methods.chunk, "unbind": methods.unbind,
        "gather": methods.gather, "roll": methods.roll, "masked_fill": lambda x, mask, value: ops.where(mask, value, x),
        "take_along_dim": lambda x, indices, dim=None: ops.take_along_axis(x, indices, axis=dim),
        "index_select": lambda x, dim, index: ops.take(x, index, axis=dim),
        "tile": lambda x, *dims: ops.tile(x, reps=methods.sizes(dims)),
        "broadcast_to": lambda x, *size: ops.broadcast_to(x, shape=methods.sizes(size)),
        "cat": lambda tensors, dim=0: ops.concatenate(tuple(tensors), axis=dim),
        "stack": lambda tensors, dim=0: ops.stack(tuple(tensors), axis=dim),
        "einsum": lambda subscripts, *tensors: ops.einsum(
            tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors,
            subscripts=subscripts.replace(" ", "")),
        "tensordot": lambda a, b, dims=2: ops.tensordot(a, b, axes=dims),
        "trace": ops.trace, "diag": lambda x, diagonal=0: ops.diag(x, k=diagonal),
        "diagonal": lambda x, offset=0, dim1=0, dim2=1: ops.diagonal(x, offset=offset, axis1=dim1, axis2=dim2),
        "diff": lambda x, n=1, dim=-1: ops.diff(x, n=n, axis=dim), "norm": norm,
        "tril": lambda x, diagonal=0: ops.tril(x, k=diagonal), "triu": lambda x, diagonal=0: ops.triu(x, k=diagonal),
        "flip": lambda x, *dims: ops.flip(x, axis=methods.sizes(dims)),
        "zeros_like": lambda x, **_: ops.zeros_like(x), "ones_like": lambda x, **_: ops.ones_like(x),
        "full_like": lambda x, value, **_: ops.full_like(x, value=value),
        "numel": ops.size, "is_floating_point": lambda x: ops.dtype(x).kind == "f", "is_complex": ops.is_complex,
    }  # fmt: skip


def function_table(named: dict[str, Callable[..., Any]]) -> dict[Any, Callable[..., Any]]:
    """torch function -> what it is here; the methods of torch.Tensor of the same names too."""
    found = {}
    for name, function in named.items():
        for home in (torch, torch.Tensor):
            theirs = getattr(home, name, None)
            if theirs is not None:
                found[theirs] = function
    for name, function in {
        "relu": relu, "softplus": ops.softplus, "sigmoid": ops.sigmoid, "tanh": ops.tanh, "linear": linear,
        "softmax": lambda x, dim, **_: ops.softmax(x, axis=dim),
        "log_softmax": lambda x, dim, **_: ops.log_softmax(x, axis=dim), "gelu": methods.gelu,
        "silu": lambda x, inplace=False: ops.multiply(x, ops.sigmoid(x)), "normalize": methods.normalize,
        "mse_loss": methods.loss(ops.square), "l1_loss": methods.loss(ops.absolute),
        "logsigmoid": lambda x: ops.negative(ops.softplus(ops.negative(x))),
    }.items():  # fmt: skip
        found[getattr(functional, name)] = function
    for name, function in {
        "solve": ops.solve, "inv": lambda a: ops.inv(a), "det": ops.det, "slogdet": ops.slogdet,
        "cholesky": lambda a, upper=False: ops.cholesky(a, upper=upper),
        "eigh": lambda a, UPLO="L": ops.eigh(a, UPLO=UPLO),
        "eigvalsh": lambda a, UPLO="L": ops.eigvalsh(a, UPLO=UPLO), "norm": norm, "vector_norm": norm,
        "matrix_power": lambda a, n: ops.matrix_power(a, n=n), "svdvals": ops.svdvals, "pinv": lambda a: ops.pinv(a),
        "qr": lambda a, mode="reduced": ops.qr(a, mode=mode), "matmul": ops.matmul,
    }.items():  # fmt: skip
        found[getattr(torch.linalg, name)] = function
    for (
        name
    ) in "erfcx ndtr ndtri log_ndtr i0 i0e i1 i1e entr expit gammaln digamma erf erfc erfinv xlogy xlog1py".split():
        found[getattr(torch.special, name)] = getattr(ops, name)
    return found
