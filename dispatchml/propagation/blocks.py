"""Operations that are not elementwise on uncertain numbers, by their jacobians at the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..dispatch.operation import Operation
from .values import as_objects, first_number, is_uncertain, refuse_complex, values_of

if TYPE_CHECKING:
    from .numbers import Uncertain


def through_jacobian(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """Any operation, by its jacobian at the values."""
    from ..transforms import jacobian

    def on_arrays(*arguments: Any, **keywords: Any) -> Any:
        elements = list(arguments[0] if op.variadic else arguments)
        active = [k for k, x in enumerate(elements) if is_uncertain(x, known)]
        values = [values_of(x, known) for x in elements]

        def of_chosen(*chosen: Any) -> Any:
            given = list(values)
            for k, x in zip(active, chosen, strict=True):
                given[k] = x
            return op.function(tuple(given), **keywords) if op.variadic else op.function(*given, **keywords)

        chosen = [values[k] for k in active]
        y = of_chosen(*chosen)
        with np.errstate(all="ignore"):
            blocks = jacobian(of_chosen, argnums=tuple(range(len(active))))(*chosen)
        numbers = [as_objects(elements[k]) for k in active]
        like = first_number(elements, known)

        def combined(v: Any, parts: Any) -> Any:
            refuse_complex(v, op, known)
            return linear(v, parts, numbers, known, like) if ops.dtype(v).kind == "f" else v

        if isinstance(y, (tuple, list)):
            made = [combined(v, parts) for v, parts in zip(y, blocks, strict=True)]
            return type(y)(*made) if hasattr(y, "_fields") else type(y)(made)
        return combined(y, blocks)

    return on_arrays


def linear(y: Any, blocks: tuple[Any, ...], numbers: list[Any], known: Uncertain, like: Any) -> Any:
    """The numbers with values y, whose linear parts are jacobian blocks times the linear parts of numbers."""
    count = ops.size(y)
    rows = np.concatenate(
        [np.reshape(np.asarray(b, np.float64), (count, x.size)) for b, x in zip(blocks, numbers, strict=True)], axis=1
    )
    flat = [v for x in numbers for v in x.flat]
    made = np.empty(count, object)
    for k, value in enumerate(np.ravel(y).tolist()):
        row = rows[k]
        pairs = [(float(row[j]), flat[j]) for j in np.flatnonzero(row) if known.holds(flat[j])]
        made[k] = known.combine(value, pairs, like)
    return made.reshape(ops.shape(y)) if ops.shape(y) else made[0]
