"""What these numbers say instead of a wrong or a rounded result."""

from __future__ import annotations

from typing import Any

from dispatchml.dispatch.errors import DispatchmlError, at_user_line


class PrecisionError(DispatchmlError, TypeError):
    """An operation would round, or has no exact result: what to write instead is in the text."""


class UndecidedError(DispatchmlError, ValueError):
    """A comparison of intervals that overlap: both answers are possible."""


def refuse(name: str, number: str, way_out: str) -> PrecisionError:
    """The error of an operation that a class of numbers does not have."""
    return PrecisionError(f"{name} of {number}{at_user_line()} has no exact result. {way_out}")


def refuse_pair(name: str, a: Any, b: Any, way_out: str) -> PrecisionError:
    """The error of two classes of numbers that do not meet."""
    return PrecisionError(
        f"{name}: {type(a).__name__} and {type(b).__name__} do not meet without rounding{at_user_line()}. {way_out}"
    )


def undecided(name: str, a: Any, b: Any) -> UndecidedError:
    """The error of a comparison of overlapping intervals."""
    return UndecidedError(
        f"{name}: the intervals {a} and {b} overlap{at_user_line()}, so that both answers are possible and no branch "
        "is right. Split the interval, or write the function without a branch."
    )
