"""Jacobians row by row: sweeps whose cotangents are batched rows of the identity."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..dispatch.dressing import bare
from ..engines.levels import Level
from .basis import check_holomorphic, count_numbers, groups, spread_first, stored_in, times_i
from .blocks import blocks_of, distinct, over_identity
from .reverse_pass import Recording


def rows(recording: Recording, chunk_size: int | None, name: str) -> tuple[Any, list[Any], list[Any], Any]:
    """Structure and values of the output, blocks by output leaf and input leaf, and the extra value."""
    leaves, values = recording.inputs.primals, recording.values
    reached = [j for j, k in enumerate(recording.indices) if k is not None]
    found: dict[tuple[int, int], Any] = {}
    parts = groups(values, reached)
    for number, group in enumerate(parts):
        imaginary = [j for j in group if ops.is_complex(values[j])]
        last = number == len(parts) - 1 and not imaginary
        along = sweep_over(recording, group, chunk_size, 1, last, name)
        across = sweep_over(recording, imaginary, chunk_size, 1j, False, name) if imaginary else {}
        for (j, k), block in along.items():
            found[j, k] = as_derivative(block, across.get((j, k)), values[j], leaves[k], name)
    return recording.structure, values, blocks_of(values, leaves, found), recording.aux


def as_derivative(along: Any, across: Any, y: Any, x: Any, name: str) -> Any:
    """dy/dx from pullbacks of 1 and of i, which are adjoints: conjugate for complex x, real and imaginary part for real
    x.
    """
    if ops.is_complex(x):
        if ops.is_complex(y):
            check_holomorphic(along, across, name)
        else:
            check_holomorphic(along, ops.multiply(along, 0), name)
        return ops.conj(along)
    return along if across is None else ops.add(along, times_i(across))


def sweep_over(
    recording: Recording, group: list[int], chunk_size: int | None, factor: complex, last: bool, name: str
) -> dict[tuple[int, int], Any]:
    """Cotangents of each input leaf for each output leaf of a group, the output's numbers in the first axis."""
    values = recording.values
    total = sum(count_numbers(values[j]) for j in group)
    if total <= 1:
        return single_sweep(recording, group, factor, last)

    def one_chunk(given: list[Any], level: Level, ends: bool) -> list[Any]:
        return recording.pull(given, keep=not (last and ends))

    found: dict[tuple[int, int], Any] = {}
    for k, j, part in over_identity(values, group, chunk_size, factor, name, one_chunk):
        found[j, k] = spread_first(part, values[j])
    return found


def single_sweep(recording: Recording, group: list[int], factor: complex, last: bool) -> dict[tuple[int, int], Any]:
    """One number of output or none: a plain cotangent, without a batch."""
    given: list[Any] = [None] * len(recording.values)
    counted = [j for j in group if count_numbers(recording.values[j])]
    for j in counted:
        one = ops.one_like(recording.values[j])
        given[j] = one if factor == 1 else times_i(one)
    pulled = distinct(recording.pull(given, keep=not last))
    return {
        (j, k): spread_one(bare(g), recording.values[j]) for j in counted for k, g in enumerate(pulled) if g is not None
    }


def spread_one(block: Any, y: Any) -> Any:
    """A block of the one number that a structure stores."""
    return block if stored_in(y) is None else spread_first(ops.expand_dims(block, axis=0), y)
