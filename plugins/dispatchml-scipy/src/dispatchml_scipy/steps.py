"""What the solvers of initial value problems choose is constant to derivatives: step sizes, errors, Newton's matrices.

The solution depends on these by less than the tolerance, and its derivative without them is smooth.
`dispatchml.lift.enable(..., exact_steps=True)` differentiates step sizes, too. The matrices of the implicit methods
steer their iterations only, whose fixed point does not depend on them.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.engines.traced import Traced, hidden_axes
from dispatchml.lift import replaces
from dispatchml.lift.buffers import held
from dispatchml.lift.packages import STATE
from dispatchml.rules.registry import batch, linear

from .dual_stages import DualStages

VERSIONS = ">=1.11,<1.19"


def constant(name: str, exact: bool = True) -> None:
    """Let a function give constants: it runs on plain values. exact: it runs traced where exact steps are asked for."""

    def on_plain_values(*arguments: Any, **keywords: Any) -> Any:
        if exact and STATE.exact_steps or any(is_batched(x) for x in arguments):
            return NotImplemented  # in a batch the elements have steps of their own, which is refused at the branch
        return original(name)(*map(plain, arguments), **{k: plain(v) for k, v in keywords.items()})

    on_plain_values.__name__ = name.rpartition(".")[2]
    replaces(name, versions=VERSIONS)(on_plain_values)


def original(name: str) -> Callable[..., Any]:
    """The library's own function."""
    from dispatchml.lift.replaced import SWITCHES, imported

    found = imported(name)
    return getattr(found, "__wrapped__", found) if id(found) not in SWITCHES else found


def is_batched(x: Any) -> bool:
    """Whether a value has an axis of a batch."""
    x = held(x)
    return isinstance(x, Traced) and hidden_axes(x) > 0


def plain(x: Any) -> Any:
    """A value without derivatives; a function whose results have none."""
    if isinstance(x, (types.FunctionType, types.MethodType)):
        return lambda *arguments: dm.primal(x(*arguments))
    return dm.primal(x)


for method in ("rk.RungeKutta", "rk.DOP853"):
    constant(f"scipy.integrate._ivp.{method}._estimate_error_norm")
constant("scipy.integrate._ivp.common.select_initial_step")
constant("scipy.integrate._ivp.radau.predict_factor")
constant("scipy.integrate._ivp.common.norm")
constant("scipy.integrate._ivp.common.num_jac", exact=False)


# ---- the step of an explicit method ----------------------------------------------------------------------------------


@operation(variadic=True)
def weighted_sum(arrays: Any, *, weights: Any = ()) -> Any:
    """The sum of arrays of one shape, (n,), each times a plain number."""


@weighted_sum.register
def weighted_sum_of_arrays(arrays: np.ndarray, *, weights: Any = ()) -> Any:
    return np.dot(np.array(arrays).T, weights)  # in the order in which SciPy adds


@weighted_sum.decompose
def weighted_sum_of_products(arrays: Any, *, weights: Any = ()) -> Any:
    products = [ops.multiply(x, float(w)) for x, w in zip(arrays, weights, strict=True)]
    total = products[0]
    for x in products[1:]:
        total = ops.add(total, x)
    return total


def weighted_sum_transpose(ct: Any, like: Any, *, weights: Any = ()) -> Any:
    return tuple(ops.multiply(ct, w) for w in weights.tolist())


linear(weighted_sum, transpose=weighted_sum_transpose)


@batch(weighted_sum)
def weighted_sum_in_batch(arguments: Any, batched: Any, size: int, *, weights: Any = ()) -> Any:
    return weighted_sum_of_products(arguments, weights=weights)


@operation(variadic=True)
def stage(arrays: Any, *, weights: Any = (), step: float = 1.0) -> Any:
    """The first of some arrays of one shape, (n,), plus the weighted sum of the others times the step, a number."""


@stage.register
def stage_of_arrays(arrays: np.ndarray, *, weights: Any = (), step: float = 1.0) -> Any:
    return arrays[0] + np.dot(np.array(arrays[1:]).T, weights) * step


@stage.decompose
def stage_of_products(arrays: Any, *, weights: Any = (), step: float = 1.0) -> Any:
    return ops.add(arrays[0], ops.multiply(weighted_sum(tuple(arrays[1:]), weights=weights), step))


def stage_transpose(ct: Any, like: Any, *, weights: Any = (), step: float = 1.0) -> Any:
    whole = ops.multiply(ct, step)
    return ct, *(ops.multiply(whole, w) for w in weights.tolist())


linear(stage, transpose=stage_transpose)


@batch(stage)
def stage_in_batch(arguments: Any, batched: Any, size: int, *, weights: Any = (), step: float = 1.0) -> Any:
    return ops.add(arguments[0], ops.multiply(weighted_sum_of_products(arguments[1:], weights=weights), step))


@replaces("scipy.integrate._ivp.rk.rk_step", versions=VERSIONS, buffers=True)
def rk_step(fun: Any, t: Any, y: Any, f: Any, h: Any, A: Any, B: Any, C: Any, K: Any) -> Any:
    """The formulas of the library's function, with a stage, or with its sum, as one operation."""
    y, stages = held(y), [held(f)]
    constant_step = isinstance(h, (float, np.float64))
    rows = DualStages.of(y, len(C) + 1) if constant_step else None

    def state(weights: Any) -> Any:
        nonlocal rows
        if rows is not None and rows.add(stages[-1]):
            return rows.state(weights, h)
        rows = None
        if constant_step:
            return stage((y, *stages), weights=weights, step=h)
        return y + h * weighted_sum(tuple(stages), weights=weights)

    for s in range(1, len(C)):
        there = state(A[s, :s])
        stages.append(held(fun(t + C[s] * h, there)))
    y_new = state(B)
    f_new = held(fun(t + h, y_new))
    K[...] = rows.all() if rows is not None and rows.add(f_new) else ops.stack((*stages, f_new))
    return y_new, f_new
