"""Jacobian blocks out of batched passes over the identity, chunk by chunk: what rows and columns have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.dressing import bare
from ..engines.batch import Batched
from ..engines.levels import Level
from .basis import chunks, count_numbers, finished, joined, seeds, shaped, times_i, unbatched
from .forward_pass import is_differentiable
from .zeros import zero_partial


def over_identity(
    leaves: list[Any],
    group: list[int],
    chunk_size: int | None,
    factor: complex,
    name: str,
    run: Callable[[list[Any], Level, bool], list[Any]],
) -> Iterator[tuple[int, int, Any]]:
    """Passes over the identity (times i) of all numbers of a group of leaves: for each result of a pass and each leaf
    of the group the part that belongs to it, the leaf's numbers in the first axis.

    run(given, level, last): a pass for one chunk, from a batched seed for each leaf, or None; its results are batched,
    or None where they depend on nothing.
    """
    total = sum(count_numbers(leaves[k]) for k in group)
    parts: list[list[Any]] = []
    sizes: list[int] = []
    for low, high in chunks(total, chunk_size, name):
        with Level(name, high - low) as level:
            given = seeds(leaves, group, low, high, level)
            if factor != 1:
                given = {k: Batched(times_i(seed._value), level) for k, seed in given.items()}
            results = run([given.get(k) for k in range(len(leaves))], level, high == total)
            parts.append(distinct([None if r is None else unbatched(r, level) for r in results]))
            sizes.append(high - low)
    return by_leaves(parts, sizes, leaves, group)


def by_leaves(
    parts: list[list[Any]], sizes: list[int], leaves: list[Any], group: list[int]
) -> Iterator[tuple[int, int, Any]]:
    """The same out of the chunks of all results. Apart, because StopIteration of the user's function cannot leave a
    generator.
    """
    for number, chunk in enumerate(zip(*parts, strict=True)):
        whole = joined(filled(list(chunk), sizes))
        if whole is None:
            continue
        start = 0
        for k in group:
            stop = start + count_numbers(leaves[k])
            yield number, k, whole if len(group) == 1 else ops.getitem(whole, index=slice(start, stop))
            start = stop


def filled(parts: list[Any], sizes: list[int]) -> list[Any]:
    """The chunks of one result, with zeros for those in which it depended on nothing."""
    known = next((p for p in parts if p is not None), None)
    if known is None:
        return [None]
    shape = ops.shape(known)[1:]
    return [ops.zeros_of(known, shape=(n, *shape)) if p is None else p for p, n in zip(parts, sizes, strict=True)]


def distinct(found: list[Any]) -> list[Any]:
    """The same cotangents, no two of them one array: users may write into a block of a jacobian."""
    seen: set[int] = set()
    result: list[Any] = []
    for g in found:
        result.append(g.copy() if isinstance(g, np.ndarray) and id(g) in seen else g)
        seen.add(id(g))
    return result


def blocks_of(values: list[Any], leaves: list[Any], found: dict[tuple[int, int], Any]) -> list[Any]:
    """The blocks of each output leaf (None where it has no derivatives) by input leaf, zeros where none was found."""
    blocks: list[Any] = []
    for j, y in enumerate(values):
        if not is_differentiable(y):
            blocks.append(None)
            continue
        made: list[Any] = []
        for k, x in enumerate(leaves):
            block = found.get((j, k))
            shape = (*ops.shape(y), *ops.shape(x))
            block = bare(zero_partial(y, x)) if block is None else shaped(block, shape)
            made.append(finished(block, y, x))
        blocks.append(made)
    return blocks
