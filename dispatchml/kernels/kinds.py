"""What a kernel takes and returns, as short texts that can be written down.

A number is its dtype's character (`d`, `f`, `q`, `?`, `D`), an array the character, its dimensions and its order in
memory (`d2C`; C, F or A for anything else), a tuple `(d,d2C)`, None `N`. In machine code a value is a row of 64-bit
words: a number one (a complex one two), an array its owner, address, shape and strides, a tuple those of its elements.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np

from ..dispatch.errors import at_user_line, class_name, describe
from ..ops.placement import device_of, is_remote
from .errors import KernelError

NUMBERS = {float: "d", int: "q", bool: "?", complex: "D", type(None): "N"}
CHARACTERS = frozenset("?bBhHiIqQfdFD")
#: Two names of one type.
SAME = {"l": "q", "L": "Q"}


def kind_of(value: Any) -> str | None:
    """The kind of a plain value; None for what is none."""
    cls = type(value)
    known = NUMBERS.get(cls)
    if known is not None:
        return known
    if cls is np.ndarray and character(value.dtype) in CHARACTERS and value.dtype.isnative:
        flags = value.flags
        order = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
        return f"{character(value.dtype)}{value.ndim}{order}" if flags.aligned else None
    if isinstance(value, np.generic) and character(value.dtype) in CHARACTERS:
        return character(value.dtype)
    if cls is tuple:
        inside = kinds_of(value)  # pyright: ignore[reportArgumentType]
        return None if inside is None else f"({','.join(inside)})"
    return None


def kinds_of(values: Iterable[Any]) -> tuple[str, ...] | None:
    """The kinds of plain values; None where one has none."""
    found = tuple(map(kind_of, values))
    return None if None in found else found  # type: ignore[return-value]


def refuse(value: Any) -> NoReturn:
    """The error for what no kernel takes."""
    if is_remote(value):
        raise KernelError(
            f"A kernel runs on the CPU, and {describe(value)} is on {device_of(value)}{at_user_line()}. Move it with "
            'dispatchml.to_device(x, "cpu") and the result back; or write the function with operations on whole arrays '
            "or what is done with each element alone as a function of numbers under dispatchml.vectorize."
        )
    raise KernelError(
        f"A kernel takes numbers, arrays of them and tuples of these, not {given(value)}{at_user_line()}. "
        f"{instead(value)}"
    )


def given(value: Any) -> str:
    """What was handed over, in words."""
    if isinstance(value, np.ndarray) and (character(value.dtype) not in CHARACTERS or not value.dtype.isnative):
        return f"an array of {value.dtype}"
    if type(value) is tuple:  # one of its elements is what no kernel takes
        return f"a tuple with {given(next(x for x in value if kind_of(x) is None))}"
    return f"a {class_name(type(value))}" if isinstance(value, tuple) else describe(value)


def instead(value: Any) -> str:
    """What to hand over instead."""
    if isinstance(value, tuple) and type(value) is not tuple:
        return "Hand over tuple(x), and take its elements by their numbers."
    if isinstance(value, list):
        return "Hand over an array, np.array(x), or tuple(x)."
    if isinstance(value, dict):
        return "Hand over a tuple of its values."
    if isinstance(value, np.ndarray):
        return "Hand over an array of floats or whole numbers."
    return "Hand over its numbers and arrays."


def character(dtype: Any) -> str:
    """The character of a dtype, the same for the same numbers."""
    return SAME.get(dtype.char, dtype.char)  # pyright: ignore[reportReturnType]


@lru_cache(4096)
def elements(kind: str) -> tuple[str, ...]:
    """The kinds of a tuple's elements."""
    found, depth, start = [], 0, 1
    for k, c in enumerate(kind[:-1]):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 1:
            found.append(kind[start:k])
            start = k + 1
    return (*found, kind[start:-1]) if len(kind) > 2 else ()


def is_tuple(kind: str) -> bool:
    """Whether it is a tuple."""
    return kind[0] == "("


def is_array(kind: str) -> bool:
    """Whether it is an array."""
    return len(kind) > 1 and kind[0] != "("


def is_float(kind: str) -> bool:
    """Whether a number or an array has derivatives."""
    return kind[0] in "fdFD"


def dimensions(kind: str) -> int:
    """The number of dimensions of an array."""
    return int(kind[1:-1])


@lru_cache(4096)
def words(kind: str) -> int:
    """How many words a value has."""
    if is_tuple(kind):
        return sum(map(words, elements(kind)))
    if is_array(kind):
        return 2 + 2 * dimensions(kind)
    return {"D": 2, "F": 2, "N": 0}.get(kind, 1)


@lru_cache(4096)
def packer(kind: str) -> struct.Struct:
    """How the words of a tuple of arguments are packed."""
    return struct.Struct("=" + "".join(characters(kind)))


def characters(kind: str) -> Iterator[str]:
    """The characters of `struct` for the words."""
    if is_tuple(kind):
        for inner in elements(kind):
            yield from characters(inner)
    elif is_array(kind):
        yield "q" * words(kind)
    else:
        yield {"d": "d", "f": "d", "D": "dd", "F": "dd", "N": "", "Q": "Q"}.get(kind, "q")


def words_of(value: Any, kind: str) -> Iterator[Any]:
    """A value as words. The arrays must be kept alive by the caller."""
    if is_tuple(kind):
        for x, inner in zip(value, elements(kind), strict=True):
            yield from words_of(x, inner)
    elif is_array(kind):
        yield 0
        yield value.__array_interface__["data"][0]
        yield from value.shape
        yield from value.strides
    elif kind in "DF":
        yield value.real
        yield value.imag
    elif kind != "N":
        yield value
