"""The stages of an explicit step of dual numbers: their values and tangents lie in rows, as SciPy keeps plain ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml.engines.forward import Dual, dual


def is_vector(x: Any, size: int) -> bool:
    """Whether something is a plain vector of doubles of some length."""
    return type(x) is np.ndarray and x.shape == (size,) and x.dtype == np.float64


class DualStages:
    """Rates at the stages of one step, (count, n), that are dual numbers of the level of y, or constants."""

    __slots__ = ("y", "values", "partials", "count")

    def __init__(self, y: Dual, count: int) -> None:
        self.y, self.count = y, 0
        self.values = np.empty((count, y._value.size))
        self.partials = np.empty_like(self.values)

    @classmethod
    def of(cls, y: Any, count: int) -> DualStages | None:
        """Those of a state; None where it is no dual number of plain vectors."""
        if type(y) is not Dual or y._base is not None or not isinstance(y._value, np.ndarray) or y._level.closed:
            return None
        size = y._value.size
        return cls(y, count) if is_vector(y._value, size) and is_vector(y._partials, size) else None

    def add(self, rate: Any) -> bool:
        """Take the next rate; whether it is of this kind."""
        size, k = self.values.shape[1], self.count
        if type(rate) is Dual:
            if rate._level is not self.y._level or rate._base is not None:
                return False
            if not is_vector(rate._value, size) or not is_vector(rate._partials, size):
                return False
            self.values[k], self.partials[k] = rate._value, rate._partials
        elif is_vector(rate, size):
            self.values[k], self.partials[k] = rate, 0.0
        else:
            return False
        self.count += 1
        return True

    def state(self, weights: Any, step: float) -> Dual:
        """The state plus the weighted sum of the rates so far times the step, added in SciPy's order."""
        y, k = self.y, self.count
        value = y._value + np.dot(self.values[:k].T, weights) * step
        return dual(value, y._partials + np.dot(self.partials[:k].T, weights) * step, y._level)

    def all(self) -> Dual:
        """The rates as an array of dual numbers."""
        return dual(self.values, self.partials, self.y._level)
