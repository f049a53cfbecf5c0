"""Jacobians column by column: forward passes whose tangents are batched rows of the identity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..dispatch.dressing import bare
from ..engines.batch import Batched
from ..engines.levels import Level
from .basis import check_holomorphic, count_numbers, groups, spread_last, stored_in, times_i
from .blocks import blocks_of, over_identity
from .coordinates import has_coordinates, in_units_of, one_like
from .forward_pass import Pushed, push
from .inputs import Inputs
from .zeros import in_units, per_unit


def columns(
    function: Callable[..., Any],
    inputs: Inputs,
    keywords: dict[str, Any],
    has_aux: bool,
    chunk_size: int | None,
    name: str,
) -> tuple[Any, list[Any], list[Any], Any]:
    """Structure and values of the output, blocks by output leaf and input leaf, and the extra value."""
    leaves = inputs.primals
    count = len(leaves)
    pushed: Pushed | None = None
    found: dict[tuple[int, int], Any] = {}

    def run(directions: list[Any]) -> list[Any]:
        nonlocal pushed
        pushed = push(function, inputs, keywords, directions, has_aux, name)
        return pushed.partials

    for group in groups(leaves, list(range(count))):
        along = pass_over(run, leaves, group, chunk_size, 1, name)
        imaginary = [k for k in group if ops.is_complex(leaves[k])]
        across = pass_over(run, leaves, imaginary, chunk_size, 1j, name) if imaginary else {}
        for (j, k), block in along.items():
            if k in imaginary and (j, k) in across:
                check_holomorphic(block, across[j, k], name)
            found[j, k] = block
    if pushed is None:  # an empty container
        run([None] * count)
    assert pushed is not None
    values = pushed.values
    return pushed.structure, values, blocks_of(values, leaves, found), pushed.aux


def pass_over(
    run: Callable[[list[Any]], list[Any]],
    leaves: list[Any],
    group: list[int],
    chunk_size: int | None,
    factor: complex,
    name: str,
) -> dict[tuple[int, int], Any]:
    """Partials of each output leaf along each input leaf of a group, the input's numbers in the last axis."""
    total = sum(count_numbers(leaves[k]) for k in group)
    if total <= 1:
        return single_pass(run, leaves, group, factor)

    def one_chunk(given: list[Any], level: Level, last: bool) -> list[Any]:
        return run(
            [
                None if dx is None else Batched(as_direction(dx._value, x), level)
                for dx, x in zip(given, leaves, strict=True)
            ]
        )

    found: dict[tuple[int, int], Any] = {}
    for j, k, part in over_identity(leaves, group, chunk_size, factor, name, one_chunk):
        found[j, k] = per_direction(ops.moveaxis(part, source=0, destination=-1), leaves[k])
    return found


def as_direction(one: Any, x: Any) -> Any:
    """A dimensionless direction as a tangent of x."""
    return in_units_of(one, x) if has_coordinates(x) else in_units(one, x)


def per_direction(block: Any, x: Any) -> Any:
    """A block whose last axis runs over the numbers of x as a derivative with respect to x."""
    return spread_last(block if has_coordinates(x) else per_unit(block, x), x)


def single_pass(
    run: Callable[[list[Any]], list[Any]], leaves: list[Any], group: list[int], factor: complex
) -> dict[tuple[int, int], Any]:
    """One number of input or none: a plain direction, without a batch."""
    directions: list[Any] = [None] * len(leaves)
    for k in group:
        one = as_direction(one_like(leaves[k]), leaves[k])
        directions[k] = one if factor == 1 else times_i(one)
    partials = run(directions)
    counted = [k for k in group if count_numbers(leaves[k])]
    return {(j, k): spread_one(bare(p), leaves[k]) for k in counted for j, p in enumerate(partials) if p is not None}


def spread_one(block: Any, x: Any) -> Any:
    """A block along the one number of a value; of a structure that it stores."""
    return per_unit(block, x) if stored_in(x) is None else per_direction(ops.expand_dims(block, axis=-1), x)
