"""`x.flat` of a buffer: its elements one by one, as they are when they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..numpy.writing import write_flat
from .buffers import TRACED, Buffer, held, held_deeply, holds_traced, kept, ndarray
from .entering import stands_for


class Elements:
    """As `numpy.flatiter`."""

    __slots__ = ("base", "rest")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, base: Buffer) -> None:
        self.base = base
        self.rest: Iterator[Any] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(held(self.base).flat, name)

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def __next__(self) -> Any:
        if self.rest is None:
            self.rest = iter(self)
        return next(self.rest)

    def __getitem__(self, index: Any) -> Any:
        return kept(held(self.base).flat[held_deeply(index)])

    def __setitem__(self, index: Any, values: Any) -> None:
        value, index, values = held(self.base), held_deeply(index), held_deeply(values)
        if type(value) is ndarray and not holds_traced(values):
            value.flat[index] = values
        else:
            write_flat(self.base, index, values)

    def copy(self) -> Any:
        """A new array with one axis."""
        return self[...]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.copy().__array__(dtype)


@stands_for(np.ndenumerate)
class Enumerated:
    """As `numpy.ndenumerate`."""

    def __init__(self, arr: Any) -> None:
        arr = arr if isinstance(arr, (Buffer, *TRACED)) else np.asarray(arr)
        self.iter = zip(np.ndindex(arr.shape), arr.flat, strict=True)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self.iter)
