"""What stands for the functions of `statistics`; it is imported where code names that module."""

from __future__ import annotations

import statistics
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engines.traced import innermost
from .buffers import held, holds_traced
from .entering import STAND_INS, stand_in, stands_for
from .mathematics import as_number

Values = Any


def mean(data: Values, weights: Values = None) -> Any:
    """The mean."""
    if weights is None:
        return sum(data) / len(data)
    return sum(w * x for w, x in zip(weights, data, strict=True)) / sum(weights)


def squares(data: Values, centre: Any) -> Any:
    """The sum of squares round a centre, by default the mean."""
    centre = mean(data) if centre is None else centre
    return sum((x - centre) ** 2 for x in data)


def median(data: Values, low: float = 0.5) -> Any:
    """The middle of what is in order. low: the weight of the lower one of two."""
    ordered, n = sorted(data), len(data)
    return ordered[n // 2] if n % 2 else ordered[n // 2 - 1] * low + ordered[n // 2] * (1 - low)


def products(x: Values, y: Values) -> Any:
    """The sum of products round the means."""
    a, b = mean(x), mean(y)
    return sum((p - a) * (q - b) for p, q in zip(x, y, strict=True))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "mean": mean,
    "fmean": mean,
    "geometric_mean": lambda data: np.exp(mean([np.log(x) for x in data])),
    "harmonic_mean": lambda data, weights=None: 1 / mean([1 / x for x in data], weights),
    "variance": lambda data, xbar=None: squares(data, xbar) / (len(data) - 1),
    "pvariance": lambda data, mu=None: squares(data, mu) / len(data),
    "stdev": lambda data, xbar=None: np.sqrt(squares(data, xbar) / (len(data) - 1)),
    "pstdev": lambda data, mu=None: np.sqrt(squares(data, mu) / len(data)),
    "median": median,
    "median_low": lambda data: median(data, 1.0),
    "median_high": lambda data: median(data, 0.0),
    "covariance": lambda x, y: products(x, y) / (len(x) - 1),
    "correlation": lambda x, y: products(x, y) / np.sqrt(products(x, x) * products(y, y)),
}


def is_plain(x: Any) -> bool:
    """Whether an argument is a number of Python's, or a list of them."""
    return all(map(is_plain, x)) if type(x) is list else isinstance(x, (float, int)) or x is None


def average(original: Any, function: Callable[..., Any]) -> None:
    """What stands for a function of `statistics`; the number has its digits, of which it is a rounding away at most."""

    @stands_for(original)
    def computed(data: Any, *more: Any, **keywords: Any) -> Any:
        given = [[as_number(held(x)) for x in v] if isinstance(v, LISTS) or v is data else v for v in (data, *more)]
        if not holds_traced([*given, *keywords.values()]):
            return original(*given, **keywords)
        plain = [[innermost(x) for x in v] if type(v) is list else innermost(v) for v in given]
        y = function(*given, **keywords)
        if type(innermost(y)) is not float or not all(map(is_plain, plain)):
            return y
        return y - innermost(y) + original(*plain, **{k: innermost(v) for k, v in keywords.items()})


#: What is a sequence of numbers among the arguments.
LISTS = (list, tuple, np.ndarray, types.GeneratorType)

for name, function in FUNCTIONS.items():
    if hasattr(statistics, name):
        average(getattr(statistics, name), function)


def enter_module() -> None:
    """The module itself, for code that names it."""
    from .stand_ins import module_copy

    STAND_INS[id(statistics)] = statistics, module_copy(statistics, stand_in)


enter_module()
