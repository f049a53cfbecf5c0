"""What one more layer costs an operation: the library's own, ours on its values, traced plain, traced in units.

python benchmarks/layers.py [--repeat N] [--only TYPE] [--programs TEXT]. Interleaved: each round runs every column
once, and the best of many rounds counts. The claim is at most 0.5 us "beyond" what the library itself costs.

Outside of transforms, beyond is our rule on the library's values less the library's own operation.

In a derivative three parts are told apart, all printed:

- the derivative of the same program over plain floats or arrays: what the engine costs without the layer;
- the derivative over the type, less that: what the layer costs, in all;
- what the library takes for it: the derivative written by hand with the library's operations, with as few of them as
  the best text of a rule needs (one operation for a value, and for its derivative dx * c, dx + dx, dx / c; two products
  and a sum for x * x; dx * e for e = exp(x)), less the same by hand with floats.

Beyond is the second less the third, for one operation of the program. It holds whatever is done besides the operations
that mathematics needs: finding methods, taking apart and putting together, projecting, checks. Steps by hand and
programs have the same loops; a chain of thirty steps less one of ten, so that what a transform costs once is not in it.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
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


class Program:
    """A step of some operations, and its derivatives by hand in both modes with as few operations as they need.

    step(x, h, c, f): the new x. forward(x, dx, h, c, f): the same with its tangent. kept(x, h, c, f): the new x and
    what the way back needs. back(ct, kept, h): the cotangent of x. h: a plain half; c: x * h; f: has functions by name.
    """

    def __init__(self, title: str, operations: int, step: Any, forward: Any, kept: Any, back: Any) -> None:
        self.title, self.operations = title, operations
        self.step, self.forward, self.kept, self.back = step, forward, kept, back

    def run(self, x: Any, h: Any, c: Any, f: Any, n: int) -> Any:
        """The program itself."""
        for _ in range(n):
            x = self.step(x, h, c, f)
        return x

    def by_hand_forward(self, x: Any, h: Any, c: Any, f: Any, n: int) -> Any:
        """Its tangent along x."""
        dx = x
        for _ in range(n):
            x, dx = self.forward(x, dx, h, c, f)
        return dx

    def by_hand_reverse(self, x: Any, h: Any, c: Any, f: Any, n: int) -> Any:
        """Its cotangent for the cotangent x."""
        ct, tape = x, []
        for _ in range(n):
            x, kept = self.kept(x, h, c, f)
            tape.append(kept)
        while tape:
            ct = self.back(ct, tape.pop(), h)
        return ct


PROGRAMS = (
    Program(
        "x + x, x * h",
        2,
        lambda x, h, c, f: (x + x) * h,
        lambda x, dx, h, c, f: ((x + x) * h, (dx + dx) * h),
        lambda x, h, c, f: ((x + x) * h, None),
        lambda ct, kept, h: (t := ct * h) + t,
    ),
    Program(
        "x - c, x / h",
        2,
        lambda x, h, c, f: (x - c) / h,
        lambda x, dx, h, c, f: ((x - c) / h, dx / h),
        lambda x, h, c, f: ((x - c) / h, None),
        lambda ct, kept, h: ct / h,
    ),
    Program(
        "x * x, x / c, x * h",
        3,
        lambda x, h, c, f: x * x / c * h,
        lambda x, dx, h, c, f: (x * x / c * h, (dx * x + x * dx) / c * h),
        lambda x, h, c, f: (x * x / c * h, (x, c)),
        lambda ct, kept, h: (t := ct * h / kept[1]) * kept[0] + kept[0] * t,
    ),
    Program(
        "exp(x), log(x)",
        2,
        lambda x, h, c, f: f.log(f.exp(x)),
        lambda x, dx, h, c, f: (f.log(e := f.exp(x)), dx * e / e),
        lambda x, h, c, f: (f.log(e := f.exp(x)), e),
        lambda ct, kept, h: ct / kept * kept,
    ),
)


def table(name: str, metre: Any, repeat: int) -> None:
    """Single operations on the library's values."""
    a, b = X * metre, Y * metre
    print(f"\n{name:10}{'library':>10}{'our rule':>10}{'beyond':>10}   us an operation")
    for title, (own, rule) in OPERATIONS.items():
        t = best({"library": partial(own, a, b), "rule": partial(rule, a, b)}, repeat)
        print(f"{title:10}{t['library']:10.2f}{t['rule']:10.2f}{t['rule'] - t['library']:+10.2f}")


def compare(name: str, a: Any, plain: Any, repeat: int, half: Any, functions: Any, only: str) -> None:
    """The three parts of what an operation of a derivative costs, of each program that the library can run."""
    c, plain_c, own = a * half, plain * 0.5, math if type(plain) is float else np
    for program in PROGRAMS:
        if only not in program.title or "exp" in program.title and functions is None:
            continue
        try:
            program.by_hand_reverse(a, half, c, functions, 2)
        except Exception as error:  # divisions by sparse arrays, differences of scalars
            print(f"{name:10}{program.title:20} is nothing for the library itself: {type(error).__name__}")
            continue
        columns = {}
        for mode in ("forward", "reverse"):
            by_hand = getattr(program, f"by_hand_{mode}")
            derivative = along if mode == "forward" else back
            columns[f"{mode} library"] = partial(by_hand, a, half, c, functions)
            columns[f"{mode} floats"] = partial(by_hand, plain, 0.5, plain_c, own)
            columns[f"{mode} ours"] = partial(derivative, program, a, half, c)
            columns[f"{mode} plain"] = partial(derivative, program, plain, 0.5, plain_c)
        timed = {f"{title} {n}": partial(f, n) for title, f in columns.items() for n in (10, 30)}
        us = best(timed, repeat, 5)
        t = {title: (us[f"{title} 30"] - us[f"{title} 10"]) / 20 / program.operations for title in columns}
        for mode in ("forward", "reverse"):
            layer = t[f"{mode} ours"] - t[f"{mode} plain"]
            foreign = t[f"{mode} library"] - t[f"{mode} floats"]
            print(
                f"{name:10}{program.title:20}{mode:8}{t[f'{mode} plain']:6.2f} plain,{t[f'{mode} ours']:8.2f} with it: "
                f"the layer {layer:7.2f}, the library {foreign:7.2f}: beyond {layer - foreign:+7.2f}"
            )


def along(program: Program, x: Any, h: Any, c: Any, n: int) -> Any:
    """The forward mode along x."""
    return dm.jvp(lambda x: program.run(x, h, c, ops, n), (x,), (x,))


def back(program: Program, x: Any, h: Any, c: Any, n: int) -> Any:
    """The reverse mode for the cotangent x."""
    return dm.vjp(lambda x: program.run(x, h, c, ops, n), x)[1](x)


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


def subjects() -> Iterator[tuple[str, Any, Any, Any, Any]]:
    """(name, a value, the same as plain numbers, a half, functions) of every type whose library is installed."""
    for name, metre in libraries():
        yield name, X * metre, X, 0.5, None
    yield "numpy.ma", np.ma.array(X, mask=[False, True, False]), X, 0.5, None
    if importlib.util.find_spec("xarray"):
        import xarray

        yield "xarray", xarray.DataArray(X, dims="x", coords={"x": [1, 2, 3]}), X, 0.5, None
    if importlib.util.find_spec("scipy"):
        from scipy import sparse

        yield "csr_array", sparse.csr_array(np.diag(X)), X, 0.5, None
    if importlib.util.find_spec("sparse"):
        import sparse as coo

        yield "COO", coo.COO.from_numpy(np.diag(X)), X, 0.5, None
    from fractions import Fraction

    yield "Fraction", Fraction(3, 2), 1.5, Fraction(1, 2), None
    from decimal import Decimal

    yield "Decimal", Decimal("1.5"), 1.5, Decimal("0.5"), SimpleNamespace(exp=Decimal.exp, log=Decimal.ln)
    if importlib.util.find_spec("mpmath"):
        import mpmath

        yield "mpf", mpmath.mpf(1.5), 1.5, mpmath.mpf(0.5), mpmath
    if importlib.util.find_spec("uncertainties"):
        import uncertainties
        from uncertainties import umath

        yield "ufloat", uncertainties.ufloat(1.5, 0.1), 1.5, 0.5, umath
    if importlib.util.find_spec("gvar"):
        import gvar

        yield "gvar", gvar.gvar(1.5, 0.1), 1.5, 0.5, gvar
    if importlib.util.find_spec("dispatchml_structured"):
        import dispatchml_structured

        yield "Diagonal", dispatchml_structured.Diagonal(X), X, 0.5, None
    if importlib.util.find_spec("torch"):
        import torch

        yield "torch", torch.tensor(X), X, 0.5, None


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=40)
    parser.add_argument("--only", default="", help="the types whose name has this in it, derivatives only")
    parser.add_argument("--programs", default="", help="the programs whose title has this in it")
    given = parser.parse_args()
    if not given.only:
        for name, metre in libraries():
            table(name, metre, given.repeat)
        uncertain(given.repeat)
        masked(given.repeat)
    print("\nus an operation of a derivative")
    for name, *rest in subjects():
        if given.only in name:
            compare(name, rest[0], rest[1], given.repeat, rest[2], rest[3], given.programs)


if __name__ == "__main__":
    main()
