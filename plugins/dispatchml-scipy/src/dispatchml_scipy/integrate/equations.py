"""odeint, and solve_ivp with LSODA, whose steps are taken by compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, TracerConversionError, at_user_line

from ..calls import Call, as_tuple, replacing
from ..errors import SingularSolutionError
from ..implicit import (
    as_array,
    as_vector,
    hidden_batch,
    not_converged,
    order_of,
    run_plain,
    traced_in,
    with_value,
    with_values,
)
from ..user_functions import lifted, substituted
from .flows import Flow, flow


def rate_of(tree: Any, values: Any, *, swapped: bool = False, columns: bool = False) -> Any:
    """The right-hand side with values in the places of the traced ones. tree: the function and its arguments."""

    made = substituted(tree, values)

    def rate(t: Any, y: Any, given: Any) -> Any:
        f, args = made(given)
        if columns:
            return as_vector(f(t, ops.expand_dims(y, axis=-1), *args))
        return as_vector(f(y, t, *args) if swapped else f(t, y, *args))

    return rate


# ---- odeint ----------------------------------------------------------------------------------------------------------


@replacing(scipy.integrate, "odeint")
def odeint(call: Call) -> Any:
    """Every keyword; the initial state, the times and all that the right-hand side depends on have derivatives."""
    if not traced_in(call.values):
        return call.as_given()
    tree = (call["func"], as_tuple(call["args"]))
    values = traced_in(tree)
    said: list[Any] = []
    others = {
        k: dm.primal(v) for k, v in call.values.items() if k in call.named and k not in ("func", "y0", "t", "args")
    }
    others["tfirst"] = True
    if call["Dfun"] is not None:
        others["Dfun"] = None

    def run(rate: Any, y0: Any, t0: float, times: Any) -> Any:
        plain_function, plain_args = with_values(tree, [dm.primal(v) for v in values]) if values else tree
        extra = {"Dfun": jacobian_for(call, plain_args)} if call["Dfun"] is not None else {}
        states, about = scipy.integrate.odeint(
            rate, y0, np.concatenate(([t0], times)), **{**others, **extra, "full_output": True}
        )
        if about["message"] != "Integration successful.":
            raise not_converged("odeint", about["message"])
        said[:] = [about]
        return states[1:]

    settings: dict[str, Any] = {
        name: 1.49012e-8 if call[name] is None else dm.primal(call[name]) for name in ("rtol", "atol")
    }
    settings["rtol"] = np.min(settings["rtol"])
    if call["hmax"]:
        settings["max_step"] = float(call["hmax"])
    y0, t = as_vector(call["y0"]), as_vector(call["t"])
    problem = Flow("odeint", rate_of(tree, values, swapped=not call["tfirst"]), run, settings)
    states = flow((y0, t[0], t[1:], *values), problem=problem)
    states = ops.concatenate((ops.expand_dims(y0, axis=0), states), axis=0)
    return (states, said[0]) if call["full_output"] else states


def jacobian_for(call: Call, args: Any) -> Any:
    """The user's Jacobian with the time first."""
    if call["tfirst"]:
        return lambda t, y: call["Dfun"](t, y, *args)
    return lambda t, y: call["Dfun"](y, t, *args)


# ---- solve_ivp -------------------------------------------------------------------------------------------------------


def is_lsoda(method: Any) -> bool:
    """Whether a method is LSODA."""
    return method is scipy.integrate.LSODA or isinstance(method, str) and method.upper() == "LSODA"


#: What is said where a batch cannot be solved as a whole.
WHOLE = (
    "solve_ivp(..., method='LSODA', t_eval=times), without events= and dense_output=, and odeint solve a whole batch "
    "at once."
)


def in_steps(call: Call) -> Any:
    """A batch by the steps of a method that is Python code, as long as its elements agree about these."""
    try:
        return call.as_given()
    except TracerConversionError as error:
        error.in_batches = WHOLE
        raise


@replacing(scipy.integrate, "solve_ivp")
def solve_ivp(call: Call) -> Any:
    """LSODA; the other methods are SciPy's own Python code, which is run with traced values."""
    batched = any(map(hidden_batch, traced_in(call.values)))
    if not is_lsoda(call["method"]):
        return in_steps(call) if batched else NotImplemented
    if not traced_in(call.values):
        return call.as_given()
    ragged = call["t_eval"] is None or call["events"] is not None or call["dense_output"]
    if ragged and batched:
        error = LiftError(
            f"solve_ivp{at_user_line()}: in a batch (vmap) each element would have steps, events and interpolants of "
            "its own. Ask for the same times of all with t_eval=, without events= and dense_output=."
        )
        error.in_batches = WHOLE
        raise error
    args = () if call["args"] is None else tuple(call["args"])
    tree = (call["fun"], args)
    values = traced_in(tree)
    said: list[Any] = []
    times_asked = None if call["t_eval"] is None else as_vector(call["t_eval"])

    def first_run(given: Any) -> Any:
        r = call.run(given)
        said[:] = [r]
        return r.t, r.y, bool(r.success)

    plain_t, plain_y, success = run_plain(first_run, call.values)
    r = said[0]
    if not np.all(dm.primal(success)):
        raise not_converged("solve_ivp", r.message)
    options = call.values.get("options", {})
    settings = {"rtol": dm.primal(options.get("rtol", 1e-3)), "atol": dm.primal(options.get("atol", 1e-6))}
    if "max_step" in options:
        settings["max_step"] = options["max_step"]
    problem = Flow("solve_ivp", rate_of(tree, values, columns=bool(call["vectorized"])), None, settings)
    y0 = as_vector(call["y0"])
    t0, end = (x if hasattr(x, "dtype") else float(x) for x in call["t_span"])

    def states_at(times: Any) -> Any:
        return flow((y0, t0, times, *values), problem=problem)

    event_times = [event_times_of(call, k, tree, r, states_at, problem, values) for k in range(len(r.t_events or ()))]
    times = times_of(plain_t, times_asked, t0, end, r, event_times)
    r.y = with_value(plain_y, ops.matrix_transpose(states_at(times)))
    r.t = times
    if r.t_events is not None:
        r.y_events = [
            with_value(plain, states_at(t)) if len(plain) else plain
            for plain, t in zip(r.y_events, event_times, strict=True)
        ]
        r.t_events = event_times
    if r.sol is not None:
        r.sol = Dense(r.sol, states_at)
    return r


def times_of(plain: Any, asked: Any, t0: Any, end: Any, r: Any, event_times: Any) -> Any:
    """The times of a result: those asked for, or the steps, of which the ends move with the span or a last event."""
    if asked is not None:
        return asked if ops.shape(asked) == ops.shape(plain) else asked[: ops.shape(plain)[-1]]
    last = end
    if r.status == 1:
        ends = [t[-1] for t in event_times if len(t) and float(dm.primal(t[-1])) == float(r.t[-1])]
        last = ends[0]
    if not order_of(t0) and not order_of(last):
        return plain
    return with_value(
        plain, ops.concatenate((ops.stack((t0,), axis=0), plain[1:-1], ops.stack((last,), axis=0)), axis=0)
    )


def event_times_of(call: Call, k: int, tree: Any, r: Any, states_at: Any, problem: Flow, values: Any) -> Any:
    """The times of an event: where its function is 0 on the moving solution."""
    plain = r.t_events[k]
    if not len(plain):
        return plain
    events = call["events"]
    event = lifted(events if callable(events) else events[k])
    args = tree[1]

    def at(times: Any) -> Any:
        states = states_at(times)
        return ops.stack(tuple(as_array(event(times[i], states[i], *args)) for i in range(len(plain))), axis=0)

    values_now = at(plain)
    order = order_of(values_now)
    if not order:
        return plain
    slopes = dm.stop_gradient(dm.jvp(at, (plain,), (np.ones_like(plain),))[1])
    if not np.all(dm.primal(slopes)):
        raise SingularSolutionError(
            f"solve_ivp{at_user_line()}: event {k} only touches 0, so its time is no differentiable function."
        )
    times: Any = plain
    for _ in range(order):
        g = at(times)
        times = ops.subtract(times, ops.divide(ops.subtract(g, dm.stop_gradient(g)), slopes))
    return times


class Dense:
    """What stands for an OdeSolution with traced states: called with times, it gives states."""

    def __init__(self, plain: Any, states_at: Any) -> None:
        self.plain, self.states_at = plain, states_at
        self.t_min, self.t_max, self.ts = plain.t_min, plain.t_max, plain.ts

    def __call__(self, t: Any) -> Any:
        """States at one time, (n,), or at several, (n, len(t)); times outside of the solution are refused."""
        now = np.asarray(dm.primal(t))
        slack = 1e-9 * (self.t_max - self.t_min)
        if np.any(now < self.t_min - slack) or np.any(now > self.t_max + slack):
            raise ValueError(
                f"sol(t){at_user_line()}: there are no derivatives outside of the solution, which goes from "
                f"{self.t_min:g} to {self.t_max:g}."
            )
        states = self.states_at(ops.reshape(as_array(t), shape=(-1,)))
        states = ops.matrix_transpose(states) if now.ndim else states[0]
        return with_value(self.plain(now), states)
