"""Jacobians column by column: forward passes whose tangents are batched rows of the identity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..dispatch.dressing import bare
from ..engines.batch import Batched
from ..engines.levels import Level
from .basis import (
    check_holomorphic,
    chunks,
    count_numbers,
    finished,
    groups,
    joined,
    seeds,
    shaped,
    spread_last,
    stored_in,
    times_i,
    unbatched,
)
from .boundary import Inputs
from .forward_pass import Pushed, is_differentiable, push
from .zeros import in_units, per_unit, zero_partial


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
    blocks: list[Any] = []
    for j, y in enumerate(values):
        if not is_differentiable(y):
            blocks.append(None)
            continue
        made = []
        for k, x in enumerate(leaves):
            block = found.get((j, k))
            if block is None:
                block = bare(zero_partial(y, x))
            else:
                block = shaped(block, (*ops.shape(y), *ops.shape(x)))
            made.append(finished(block, y, x))
        blocks.append(made)
    return pushed.structure, values, blocks, pushed.aux


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
    parts: list[list[Any]] = []
    sizes: list[int] = []
    for low, high in chunks(total, chunk_size, name):
        with Level(name, high - low) as level:
            given = seeds(leaves, group, low, high, level)
            if factor != 1:
                given = {k: Batched(times_i(dx._value), level) for k, dx in given.items()}
            given = {k: Batched(in_units(dx._value, leaves[k]), level) for k, dx in given.items()}
            partials = run([given.get(k) for k in range(len(leaves))])
            parts.append([None if p is None else unbatched(p, level) for p in partials])
            sizes.append(high - low)
    found: dict[tuple[int, int], Any] = {}
    for j in range(len(parts[0])):
        whole = joined(filled([p[j] for p in parts], sizes))
        if whole is None:
            continue
        start = 0
        for k in group:
            stop = start + count_numbers(leaves[k])
            part = whole if len(group) == 1 else ops.getitem(whole, index=slice(start, stop))
            block = per_unit(ops.moveaxis(part, source=0, destination=-1), leaves[k])
            found[j, k] = spread_last(block, leaves[k])
            start = stop
    return found


def filled(parts: list[Any], sizes: list[int]) -> list[Any]:
    """The chunks of one output, with zeros for those in which it depended on nothing."""
    known = next((p for p in parts if p is not None), None)
    if known is None:
        return [None]
    shape = ops.shape(known)[1:]
    return [ops.zeros_of(known, shape=(n, *shape)) if p is None else p for p, n in zip(parts, sizes, strict=True)]


def single_pass(
    run: Callable[[list[Any]], list[Any]], leaves: list[Any], group: list[int], factor: complex
) -> dict[tuple[int, int], Any]:
    """One number of input or none: a plain direction, without a batch."""
    directions: list[Any] = [None] * len(leaves)
    for k in group:
        one = in_units(ops.one_like(leaves[k]), leaves[k])
        directions[k] = one if factor == 1 else times_i(one)
    partials = run(directions)
    counted = [k for k in group if count_numbers(leaves[k])]
    return {
        (j, k): spread_one(per_unit(bare(p), leaves[k]), leaves[k])
        for k in counted
        for j, p in enumerate(partials)
        if p is not None
    }


def spread_one(block: Any, x: Any) -> Any:
    """A block along the one number that a structure stores."""
    return block if stored_in(x) is None else spread_last(ops.expand_dims(block, axis=-1), x)
