"""Products of two sparse matrices: every pair of stored numbers that meets, added up at its place.

y = a b on fixed patterns is bilinear in the stored numbers, and so is each of its derivatives: the cotangent of a is
c b^T where a stores something, that of b is a^T c where b does (c: the cotangent of y). All three are sums over the
same pairs: `meet` is each of them, so it is its own derivative to every order.

Few pairs are listed. Many are not: there are flops of them, while what is stored is far less, so machine code goes
through the rows of a with one dense row beside it (Gustavson, ACM Trans. Math. Softw. 4, 1978), compiled when the first
large product is met.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.rules import batch, rule

from .foreign import module
from .pattern import Pattern, coords_of

#: Above so many pairs they are not listed.
LISTED = 2**21


class Rows:
    """The places of a matrix row by row: order (None where they are in order), columns and pointers."""

    __slots__ = ("order", "columns", "pointers", "count")

    def __init__(self, pattern: Pattern) -> None:
        rows, columns = pattern.coords
        self.count = rows.size
        self.order = None if not np.any(rows[1:] < rows[:-1]) else np.argsort(rows, kind="stable")
        if self.order is not None:
            rows, columns = rows[self.order], columns[self.order]
        self.columns = np.ascontiguousarray(columns)
        self.pointers = np.zeros(pattern.shape[0] + 1, np.intp)
        np.cumsum(np.bincount(rows, minlength=pattern.shape[0]), out=self.pointers[1:])

    def sorted(self, numbers: Any) -> Any:
        """Numbers in the order of the rows."""
        return numbers if self.order is None else numbers[self.order]

    def back(self, numbers: Any) -> Any:
        """Numbers in their own order."""
        if self.order is None:
            return numbers
        made = np.empty_like(numbers)
        made[self.order] = numbers
        return made


class Meeting:
    """Which stored numbers of a (m, k) and b (k, n) meet, and where. coords: the places of the product, in order.
    compressed: the same as SciPy's indices and pointers, where it has told them.
    """

    __slots__ = ("a", "b", "pointers", "coords", "compressed", "width", "_pairs")

    def __init__(self, a: Pattern, b: Pattern) -> None:
        self.a, self.b = Rows(a), Rows(b)
        self.width = b.shape[1]
        self._pairs: Any = None
        if self.count_pairs() <= LISTED:
            keys, of = np.unique(self.listed_keys(), return_inverse=True)
            self._pairs = (*self._pairs, of.reshape(-1))
            self.coords = coords_of(keys, (a.shape[0], self.width))
            self.pointers = np.searchsorted(self.coords[0], np.arange(a.shape[0] + 1))
            self.compressed = None
        else:
            first, second = (shape_only(rows, p.shape) for rows, p in ((self.a, a), (self.b, b)))
            made = first @ second
            made.sort_indices()
            self.coords = np.empty((2, made.nnz), np.intp)
            self.coords[0] = np.repeat(np.arange(a.shape[0], dtype=made.indptr.dtype), np.diff(made.indptr))
            self.coords[1] = made.indices
            self.pointers = made.indptr.astype(np.intp)
            self.compressed = made.indices, made.indptr

    def count_pairs(self) -> int:
        """How many pairs there are."""
        return int(np.diff(self.b.pointers)[self.a.columns].sum())

    def listed_keys(self) -> Any:
        """The place of each pair; its numbers are remembered."""
        counts = np.diff(self.b.pointers)[self.a.columns]
        first = np.repeat(np.arange(self.a.count), counts)
        offsets = np.arange(first.size) - np.repeat(np.cumsum(counts) - counts, counts)
        second = self.b.pointers[self.a.columns][first] + offsets
        rows = np.repeat(np.arange(self.a.pointers.size - 1), np.diff(self.a.pointers))
        self._pairs = (
            first if self.a.order is None else self.a.order[first],
            second if self.b.order is None else self.b.order[second],
        )
        return rows[first] * self.width + self.b.columns[second]

    @property
    def pairs(self) -> tuple[Any, Any, Any]:
        """For each pair the number of a, that of b, and that of the product."""
        if self._pairs is None:
            keys = self.listed_keys()
            places = self.coords[0] * self.width + self.coords[1]
            self._pairs = (*self._pairs, np.searchsorted(places, keys))
        return self._pairs

    @property
    def sizes(self) -> dict[str, int]:
        """How many numbers each of the three stores."""
        return {"a": self.a.count, "b": self.b.count, "c": self.coords.shape[1]}


def shape_only(rows: Rows, shape: tuple[int, ...]) -> Any:
    """A matrix of truth values at the places of another one: no sum of them is zero."""
    return module("scipy.sparse").csr_array((np.ones(rows.count, bool), rows.columns, rows.pointers), shape=shape)


@operation(family="linalg")
def meet(u: Any, v: Any, *, meeting: Any = None, role: str = "c") -> Any:
    """The sum over all pairs that belong to each number of `role`: "c" of a (u) and b (v), "a" of c (u) and b (v),
    "b" of c (u) and a (v).
    """


#: For each role, which of the three its arguments are.
GIVEN = {"c": ("a", "b"), "a": ("c", "b"), "b": ("c", "a")}


@meet.decompose
def meet_by_pairs(u: Any, v: Any, *, meeting: Any = None, role: str = "c") -> Any:
    """All pairs, listed; axes of batches in front."""
    at = dict(zip("abc", meeting.pairs, strict=True))
    picked = [ops.getitem(x, index=(..., at[name])) for x, name in zip((u, v), GIVEN[role], strict=True)]
    products = ops.multiply(*picked)
    lead, count = ops.shape(products)[:-1], meeting.sizes[role]
    index = (*(slice(None) for _ in lead), at[role])
    return ops.scatter(products, index=index, shape=(*lead, count))


@meet.register
def meet_plain(u: np.ndarray, v: np.ndarray, *, meeting: Any = None, role: str = "c") -> Any:
    """Pairs, where they are listed; else row by row."""
    kind = np.result_type(u, v)
    if meeting._pairs is not None or kind.kind not in "iufc" or kind.char == "e":
        return meet_by_pairs(u, v, meeting=meeting, role=role)
    rows = {"a": meeting.a, "b": meeting.b}
    given = [
        np.ascontiguousarray(x if name == "c" else rows[name].sorted(x), kind)
        for x, name in zip((u, v), GIVEN[role], strict=True)
    ]
    a, b = meeting.a, meeting.b
    made = np.zeros(meeting.sizes[role], kind)
    row = np.zeros(meeting.width, kind)
    places = a.pointers, a.columns, b.pointers, b.columns, meeting.pointers, meeting.coords[1]
    by_rows(role)(*given, *places, row, made)
    return made if role == "c" else rows[role].back(made)


@functools.cache
def by_rows(role: str) -> Callable[..., None]:
    """The loop of a role as machine code."""
    import numba

    return numba.njit(nogil=True)(LOOPS[role])


def product_by_rows(a: Any, b: Any, ap: Any, aj: Any, bp: Any, bj: Any, cp: Any, cj: Any, row: Any, made: Any) -> None:
    for i in range(ap.size - 1):
        for p in range(ap[i], ap[i + 1]):
            for q in range(bp[aj[p]], bp[aj[p] + 1]):
                row[bj[q]] += a[p] * b[q]
        for r in range(cp[i], cp[i + 1]):
            made[r] = row[cj[r]]
            row[cj[r]] = 0


def first_by_rows(c: Any, b: Any, ap: Any, aj: Any, bp: Any, bj: Any, cp: Any, cj: Any, row: Any, made: Any) -> None:
    for i in range(ap.size - 1):
        for r in range(cp[i], cp[i + 1]):
            row[cj[r]] = c[r]
        for p in range(ap[i], ap[i + 1]):
            for q in range(bp[aj[p]], bp[aj[p] + 1]):
                made[p] += row[bj[q]] * b[q]


def second_by_rows(c: Any, a: Any, ap: Any, aj: Any, bp: Any, bj: Any, cp: Any, cj: Any, row: Any, made: Any) -> None:
    for i in range(ap.size - 1):
        for r in range(cp[i], cp[i + 1]):
            row[cj[r]] = c[r]
        for p in range(ap[i], ap[i + 1]):
            for q in range(bp[aj[p]], bp[aj[p] + 1]):
                made[q] += row[bj[q]] * a[p]


LOOPS: dict[str, Callable[..., None]] = {"c": product_by_rows, "a": first_by_rows, "b": second_by_rows}


# ---- derivatives -----------------------------------------------------------------------------------------------------


def conj(x: Any) -> Any:
    """The conjugate of what is complex."""
    return ops.conj(x) if ops.dtype(x).kind == "c" else x


@rule(meet).jvp
def meet_jvp(y: Any, tangents: Any, u: Any, v: Any, **static: Any) -> Any:
    du, dv = tangents
    parts = [] if du is None else [meet(du, v, **static)]
    parts += [] if dv is None else [meet(u, dv, **static)]
    return parts[0] if len(parts) == 1 else ops.add(*parts)


@rule(meet).vjp
def meet_vjp(y: Any, u: Any, v: Any, *, needs: Any, meeting: Any, role: str) -> Any:
    names = GIVEN[role]

    def part(wanted: str, other: str, ct: Any, x: Any) -> Any:
        """The cotangent of an argument from that of the result and the other argument, in the order of its role."""
        by = {role: ct, other: conj(x)}
        return meet(*(by[name] for name in GIVEN[wanted]), meeting=meeting, role=wanted)

    def meet_pullback(ct: Any) -> Any:
        return (
            part(names[0], names[1], ct, v) if needs[0] else None,
            part(names[1], names[0], ct, u) if needs[1] else None,
        )

    return meet_pullback


@batch(meet)
def meet_batch(arguments: Any, batched: Any, size: int, **static: Any) -> Any:
    u, v = (x if flag else ops.expand_dims(x, axis=0) for x, flag in zip(arguments, batched, strict=True))
    return meet_by_pairs(u, v, **static)
