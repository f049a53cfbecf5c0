"""Modules, and constant arrays, as lifted code sees them."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from .buffers import held_deeply, kept


class ModuleView(types.ModuleType):
    """A module as lifted code sees it: what `change` gives for its contents, else these."""

    def __init__(self, original: types.ModuleType, change: Callable[[Any], Any]) -> None:
        super().__init__(original.__name__, original.__doc__)
        object.__setattr__(self, "_original", original)
        object.__setattr__(self, "_change", change)

    def __getattr__(self, name: str) -> Any:
        value = getattr(object.__getattribute__(self, "_original"), name)
        found = object.__getattribute__(self, "_change")(value)
        return value if found is None else found

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "_original"), name, value)

    def __dir__(self) -> list[str]:
        return dir(object.__getattribute__(self, "_original"))


class Dotting(np.ndarray):
    """A constant array of a package whose method `dot` takes traced values."""

    def dot(self, b: Any, out: Any = None) -> Any:
        """As `numpy.ndarray.dot`."""
        plain = self.view(np.ndarray)
        return plain.dot(b, out) if out is not None else kept(np.dot(plain, held_deeply(b)))


def dotting(x: Any) -> Any:
    """A view of a constant array for calls of its method `dot`."""
    return x.view(Dotting)
