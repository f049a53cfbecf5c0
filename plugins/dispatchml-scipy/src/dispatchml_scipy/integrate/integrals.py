"""The operation under quad and its relatives, whose derivatives are integrals of derivatives (Leibniz).

The tangent of the integral of f(t, p) from a to b is the integral of the tangent of f, and f(b) db - f(a) da; the
cotangent of p is the integral of the cotangents, one vector-valued integral. Both are integrals of the same kind, so
they nest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import NonDifferentiableError, at_user_line
from dispatchml.engines.traced import Traced
from dispatchml.rules import rule

from ..errors import ConvergenceError
from ..implicit import order_of
from ..user_functions import plain_numbers
from .limits import at_limit, is_infinite

#: How well two rules of Gauss must agree to be believed, relative to the value.
ACCURACY = 1e-9

GAUSS = tuple(np.polynomial.legendre.leggauss(n) for n in (13, 8))

Integrand = Callable[[Any, Any], Any]


class Problem:
    """An integral without its limits and parameters.

    integrand(t, values): a number or an array; run(function, a, b): a rule of SciPy for the value; settings: what the
    derivatives are integrated with: epsabs, epsrel, points; and weight, wvar for weighted integrals. panels: a list in
    which `run` leaves the ends of the intervals that it went over.
    """

    __slots__ = ("name", "integrand", "run", "settings", "panels", "line")

    def __init__(
        self, name: str, integrand: Integrand, run: Callable[..., Any], settings: dict[str, Any], panels: list[Any]
    ) -> None:
        self.name, self.integrand, self.run, self.settings, self.panels = name, integrand, run, settings, panels
        self.line = at_user_line()

    def derived(self, integrand: Integrand) -> Problem:
        """The same limits and settings with a derivative of the integrand."""
        made = Problem.__new__(Problem)
        made.name, made.integrand, made.settings, made.line = self.name, integrand, self.settings, self.line
        made.run, made.panels = self.of_vector, self.panels
        return made

    def of_vector(self, function: Any, a: float, b: float) -> Any:
        """The integral of a plain array-valued function, refused where it is not accurate."""
        settings = self.settings
        if settings.get("weight") is None:
            edges = self.edges(a, b)
            if edges is not None:
                value, error = by_gauss(function, edges)
                if np.all(error <= ACCURACY * (1e-3 + np.max(np.abs(value), initial=0.0))):
                    return value
            inner_edges = settings.get("points") if edges is None else edges[1:-1]
            with np.errstate(all="ignore"):
                value, error, about = scipy.integrate.quad_vec(
                    function, a, b, epsabs=settings["epsabs"] / 10, epsrel=settings["epsrel"] / 10,
                    norm="max", limit=200, points=inner_edges, full_output=True,
                )  # fmt: skip
            allowed = max(settings["epsabs"], settings["epsrel"] * float(np.max(np.abs(value), initial=0.0)))
            if (about.success or error <= allowed) and np.all(np.isfinite(value)):
                return value
        return self.one_by_one(function, a, b)

    def edges(self, a: float, b: float) -> Any:
        """The ends of the intervals that the value was integrated over, which resolve what the integrand does."""
        known = self.panels[0] if self.panels else None
        if (
            known is None
            or not np.isfinite(a)
            or not np.isfinite(b)
            or not np.array_equal(known[[0, -1]], sorted((a, b)))
        ):
            return None
        return known if a <= b else known[::-1]

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


def by_gauss(function: Any, edges: Any) -> tuple[Any, Any]:
    """The integral over intervals, by a rule of Gauss exact to degree 25, and how far one to degree 15 is off."""
    total, error = 0.0, 0.0
    with np.errstate(all="ignore"):
        for a, b in zip(edges[:-1], edges[1:], strict=True):
            fine, coarse = (
                (b - a) / 2 * sum(weight * function(a + (b - a) * (1 + x) / 2) for x, weight in zip(*rule, strict=True))
                for rule in GAUSS
            )
            total, error = total + fine, error + np.abs(fine - coarse)
    return total, error


@operation(variadic=True)
def integral(arrays: Any, *, problem: Any = None) -> Any:
    """The integral from a to b, for arrays = (a, b, *parameters)."""


@integral.decompose
def plain_integral(arrays: Any, *, problem: Any) -> Any:
    a, b, *values = arrays

    def function(t: Any) -> Any:
        y = problem.integrand(t, values)
        if isinstance(y, Traced):
            raise NonDifferentiableError(
                f"{problem.name}{problem.line}: the integrand uses a traced value that it did not receive, from a "
                "global or an object; its derivative would be lost. Pass it by args=, or hold it in the "
                "function's closure."
            )
        return y

    with plain_numbers():
        return problem.run(function, float(a), float(b))


def chosen(values: Any, flags: Any) -> tuple[Any, ...]:
    """The values whose flag is set."""
    return tuple(v for v, flag in zip(values, flags, strict=True) if flag)


def merged(constants: Any, active: Any, flags: Any) -> tuple[Any, ...]:
    """Values with those whose flag is set taken from `active`."""
    rest = iter(active)
    return tuple(next(rest) if flag else x for x, flag in zip(constants, flags, strict=True))


@rule(integral).jvp
def integral_jvp(y: Any, tangents: Any, arrays: Any, *, problem: Any) -> Any:
    """The integral of the tangent, and what the limits sweep over."""
    (a, b, *values), (da, db, *directions) = arrays, tangents
    flags = tuple(dx is not None for dx in directions)
    terms = []
    if any(flags):
        size = len(values)

        def tangent(t: Any, given: Any) -> Any:
            held, pushed = given[:size], given[size:]

            def along(*active: Any) -> Any:
                return problem.integrand(t, merged(held, active, flags))

            return dm.jvp(along, chosen(held, flags), tuple(pushed))[1]

        terms.append(integral((a, b, *values, *chosen(directions, flags)), problem=problem.derived(tangent)))
    if db is not None and not is_infinite(problem, b):
        terms.append(ops.multiply(at_limit(problem, b, values, a), db))
    if da is not None and not is_infinite(problem, a):
        terms.append(ops.negative(ops.multiply(at_limit(problem, a, values, b), da)))
    total = terms[0] if terms else ops.multiply(y, 0.0)
    for term in terms[1:]:
        total = ops.add(total, term)
    return total


@rule(integral).vjp
def integral_vjp(y: Any, arrays: Any, *, needs: Any, problem: Any) -> Any:
    """The integral of the cotangents of all parameters together."""
    a, b, *values = arrays
    flags = tuple(needs[2:])
    active = chosen(values, flags)
    shapes = [ops.shape(x) for x in active]
    sizes = [int(np.prod(s)) for s in shapes]

    def integral_pullback(ct: Any) -> Any:
        found: list[Any] = []
        if active:
            size = len(values)

            def cotangents(t: Any, given: Any) -> Any:
                held, back = given[:size], given[size]

                def of_active(*inner: Any) -> Any:
                    return ops.multiply(problem.integrand(t, merged(held, inner, flags)), 1.0)

                value, pull = dm.vjp(of_active, *chosen(held, flags))
                parts = pull(like_value(back, value))
                return ops.concatenate(tuple(ops.reshape(g, shape=(-1,)) for g in parts), axis=0)

            flat = integral((a, b, *values, ct), problem=problem.derived(cotangents))
            ends = np.cumsum([0, *sizes])
            for k, shape in enumerate(shapes):
                found.append(ops.reshape(ops.getitem(flat, index=slice(int(ends[k]), int(ends[k + 1]))), shape=shape))
        moved = []
        for t, other, need, sign in ((a, b, needs[0], ops.negative), (b, a, needs[1], ops.positive)):
            still = need and is_infinite(problem, t)
            found_here = sign(inner_product(at_limit(problem, t, values, other), ct)) if need and not still else None
            moved.append(ops.multiply(inner_product(y, ct), 0.0) if still else found_here)
        return (*moved, *merged((None,) * len(values), found, flags))

    return integral_pullback


def like_value(ct: Any, value: Any) -> Any:
    """A cotangent as an array or a number, as the value is."""
    return ct if not isinstance(value, float) or order_of(ct) else ops.multiply(ct, 1.0)


def inner_product(x: Any, ct: Any) -> Any:
    """The real part of the sum of conj(x) ct."""
    product = ops.multiply(ops.conj(x), ct) if ops.dtype(x).kind == "c" else ops.multiply(x, ct)
    product = ops.real(product) if ops.dtype(product).kind == "c" else product
    return ops.sum(product) if ops.ndim(product) else product
