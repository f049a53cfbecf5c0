"""A batch whose elements run one by one: where an enabled package, or a plugin, must know the numbers of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..dispatch.errors import FallbackWarning, warn_at_user_line
from ..engines.refusals import forget
from .boundary import call_user
from .containers import flatten, unflatten
from .prefix import spread


def one_by_one(
    function: Callable[..., Any], leaves: list[Any], axes: list[int | None], structure: Any, out_axes: Any, size: int,
    error: Exception, refused: int,
) -> Any:  # fmt: skip
    """The results for each element, put together along the axes that out_axes says.

    axes: those of the leaves, None for what every element sees. refused: how many refusals there were before.
    """
    forget(refused)
    name = getattr(function, "__qualname__", str(function))
    warn_at_user_line(
        f"vmap of {name} runs element by element, as code of a package asks for the numbers of each: "
        f"{str(error).partition('): ')[0]}). {getattr(error, 'in_batches', '')}".rstrip(),
        FallbackWarning,
    )
    outputs = []
    for k in range(size):
        given = [x if axis is None else element(x, axis, k) for x, axis in zip(leaves, axes, strict=True)]
        arguments, keywords = unflatten(structure, given)
        outputs.append(call_user(function, arguments, keywords, "vmap"))
    found = [flatten(output) for output in outputs]
    places = spread(out_axes, outputs[0], "out_axes")
    columns = zip(*(part for part, _ in found), strict=True)
    return unflatten(found[0][1], [together(list(c), place) for c, place in zip(columns, places, strict=True)])


def element(x: Any, axis: int, k: int) -> Any:
    """One element of a batch."""
    return ops.getitem(x if axis == 0 else ops.moveaxis(x, source=axis, destination=0), index=k)


def together(values: list[Any], place: int | None) -> Any:
    """What the elements gave, along an axis; what is no number is that of the first."""
    first = values[0]
    if place is None or isinstance(first, (str, bytes, bool)) or first is None:
        return first
    return ops.stack(tuple(values), axis=place)
