"""Elementwise operations: on the stored numbers, and on the fill value for everything that is not stored.

COO and GCXS have a fill value: cos of a COO has the fill value 1, and its derivative has the fill value 0, for what is
not stored does not move. SciPy's classes have none: where f(0) is not 0 the result is dense, with a warning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops, primal

from .foreign import take_apart
from .insides import is_number, plain_array, put_on, read_numbers
from .numbers import Stacked, assemble, is_in_units, is_sparse, numbers_inside, pattern_of
from .pattern import PYDATA, Pattern, intersection, is_zero, union, winning_kind
from .shaping import broadcast
from .view import View, densified, on_keys, spread, todense, view

Rule = Callable[..., Any]
#: A zero of either factor is a zero of the result.
ANNIHILATING = frozenset({"multiply", "strong_multiply", "logical_and", "bitwise_and"})
#: A zero of the first argument is a zero of the result.
ZERO_FIRST = frozenset({"divide", "divide_or_zero", "floor_divide", "remainder", "fmod", "copysign"})


def elementwise_rule(op: Any) -> Rule:
    """The rule of an elementwise operation for sparse arrays."""
    of_one = unary(op)

    def of_several(*arguments: Any, **keywords: Any) -> Any:
        made = on_one_pattern(op, arguments, keywords)
        if made is not NotImplemented:
            return made
        return of_one(*arguments, **keywords) if op.info.arity == 1 else on_several(op, arguments, keywords)

    return of_several


# ---- arrays of one pattern -------------------------------------------------------------------------------------------

#: What an operation makes of SciPy's zeros, by the operation and the dtypes.
OF_ZEROS: dict[tuple[Any, ...], Any] = {}


def on_one_pattern(op: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Arrays of SciPy that have the very pattern of each other, as they have where one was computed from the other, and
    numbers beside them, where zeros stay zeros; NotImplemented for everything else.
    """
    if keywords:
        return NotImplemented
    pattern: Any = None
    known, kinds = [], []
    for x in arguments:
        if known and x is arguments[0]:
            known.append(known[0])
            kinds.append(kinds[0])
            continue
        if is_number(x):
            known.append(x)
            kinds.append(None)
            continue
        inner = plain_array(x)
        if inner is None:
            return NotImplemented
        own = take_apart(inner)[1]
        if pattern is None:
            pattern = own
            if own.kind in PYDATA or own.mixed or not own.ndim:
                return NotImplemented
        elif own is not pattern and not (own.kind == pattern.kind and not own.mixed and own.same_places(pattern)):
            return NotImplemented
        known.append(read_numbers(x, own))
        kinds.append(inner.data.dtype)
    if pattern is None or not zeros_stay(op, kinds):
        return NotImplemented
    return put_on(op(*known), pattern)


def zeros_stay(op: Any, kinds: list[Any]) -> bool:
    """Whether an operation makes zeros of SciPy's zeros; kinds: the dtypes of arrays, None for numbers."""
    if any(kind is None for kind in kinds):  # NumPy's float64 is equal to None
        return keeps_zero(op, [kind is not None for kind in kinds])
    key = (op, *kinds)
    if key not in OF_ZEROS:
        OF_ZEROS[key] = is_zero(fill_of(op, (0,) * len(kinds), kinds, {}))
    return OF_ZEROS[key]


def unary(op: Any) -> Rule:
    """One array: its numbers and its fill value."""

    def of_numbers(a: Any, **keywords: Any) -> Any:
        p = a.pattern if type(a) is Stacked else pattern_of(a)
        fill = fill_of(op, (p.fill,), (ops.dtype(a),), keywords)
        if p.kind not in PYDATA and not is_zero(fill) and p.ndim:
            return op(densified(op.__name__, a), **keywords)
        return put_on(op(read_numbers(a, p), **keywords), p.with_fill(fill))

    return of_numbers


def fill_of(op: Any, fills: Any, kinds: Any, keywords: dict[str, Any]) -> Any:
    """What an operation makes of fill values and plain numbers, in the dtype that the numbers have."""
    plain = [np.asarray(f, k)[()] if k is not None else f for f, k in zip(fills, kinds, strict=True)]
    with np.errstate(all="ignore"):
        return np.asarray(op(*plain, **keywords))[()]


# ---- several arguments -----------------------------------------------------------------------------------------------


def on_several(op: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Several arrays: sparse ones, numbers and dense ones."""
    stacks = [x for x in arguments if type(x) is Stacked]
    if stacks:
        made = on_stacks(op, arguments, keywords)
        if made is not NotImplemented:
            return made
    sparse = [is_sparse(x) for x in arguments]
    if any(not s and ops.ndim(x) for s, x in zip(sparse, arguments, strict=True)):
        return beside_dense(op, arguments, sparse, keywords)
    views = [view(x) if s else None for s, x in zip(sparse, arguments, strict=True)]
    shape = np.broadcast_shapes(*(v.shape for v in views if v is not None))
    views = [None if v is None else broadcast(v, shape) for v in views]
    known = [v for v in views if v is not None]
    kind = winning_kind([v.pattern.kind for v in known])
    fill = common_fill(op, arguments, views, keywords)
    if fill is not None and not is_zero(fill) and any(map(is_in_units, arguments)):
        return NotImplemented  # in which units the fill value is, the units' own rule knows
    if fill is None or (kind not in PYDATA and not is_zero(fill) and shape):
        return op(*(densified(op.__name__, x) for x in arguments), **keywords)
    first = known[0].pattern
    if all(v.pattern.same_places(first) for v in known[1:]):
        given = [x if v is None else v.data for x, v in zip(arguments, views, strict=True)]
        pattern = first.with_fill(fill).beside(*(v.pattern for v in known))
        return put_on(op(*given, **keywords), pattern if kind == first.kind else pattern.of_kind(kind))
    keys = places(op, views, shape)
    given = [x if v is None else spread(v, keys) for x, v in zip(arguments, views, strict=True)]
    pattern = on_keys(keys, shape, known[0].pattern, fill, kind).beside(*(v.pattern for v in known))
    return put_on(op(*given, **keywords), pattern)


def on_stacks(op: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Batches of sparse arrays on one pattern, below the batching engine: number by number."""
    first = next(x for x in arguments if type(x) is Stacked)
    for x in arguments:
        if type(x) is Stacked:
            if not x.pattern.same_places(first.pattern) or x.data.shape != first.data.shape:
                return NotImplemented
        elif is_sparse(x) or ops.ndim(x):
            return NotImplemented
    views = [View(x.data, x.pattern) if type(x) is Stacked else None for x in arguments]
    fill = common_fill(op, arguments, views, keywords)
    if fill is None:
        return NotImplemented
    given = [x if v is None else v.data for x, v in zip(arguments, views, strict=True)]
    others = (v.pattern for v in views if v is not None)
    return assemble(op(*given, **keywords), pattern=first.pattern.with_fill(fill).beside(*others))


def common_fill(op: Any, arguments: Any, views: Any, keywords: dict[str, Any]) -> Any:
    """The fill value of the result; None where it would depend on a traced number, so that nothing but a dense array
    could carry its derivative.
    """
    zeros = [v is not None and not v.pattern.has_fill for v in views]
    keeps = keeps_zero(op, zeros)
    fills, kinds = [], []
    for x, v in zip(arguments, views, strict=True):
        if v is not None:
            fills.append(v.pattern.fill)
            kinds.append(ops.dtype(v.data))
        elif is_plain_number(x) or keeps:
            fills.append(x if is_plain_number(x) else spoiling(numbers_inside(primal(x))))
            kinds.append(None)
        else:
            return None
    if keeps and all(v is None or v.pattern.kind not in PYDATA for v in views):
        if op.__name__ in ANNIHILATING or sum(v is not None for v in views) == 1:
            return 0  # SciPy's zeros stay zeros, whatever they are multiplied with
    return fill_of(op, fills, kinds, keywords)


def keeps_zero(op: Any, zeros: list[bool]) -> bool:
    """Whether a zero stays one: `zeros` says which arguments are sparse with zeros where nothing is stored."""
    return (op.__name__ in ANNIHILATING and any(zeros)) or (op.__name__ in ZERO_FIRST and zeros[0])


def is_plain_number(x: Any) -> bool:
    """Whether a value is a number of NumPy's or Python's, and nothing around it."""
    return isinstance(x, (np.ndarray, np.generic, float, int, complex, bool))


def spoiling(x: Any) -> Any:
    """A plain number; for a batch of them one that spoils a product with zero, if any does."""
    x = np.asarray(x)
    bad = ~np.isfinite(x) if x.dtype.kind in "fc" else np.zeros(x.shape, bool)
    return x[bad].flat[0] if bad.any() else x.flat[0] if x.size else 1


def places(op: Any, views: Any, shape: tuple[int, ...]) -> Any:
    """The keys of the places that are stored in the result."""
    patterns = [v.pattern for v in views if v is not None]
    zeros = [p for p in patterns if not p.has_fill]
    if op.__name__ in ANNIHILATING and zeros:
        return intersection(zeros)
    return union(patterns, shape)


# ---- beside a dense array --------------------------------------------------------------------------------------------


def beside_dense(op: Any, arguments: tuple[Any, ...], sparse: list[bool], keywords: dict[str, Any]) -> Any:
    """With a dense array: products and quotients keep the pattern, everything else is dense as the dense array is."""
    name = op.__name__
    shape = np.broadcast_shapes(*map(ops.shape, arguments))
    patterns = [pattern_of(x) if s else None for x, s in zip(arguments, sparse, strict=True)]
    zeros = [p is not None and not p.has_fill for p in patterns]
    keeps = keeps_zero(op, zeros)
    if keeps and name != "strong_multiply" and any(p is not None and p.kind in PYDATA for p in patterns):
        keeps = stays_zero(op, arguments, sparse, patterns, keywords)
    if not keeps:
        return op(*map(todense, arguments), **keywords)
    views = [broadcast(view(x), shape) if s else None for x, s in zip(arguments, sparse, strict=True)]
    deciding = [v.pattern for v, z in zip(views, zeros, strict=True) if v is not None and z]
    if name in ZERO_FIRST:
        deciding = deciding[:1]
    keys = intersection(deciding)
    pattern = on_keys(keys, shape, deciding[0], 0, winning_kind([p.kind for p in deciding])).beside(*deciding)
    given = []
    for x, v in zip(arguments, views, strict=True):
        if v is not None:
            given.append(spread(v, keys))
        elif ops.ndim(x):
            given.append(ops.getitem(x, index=coords_in(ops.shape(x), pattern)))
        else:
            given.append(x)
    return put_on(op(*given, **keywords), pattern)


def coords_in(shape: tuple[int, ...], pattern: Pattern) -> tuple[Any, ...]:
    """The places of a pattern in a dense array that broadcasts to its shape."""
    coords = pattern.coords[pattern.ndim - len(shape) :]
    return tuple(np.zeros_like(c) if size == 1 else c for c, size in zip(coords, shape, strict=True))


def stays_zero(op: Any, arguments: Any, sparse: Any, patterns: Any, keywords: dict[str, Any]) -> bool:
    """Whether zero times (or over) every dense number is zero, which sparse looks at: 0 * nan and 0 / 0 are not."""
    plain = []
    for x, s, p in zip(arguments, sparse, patterns, strict=True):
        plain.append(np.asarray(p.fill, ops.dtype(x)) if s else np.asarray(numbers_inside(primal(x))))
    with np.errstate(all="ignore"):
        made = np.asarray(op(*plain, **keywords))
    return bool(np.all(made == 0))
