"""Interleaved timing: every candidate runs once a round, so that a busy machine slows all of them.

What is shown are medians and ratios of rounds.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any


def repeats(call: Callable[[], Any], target: float) -> int:
    """How many calls take about `target` seconds."""
    call()
    start = time.perf_counter()
    call()
    once = max(time.perf_counter() - start, 1e-7)
    return max(1, int(target / once))


def race(
    candidates: dict[str, Callable[[], Any]], *, rounds: int = 9, target: float = 0.02, per: float = 1.0
) -> dict[str, list[float]]:
    """Seconds a call (divided by `per`) of each candidate in each round."""
    counts = {name: repeats(call, target) for name, call in candidates.items()}
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, call in candidates.items():
            gc.collect()
            gc.disable()
            start = time.perf_counter()
            for _ in range(counts[name]):
                call()
            times[name].append((time.perf_counter() - start) / counts[name] / per)
            gc.enable()
    return times


def show(title: str, times: dict[str, list[float]], ours: str, unit: str = "us") -> dict[str, float]:
    """Print medians and the median over rounds of each candidate's time over ours; return those ratios."""
    scale = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit]
    print(f"\n{title}")
    ratios = {}
    for name, values in times.items():
        ratios[name] = statistics.median(v / o for v, o in zip(values, times[ours], strict=True))
        print(f"  {name:44s} {statistics.median(values) * scale:12.3f} {unit}   {ratios[name]:7.2f} x ours")
    sys.stdout.flush()
    return ratios


def verdict(what: str, ratio: float, wanted: float) -> bool:
    """Print whether a ratio (peer over ours) reaches what the project promises."""
    ok = ratio >= wanted
    print(f"  {'reached' if ok else 'MISSED '}  {what}: {ratio:.2f} (wanted >= {wanted:g})")
    return ok


def versions(*modules: str) -> None:
    """Print the versions that were measured."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for name in modules:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    print(f"Python {platform.python_version()}, " + ", ".join(found))


def optional(name: str) -> Any:
    """A peer, or None with a line that says so."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"  ({name} is not installed: its rows are missing)")
        return None


def warmed_up() -> None:
    """What a program of ours has after its first tenth of a second: machine code for small arrays; said in print."""
    from dispatchml.backends import native

    native.activate()
    print("machine code for small arrays:", "active" if native.active() else native.why_not())
