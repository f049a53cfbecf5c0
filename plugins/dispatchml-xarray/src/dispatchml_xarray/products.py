"""Products by the names of dims, and matrices whose two last dims are rows and columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import xarray as xr

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line

from .axes import assembled, numbers
from .labels import DataArray, LabelError, Labels, Variable, fresh, is_labelled, of_variable
from .opening import run

Rule = Callable[..., Any]


def refuse_plain(name: str, a: Any, b: Any) -> None:
    """xarray multiplies matrices by the names of dims; plain numbers have none."""
    if not (is_labelled(a) and is_labelled(b)):
        plain = next(v for v in (a, b) if not is_labelled(v))
        raise TypeError(
            f"{name} of a labelled and a plain array of shape {ops.shape(plain)}{at_user_line()}: which dims are "
            "summed over is said by their names. Label the other one: xarray.DataArray(a, dims=(...))."
        )


def by_names(op: Any) -> Rule:
    """matmul and dot: the sum of products over the dims that both have, as xarray's dot."""
    name = op.info.name

    def product(a: Any, b: Any) -> Any:
        def by_xarray(a: Any, b: Any) -> Any:
            if name == "dot" and (ops.ndim(a) == 0 or ops.ndim(b) == 0):
                return a * b
            refuse_plain(name, a, b)
            return xr.dot(a, b)

        return run(by_xarray, a, b)

    return product


def inner(a: Any, b: Any) -> Any:
    """The sum of products over the last dims, which must be the same."""

    def summed(a: Any, b: Any) -> Any:
        refuse_plain("inner", a, b)
        if a.dims[-1:] != b.dims[-1:]:
            raise LabelError(
                f"inner sums over the last dims, which are {a.dims[-1:]} and {b.dims[-1:]}{at_user_line()}."
            )
        return xr.dot(a, b, dim=a.dims[-1])

    return run(summed, a, b)


def vdot(a: Any, b: Any) -> Any:
    """The sum of conjugate products over all dims, which must be the same."""

    def summed(a: Any, b: Any) -> Any:
        refuse_plain("vdot", a, b)
        if set(a.dims) != set(b.dims):
            raise LabelError(f"vdot sums over all dims, which are {a.dims} and {b.dims}{at_user_line()}.")
        return xr.dot(a.conj(), b, dim=...)

    return run(summed, a, b)


def vecdot(a: Any, b: Any, *, axis: int = -1) -> Any:
    """The sum of conjugate products over a dim that both have."""

    def summed(a: Any, b: Any) -> Any:
        refuse_plain("vecdot", a, b)
        if a.dims[axis] != b.dims[axis]:
            raise LabelError(f"vecdot sums over {a.dims[axis]!r} and {b.dims[axis]!r}{at_user_line()}: rename one.")
        return xr.dot(a.conj(), b, dim=a.dims[axis])

    return run(summed, a, b)


def outer(a: Any, b: Any) -> Any:
    """Products of all pairs; the two have different dims."""

    def pairs(a: Any, b: Any) -> Any:
        refuse_plain("outer", a, b)
        if a.ndim != 1 or b.ndim != 1 or a.dims == b.dims:
            raise LabelError(
                f"outer of arrays with the dims {a.dims} and {b.dims}{at_user_line()}: rename one of them."
            )
        return a * b

    return run(pairs, a, b)


def einsum(arrays: Any, *, subscripts: str = "", optimize: Any = True) -> Any:
    """Each letter is a dim; the result has the dims of its letters."""

    def summed(*arrays: Any) -> Any:
        if "..." in subscripts or "->" not in subscripts:
            raise LabelError(f"einsum({subscripts!r}) of labelled arrays{at_user_line()}: write all letters and '->'.")
        left, right = subscripts.replace(" ", "").split("->")
        names: dict[str, Any] = {}
        owners: dict[str, Any] = {}
        for letters, d in zip(left.split(","), arrays, strict=True):
            if not is_labelled(d):
                continue
            for letter, dim in zip(letters, d.dims, strict=True):
                if names.setdefault(letter, dim) != dim:
                    raise LabelError(
                        f"einsum({subscripts!r}): {letter!r} is {names[letter]!r} and {dim!r}{at_user_line()}."
                    )
                owners.setdefault(letter, d)
        xr.align(*(d for d in arrays if isinstance(d, DataArray)), join="exact", copy=False)
        y = ops.einsum(tuple(map(numbers, arrays)), subscripts=subscripts, optimize=optimize)
        dims: list[Any] = []
        for letter in right:
            dims.append(names.get(letter) or fresh((*names.values(), *dims)))
        return gathered(arrays, y, tuple(dims))

    return run(summed, *arrays)


def gathered(arrays: Any, y: Any, dims: tuple[Any, ...]) -> Any:
    """Numbers with the coordinates of all arrays for the dims that are left."""
    labelled = [of_variable(d) for d in arrays if is_labelled(d)]
    cls = DataArray if any(k.cls is not Variable for k in labelled) else Variable
    coords, indexes = {}, {}
    shape = dict(zip(dims, ops.shape(y), strict=True))
    for k in labelled:
        for name, v in k.coords.items():
            if all(shape.get(n) == s for n, s in zip(v.dims, v.shape, strict=True)):
                coords.setdefault(name, v)
                if name in k.indexes:
                    indexes.setdefault(name, k.indexes[name])
    name = labelled[0].name if all(k.name == labelled[0].name for k in labelled) else None
    return Labels(cls, dims, {}, coords, name, indexes).build(y)


def solve(a: Any, b: Any) -> Any:
    """The solution has the columns of a labelled matrix as its rows, else the labels of the right side."""

    def solved(a: Any, b: Any) -> Any:
        y = ops.solve(numbers(a), numbers(b))
        if not is_labelled(a):
            return assembled(b, y, b.dims)
        if not is_labelled(b):
            raise TypeError(f"solve of a labelled matrix and a plain right side{at_user_line()}: label it.")
        rows = b.dims[-1] if b.ndim == 1 else b.dims[-2]
        if rows != a.dims[-2]:
            raise LabelError(
                f"solve: the rows of the matrix are {a.dims[-2]!r}, those of the right side {rows!r}{at_user_line()}."
            )
        xr.align(*(d for d in (a, b) if isinstance(d, DataArray)), join="exact", exclude=[], copy=False)
        dims = (*b.dims[:-1], a.dims[-1]) if b.ndim == 1 else (*b.dims[:-2], a.dims[-1], b.dims[-1])
        return gathered((b, a), y, dims)

    return run(solved, a, b)


def swapped(op: Any) -> Rule:
    """Inverses: rows become columns."""

    def inverse(a: Any, **keywords: Any) -> Any:
        def made(d: Any) -> Any:
            return assembled(d, op(numbers(d), **keywords), (*d.dims[:-2], d.dims[-1], d.dims[-2]))

        return run(made, a)

    return inverse


def of_matrices(op: Any) -> Rule:
    """A number for each matrix."""

    def number(a: Any, **keywords: Any) -> Any:
        def made(d: Any) -> Any:
            y = op(numbers(d), **keywords)
            dims = d.dims[:-2]
            return tuple(assembled(d, v, dims) for v in y) if isinstance(y, tuple) else assembled(d, y, dims)

        return run(made, a)

    return number


def trace(a: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The two dims go."""

    def summed(d: Any) -> Any:
        y = ops.trace(numbers(d), offset=offset, axis1=axis1, axis2=axis2, dtype=dtype)
        taken = {axis1 % d.ndim, axis2 % d.ndim}
        return assembled(d, y, tuple(n for k, n in enumerate(d.dims) if k not in taken))

    return run(summed, a)


def diagonal(a: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Along the dim of the first axis, without coordinates: an element of a diagonal has two."""

    def taken(d: Any) -> Any:
        y = ops.diagonal(numbers(d), offset=offset, axis1=axis1, axis2=axis2)
        gone = (axis1 % d.ndim, axis2 % d.ndim)
        rest = tuple(n for k, n in enumerate(d.dims) if k not in gone)
        return assembled(d, y, (*rest, d.dims[gone[0]]), tuple(d.dims[k] for k in gone))

    return run(taken, a)


def diag(a: Any, *, k: int = 0) -> Any:
    """The diagonal of a matrix; a matrix of a vector has the vector's dim and a new one."""

    def made(d: Any) -> Any:
        if d.ndim == 2:
            return diagonal(d, offset=k)
        y = ops.diag(numbers(d), k=k)
        grown = d.dims if k else ()
        return assembled(d, y, (d.dims[0], fresh((*d.dims, *getattr(d, "_coords", ())))), grown)

    return run(made, a)
