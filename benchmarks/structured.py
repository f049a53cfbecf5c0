"""Structured matrices beside dense ones: value and gradient, how the cost grows, and from which size on it pays.

    python benchmarks/structured.py            (needs dispatchml-structured)

Each program is run with a structured matrix at growing sizes, and with its dense array up to n = 1024. The last columns
are the exponent p with which the cost grows (cost ~ n^p over the last doublings; n log n shows as a little above 1,
constant overhead as less) and the first size from which the dense program is slower.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Callable
from typing import Any

import _race
import numpy as np
from dispatchml_structured import (
    BlockDiagonal,
    Circulant,
    Diagonal,
    DiagonalPlusLowRank,
    Kronecker,
    LowRank,
    Symmetric,
    Toeplitz,
    Triangular,
)

import dispatchml as dm

RNG = np.random.default_rng(0)
#: Seconds a call above which a dense program is not run at the next size, and the largest dense size.
ENOUGH, LARGEST = 0.05, 1024
RANK = 4


def decaying(n: int) -> Any:
    """The first column of a well conditioned Toeplitz matrix."""
    return np.exp(-np.arange(n) / 3.0) + (np.arange(n) == 0)


def spd(n: int) -> Any:
    """A well conditioned symmetric matrix."""
    return np.eye(n) * 2 + RNG.normal(size=(n, n)) / (4 * math.sqrt(n))


#: Kind -> (builder, arrays for a size, sizes).
KINDS: dict[str, tuple[Callable[..., Any], Callable[[int], tuple[Any, ...]], tuple[int, ...]]] = {
    "Diagonal": (Diagonal, lambda n: (RNG.uniform(1, 2, n),), (16, 64, 256, 1024, 4096, 65536, 131072)),
    "LowRank + Diagonal": (
        DiagonalPlusLowRank,
        lambda n: (RNG.uniform(1, 2, n), RNG.normal(size=(n, RANK)) / n, RNG.normal(size=(n, RANK))),
        (16, 64, 256, 1024, 4096, 32768, 65536),
    ),
    "Circulant": (Circulant, lambda n: (decaying(n),), (16, 64, 256, 1024, 4096, 32768, 65536)),
    "Toeplitz": (Toeplitz, lambda n: (decaying(n), decaying(n)), (16, 64, 256, 512, 1024, 2048, 4096)),
    "Kronecker": (
        lambda a, b: Kronecker(Symmetric(a), Symmetric(b)),
        lambda n: (spd(math.isqrt(n)), spd(math.isqrt(n))),
        (16, 64, 256, 1024, 4096, 16384, 65536),
    ),
    "BlockDiagonal (8)": (
        BlockDiagonal,
        lambda n: (np.eye(8) + RNG.normal(size=(n // 8, 8, 8)) / 8,),
        (16, 64, 256, 1024, 4096, 16384, 32768),
    ),
    "Triangular": (Triangular, lambda n: (np.tril(spd(n)),), (16, 64, 256, 512, 1024)),
}
#: What is computed, and for which kinds more than products pays.
PROGRAMS: dict[str, Callable[[Any, Any], Any]] = {
    "x A x": lambda m, x: x @ (m @ x),
    "x A^-1 x": lambda m, x: x @ np.linalg.solve(m, x),
    "log det A": lambda m, x: np.linalg.slogdet(m)[1],
}


def seconds(call: Callable[[], Any]) -> float:
    """The median time of a call."""
    return statistics.median(_race.race({"one": call}, rounds=3, target=0.003)["one"])


def exponent(sizes: list[int], times: list[float]) -> float:
    """The slope of log time over log size at the last three sizes."""
    x, y = np.log(sizes[-3:]), np.log(times[-3:])
    return float(np.polyfit(x, y, 1)[0])


def row(kind: str, name: str, with_gradient: bool) -> None:
    """One line of the table."""
    build, arrays, sizes = KINDS[kind]
    program = PROGRAMS[name]
    ours, theirs = [], {}
    dense_time = 0.0
    for n in sizes:
        given, x = arrays(n), RNG.normal(size=n)

        def structured(*a: Any, x: Any = x) -> Any:
            return program(build(*a), x)

        if with_gradient:
            step = dm.value_and_grad(structured, tuple(range(len(given))))
            ours.append(seconds(lambda step=step, given=given: step(*given)))
        else:
            m = build(*given)
            ours.append(seconds(lambda m=m, x=x: program(m, x)))
        if n <= LARGEST and dense_time < ENOUGH:
            d = build(*given).materialise()
            if with_gradient:
                dense_step = dm.value_and_grad(lambda a, x=x: program(a, x))
                dense_time = seconds(lambda d=d, f=dense_step: f(d))
            else:
                dense_time = seconds(lambda d=d, x=x: program(d, x))
            theirs[n] = dense_time
    faster = [n for n, t in theirs.items() if t > ours[sizes.index(n)]]
    always = [n for n in faster if all(m in faster for m in theirs if m >= n)]
    shown = [s for s in sizes if s in (64, 256, 1024)]
    cells = "".join(
        f"{ours[sizes.index(n)] * 1e6:10.0f} /{theirs[n] * 1e6:9.0f}" if n in theirs else
        f"{ours[sizes.index(n)] * 1e6:10.0f} /{'-':>9s}" for n in shown
    ) + " " * 20 * (3 - len(shown))  # fmt: skip
    first = str(always[0]) if always else "-"
    print(
        f"{kind:19s} {name:10s}{cells}  {sizes[-1]:7d}: {ours[-1] * 1e3:8.2f} ms   n^{exponent(list(sizes), ours):4.2f}"
        f"   from {first}"
    )
    sys.stdout.flush()


def products_of_low_rank() -> None:
    """A chain of products that stays of low rank, beside dense products."""
    n = 1024
    u, v = RNG.normal(size=(n, RANK)), RNG.normal(size=(n, RANK))
    m, d = LowRank(u, v), LowRank(u, v).materialise()
    times = _race.race({"LowRank": lambda: np.trace(m @ m @ m), "dense": lambda: np.trace(d @ d @ d)}, rounds=3)
    _race.show(f"trace of a third power, n = {n}, rank {RANK}", times, "LowRank", "us")


def main() -> None:
    for with_gradient in (False, True):
        print(f"\n{'value and gradient' if with_gradient else 'value'}: microseconds, structured / dense")
        print(f"{'':30s}{'n = 64':>20s}{'n = 256':>20s}{'n = 1024':>20s}")
        for kind in KINDS:
            for name in PROGRAMS:
                row(kind, name, with_gradient)
    products_of_low_rank()


if __name__ == "__main__":
    main()
