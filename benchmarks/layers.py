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


def chain(x: Any, half: Any = 0.5, length: int = 10) -> Any:
    """Operations of one kind, sums and products in turn."""
    for _ in range(length // 2):
        x = x + x
        x = x * half
    return x


def table(name: str, metre: Any, repeat: int) -> None:
    """Single operations on the library's values."""
    a, b = X * metre, Y * metre
    print(f"\n{name:10}{'library':>10}{'our rule':>10}{'beyond':>10}   us an operation")
    for title, (own, rule) in OPERATIONS.items():
        t = best({"library": partial(own, a, b), "rule": partial(rule, a, b)}, repeat)
        print(f"{title:10}{t['library']:10.2f}{t['rule']:10.2f}{t['rule'] - t['library']:+10.2f}")


def compare(name: str, a: Any, plain: Any, repeat: int, half: Any) -> None:
    """What an operation costs on plain numbers and on a library's values, in both modes: a chain of thirty less one of
    ten, so that what a transform costs once does not count.
    """
    one = plain * 0 + 1
    functions = {
        "plain": lambda n: chain(plain, 0.5, n),
        "library": lambda n: chain(a, half, n),
        "forward plain": lambda n: dm.jvp(lambda x: chain(x, 0.5, n), (plain,), (one,)),
        "forward": lambda n: dm.jvp(lambda x: chain(x, half, n), (a,), (a,)),
        "reverse plain": lambda n: dm.vjp(lambda x: chain(x, 0.5, n), plain)[1](one),
        "reverse": lambda n: dm.vjp(lambda x: chain(x, half, n), a)[1](a),
    }
    timed = {f"{title} {n}": partial(f, n) for title, f in functions.items() for n in (10, 30)}
    us = best(timed, repeat, 10)
    t = {title: (us[f"{title} 30"] - us[f"{title} 10"]) / 20 for title in functions}
    foreign = 2 * (t["library"] - t["plain"])  # one operation for the value, one for the derivative
    for mode in ("forward", "reverse"):
        layer = t[mode] - t[f"{mode} plain"]
        print(
            f"{name:12}{mode:10}{t[f'{mode} plain']:8.2f} plain,{t[mode]:8.2f} with it: the layer costs "
            f"{layer:7.2f}, two operations of the library {foreign:7.2f}: beyond {layer - foreign:+8.2f}"
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
    """Single operations of numpy.ma."""
    a, b = np.ma.array(X, mask=[False, True, False]), np.ma.array(Y, mask=[False, False, True])
    print(f"\n{'numpy.ma':10}{'library':>10}{'our rule':>10}{'beyond':>10}   us an operation")
    for title, (own, rule) in OPERATIONS.items():
        t = best({"library": partial(own, a, b), "rule": partial(rule, a, b)}, repeat)
        print(f"{title:10}{t['library']:10.2f}{t['rule']:10.2f}{t['rule'] - t['library']:+10.2f}")


def subjects() -> Iterator[tuple[str, Any, Any, Any]]:
    """(name, a value, the same as plain numbers, a half) of every type whose library is installed."""
    for name, metre in libraries():
        yield name, X * metre, X, 0.5
    yield "numpy.ma", np.ma.array(X, mask=[False, True, False]), X, 0.5
    if importlib.util.find_spec("xarray"):
        import xarray

        yield "xarray", xarray.DataArray(X, dims="x", coords={"x": [1, 2, 3]}), X, 0.5
    if importlib.util.find_spec("scipy"):
        from scipy import sparse

        yield "csr_array", sparse.csr_array(np.diag(X)), X, 0.5
    if importlib.util.find_spec("sparse"):
        import sparse as coo

        yield "COO", coo.COO.from_numpy(np.diag(X)), X, 0.5
    from fractions import Fraction

    yield "Fraction", Fraction(3, 2), 1.5, Fraction(1, 2)
    from decimal import Decimal

    yield "Decimal", Decimal("1.5"), 1.5, Decimal("0.5")
    if importlib.util.find_spec("mpmath"):
        import mpmath

        yield "mpf", mpmath.mpf(1.5), 1.5, mpmath.mpf(0.5)
    if importlib.util.find_spec("uncertainties"):
        import uncertainties

        yield "ufloat", uncertainties.ufloat(1.5, 0.1), 1.5, 0.5
    if importlib.util.find_spec("gvar"):
        import gvar

        yield "gvar", gvar.gvar(1.5, 0.1), 1.5, 0.5
    if importlib.util.find_spec("dispatchml_structured"):
        import dispatchml_structured

        yield "Diagonal", dispatchml_structured.Diagonal(X), X, 0.5
    if importlib.util.find_spec("torch"):
        import torch

        yield "torch", torch.tensor(X), X, 0.5


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=40)
    parser.add_argument("--only", default="", help="the types whose name has this in it, derivatives only")
    given = parser.parse_args()
    if not given.only:
        for name, metre in libraries():
            table(name, metre, given.repeat)
        uncertain(given.repeat)
        masked(given.repeat)
    print("\nus an operation of a derivative")
    for name, *rest in subjects():
        if given.only in name:
            compare(name, rest[0], rest[1], given.repeat, rest[2])


if __name__ == "__main__":
    main()
