"""quad, quad_vec and the multiple integrals."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line, warn_at_user_line

from ..arguments import decided
from ..calls import Call, as_tuple, is_recorded, replacing
from ..implicit import as_array, detached, run_plain, traced_in, with_value, with_values
from ..user_functions import lifted, substituted
from .integrals import integral
from .problems import Problem


def as_number(x: Any) -> Any:
    """A limit as a float."""
    return x if hasattr(x, "dtype") else float(x)


def differentiable(call: Call, f: Any, a: Any, b: Any, args: Any, run: Any, settings: Any, panels: list[Any]) -> Any:
    """The integral of f(t, *args) as an operation on its limits and all traced values that f depends on."""
    tree = (f, args)
    values = traced_in(tree)

    made = substituted(tree, values)

    def integrand(t: Any, given: Any) -> Any:
        function, rest = made(given)
        return as_array(function(t, *rest))

    a, b = (
        dm.primal(x) if np.all(np.isinf(dm.primal(x))) else x for x in (a, b)
    )  # an infinite limit stays where it is
    return integral((as_number(a), as_number(b), *values), problem=Problem(call.name, integrand, run, settings, panels))


@replacing(scipy.integrate, "quad")
def quad(call: Call) -> Any:
    """The value is QUADPACK's; with `weight`, the derivatives are integrals with the same weight."""
    if traced_in(call["wvar"]):
        raise LiftError(f"quad{at_user_line()}: there is no derivative by wvar=. Write the weight into the integrand.")
    if not traced_in((call["func"], call["args"], call["a"], call["b"], call["points"])):
        return call.as_given()
    if traced_in(call["points"]):
        return split(call, call["func"], ("epsabs", "epsrel", "limit", "complex_func"))
    said: list[Any] = []
    given = {k: v for k, v in call.values.items() if k in call.named and k not in ("func", "a", "b", "args")}
    given = {k: dm.primal(v) for k, v in given.items()}

    panels: list[Any] = []

    def run(function: Any, a: float, b: float, at_once: Any) -> Any:
        found = scipy.integrate.quad(lambda t: function(t)[()], a, b, **{**given, "full_output": True})
        about = found[2] if not call["complex_func"] else found[2]["real"][0]
        panels[:] = [edges_of(about)] if call["weight"] is None else []
        if not call["full_output"]:
            warn_as_scipy(found)
        said[:] = found if call["full_output"] else found[:2]
        return said[0]

    settings = {k: dm.primal(call[k]) for k in ("epsabs", "epsrel", "points", "weight", "wvar")}
    if settings["points"] is not None:
        settings["points"] = np.asarray(settings["points"], float)
    y = differentiable(call, call["func"], call["a"], call["b"], as_tuple(call["args"]), run, settings, panels)
    return (y, *beside(y, said))


def beside(y: Any, said: list[Any]) -> tuple[Any, ...]:
    """What SciPy gives beside an integral; where that is recorded, the estimate of the error in each run."""
    if not is_recorded(y):
        return tuple(said[1:])
    return detached((dm.stop_gradient(y),), call=lambda _: (float(said[1]),))


def split(call: Call, f: Any, names: tuple[str, ...]) -> Any:
    """An integral with break points that move: the value is SciPy's, the derivatives those of the integrals between."""
    said: list[Any] = []

    def run(values: Any) -> Any:
        said[:] = list(call.run(values))
        return (said[0],)

    (plain,) = run_plain(run, call.values)
    a, b, points = call["a"], call["b"], call["points"]
    points = [points[k] for k in range(len(points))] if isinstance(points, (list, tuple)) else list(as_array(points))
    low, high = sorted((float(decided(a)), float(decided(b))))
    inside = sorted((p for p in points if low < decided(p) < high), key=dm.primal, reverse=bool(dm.primal(a) > low))
    edges = [a, *inside, b]
    settings = {name: call[name] for name in names if name in call.named}
    one = quad if call.name == "quad" else quad_vec
    total = one(f, a, edges[1], args=call["args"], **settings)[0]
    for start, end in zip(edges[1:-1], edges[2:], strict=True):
        total = total + one(f, start, end, args=call["args"], **settings)[0]
    return (with_value(plain, total), *beside(plain, said))


def edges_of(about: Any) -> np.ndarray:
    """The ends of the intervals that QUADPACK ended with."""
    count = about["last"]
    return np.unique(np.concatenate((about["alist"][:count], about["blist"][:count])))


def warn_as_scipy(found: Any) -> None:
    """The warning that SciPy gives where its full output is not asked for."""
    text = [x for x in found[3:] if isinstance(x, str)]
    if text:
        warn_at_user_line(text[0], scipy.integrate.IntegrationWarning)


@replacing(scipy.integrate, "quad_vec")
def quad_vec(call: Call) -> Any:
    """Integrals of array-valued functions."""
    if not traced_in((call["f"], call["args"], call["a"], call["b"], call["points"])):
        return call.as_given()
    if traced_in(call["points"]):
        return split(call, call["f"], ("epsabs", "epsrel", "norm", "cache_size", "limit", "workers", "quadrature"))
    said: list[Any] = []
    given = {k: dm.primal(v) for k, v in call.values.items() if k in call.named and k not in ("f", "a", "b", "args")}

    def run(function: Any, a: float, b: float, at_once: Any) -> Any:
        said[:] = scipy.integrate.quad_vec(function, a, b, **given)
        return said[0]

    settings = {"epsabs": call["epsabs"], "epsrel": call["epsrel"], "points": dm.primal(call["points"])}
    y = differentiable(call, call["f"], call["a"], call["b"], as_tuple(call["args"]), run, settings, [])
    return (y, *said[1:])


@replacing(scipy.integrate, "fixed_quad")
def fixed_quad(call: Call) -> Any:
    """The sum of Gauss and Legendre."""
    if not traced_in(call.values):
        return call.as_given()
    (plain,) = run_plain(lambda values: (call.run(values)[0],), call.values)
    a, b = call["a"], call["b"]
    x, w = np.polynomial.legendre.leggauss(call["n"])
    f = lifted(call["func"])
    y = as_array(f((b - a) * (x + 1) / 2 + a, *as_tuple(call["args"])))
    return with_value(plain, (b - a) / 2 * ops.sum(w * y, axis=-1)), None


@replacing(scipy.integrate, "tanhsinh")
def tanhsinh(call: Call) -> Any:
    """The value is SciPy's, for each element; the derivatives are those of `quad` there."""
    if not traced_in(call.values):
        return call.as_given()
    if call["log"] or call["preserve_shape"]:
        raise LiftError(f"tanhsinh{at_user_line()}: log=True and preserve_shape=True have no derivative rule.")
    said: list[Any] = []

    def run(values: Any) -> Any:
        said[:] = [call.run(values)]
        return (said[0].integral,)

    (plain,) = run_plain(run, call.values)
    given = [as_array(x) for x in (call["a"], call["b"], *as_tuple(call["args"]))]
    shape = ops.shape(plain)
    columns = [ops.reshape(np.broadcast_to(x, shape), shape=(-1,)) for x in given]
    size = int(np.prod(shape))
    made = [quad(call["f"], a, b, tuple(rest))[0] for a, b, *rest in zip(*columns, strict=True)] if size else []
    result = said[0]
    result["integral"] = with_value(plain, ops.reshape(ops.stack(tuple(made), axis=0), shape=shape)) if made else plain
    return result


# ---- multiple integrals ----------------------------------------------------------------------------------------------


class Program:
    """A multiple integral without its traced values. tree: the function, ranges, arguments and settings."""

    __slots__ = ("tree",)

    def __init__(self, tree: Any) -> None:
        self.tree = tree


def inner(t: Any, depth: int, outer: Any, program: Program, values: Any) -> Any:
    """The integrand of the integral over the variable `depth`, at t: the next integral, or the function itself."""
    place = (t, *outer)
    if depth:
        return over(depth - 1, place, program, values)
    func, _, args, _ = with_values(program.tree, values)
    return lifted(func)(*place, *args)


def over(depth: int, outer: Any, program: Program, values: Any) -> Any:
    """The integral over the variables up to `depth`, for those outside of them."""
    _, ranges, args, settings = with_values(program.tree, values)
    low, high = lifted(ranges[depth])(*outer, *args) if callable(ranges[depth]) else ranges[depth]
    chosen = settings[depth]
    chosen = dict(lifted(chosen)(*outer, *args)) if callable(chosen) else chosen
    return quad(inner, low, high, args=(depth, outer, program, values), **chosen)[0]


def multiple(call: Call, func: Any, ranges: Any, args: Any, settings: Any) -> Any:
    """A multiple integral, one variable after the other; the value and what comes with it are SciPy's."""
    tree = (func, ranges, args, settings)
    values = traced_in(tree)
    if not values:
        return call.as_given()
    said: list[Any] = []

    def run(values: Any) -> Any:
        said[:] = list(call.run(values))
        return (said[0],)

    (plain,) = run_plain(run, call.values)
    made = over(len(ranges) - 1, (), Program(tree), values)
    return (with_value(plain, made), *said[1:])


@replacing(scipy.integrate, "nquad")
def nquad(call: Call) -> Any:
    """The first variable is the innermost."""
    ranges = list(call["ranges"])
    args = () if call["args"] is None else as_tuple(call["args"])
    opts = call["opts"]
    settings = [{}] * len(ranges) if opts is None else [opts] * len(ranges) if isinstance(opts, dict) else list(opts)
    if callable(opts):
        settings = [opts] * len(ranges)
    return multiple(call, call["func"], ranges, args, settings)


def end_of(end: Any, outer: Any) -> Any:
    """A limit that is a number, or a function of the variables outside."""
    return lifted(end)(*outer) if callable(end) else end


@replacing(scipy.integrate, "dblquad")
def dblquad(call: Call) -> Any:
    """y is the inner variable, with limits that are functions of x."""
    low, high = call["gfun"], call["hfun"]

    def of_y(*outer: Any) -> Any:
        return end_of(low, outer[:1]), end_of(high, outer[:1])

    settings = [{"epsabs": call["epsabs"], "epsrel": call["epsrel"]}] * 2
    return multiple(call, call["func"], [of_y, (call["a"], call["b"])], as_tuple(call["args"]), settings)


@replacing(scipy.integrate, "tplquad")
def tplquad(call: Call) -> Any:
    """z is the innermost variable, with limits that are functions of x and y."""
    low_y, high_y, low_z, high_z = (call[name] for name in ("gfun", "hfun", "qfun", "rfun"))

    def of_z(*outer: Any) -> Any:
        return end_of(low_z, (outer[1], outer[0])), end_of(high_z, (outer[1], outer[0]))

    def of_y(*outer: Any) -> Any:
        return end_of(low_y, outer[:1]), end_of(high_y, outer[:1])

    settings = [{"epsabs": call["epsabs"], "epsrel": call["epsrel"]}] * 3
    return multiple(call, call["func"], [of_z, of_y, (call["a"], call["b"])], as_tuple(call["args"]), settings)
