"""Foreign sparse arrays taken apart into plain numbers and a pattern, and put together again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml.dispatch.errors import DispatchmlError, at_user_line, class_name

from .pattern import SCIPY, Pattern, keys_of
from .remembered import held, recall, remember


class SparseRefusal(DispatchmlError, TypeError):
    """A sparse class, dtype or operation that has no meaning here, with what to write instead."""


def module(name: str) -> Any:
    """A module that the user has imported, or that is imported now because its arrays are wanted."""
    found = sys.modules.get(name)
    if found is None:
        from importlib import import_module

        found = import_module(name)
    return found


# ---- taking apart ----------------------------------------------------------------------------------------------------


def take_apart(x: Any) -> tuple[Any, Pattern]:
    """The stored numbers as a vector, and their pattern; places that are named twice are added up."""
    known = recall(x)
    if known is not None:
        return x.data, known
    for cls in type(x).__mro__:
        reader = READERS.get(cls.__name__)
        if reader is not None and str(cls.__module__).partition(".")[0] in ("sparse", "scipy"):
            data, pattern = reader(x)
            if data is getattr(x, "data", None) and x.ndim and is_settled(x):
                remember(x, pattern)
            return data, pattern
    raise TypeError(f"{class_name(type(x))} is no sparse array.")


def is_settled(x: Any) -> bool:
    """Whether the index arrays of an array stay what they are: SciPy sorts those of a compressed one in place."""
    return not hasattr(x, "indptr") or bool(getattr(x, "has_canonical_format", False))


def read_coo(x: Any) -> tuple[Any, Pattern]:
    """sparse.COO: sorted and without duplicates, by its own constructor. 0-d arrays are one stored number."""
    if not x.shape:
        return np.reshape(np.asarray(x.todense()), (1,)), Pattern("COO", (), (), 0)
    return x.data, Pattern("COO", x.shape, x.coords, x.fill_value)


def read_gcxs(x: Any) -> tuple[Any, Pattern]:
    """sparse.GCXS: the numbers are in the order of its compressed axes, which numbering them finds out."""
    if x.ndim < 1:
        return np.reshape(np.asarray(x.todense()), (1,)), Pattern("GCXS", (), (), 0)
    numbered = type(x)(
        (np.arange(1, x.data.size + 1), x.indices, x.indptr), shape=x.shape, compressed_axes=x.compressed_axes,
        fill_value=0,
    ).tocoo()  # fmt: skip
    coords = np.empty((x.ndim, x.data.size), np.intp)
    coords[:, numbered.data - 1] = numbered.coords
    compressed = None if x.compressed_axes is None else tuple(map(int, x.compressed_axes))
    return x.data, Pattern("GCXS", x.shape, coords, x.fill_value, compressed)


def read_compressed(x: Any) -> tuple[Any, Pattern]:
    """csr_array and csc_array, in the order in which they store."""
    if not x.has_canonical_format:
        x = summed(x)
    if x.ndim == 1:
        return x.data, Pattern("csr_array", x.shape, x.indices[None, :])
    major = np.repeat(np.arange(x.indptr.size - 1, dtype=np.intp), np.diff(x.indptr))
    row_major = x.format == "csr"
    coords = np.stack((major, x.indices) if row_major else (x.indices, major))
    data = x.data if len(x.data) == coords.shape[1] else x.data[: coords.shape[1]]
    return data, Pattern("csr_array" if row_major else "csc_array", x.shape, coords)


def summed(x: Any) -> Any:
    """A compressed array without duplicates; one without them is not reordered."""
    if x.ndim == 1:
        if np.unique(x.indices).size < x.indices.size:
            x = x.copy()
            x.sum_duplicates()
        return x
    major = np.repeat(np.arange(x.indptr.size - 1), np.diff(x.indptr))
    keys = major * (x.shape[-1] if x.format == "csr" else x.shape[0]) + x.indices
    if np.unique(keys).size == keys.size:
        return x
    x = x.copy()
    x.sum_duplicates()
    return x


def read_coordinates(x: Any) -> tuple[Any, Pattern]:
    """coo_array of any number of axes."""
    if not x.has_canonical_format:
        coords = np.stack([np.asarray(c, np.intp) for c in x.coords]) if x.ndim else np.zeros((0, x.nnz), np.intp)
        keys = keys_of(coords, x.shape)
        if np.unique(keys).size != keys.size:
            x = x.copy()
            x.sum_duplicates()
    coords = np.stack(x.coords) if x.ndim else ()
    return x.data, Pattern("coo_array", x.shape, coords)


def through_rows(x: Any) -> tuple[Any, Pattern]:
    """bsr_array and lil_array, which are computed with as csr_array; explicit zeros stay."""
    return read_compressed(x.tocsr())


def read_diagonals(x: Any) -> tuple[Any, Pattern]:
    """dia_array: every element of its diagonals is stored, zeros included (SciPy's own conversion drops them)."""
    width = x.data.shape[1]
    columns = np.broadcast_to(np.arange(width), x.data.shape)
    rows = columns - np.asarray(x.offsets)[:, None]
    inside = (rows >= 0) & (rows < x.shape[0]) & (columns < x.shape[1])
    made = module("scipy.sparse").coo_array((x.data[inside], (rows[inside], columns[inside])), shape=x.shape)
    return read_compressed(made.tocsr())


def read_dictionary(x: Any) -> tuple[Any, Pattern]:
    """dok_array."""
    made = x.tocoo()
    return read_compressed(made.tocsr()) if x.ndim == 2 else read_coordinates(made)


def read_pydata_dictionary(x: Any) -> tuple[Any, Pattern]:
    """sparse.DOK, which is computed with as COO."""
    return read_coo(x.to_coo())


READERS: dict[str, Callable[[Any], tuple[Any, Pattern]]] = {
    "COO": read_coo,
    "GCXS": read_gcxs,
    "DOK": read_pydata_dictionary,
    "csr_array": read_compressed,
    "csc_array": read_compressed,
    "coo_array": read_coordinates,
    "bsr_array": through_rows,
    "lil_array": through_rows,
    "dia_array": read_diagonals,
    "dok_array": read_dictionary,
}


# ---- putting together ------------------------------------------------------------------------------------------------


def put_together(data: Any, pattern: Pattern) -> Any:
    """The foreign array of plain numbers and a pattern."""
    data = np.asarray(data)
    if data.dtype == object and pattern.kind in SCIPY:
        raise SparseRefusal(
            f"A {pattern.kind} of objects ({class_name(type(data.flat[0])) if data.size else 'none'}){at_user_line()}: "
            "scipy.sparse holds machine numbers only. Use sparse.COO for exact or uncertain ones: it holds any number."
        )
    if pattern.kind in SCIPY:
        data = data.copy()  # its methods sort the numbers in place
    return WRITERS[pattern.kind](data, pattern)


def fill_in(data: Any, fill: Any) -> Any:
    """A fill value in the dtype of the numbers."""
    if data.dtype == object:
        return fill
    return data.dtype.type(fill if data.dtype.kind == "c" else np.real(fill))


def write_coo(data: Any, pattern: Pattern) -> Any:
    """sparse.COO; a 0-d one has its number stored."""
    fill, ordered = fill_in(data, pattern.fill), is_sorted(pattern)
    made = module("sparse").COO(
        pattern.coords, data, shape=pattern.shape, fill_value=fill, has_duplicates=False, sorted=ordered
    )
    return remembered(made, pattern) if ordered and pattern.ndim and pattern.kind == "COO" else made


def is_sorted(pattern: Pattern) -> bool:
    """Whether the places are in the order of the flattened array."""
    keys = pattern.keys
    return bool(np.all(keys[1:] > keys[:-1]))


def write_gcxs(data: Any, pattern: Pattern) -> Any:
    """sparse.GCXS; its numbers come out in its own order."""
    return module("sparse").GCXS.from_coo(write_coo(data, pattern), compressed_axes=pattern.compressed)


def write_coordinates(data: Any, pattern: Pattern) -> Any:
    """coo_array."""
    coords = tuple(np.array(c) for c in pattern.coords)
    made = module("scipy.sparse").coo_array((data, coords), shape=pattern.shape)
    made.has_canonical_format = is_sorted(pattern)
    return remembered(made, pattern) if pattern.ndim else made


def write_rows(data: Any, pattern: Pattern) -> Any:
    """csr_array, of one axis too."""
    if pattern.ndim == 1:
        return module("scipy.sparse").csr_array((data, (np.array(pattern.coords[0]),)), shape=pattern.shape)
    return compressed("csr_array", data, pattern, 0)


def write_columns(data: Any, pattern: Pattern) -> Any:
    """csc_array."""
    return compressed("csc_array", data, pattern, 1)


def compressed(kind: str, data: Any, pattern: Pattern, major: int) -> Any:
    """A compressed array, sorted by the major axis; the order inside of a row stays."""
    if pattern.pointers is None:
        first, second = pattern.coords[major], pattern.coords[1 - major]
        index = np.int32 if max(*pattern.shape, data.size, 0) < 2**31 else np.int64
        ordered = not np.any(first[1:] < first[:-1])
        if not ordered:
            order = np.argsort(first, kind="stable")
            first, second, data = first[order], second[order], data[order]
        pointers = np.zeros(pattern.shape[major] + 1, index)
        np.cumsum(np.bincount(first, minlength=pattern.shape[major]), out=pointers[1:])
        second = second.astype(index)
        if ordered:
            pattern.pointers = second, pointers
    else:
        second, pointers = pattern.pointers
    if pattern.template is not None and data.dtype.char in PLAIN and len(data) == pattern.nnz:
        return of_template(data, pattern)
    cls = getattr(module("scipy.sparse"), kind)
    made = cls((data, second.copy(), pointers.copy()), shape=pattern.shape)
    if pattern.pointers is not None and is_settled(made):
        if made.indices.dtype != second.dtype or made.indptr.dtype != pointers.dtype:
            return remembered(made, pattern)
        inside = {k: v for k, v in made.__dict__.items() if k not in ("data", "indices", "indptr")}
        pattern.template = type(made), inside, (held(made.indices), held(made.indptr))
        remember(made, pattern, pattern.template[2])
    return made


def of_template(data: Any, pattern: Pattern) -> Any:
    """A compressed array as SciPy's constructor has made one of the same pattern: what it checks is known, and checking
    takes longer than the arithmetic.
    """
    cls, inside, contents = pattern.template
    second, pointers = pattern.pointers
    made = object.__new__(cls)
    made.__dict__.update(inside, data=data, indices=second.copy(), indptr=pointers.copy())
    remember(made, pattern, contents)
    return made


def remembered(made: Any, pattern: Pattern) -> Any:
    """An array that is known to have a pattern."""
    remember(made, pattern)
    return made


#: The dtypes that SciPy computes with as they are.
PLAIN = frozenset("?bBhHiIlLqQfdgFDG")

WRITERS = {
    "COO": write_coo,
    "GCXS": write_gcxs,
    "coo_array": write_coordinates,
    "csr_array": write_rows,
    "csc_array": write_columns,
}


def dense(data: Any, pattern: Pattern) -> Any:
    """The dense array of plain numbers and a pattern."""
    fill = fill_in(data, pattern.fill)
    if data.dtype == object and data.size:
        fill = fill + 0 * data.flat[0]  # a zero of the class of the numbers
    made = np.full(pattern.shape, fill, data.dtype)
    made[tuple(pattern.coords)] = data if pattern.ndim else data[0]
    return made
