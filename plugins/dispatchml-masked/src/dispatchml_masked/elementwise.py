"""Elementwise operations: masked where an argument is masked, and where numpy.ma masks what is outside a domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import inside_of, layer_of, made_of, put_around

from .parts import (
    NOMASK,
    UNMASKED,
    MaskedArray,
    attach_over,
    data_of,
    has_any,
    innermost,
    is_bare,
    is_known,
    made,
    mask,
    mask_inside,
    masked_array,
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
    ufunc = getattr(np, name, None)
    ufunc = ufunc if isinstance(ufunc, np.ufunc) and ufunc.nout == 1 else None
    direct = kept and ufunc is not None

    def where_nothing_is_masked(*arguments: Any, **keywords: Any) -> Any:
        if direct and not keywords:
            y = at_once(op, name, ufunc, arguments, harmless)
            if y is not NotImplemented:
                return y
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


#: What is outside of a domain, of plain floats; None where everything is inside.
PLAIN_DOMAINS: dict[str, Callable[..., Any] | None] = {
    "sqrt": lambda x: x < 0,
    "log": lambda x: x <= 0,
    "log2": lambda x: x <= 0,
    "log10": lambda x: x <= 0,
    "divide": lambda a, b: np.absolute(a) * TINY >= np.absolute(b),
}


def at_once(op: Any, name: str, ufunc: Any, arguments: tuple[Any, ...], harmless: float) -> Any:
    """The common case: masked arrays of plain floats of one shape, traced or not, beside each other and numbers.

    NotImplemented for everything else. Numbers below the mask are those of the first argument, as in numpy.ma.
    """
    known: list[Any] = []
    own: list[Any] = []
    m, first, owner, traced = NOMASK, None, None, False
    for x in arguments:
        cls = type(x)
        if cls is float or cls is int:
            known.append(x)
            continue
        inner = x
        if cls is not MaskedArray:
            if cls in UNMASKED:
                return NotImplemented
            traced = True
            while (info := layer_of(type(inner))) is not None and info.slot == "transform" and not inner._hides_axis:
                inner = info.payload(inner)  # type: ignore[misc]
            if type(inner) is not MaskedArray:
                return NotImplemented  # of one element of a batch, in units, or a carrier
        data = inner._data
        if type(data) is not np.ndarray or data.dtype.char not in "fd" or not data.ndim:
            return NotImplemented
        if first is None:
            first, owner = data, inner
        elif data.shape != first.shape or data.dtype is not first.dtype:
            return NotImplemented
        if cls is not MaskedArray:
            own.append(inner._mask)
        if inner._mask is not NOMASK:
            m = inner._mask if m is NOMASK or m is inner._mask else m | inner._mask
        known.append(data)
    if m is NOMASK or first is not known[0]:
        return NotImplemented
    domain = PLAIN_DOMAINS.get(name)
    if domain is None and name in DOMAINS:
        return NotImplemented
    if domain is not None:
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            found = domain(*known)
        if not traced:
            m = m | found
        elif any((found & ~k).any() for k in own):
            return NotImplemented  # what is outside is filled before it is computed
    statics = {"fill_value": owner._fill_value, "hard": owner._hardmask}
    if not traced:
        y = first.copy()
        ufunc(*known, out=y, where=~m)
        return masked_array(y, m.copy() if m is owner._mask else m, *statics.values())
    below = first.dtype.type(harmless)
    for k, x in enumerate(arguments):
        if type(x) is MaskedArray:
            known[k] = np.where(m, below, known[k])
        elif type(known[k]) is np.ndarray:
            known[k] = known[0] if k and x is arguments[0] else filled(x, below)
    return masked_over(op(*known), m, first, below, statics)


def filled(x: Any, number: Any) -> Any:
    """The traced data of a traced masked array with a number below its mask; what an operation before has computed is
    at hand.
    """

    def data(x: Any) -> Any:
        return np.where(x._mask, number, x._data) if type(x) is MaskedArray else None

    def tangent(dx: Any) -> Any:
        return empty(dx) if type(dx) is MaskedArray else None

    found = inside_of(x, data, tangent) if number == 1 else None
    return read_data(x, fill=number.item()) if found is None else found


def empty(dx: Any) -> Any:
    """The data of a plain tangent, zero where it is masked."""
    return dx._data if dx._mask is NOMASK else np.where(dx._mask, dx.dtype.type(0), dx._data)


def masked_over(y: Any, m: Any, below: Any, number: Any, statics: dict[str, Any]) -> Any:
    """A traced masked array of data that an operation has just computed, with other numbers below the mask."""
    kind = below.dtype

    def value(y: Any) -> Any:
        return masked_array(np.where(m, below, y), m.copy(), *statics.values()) if is_like(y, below) else None

    def tangent(dy: Any) -> Any:
        return masked_array(np.where(m, kind.type(0), dy), m.copy(), *statics.values()) if is_like(dy, below) else None

    made = put_around(y, value, tangent)
    if made is not None:
        return made
    made = attach_over(y, m, below, **statics)
    computed = plain_payload(y)
    if number == 1 and computed is not None and is_like(computed, below):
        computed[m] = 1  # so that the next operation need not fill it; nothing else has seen what is below the mask
        made_of(made, y)
    return made


def plain_payload(y: Any) -> Any:
    """The array that an operation below one derivative has just made; None where it is something else, or shared."""
    info = layer_of(type(y))
    found = None if info is None or info.payload is None else info.payload(y)
    return found if type(found) is np.ndarray and found.base is None and found.flags.writeable else None


def is_like(y: Any, x: Any) -> bool:
    """Whether a value is a plain array of the shape and dtype of another one."""
    return type(y) is np.ndarray and y.shape == x.shape and y.dtype is x.dtype


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
        every = ops.all(m)
        if is_known(every) and type(x) in (int, float, complex):
            return type(x)(harmless) if every else x
        return replaced(x, every, harmless)
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
