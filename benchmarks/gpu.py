"""Derivatives over CuPy's arrays on a card: the cost of an operation, bandwidth, a training step; torch beside it where
it is installed with CUDA. `make bench-gpu` runs it and keeps what it prints. Without a card it says why and ends.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import dispatchml as dm

#: Seconds that one measurement may take.
TARGET = 0.2


def seconds(call: Callable[[], Any], wait: Callable[[], Any], rounds: int = 7, target: float = TARGET) -> float:
    """The median time of a call over rounds, each of as many calls as fit, with the device waited for at the end."""
    for _ in range(3):
        call()
    wait()
    start = time.perf_counter()
    call()
    wait()
    count = max(1, int(target / rounds / max(time.perf_counter() - start, 1e-7)))
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(count):
            call()
        wait()
        times.append((time.perf_counter() - start) / count)
    return statistics.median(times)


def overhead(xp: Any, wait: Any, target: float) -> list[str]:
    """A chain of small operations: CuPy alone, and its gradient by ours, for each operation."""
    x, length = xp.linspace(0.1, 1.0, 10), 100

    def chain(x: Any) -> Any:
        for _ in range(length // 2):
            x = np.sin(x) * 1.01
        return np.sum(x)

    alone = seconds(lambda: chain(x), wait, target=target) / length
    gradient = dm.value_and_grad(chain)
    both = seconds(lambda: gradient(x), wait, target=target) / length
    forward = seconds(lambda: dm.jvp(chain, (x,), (x,)), wait, target=target) / length
    return [
        f"an operation, n=10: CuPy {alone * 1e6:.2f} us, value and gradient {both * 1e6:.2f} us "
        f"(two launches or more; {both / alone:.2f} x), directional derivative {forward * 1e6:.2f} us",
    ]


def bandwidth(xp: Any, wait: Any, target: float, size: int) -> list[str]:
    """Large elementwise gradients, beside a copy."""
    x, y = xp.linspace(0.1, 1.0, size), xp.ones(size)
    copied = seconds(lambda: x.copy(), wait, target=target)
    rate = 2 * x.nbytes / copied
    lines = [f"copy of {size} float64: {copied * 1e3:.3f} ms, {rate / 1e9:.0f} GB/s"]
    cases = {
        "sum(log1p(exp(-y*x)))": lambda x: np.sum(np.log1p(np.exp(-y * x))),
        "sum(sin(x)**2)": lambda x: np.sum(np.sin(x) ** 2),
        "sum(where(x > 0.5, x*x, x))": lambda x: np.sum(np.where(x > 0.5, x * x, x)),
    }
    for name, f in cases.items():
        gradient = dm.value_and_grad(f)
        found = seconds(lambda gradient=gradient: gradient(x), wait, target=target)
        compiled = dm.jit(gradient)
        fused = seconds(lambda compiled=compiled: compiled(x), wait, target=target)
        lines.append(
            f"value and gradient of {name}: eager {found * 1e3:.3f} ms, {found / copied:.1f} copies; compiled "
            f"{fused * 1e3:.3f} ms, {fused / copied:.2f} copies"
        )
    return lines


def perceptron(xp: Any, wait: Any, target: float, width: int) -> list[str]:
    """A training step of a multilayer perceptron, eager, float32; torch's eager step beside it."""
    rng = np.random.default_rng(0)

    def made(*shape: int) -> Any:
        return rng.standard_normal(shape).astype(np.float32) / np.float32(np.sqrt(shape[0]))

    host = [made(width, width) for _ in range(4)]
    x, weights = xp.asarray(made(width, width)), [xp.asarray(w) for w in host]

    def loss(weights: Any, x: Any) -> Any:
        for w in weights:
            x = np.tanh(x @ w)
        return np.mean(x * x)

    gradient = dm.grad(loss)
    ours = seconds(lambda: gradient(weights, x), wait, target=target)
    lines = [f"gradient of a perceptron, 4 layers of {width}, float32: {ours * 1e3:.3f} ms"]
    lines.append(f"memory: {dm.memory_report()}")
    torch = torch_with_cuda()
    if torch is not None:
        theirs = [torch.tensor(w, device="cuda", requires_grad=True) for w in host]
        given = torch.tensor(made(width, width), device="cuda")

        def step() -> Any:
            h = given
            for w in theirs:
                h = torch.tanh(h @ w)
            return torch.autograd.grad((h * h).mean(), theirs)

        peer = seconds(step, torch.cuda.synchronize, target=target)
        lines.append(f"  torch {torch.__version__}, eager: {peer * 1e3:.3f} ms ({peer / ours:.2f} x ours)")
    return lines


def torch_with_cuda() -> Any:
    """torch, where it is installed and sees the card."""
    try:
        import torch
    except ImportError:
        return None
    return torch if torch.cuda.is_available() else None


def measure(xp: Any, *, target: float = TARGET, size: int = 1 << 25, width: int = 2048) -> list[str]:
    """All lines; a part that fails is a line that says so."""
    wait = xp.cuda.Device().synchronize
    lines = []
    for name, part in (
        ("overhead", lambda: overhead(xp, wait, target)),
        ("bandwidth", lambda: bandwidth(xp, wait, target, size)),
        ("perceptron", lambda: perceptron(xp, wait, target, width)),
    ):
        try:
            lines += part()
        except Exception as error:
            lines.append(f"FAILED {name}: {type(error).__name__}: {error}")
        print(*lines[-4:], sep="\n", flush=True)
    return lines


if __name__ == "__main__":
    from dispatchml.backends.cupy.setup import cards, diagnosis

    missing = diagnosis()
    if missing:
        sys.exit(f"no card to measure on: {missing}")
    import cupy

    print(f"CuPy {cupy.__version__}, driver {cupy.cuda.runtime.driverGetVersion()}, {cards()}")
    sys.exit(any(line.startswith("FAILED") for line in measure(cupy)))
