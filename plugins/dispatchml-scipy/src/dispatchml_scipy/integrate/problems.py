"""An integral without its limits and parameters, and how the integrals of its derivatives are computed: over the
intervals that the value was integrated over, by rules of Gauss, else by SciPy's rules, else one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate

from dispatchml.dispatch.errors import at_user_line

from ..errors import ConvergenceError
from .elementwise import Elementwise, NotElementwise

#: How well two rules of Gauss must agree to be believed, relative to the value.
ACCURACY = 1e-9
#: How many sizes of intervals are tried where all places are looked at in one call.
HALVES = 5

GAUSS = tuple(np.polynomial.legendre.leggauss(n) for n in (13, 8))

Integrand = Callable[[Any, Any], Any]


class Problem:
    """An integral without its limits and parameters.

    integrand(t, values): a number or an array; run(function, a, b, at_once): a rule of SciPy for the value;
    settings: what the derivatives are integrated with: epsabs, epsrel, points; and weight, wvar for weighted integrals.
    panels: a list in which `run` leaves the ends of the intervals that it went over. at_once(places, weights, values):
    the sum of the integrand at places times weights, in one call; it raises NotElementwise where that cannot be.
    """

    __slots__ = ("name", "integrand", "run", "settings", "panels", "line", "at_once")

    def __init__(
        self, name: str, integrand: Integrand, run: Callable[..., Any], settings: dict[str, Any], panels: list[Any]
    ) -> None:
        self.name, self.integrand, self.run, self.settings, self.panels = name, integrand, run, settings, panels
        self.line, self.at_once = at_user_line(), Elementwise(integrand)

    def derived(self, integrand: Integrand, at_once: Callable[..., Any]) -> Problem:
        """The same limits and settings with a derivative of the integrand."""
        made = Problem.__new__(Problem)
        made.name, made.integrand, made.settings, made.line = self.name, integrand, self.settings, self.line
        made.run, made.panels, made.at_once = self.of_vector, self.panels, at_once
        return made

    def of_vector(self, function: Any, a: float, b: float, at_once: Any) -> Any:
        """The integral of a plain array-valued function, refused where it is not accurate."""
        settings = self.settings
        if settings.get("weight") is None:
            places = self.places(a, b)
            finite = places is not None and np.isfinite(a) and np.isfinite(b)
            found = None if places is None else self.by_halves(at_once, a, b) or by_gauss(one_by_one(function), *places)
            if found is not None and accurate(*found):
                return found[0]
            inner_edges = np.sort(self.panels[0])[1:-1] if finite else settings.get("points")
            with np.errstate(all="ignore"):
                value, error, about = scipy.integrate.quad_vec(
                    function, a, b, epsabs=settings["epsabs"] / 10, epsrel=settings["epsrel"] / 10,
                    norm="max", limit=200, points=inner_edges, full_output=True,
                )  # fmt: skip
            allowed = max(settings["epsabs"], settings["epsrel"] * float(np.max(np.abs(value), initial=0.0)))
            if (about.success or error <= allowed) and np.all(np.isfinite(value)):
                return value
        return self.one_by_one(function, a, b)

    def by_halves(self, at_once: Any, a: float, b: float) -> Any:
        """The integral and its error with all places in one call, over ever smaller intervals until it is accurate."""
        found = None
        for halves in range(HALVES):
            try:
                found = by_gauss(at_once, *self.places(a, b, halves))
            except NotElementwise:
                return None
            if accurate(*found):
                break
        return found

    def places(self, a: float, b: float, halves: int = 0) -> Any:
        """Where Gauss' rules look, and their weights, over the intervals that the value was integrated over, which
        resolve what the integrand does.
        """
        known = self.panels[0] if self.panels else None
        if known is None:
            return None
        known = finer(known, halves)
        if np.isfinite(a) and np.isfinite(b):
            if not np.array_equal(known[[0, -1]], sorted((a, b))):
                return None
            return gauss(known if a <= b else known[::-1])
        if known[0] or known[-1] != 1:
            return None
        places, fine, coarse = gauss(known)  # QUADPACK's 1/(1 + |x|), for both sides together where there are two
        away, scale = (1 - places) / places, 1 / places**2
        start = a if np.isfinite(a) else b if np.isfinite(b) else 0.0
        sign = 1.0 if b > a else -1.0
        ways = ((1.0, sign),) if np.isfinite(a) else ((-1.0, sign),) if np.isfinite(b) else ((1.0, sign), (-1.0, sign))
        if np.isinf(a) and np.isfinite(b) and a > 0:
            ways = ((1.0, sign),)
        if np.isinf(b) and np.isfinite(a) and b < 0:
            ways = ((-1.0, sign),)
        found = [(start + way * away, factor * fine * scale, factor * coarse * scale) for way, factor in ways]
        return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))

    def one_by_one(self, function: Any, a: float, b: float) -> Any:
        """The integrals of the elements, each by QUADPACK, which extrapolates to singular ends."""
        settings = self.settings
        middle = a + 1.0 if np.isfinite(a) else b - 1.0 if np.isfinite(b) else 0.0
        if np.isfinite(a) and np.isfinite(b):
            middle = a + (b - a) * 0.4321
        like = np.asarray(function(middle))
        known: dict[float, Any] = {}

        def element(t: float, k: int, part: Any) -> float:
            if t not in known:
                known[t] = np.ravel(function(t))
            return float(part(known[t][k]))

        found = np.zeros(like.size, like.dtype)
        chosen = {
            k: settings[k] for k in ("epsabs", "epsrel", "points", "weight", "wvar") if settings.get(k) is not None
        }
        for k in range(like.size):
            for part, unit in ((np.real, 1), (np.imag, 1j)) if like.dtype.kind == "c" else ((np.real, 1),):
                value, error, _, *trouble = scipy.integrate.quad(
                    element, a, b, args=(k, part), full_output=True, limit=200, **chosen
                )
                if not np.isfinite(value) or trouble and isinstance(trouble[0], str) and error > self.accepted(value):
                    raise ConvergenceError(
                        f"{self.name}{self.line}: the integral of the derivative did not converge "
                        f"({' '.join(str(trouble[0]).split()) if trouble else 'it is not finite'}): the integral may "
                        "not be differentiable, because the derivative of the integrand is not integrable. Split it at "
                        "the singularity, or substitute so that the integrand is smooth."
                    )
                found[k] += unit * value
        return found.reshape(like.shape)

    def accepted(self, value: float) -> float:
        """The error that is still no trouble."""
        return max(10 * self.settings["epsabs"], 10 * self.settings["epsrel"] * abs(value))


def finer(edges: Any, times: int) -> Any:
    """Intervals; finer ones are halved once, and cut geometrically at both ends, which may be singular."""
    if not times:
        return edges
    edges = np.concatenate((edges, (edges[:-1] + edges[1:]) / 2))
    low, high = np.min(edges), np.max(edges)
    second, last = np.partition(edges, 1)[1], np.partition(edges, -2)[-2]
    parts = 0.125 ** np.arange(1, 4 * times)
    return np.unique(np.concatenate((edges, low + (second - low) * parts, high - (high - last) * parts)))


def gauss(edges: Any) -> tuple[Any, Any, Any]:
    """Places of two rules of Gauss over intervals, exact to degree 25 and 15, and the weights of either."""
    ends, widths = np.asarray(edges[:-1]), np.diff(edges)
    x = np.concatenate([rule[0] for rule in GAUSS])
    fine, coarse = (np.concatenate([rule[1] * (rule is own) for rule in GAUSS]) for own in GAUSS)
    places = ends[:, None] + widths[:, None] * (1 + x) / 2
    return places.ravel(), *((widths[:, None] / 2 * w).ravel() for w in (fine, coarse))


def by_gauss(at_once: Any, places: Any, fine: Any, coarse: Any) -> tuple[Any, Any]:
    """The integral by a rule of Gauss, and how far a coarser one is off."""
    with np.errstate(all="ignore"):
        value, other = (np.asarray(at_once(places, weights)) for weights in (fine, coarse))
        return value, np.abs(value - other)


def one_by_one(function: Any) -> Callable[[Any, Any], Any]:
    """The sum of a function at places times weights, place by place."""
    return lambda places, weights: sum(
        w * function(t) for t, w in zip(places.tolist(), weights.tolist(), strict=True) if w
    )


def accurate(value: Any, error: Any) -> bool:
    """Whether an integral is believed."""
    return bool(np.all(error <= ACCURACY * (1e-3 + np.max(np.abs(value), initial=0.0))))
