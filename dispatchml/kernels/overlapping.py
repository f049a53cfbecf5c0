"""Operators in place whose second array lies in the memory of the first: it is copied before, as NumPy does."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing import signature  # pyright: ignore[reportPrivateImportUsage]
from numba.np.arrayobj import make_array

IN_PLACE = frozenset(
    (
        operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv, operator.imod,
        operator.ipow,
    )
)  # fmt: skip


def overlaps(context: Any, builder: Any, types_of: Any, values: Any) -> Any:
    """Whether two arrays share memory and are not the same elements in the same order, as far as one can see."""
    (aty, bty), word = types_of, ir.IntType(64)
    a, b = (make_array(t)(context, builder, v) for t, v in zip(types_of, values, strict=True))
    shared = builder.icmp_unsigned("==", *(builder.ptrtoint(x.meminfo, word) for x in (a, b)))
    if aty.ndim != bty.ndim:
        return shared
    same = builder.icmp_unsigned("==", *(builder.ptrtoint(x.data, word) for x in (a, b)))
    steps = (cgutils.unpack_tuple(builder, x.strides, aty.ndim) for x in (a, b))
    for one, other in zip(*steps, strict=True):
        same = builder.and_(same, builder.icmp_signed("==", one, other))
    return builder.and_(shared, builder.not_(same))


def apart(context: Any, function: Any, sig: Any, lower: Callable[..., Any], find: Callable[..., Any]) -> Any:
    """What lowers a function, the second array copied where it has to be."""
    if len(sig.args) != 2 or not all(isinstance(x, types.Array) for x in sig.args):
        return lower
    key = function.get_impl_key(sig) if isinstance(function, types.Function) else function
    if not callable(key) or key not in IN_PLACE:
        return lower

    def look(builder: Any, arguments: Any, *more: Any, **keywords: Any) -> Any:
        found = cgutils.alloca_once(builder, arguments[0].type)
        target, ty = sig.args
        with builder.if_else(overlaps(context, builder, sig.args, arguments), likely=False) as (yes, no):
            with yes:
                copy = types.Array(ty.dtype, ty.ndim, "C")
                other = context.compile_internal(builder, copied, signature(copy, ty), (arguments[1],))
                made = find(key, signature(sig.return_type, target, copy))
                builder.store(made(builder, (arguments[0], other)), found)
                context.nrt.decref(builder, copy, other)
            with no:
                builder.store(lower(builder, arguments, *more, **keywords), found)
        return builder.load(found)

    return look


def copied(x: Any) -> Any:
    """A copy of an array."""
    return x.copy()
