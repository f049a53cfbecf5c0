"""Integrands that take all places at once, as those do that are written with NumPy's functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops

from ..implicit import hidden_batch

#: How well the values of one call must agree with those of calls for each place.
SAME = 1e-13


class NotElementwise(Exception):
    """An integrand has to be called for each place."""


class Elementwise:
    """The sum of an integrand at many places times weights, by one call.

    That it may be called so is seen from its plain values: they are those that it has place by place, at all of them.
    """

    __slots__ = ("integrand", "checked")

    def __init__(self, integrand: Callable[[Any, Any], Any]) -> None:
        self.integrand = integrand
        #: Whether it may be called so, by the places that were looked at.
        self.checked: dict[bytes, bool] = {}

    def __call__(self, places: Any, weights: Any, values: Any) -> Any:
        key = places.tobytes()
        if key not in self.checked:
            self.checked[key] = self.agrees(places, [dm.primal(v) for v in values])
        if not self.checked[key]:
            raise NotElementwise
        y = self.integrand(places, values)
        if ops.shape(y) != places.shape or hidden_batch(y):
            raise NotElementwise
        return ops.sum(ops.multiply(y, weights))

    def agrees(self, places: Any, values: Any) -> bool:
        """Whether one call gives what a call for each place gives."""
        try:
            together = np.asarray(self.integrand(places, values))
        except Exception:  # what happens to a function that is made for numbers alone
            return False
        if together.shape != places.shape or together.dtype.kind not in "fc":
            return False
        if any(self.checked.values()):  # at all places of coarser rules
            step = 1 + places.size // 60
            places, together = places[::step], together[::step]
        alone = np.asarray([self.integrand(t, values) for t in places.tolist()])
        if alone.shape != places.shape:
            return False
        size = np.max(np.abs(alone), initial=0.0)
        return bool(np.all(np.abs(together - alone) <= SAME * (np.abs(alone) + 1e-3 * size)))
