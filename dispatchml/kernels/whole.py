"""Operators of whole numbers that fail: compiled code would return 0 where Python raises."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

DIVISIONS = frozenset((operator.floordiv, operator.ifloordiv, operator.mod, operator.imod, divmod))
POWERS = frozenset((operator.pow, operator.ipow, pow, "static_power"))
ZERO = ("integer division or modulo by zero",)
NEGATIVE = ("a whole number to a negative power is none: write float(n) ** -2",)


def checked(context: Any, function: Any, sig: Any, lower: Callable[..., Any]) -> Callable[..., Any]:
    """What lowers a function, with a look at its second argument where that can make it fail."""
    if len(sig.args) != 2 or not all(isinstance(x, types.Integer) for x in sig.args):
        return lower
    key = function.get_impl_key(sig) if isinstance(function, types.Function) else function
    try:
        divides, raises = key in DIVISIONS, key in POWERS
    except TypeError:
        return lower
    if not divides and not raises:
        return lower

    def look(builder: Any, arguments: Any, *more: Any, **keywords: Any) -> Any:
        second, ty = arguments[1], sig.args[1]
        if isinstance(ty, types.IntegerLiteral):
            second = context.get_constant(types.int64, ty.literal_value)
        zero = ir.Constant(second.type, 0)
        if divides:
            fails, error, text = builder.icmp_signed("==", second, zero), ZeroDivisionError, ZERO
        else:
            fails, error, text = builder.icmp_signed("<", second, zero), ValueError, NEGATIVE
            if not getattr(ty, "signed", True):
                return lower(builder, arguments, *more, **keywords)
        with cgutils.if_unlikely(builder, fails):
            context.call_conv.return_user_exc(builder, error, text)
        return lower(builder, arguments, *more, **keywords)

    return look
