"""FITPACK's splines: interpolating and least-squares ones are linear in the values."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.interpolate

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line
from dispatchml.lift import replaces

from ..calls import Call, replacing
from ..implicit import as_array, hidden_batch, run_plain, traced_in, with_value
from ..user_functions import plain_numbers
from .affine import affine
from .splines import Spline, make_interp_spline, refuse_others

# ---- FITPACK ---------------------------------------------------------------------------------------------------------


@replacing(scipy.interpolate, "splrep")
def splrep(call: Call) -> Any:
    """Interpolation (s=0) and least squares with given knots (task=-1) are linear in the values."""
    if not traced_in(call.values):
        return call.as_given()
    refuse_others(call, "y")
    smoothing = call["s"] if call["s"] is not None else 0.0 if call["w"] is None else None
    if call["task"] != -1 and smoothing != 0:
        raise LiftError(
            f"splrep{at_user_line()}: with s={call['s']!r} the knots are chosen by the data, which has no derivative "
            "rule. Use s=0, or task=-1 with knots t=."
        )
    others = {k: v for k, v in call.values.items() if k in call.named and k not in ("x", "y", "full_output", "quiet")}
    x = np.asarray(call["x"])
    with plain_numbers():
        t, _, k = scipy.interpolate.splrep(x, np.zeros(len(x)), **others)

    def compute(values: Any) -> Any:
        made = [scipy.interpolate.splrep(x, v, **others)[1] for v in np.reshape(values, (len(x), -1)).T]
        return np.stack(made, axis=-1) if values.ndim > 1 else made[0]

    tck = (t, affine(compute, as_array(call["y"])), k)
    return (tck, 0.0, 0, "") if call["full_output"] else tck


def of_tck(tck: Any) -> Any:
    """A tuple of FITPACK, or a spline, as a spline; several coefficients as one with rows."""
    if isinstance(tck, (Spline, scipy.interpolate.BSpline)):
        return Spline(tck.t, tck.c, tck.k, tck.extrapolate, tck.axis), False
    t, c, k = tck
    several = isinstance(c, (list, tuple)) or ops.ndim(c) > 1
    count = ops.shape(t)[0] - k - 1
    c = ops.matrix_transpose(as_array(c)) if several else as_array(c)
    return Spline(t, c[:count], k), several


def single(tck: Any, name: str) -> Spline:
    """A spline with one row of coefficients."""
    spline, several = of_tck(tck)
    if several:
        raise LiftError(f"{name}{at_user_line()}: several coefficients at once have no derivative rule.")
    return spline


@replacing(scipy.interpolate, "splprep")
def splprep(call: Call) -> Any:
    """The interpolating curve through points (s=0), by its points and by the parameter u, which may be given."""
    if not traced_in(call.values):
        return call.as_given()
    refuse_others(call, "x", "u")
    odd = isinstance(call["k"], (int, np.integer)) and call["k"] % 2
    if call["task"] or call["per"] or call["s"] != 0 or call["w"] is not None or not odd:
        raise LiftError(
            f"splprep{at_user_line()}: there are derivatives of the interpolating curve, s=0, of an odd degree, not "
            "periodic and without weights."
        )
    tree = {**call.values, "x": as_array(call["x"]), "s": 0}
    t, c, plain_u, *others = run_plain(lambda values: curve(call.run(values, full_output=1)), tree)
    points = tree["x"]
    u = call["u"]
    if u is None:
        steps = points[:, 1:] - points[:, :-1]
        lengths = ops.cumsum(np.sqrt(np.sum(steps * steps, axis=0)), axis=0)
        u = ops.concatenate((np.zeros(1), lengths / lengths[-1]), axis=0)
    u = as_array(u)
    made = make_interp_spline(u, ops.matrix_transpose(points), call["k"])
    coefficients = with_value(c, ops.matrix_transpose(made.c))
    tck = [with_value(t, made.t), list(coefficients), call["k"]]
    result = (tck, with_value(plain_u, u))
    return (result, *others, "") if call["full_output"] else result


def curve(found: Any) -> tuple[Any, ...]:
    """The numbers in what splprep returns."""
    ((t, c, _), u), fp, ier, _ = found
    return t, np.array(c), u, fp, ier


@replaces("scipy.interpolate.splev")
def splev(x: Any, tck: Any, der: int = 0, ext: int = 0) -> Any:
    """Values of a spline; ext: extrapolate, zeros, error, the value at the end."""
    spline, several = of_tck(tck)
    x = as_array(x)
    low, high = spline.t[spline.k], spline.t[ops.shape(spline.c)[0]]
    now = dm.stop_gradient(x)
    outside = np.logical_or(now < dm.stop_gradient(low), now > dm.stop_gradient(high))
    if ext == 2 and np.any(dm.primal(outside)):
        raise ValueError(f"splev{at_user_line()}: a point is outside of the knots (ext=2).")
    if ext == 3 and not der:  # derivatives go on beyond the ends, as in FITPACK
        x = np.clip(x, low, high)
    y = spline(x, der, True)
    y = ops.moveaxis(y, source=-1, destination=0) if several else y
    y = np.where(outside, 0.0, y) if ext == 1 else y
    return list(y) if several else y


@replaces("scipy.interpolate.splder")
def splder(tck: Any, n: int = 1) -> Any:
    """The derivative of a spline, one of a lower degree."""
    spline = single(tck, "splder")
    t, c, k = spline.tck
    for _ in range(n):
        count = ops.shape(c)[0]
        width = t[k + 1 : k + count] - t[1:count]
        c, t, k = k * (c[1:] - c[:-1]) / np.where(dm.stop_gradient(width) == 0, 1.0, width), t[1:-1], k - 1
    made = ops.concatenate((c, np.zeros(ops.shape(t)[0] - ops.shape(c)[0])), axis=0)
    return Spline(t, c, k, spline.extrapolate) if isinstance(tck, Spline) else (t, made, k)


@replaces("scipy.interpolate.splantider")
def splantider(tck: Any, n: int = 1) -> Any:
    """The antiderivative of a spline, one of a higher degree, that is 0 at the first knot."""
    spline = single(tck, "splantider")
    t, c, k = spline.tck
    for _ in range(n):
        count = ops.shape(c)[0]
        steps = c * (t[k + 1 : k + 1 + count] - t[:count]) / (k + 1)
        total = ops.cumsum(steps, axis=0)
        c = ops.concatenate((total[:1] * 0.0, total), axis=0)
        t, k = ops.concatenate((t[:1], t, t[-1:]), axis=0), k + 1
    size = ops.shape(t)[0] - ops.shape(c)[0]
    padded = ops.concatenate((c, ops.broadcast_to(c[-1], shape=(size,))), axis=0)
    return Spline(t, c, k, spline.extrapolate) if isinstance(tck, Spline) else (t, padded, k)


@replaces("scipy.interpolate.splint")
def splint(a: Any, b: Any, tck: Any, full_output: int = 0) -> Any:
    """The integral of a spline, which is 0 outside of its knots."""
    if full_output:
        raise LiftError(f"splint{at_user_line()}: full_output has no derivative rule.")
    spline, several = of_tck(tck)
    ends = spline.t[spline.k], spline.t[ops.shape(spline.c)[0]]
    y = spline.integrate(np.clip(a, *ends), np.clip(b, *ends))
    return list(y) if several else y


# ---- UnivariateSpline ------------------------------------------------------------------------------------------------


class Univariate(Spline):
    """A spline with the outside of UnivariateSpline. ext: 0 extrapolate, 1 zeros, 2 error, 3 the value at the end."""

    def __init__(self, spline: Spline, ext: Any) -> None:
        super().__init__(spline.t, spline.c, spline.k)
        self.ext = {"extrapolate": 0, "zeros": 1, "raise": 2, "const": 3}.get(ext, ext)

    def __call__(self, x: Any, nu: int = 0, ext: Any = None) -> Any:
        """Values or derivatives."""
        ext = self.ext if ext is None else {"extrapolate": 0, "zeros": 1, "raise": 2, "const": 3}.get(ext, ext)
        return splev(x, Spline(self.t, self.c, self.k), nu, ext)

    def integral(self, a: Any, b: Any) -> Any:
        """The integral from a to b."""
        return splint(a, b, Spline(self.t, self.c, self.k))

    def derivatives(self, x: Any) -> Any:
        """All derivatives at a point."""
        return ops.stack(tuple(self(x, nu) for nu in range(self.k + 1)), axis=0)

    def get_knots(self) -> Any:
        """The distinct knots."""
        return np.unique(self.t)

    def get_coeffs(self) -> Any:
        """The coefficients."""
        return self.c


def univariate(call: Call) -> Any:
    """Interpolating and least-squares splines are linear in the values; so is one that found no need of inner knots."""
    if not traced_in(call.values):
        return call.as_given()
    refuse_others(call, "y")
    x = np.asarray(call["x"])
    chooses = call.values.get("s", 0) != 0
    if chooses and hidden_batch(call["y"]):
        raise LiftError(
            f"UnivariateSpline{at_user_line()}: each element of a batch would have knots of its own; use s=0."
        )
    plain = call.run({**call.values, "y": dm.primal(as_array(call["y"])) if chooses else np.zeros(len(x))})
    inner = plain.get_knots()[1:-1]
    if chooses and len(inner):
        raise LiftError(
            f"UnivariateSpline{at_user_line()}: with s={call['s']!r} the knots are chosen by the data, which has no "
            "derivative rule. Use s=0, or LSQUnivariateSpline with knots."
        )
    others: dict[str, Any] = {"w": call["w"], "k": call["k"], "bbox": call["bbox"]}
    t, _, k = plain._eval_args
    linear_fit = call.name == "LSQUnivariateSpline" or chooses

    def build(values: Any) -> Any:
        if linear_fit:
            return scipy.interpolate.LSQUnivariateSpline(x, values, inner, **others).get_coeffs()
        return scipy.interpolate.InterpolatedUnivariateSpline(x, values, **others).get_coeffs()

    def compute(values: Any) -> Any:
        made = [build(v) for v in np.reshape(values, (len(x), -1)).T]
        return np.stack(made, axis=-1) if values.ndim > 1 else made[0]

    count = len(plain.get_coeffs())
    return Univariate(Spline(t[: count + k + 1], affine(compute, as_array(call["y"])), k), call["ext"])


for class_name in ("UnivariateSpline", "InterpolatedUnivariateSpline", "LSQUnivariateSpline"):
    replacing(scipy.interpolate, class_name)(univariate)


@replaces("scipy.interpolate.UnivariateSpline.__call__")
def univariate_call(self: Any, x: Any, nu: int = 0, ext: Any = None) -> Any:
    """A plain spline at traced points."""
    t, c, k = self._eval_args
    count = len(t) - k - 1
    return Univariate(Spline(t, c[:count], k), self.ext)(x, nu, ext)


@replaces("scipy.interpolate.UnivariateSpline.integral")
def univariate_integral(self: Any, a: Any, b: Any) -> Any:
    """A plain spline over traced limits."""
    t, c, k = self._eval_args
    return splint(a, b, Spline(t, c[: len(t) - k - 1], k))
