"""Doors into sparse arrays for traced numbers: the constructors of both libraries, and numbers on a pattern.

A foreign class cannot hold a traced number, so `csr_array((traced, indices, indptr))` and `COO(coords, traced)` are
traced sparse arrays: the constructor sees numbers one, two, three, ... in their place, and where it puts them says
which pattern the traced ones have.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import SLOTS, Part, is_layer, layer_of
from dispatchml.dispatch.errors import ShapeError, at_user_line

from .foreign import SparseRefusal, module, take_apart
from .numbers import assemble, is_sparse, pattern_of, values
from .pattern import Pattern, coords_of
from .view import view


def from_values(like: Any, numbers: Any) -> Any:
    """`dispatchml_sparse.from_values`."""
    is_layer(like)  # its plugin is loaded by the question
    pattern = pattern_of(like).zero
    if isinstance(numbers, (list, tuple)):
        numbers = ops.stack(tuple(numbers))
    if ops.shape(numbers) != (pattern.nnz,):
        raise ShapeError(
            f"from_values: the pattern has {pattern.nnz} stored numbers, but the numbers given have shape "
            f"{ops.shape(numbers)}{at_user_line()}."
        )
    return assemble(numbers, pattern=pattern)


def stored_values(x: Any) -> Any:
    """`dispatchml_sparse.values`."""
    is_layer(x)  # its plugin is loaded by the question
    if not is_sparse(x):
        raise SparseRefusal(f"values: {type(x).__name__} is no sparse array{at_user_line()}.")
    return values(x, pattern=common_pattern(x, "data"))


def common_pattern(x: Any, name: str) -> Any:
    """The pattern of a sparse array; that of each element of a batch. Raises SparseRefusal where they differ."""
    pattern = pattern_of(x)
    if pattern.mixed:
        raise SparseRefusal(
            f"x.{name} of a {pattern.kind} of a batch{at_user_line()}: its elements store numbers at different places, "
            "so it would be another one for each, of another length. Ask the array itself (np.sum(x), np.prod(x), "
            "np.count_nonzero(x)), or give all elements one pattern: dispatchml_sparse.from_values(pattern, numbers)."
        )
    return pattern


# ---- constructors ----------------------------------------------------------------------------------------------------


def round_numbers(numbers: Any, pattern: Any) -> Any:
    """A sparse array round numbers, of which it is a view as long as it stores the same places."""

    def numbers_of(owner: Any, new: Any) -> Any:
        return values(new, pattern=pattern) if pattern_of(new).same_places(pattern) else NotImplemented

    return Part(lambda owner: assemble(owner, pattern=pattern), numbers_of, aligned=False)(numbers)


def belongs_outside(x: Any) -> bool:
    """Whether a value is traced, or says what numbers mean: it goes outside of a sparse array."""
    info = layer_of(type(x))
    return info is not None and SLOTS.index(info.slot) > SLOTS.index("structure")


def numbers_of(given: Any) -> Any:
    """The numbers among a constructor's arguments, if they go outside; a list of traced ones is stacked."""
    if belongs_outside(given):
        return given
    if isinstance(given, (list, tuple)) and any(map(belongs_outside, given)):
        return ops.stack(tuple(given))
    return None


def numbered(count: int) -> Any:
    """Stand-ins for traced numbers; zero is left out, because constructors may drop it."""
    return np.arange(1, count + 1, dtype=float)


def by_numbers(made: Any, numbers: Any) -> Any:
    """The traced array whose pattern a constructor has shown with numbered stand-ins."""
    data, pattern = take_apart(made)
    return assemble(ops.getitem(numbers, index=np.rint(data).astype(np.intp) - 1), pattern=pattern)


def scipy_constructor(plain: Any) -> Any:
    """`__new__` of a class of scipy.sparse."""

    @functools.wraps(plain)
    def construct(cls: Any, arg1: Any = None, *arguments: Any, **keywords: Any) -> Any:
        if isinstance(arg1, tuple) and len(arg1) in (2, 3):
            numbers = numbers_of(arg1[0])
            if numbers is not None:
                return constructed(cls, numbers, arg1[1:], arguments, keywords)
        elif arg1 is not None and belongs_outside(arg1):
            return converted(arg1, cls.__name__)
        return plain(cls)

    return construct


def constructed(cls: Any, numbers: Any, where: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
    """A sparse array of SciPy round traced numbers; places named twice are added up."""
    shape = ops.shape(numbers)
    if cls.__name__ == "dia_array" and len(where) == 1 and len(shape) in (1, 2):
        from .diagonals import of_diagonals

        return of_diagonals(numbers, where[0], arguments, keywords)
    dtype = keywords.pop("dtype", None)
    if cls.__name__ not in ("csr_array", "csc_array", "coo_array") or len(shape) != 1:
        raise SparseRefusal(
            f"A {cls.__name__} of traced numbers of shape {shape}{at_user_line()}: make a csr_array, csc_array or "
            "coo_array of a vector of them."
        )
    if dtype is not None:
        numbers = ops.astype(numbers, dtype=np.dtype(dtype))
    count = shape[0]
    if cls.__name__ == "coo_array" or len(where) == 1:
        places = where[0]
        made = module("scipy.sparse").coo_array((numbered(count), places), *arguments, **keywords)
        coords = np.stack([np.asarray(c, np.intp) for c in made.coords])
        return summed(numbers, coords, made.shape, cls.__name__)
    made = cls((numbered(count), *where), *arguments, **keywords)
    major = np.repeat(np.arange(made.indptr.size - 1), np.diff(made.indptr))
    coords = np.stack((major, made.indices) if made.format == "csr" else (made.indices, major)).astype(np.intp)
    if coords.shape[1] != count:
        numbers = ops.getitem(numbers, index=slice(0, coords.shape[1]))
    return summed(numbers, coords, made.shape, cls.__name__)


def summed(numbers: Any, coords: Any, shape: Any, kind: str) -> Any:
    """A sparse array of numbers at places that may be named twice, in the order of the class."""
    pattern = Pattern(kind, shape, coords)
    keys = pattern.keys
    if np.unique(keys).size == keys.size and (kind == "coo_array" or is_in_order(coords, kind)):
        return round_numbers(numbers, pattern)
    order = coords if kind != "csc_array" else coords[::-1]
    rank = Pattern("coo_array", shape if kind != "csc_array" else shape[::-1], order).keys
    places, of = np.unique(rank, return_inverse=True)
    found = coords_of(places, shape if kind != "csc_array" else shape[::-1])
    found = found if kind != "csc_array" else found[::-1]
    data = ops.scatter(numbers, index=of.reshape(-1), shape=(places.size,))
    return assemble(data, pattern=Pattern(kind, shape, found))


def is_in_order(coords: Any, kind: str) -> bool:
    """Whether the major axis of a compressed class is sorted."""
    major = coords[1 if kind == "csc_array" else 0]
    return bool(np.all(major[1:] >= major[:-1]))


def pydata_constructor(plain: Any) -> Any:
    """`__new__` of sparse.COO and sparse.GCXS."""

    @functools.wraps(plain)
    def construct(cls: Any, *arguments: Any, **keywords: Any) -> Any:
        if cls.__name__ == "COO":
            numbers = numbers_of(arguments[1] if len(arguments) > 1 else keywords.get("data"))
            if numbers is not None:
                return coo_of(numbers, arguments, keywords)
        first = arguments[0] if arguments else keywords.get("arg", keywords.get("coords"))
        if cls.__name__ == "GCXS" and isinstance(first, tuple) and first and numbers_of(first[0]) is not None:
            numbers = numbers_of(first[0])
            made = cls((numbered(ops.shape(numbers)[0]), *first[1:]), *arguments[1:], **keywords)
            return by_numbers(made, numbers)
        if first is not None and belongs_outside(first):
            return converted(first, cls.__name__)
        return plain(cls)

    return construct


def coo_of(numbers: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
    """COO(coords, traced): places named twice are added up."""
    keywords = {k: v for k, v in keywords.items() if k not in ("data", "coords")} | (
        {"coords": keywords["coords"]} if not arguments else {}
    )
    cls = module("sparse").COO
    coords = np.asarray(arguments[0] if arguments else keywords.pop("coords"))
    if coords.ndim == 1:
        coords = coords[None, :]
    shape = ops.shape(numbers)
    if not shape:
        numbers = ops.broadcast_to(ops.reshape(numbers, shape=(1,)), shape=(coords.shape[1],))
    names = ("shape", "has_duplicates", "sorted", "prune", "cache", "fill_value", "idx_dtype")
    given = dict(zip(names, arguments[2:], strict=False)) | keywords
    made = cls(coords, np.ones(coords.shape[1]), shape=given.get("shape"))
    fill = given.get("fill_value")
    places = Pattern("COO", made.shape, coords)
    keys, of = np.unique(places.keys, return_inverse=True)
    pattern = Pattern("COO", made.shape, coords_of(keys, made.shape), 0 if fill is None else fill)
    if keys.size == coords.shape[1]:
        if np.array_equal(places.order, np.arange(keys.size)):
            return round_numbers(numbers, pattern)
        return assemble(ops.getitem(numbers, index=places.order), pattern=pattern)
    return assemble(ops.scatter(numbers, index=of.reshape(-1), shape=(keys.size,)), pattern=pattern)


#: Formats that are computed with as others.
STANDS_FOR = {**dict.fromkeys(("bsr_array", "lil_array", "dia_array", "dok_array"), "csr_array"), "DOK": "COO"}


def converted(x: Any, kind: str) -> Any:
    """A traced array in another sparse class; a dense one has no pattern that would not depend on its numbers."""
    if not is_sparse(x):
        raise SparseRefusal(
            f"{kind}(x) of a traced dense array{at_user_line()}: which places are stored would depend on the traced "
            "numbers. Name the pattern: dispatchml_sparse.from_values(pattern, x[pattern.coords]), where pattern is a "
            "sparse array."
        )
    v = view(x)
    kind = STANDS_FOR.get(kind, kind)
    coords, shape = v.pattern.coords, v.shape
    if kind in ("csr_array", "csc_array", "coo_array") and v.pattern.has_fill:
        raise SparseRefusal(f"A {v.pattern.kind} with the fill value {v.pattern.fill} is no {kind}{at_user_line()}.")
    major = coords[::-1] if kind == "csc_array" else coords
    order = np.lexsort(major[::-1]) if v.ndim else np.zeros(1, np.intp)
    pattern = v.pattern.like(coords[:, order], shape, v.pattern.fill, kind)
    return assemble(ops.getitem(v.data, index=order), pattern=pattern)
