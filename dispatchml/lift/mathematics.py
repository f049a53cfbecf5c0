"""What stands for the functions of `math` and `cmath`."""

from __future__ import annotations

import cmath
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.handled import call_may_be_handled
from ..engines.record import Rec, refuse
from ..engines.recorded_numbers import in_form
from ..engines.recorded_python import check_numbers
from ..engines.traced import innermost
from ..engines.views import current
from .buffers import TRACED, Buffer, held, holds_traced
from .entering import stands_for
from .making import is_bare
from .plain_numbers import complex_number

#: Functions of `math` -> what computes them on traced values; those of the same name are NumPy's.
MATH: dict[str, Any] = {
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "asinh": np.arcsinh,
    "acosh": np.arccosh, "atanh": np.arctanh, "pow": np.power, "erf": ops.erf, "erfc": ops.erfc,
    "lgamma": lambda x: ops.gammaln(x), "gamma": lambda x: ops.gamma(x),
    **{name: getattr(np, name) for name in (
        "sin cos tan sinh cosh tanh exp expm1 exp2 log1p log2 log10 sqrt cbrt fabs degrees radians fmod copysign "
        "isnan isinf isfinite nextafter"
    ).split() if hasattr(math, name)},
}  # fmt: skip


def math_function(name: str) -> None:
    """What stands for a function of `math`."""
    original, function = getattr(math, name), MATH[name]

    @stands_for(original)
    def computed(*arguments: Any) -> Any:
        for x in arguments:
            if isinstance(x, TRACED):
                if not is_bare(x):
                    return original(*arguments)
                break
            if type(x) is Buffer:
                return computed(*(as_number(v) for v in arguments))
        else:
            return original(*arguments)
        numbers = [as_number(v) for v in arguments]
        raise_as(original, numbers)
        return of_recorded(original, function, numbers)


def raise_as(original: Callable[..., Any], numbers: Any) -> None:
    """Raise what a function of `math` raises for these numbers, where each has one plain value: `math.log(0.0)` is a
    ValueError, and a program may count on that. A recording guards it in code that does.
    """
    plain = [innermost(v) for v in numbers]
    if all(isinstance(v, (float, int)) for v in plain):
        original(*plain)
        return
    refused = REFUSED_BY.get(original.__name__)
    if refused is not None and call_may_be_handled("ValueError") and bool(refused(numbers[0])):
        plain = [current(v) if type(v) is Rec else v for v in plain]
        original(*(v.flat[0] if isinstance(v, np.ndarray) else v for v in plain))  # in a batch all of them


def of_recorded(original: Callable[..., Any], function: Callable[..., Any], numbers: Any) -> Any:
    """A function of numbers. Of recorded ones it gives one of Python's, and fails where the original does."""
    if not any(type(x) is Rec for x in numbers):
        return function(*numbers)
    numbers = [in_form(x, "python") for x in numbers]
    y = function(*numbers)
    check_numbers(original, numbers, y)
    return in_form(y, "python")


#: Where functions of `math` raise.
REFUSED_BY: dict[str, Callable[[Any], Any]] = {
    "sqrt": lambda x: x < 0, "log1p": lambda x: x <= -1, "acosh": lambda x: x < 1, "atanh": lambda x: abs(x) >= 1,
    **dict.fromkeys(("log", "log2", "log10"), lambda x: x <= 0),
    **dict.fromkeys(("asin", "acos"), lambda x: abs(x) > 1),
    **dict.fromkeys(("exp", "expm1"), lambda x: x > 709.782712893384),
    **dict.fromkeys(("sinh", "cosh"), lambda x: abs(x) > 710.4758600739439),
    **dict.fromkeys(("gamma", "lgamma"), lambda x: (x <= 0) & (np.floor(x) == x)),
}  # fmt: skip


def as_number(x: Any) -> Any:
    """A traced array of one element as a number."""
    x = held(x)
    return ops.reshape(x, shape=()) if isinstance(x, TRACED) and x.shape else x


for name in MATH:
    math_function(name)


@stands_for(math.log)
def log(x: Any, *base: Any) -> Any:
    """As `math.log`."""
    if not holds_traced((x, *base)):
        return math.log(held(x), *base)
    numbers = [as_number(v) for v in (x, *base)]
    raise_as(math.log, numbers)
    return of_recorded(math.log, lambda x, *base: np.log(x) / np.log(base[0]) if base else np.log(x), numbers)


@stands_for(math.hypot)
def hypot(*coordinates: Any) -> Any:
    """As `math.hypot`."""
    if not holds_traced(coordinates):
        return math.hypot(*map(held, coordinates))
    return functools.reduce(np.hypot, map(as_number, coordinates), 0.0)


@stands_for(math.dist)
def dist(p: Any, q: Any, /) -> Any:
    """As `math.dist`."""
    p, q = list(p), list(q)
    if not holds_traced((p, q)):
        return math.dist(p, q)
    return hypot(*(a - b for a, b in zip(p, q, strict=True)))


@stands_for(math.fsum)
def fsum(seq: Any, /) -> Any:
    """As `math.fsum`."""
    values = [as_number(x) for x in seq]
    if not holds_traced(values):
        return math.fsum(values)
    y = sum(values, 0.0)
    plain = [innermost(v) for v in values]
    if not all(type(v) is float or type(v) is int for v in plain):
        return y
    return y - innermost(y) + math.fsum(plain)  # the derivative of the sum, and the number of fsum


@stands_for(math.prod)
def prod(iterable: Any, /, *, start: Any = 1) -> Any:
    """As `math.prod`."""
    return math.prod((held(x) for x in iterable), start=start)


@stands_for(math.modf)
def modf(x: Any, /) -> Any:
    """As `math.modf`; the whole part is a constant."""
    if not holds_traced(x):
        return math.modf(x)
    whole = np.trunc(as_number(x))
    return as_number(x) - whole, whole


@stands_for(math.ldexp)
def ldexp(x: Any, i: Any, /) -> Any:
    """As `math.ldexp`."""
    return as_number(x) * math.ldexp(1.0, i) if holds_traced(x) else math.ldexp(x, i)


@stands_for(math.frexp)
def frexp(x: Any, /) -> Any:
    """As `math.frexp`, of a number with one plain value; the exponent is a constant."""
    inner = innermost(as_number(x))
    if not holds_traced(x) or not isinstance(inner, float):
        return math.frexp(x)  # which refuses others
    exponent = math.frexp(inner)[1]
    return as_number(x) * math.ldexp(1.0, -exponent), exponent


@stands_for(math.remainder)
def remainder(x: Any, y: Any, /) -> Any:
    """As `math.remainder`."""
    if not holds_traced((x, y)):
        return math.remainder(x, y)
    x, y = as_number(x), as_number(y)
    raise_as(math.remainder, (x, y))
    return x - np.rint(x / y) * y


def whole_function(original: Any, function: Any) -> None:
    """What stands for a function of `math` that gives whole numbers, which are constants."""

    @stands_for(original)
    def rounded(x: Any, /) -> Any:
        if not holds_traced(x):
            return original(x)
        x = as_number(x)
        if type(x) is Rec:
            refuse(f"math.{original.__name__}(x)", "reads a whole number out of a value that is not known yet")
        return function(x)


for whole, function in ((math.floor, np.floor), (math.ceil, np.ceil), (math.trunc, np.trunc)):
    whole_function(whole, function)
for name in ("fma", "sumprod"):  # from Python 3.13 and 3.12 on
    if hasattr(math, name):
        stands_for(getattr(math, name))(
            {
                "fma": lambda x, y, z: as_number(x) * as_number(y) + as_number(z),
                "sumprod": lambda p, q: fsum(as_number(a) * as_number(b) for a, b in zip(p, q, strict=True)),
            }[name]
        )


@stands_for(math.isclose)
def isclose(a: Any, b: Any, *, rel_tol: float = 1e-09, abs_tol: float = 0.0) -> bool:
    """As `math.isclose`."""
    if not holds_traced((a, b)):
        return math.isclose(a, b, rel_tol=rel_tol, abs_tol=abs_tol)
    a, b = as_number(a), as_number(b)
    return bool(a == b) or bool(abs(a - b) <= np.maximum(rel_tol * np.maximum(abs(a), abs(b)), abs_tol))


def complex_function(name: str, function: Any) -> None:
    """What stands for a function of `cmath`."""
    original = getattr(cmath, name)

    @stands_for(original)
    def computed(x: Any, *base: Any) -> Any:
        if not holds_traced((x, *base)):
            return original(x, *base)
        y = function(complex_number(as_number(x)))
        return y / function(complex_number(as_number(base[0]))) if base else y


for name, function in (
    ("sin", np.sin), ("cos", np.cos), ("tan", np.tan), ("exp", np.exp), ("log", np.log), ("log10", np.log10),
    ("sqrt", np.sqrt), ("sinh", np.sinh), ("cosh", np.cosh), ("tanh", np.tanh), ("phase", np.angle),
):  # fmt: skip
    complex_function(name, function)
