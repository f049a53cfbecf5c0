"""Elementwise operations on uncertain numbers: n numbers cost n linear combinations, not a jacobian of n by n."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dispatch.operation import Operation
from ..engines.forward import Dual, dual
from ..engines.levels import Level
from ..engines.slopes import float_slopes
from ..engines.views import current
from ..rules.registry import rule_of
from .values import assembled, first_number, is_uncertain, refuse_complex, values_of

if TYPE_CHECKING:
    from .numbers import Uncertain


def slopes_of(op: Operation, values: list[Any], active: list[int], keywords: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The value of an elementwise operation and its partial derivatives in some of its arguments, by its rule."""
    y: Any = None
    found = []
    for k in active:
        one = np.ones_like(values[k]) if isinstance(values[k], np.ndarray) else 1.0
        with Level(op.name) as level:
            given = (*values[:k], dual(values[k], one, level), *values[k + 1 :])
            made = op.function(*given, **keywords)
        traced = type(made) is Dual and made._level is level
        y = current(made) if traced else made
        slope = made._partials if traced else np.zeros_like(y)
        if slope != slope if type(slope) is float else np.any(np.not_equal(slope, slope)):  # 0 * inf inside
            slope = careful_slope(op, values, k, keywords, one)
        found.append(slope)
    return y, found


def careful_slope(op: Operation, values: list[Any], k: int, keywords: dict[str, Any], one: Any) -> Any:
    """The partial derivative by a whole transform."""
    from ..transforms import jvp

    def along(x: Any) -> Any:
        return op.function(*values[:k], x, *values[k + 1 :], **keywords)

    return jvp(along, (values[k],), (one,))[1]


def elementwise_of_numbers(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """An elementwise operation on single numbers: by functions of floats where these have an answer."""
    general = by_duals(op, known)
    cls, mean, combine = known.cls, known.mean, known.combine
    if op.keywords or op.arity > 2:
        return general
    if op.arity == 1:
        slope = float_slopes(op, (0,))
        if slope is None:
            return general

        def on_number(x: Any) -> Any:
            try:
                y, p = slope(mean(x))
            except (ArithmeticError, ValueError):
                return general(x)
            if type(y) is not float or type(p) is not float or p != p:
                return general(x)
            return combine(y, ((p, x),) if p else (), x)

        return on_number
    both, first, second = (float_slopes(op, active) for active in ((0, 1), (0,), (1,)))
    if both is None or first is None or second is None:
        return general

    def on_two_numbers(a: Any, b: Any) -> Any:
        try:
            if not isinstance(b, cls):
                y, p, q, like = *first(mean(a), b), 0.0, a
            elif isinstance(a, cls):
                y, p, q, like = *both(mean(a), mean(b)), a
            else:
                (y, q), p, like = second(a, mean(b)), 0.0, b
        except (ArithmeticError, ValueError, TypeError):
            return general(a, b)
        if type(y) is not float or type(p) is not float or type(q) is not float or p != p or q != q:
            return general(a, b)
        if p and q:
            return combine(y, ((p, a), (q, b)), like)
        return combine(y, ((p, a),) if p else ((q, b),) if q else (), like)

    return on_two_numbers


def by_duals(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """An elementwise operation on single numbers of any kind, by dual numbers."""
    rule = rule_of(op)
    quiet = rule is not None and (rule.singular or rule.kind == "function")

    def on_numbers(*arguments: Any, **keywords: Any) -> Any:
        active = [k for k, x in enumerate(arguments) if isinstance(x, known.cls)]
        values = [known.mean(x) if k in active else x for k, x in enumerate(arguments)]
        if quiet:
            with np.errstate(all="ignore"):
                y, slopes = slopes_of(op, values, active, keywords)
        else:
            y, slopes = slopes_of(op, values, active, keywords)
        if type(y) is not float:
            refuse_complex(y, op, known)
        terms = [(float(p), arguments[k]) for p, k in zip(slopes, active, strict=True) if p != 0]
        return known.combine(float(y), terms, arguments[active[0]])

    return on_numbers


def elementwise_of_arrays(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """An elementwise operation on object arrays."""

    def on_arrays(*arguments: Any, **keywords: Any) -> Any:
        active = [k for k, x in enumerate(arguments) if is_uncertain(x, known)]
        values = [values_of(x, known) for x in arguments]
        with np.errstate(all="ignore"):
            y, slopes = slopes_of(op, values, active, keywords)
        refuse_complex(y, op, known)
        terms = [(p, arguments[k]) for p, k in zip(slopes, active, strict=True)]
        return assembled(y, terms, known, first_number(arguments, known))

    return on_arrays
