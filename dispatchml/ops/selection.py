"""Choosing between values, elementwise with broadcasting. What is not chosen has derivative exactly zero."""

from typing import Any

from ..dispatch import operation

__all__ = [
    "clip", "copysign", "fmax", "fmin", "heaviside", "maximum", "minimum", "nan_to_num", "where", "where_or_zero",
]  # fmt: skip


@operation(family="elementwise")
def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b. Both in the same dimension; the condition is a constant to derivatives."""


@operation(family="elementwise")
def where_or_zero(condition: Any, a: Any) -> Any:
    """a where the condition holds, else zero of a's own kind: where without a second value, so in any dimension."""


@where_or_zero.decompose
def where_or_own_zero(condition: Any, a: Any) -> Any:
    """where_or_zero for layers that know where and zeros_like."""
    from .. import ops

    return where(condition, a, ops.zeros_like(a))


@operation(family="elementwise")
def maximum(a: Any, b: Any) -> Any:
    """The larger one; nan where either is nan. Both in the same dimension. Ties share the derivative equally."""


@operation(family="elementwise")
def minimum(a: Any, b: Any) -> Any:
    """The smaller one; nan where either is nan. Both in the same dimension. Ties share the derivative equally."""


@operation(family="elementwise")
def fmax(a: Any, b: Any) -> Any:
    """The larger one; where one is nan, the other. Both in the same dimension. Ties share the derivative equally."""


@operation(family="elementwise")
def fmin(a: Any, b: Any) -> Any:
    """The smaller one; where one is nan, the other. Both in the same dimension. Ties share the derivative equally."""


def clip(a: Any, lower: Any = None, upper: Any = None) -> Any:
    """a, moved into [lower, upper]; None leaves a side open. All in the same dimension.

    It is minimum(maximum(a, lower), upper), so a value on a bound shares its derivative with the bound, and the upper
    bound wins where the bounds cross, as in NumPy.
    """
    if lower is not None:
        a = maximum(a, lower)
    if upper is not None:
        a = minimum(a, upper)
    return a


@operation(family="elementwise")
def copysign(a: Any, b: Any) -> Any:
    """|a| with the sign of b. Units of a. Derivative in a at 0: 0; in b: 0."""


@operation(family="elementwise")
def nan_to_num(a: Any, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """a with nan and infinities replaced by the given numbers; None: the largest and the smallest of a's dtype.

    Derivative: 1 where a is finite, 0 where it was replaced.
    """


@operation(family="elementwise")
def heaviside(a: Any, b: Any) -> Any:
    """0 where a < 0, b where a == 0, 1 where a > 0. Derivative in a: 0."""
