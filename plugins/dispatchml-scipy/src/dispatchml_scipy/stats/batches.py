"""Methods of distributions in a batch, or in a program that is recorded: SciPy's code asks which elements lie in the
support and computes those, which has no answer there. Here all are computed and the others are not selected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.lift import replaces
from dispatchml.lift.buffers import held_deeply

from ..implicit import as_array
from ..selections import is_unknown

#: SciPy's versions that have the private methods below.
VERSIONS = ">=1.11,<1.19"
#: Methods of a point: their values below the support, in its place where it is empty, and above it.
OF_POINTS = {"pdf": (0.0, 0.0), "logpdf": (-np.inf, -np.inf), "cdf": (0.0, 1.0), "logcdf": (-np.inf, 0.0)}
OF_POINTS |= {"sf": (1.0, 0.0), "logsf": (0.0, -np.inf)}
#: Methods of a probability: whether 0 belongs to the lower end of the support.
OF_PROBABILITIES = {"ppf": True, "isf": False}


def standard(distribution: Any, arguments: Any, keywords: Any) -> tuple[Any, Any, Any]:
    """Shape parameters, location and scale."""
    shapes, loc, scale = distribution._parse_args(*arguments, **keywords)
    return tuple(map(as_array, shapes)), as_array(loc), as_array(scale)


def inside(low: Any, high: Any) -> Any:
    """A point between two ends, of which each may be infinite."""
    start = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high - 2.0, -1.0))
    return 0.5 * (start + np.where(np.isfinite(high), high, start + 2.0))


def of_points(name: str, below: float, above: float) -> Callable[..., Any]:
    """A method of rv_continuous."""

    def method(self: Any, x: Any, *args: Any, **kwds: Any) -> Any:
        if not is_unknown((x, args, kwds)):
            return NotImplemented
        shapes, loc, scale = standard(self, args, kwds)
        z = (as_array(x) - loc) / scale
        low, high = self._get_support(*shapes)
        closed = name in ("pdf", "logpdf")
        known = (low <= z) & (z <= high) if closed else (low < z) & (z < high)
        made = held_deeply(getattr(self, f"_{name}")(np.where(known, z, inside(low, high)), *shapes))
        if name == "pdf":
            made = made / scale
        elif name == "logpdf":
            made = made - ops.log(scale)
        made = np.where(known, made, np.where(z <= low, below, above))
        return np.where(self._argcheck(*shapes) & (scale > 0) & ~np.isnan(z), made, self.badvalue)

    return method


def of_probabilities(name: str, upwards: bool) -> Callable[..., Any]:
    """An inverse."""

    def method(self: Any, q: Any, *args: Any, **kwds: Any) -> Any:
        if not is_unknown((q, args, kwds)):
            return NotImplemented
        shapes, loc, scale = standard(self, args, kwds)
        q = as_array(q)
        low, high = self._get_support(*shapes)
        known = (0 < q) & (q < 1)
        made = held_deeply(getattr(self, f"_{name}")(np.where(known, q, 0.5), *shapes))
        first, last = (low, high) if upwards else (high, low)
        made = np.where(known, made, np.where(q == 0, first, last)) * scale + loc
        valid = self._argcheck(*shapes) & (scale > 0) & (loc == loc) & (0 <= q) & (q <= 1)
        return np.where(valid, made, self.badvalue)

    return method


def of_counts(name: str, outside: float) -> Callable[..., Any]:
    """A method of rv_discrete."""

    def method(self: Any, k: Any, *args: Any, **kwds: Any) -> Any:
        if not is_unknown((k, args, kwds)) or not hasattr(self, "_nonzero"):
            return NotImplemented
        shapes, loc, _ = standard(self, args, kwds)
        z = as_array(k) - loc
        low, high = self._get_support(*shapes)
        known = (low <= z) & (z <= high) & self._nonzero(z, *shapes)
        made = held_deeply(getattr(self, f"_{name}")(np.where(known, z, np.where(np.isfinite(low), low, 0)), *shapes))
        made = np.where(known, made, outside)
        return np.where(self._argcheck(*shapes) & ~np.isnan(z), made, self.badvalue)

    return method


for name, (below, above) in OF_POINTS.items():
    replaces(f"scipy.stats.rv_continuous.{name}", versions=VERSIONS)(of_points(name, below, above))
for name, upwards in OF_PROBABILITIES.items():
    replaces(f"scipy.stats.rv_continuous.{name}", versions=VERSIONS)(of_probabilities(name, upwards))
for name, outside in {"pmf": 0.0, "logpmf": -np.inf}.items():
    replaces(f"scipy.stats.rv_discrete.{name}", versions=VERSIONS)(of_counts(name, outside))
