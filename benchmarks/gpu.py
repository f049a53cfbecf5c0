"""Derivatives over CuPy's arrays on a card: the cost of an operation, bandwidth, the table of `benchmarks/jit.py`, and
training steps; jax.jit and torch.compile beside them where they are installed with CUDA.

`make bench-gpu` runs it and keeps what it prints. Without a card it says why and ends. Every part has a share of the
time; a part that fails, or a case that comes too late, is a line that says so.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import _gpu_peers as peers
import numpy as np
from _compiled_cases import TABLE
from _gpu_models import Model, models

import dispatchml as dm

#: Seconds that one measurement may take, and those of a part.
TARGET, SHARE = 0.2, 110.0
#: What the project promises: the share of a copy's bandwidth, a peer's time over ours, an operation over CuPy's launch.
BANDWIDTH, NEVER_SLOWER, FASTER, STEP, LAUNCH = 0.8, 1.0, 1.3, 0.95, 1.5
FASTER_ON = ("Black-Scholes", "mixture", "layer norm")


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


def verdict(what: str, found: float, wanted: float, at_most: bool = False) -> str:
    """A line with a promise and whether it is kept."""
    kept = found <= wanted if at_most else found >= wanted
    return f"  {what}: {found:.2f} [{wanted:g}] {'reached' if kept else 'MISSED'}"


def overhead(xp: Any, wait: Any, target: float) -> Iterator[str]:
    """A chain of small operations: its gradient by ours, and the same calls of CuPy written by hand."""
    x, length = xp.linspace(0.1, 1.0, 10), 50

    def chain(x: Any) -> Any:
        for _ in range(length):
            x = np.sin(x) * 1.01
        return np.sum(x)

    def by_hand() -> Any:
        y, kept = x, []
        for _ in range(length):
            kept.append(y)
            y = xp.multiply(xp.sin(y), 1.01)
        value, ct = xp.sum(y), xp.ones(x.shape)
        for y in reversed(kept):
            ct = xp.multiply(xp.multiply(ct, 1.01), xp.cos(y))
        return value, ct

    gradient = dm.value_and_grad(chain)
    hand = seconds(by_hand, wait, target=target)
    ours = seconds(lambda: gradient(x), wait, target=target)
    forward = seconds(lambda: dm.jvp(chain, (x,), (x,)), wait, target=target)
    calls = 5 * length
    yield (
        f"an operation, n=10: CuPy {hand / calls * 1e6:.2f} us, in a value and gradient {ours / calls * 1e6:.2f} us, "
        f"in a directional derivative {forward / calls * 1e6:.2f} us"
    )
    yield verdict("value and gradient over CuPy's calls by hand", ours / hand, LAUNCH, at_most=True)


def bandwidth(xp: Any, wait: Any, target: float, size: int) -> Iterator[str]:
    """Large elementwise gradients, which read an array and write one, beside a copy that does the same."""
    x, y = xp.linspace(0.1, 1.0, size), xp.ones(size)
    copied = seconds(lambda: x.copy(), wait, target=target)
    yield f"copy of {size} float64: {copied * 1e3:.3f} ms, {2 * x.nbytes / copied / 1e9:.0f} GB/s"
    cases = {
        "sum(x*x)": (lambda x: np.sum(x * x), 2),
        "sum(sin(x)**2)": (lambda x: np.sum(np.sin(x) ** 2), 2),
        "sum(where(x > 0.5, x*x, x))": (lambda x: np.sum(np.where(x > 0.5, x * x, x)), 2),
        "sum(log1p(exp(-y*x)))": (lambda x: np.sum(np.log1p(np.exp(-y * x))), 3),
    }
    for name, (f, arrays) in cases.items():
        gradient = dm.value_and_grad(f)
        eager = seconds(lambda gradient=gradient: gradient(x), wait, target=target)
        compiled = dm.jit(gradient)
        fused = seconds(lambda compiled=compiled: compiled(x), wait, target=target)
        yield (
            f"value and gradient of {name}: eager {eager * 1e3:.3f} ms, {eager / copied:.1f} copies; compiled "
            f"{fused * 1e3:.3f} ms, {fused / copied:.2f} copies"
        )
        yield verdict(f"share of the copy's bandwidth, {name}", arrays * copied / 2 / fused, BANDWIDTH)


def table(xp: Any, wait: Any, target: float, arguments: Callable[[Any], Any]) -> Iterator[str]:
    """The table of `benchmarks/jit.py` beside jax.jit and torch.compile on the same card."""
    ends = time.monotonic() + SHARE
    for case in TABLE:
        if case.name.startswith("Gaussian"):
            continue  # it makes an array of the host
        if time.monotonic() > ends:
            yield f"{case.name}: left out, the time is up"
            continue
        try:
            yield from one_case(xp, wait, target, case, arguments(case))
        except Exception as error:  # the others are measured all the same
            yield f"FAILED {case.name}: {type(error).__name__}: {error}"


def one_case(xp: Any, wait: Any, target: float, case: Any, host: Any) -> Iterator[str]:
    """A case of the table."""
    given = [xp.asarray(v) if isinstance(v, np.ndarray) else v for v in host]
    compiled = dm.jit(dm.value_and_grad(case.function(np, peers.Ours), case.argnums))
    start = time.perf_counter()
    value = compiled(*given)[0]
    wait()
    first = time.perf_counter() - start
    ours = seconds(lambda c=compiled, g=given: c(*g), wait, target=target)
    yield f"{case.name}: {ours * 1e3:.3f} ms, first call {first:.2f} s"
    wanted = FASTER if case.name.startswith(FASTER_ON) else NEVER_SLOWER
    for name, made in peers.of(case, host):
        try:
            call, pause, theirs = made()
            np.testing.assert_allclose(theirs, float(xp.asnumpy(value)), rtol=1e-6)
            found = seconds(call, pause, target=target)
        except Exception as error:
            yield f"  ({name} cannot run it: {type(error).__name__}: {str(error)[:100]})"
            continue
        yield verdict(f"{name} / ours", found / ours, wanted)


def training(xp: Any, wait: Any, target: float, model: Model) -> Iterator[str]:
    """A step of gradient descent of a model in single precision."""
    weights = [xp.asarray(w) for w in model.weights]
    given = xp.asarray(model.given)
    gradient = dm.value_and_grad(lambda weights, x: model.loss(np, peers.Ours, weights, x))

    def step(weights: Any, x: Any) -> Any:
        value, slopes = gradient(weights, x)
        return value, [w - g * np.float32(1e-3) for w, g in zip(weights, slopes, strict=True)]

    compiled = dm.jit(step)
    start = time.perf_counter()
    compiled(weights, given)
    wait()
    first = time.perf_counter() - start
    eager = seconds(lambda: step(weights, given), wait, target=target)
    ours = seconds(lambda: compiled(weights, given), wait, target=target)
    yield f"{model.name}: a step {ours * 1e3:.3f} ms compiled, {eager * 1e3:.3f} ms eager, first call {first:.2f} s"
    for name, made in peers.training(model):
        try:
            call, pause = made()
            found = seconds(call, pause, target=target)
        except Exception as error:
            yield f"  ({name} cannot run it: {type(error).__name__}: {str(error)[:100]})"
            continue
        yield verdict(f"{name} / ours", found / ours, STEP)
    yield f"  memory: {dm.memory_report()}"


def measure(
    xp: Any,
    *,
    target: float = TARGET,
    size: int = 1 << 25,
    width: int = 2048,
    arguments: Callable[[Any], Any] = lambda case: case.arguments,
    only: tuple[str, ...] = (),
) -> list[str]:
    """All lines; a part that fails is a line that says so. only: names of parts."""
    wait = xp.cuda.Device().synchronize
    lines: list[str] = []
    parts: dict[str, Callable[[], Iterator[str]]] = {
        "bandwidth": lambda: bandwidth(xp, wait, target, size),
        "overhead": lambda: overhead(xp, wait, target),
        **{m.name: lambda m=m: training(xp, wait, target, m) for m in models(width)},
        "table": lambda: table(xp, wait, target, arguments),
    }
    for name, part in parts.items():
        if only and name not in only:
            continue
        try:
            for line in part():
                lines.append(line)
                print(line, flush=True)
        except Exception as error:
            lines.append(f"FAILED {name}: {type(error).__name__}: {error}")
            print(lines[-1], flush=True)
    reached, missed = (sum(line.endswith(word) for line in lines) for word in ("reached", "MISSED"))
    lines.append(f"{reached} promises kept, {missed} missed, {sum(v.startswith('FAILED') for v in lines)} parts failed")
    print(lines[-1], flush=True)
    return lines


if __name__ == "__main__":
    from dispatchml.backends.cupy.setup import cards, diagnosis

    missing = diagnosis()
    if missing:
        sys.exit(f"no card to measure on: {missing}")
    import cupy

    print(f"CuPy {cupy.__version__}, driver {cupy.cuda.runtime.driverGetVersion()}, {cards()}, {peers.versions()}")
    sys.exit(any(line.startswith("FAILED") for line in measure(cupy)))
