"""Python's own numbers, recorded: where Python's operators raise, or give numbers of another class, a program must not
go on. Whether they do is guarded; derivatives, which come as operations and not by operators, answer as NumPy does.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from .. import ops
from .record import Rec, refuse
from .views import current

#: Operators that raise where they are given zero on their right.
QUOTIENTS: dict[str, Callable[[Any, Any], Any]] = {
    "truediv": operator.truediv, "floordiv": operator.floordiv, "mod": operator.mod,
}  # fmt: skip


def is_pythons(x: Any) -> bool:
    """Whether a value is one of Python's own numbers, recorded or not; in a loop's body, where nothing can be guarded,
    none is looked at.
    """
    return x._symbol.is_weak and not x._recorder.depth if type(x) is Rec else type(x) in (float, int, complex, bool)


def plain(x: Any) -> Any:
    """The number that a value is in this run."""
    return current(x) if type(x) is Rec else x


def checked_quotient(recorded: Callable[..., Any], pythons: Callable[[Any, Any], Any], turned: bool) -> Any:
    """A division of recorded numbers, which fails where that of Python's numbers does. turned: x is on the right."""

    def quotient(self: Any, other: Any) -> Any:
        below = self if turned else other
        if is_pythons(self) and is_pythons(other) and bool(ops.equal(below, 0) if type(below) is Rec else below == 0):
            pythons(*map(plain, (other, self) if turned else (self, other)))  # raises
        return recorded(self, other)

    return quotient


def checked_power(recorded: Callable[..., Any], turned: bool) -> Any:
    """A power of recorded numbers, which fails where that of Python's numbers does."""

    def power(self: Any, other: Any) -> Any:
        y = recorded(self, other)
        if is_pythons(self) and is_pythons(other) and ops.dtype(y).kind in "fc":
            base, exponent = (other, self) if turned else (self, other)
            check_numbers(lambda a, b: a**b, (base, exponent), y)
        return y

    return power


def check_numbers(pythons: Callable[..., Any], arguments: tuple[Any, ...], y: Any) -> None:
    """Fail where a function of Python's numbers does: where nan or infinity comes of other numbers. Guarded."""
    if type(y) is not Rec or y._recorder.depth or not fails(arguments, y):
        return
    found = pythons(*map(plain, arguments))  # raises, in most cases
    if type(found) is complex and ops.dtype(y).kind != "c":
        refuse("A power of a negative number", "is a complex number of Python's")


def fails(arguments: tuple[Any, ...], y: Rec) -> bool:
    """Whether y is nan and no argument is, or infinite where all arguments are finite; a guard."""
    nan, infinite = ops.isnan(y), ops.isinf(y)
    for x in arguments:
        if type(x) is Rec:
            nan, infinite = ops.logical_and(nan, ops.equal(x, x)), ops.logical_and(infinite, ops.isfinite(x))
        elif not math.isfinite(abs(x)):
            infinite = False
    return bool(ops.logical_or(nan, infinite))


def rounded(round_: Callable[..., Any]) -> Any:
    """`round(x)`, which is a whole number of Python's."""

    def answer(self: Rec, ndigits: int | None = None) -> Any:
        if ndigits is None and not self.shape:
            refuse("round(x)", "reads a number out of a value that is not known yet")
        return round_(self, ndigits)

    return answer


def install(cls: Any) -> None:
    """Put the operators on the class of recorded values."""
    for name, pythons in QUOTIENTS.items():
        for turned, prefix in ((False, ""), (True, "r")):
            door = f"__{prefix}{name}__"
            setattr(cls, door, checked_quotient(getattr(cls, door), pythons, turned))
    cls.__pow__ = checked_power(cls.__pow__, False)
    cls.__rpow__ = checked_power(cls.__rpow__, True)
    cls.__round__ = rounded(cls.__round__)
