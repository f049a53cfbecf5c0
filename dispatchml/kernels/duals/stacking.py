"""Arrays of dual numbers out of single ones: `np.array([x, 1.0])` and nested lists."""

from __future__ import annotations

import functools
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from .. import partials
from .seeds import INDEX, Code, implement
from .types import joined


def numbers(ty: Any, shape: tuple[int, ...]) -> Any:
    """The types of the numbers in nested tuples of a shape; None where they have none."""
    if not shape:
        return None if isinstance(ty, (types.BaseTuple, types.Array)) else [types.unliteral(ty)]
    if not isinstance(ty, types.BaseTuple) or len(ty) != shape[0]:
        return None
    inside = [numbers(t, shape[1:]) for t in ty.types]  # pyright: ignore[reportAttributeAccessIssue]
    return None if None in inside else [t for part in inside for t in part]


def shape_of(ty: Any) -> tuple[int, ...]:
    """The shape of nested tuples, by the first items."""
    return (len(ty), *shape_of(ty.types[0])) if isinstance(ty, types.BaseTuple) and len(ty) else ()  # pyright: ignore[reportAttributeAccessIssue]


def stacked_typer(items: Any) -> Any:
    """The array of nested tuples of numbers; None where they do not fit together."""
    shape = shape_of(items)
    found = numbers(items, shape)
    if not shape or found is None:
        return None
    dtype: Any = types.int64
    if not all(isinstance(t, types.Integer) for t in found):
        floats = (types.float64 if isinstance(t, (types.Integer, types.Boolean)) else t for t in found)
        dtype = functools.reduce(lambda a, b: None if a is None else joined(a, b), floats)
    return None if dtype is None else types.Array(dtype, len(shape), "C")


def stacked_code(c: Code, sig: Any, args: Any) -> Any:
    """The new array."""
    made = c.new(sig.return_type, [ir.Constant(INDEX, n) for n in shape_of(sig.args[0])])
    fill(c, sig.return_type, made, (), sig.args[0], args[0])
    return made


def fill(c: Code, made: Any, out: Any, place: tuple[Any, ...], ty: Any, value: Any) -> None:
    """Write the items from a place on."""
    if not isinstance(ty, types.BaseTuple):
        c.store(made, out, place, c.cast(value, ty, made.dtype))
        return
    for k, (t, v) in enumerate(zip(ty.types, cgutils.unpack_tuple(c.builder, value, len(ty)), strict=True)):  # pyright: ignore[reportAttributeAccessIssue]
        fill(c, made, out, (*place, ir.Constant(INDEX, k)), t, v)


implement(partials.stacked, stacked_typer, stacked_code)
