"""What a value of a kernel is: a number or an array, of which dtype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Kind:
    """A number (ndim 0) or an array.

    code: "f8", "f4", "i8" or "b1", which stands for all floats of that width, all integers, all booleans. dtype: the
    exact dtype of an array of other integers.
    """

    code: str
    ndim: int = 0

    @property
    def floating(self) -> bool:
        """Whether it can have a derivative."""
        return self.code[0] == "f"

    @property
    def scalar(self) -> bool:
        """Whether it is a number."""
        return self.ndim == 0

    def with_ndim(self, ndim: int) -> Kind:
        """The same numbers in another number of dimensions."""
        return Kind(self.code, ndim)

    def __str__(self) -> str:
        name = {"f8": "float64", "f4": "float32", "i8": "integer", "b1": "bool"}[self.code]
        return name if self.scalar else f"{self.ndim}-d {name} array"


FLOAT, INTEGER, BOOLEAN = Kind("f8"), Kind("i8"), Kind("b1")
ORDER = {"b1": 0, "i8": 1, "f4": 2, "f8": 3}


def of_dtype(dtype: Any) -> str | None:
    """The code of a NumPy dtype; None for complex numbers and what is no number."""
    made = np.dtype(dtype)
    if made.kind == "f":
        return "f4" if made.itemsize == 4 else "f8" if made.itemsize == 8 else None
    return {"i": "i8", "u": "i8", "b": "b1"}.get(made.kind)


def of_value(value: Any) -> Any:
    """The kind of a plain value; a tuple of them for a tuple; None for something else."""
    if isinstance(value, tuple):
        return tuple(of_value(v) for v in value)
    if isinstance(value, (bool, np.bool_)):
        return BOOLEAN
    if isinstance(value, (int, np.integer)):
        return INTEGER
    if isinstance(value, np.float32):  # pyright: ignore[reportArgumentType]
        return Kind("f4")
    if isinstance(value, (float, np.floating)):
        return FLOAT
    if isinstance(value, np.ndarray):
        code = of_dtype(value.dtype)
        return None if code is None else Kind(code, value.ndim)
    return None


def joined(a: Kind, b: Kind) -> Kind:
    """What two kinds have in common in arithmetic, or as one variable."""
    code = a.code if ORDER[a.code] >= ORDER[b.code] else b.code
    if code == "f4" and "i8" in (a.code, b.code):
        narrow, other = (a, b) if a.code == "f4" else (b, a)
        code = "f4" if narrow.ndim > other.ndim else "f8"
    return Kind(code, max(a.ndim, b.ndim))
