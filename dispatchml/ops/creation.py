"""New values of the kind of another: its type, units, device and structure, with other numbers."""

from __future__ import annotations

from typing import Any

from ..dispatch import operation

__all__ = ["empty_like", "full_like", "full_of", "one_like", "ones_like", "ones_of", "zeros_like", "zeros_of"]


@operation(family="creation", strips=("transform",))
def zeros_like(x: Any, *, dtype: Any = None) -> Any:
    """Zeros in the shape, dtype, units and storage of x."""


@operation(family="creation", strips=("transform",))
def ones_like(x: Any, *, dtype: Any = None) -> Any:
    """Ones in the shape, dtype, units and storage of x."""


@operation(family="creation", strips=("transform",))
def empty_like(x: Any, *, dtype: Any = None) -> Any:
    """An array in the shape, dtype, units and storage of x with whatever numbers it finds."""


@operation(family="creation", strips=("transform",))
def full_like(x: Any, *, value: Any = 0, dtype: Any = None) -> Any:
    """One number, in the units of x, in the shape, dtype, units and storage of x."""


@operation(family="creation", strips=("meaning", "transform"))
def one_like(x: Any) -> Any:
    """The seed of a derivative: ones in the shape, dtype and storage of x, dimensionless."""


@operation(family="creation", strips=("transform",))
def zeros_of(x: Any, *, shape: tuple[int, ...] | None = None, dtype: Any = None) -> Any:
    """Zeros of another shape in the dtype, units and storage of x."""


@operation(family="creation", strips=("transform",))
def ones_of(x: Any, *, shape: tuple[int, ...] | None = None, dtype: Any = None) -> Any:
    """Ones of another shape in the dtype, units and storage of x."""


@operation(family="creation", strips=("transform",))
def full_of(x: Any, *, value: Any = 0, shape: tuple[int, ...] | None = None, dtype: Any = None) -> Any:
    """One number, in the units of x, in another shape in the dtype, units and storage of x.

    A float in place of an integer or bool makes the result floating.
    """
