"""What comes of numbers of different sizes, by NumPy's rules and not by Numba's: Python's numbers have no size.

A float32 times 0.1 is a float32. Numba has one type for Python's floats and for float64, so that two things are done:
where both meet, the number that is no array is taken as a float32; then each of these numbers is followed back to
where it comes from, and one out of an array of float64, or of a function of NumPy's, for which NumPy would compute in
float64, is refused. Functions of `math` compute in float64, as Python's do.
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numba.core import errors, types, typing

from .duals.types import Dual, joined

#: Functions whose arguments are taken together.
TOGETHER = frozenset(
    getattr(operator, name)
    for name in (
        "add sub mul truediv floordiv mod pow eq ne lt le gt ge iadd isub imul itruediv ifloordiv imod ipow"
    ).split()
) | frozenset(
    getattr(np, name)
    for name in (
        "add subtract multiply true_divide divide floor_divide remainder mod fmod power maximum minimum fmax fmin "
        "hypot arctan2 copysign logaddexp logaddexp2 equal not_equal less less_equal greater greater_equal where clip"
    ).split()
) | {builtins.max, builtins.min}  # fmt: skip
ARRAYS = "arrays of whole numbers and of float32 meet"
POWERS = frozenset((operator.pow, operator.ipow, np.power))


def number_of(ty: Any) -> Any:
    """The type of the numbers of a value, with no duals around them."""
    ty = ty.dtype if isinstance(ty, types.Array) else ty
    return ty.float if isinstance(ty, Dual) else types.unliteral(ty)


def is_narrow(ty: Any) -> bool:
    """Whether something holds numbers of type float32."""
    return number_of(ty) == types.float32


def is_weak(ty: Any) -> bool:
    """Whether it may be one of Python's numbers."""
    return not isinstance(ty, (types.Array, Dual)) and (number_of(ty) in (types.float64, types.int64))


def is_long(ty: Any) -> bool:
    """Whether there are whole numbers of NumPy's with more digits than a float32 has."""
    number = number_of(ty)
    return isinstance(number, types.Integer) and getattr(number, "bitwidth", 0) >= 32 and not is_weak(ty)


def has_both(found: Iterable[Any]) -> bool:
    """Whether there are numbers of float32 and arrays of wider ones."""
    found = list(found)
    wide = any(isinstance(t, types.Array) and getattr(number_of(t), "bitwidth", 0) >= 32 for t in found)
    return wide and any(map(is_narrow, found)) and not all(is_narrow(t) for t in found if isinstance(t, types.Array))


def narrowed(key: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The types of the arguments of a function as NumPy takes them, where one is of float32."""
    if getattr(key, "__module__", None) == "math" or key is float:
        return tuple(joined(t, types.float64) if is_narrow(t) and not isinstance(t, types.Array) else t for t in args)
    try:
        together = key in TOGETHER
    except TypeError:
        return args
    if not together:
        return args
    if any(map(is_long, args)):  # as NumPy: an int32 has more digits than a float32
        if any(isinstance(t, types.Array) and is_narrow(t) for t in args) and any(
            isinstance(t, types.Array) and is_long(t) for t in args
        ):
            raise errors.TypingError(ARRAYS)
        return tuple(t if isinstance(t, types.Array) or t == types.boolean else joined(t, types.float64) for t in args)
    if any(not is_weak(t) and not is_narrow(t) and number_of(t) != types.boolean for t in args):
        return args
    found = tuple(types.float32 if is_weak(t) else t for t in args)
    if key in POWERS and isinstance(number_of(args[1]), types.Integer):
        return (found[0], args[1], *found[2:])  # x**2 by products, as before
    return found


class Typing(typing.Context):  # pyright: ignore[reportPrivateImportUsage]
    """How values are typed."""

    def resolve_function_type(self, func: Any, args: Any, kws: Any) -> Any:
        """The signature of a call."""
        if args and any(map(is_narrow, args)):
            args = narrowed(func.typing_key if isinstance(func, types.Function) else func, tuple(args))
        return super().resolve_function_type(func, args, kws)

    def unify_pairs(self, first: Any, second: Any) -> Any:
        """The type of a variable that has one type at one place and another one elsewhere."""
        if is_narrow(first) != is_narrow(second):
            narrow, other = (first, second) if is_narrow(first) else (second, first)
            if is_weak(other) and not isinstance(narrow, types.Array):
                return types.unliteral(narrow)
        return super().unify_pairs(first, second)
