"""Identity matrices as seeds of batched passes, and how their results become Jacobian blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.dressing import bare, dressed_block
from ..dispatch.errors import NonDifferentiableError, ShapeError, at_user_line
from ..dispatch.structures import structure_of
from ..engines.batch import Batched, plain
from ..engines.levels import Level
from ..ops.placement import is_remote
from .coordinates import Coordinates, count_coordinates, has_coordinates, one_like
from .zeros import is_ordinary, is_plain

#: Numbers in one chunk of a basis, where the user has not said how large chunks are: 64 MiB of float64.
CHUNK_NUMBERS = 2**23


def groups(leaves: list[Any], chosen: list[int]) -> list[list[int]]:
    """Which leaves share a pass: all plain ones do; a layered one is alone, since its partials have other units."""
    shared = [k for k in chosen if is_plain(leaves[k])]
    return [g for g in (shared, *([k] for k in chosen if k not in shared)) if g]


def chunks(total: int, chunk_size: int | None, name: str) -> Iterator[tuple[int, int]]:
    """Ranges of rows of the identity."""
    if chunk_size is not None and (not isinstance(chunk_size, int) or chunk_size < 1):
        raise ShapeError(f"{name}: chunk_size={chunk_size!r} must be a positive whole number or None{at_user_line()}.")
    step = chunk_size or max(1, CHUNK_NUMBERS // max(total, 1))
    for low in range(0, total, step):
        yield low, min(low + step, total)


def seeds(leaves: list[Any], group: list[int], low: int, high: int, level: Level) -> dict[int, Any]:
    """Rows low..high of the identity over all numbers of a group, dimensionless, as batched values by leaf."""
    found, start = {}, 0
    for k in group:
        one = bare(one_like(leaves[k]))
        inside = stored_in(one)
        if inside is None:
            shape, size = ops.shape(one), ops.size(one)
            rows = identity_rows(one, low - start, high - start, shape, size)
        else:
            numbers = inside.read(one)
            size = ops.size(numbers)
            rows = inside.write(one, identity_rows(numbers, low - start, high - start, (size,), size))
        found[k] = Batched(rows, level)
        start += size
    return found


def stored_in(x: Any) -> Any:
    """How the structure inside of a value is looked at, where it stores a vector of numbers; None for all others."""
    inside = structure_of(x)
    if inside is None and has_coordinates(x):
        return Coordinates
    return None if inside is None or inside.read is None else inside


def count_numbers(x: Any) -> int:
    """How many numbers a value has that can move by themselves: of a structure, those that are stored."""
    if has_coordinates(x):
        return count_coordinates(x)
    inside = stored_in(x)
    return ops.size(x) if inside is None else ops.size(inside.read(x))


def spread_last(block: Any, x: Any) -> Any:
    """A block with the axes of x in place of its last one, where that runs over the stored numbers of a structure."""
    inside = stored_in(x)
    return block if inside is None else inside.spread(x, block)


def spread_first(block: Any, y: Any) -> Any:
    """The same for the first axis of a block and the axes of an output."""
    if stored_in(y) is None:
        return block
    made = spread_last(ops.moveaxis(block, source=0, destination=-1), y)
    rest = ops.ndim(made) - ops.ndim(y)
    return ops.transpose(made, axes=(*range(rest, ops.ndim(made)), *range(rest)))


def identity_rows(one: Any, low: int, high: int, shape: tuple[int, ...], size: int) -> Any:
    """Rows low..high of the identity of a size, zero where they lie outside, in the storage of `one`."""
    count = high - low
    at = np.arange(max(low, 0), min(high, size))
    if is_ordinary(one):
        made = np.zeros((count, size), ops.dtype(one))
        made[at - low, at] = 1
        return made.reshape(count, *shape)
    unit = one.flat[0] if isinstance(one, np.ndarray) and one.size else 1  # an element of its class
    made = ops.setitem(ops.zeros_of(one, shape=(count, size)), unit, index=(at - low, at))
    return ops.reshape(made, shape=(count, *shape))


def unbatched(x: Any, level: Level) -> Any:
    """The payload of a result with the batch axis in front; what does not depend on the batch is repeated."""
    if type(x) is Batched and x._level is level:
        from ..engines.elements import dense_payload

        return bare(dense_payload(x))
    x = bare(x)
    return ops.broadcast_to(ops.reshape(x, shape=(1, *ops.shape(x))), shape=(level.size, *ops.shape(x)))


def joined(parts: list[Any]) -> Any:
    """The chunks of one batched result behind each other; None where it never depended on anything."""
    known = next((p for p in parts if p is not None), None)
    if known is None:
        return None
    return known if len(parts) == 1 else ops.concatenate(tuple(parts), axis=0)


def shaped(block: Any, shape: tuple[int, ...]) -> Any:
    """A block in its shape; Python's own numbers stay what they are."""
    return block if ops.shape(block) == shape else ops.reshape(block, shape=shape)


def finished(block: Any, y: Any, x: Any) -> Any:
    """A Jacobian block as it is returned: in its dtype, with what output and input carry by axes, such as labels."""
    return dressed_block(in_common_dtype(block, y, x), y, x)


def in_common_dtype(block: Any, y: Any, x: Any) -> Any:
    """A Jacobian block in the dtype that output and input promote to; Python's own number where both are."""
    if isinstance(y, (float, int, complex)) and isinstance(x, (float, complex)) and not isinstance(y, np.generic):
        if not isinstance(x, np.generic):
            return block.item() if isinstance(block, (np.generic, np.ndarray)) else block
    known = [ops.dtype(v) for v in (y, x) if not is_python(v)]
    known = [d for d in known if d.kind in "fc"]
    have = ops.dtype(block)
    if have.kind == "O" and type(block) is np.ndarray and not block.shape and not isinstance(y, np.ndarray):
        return block if isinstance(x, np.ndarray) else block[()]  # a number of another library for one of these
    if not known or have.kind not in "fc":
        return block
    wanted = np.result_type(*known)
    if have.kind == "c" and wanted.kind != "c":
        wanted = np.result_type(wanted, np.complex64)
    return block if have == wanted else ops.astype(block, dtype=wanted)


def is_python(x: Any) -> bool:
    """Whether a value is one of Python's own numbers, which give way to an array's dtype."""
    return type(plain(x)) in (float, int, complex, bool)


def check_holomorphic(along: Any, across: Any, name: str) -> None:
    """Refuse a function whose derivative in the direction i is not i times the one in the direction 1. On a card, whose
    numbers would have to be read, it is not looked at.
    """
    if is_remote(along) or is_remote(across):
        return
    a, b = np.asarray(numbers(along)), np.asarray(numbers(across))
    if "O" in (a.dtype.kind, b.dtype.kind):  # double precision is enough for the comparison
        a, b = a.astype(complex), b.astype(complex)
    with np.errstate(invalid="ignore", over="ignore"):
        off, scale = np.abs(b - 1j * a), np.maximum(np.abs(a), np.abs(b))
    finite = np.isfinite(off)
    if not finite.any():
        return
    precision = np.finfo(np.result_type(a.dtype, b.dtype, np.float16)).eps
    if off[finite].max() > 100 * np.sqrt(precision) * scale[finite].max():
        raise NonDifferentiableError(
            f"{name}: the function is not holomorphic{at_user_line()}, so it has no derivative f'(z): its rates of "
            "change along "
            "the real and the imaginary axis do not agree. Differentiate with respect to real and imaginary part, or "
            "use dispatchml.grad on a real output for the direction of steepest ascent."
        )


def numbers(x: Any) -> Any:
    """The plain numbers below all layers, for comparisons."""
    from ..dispatch.layers import layer_of

    x = plain(x)
    info = layer_of(type(x))
    while info is not None and info.payload is not None:
        x = plain(info.payload(x))
        x = x[0] if type(x) is tuple else x
        info = layer_of(type(x))
    return x


def times_i(x: Any) -> Any:
    """i x."""
    return ops.multiply(x, 1j)
