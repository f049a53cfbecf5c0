"""The functions by which derived kernels make and read dual numbers. They mean something in compiled code only, where
`duals.seeds` implements them.
"""

from __future__ import annotations

from typing import Any, NoReturn


class Partials:
    """How many partials the dual numbers of a derivative have, and the tag that tells it from others.

    single: of one argument, which has one partial where it is a number. Of two derivatives in one program the one that
    began later, and is inside, has the smaller tag.
    """

    __slots__ = ("tag", "count", "single")

    def __init__(self, tag: int, count: int, single: bool = False) -> None:
        self.tag, self.count, self.single = tag, count, single

    def __repr__(self) -> str:
        return f"Partials({self.tag}, {self.count}{', single' if self.single else ''})"


def compiled_only(name: str) -> NoReturn:
    """The error for a call outside of compiled code."""
    raise RuntimeError(f"{name} is called in compiled code only")


def dual(x: Any, dx: Any, t: Any) -> Any:
    """A number or an array with its tangent."""
    compiled_only("dual")


def duals(x: Any, d: Any, k: Any, t: Any) -> Any:
    """A number or an array with the tangents d[k], d[k+1], ..."""
    compiled_only("duals")


def lifted(a: Any, t: Any) -> Any:
    """An array of numbers as one of dual numbers, with zero partials."""
    compiled_only("lifted")


def value(y: Any, t: Any) -> Any:
    """The values in a result."""
    compiled_only("value")


def tangent(y: Any, t: Any) -> Any:
    """The tangents in a result."""
    compiled_only("tangent")


def new_tangents(y: Any, size: Any, t: Any) -> Any:
    """Room for the tangents of a result in several directions."""
    compiled_only("new_tangents")


def put_tangents(out: Any, y: Any, k: Any, t: Any) -> Any:
    """Write the tangents of a result in the directions from k on."""
    compiled_only("put_tangents")


def new_batch(y: Any, size: Any) -> Any:
    """Room for a result of each element of a batch."""
    compiled_only("new_batch")


def put_batch(out: Any, y: Any, k: Any) -> Any:
    """Write the result of one element of a batch."""
    compiled_only("put_batch")


def stacked(items: Any) -> Any:
    """An array of nested tuples of dual numbers."""
    compiled_only("stacked")


def dot(a: Any, b: Any) -> Any:
    """The product of vectors and matrices of dual numbers."""
    compiled_only("dot")


def extent(x: Any) -> Any:
    """How many numbers a number or an array has."""
    compiled_only("extent")


def unit(x: Any, start: Any, k: Any, t: Any) -> Any:
    """An argument of which partial j is 1 in its number k + j - start."""
    compiled_only("unit")


def room(y: Any, total: Any, t: Any, arguments: Any) -> Any:
    """Room for so many partials of a number: an array, or a tuple where all arguments are numbers."""
    compiled_only("room")


def put_part(g: Any, y: Any, k: Any, t: Any) -> Any:
    """The same room with the partials of y from place k on."""
    compiled_only("put_part")


def shaped(g: Any, x: Any, start: Any, position: Any) -> Any:
    """The partials by one argument in its shape."""
    compiled_only("shaped")


def in_place_add(a: Any, b: Any) -> Any:
    """a += b, for numbers and arrays."""
    compiled_only("in_place_add")


def in_place_subtract(a: Any, b: Any) -> Any:
    """a -= b, for numbers and arrays."""
    compiled_only("in_place_subtract")


def in_place_multiply(a: Any, b: Any) -> Any:
    """a *= b, for numbers and arrays."""
    compiled_only("in_place_multiply")


def in_place_divide(a: Any, b: Any) -> Any:
    """a /= b, for numbers and arrays."""
    compiled_only("in_place_divide")


def array_sum(a: Any) -> Any:
    """The sum of all elements of an array."""
    compiled_only("array_sum")


def array_product(a: Any) -> Any:
    """The product of all elements of an array."""
    compiled_only("array_product")


def array_mean(a: Any) -> Any:
    """The mean of all elements of an array."""
    compiled_only("array_mean")


def array_maximum(a: Any) -> Any:
    """The largest of all elements of an array."""
    compiled_only("array_maximum")


def array_minimum(a: Any) -> Any:
    """The smallest of all elements of an array."""
    compiled_only("array_minimum")
