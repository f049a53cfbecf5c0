"""Into and out of a sparse array as operations: `values` reads the stored numbers, `assemble` puts them on a pattern.

A traced value is outside, the sparse array inside: what `assemble` makes of traced numbers is a traced sparse array,
and reading it gives them back. Batches of sparse arrays are `Stacked`: many numbers for each place of one pattern.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import SLOTS, layer_of, operation
from dispatchml.dispatch.errors import ShapeError, at_user_line
from dispatchml.rules import batch, rule

from .foreign import READERS, SparseRefusal, put_together, take_apart
from .pattern import Pattern, coords_of


class Stacked:
    """Sparse arrays on one pattern. data: batch axes in front, the stored numbers last. Below the batching engine only:
    when it leaves `vmap` it becomes a sparse array with the batch axes in front.
    """

    __slots__ = ("data", "pattern")

    def __init__(self, data: Any, pattern: Pattern) -> None:
        self.data, self.pattern = data, pattern

    @property
    def shape(self) -> tuple[int, ...]:
        """The batch axes and those of one element."""
        return (*self.data.shape[:-1], *self.pattern.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        """The dtype of the numbers."""
        return self.data.dtype

    @property
    def __template__(self) -> Any:
        """One element, for what is beside the numbers."""
        first = self.data[0] if len(self.data) else np.zeros(self.data.shape[1:], self.data.dtype)
        return Stacked(first, self.pattern) if first.ndim > 1 else put_together(first, self.pattern)

    def __repr__(self) -> str:
        return f"<batch {self.data.shape[:-1]} on {self.pattern!r}>"


@operation(family="layers")
def values(x: Any, *, pattern: Any = None) -> Any:
    """The numbers of a sparse array at the places of a pattern: a vector; batch axes in front where x has them."""


@operation(family="layers")
def assemble(numbers: Any, *, pattern: Any = None) -> Any:
    """The sparse array with these numbers on a pattern: a vector, or batch axes in front."""


# ---- plain ones ------------------------------------------------------------------------------------------------------


@assemble.register
def assemble_plainly(numbers: object, *, pattern: Any = None) -> Any:
    numbers = np.asarray(numbers)
    if numbers.shape[-1:] != (pattern.nnz,):
        raise ShapeError(
            f"A pattern with {pattern.nnz} stored numbers was given numbers of shape {numbers.shape}{at_user_line()}."
        )
    return put_together(numbers, pattern) if numbers.ndim == 1 else Stacked(numbers, pattern)


def values_of_foreign(x: Any, *, pattern: Any = None) -> Any:
    """The rule of `values` for each foreign class. Axes that x has more than the pattern are batch axes."""
    data, own = take_apart(x)
    if own.same_places(pattern):
        return data
    lead = own.ndim - pattern.ndim
    if lead == 0:
        at = own.find(pattern.keys)
        return np.where(at >= 0, data[at] if data.size else 0, np.asarray(own.fill, data.dtype)).astype(data.dtype)
    sizes = own.shape[:lead]
    inner = Pattern(pattern.kind, own.shape[lead:], own.coords[lead:])
    at = pattern.find(inner.keys) if own.nnz else np.zeros(0, np.intp)
    made = np.full((*sizes, pattern.nnz), own.fill, data.dtype)
    known = at >= 0
    made[(*own.coords[:lead, known], at[known])] = data[known]
    return made


def values_of_stacked(x: Any, *, pattern: Any = None) -> Any:
    """The rule of `values` for a batch."""
    if x.pattern.same_places(pattern):
        return x.data
    if pattern.ndim != x.pattern.ndim:
        return values_of_foreign(leave(x), pattern=pattern)
    at = x.pattern.find(pattern.keys)
    missing = np.asarray(x.pattern.fill, x.dtype)
    return np.where(at >= 0, x.data[..., at] if x.pattern.nnz else 0, missing).astype(x.dtype)


def with_axes(pattern: Pattern, sizes: tuple[int, ...]) -> Pattern:
    """The pattern of a batch as one array with the batch axes in front: COO, or coo_array for SciPy's classes."""
    count = int(np.prod(sizes, dtype=np.intp))
    lead = coords_of(np.repeat(np.arange(count), pattern.nnz), sizes)
    coords = np.concatenate((lead, np.tile(pattern.coords, (1, count))))
    kind = "COO" if pattern.kind in ("COO", "GCXS") else "coo_array"
    return Pattern(kind, (*sizes, *pattern.shape), coords, pattern.fill)


def leave(x: Any) -> Any:
    """A batch as one sparse array with the batch axes in front; anything else as it is."""
    if type(x) is Stacked:
        numbers, pattern = x.data, x.pattern
    else:
        found = foreign_inside(x)
        if found is None or type(found[0]) is not Stacked:
            return x
        pattern = found[0].pattern
        numbers = values(x, pattern=pattern)
    whole = with_axes(pattern, ops.shape(numbers)[:-1])
    return assemble(ops.reshape(numbers, shape=(-1,)), pattern=whole)


def map_outer(op: Any) -> Any:
    """The rule of an outer layer: the operation on its payload, in the same layer."""

    def rule_of_layer(layer: Any) -> Any:
        peel, rebuild = layer.payload, layer.rebuild
        if peel is None or rebuild is None or SLOTS.index(layer.slot) <= SLOTS.index("structure"):
            return None

        def on_payload(x: Any, *, pattern: Any = None) -> Any:
            return rebuild(x, op(peel(x), pattern=pattern))

        return on_payload

    return rule_of_layer


for each in (values, assemble):
    each.info.layer_default = map_outer(each)


# ---- derivatives and batches -----------------------------------------------------------------------------------------


@rule(values).jvp
def values_jvp(y: Any, tangents: Any, x: Any, *, pattern: Any) -> Any:
    return numbers_at(tangents[0], pattern)


@rule(values).vjp
def values_vjp(y: Any, x: Any, *, needs: Any, pattern: Any) -> Any:
    def values_pullback(ct: Any) -> Any:
        return (assemble(ct, pattern=pattern.zero),)

    return values_pullback


@rule(assemble).jvp
def assemble_jvp(y: Any, tangents: Any, numbers: Any, *, pattern: Any) -> Any:
    return assemble(tangents[0], pattern=pattern.zero)


@rule(assemble).vjp
def assemble_vjp(y: Any, numbers: Any, *, needs: Any, pattern: Any) -> Any:
    def assemble_pullback(ct: Any) -> Any:
        return (numbers_at(ct, pattern.zero),)

    return assemble_pullback


@batch(values)
def values_batch(arguments: Any, batched: Any, size: int, *, pattern: Any) -> Any:
    return values(arguments[0], pattern=pattern)


@batch(assemble)
def assemble_batch(arguments: Any, batched: Any, size: int, *, pattern: Any) -> Any:
    return assemble(arguments[0], pattern=pattern)


# ---- looking inside --------------------------------------------------------------------------------------------------


def foreign_inside(x: Any) -> tuple[Any, int] | None:
    """The sparse array inside of a value and how many of its axes are those of batches; None where there is none."""
    hidden = 0
    while True:
        cls = type(x)
        if cls is np.ndarray or cls is float:
            return None
        if cls is Stacked or is_foreign(cls):
            return x, hidden
        info = layer_of(cls)
        if info is None or info.payload is None:
            return None
        if info.slot != "transform" and not info.properties.get("uniform"):
            return None
        hidden += getattr(cls, "_hides_axis", False)
        x = info.payload(x)


def is_in_units(x: Any) -> bool:
    """Whether a sparse array, traced perhaps, is inside of what says what its numbers mean."""
    while (info := layer_of(type(x))) is not None and info.slot == "transform":
        x = info.payload(x)
    return info is not None and info.slot == "meaning" and is_sparse(x)


def numbers_inside(x: Any) -> Any:
    """The plain number or array below what it means, such as a unit."""
    while (info := layer_of(type(x))) is not None and info.payload is not None:
        x = info.payload(x)
    return x


def is_foreign(cls: type) -> bool:
    """Whether a class is one of the sparse arrays that are understood."""
    known = FOREIGN.get(cls)
    if known is None:
        known = FOREIGN[cls] = any(
            c.__name__ in READERS and str(c.__module__).partition(".")[0] in ("sparse", "scipy") for c in cls.__mro__
        )
    return known


FOREIGN: dict[type, bool] = {}


def is_sparse(x: Any) -> bool:
    """Whether a value is a sparse array, plain, traced, in units or a batch."""
    return foreign_inside(x) is not None


def pattern_of(x: Any) -> Pattern:
    """The pattern of a sparse array, plain or traced; of one element where it is a batch."""
    found = foreign_inside(x)
    if found is None:
        raise SparseRefusal(f"There is no sparse array in {type(x).__name__}{at_user_line()}.")
    inner, hidden = found
    if type(inner) is Stacked:
        lead = inner.data.ndim - 1
        if hidden == lead:
            return inner.pattern
        return with_axes(inner.pattern, inner.data.shape[hidden:-1])
    own = take_apart(inner)[1]
    if not hidden:
        return own
    shape = own.shape[hidden:]
    places = Pattern(own.kind, shape, own.coords[hidden:])
    keys = np.unique(places.keys)
    union = Pattern(own.kind, shape, coords_of(keys, shape), own.fill)
    union.mixed = keys.size * math.prod(own.shape[:hidden]) != own.nnz
    return union


def numbers_at(x: Any, pattern: Pattern) -> Any:
    """The numbers of any array, sparse or dense, at the places of a pattern; batch axes in front."""
    if is_sparse(x):
        return values(x, pattern=pattern)
    if not pattern.ndim:
        return ops.reshape(x, shape=(*ops.shape(x), 1))
    return ops.getitem(x, index=(Ellipsis, *pattern.coords))
