"""Derivatives of sparse arrays beside dense ones: what a gradient costs follows what is stored.

    python benchmarks/sparse_arrays.py            (needs dispatchml-sparse)
    python benchmarks/sparse_arrays.py --quick    (small sizes only)

Each program is run on a square matrix with ten numbers a row, as `scipy.sparse.csr_array`, as `sparse.COO` where that
is installed, and as a dense array up to n = 2048. Times are of value and gradient together. The exponent p is that of
the cost over the larger sizes (cost ~ n^p; the numbers that are stored grow with n), and the last column is what
SciPy's own product a @ x takes, for scale.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Callable
from typing import Any

import _race
import numpy as np
import scipy.sparse

import dispatchml as dm
from dispatchml import ops

RNG = np.random.default_rng(0)
A_ROW, LARGEST_DENSE = 10, 2048
SIZES = (256, 1024, 2048, 16384, 131072)
QUICK = (256, 1024)


def matrix(n: int) -> Any:
    """Ten numbers a row at random places, and a dominant diagonal, so that systems have solutions."""
    rows = np.repeat(np.arange(n), A_ROW - 1)
    places = (rows, RNG.integers(0, n, rows.size))
    beside = scipy.sparse.csr_array((RNG.uniform(-1, 1, rows.size), places), shape=(n, n))
    return scipy.sparse.csr_array(beside + 2 * A_ROW * scipy.sparse.eye_array(n))


def band(n: int) -> Any:
    """A tridiagonal matrix, whose factors are as sparse as it is."""
    main, beside = np.full(n, 4.0), RNG.uniform(-1, 1, n - 1)
    return scipy.sparse.csr_array(scipy.sparse.diags_array([beside, main, beside], offsets=[-1, 0, 1]))


PROGRAMS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[int], Any]]] = {
    "x @ A @ x": (lambda a, x: x @ (a @ x), matrix),
    "sum((A @ x)**2) of x": (lambda a, x: np.sum((a @ x) ** 2), matrix),
    "sum(sin(A) * A)": (lambda a, x: ops.sum(ops.sin(a) * a), matrix),
    "sum(A @ A)": (lambda a, x: ops.sum(a @ a), matrix),
    "row sums": (lambda a, x: np.sum(dense(ops.sum(a * a, axis=1)) ** 1.5), matrix),
    "solve(A, x)": (lambda a, x: np.sum(ops.solve(a, x) ** 2), band),
}


def dense(x: Any) -> Any:
    """A vector of sums as a plain one."""
    return x.todense() if dm.isinstance(x, sparse_class()) else x


def sparse_class() -> Any:
    """The classes of PyData sparse, where it is installed."""
    found = sys.modules.get("sparse")
    return (found.COO, found.GCXS) if found else ()


def timed(call: Callable[[], Any], target: float) -> float:
    """Seconds a call, the median of some rounds."""
    return statistics.median(_race.race({"": call}, rounds=5, target=target)[""])


def exponent(sizes: list[int], times: list[float]) -> float:
    """The growth of the cost over the largest sizes."""
    chosen = [k for k, n in enumerate(sizes) if n >= sizes[-1] // 64][-3:]
    if len(chosen) < 2:
        return math.nan
    first, last = chosen[0], chosen[-1]
    return math.log(times[last] / times[first]) / math.log(sizes[last] / sizes[first])


def row(name: str, kind: str, make: Callable[[Any], Any], sizes: tuple[int, ...], target: float) -> None:
    """One program on one class, at all sizes."""
    program, build = PROGRAMS[name]
    position = 1 if "of x" in name else 0
    done, times, product = [], [], 0.0
    for n in sizes:
        if kind == "dense" and n > LARGEST_DENSE:
            break
        a, x = build(n), RNG.uniform(0.5, 1.0, n)
        product = timed(lambda a=a, x=x: a @ x, target)
        given = make(a)
        both = dm.value_and_grad(program, argnums=position)
        times.append(timed(lambda given=given, x=x, both=both: both(given, x), target))
        done.append(n)
    cells = " ".join(f"{t * 1e6:12.0f}" for t in times) + " " * 13 * (len(sizes) - len(times))
    scale = f"{product * 1e6:9.0f}" if kind != "dense" else ""
    print(f"{name:22s} {kind:10s} {cells} {exponent(done, times):6.2f} {scale}")
    sys.stdout.flush()


def main() -> None:
    """Print the table."""
    _race.versions("dispatchml", "numpy", "scipy", "sparse")
    quick = "--quick" in sys.argv
    sizes = QUICK if quick else SIZES
    kinds: dict[str, Callable[[Any], Any]] = {"csr_array": lambda a: a, "dense": lambda a: a.toarray()}
    peer = _race.optional("sparse")
    if peer is not None:
        kinds["COO"] = peer.COO.from_scipy_sparse
    head = " ".join(f"n={n:>10d}" for n in sizes)
    print(f"\nvalue and gradient, microseconds\n{'program':22s} {'class':10s} {head}      p     a @ x")
    for name in PROGRAMS:
        for kind, make in kinds.items():
            row(name, kind, make, sizes, 0.002 if quick else 0.02)


if __name__ == "__main__":
    main()
