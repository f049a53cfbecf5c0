"""How a NumPy function becomes the method of an operation, for arrays and for Python's own numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

#: NumPy's function behind the array method of an operation, for generated code that knows it has a plain array.
UFUNCS: dict[Any, Callable[..., Any]] = {}

#: The function of Python's floats behind a guarded one; it raises where NumPy answers inf or nan.
RAW_FLOATS: dict[Any, Callable[..., Any]] = {}

OBJECT = np.dtype(object)


def kernel(function: Any, array: Callable[..., Any], scalar: Callable[..., Any] | None = None) -> None:
    """Register NumPy's function for arrays (and every value below them), and one for Python's floats.

    An elementwise operation on an object array is applied to each element by dispatch, so that arrays of Fraction,
    Decimal, mpmath or uncertain numbers work.
    """
    op = function.info
    if op.family == "elementwise":
        UFUNCS[op] = array
        array = with_objects(op, array)
    op.register(array, (np.ndarray,) * op.arity, False)
    if scalar is not None:
        RAW_FLOATS[op] = getattr(scalar, "raw", scalar)
        op.register(scalar, (float,) * op.arity, False)


def with_objects(op: Any, array: Callable[..., Any]) -> Callable[..., Any]:
    """The array function, falling back to the elements' own operation where NumPy finds no loop for objects."""

    def by_elements(*arguments: Any, **keywords: Any) -> Any:
        element = functools.partial(op.function, **keywords) if keywords else op.function
        return np.frompyfunc(element, len(arguments), 1)(*arguments)

    def of_objects(*arguments: Any) -> bool:
        return any(getattr(a, "dtype", None) == OBJECT for a in arguments)

    def on_one(a: Any) -> Any:
        try:
            return array(a)
        except TypeError:
            if not of_objects(a):
                raise
            return by_elements(a)

    def on_two(a: Any, b: Any) -> Any:
        try:
            return array(a, b)
        except TypeError:
            if not of_objects(a, b):
                raise
            return by_elements(a, b)

    def on_any(*arguments: Any, **keywords: Any) -> Any:
        try:
            return array(*arguments, **keywords)
        except TypeError:
            if not of_objects(*arguments):
                raise
            return by_elements(*arguments, **keywords)

    on_array = on_any if op.keywords else {1: on_one, 2: on_two}.get(op.arity, on_any)
    on_array.__name__ = on_array.__qualname__ = op.name
    return on_array


def guarded(plain: Callable[..., Any], array: Callable[..., Any]) -> Callable[..., Any]:
    """A function of Python's floats that gives NumPy's inf or nan where Python raises."""

    def on_floats(*arguments: Any) -> Any:
        try:
            return plain(*arguments)
        except (ArithmeticError, ValueError):
            return array(*arguments).item()

    on_floats.raw = plain  # type: ignore[attr-defined]
    return on_floats
