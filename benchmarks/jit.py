"""Compiled value-and-gradient beside jax.jit, torch.compile, torch, autograd and a copy as the limit.

    python benchmarks/jit.py [--threads 1|2] [--quick] [--torch-compile] [--only TEXT]

Ours runs the functions as NumPy programs; the peers run the same text in their namespaces. Results are compared first.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--quick", action="store_true")
parser.add_argument("--torch-compile", action="store_true")
parser.add_argument("--only", default="")
asked = parser.parse_args()
threads = str(asked.threads)
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "DISPATCHML_NUM_THREADS"):
    os.environ[name] = threads
if asked.threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
if hasattr(os, "sched_setaffinity") and asked.threads == 1:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import numpy as np  # noqa: E402
from _compiled_cases import FIELDS, TABLE, Case  # noqa: E402
from _products import arguments, by_hand, perceptron  # noqa: E402
from _race import optional, race, show, verdict, versions  # noqa: E402

import dispatchml as dm  # noqa: E402

ROUNDS = 5 if asked.quick else 11
#: The peers are printed beside, as their products are those of other libraries.
NETWORK = Case("three layers, 1024 x 1024 each", perceptron, arguments(), (0, 1, 2), 1.0)
helpers = ThreadPoolExecutor(max(1, asked.threads - 1))
jax, torch, autograd = optional("jax"), optional("torch"), optional("autograd")
if jax:
    jax.config.update("jax_enable_x64", True)
if torch:
    torch.set_num_threads(asked.threads)


class Ours:
    """Special functions for NumPy programs."""

    erf = staticmethod(dm.numpy.erf)
    logsumexp = staticmethod(lambda x, axis: dm.numpy.logsumexp(x, axis=axis))


class TorchFace:
    """torch by NumPy's names."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, {"concatenate": "cat"}.get(name, name))

    linalg = torch.linalg if torch else None
    erf = staticmethod(torch.erf) if torch else None
    logsumexp = staticmethod(torch.logsumexp) if torch else None

    @staticmethod
    def eye(n: int) -> Any:
        """In double precision."""
        return torch.eye(n, dtype=torch.float64)


def ours(case):
    """Our compiled value and gradient, and the seconds that its first call took."""
    compiled = dm.jit(dm.value_and_grad(case.function(np, Ours), case.argnums))
    start = time.perf_counter()
    compiled(*case.arguments)
    return (lambda: compiled(*case.arguments)), time.perf_counter() - start


def of_jax(case):
    """jax's."""
    import jax.numpy as jnp
    import jax.scipy.special as sp

    compiled = jax.jit(jax.value_and_grad(case.function(jnp, sp), case.argnums))
    given = [jnp.asarray(x) for x in case.arguments]
    start = time.perf_counter()
    jax.block_until_ready(compiled(*given))
    return (lambda: jax.block_until_ready(compiled(*given))), time.perf_counter() - start


def of_torch(case, compiled: bool):
    """torch's, eager or compiled."""
    face = TorchFace()
    function = case.function(face, face)
    given = [torch.as_tensor(x) for x in case.arguments]
    active = [given[k].requires_grad_(True) for k in case.argnums]
    run = torch.compile(function) if compiled else function

    def call():
        value = run(*given)
        return value.detach(), torch.autograd.grad(value, active)

    start = time.perf_counter()
    call()
    return call, time.perf_counter() - start


def of_autograd(case):
    """autograd's."""
    import autograd.numpy as anp
    import autograd.scipy.special as sp

    call = autograd.value_and_grad(case.function(anp, sp), case.argnums)
    return (lambda: call(*case.arguments)), 0.0


def flat(result) -> list[Any]:
    """Value and gradients as arrays."""
    value, gradients = result
    return [np.asarray(value), *map(np.asarray, gradients)]


def copy_of(given):
    """A copy by as many threads as the candidates have."""
    room = np.empty_like(given)
    parts = list(zip(np.array_split(room, asked.threads), np.array_split(given, asked.threads), strict=True))

    def call():
        others = [helpers.submit(np.copyto, *part) for part in parts[1:]]
        np.copyto(*parts[0])
        for other in others:
            other.result()

    return call


def run(case) -> list[bool]:
    """One case: results compared, then a race."""
    makers = {"ours": ours}
    if jax:
        makers["jax.jit"] = of_jax
    if torch:
        makers["torch"] = lambda c: of_torch(c, False)
        if asked.torch_compile:
            makers["torch.compile"] = lambda c: of_torch(c, True)
    if autograd:
        makers["autograd"] = of_autograd
    calls, first = {}, {}
    for name, make in makers.items():
        try:
            calls[name], first[name] = make(case)
            calls[name]()
        except Exception as error:
            calls.pop(name, None)
            print(f"  ({name} cannot run {case.name}: {type(error).__name__}: {str(error)[:80]})")
    mine = flat(calls["ours"]())
    for name in [*calls]:
        for a, b in zip(mine, flat(calls[name]()), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10 * np.max(np.abs(a)), err_msg=f"{case.name}: {name}")
    if case.name == NETWORK.name:
        calls |= by_hand(*case.arguments)
        for a, b in zip(mine, flat(calls["by hand with np.dot(out=)"]()), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10 * np.max(np.abs(a)))
    calls["a copy of the largest argument"] = copy_of(max(map(np.asarray, case.arguments), key=lambda x: x.nbytes))
    ratios = show(case.name, race(calls, rounds=ROUNDS, target=0.05), "ours", "ms")
    print("  first call: " + ", ".join(f"{name} {seconds:.3f} s" for name, seconds in first.items() if seconds))
    peers = [verdict(f"{n} / ours", ratios[n], 1.0) for n in ("torch.compile",) if n in ratios]
    if case.name == NETWORK.name:
        return [verdict("by hand / ours", ratios["by hand with np.dot(out=)"], 0.95)]
    if "jax.jit" not in ratios:
        return peers
    copy, needed = ratios["a copy of the largest argument"], ratios["jax.jit"] / case.wanted
    if needed < min(copy, 1.0):
        print(f"  the limit: a copy takes {copy:.2f} of ours, and {case.wanted:g} times jax.jit would be {needed:.2f}")
    return [*peers, verdict("jax.jit / ours", ratios["jax.jit"], case.wanted)]


def small_calls() -> list[bool]:
    """What a call costs: the chain of small arrays."""
    found = []
    for n in (1, 1000, 100_000):
        x, y = np.linspace(0.1, 1, n), np.linspace(0.5, 2, n)
        from _compiled_cases import chain

        compiled = dm.jit(dm.grad(chain(np, Ours)))
        calls = {"ours": lambda c=compiled, x=x, y=y: c(x, y)}
        if jax:
            import jax.numpy as jnp

            other = jax.jit(jax.grad(chain(jnp, None)))
            given = jnp.asarray(x), jnp.asarray(y)
            calls["jax.jit"] = lambda c=other, g=given: c(*g).block_until_ready()

        def by_hand(x=x, y=y):
            e = np.exp(-y * x)
            return -y * (e / (1.0 + e))

        calls["NumPy by hand"] = by_hand
        ratios = show(f"a call, gradient of the chain, n={n}", race(calls, rounds=ROUNDS), "ours", "us")
        if jax:
            found.append(verdict("jax.jit / ours", ratios["jax.jit"], 1.0))
    return found


if __name__ == "__main__":
    versions("dispatchml", "numpy", "llvmlite", "jax", "torch", "autograd")
    print(f"{asked.threads} thread{'s' if asked.threads > 1 else ''}")
    reached = []
    for case in (*TABLE, *FIELDS, NETWORK):
        if asked.only in case.name:
            reached += run(case)
    if not asked.only:
        reached += small_calls()
    print("\nall reached" if all(reached) else f"\nNOT all reached: {reached.count(False)} of {len(reached)} missed")
