"""What one more layer costs an operation: the library's own operation, ours on its values, traced plain, traced in units.

python benchmarks/layers.py [--repeat N]. Interleaved: each round runs every column once, the best of many rounds counts.
The last column is the claim: ours in units, less the library's own operation, at most 0.5 us; and a derivative in units
less a plain one, less what the library itself takes for the operations of it.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops

X, Y = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])


def libraries() -> Iterator[tuple[str, Any, Any]]:
    """(name, metre, second) of each library that is installed."""
    if importlib.util.find_spec("pint"):
        import pint

        registry = pint.UnitRegistry()
        yield "pint", registry.m, registry.s
    if importlib.util.find_spec("astropy"):
        from astropy import units

        yield "astropy", units.m, units.s
    if importlib.util.find_spec("unyt"):
        import unyt

        yield "unyt", unyt.m, unyt.s


def best(functions: dict[str, Callable[[], Any]], repeat: int, inner: int = 200) -> dict[str, float]:
    """Microseconds a call of each function, the best of many interleaved rounds."""
    found = dict.fromkeys(functions, float("inf"))
    for f in functions.values():
        f()
    for _ in range(repeat):
        for name, f in functions.items():
            start = time.perf_counter()
            for _ in range(inner):
                f()
            found[name] = min(found[name], (time.perf_counter() - start) / inner * 1e6)
    return found


OPERATIONS: dict[str, tuple[Callable[[Any, Any], Any], Any]] = {
    "x + y": (lambda x, y: x + y, ops.add),
    "x * y": (lambda x, y: x * y, ops.multiply),
    "x / y": (lambda x, y: x / y, ops.divide),
    "sqrt(x)": (lambda x, y: np.sqrt(x), lambda x, y: ops.sqrt(x)),
    "sum(x)": (lambda x, y: np.sum(x), lambda x, y: ops.sum(x)),
    "x[1]": (lambda x, y: x[1], lambda x, y: ops.getitem(x, index=1)),
}


def chain(x: Any) -> Any:
    """Ten operations of one kind, so that what a transform costs once is small."""
    for _ in range(5):
        x = x + x
        x = x * 0.5
    return x


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=40)
    repeat = parser.parse_args().repeat
    for name, metre, _ in libraries():
        a, b = X * metre, Y * metre
        print(f"\n{name:10}{'library':>10}{'our rule':>10}{'beyond':>10}   us an operation")
        for title, (own, rule) in OPERATIONS.items():
            t = best({"library": lambda own=own: own(a, b), "rule": lambda rule=rule: rule(a, b)}, repeat)
            print(f"{title:10}{t['library']:10.2f}{t['rule']:10.2f}{t['rule'] - t['library']:+10.2f}")
        one = np.ones(3)
        t = best(
            {
                "plain": lambda: chain(X),
                "library": lambda: chain(a),
                "traced plain": lambda: dm.jvp(chain, (X,), (one,)),
                "traced in units": lambda: dm.jvp(chain, (a,), (a,)),
                "reverse plain": lambda: dm.vjp(chain, X)[0],
                "reverse in units": lambda: dm.vjp(chain, a)[0],
            },
            repeat,
            20,
        )
        for mode, evaluations in (("traced", 2), ("reverse", 1)):
            layer = (t[f"{mode} in units"] - t[f"{mode} plain"]) / 10
            foreign = evaluations * (t["library"] - t["plain"]) / 10
            print(
                f"{mode:10}{t[f'{mode} plain'] / 10:10.2f} plain{t[f'{mode} in units'] / 10:10.2f} in units: the layer "
                f"costs {layer:.2f}, the library's own operations {foreign:.2f}: {layer - foreign:+.2f}"
            )


if __name__ == "__main__":
    main()
