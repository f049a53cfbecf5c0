"""The operation under odeint and LSODA: states at given times, with derivatives by sensitivities.

Forward, the tangent s of the state satisfies s' = f_y s + f_p dp beside the state. In reverse, either all sensitivities
are integrated forward (few states and parameters), or the adjoint l' = -f_y^T l runs backward over an interpolation of
the state, and the cotangent of p is the integral of f_p^T l (Cao, Li, Petzold, Serban 2003). All of these are solved by
the same operation, so they nest.
"""

from __future__ import annotations

import bisect
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
from ..implicit import hidden_batch, order_of
from ..user_functions import plain_numbers
from .integrals import chosen, inner_product, merged

#: Up to how many numbers the sensitivities by all inputs are integrated together with the state in reverse.
FORWARD_SIZE = 120
#: The tolerances of derivatives where those of the state are looser.
RELATIVE, ABSOLUTE = 1e-7, 1e-9
#: Places inside of a step, at which the adjoint method knows the state, and their weights.
PLACES, WEIGHTS = np.polynomial.legendre.leggauss(5)

Rate = Callable[[Any, Any, Any], Any]


class Flow:
    """A differential equation. rate(t, y, values) -> vector; run(rate, y0, t0, times) -> states, one a row, for plain
    values; settings: rtol, atol, and max_step of what is solved for derivatives.
    """

    __slots__ = ("name", "rate", "run", "settings", "line")

    def __init__(self, name: str, rate: Rate, run: Any, settings: dict[str, Any]) -> None:
        self.name, self.rate, self.settings = name, rate, settings
        self.run = run or self.solve
        self.line = at_user_line()

    def derived(self, rate: Rate) -> Flow:
        """Another equation over the same times."""
        made = Flow.__new__(Flow)
        made.name, made.rate, made.settings, made.line = self.name, rate, self.settings, self.line
        made.run = made.solve
        return made

    def solve(self, rate: Any, y0: Any, t0: float, times: Any) -> Any:
        """The states at times in any order, on one side of t0."""
        times = np.asarray(times, float)
        if not times.size:
            return np.zeros((0, len(y0)))
        end = times[np.argmax(np.abs(times - t0))]
        if end == t0:
            return np.tile(y0, (times.size, 1))
        wanted, back = np.unique(times, return_inverse=True)
        r = self.integrate(rate, y0, t0, end, wanted if end > t0 else wanted[::-1])
        states = r.y.T if end > t0 else r.y.T[::-1]
        return states[back]

    def integrate(self, rate: Any, y0: Any, t0: float, end: float, wanted: Any) -> Any:
        """SciPy's result of LSODA."""
        settings = self.settings
        relative = min(float(settings["rtol"]), RELATIVE)
        absolute = min(float(np.min(settings["atol"])), ABSOLUTE)
        others = {k: settings[k] for k in ("max_step",) if k in settings}
        r = scipy.integrate.solve_ivp(
            rate, (t0, end), y0, method="LSODA", t_eval=wanted, rtol=relative, atol=absolute, **others
        )
        if not r.success:
            raise ConvergenceError(
                f"{self.name}{self.line}: the equation for the derivatives could not be integrated: {r.message}"
            )
        return r


@operation(variadic=True, family="calls")
def flow(arrays: Any, *, problem: Any = None) -> Any:
    """The states at times, one a row, for arrays = (y0, t0, times, *parameters)."""


@flow.decompose
def plain_flow(arrays: Any, *, problem: Any) -> Any:
    y0, t0, times, *values = arrays
    with plain_numbers():
        return problem.run(plain_rate(problem, values), np.asarray(y0, float), float(t0), np.asarray(times, float))


def plain_rate(problem: Flow, values: Any) -> Any:
    """The right-hand side for a compiled solver."""

    def rate(t: Any, y: Any) -> Any:
        found = problem.rate(t, y, values)
        if isinstance(found, Traced):
            raise NonDifferentiableError(
                f"{problem.name}{problem.line}: the right-hand side uses a traced value that it did not receive, from "
                "a global or an object; its derivative would be lost. Pass it by args=, or hold it in the function's "
                "closure."
            )
        return found

    return rate


def rates(problem: Flow, times: Any, states: Any, values: Any) -> Any:
    """The right-hand side at each time, one a row."""
    count = ops.shape(times)[0]
    return ops.stack(tuple(problem.rate(times[k], states[k], values) for k in range(count)), axis=0)


@rule(flow).jvp
def flow_jvp(y: Any, tangents: Any, arrays: Any, *, problem: Any) -> Any:
    """The sensitivity in one direction beside the state."""
    y0, t0, times, *values = arrays
    dy0, dt0, dtimes, *directions = tangents
    flags = tuple(dx is not None for dx in directions)
    size, count = ops.shape(y0)[0], len(values)
    start = ops.zeros_like(y0) if dy0 is None else dy0
    if dt0 is not None:
        start = ops.subtract(start, ops.multiply(problem.rate(t0, y0, values), dt0))

    def both(t: Any, state: Any, given: Any) -> Any:
        held, pushed = given[:count], given[count:]

        def along(u: Any, *active: Any) -> Any:
            return problem.rate(t, u, merged(held, active, flags))

        point = (state[:size], *chosen(held, flags))
        rate, tangent = dm.jvp(along, point, (state[size:], *pushed))
        return ops.concatenate((rate, tangent), axis=0)

    inputs = (ops.concatenate((y0, start), axis=0), t0, times, *values, *chosen(directions, flags))
    pushed = flow(inputs, problem=problem.derived(both))[:, size:]
    if dtimes is not None:
        pushed = ops.add(pushed, ops.multiply(rates(problem, times, y, values), ops.expand_dims(dtimes, axis=-1)))
    return pushed


@rule(flow).vjp
def flow_vjp(y: Any, arrays: Any, *, needs: Any, problem: Any) -> Any:
    """By all sensitivities where they are few, else by the adjoint equation."""
    y0, t0, times, *values = arrays
    flags = tuple(needs[3:])
    size = ops.shape(y0)[0]
    from_start = needs[0] or needs[1]
    count = size * from_start + sum(int(np.prod(ops.shape(x))) for x in chosen(values, flags))
    moving = order_of(t0) or order_of(times)  # the adjoint method takes its mesh for fixed
    small = size * (1 + count) <= FORWARD_SIZE or moving or any(map(hidden_batch, arrays))

    def flow_pullback(ct: Any) -> Any:
        by_times = None
        if needs[2]:
            by_times = ops.sum(ops.multiply(ct, rates(problem, times, y, values)), axis=-1)
        if not count:
            return (None, None, by_times, *(None for _ in values))
        method = by_sensitivities if small else by_adjoint
        start, found = method(problem, arrays, ct, from_start, flags)
        by_t0 = None
        if needs[1]:
            by_t0 = ops.negative(inner_product(problem.rate(t0, y0, values), start))
        return (start if needs[0] else None, by_t0, by_times, *merged((None,) * len(values), found, flags))

    return flow_pullback


def by_sensitivities(problem: Flow, arrays: Any, ct: Any, from_start: bool, flags: Any) -> Any:
    """The cotangents of the start and of the parameters, from the matrix of sensitivities at each time."""
    y0, t0, times, *values = arrays
    size = ops.shape(y0)[0]
    active = chosen(values, flags)
    shapes = [ops.shape(x) for x in active]
    ends = np.cumsum([size] + [int(np.prod(s)) for s in shapes])
    total = int(ends[-1])
    first = 0 if from_start else size

    def all_rates(t: Any, state: Any, given: Any) -> Any:
        u = state[:size]
        matrix = ops.reshape(state[size:], shape=(size, total - first))

        def of_vector(z: Any) -> Any:
            inner = [ops.reshape(z[a:b], shape=s) for a, b, s in zip(ends[:-1], ends[1:], shapes, strict=True)]
            return problem.rate(t, z[:size], merged(given, inner, flags))

        flat = [ops.reshape(x, shape=(-1,)) for x in chosen(given, flags)]
        point = ops.concatenate((u, *flat), axis=0) if flat else u
        jacobian = dm.jacfwd(of_vector)(point)
        change = ops.matmul(jacobian[:, :size], matrix)
        direct = jacobian[:, size:]
        if from_start and total > size:
            direct = ops.concatenate((ops.zeros_like(jacobian[:, :size]), direct), axis=1)
        if total > size:
            change = ops.add(change, direct)
        return ops.concatenate((of_vector(point), ops.reshape(change, shape=(-1,))), axis=0)

    beginning = np.eye(size, total)[:, first:]
    start = ops.concatenate((y0, np.ravel(beginning)), axis=0)
    states = flow((start, t0, times, *values), problem=problem.derived(all_rates))
    matrices = ops.reshape(states[:, size:], shape=(ops.shape(times)[0], size, total - first))
    flat = ops.sum(ops.multiply(ops.expand_dims(ct, axis=-1), matrices), axis=(0, 1))
    start_ct = flat[:size] if from_start else None
    found = [
        ops.reshape(flat[a - first : b - first], shape=s) for a, b, s in zip(ends[:-1], ends[1:], shapes, strict=True)
    ]
    return start_ct, found


# ---- the adjoint -----------------------------------------------------------------------------------------------------


class Mesh:
    """The steps of a solver, with places inside of them, and interpolation over them. edges are in the order of time in
    which the equation is solved.
    """

    def __init__(self, edges: Any) -> None:
        self.edges = np.asarray(edges)
        self.sign = 1.0 if self.edges[-1] >= self.edges[0] else -1.0
        self.keys = list(self.sign * self.edges)
        low, high = self.edges[:-1, None], self.edges[1:, None]
        self.inside = low + (high - low) * (1 + PLACES) / 2
        self.weights = (high - low) * WEIGHTS / 2
        points = np.concatenate(([-1.0], PLACES, [1.0]))
        differences = points[:, None] - points[None, :] + np.eye(len(points))
        self.points, self.factors = points, 1 / np.prod(differences, axis=1)

    def times(self) -> Any:
        """All places, the first edge first."""
        rows = np.concatenate((self.edges[:-1, None], self.inside), axis=1)
        return np.concatenate((np.ravel(rows), self.edges[-1:]))

    def at(self, t: float, states: Any) -> Any:
        """The state at a time, of those at `times()`."""
        k = min(max(bisect.bisect_right(self.keys, self.sign * t) - 1, 0), len(self.keys) - 2)
        low, high = self.edges[k], self.edges[k + 1]
        distance = 2 * (t - low) / (high - low) - 1 - self.points
        width = len(self.points) - 1
        near = np.flatnonzero(np.abs(distance) < 1e-13)
        if near.size:
            return states[k * width + int(near[0])]
        part = self.factors / distance
        return ops.matmul(part / part.sum(), states[k * width : k * width + width + 1])


def by_adjoint(problem: Flow, arrays: Any, ct: Any, from_start: bool, flags: Any) -> Any:
    """The cotangents of the start and of the parameters, by one equation backward."""
    y0, t0, times, *values = arrays
    plain_t0, plain_times = float(dm.primal(t0)), np.asarray(dm.primal(times), float)
    if not plain_times.size or np.all(plain_times == plain_t0):
        return ops.sum(ct, axis=0), [ops.zeros_like(x) for x in chosen(values, flags)]
    mesh = mesh_of(problem, arrays, plain_t0, plain_times)
    states = flow((y0, plain_t0, mesh.times(), *values), problem=problem.derived(problem.rate))
    count = len(values)

    def backward(t: Any, adjoint: Any, given: Any) -> Any:
        state = mesh.at(t, given[count])
        return ops.negative(dm.vjp(lambda u: problem.rate(t, u, given[:count]), state)[1](adjoint)[0])

    adjoint_problem = problem.derived(backward)
    order = np.argsort(mesh.sign * plain_times, kind="stable")[::-1]
    places = np.searchsorted(mesh.keys, mesh.sign * plain_times[order])
    adjoint: Any = None
    pieces: list[Any] = []
    for number, (k, place) in enumerate(zip(order, places, strict=True)):
        adjoint = ct[int(k)] if adjoint is None else ops.add(adjoint, ct[int(k)])
        before = int(places[number + 1]) if number + 1 < len(places) else 0
        if before == place:
            continue
        inside = np.ravel(mesh.inside[before:place])[::-1]
        wanted = np.concatenate((inside, mesh.edges[before : before + 1]))
        found = flow((adjoint, float(mesh.edges[place]), wanted, *values, states), problem=adjoint_problem)
        pieces.append((np.arange(before, place), found[:-1]))
        adjoint = found[-1]
    if not any(flags):
        return adjoint, []
    return adjoint, parameters_of(problem, mesh, states, pieces, values, flags)


def mesh_of(problem: Flow, arrays: Any, t0: float, times: Any) -> Mesh:
    """The steps that the solver takes, and the times that are asked for."""
    y0, _, _, *values = (dm.primal(x) for x in arrays)
    end = times[np.argmax(np.abs(times - t0))]
    steps = problem.integrate(plain_rate(problem, values), np.asarray(y0, float), t0, end, None).t
    edges = np.unique(np.concatenate((steps, times, [t0])))
    return Mesh(edges if end > t0 else edges[::-1])


def parameters_of(problem: Flow, mesh: Mesh, states: Any, pieces: Any, values: Any, flags: Any) -> Any:
    """The integral of the adjoint times the derivative by the parameters, as one sum over all places."""
    width = len(PLACES) + 1

    def weighted(*active: Any) -> Any:
        held = merged(values, active, flags)
        total: Any = 0.0
        for panels, adjoints in pieces:
            count = len(panels) * len(PLACES)
            for row in range(count):
                panel, place = panels[0] + (count - 1 - row) // len(PLACES), (count - 1 - row) % len(PLACES)
                rate = problem.rate(mesh.inside[panel, place], states[int(panel * width + 1 + place)], held)
                total = total + float(mesh.weights[panel, place]) * ops.sum(ops.multiply(rate, adjoints[row]))
        return total

    value, pull = dm.vjp(weighted, *chosen(values, flags))
    return list(pull(ops.ones_like(value)))
