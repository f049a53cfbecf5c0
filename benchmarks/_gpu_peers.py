"""jax and torch on the card that `benchmarks/gpu.py` measures: the same functions in their namespaces."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from _race import optional

import dispatchml as dm


class Ours:
    """Special functions for NumPy programs."""

    erf = staticmethod(dm.numpy.erf)
    logsumexp = staticmethod(lambda x, axis: dm.numpy.logsumexp(x, axis=axis))


def torch_with_cuda() -> Any:
    """torch, where it is installed and sees the card."""
    torch = optional("torch")
    return torch if torch is not None and torch.cuda.is_available() else None


def jax_with_cuda() -> Any:
    """jax, where it is installed and sees the card. It leaves the memory that it does not need to the others."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    jax = optional("jax")
    if jax is None or jax.default_backend() != "gpu":
        return None
    jax.config.update("jax_enable_x64", True)
    return jax


def versions() -> str:
    """Which peers there are."""
    found = {"jax": jax_with_cuda(), "torch": torch_with_cuda()}
    return ", ".join(f"{n} {'none with CUDA' if m is None else m.__version__}" for n, m in found.items())


def face(torch: Any) -> Any:
    """torch by NumPy's names."""

    class Face:
        linalg, erf, logsumexp = torch.linalg, staticmethod(torch.erf), staticmethod(torch.logsumexp)

        def __getattr__(self, name: str) -> Any:
            return getattr(torch, {"concatenate": "cat"}.get(name, name))

    return Face()


Made = Callable[[], Any]


def of(case: Any, arguments: Any) -> list[tuple[str, Made]]:
    """For each peer that is there: what makes the call of a case, what waits for it, and its value."""
    found: list[tuple[str, Made]] = []
    jax, torch = jax_with_cuda(), torch_with_cuda()
    if jax is not None:

        def by_jax() -> Any:
            import jax.numpy as jnp
            import jax.scipy.special as sp

            compiled = jax.jit(jax.value_and_grad(case.function(jnp, sp), case.argnums))
            given = [jnp.asarray(x) for x in arguments]
            last = [compiled(*given)]

            def call() -> None:
                last[0] = compiled(*given)

            return call, lambda: jax.block_until_ready(last[0]), float(last[0][0])

        found.append(("jax.jit", by_jax))
    if torch is not None:

        def by_torch() -> Any:
            names = face(torch)
            run = torch.compile(case.function(names, names))
            given = [torch.as_tensor(x, device="cuda") for x in arguments]
            active = [given[k].requires_grad_(True) for k in case.argnums]

            def call() -> Any:
                value = run(*given)
                return value, torch.autograd.grad(value, active)

            return call, torch.cuda.synchronize, float(call()[0].item())

        found.append(("torch.compile", by_torch))
    return found


def training(model: Any) -> list[tuple[str, Made]]:
    """For each peer that is there: what makes a step of gradient descent of a model, and what waits for it."""
    torch = torch_with_cuda()
    if torch is None:
        return []

    def made(compiled: bool) -> Any:
        names = face(torch)
        weights = [torch.tensor(w, device="cuda", requires_grad=True) for w in model.weights]
        given = torch.tensor(model.given, device="cuda")
        loss = lambda weights, x: model.loss(names, names, weights, x)  # noqa: E731
        run = torch.compile(loss) if compiled else loss

        def step() -> Any:
            slopes = torch.autograd.grad(run(weights, given), weights)
            with torch.no_grad():
                return [w - g * 1e-3 for w, g in zip(weights, slopes, strict=True)]

        step()
        return step, torch.cuda.synchronize

    return [("torch.compile", lambda: made(True)), ("torch", lambda: made(False))]
