"""Which operations get machine code: their methods for plain arrays, and the functions that generated code calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ..numpy import kernels, reductions

#: Python's operators as functions of CPython: what generated code does with NumPy's scalars.
NUMBERS = {
    ops.add.info: "PyNumber_Add",
    ops.subtract.info: "PyNumber_Subtract",
    ops.multiply.info: "PyNumber_Multiply",
    ops.divide.info: "PyNumber_TrueDivide",
    ops.negative.info: "PyNumber_Negative",
    ops.power.info: "PyNumber_Power",
}


def elementwise(machine: Any, unusual: Any, numbers: dict[Any, str]) -> dict[Any, Callable[..., Any]]:
    """Functions of the elementwise operations, which leave the unusual to unusual(op)."""
    made = {op: machine.ufunc(f, unusual(op), numbers.get(op, "")) for op, f in kernels.UFUNCS.items()}
    made[ops.where.info] = machine.where(unusual(ops.where.info))
    made[ops.where_or_zero.info] = choose_or_zero(machine)
    multiply = made[ops.multiply.info]
    assert multiply is not None
    made[ops.strong_multiply.info] = strong_multiply(machine, multiply)
    return {op: f for op, f in made.items() if f is not None}


def plain_functions(machine: Any) -> dict[Any, Callable[..., Any]]:
    """For generated code that knows it has a plain array: operation -> function."""
    return elementwise(machine, kernels.UFUNCS.__getitem__, NUMBERS)


def tools(machine: Any, known: dict[Any, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """What engines ask of values: are they alike, are they finite, do they change; constants that stay; products;
    and rules as programs."""
    from ...engines.choices import has_non_finite
    from ...engines.constants import fingerprint
    from ...engines.reverse import keep

    chosen = method_of(ops.where_or_zero.info)
    return {
        "masked_where": machine.where(lambda condition, a, zero: chosen(condition, a)),
        "masked_where_not": machine.where(lambda condition, zero, a: chosen(np.logical_not(condition), a)),
        "alike": machine.alike(),
        "finite": machine.finite(lambda x: not has_non_finite(x)),
        "keep": machine.kept(keep),
        "fingerprint": machine.fingerprint(fingerprint),
        "matmul": known[ops.matmul.info],
        "program": machine.program,
        "recording": machine.recording,
    }


def methods(machine: Any) -> dict[Any, Callable[..., Any]]:
    """For the tables of the operations: operation -> method for arrays, which leaves the unusual to the one before."""
    made = elementwise(machine, method_of, {})
    made[ops.matmul.info] = machine.matmul(method_of(ops.matmul.info))
    for op, ufunc in ((ops.sum.info, np.add), (ops.max.info, np.maximum), (ops.min.info, np.minimum)):
        made[op] = reduction(machine, op, ufunc)
    made[ops.mean.info] = mean(made[ops.sum.info], made[ops.divide.info], method_of(ops.mean.info))
    return made


def method_of(op: Any) -> Callable[..., Any]:
    """The method of an operation for arrays."""
    return op.exact[(np.ndarray,) * op.arity].function


def choose_or_zero(machine: Any) -> Callable[..., Any]:
    """where_or_zero, as a choice between an array and 0.0."""
    plain = method_of(ops.where_or_zero.info)
    choose = machine.where(lambda condition, a, zero: plain(condition, a))

    def where_or_zero(condition: Any, a: Any) -> Any:
        return choose(condition, a, 0.0)

    return where_or_zero


def strong_multiply(machine: Any, multiply: Callable[..., Any]) -> Callable[..., Any]:
    """strong_multiply: between finite numbers it is multiply."""
    plain = method_of(ops.strong_multiply.info)
    finite = machine.finite(never)

    def strong_multiply(a: Any, b: Any) -> Any:
        return multiply(a, b) if finite(a) and finite(b) and not (is_mask(a) and is_mask(b)) else plain(a, b)

    return strong_multiply


def is_mask(x: Any) -> bool:
    """Whether x holds truth values, whose strong product is a whole number."""
    return getattr(x, "dtype", None) is MASK


MASK = np.dtype(bool)


def never(x: Any) -> bool:
    """What is not looked at natively counts as not finite: the careful way is always right."""
    return False


def reduction(machine: Any, op: Any, ufunc: Any) -> Callable[..., Any]:
    """The method of a reduction with NumPy's keywords."""
    plain = method_of(op)
    if ufunc is np.add:
        start = float(np.add.reduce(np.array([-0.0])))  # 0.0 or -0.0, by NumPy's version
        fast = machine.reduce(
            ufunc, start, lambda x, axis, keepdims: plain(x, axis=axis, dtype=None, keepdims=keepdims)
        )

        def array_sum(x: Any, axis: Any, dtype: Any, keepdims: bool) -> Any:
            return fast(x, axis, keepdims) if dtype is None else plain(x, axis=axis, dtype=dtype, keepdims=keepdims)

        array_sum.fast = fast  # type: ignore[attr-defined]
        return array_sum
    fast = machine.reduce(ufunc, np.nan, lambda x, axis, keepdims: plain(x, axis=axis, keepdims=keepdims))

    def array_extreme(x: Any, axis: Any, keepdims: bool) -> Any:
        return fast(x, axis, keepdims)

    return array_extreme


def mean(array_sum: Any, divide: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
    """The method of the mean: a sum and a quotient."""
    total_of = array_sum.fast

    def array_mean(x: Any, axis: Any, dtype: Any, keepdims: bool) -> Any:
        if dtype is None and type(x) is np.ndarray and x.size and x.dtype.type in reductions.OWN_SUMS:
            total = total_of(x, axis, keepdims)
            return divide(total, x.size // max(total.size, 1))
        return plain(x, axis=axis, dtype=dtype, keepdims=keepdims)

    return array_mean


__all__ = ["methods", "plain_functions", "tools"]
