"""Patterns: where the stored numbers of a sparse array are, what stands everywhere else, and in which class.

A pattern is static: it is the part of a sparse array that has no derivative. It names each place once, in the order in
which the class stores the numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

#: Classes by their short names, in the order in which one wins over another in a result; all that follow are made of
#: these.
PYDATA = ("COO", "GCXS")
SCIPY = ("coo_array", "csr_array", "csc_array")


class Pattern:
    """kind: the class by its short name. shape: of the array. coords: intp array (ndim, nnz). fill: the number that
    stands where nothing is stored (always 0 for SciPy). compressed: the compressed axes of a GCXS. mixed: whether it is
    the union of the patterns of a batch, which store at different places.
    """

    __slots__ = ("kind", "shape", "coords", "fill", "compressed", "mixed", "pointers", "template", "_keys", "_order")

    def __init__(self, kind: str, shape: tuple[int, ...], coords: Any, fill: Any = 0, compressed: Any = None) -> None:
        if not shape:
            coords = np.zeros((0, 1), np.intp)  # one number, and nothing else
        coords = np.asarray(coords, np.intp)
        coords = coords.view() if coords.ndim == 2 else coords.reshape(len(shape), -1)
        coords.flags.writeable = False
        self.kind, self.shape, self.coords, self.fill = kind, tuple(map(int, shape)), coords, fill
        self.compressed, self.mixed = compressed, False
        #: Of a compressed class: minor positions and pointers, where the places are in that order; made when asked for.
        self.pointers: Any = None
        #: Of a compressed class: the class, what its constructor wrote beside the arrays, what the index arrays hold.
        self.template: Any = None
        self._keys: Any = None
        self._order: Any = None

    @property
    def nnz(self) -> int:
        """How many numbers are stored."""
        return self.coords.shape[1]

    @property
    def size(self) -> int:
        """How many elements the array has."""
        return math.prod(self.shape)

    @property
    def ndim(self) -> int:
        """How many axes the array has."""
        return len(self.shape)

    @property
    def has_fill(self) -> bool:
        """Whether something else than zero stands where nothing is stored."""
        return not is_zero(self.fill)

    @property
    def keys(self) -> Any:
        """The places as positions in the flattened array."""
        if self._keys is None:
            self._keys = keys_of(self.coords, self.shape)
        return self._keys

    @property
    def order(self) -> Any:
        """The permutation that sorts the keys."""
        if self._order is None:
            self._order = np.argsort(self.keys, kind="stable")
        return self._order

    def find(self, keys: Any) -> Any:
        """For each key the position of the stored number there, -1 where nothing is stored."""
        if not self.nnz:
            return np.full(np.shape(keys), -1, np.intp)
        order = self.order
        ordered = self.keys[order]
        at = np.minimum(np.searchsorted(ordered, keys), self.nnz - 1)
        return np.where(ordered[at] == keys, order[at], -1)

    def same_places(self, other: Pattern) -> bool:
        """Whether two patterns have the same shape and name the same places in the same order."""
        if self is other or self.coords is other.coords:
            return self.shape == other.shape
        return (
            self.shape == other.shape
            and self.coords.shape == other.coords.shape
            and bool(np.array_equal(self.coords, other.coords))
        )

    def with_fill(self, fill: Any) -> Pattern:
        """The same places with another number elsewhere."""
        return self if same_number(fill, self.fill) else self.like(self.coords, self.shape, fill, known=self)

    def of_kind(self, kind: str) -> Pattern:
        """The same places in another class."""
        return self.like(self.coords, self.shape, kind=kind, known=self)

    def beside(self, *others: Pattern) -> Pattern:
        """The same pattern for a result of several: mixed where one of them is."""
        if self.mixed or not any(p.mixed for p in others):
            return self
        made = self.like(self.coords, self.shape, known=self)
        made.mixed = True
        return made

    @property
    def zero(self) -> Pattern:
        """The same places with zero elsewhere: where tangents and cotangents live."""
        return self.with_fill(0) if self.has_fill else self

    def like(
        self, coords: Any, shape: tuple[int, ...], fill: Any = None, kind: str | None = None, known: Any = None
    ) -> Pattern:
        """Other places in the same class, as far as it can hold the shape. known: a pattern with the same places."""
        ndim = len(shape)
        stays = self.ndim == ndim == 1 and kind in (None, self.kind)
        kind = self.kind if stays else fitting_kind(kind or self.kind, ndim)
        compressed = self.compressed if self.kind == "GCXS" and ndim == self.ndim else None
        made = Pattern(kind, shape, coords, self.fill if fill is None else fill, compressed)
        made.mixed = self.mixed
        if known is not None:
            made._keys, made._order = known._keys, known._order
            if known.kind == made.kind:
                made.pointers, made.template = known.pointers, known.template
        return made

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Pattern)
            and self.kind == other.kind
            and self.compressed == other.compressed
            and same_number(self.fill, other.fill)
            and self.same_places(other)
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.shape, self.nnz))

    def __repr__(self) -> str:
        return f"<pattern of {self.kind}, shape {self.shape}, {self.nnz} stored, {self.fill} elsewhere>"


def fitting_kind(kind: str, ndim: int) -> str:
    """The class for a number of axes: SciPy's compressed ones have two."""
    return "coo_array" if kind in ("csr_array", "csc_array") and ndim != 2 else kind


def keys_of(coords: Any, shape: tuple[int, ...]) -> Any:
    """Places as positions in the flattened array, the last axis fastest. Raises ValueError where they are too many."""
    if math.prod(shape) >= 2**63:
        raise ValueError(f"An array of shape {shape} has more elements than positions can be counted with.")
    keys = np.zeros(coords.shape[1], np.int64)
    for k, size in enumerate(shape):
        keys = keys * size + coords[k]
    return keys


def coords_of(keys: Any, shape: tuple[int, ...]) -> Any:
    """Positions in the flattened array as places."""
    keys = np.asarray(keys, np.int64)
    found = np.empty((len(shape), keys.size), np.intp)
    for k in range(len(shape) - 1, -1, -1):
        keys, found[k] = np.divmod(keys, max(shape[k], 1))
    return found


def is_zero(number: Any) -> bool:
    """Whether a fill value is zero."""
    try:
        return bool(number == 0)
    except Exception:  # a number that compares with nothing is not zero
        return False


def same_number(a: Any, b: Any) -> bool:
    """Whether two fill values are the same, nan included."""
    return bool(a == b) or bool(a != a and b != b)


def winning_kind(kinds: list[str]) -> str:
    """The class of a result in which several take part: sparse over SciPy, then the first."""
    for kind in PYDATA:
        if kind in kinds:
            return kind
    return kinds[0]


def union(patterns: list[Pattern], shape: tuple[int, ...]) -> Any:
    """The keys of all places that one of several patterns of one shape names, in order."""
    if all(p.same_places(patterns[0]) for p in patterns[1:]):
        return patterns[0].keys
    return np.unique(np.concatenate([p.keys for p in patterns]))


def intersection(patterns: list[Pattern]) -> Any:
    """The keys of all places that every one of several patterns of one shape names, in order of the first."""
    keys = patterns[0].keys
    for p in patterns[1:]:
        if not p.same_places(patterns[0]):
            keys = keys[p.find(keys) >= 0]
    return keys
