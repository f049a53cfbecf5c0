"""Differential equations between quantities with units, solved by SciPy's solvers, which know bare numbers only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.integrate

from .integrate.equations import is_lsoda
from .integrate.equations import solve_ivp as with_lsoda


def solve_ivp(
    fun: Callable[..., Sequence[Any]], t_span: Any, y0: Sequence[Any], *, t_eval: Any = None,
    args: tuple[Any, ...] = (), **options: Any,
) -> Any:  # fmt: skip
    """`scipy.integrate.solve_ivp` of a state that is a list of quantities, each with a unit and a shape of its own.

    fun(t, y, *args): t a quantity, y a list of quantities with the units and shapes of those of y0; it returns their
    rates, in any unit of y over t. t_span, t_eval: quantities of time. options: those of SciPy's function: method,
    rtol, atol (of bare numbers in the units of y0), max_step and so on; without events, jac and dense_output.

    Returns SciPy's result, with t a quantity and y a list of quantities whose last axis is that of the times. The
    quantities are pint's, or have `units` and `m_as` as these have. Derivatives are taken through it as through SciPy's
    function, after `dispatchml.lift.enable("scipy.integrate")`.

    Raises the units' own error where a rate is no rate of its quantity, TypeError for options that have bare numbers.

    >>> import pint
    >>> from dispatchml_scipy import quantities
    >>> unit = pint.UnitRegistry()
    >>> def fall(t, y):
    ...     height, speed = y
    ...     return [speed, -9.81 * unit.m / unit.s**2]
    >>> start = [unit.Quantity(2.0, "km"), unit.Quantity(0.0, "km/hour")]
    >>> fallen = quantities.solve_ivp(fall, unit.Quantity([0.0, 10.0], "s"), start, rtol=1e-9)
    >>> fallen.y[0][-1].to("m").round(3)
    <Quantity(1509.5, 'meter')>
    """
    refused = {"events", "jac", "jac_sparsity", "dense_output", "vectorized"} & set(options)
    if refused:
        raise TypeError(f"quantities.solve_ivp takes no {', '.join(sorted(refused))}: they are of bare numbers.")
    time = t_span[0].units
    units = [q.units for q in y0]
    shapes = [np.shape(q) for q in y0]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]

    def bare(quantities: Sequence[Any], of: Sequence[Any]) -> Any:
        parts = [np.ravel(q.m_as(unit)) for q, unit in zip(quantities, of, strict=True)]
        return np.concatenate(parts)

    def rates(t: Any, y: Any) -> Any:
        pieces = np.split(y, ends)
        state = [np.reshape(p, shape) * unit for p, shape, unit in zip(pieces, shapes, units, strict=True)]
        return bare(fun(t * time, state, *args), [unit / time for unit in units])

    times = None if t_eval is None else t_eval.m_as(time)
    solver = with_lsoda if is_lsoda(options.get("method")) else scipy.integrate.solve_ivp
    found = solver(rates, (t_span[0].m_as(time), t_span[1].m_as(time)), bare(y0, units), t_eval=times, **options)
    found.t = found.t * time
    found.y = [
        np.reshape(rows, (*shape, -1)) * unit
        for rows, shape, unit in zip(np.split(found.y, ends), shapes, units, strict=True)
    ]
    return found
