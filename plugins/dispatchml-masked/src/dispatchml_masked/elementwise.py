"""Elementwise operations: masked where an argument is masked, and where numpy.ma masks what is outside a domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops

from .parts import (
    NOMASK,
    data_of,
    has_any,
    innermost,
    is_bare,
    made,
    mask,
    mask_inside,
    read_data,
    replaced,
    statics_of,
    united,
)

Rule = Callable[..., Any]
TINY = np.finfo(float).tiny
#: Numbers inside the domain, for masked elements of operations that are singular at 1.
INSIDE = {
    "arccos": 0.5, "arcsin": 0.5, "arctanh": 0.5, "logit": 0.5, "erfinv": 0.5, "ndtri": 0.5, "arccosh": 2,
    "erfcinv": 0.5, "zeta": 2, "tan": 0.5,
}  # fmt: skip


# ---- domains, as numpy.ma has them -----------------------------------------------------------------------------------


def zero_of(x: Any) -> Any:
    """Zero in the units of x."""
    return 0 if is_bare(x) else ops.zeros_like(x)


def negative(x: Any) -> Any:
    """Outside the domain of the square root."""
    return ops.less(x, zero_of(x))


def not_positive(x: Any) -> Any:
    """Outside the domain of the logarithm."""
    return ops.less_equal(x, zero_of(x))


def above_one(x: Any) -> Any:
    """Outside the domain of arcsin and arccos."""
    return ops.greater(ops.absolute(x), 1)


def not_below_one(x: Any) -> Any:
    """Outside the domain of arctanh."""
    return ops.greater(ops.absolute(x), 1 - 1e-15)


def below_one(x: Any) -> Any:
    """Outside the domain of arccosh."""
    return ops.less(x, 1)


def pole_of_tan(x: Any) -> Any:
    """Where the tangent has a pole."""
    return ops.less(ops.absolute(ops.cos(x)), 1e-35)


def unsafe_divisor(a: Any, b: Any) -> Any:
    """Divisors that are zero, or too small for the dividend."""
    if not (is_bare(a) and is_bare(b)) or "O" in (ops.dtype(a).kind, ops.dtype(b).kind):
        return ops.equal(b, zero_of(b))
    return ops.greater_equal(ops.multiply(ops.absolute(a), TINY), ops.absolute(b))


#: Operation -> which argument values are outside the domain.
DOMAINS: dict[str, Rule] = {
    "sqrt": negative,
    "log": not_positive,
    "log2": not_positive,
    "log10": not_positive,
    "arcsin": above_one,
    "arccos": above_one,
    "arccosh": below_one,
    "arctanh": not_below_one,
    "tan": pole_of_tan,
    "divide": unsafe_divisor,
    "floor_divide": unsafe_divisor,
    "remainder": unsafe_divisor,
    "fmod": unsafe_divisor,
}


def outside(name: str, values: list[Any], m: Any) -> Any:
    """Where arguments are outside the domain of an operation: True, or `nomask`.

    Complex numbers are in every domain but that of a quotient.
    """
    domain = DOMAINS.get(name)
    if domain is None or (len(values) == 1 and ops.dtype(values[0]).kind == "c"):
        return NOMASK
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        found = domain(*map(ops.stop_gradient, values))
    found = np.bool_(found) if isinstance(found, bool) else found
    return found if has_any(found) else NOMASK


# ---- the rules -------------------------------------------------------------------------------------------------------


def elementwise(op: Any) -> Rule:
    """The rule of an elementwise operation."""
    name = op.info.name
    harmless = INSIDE.get(name, 1)
    kept = name not in PREDICATES

    def where_nothing_is_masked(*arguments: Any, **keywords: Any) -> Any:
        inside = [innermost(x) for x in arguments]
        masks = [mask_inside(x, inner) for x, inner in zip(arguments, inside, strict=True)]
        if not kept:
            return truth_of(op, [data_of(x) for x in arguments], masks, keywords)
        values = [
            x if inner is None else read_data(x, fill=filling(x, harmless) if has_any(own) else None)
            for x, inner, own in zip(arguments, inside, masks, strict=True)
        ]
        beyond = outside(name, values, masks)
        m = united(*masks, beyond)
        if beyond is not NOMASK:
            values = [within(x, m, harmless) for x in values]
        first = next((x for x, own in zip(arguments, masks, strict=True) if own is not NOMASK), arguments[0])
        y = op(*values, **keywords)
        if has_any(m):
            y = as_before(y, below(arguments[0], inside[0]), m)
        return made(y, m, statics_of(first))

    return where_nothing_is_masked


def truth_of(op: Any, values: list[Any], masks: list[Any], keywords: dict[str, Any]) -> Any:
    """Comparisons and their kin, also of what is below the mask; below the masks of an equality, that of the masks."""
    y, m = op(*values, **keywords), united(*masks)
    y = np.bool_(y) if isinstance(y, bool) else y
    if op.info.name in ("equal", "not_equal") and has_any(m):
        y = ops.where(m, op(*(ops.logical_or(k, np.False_) for k in masks)), y)
    return made(y, m)


def below(x: Any, inner: Any) -> Any:
    """The numbers of an argument, as constants, for what is below a mask."""
    if type(inner) is np.ma.MaskedArray and inner.ndim and inner.ndim == ops.ndim(x):
        return inner._data
    return data_of(ops.stop_gradient(x))


def as_before(y: Any, x: Any, m: Any) -> Any:
    """A result with the data of the first argument below the mask, as in numpy.ma; with zeros where there are units."""
    if not has_any(m):
        return y
    if not (is_bare(x) and is_bare(y)):
        return ops.where(m, ops.zeros_like(y), y)
    kind, before = ops.dtype(y), x if type(x) is np.ndarray else ops.stop_gradient(x)
    if kind.kind not in "fciu" or not np.can_cast(ops.dtype(before), kind, "same_kind"):
        return y
    if type(before) not in (int, float, complex) and ops.dtype(before) != kind:
        before = ops.astype(before, dtype=kind)
    return ops.where(m, before, y)


def filling(x: Any, harmless: float) -> Any:
    """A number for what is below a mask, in the kind of the array."""
    return harmless if ops.dtype(x).kind in "fcO" else 1


def within(x: Any, m: Any, harmless: float) -> Any:
    """x with a number inside the domain where the mask is. A number stays a number where all is masked."""
    if ops.ndim(x) == 0 and ops.ndim(m) > 0:
        return replaced(x, ops.all(m), harmless)
    return replaced(x, m, harmless)


PREDICATES = frozenset(
    "equal not_equal less less_equal greater greater_equal isnan isinf isfinite signbit logical_and logical_or "
    "logical_not logical_xor isclose".split()
)


def power(a: Any, b: Any) -> Any:
    """As numpy.ma: what is not finite is masked."""
    m = united(mask(a), mask(b))
    x, y = data_of(a), data_of(b)
    if has_any(mask(a)):
        x = within(x, m, 1)
    if has_any(mask(b)):
        y = within(y, m, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = ops.logical_not(ops.isfinite(ops.power(ops.stop_gradient(x), ops.stop_gradient(y))))
    found = np.bool_(found) if isinstance(found, bool) else found
    if has_any(found):
        m = united(m, found)
        x, y = within(x, m, 1), within(y, m, 1)
    return made(as_before(ops.power(x, y), data_of(a), m), m, statics_of(a if mask(a) is not NOMASK else b))


def where(condition: Any, a: Any, b: Any) -> Any:
    """As numpy.ma.where: masked where the condition is, and where what is chosen is."""
    chosen = replaced(data_of(condition), mask(condition), 0)
    masks = mask(a), mask(b)
    m = mask(condition)
    if any(k is not NOMASK for k in masks):
        m = united(m, ops.where(chosen, *masks))
    y = ops.where(chosen, data_of(a), data_of(b))
    return made(y, m, statics_of(a if masks[0] is not NOMASK else b))


def stop_gradient(x: Any) -> Any:
    """The same as a constant."""
    return made(ops.stop_gradient(data_of(x)), mask(x), statics_of(x))


def strong_multiply(a: Any, b: Any) -> Any:
    """A product in which zeros win, which derivatives use."""
    m = united(mask(a), mask(b))
    y = (
        ops.strong_multiply(within(data_of(a), m, 0), within(data_of(b), m, 0))
        if has_any(m)
        else ops.strong_multiply(data_of(a), data_of(b))
    )
    return made(y, m, statics_of(a))


PARTICULAR = {f.__name__: f for f in (power, where, stop_gradient, strong_multiply)}
