"""ravel: a container as one plain vector and back, for optimisers and solvers that know only vectors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch import operation
from ..dispatch.dressing import bare as undressed
from ..dispatch.dressing import dressed
from ..dispatch.errors import ContainerMismatchError, at_user_line, describe
from ..rules.registry import elementwise
from .basis import numbers, stored_in
from .containers import flatten, unflatten
from .entry import hides_frames
from .inputs import input_leaf
from .own_structures import Stored, form_inside
from .zeros import is_plain, unit_of


@hides_frames
def ravel(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All numbers of a container as one plain vector, and the function that makes the container of a vector.

    Units are kept by the second function: each leaf's numbers go into the vector in its own units and come back in
    them, so that lengths and masses may stand beside each other. Of a structure (a sparse array, a diagonal matrix) the
    vector has the numbers that are stored, and it comes back as it was. Whole numbers become floats, the vector has the
    dtype to which the leaves promote, and each leaf gets its own dtype and shape back. Of a complex vector, real leaves
    take numbers whose imaginary part is 0 (and as tangents the real part). Strings, truth values and None stay out of
    the vector and return unchanged. Both functions are differentiable.

    `unravel` raises ContainerMismatchError for a vector of another length, or with an imaginary part where a real leaf
    stands.

    >>> import numpy as np, dispatchml as dm
    >>> vector, unravel = dm.ravel({"a": np.array([1.0, 2.0]), "b": 3.0})
    >>> vector
    array([1., 2., 3.])
    >>> unravel(vector * 2)
    {'a': array([2., 4.]), 'b': 6.0}
    """
    leaves, structure = flatten(tree)
    parts: list[Any] = []
    places: list[tuple[int, Place]] = []
    start = 0
    for k, given in enumerate(leaves):
        whole = input_leaf(given, "ravel")
        if whole is None:
            continue
        x = undressed(whole)
        unit = unit_of(x)
        bare = x if is_plain(x) else plain_numbers(ops.divide(x, unit))
        inside = stored_in(bare) or stored_in_own(bare)
        numbers = bare if inside is None else inside.read(bare)
        size = ops.size(numbers)
        write = None if inside is None else functools.partial(inside.write, bare)
        places.append((k, Place(start, size, x, unit, write, None if x is whole else whole)))
        parts.append(ops.reshape(numbers, shape=(-1,)))
        start += size
    vector = ops.concatenate(tuple(parts), axis=0) if parts else np.zeros(0)
    length = start

    def unravel(vector: Any) -> Any:
        """The container whose numbers stand in a vector."""
        if ops.shape(vector) != (length,):
            raise ContainerMismatchError(
                f"unravel needs a vector of {length} numbers, not {describe(vector)}{at_user_line()}."
            )
        made = list(leaves)
        for k, place in places:
            made[k] = place.take(vector)
        return unflatten(structure, made)

    return vector, unravel


def stored_in_own(x: Any) -> Stored | None:
    """How a structure of one's own is looked at; None for all other values."""
    form = None if is_plain(x) else form_inside(x)
    return None if form is None else Stored(form)


class Place:
    """Where a leaf's numbers are in the vector, and what they become."""

    __slots__ = ("start", "size", "shape", "dtype", "unit", "plain", "python", "write", "whole")

    def __init__(
        self, start: int, size: int, x: Any, unit: Any, write: Callable[[Any], Any] | None, whole: Any
    ) -> None:
        self.start, self.size, self.write, self.whole = start, size, write, whole
        self.shape, self.dtype = ops.shape(x), ops.dtype(x)
        self.unit, self.plain = unit, is_plain(x)
        self.python = type(x) in (float, complex)

    def take(self, vector: Any) -> Any:
        """The leaf of a vector."""
        if self.shape:
            x = ops.getitem(vector, index=slice(self.start, self.start + self.size))
            x = ops.reshape(x, shape=self.shape) if self.write is None else x
        else:
            x = ops.getitem(vector, index=self.start)
        have: Any = ops.dtype(x)
        if have.kind == "c" and self.dtype.kind == "f":
            if np.any(np.imag(numbers(x))):
                raise ContainerMismatchError(
                    f"unravel: numbers {self.start} to {self.start + self.size} of the vector are of real values, but "
                    f"have an imaginary part{at_user_line()}, which would be lost. Pass vector.real, or make these "
                    "values complex before ravel."
                )
            x = ops.real(x)
        if self.dtype.kind in "fc" and ops.dtype(x) != self.dtype:
            x = ops.astype(x, dtype=self.dtype)
        if self.python and isinstance(x, np.generic):
            x = x.item()
        x = x if self.write is None else self.write(x)
        x = x if self.plain else ops.multiply(x, self.unit)
        return x if self.whole is None else dressed(self.whole, x)


@operation(family="elementwise")
def plain_numbers(a: Any) -> Any:
    """The numbers of a dimensionless value, without the layer that says so. Its derivative is 1, in whatever units."""


@plain_numbers.decompose
def plain_already(a: Any) -> Any:
    return a


def of_payload(layer: Any) -> Any:
    """For layers that say what numbers mean: the numbers."""
    payload = layer.payload
    if layer.slot != "meaning" or payload is None:
        return None

    def numbers_of_payload(a: Any) -> Any:
        return plain_numbers(payload(a))

    return numbers_of_payload


plain_numbers.info.layer_default = of_payload
elementwise(plain_numbers, "1")
