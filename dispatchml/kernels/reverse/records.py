"""What derived functions call to keep numbers: in Python here, in machine code by `kernels/keeping.py`."""

from __future__ import annotations

from typing import Any

import numpy as np


def put(numbers: Any, place: int, x: Any) -> None:
    """Write a number into a record."""
    numbers[place] = x


def take(numbers: Any, place: int) -> Any:
    """Read a number of a record."""
    return numbers[place]


def indices_are_known() -> None:
    """What comes after this in a function was run before with the same indices: they need not be looked at again."""


def has_nan(x: Any) -> bool:
    """Whether a number or an item of an array is nan."""
    return bool(np.any(np.isnan(x)))


def longer(numbers: Any, used: int, more: int) -> Any:
    """A longer array with the numbers that are used, and place for more."""
    made = np.empty(2 * numbers.size + more, numbers.dtype)
    for i in range(used):
        made[i] = numbers[i]
    return made


def keep_1(numbers: Any, place: int, array: Any) -> int:
    """Write a vector into numbers from a place on; returns the place after it."""
    for i in range(array.shape[0]):
        numbers[place + i] = array[i]
    return place + array.size


def keep_2(numbers: Any, place: int, array: Any) -> int:
    """The same for a matrix."""
    columns = array.shape[1]
    for i in range(array.shape[0]):
        for j in range(columns):
            numbers[place + i * columns + j] = array[i, j]
    return place + array.size


def keep_n(numbers: Any, place: int, array: Any) -> int:
    """The same for an array of any dimensions."""
    k = place
    for x in array.flat:
        numbers[k] = x
        k += 1
    return k


def put_back_1(array: Any, numbers: Any, place: int) -> int:
    """Write numbers from a place on into a vector; returns the place of its first."""
    for i in range(array.shape[0]):
        array[i] = numbers[place + i]
    return place


def put_back_2(array: Any, numbers: Any, place: int) -> int:
    """The same for a matrix."""
    columns = array.shape[1]
    for i in range(array.shape[0]):
        for j in range(columns):
            array[i, j] = numbers[place + i * columns + j]
    return place


def put_back_n(array: Any, numbers: Any, place: int) -> int:
    """The same for an array of any dimensions whose rows lie one after the other."""
    flat = array.reshape(array.size)
    for i in range(array.size):
        flat[i] = numbers[place + i]
    return place


FUNCTIONS = (put, take, indices_are_known, longer, keep_1, keep_2, keep_n, put_back_1, put_back_2, put_back_n)


def name_for(action: str, ndim: int) -> str:
    """The name of the function for arrays of so many dimensions."""
    return f"{action}_{ndim if ndim < 3 else 'n'}"
