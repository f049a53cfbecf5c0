"""What derived functions call to keep numbers: compiled with them."""

from __future__ import annotations

from typing import Any

import numpy as np


def longer(numbers: Any, used: int, more: int) -> Any:
    """A longer array with the numbers that are used, and place for more."""
    made = np.empty(2 * numbers.size + more, numbers.dtype)
    for i in range(used):
        made[i] = numbers[i]
    return made


def keep(numbers: Any, place: int, array: Any) -> int:
    """Write an array into numbers from a place on; returns the place after it."""
    for x in array.flat:
        numbers[place] = x
        place += 1
    return place


def put_back(array: Any, numbers: Any, place: int) -> int:
    """Write numbers from a place on into an array; returns the place of its first."""
    flat = array.reshape(array.size)
    for i in range(array.size):
        flat[i] = numbers[place + i]
    return place


FUNCTIONS = (longer, keep, put_back)
