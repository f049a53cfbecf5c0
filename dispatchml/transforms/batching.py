"""vmap: a function over a batch axis of its arguments, by the batching engine."""
# The slots of engine values are underscored, so that no attribute of a payload is hidden.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from .. import ops
from ..dispatch.errors import NoMethodError, ShapeError, TracerConversionError, at_user_line, describe, is_of_plugin
from ..engines.batch import Batched
from ..engines.elements import dense_payload
from ..engines.levels import Level
from ..engines.refusals import noted
from .boundary import call_user
from .containers import flatten, unflatten
from .entry import transformed
from .inputs import input_leaf
from .prefix import spread
from .prepared import LIFTING, as_given
from .watching import apart, arrays_of


def vmap(function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0, *, lift: bool = True) -> Callable[..., Any]:
    """A function that runs over an axis of its arguments at once, written as if for one element.

    in_axes: the axis of each argument that is the batch, an integer for all or a tuple with one entry for each; an
    entry may be a container like the argument with axes for its leaves, and None means that every element sees the
    whole argument. out_axes: where the batch goes in the results, in the same manner; results that do not depend on the
    batch are repeated. Negative axes count from the end. Strings, truth values and None pass through. Keyword arguments
    that are arrays are batched along axis 0, numbers among them go to every element. lift=False runs the function as it
    is.

    Raises ShapeError for axes that are not there and for batches of different sizes, TracerConversionError for a branch
    on which the elements disagree.

    >>> import numpy as np, dispatchml as dm
    >>> dm.vmap(np.dot)(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 1.0], [2.0, 2.0]]))
    array([ 3., 14.])
    """
    function = as_given(function, lift)

    @transformed(function, "vmap")
    def over_batch(*arguments: Any, **keywords: Any) -> Any:
        return run_batched(function, in_axes, out_axes, arguments, keywords)

    return over_batch


def run_batched(
    function: Callable[..., Any], in_axes: Any, out_axes: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> Any:
    """Run a function once on batched values."""
    several: list[Any] | None = [*cast(list[Any], in_axes)] if isinstance(in_axes, (tuple, list)) else None
    if several is not None and len(several) != len(arguments):
        raise ShapeError(
            f"vmap: in_axes={in_axes!r} has {len(several)} entries for {len(arguments)} arguments{at_user_line()}. "
            "Give one for each positional argument, or one integer for all."
        )
    axes = spread(in_axes if several is None else several, list(arguments), "in_axes")
    leaves, structure = flatten((arguments, keywords))
    given = flatten(keywords)[0]
    axes += [0 if ops.ndim(x) else None for x in given]
    size = batch_size(leaves, axes)
    before = noted()
    try:
        return run_at_once(function, leaves, axes, structure, out_axes, size)
    except (TracerConversionError, NoMethodError) as error:
        from .one_by_one import one_by_one

        if not size or not (is_of_plugin(error) or LIFTING.is_of_package and LIFTING.is_of_package(error)):
            raise

        single = [None if is_other(x) else axis for x, axis in zip(leaves, axes, strict=True)]
        return one_by_one(function, leaves, single, structure, out_axes, size, error, before)


def run_at_once(
    function: Callable[..., Any], leaves: list[Any], axes: list[int | None], structure: Any, out_axes: Any, size: int
) -> Any:
    """The same for the leaves of its arguments and their batch axes."""
    with Level("vmap", size) as level:
        batched = [
            x if axis is None or is_other(x) else Batched(to_front(x, axis), level)
            for x, axis in zip(leaves, axes, strict=True)
        ]
        arguments, keywords = unflatten(structure, batched)
        output = call_user(function, arguments, keywords, "vmap")
        found, structure = flatten(output)
        places = spread(out_axes, output, "out_axes")
        arrays = arrays_of(leaves)
        results = [apart(collected(y, place, level), arrays) for y, place in zip(found, places, strict=True)]
    return unflatten(structure, results)


def is_other(x: Any) -> bool:
    """Whether a leaf is not a number or an array of any kind."""
    return type(x) in (bool, str, bytes) or (ops.ndim(x) == 0 and input_leaf(x, "vmap") is None)


def batch_size(leaves: list[Any], axes: list[int | None]) -> int:
    """The common size of the batch axes."""
    sizes: dict[int, Any] = {}
    for x, axis in zip(leaves, axes, strict=True):
        if axis is None or is_other(x):
            continue
        shape = ops.shape(x)
        if not -len(shape) <= axis < len(shape):
            raise ShapeError(
                f"vmap: {describe(x)} has no axis {axis}{at_user_line()}. Choose another with in_axes=, or None to "
                "hand the whole argument to every element."
            )
        sizes.setdefault(shape[axis], (x, axis))
    if not sizes:
        raise ShapeError(f"vmap: no argument has a batch axis{at_user_line()}; in_axes must name one at least.")
    if len(sizes) > 1:
        parts = ", ".join(f"{size} (axis {axis} of {describe(x)})" for size, (x, axis) in sizes.items())
        raise ShapeError(f"vmap: the batches have different sizes{at_user_line()}: {parts}.")
    return next(iter(sizes))


def to_front(x: Any, axis: int) -> Any:
    """A value with its batch axis in front."""
    return x if axis == 0 else ops.moveaxis(x, source=axis, destination=0)


def collected(y: Any, place: int | None, level: Level) -> Any:
    """A result with the batch axis where out_axes says."""
    batched = type(y) is Batched and y._level is level
    if place is None:
        if batched:
            raise TracerConversionError(
                f"vmap: out_axes=None for a result that depends on the batch{at_user_line()}. Say where its axis goes, "
                "or reduce over the batch outside."
            )
        return y
    if not batched and type(y) is not bool and is_other(y):
        return y
    if batched:
        value = dense_payload(y)
    else:
        shape = ops.shape(y)
        value = ops.broadcast_to(ops.reshape(y, shape=(1, *shape)), shape=(level.size, *shape))
    ndim = ops.ndim(value)
    if not -ndim <= place < ndim:
        raise ShapeError(
            f"vmap: a result of shape {ops.shape(value)[1:]} has no place {place} for the batch axis{at_user_line()}."
        )
    return value if place == 0 else ops.moveaxis(value, source=0, destination=place)
