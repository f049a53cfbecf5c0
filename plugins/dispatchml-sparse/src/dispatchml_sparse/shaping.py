"""Shapes: the same numbers at other places. Every rule here picks stored numbers and names their new places."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line

from .numbers import assemble, is_sparse
from .pattern import Pattern, coords_of, keys_of, same_number, winning_kind
from .view import View, chosen, densified, picked, spread, todense, view


def axis_in(axis: Any, ndim: int) -> int:
    """An axis counted from the front."""
    k = operator.index(axis)
    if not -ndim <= k < ndim:
        raise np.exceptions.AxisError(k, ndim)
    return k % ndim


def axes_in(axes: Any, ndim: int) -> tuple[int, ...]:
    """Axes counted from the front, all of them for None."""
    if axes is None:
        return tuple(range(ndim))
    found = tuple(axis_in(a, ndim) for a in (axes if isinstance(axes, (tuple, list)) else (axes,)))
    if len(set(found)) != len(found):
        raise ValueError(f"duplicate axes in {axes!r}.")
    return found


def moved(v: View, coords: Any, shape: Any) -> Any:
    """All numbers, in order, at other places."""
    return assemble(v.data, pattern=v.pattern.like(coords, tuple(shape)))


# ---- one array -------------------------------------------------------------------------------------------------------


def reshape(x: Any, *, shape: Any = (-1,), order: str = "C") -> Any:
    v = view(x)
    wanted = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    size = v.pattern.size
    if -1 in wanted:
        rest = math.prod(n for n in wanted if n != -1)
        if wanted.count(-1) > 1 or (rest == 0 and size) or (rest and size % rest):
            raise ValueError(f"cannot reshape array of size {size} into shape {shape}")
        wanted = tuple((size // rest if rest else 0) if n == -1 else int(n) for n in wanted)
    if math.prod(wanted) != size:
        raise ValueError(f"cannot reshape array of size {size} into shape {wanted}")
    if not wanted:
        return ops.reshape(spread(v, np.zeros(1, np.int64)), shape=())
    if order in ("C", "A", "K"):
        coords = coords_of(v.pattern.keys if v.ndim else np.zeros(1, np.int64), wanted)
    else:
        coords = coords_of(keys_of(v.pattern.coords[::-1], v.shape[::-1]), wanted[::-1])[::-1]
    return moved(v, coords, wanted)


def transpose(x: Any, *, axes: Any = None) -> Any:
    v = view(x)
    chosen_axes = tuple(range(v.ndim))[::-1] if axes is None else axes_in(tuple(axes), v.ndim)
    if len(chosen_axes) != v.ndim:
        raise ValueError("axes don't match array")
    pattern = v.pattern.like(v.pattern.coords[list(chosen_axes)], tuple(v.shape[k] for k in chosen_axes))
    if chosen_axes == (1, 0) and pattern.kind in OTHER_WAY:
        pattern.kind = OTHER_WAY[pattern.kind]
    return assemble(v.data, pattern=pattern)


#: The transpose of rows is columns, as SciPy has it.
OTHER_WAY = {"csr_array": "csc_array", "csc_array": "csr_array"}


def moveaxis(x: Any, *, source: Any = 0, destination: Any = 0) -> Any:
    ndim = ops.ndim(x)
    given, wanted = axes_in(source, ndim), axes_in(destination, ndim)
    order = [k for k in range(ndim) if k not in given]
    for place, k in sorted(zip(wanted, given, strict=True)):
        order.insert(place, k)
    return transpose(x, axes=tuple(order))


def swapaxes(x: Any, *, axis1: int = 0, axis2: int = 1) -> Any:
    order = list(range(ops.ndim(x)))
    a, b = axis_in(axis1, len(order)), axis_in(axis2, len(order))
    order[a], order[b] = order[b], order[a]
    return transpose(x, axes=tuple(order))


def squeeze(x: Any, *, axis: Any = None) -> Any:
    shape = ops.shape(x)
    gone = [k for k in range(len(shape)) if shape[k] == 1] if axis is None else axes_in(axis, len(shape))
    if any(shape[k] != 1 for k in gone):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return reshape(x, shape=tuple(n for k, n in enumerate(shape) if k not in gone))


def expand_dims(x: Any, *, axis: Any = 0) -> Any:
    shape = ops.shape(x)
    count = len(shape) + (len(axis) if isinstance(axis, (tuple, list)) else 1)
    new = axes_in(axis, count)
    rest = iter(shape)
    return reshape(x, shape=tuple(1 if k in new else next(rest) for k in range(count)))


def broadcast(v: View, shape: tuple[int, ...]) -> View:
    """A view whose places are repeated to a shape that it broadcasts to."""
    shape = tuple(shape)
    if v.shape == shape:
        return v
    if np.broadcast_shapes(v.shape, shape) != shape:
        raise ValueError(f"cannot broadcast shape {v.shape} to {shape}")
    extra = len(shape) - v.ndim
    have = (1,) * extra + v.shape
    picks = np.arange(v.pattern.nnz)
    coords = np.concatenate((np.zeros((extra, v.pattern.nnz), np.intp), v.pattern.coords))
    for k, (n, wanted) in enumerate(zip(have, shape, strict=True)):
        if n != wanted:
            count = picks.size
            picks, coords = np.tile(picks, wanted), np.tile(coords, (1, wanted))
            coords[k] = np.repeat(np.arange(wanted), count)
    pattern = v.pattern.like(coords, shape)
    order = pattern.order
    pattern = v.pattern.like(coords[:, order], shape)
    return View(chosen(v.data, picks[order]), pattern)


def broadcast_to(x: Any, *, shape: Any = ()) -> Any:
    wanted = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    return broadcast(view(x), wanted).whole()


def flip(x: Any, *, axis: Any = None) -> Any:
    v = view(x)
    coords = np.array(v.pattern.coords)
    for k in axes_in(axis, v.ndim):
        coords[k] = v.shape[k] - 1 - coords[k]
    return moved(v, coords, v.shape)


def roll(x: Any, *, shift: Any = 1, axis: Any = None) -> Any:
    v = view(x)
    if axis is None:
        keys = (v.pattern.keys + operator.index(shift)) % max(v.pattern.size, 1)
        return moved(v, coords_of(keys, v.shape), v.shape)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,)
    count = max(len(axes), len(shifts))
    coords = np.array(v.pattern.coords)
    for a, s in zip(spread_over(axes, count), spread_over(shifts, count), strict=True):
        k = axis_in(a, v.ndim)
        coords[k] = (coords[k] + operator.index(s)) % max(v.shape[k], 1)
    return moved(v, coords, v.shape)


def spread_over(given: Any, count: int) -> tuple[Any, ...]:
    """One item for each of several, repeated where there is only one."""
    return tuple(given) * count if len(given) == 1 else tuple(given)


def rot90(x: Any, *, k: int = 1, axes: Any = (0, 1)) -> Any:
    first, second = (axis_in(a, ops.ndim(x)) for a in axes)
    if first == second:
        raise ValueError("Axes must be different.")
    turns = k % 4
    if turns == 0:
        return ops.positive(x)
    if turns == 2:
        return flip(x, axis=(first, second))
    if turns == 1:
        return swapaxes(flip(x, axis=second), axis1=first, axis2=second)
    return flip(swapaxes(x, axis1=first, axis2=second), axis=second)


def tile(x: Any, *, reps: Any = 1) -> Any:
    reps = (reps,) if isinstance(reps, (int, np.integer)) else tuple(reps)
    shape = ops.shape(x)
    count = max(len(reps), len(shape))
    reps, shape = (1,) * (count - len(reps)) + reps, (1,) * (count - len(shape)) + shape
    doubled = tuple(n for pair in zip((1,) * count, shape, strict=True) for n in pair)
    wide = tuple(n for pair in zip(reps, shape, strict=True) for n in pair)
    made = broadcast_to(reshape(x, shape=doubled), shape=wide)
    return reshape(made, shape=tuple(int(r) * n for r, n in zip(reps, shape, strict=True)))


def repeat(x: Any, *, repeats: Any = 1, axis: Any = None) -> Any:
    if axis is None:
        x, axis = reshape(x, shape=(-1,)), 0
    size = ops.shape(x)[axis_in(axis, ops.ndim(x))]
    counts = np.broadcast_to(np.asarray(repeats), (size,))
    from .indexing import taken

    return taken(x, np.repeat(np.arange(size), counts), axis_in(axis, ops.ndim(x)))


def kept(x: Any, keep: Any) -> Any:
    """The sparse array with only those of its numbers for which a mask holds; elsewhere zero."""
    v = view(x)
    if v.pattern.has_fill:
        raise_fill("tril and triu", v)
    picks = np.flatnonzero(keep)
    return picked(v, picks, v.pattern.like(v.pattern.coords[:, picks], v.shape))


def raise_fill(name: str, v: View) -> None:
    """Refuse an operation whose zeros would meet another fill value."""
    raise ValueError(
        f"{name} puts zeros beside the fill value {v.pattern.fill} of a {v.pattern.kind}{at_user_line()}. Write "
        "x - fill_value first, or x.todense()."
    )


def tril(x: Any, *, k: int = 0) -> Any:
    return triangle("tril", x, k, lambda rows, columns: columns - rows <= k)


def triu(x: Any, *, k: int = 0) -> Any:
    return triangle("triu", x, k, lambda rows, columns: columns - rows >= k)


def triangle(name: str, x: Any, k: int, keeps: Any) -> Any:
    """A triangle of the last two axes; dense where a fill value would meet zeros."""
    if ops.ndim(x) == 1:
        x = broadcast_to(x, shape=ops.shape(x) * 2)
    v = view(x)
    if v.pattern.has_fill:
        return getattr(ops, name)(densified(name, x), k=k)
    return kept(x, keeps(v.pattern.coords[-2], v.pattern.coords[-1]))


def diagonal(x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    v = view(x)
    a, b = axis_in(axis1, v.ndim), axis_in(axis2, v.ndim)
    if a == b:
        raise ValueError("axis1 and axis2 cannot be the same")
    rows, columns = v.pattern.coords[a], v.pattern.coords[b]
    picks = np.flatnonzero(columns - rows == offset)
    length = max(0, min(v.shape[a] + min(offset, 0), v.shape[b] - max(offset, 0)))
    rest = [k for k in range(v.ndim) if k not in (a, b)]
    coords = np.concatenate((v.pattern.coords[rest][:, picks], (rows if offset >= 0 else columns)[None, picks]))
    made = picked(v, picks, v.pattern.like(coords, (*(v.shape[k] for k in rest), length)))
    return todense(made) if v.ndim == 2 and v.pattern.kind not in ("COO", "GCXS") else made


def diag(x: Any, *, k: int = 0) -> Any:
    v = view(x)
    if v.ndim == 2:
        return diagonal(x, offset=k)
    if v.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    if v.pattern.has_fill:
        return ops.diag(densified("diag", x), k=k)
    size = v.shape[0] + abs(k)
    at = v.pattern.coords[0]
    return moved(v, np.stack((at + max(-k, 0), at + max(k, 0))), (size, size))


def trace(x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    from .reductions import total

    made = diagonal(x, offset=offset, axis1=axis1, axis2=axis2)
    return total(made, axis=-1, dtype=dtype) if is_sparse(made) else ops.sum(made, axis=-1, dtype=dtype)


# ---- several arrays --------------------------------------------------------------------------------------------------


def concatenate(arrays: Any, *, axis: Any = 0, dtype: Any = None) -> Any:
    """Sparse arrays behind each other; with a dense one among them the result is dense."""
    if axis is None:
        return concatenate(tuple(ops.reshape(x, shape=(-1,)) for x in arrays), axis=0, dtype=dtype)
    if not all(is_sparse(x) or not ops.size(x) for x in arrays):
        return ops.concatenate(tuple(map(todense, arrays)), axis=axis, dtype=dtype)
    views = [view(x) if is_sparse(x) else None for x in arrays]
    known = [v for v in views if v is not None]
    fill = known[0].pattern.fill
    if not all(same_number(v.pattern.fill, fill) for v in known):
        return ops.concatenate(tuple(densified("concatenate", x) for x in arrays), axis=axis, dtype=dtype)
    ndim = known[0].ndim
    k = axis_in(axis, ndim)
    sizes, coords, start = [], [], 0
    for x, v in zip(arrays, views, strict=True):
        shape = ops.shape(x)
        if len(shape) != ndim or any(shape[j] != known[0].shape[j] for j in range(ndim) if j != k):
            raise ValueError(
                f"all the input array dimensions except for the concatenation axis must match exactly: {shape} and "
                f"{known[0].shape}"
            )
        if v is not None:
            place = np.array(v.pattern.coords)
            place[k] += start
            coords.append(place)
        sizes.append(shape[k])
        start += shape[k]
    shape = tuple(start if j == k else known[0].shape[j] for j in range(ndim))
    data = ops.concatenate(tuple(v.data for v in known), axis=0)
    if dtype is not None:
        data = ops.astype(data, dtype=np.dtype(dtype))
    kind = winning_kind([v.pattern.kind for v in known])
    pattern = known[0].pattern.like(np.concatenate(coords, axis=1), shape, fill, kind)
    return assemble(data, pattern=pattern.beside(*(v.pattern for v in known)))


def stack(arrays: Any, *, axis: int = 0, dtype: Any = None) -> Any:
    shapes = {ops.shape(x) for x in arrays}
    if len(shapes) != 1:
        raise ValueError("all input arrays must have the same shape")
    k = axis_in(axis, len(next(iter(shapes))) + 1)
    return concatenate(tuple(ops.expand_dims(x, axis=k) for x in arrays), axis=k, dtype=dtype)


def split(x: Any, *, indices_or_sections: Any = 1, axis: int = 0) -> Any:
    size = ops.shape(x)[axis_in(axis, ops.ndim(x))]
    cuts = indices_or_sections
    if isinstance(cuts, (int, np.integer)):
        if size % cuts:
            raise ValueError("array split does not result in an equal division")
        cuts = [size // cuts * k for k in range(1, cuts)]
    edges = [0, *(int(c) for c in cuts), size]
    before = (slice(None),) * axis_in(axis, ops.ndim(x))
    pairs = zip([None, *edges[1:-1]], [*edges[1:-1], None], strict=True)
    return tuple(ops.getitem(x, index=(*before, slice(a, b))) for a, b in pairs)


def pad_constant(x: Any, *, pad_width: Any = 0, value: Any = 0) -> Any:
    """Around a sparse array stands its fill value."""
    v = view(x)
    widths = np.broadcast_to(np.asarray(pad_width), (v.ndim, 2))
    if np.size(value) != 1 or not same_number(np.asarray(value).flat[0], v.pattern.fill):
        return ops.pad_constant(densified("pad", x), pad_width=pad_width, value=value)
    coords = v.pattern.coords + widths[:, :1]
    return moved(v, coords, tuple(n + int(a) + int(b) for n, (a, b) in zip(v.shape, widths, strict=True)))


def kron(a: Any, b: Any) -> Any:
    """The Kronecker product of two arrays of zeros elsewhere; with a dense one all its elements are places."""
    if not all(is_sparse(x) for x in (a, b)):
        return kron(*(x if is_sparse(x) else as_sparse(x, a if is_sparse(a) else b) for x in (a, b)))
    v, w = view(a), view(b)
    if v.pattern.has_fill or w.pattern.has_fill:
        return ops.kron(densified("kron", a), densified("kron", b))
    ndim = max(v.ndim, w.ndim)
    shapes = [(1,) * (ndim - x.ndim) + x.shape for x in (v, w)]
    places = [
        np.concatenate((np.zeros((ndim - x.ndim, x.pattern.nnz), np.intp), x.pattern.coords)) for x in (v, w)
    ]  # fmt: skip
    first, second = np.repeat(np.arange(v.pattern.nnz), w.pattern.nnz), np.tile(np.arange(w.pattern.nnz), v.pattern.nnz)
    coords = places[0][:, first] * np.array(shapes[1], np.intp)[:, None] + places[1][:, second]
    data = ops.multiply(chosen(v.data, first), chosen(w.data, second))
    shape = tuple(m * n for m, n in zip(*shapes, strict=True))
    kind = winning_kind([v.pattern.kind, w.pattern.kind])
    return assemble(data, pattern=v.pattern.like(coords, shape, 0, kind).beside(w.pattern))


def as_sparse(x: Any, like: Any) -> Any:
    """A dense array as a sparse one in which every element is stored."""
    shape = ops.shape(x)
    keys = np.arange(math.prod(shape))
    from .numbers import pattern_of

    pattern = Pattern(pattern_of(like).kind, shape, coords_of(keys, shape)) if shape else Pattern("COO", (), ())
    pattern = pattern_of(like).like(pattern.coords, shape, 0)
    return assemble(ops.reshape(x, shape=(-1,)), pattern=pattern)
