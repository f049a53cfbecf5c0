"""Making masked arrays of traced values: the constructor and numpy.ma's masked_where and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import lent

from .parts import NOMASK, attach, data_of, innermost, is_traced, mask, replaced, statics_of, united
from .views import under_mask, write_mask


def masked_array(
    data: Any,
    mask_given: Any = NOMASK,
    dtype: Any = None,
    copy: bool = False,
    subok: bool = True,
    ndmin: int = 0,
    fill_value: Any = None,
    keep_mask: bool = True,
    hard_mask: bool | None = None,
    shrink: bool = True,
    order: Any = None,
    **keywords: Any,
) -> Any:
    """numpy.ma.array of traced data: a traced masked array."""
    mask_given = keywords.pop("mask", mask_given)
    if keywords:
        raise TypeError(f"numpy.ma.array takes no keyword {next(iter(keywords))!r}")
    if isinstance(data, (list, tuple)):
        data = ops.stack(tuple(data))
    data = ops.positive(data) if copy else lent(data)
    statics = statics_of(data)
    old, plain = mask(data), data_of(data)
    if dtype is not None:
        plain = ops.astype(plain, dtype=np.dtype(dtype))
    if ndmin > ops.ndim(plain):
        plain = ops.reshape(plain, shape=(*(1,) * (ndmin - ops.ndim(plain)), *ops.shape(plain)))
    m = as_mask(mask_given, ops.shape(plain))
    if keep_mask:
        m = united(old, m)
    if fill_value is not None:
        statics["fill_value"] = fill_value
    if hard_mask is not None:
        statics["hard"] = bool(hard_mask)
    if copy or dtype is not None or ndmin > ops.ndim(data) or not is_traced(data):
        return attach(plain, m, **statics)
    same = innermost(data) is not None and old is not NOMASK and m is old and statics == statics_of(data)
    return ops.getitem(data, index=Ellipsis) if same else under_mask(data, m, **statics)


def as_mask(given: Any, shape: tuple[int, ...]) -> Any:
    """A mask as it is given: a truth value for all, or an array of them."""
    if given is NOMASK or given is None or given is False:
        return NOMASK
    given = condition_of(given)
    if ops.shape(given) != shape:
        if int(np.prod(ops.shape(given))) == int(np.prod(shape)):
            return ops.reshape(given, shape=shape)
        return ops.broadcast_to(given, shape=shape)
    return given


def condition_of(given: Any) -> Any:
    """A condition as truth values without a mask: what is masked does not hold."""
    if isinstance(given, (list, tuple)):
        given = np.asarray(given)
    truth = replaced(data_of(given), mask(given), 0)
    if is_traced(truth) and ops.dtype(truth).kind != "b":
        truth = ops.not_equal(truth, 0)
    return np.asarray(truth, bool) if isinstance(truth, (np.ndarray, np.generic, bool, int, float)) else truth


def masked_where(condition: Any, a: Any, copy: bool = True) -> Any:
    """numpy.ma.masked_where."""
    m = condition_of(condition)
    if ops.shape(m) and ops.shape(m) != ops.shape(a):
        raise IndexError(
            f"Inconsistent shape between the condition and the input (got {ops.shape(m)} and {ops.shape(a)})"
        )
    m = m if ops.shape(m) else np.bool_(m)
    whole = united(mask(a), m)
    if copy or not is_traced(a):
        return attach(data_of(a), whole, **statics_of(a))
    if innermost(a) is None:
        return under_mask(a, whole)
    write_mask(a, whole)  # the mask is one with that of a
    return ops.getitem(a, index=Ellipsis)


def comparing(name: str) -> Any:
    """masked_equal, masked_greater, ..."""

    def implementation(x: Any, value: Any, copy: bool = True) -> Any:
        found = masked_where(getattr(ops, name)(ops.stop_gradient(x), ops.stop_gradient(value)), x, copy)
        if name == "equal" and not is_traced(value):
            return masked_array(found, fill_value=value)
        return found

    return implementation


def masked_inside(x: Any, v1: Any, v2: Any, copy: bool = True) -> Any:
    """numpy.ma.masked_inside."""
    low, high = (v1, v2) if v1 <= v2 else (v2, v1)
    return masked_where(ops.logical_and(ops.greater_equal(x, low), ops.less_equal(x, high)), x, copy)


def masked_outside(x: Any, v1: Any, v2: Any, copy: bool = True) -> Any:
    """numpy.ma.masked_outside."""
    low, high = (v1, v2) if v1 <= v2 else (v2, v1)
    return masked_where(ops.logical_or(ops.less(x, low), ops.greater(x, high)), x, copy)


def masked_invalid(a: Any, copy: bool = True) -> Any:
    """numpy.ma.masked_invalid."""
    return masked_where(ops.logical_not(ops.isfinite(data_of(ops.stop_gradient(a)))), a, copy)


def masked_values(
    x: Any, value: Any, rtol: float = 1e-5, atol: float = 1e-8, copy: bool = True, shrink: bool = True
) -> Any:
    """numpy.ma.masked_values."""
    close = ops.isclose(ops.stop_gradient(data_of(x)), value, rtol=rtol, atol=atol)
    return masked_array(masked_where(close, x, copy), fill_value=value)


def fix_invalid(a: Any, mask: Any = NOMASK, copy: bool = True, fill_value: Any = None) -> Any:
    """numpy.ma.fix_invalid: what is not finite is masked; the number below the mask is the fill value."""
    found = masked_invalid(masked_array(a, mask_given=mask))
    if fill_value is None:
        fill_value = np.ma.default_fill_value(ops.dtype(found))
    lost = ops.logical_not(ops.isfinite(ops.stop_gradient(data_of(a))))
    return attach(replaced(data_of(found), lost, fill_value), mask_of_all(found), **statics_of(found))


def mask_of_all(x: Any) -> Any:
    """The mask of a value."""
    return mask(x)


FUNCTIONS = {
    "masked_where": masked_where,
    "masked_equal": comparing("equal"),
    "masked_not_equal": comparing("not_equal"),
    "masked_greater": comparing("greater"),
    "masked_greater_equal": comparing("greater_equal"),
    "masked_less": comparing("less"),
    "masked_less_equal": comparing("less_equal"),
    "masked_inside": masked_inside,
    "masked_outside": masked_outside,
    "masked_invalid": masked_invalid,
    "masked_values": masked_values,
    "fix_invalid": fix_invalid,
}
