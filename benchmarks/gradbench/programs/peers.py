"""What the peers need round a function: results that are really there, tensors from arrays, gradients as arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Functions = dict[str, Callable[..., Any]]


def jax_ready(functions: Functions) -> Functions:
    """JAX computes while Python goes on: wait for each result. float64 as everywhere here."""
    import jax

    jax.config.update("jax_enable_x64", True)

    def waiting(run: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: jax.block_until_ready(run(*arguments))

    return {name: waiting(run) for name, run in functions.items()}


def torch_gradient(function: Callable[..., Any], value: str, gradient: str, active: int = 1) -> Functions:
    """A scalar function of tensors, and its gradient by the first `active` arguments (one by one)."""
    import numpy as np
    import torch

    torch.set_num_threads(1)

    def tensors(arguments: tuple[Any, ...]) -> list[Any]:
        return [torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in arguments]

    def run_value(*arguments: Any) -> Any:
        with torch.no_grad():
            return function(*tensors(arguments))

    def run_gradient(*arguments: Any) -> Any:
        given = tensors(arguments)
        leaves = [a.detach().requires_grad_() for a in given[:active]]
        found = torch.autograd.grad(function(*leaves, *given[active:]), leaves)
        return found[0] if active == 1 else found

    return {value: run_value, gradient: run_gradient}
