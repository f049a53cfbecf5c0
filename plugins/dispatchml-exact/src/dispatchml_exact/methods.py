"""The methods of Decimal on traced numbers: operations, in the context that is given or else the current one."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from typing import Any

from dispatchml import ops


def in_context(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose last argument may be a context, in which it is computed; derivatives too, in forward mode."""

    def method(x: Any, *others: Any, context: Any = None) -> Any:
        if others and isinstance(others[-1], decimal.Context):
            *others, context = others  # type: ignore[assignment]
        if context is None:
            return function(x, *others)
        with decimal.localcontext(context):
            return function(x, *others)

    return method


DECIMAL = {
    name: in_context(function)
    for name, function in {
        "sqrt": ops.sqrt,
        "exp": ops.exp,
        "ln": ops.log,
        "log10": ops.log10,
        "copy_abs": ops.absolute,
        "copy_negate": ops.negative,
        "copy_sign": ops.copysign,
        "is_nan": ops.isnan,
        "is_finite": ops.isfinite,
        "is_infinite": ops.isinf,
        "is_signed": ops.signbit,
        "is_zero": lambda x: ops.equal(x, 0),
    }.items()
}
