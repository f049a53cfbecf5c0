"""What one more layer costs an operation: the library's own, ours on its values, traced plain, traced in units.

python benchmarks/layers.py [--repeat N]. Interleaved: each round runs every column once, and the best of many rounds
counts. "beyond" is the claim, at most 0.5 us: ours in units, less the library's own operation; and a derivative in
units, less a plain one, less what the library itself takes for its operations.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops

X, Y = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])


def libraries() -> Iterator[tuple[str, Any]]:
    """(name, metre) of each library that is installed."""
    if importlib.util.find_spec("pint"):
        import pint

        registry = pint.UnitRegistry()
        yield "pint", registry.m
    if importlib.util.find_spec("astropy"):
        from astropy import units

        yield "astropy", units.m
    if importlib.util.find_spec("unyt"):
        import unyt

        yield "unyt", unyt.m


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


def table(name: str, metre: Any, repeat: int) -> None:
    """Single operations on the library's values."""
    a, b = X * metre, Y * metre
    print(f"\n{name:10}{'library':>10}{'our rule':>10}{'beyond':>10}   us an operation")
    for title, (own, rule) in OPERATIONS.items():
        t = best({"library": partial(own, a, b), "rule": partial(rule, a, b)}, repeat)
        print(f"{title:10}{t['library']:10.2f}{t['rule']:10.2f}{t['rule'] - t['library']:+10.2f}")


def derivatives(metre: Any, repeat: int) -> None:
    """A chain of ten operations, plain and in units, in both modes."""
    compare(X * metre, repeat, "in units")


def compare(a: Any, repeat: int, what: str) -> None:
    """A chain of ten operations on plain numbers and on a library's values, in both modes."""
    one = np.ones(3)
    functions = {
        "plain": partial(chain, X),
        "library": partial(chain, a),
        "forward plain": partial(dm.jvp, chain, (X,), (one,)),
        "forward in units": partial(dm.jvp, chain, (a,), (a,)),
        "reverse plain": lambda: dm.vjp(chain, X)[1](one),
        "reverse in units": lambda: dm.vjp(chain, a)[1](one),
    }
    t = {title: us / 10 for title, us in best(functions, repeat, 20).items()}
    for mode in ("forward", "reverse"):
        layer = t[f"{mode} in units"] - t[f"{mode} plain"]
        foreign = 2 * (t["library"] - t["plain"])  # one operation for the value, one for the derivative
        print(
            f"{mode:10}{t[f'{mode} plain']:8.2f} plain, {t[f'{mode} in units']:.2f} {what}: the layer costs "
            f"{layer:.2f}, two operations of the library {foreign:.2f}: {layer - foreign:+.2f}"
        )


def uncertain(repeat: int) -> None:
    """Functions of uncertain numbers."""
    if not importlib.util.find_spec("uncertainties"):
        return
    import uncertainties
    from uncertainties import umath

    a, b = uncertainties.ufloat(0.5, 0.1), uncertainties.ufloat(2.0, 0.1)
    pairs = {
        "x * y": (lambda: a * b, lambda: ops.multiply(a, b)),
        "x ** y": (lambda: a**b, lambda: ops.power(a, b)),
        "sin(x)": (lambda: umath.sin(a), lambda: ops.sin(a)),  # type: ignore[attr-defined]
        "log(x)": (lambda: umath.log(a), lambda: ops.log(a)),  # type: ignore[attr-defined]
        "hypot": (lambda: umath.hypot(a, b), lambda: ops.hypot(a, b)),  # type: ignore[attr-defined]
    }
    print(f"\n{'ufloat':10}{'library':>10}{'our rule':>10}{'beyond':>10}   us an operation")
    for title, (own, rule) in pairs.items():
        t = best({"library": own, "rule": rule}, repeat)
        print(f"{title:10}{t['library']:10.2f}{t['rule']:10.2f}{t['rule'] - t['library']:+10.2f}")


def masked(repeat: int) -> None:
    """The same for numpy.ma, and for xarray if it is installed."""
    a, b = np.ma.array(X, mask=[False, True, False]), np.ma.array(Y, mask=[False, False, True])
    print(f"\n{'numpy.ma':10}{'library':>10}{'our rule':>10}{'beyond':>10}   us an operation")
    for title, (own, rule) in OPERATIONS.items():
        t = best({"library": partial(own, a, b), "rule": partial(rule, a, b)}, repeat)
        print(f"{title:10}{t['library']:10.2f}{t['rule']:10.2f}{t['rule'] - t['library']:+10.2f}")
    compare(a, repeat, "masked")
    if importlib.util.find_spec("xarray"):
        import xarray

        print("\nxarray")
        compare(xarray.DataArray(X, dims="x", coords={"x": [1, 2, 3]}), repeat, "labelled")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=40)
    repeat = parser.parse_args().repeat
    for name, metre in libraries():
        table(name, metre, repeat)
        derivatives(metre, repeat)
    uncertain(repeat)
    masked(repeat)


if __name__ == "__main__":
    main()
