"""The cotangent of an uncertain number below a real one: what a standard deviation or a nominal value depends on.

Uncertain numbers form an algebra A, real numbers beside linear parts. The cotangent of an output in A is an element of
A, by which derivatives multiply as values do. An output that is a real number, such as a standard deviation, is a real
function on A instead, and its derivative a real functional: `nominal` times the change of the value, plus the sum of
`parts` times the changes of the coefficients. A acts on such functionals by multiplication,

    (f a)(d) = f(a d),  so  nominal' = nominal a0 + sum_v parts_v a_v  and  parts_v' = a0 parts_v.

The derivative with respect to a real number, or to the value of an uncertain one, is `nominal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


class Sensitivity:
    """A real functional of an uncertain number."""

    __slots__ = ("nominal", "parts")

    def __init__(self, nominal: float, parts: Mapping[Any, float]) -> None:
        self.nominal, self.parts = nominal, parts

    def __repr__(self) -> str:
        return f"Sensitivity({self.nominal!r}, {len(self.parts)} parts)"

    def __mul__(self, other: Any) -> Any:
        from .numbers import uncertain_of

        if isinstance(other, (int, float, np.generic)):
            factor = float(other)
            return Sensitivity(self.nominal * factor, {v: c * factor for v, c in self.parts.items()})
        known = uncertain_of(other)
        if known is None:
            return NotImplemented
        mean, components = known.mean(other), known.components(other)
        reached = sum(c * components.get(v, 0.0) for v, c in self.parts.items())
        return Sensitivity(self.nominal * mean + reached, {v: c * mean for v, c in self.parts.items()})

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else self * (1 / other)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, (int, float, np.generic)):  # the cotangent of a real number, such as zero
            return Sensitivity(self.nominal + float(other), self.parts)
        if not isinstance(other, Sensitivity):
            return self if is_zero(other) else NotImplemented
        parts = dict(self.parts)
        for v, c in other.parts.items():
            parts[v] = parts.get(v, 0.0) + c
        return Sensitivity(self.nominal + other.nominal, parts)

    __radd__ = __add__

    def __neg__(self) -> Sensitivity:
        return self * -1.0

    def __pos__(self) -> Sensitivity:
        return self

    def __sub__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def conjugate(self) -> Sensitivity:
        """Functionals are real."""
        return self

    def __bool__(self) -> bool:
        return bool(self.nominal) or any(self.parts.values())

    def __eq__(self, other: object) -> bool:
        return self.nominal == other

    def __ne__(self, other: object) -> bool:
        return self.nominal != other

    __hash__ = None  # type: ignore[assignment]


def is_zero(x: Any) -> bool:
    """Whether a value is an uncertain zero without uncertainty: a plain zero cotangent times an uncertain slope."""
    from .numbers import uncertain_of

    known = uncertain_of(x)
    return known is not None and known.mean(x) == 0 and not any(known.components(x).values())


def strong_product(a: Any, b: Any) -> Any:
    """a * b, zero where a factor is."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.frompyfunc(strong_product, 2, 1)(a, b)
    return a * b if a and b else Sensitivity(0.0, {})
