"""The functions by which derived kernels make and read dual numbers. They mean something in compiled code only, where
`duals.seeds` implements them.
"""

from __future__ import annotations

from typing import Any, NoReturn


class Partials:
    """How many partials the dual numbers of a derivative have, and the tag that tells it from others.

    Of two derivatives in one program the one that began later, and is inside, has the smaller tag.
    """

    __slots__ = ("tag", "count")

    def __init__(self, tag: int, count: int) -> None:
        self.tag, self.count = tag, count

    def __repr__(self) -> str:
        return f"Partials({self.tag}, {self.count})"


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
