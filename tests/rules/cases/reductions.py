# ruff: noqa: E501 -- a table: one operation a line reads better than one argument a line
"""Cases of reductions and scans: every keyword, empty arrays, numbers, complex ones."""

import math

import numpy as np

from .table import by_keywords, case, plane, spread

X = spread(2, 3)
CUBE = spread(2, 3, 2)
Z = plane(2, 2)
NUMBER = np.array(0.7)
EMPTY = np.zeros((0, 3))
WITH_NAN = np.where(np.eye(3)[:2] > 0, np.nan, X)
AXES = [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)}, {"axis": ()}]
SMOOTH_AXES = AXES[:-1]


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def logsumexp(x, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def norm_like(x, axis=None, ord=2, keepdims=False):
    if ord == 0:
        return np.sum(x != 0, axis=axis, keepdims=keepdims).astype(float)
    if ord in (math.inf, -math.inf):
        return (np.max if ord > 0 else np.min)(abs(x), axis=axis, keepdims=keepdims)
    return np.sum(abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def cumulative_logsumexp(x, axis=None):
    return np.log(np.cumsum(np.exp(x), axis=axis))


REDUCTIONS = [
    *by_keywords("sum", CUBE, each=AXES), case("sum", CUBE, dtype=np.complex128), case("sum", Z, axis=0), case("sum", NUMBER),
    case("sum", EMPTY), case("sum", EMPTY, axis=0),
    *by_keywords("mean", CUBE, each=AXES), case("mean", CUBE, dtype=np.complex128), case("mean", Z, axis=0), case("mean", NUMBER),
    *by_keywords("prod", CUBE, each=AXES), case("prod", CUBE, dtype=np.complex128), case("prod", Z, axis=0), case("prod", NUMBER),
    case("prod", np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 1.5]]), axis=1), case("prod", EMPTY, axis=0),
    *by_keywords("var", CUBE, each=[*AXES, {"ddof": 1}, {"axis": 1, "ddof": 0.5}]), case("var", Z, axis=0),
    *by_keywords("std", CUBE, each=[*SMOOTH_AXES, {"ddof": 1}], at_singular=[(np.ones((2, 3, 2)),)]), case("std", Z, axis=0),
    *by_keywords("max", CUBE, each=AXES), case("max", NUMBER), *by_keywords("min", CUBE, each=AXES), case("min", NUMBER),
    *by_keywords("median", CUBE, each=AXES), case("median", spread(5)), case("median", NUMBER),
    *by_keywords("logsumexp", CUBE, each=AXES, reference=logsumexp), case("logsumexp", Z, axis=0, reference=logsumexp),
    case("logsumexp", NUMBER, reference=logsumexp),
    *by_keywords("softmax", CUBE, each=[{}, {"axis": 0}, {"axis": None}, {"axis": (0, 1)}], reference=softmax),
    *by_keywords("log_softmax", CUBE, each=[{}, {"axis": 0}, {"axis": None}, {"axis": (0, 1)}],
                 reference=lambda x, **k: np.log(softmax(x, **k))),
    *by_keywords("vector_norm", CUBE, each=SMOOTH_AXES, reference=norm_like, at_singular=[(np.zeros((2, 3, 2)),)]),
    *by_keywords("vector_norm", CUBE, each=[{"ord": p} for p in (0, 1, 1.5, 3, 0.5, -1, math.inf, -math.inf)], reference=norm_like),
    *by_keywords("vector_norm", Z, each=[{"ord": p} for p in (1, 2, 3, math.inf)], reference=norm_like),
    case("vector_norm", CUBE, axis=(0, 1), ord=3, keepdims=True, reference=norm_like),
]  # fmt: skip

MADE_OF_OTHERS = [
    *by_keywords("ptp", CUBE, each=SMOOTH_AXES),
    case("average", X, spread(2, 3, low=0.5, high=2.0, seed=4), reference=lambda x, w: np.average(x, weights=w)),
    case("average", X, np.array([0.5, 1.5, 1.0]), axis=1, keepdims=True,
         reference=lambda x, w, **k: np.average(x, weights=w, **k)),
    *by_keywords("quantile", spread(2, 5), each=[{}, {"q": 0.3, "axis": 1}, {"q": (0.1, 0.8), "axis": 0, "keepdims": True}],
                 reference=lambda x, q=0.5, **k: np.quantile(x, q, **k)),
    *by_keywords("quantile", spread(7), each=[{"q": 0.37, "interpolation": m} for m in ("lower", "higher", "midpoint", "nearest", "hazen", "median_unbiased")],
                 reference=lambda x, q, interpolation: np.quantile(x, q, method=interpolation)),
    *(
        case(f"nan{name}", WITH_NAN, without=("differences", "zero", "precision", "layouts", "repeatable"), modes=("forward", "reverse"), **keywords)
        for name in ("sum", "prod", "mean", "var", "std", "max", "min", "median")
        for keywords in ({}, {"axis": 0}, {"axis": 1, "keepdims": True})
    ),
    *(
        case(f"nan{name}", X, **keywords)
        for name in ("sum", "prod", "mean", "var", "std", "max", "min", "median")
        for keywords in ({}, {"axis": 1, "keepdims": True})
    ),
    case("nansum", X, dtype=np.complex128), case("nanprod", X, dtype=np.complex128),
    case("nanvar", X, ddof=1), case("nanstd", X, ddof=1),
]  # fmt: skip

SCANS = [
    *by_keywords("cumsum", CUBE, each=[{}, {"axis": 0}, {"axis": -2}, {"axis": 1, "dtype": np.complex128}]), case("cumsum", Z, axis=0),
    case("cumsum", EMPTY, axis=0),
    *by_keywords("cumprod", CUBE, each=[{}, {"axis": 0}, {"axis": -2}, {"axis": 1, "dtype": np.complex128}]), case("cumprod", Z, axis=0),
    case("cumprod", np.array([[2.0, 0.0, 3.0, 0.0, 1.5]]), axis=1), case("cumprod", EMPTY, axis=0),
    *by_keywords("cummax", CUBE, each=[{}, {"axis": 0}, {"axis": -2}],
                 reference=lambda x, axis=None: np.maximum.accumulate(x.ravel() if axis is None else x, axis or 0)),
    *by_keywords("cummin", CUBE, each=[{}, {"axis": 0}, {"axis": -2}],
                 reference=lambda x, axis=None: np.minimum.accumulate(x.ravel() if axis is None else x, axis or 0)),
    *by_keywords("sort", CUBE, each=[{}, {"axis": 0}, {"axis": None}, {"axis": 1, "kind": "stable"}]),
    case("sort", X, descending=True, reference=lambda x, descending: -np.sort(-x)),
    *by_keywords("partition", spread(2, 5), each=[{}, {"kth": 2}, {"kth": (1, 3), "axis": 1}, {"kth": 1, "axis": 0}, {"kth": 4, "axis": None}],
                 reference=lambda x, kth=0, axis=-1: np.partition(x, kth, axis=axis)),
    *by_keywords("diff", spread(3, 4), each=[{}, {"n": 2}, {"axis": 0}, {"n": 0}]),
    case("trapezoid", CUBE, 0.7, axis=1, reference=lambda y, x, axis: np.trapezoid(y, dx=x, axis=axis)),
    case("trapezoid", X, np.array([0.1, 0.7, 0.9])), case("trapezoid", X, spread(2, 3, seed=5), axis=0),
    *by_keywords("cumulative_logsumexp", CUBE, each=[{}, {"axis": 1}], reference=cumulative_logsumexp),
    *by_keywords("nancumsum", X, each=[{}, {"axis": 1}, {"axis": 0, "dtype": np.complex128}]),
    *by_keywords("nancumprod", X, each=[{}, {"axis": 1}, {"axis": 0, "dtype": np.complex128}]),
]  # fmt: skip

CASES = [*REDUCTIONS, *MADE_OF_OTHERS, *SCANS]
