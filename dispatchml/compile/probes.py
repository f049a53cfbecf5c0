"""Whether objects lie in memory as the driver reads them, compared with live ones before any code runs."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np

from ..backends.native import layout
from .driver.words import DESCR_KIND, LIST_ITEMS, SIZE, TUPLE_ITEMS

#: dtypes whose numbers the driver reads out of NumPy's scalars.
SCALARS = "?bBhHiIlLqQefdFD"

#: No object is at a lower address.
FIRST_PAGE = 4096


@cache
def reason_against() -> str:
    """Why entry points go through ctypes; empty where they are machine code."""
    reason = layout.reason_against()
    if reason:
        return reason
    things = [object(), object(), object()]
    if not holds(things, layout.read(id(things) + LIST_ITEMS, ctypes.c_int64)):
        return "lists are laid out differently"
    several = tuple(things)
    if not holds(several, id(several) + TUPLE_ITEMS):
        return "tuples are laid out differently"
    number = 1.5 + 2.5j
    if ctypes.string_at(id(number) + layout.FLOAT_VALUE, 16) != np.array(number).tobytes():
        return "complex numbers are laid out differently"
    if not all(map(scalar_as_described, SCALARS)):
        return "NumPy's scalars are laid out differently"
    dtypes = [np.dtype(c) for c in SCALARS] + [np.dtype(">f8"), np.dtype(">i4")]
    if not all(map(descr_as_described, dtypes)):
        return "dtypes are laid out differently"
    return ""


def holds(container: list[object] | tuple[object, ...], items: int) -> bool:
    """Whether a container's size is where it is expected, and its items are at an address."""
    plausible = items > FIRST_PAGE and layout.read(id(container) + SIZE, ctypes.c_int64) == len(container)
    return plausible and layout.pointers(items, len(container)) == list(map(id, container))


def scalar_as_described(character: str) -> bool:
    """Whether a NumPy scalar holds its bytes where a Python float does."""
    x = np.dtype(character).type(1)
    return ctypes.string_at(id(x) + layout.FLOAT_VALUE, x.dtype.itemsize) == x.tobytes()


def descr_as_described(dtype: np.dtype) -> bool:
    """Whether kind, character, byte order and number of a dtype are where they are compared."""
    start = id(dtype) + DESCR_KIND
    said = ctypes.string_at(start, 3).decode("latin-1")
    return said == dtype.kind + dtype.char + dtype.byteorder and layout.read(start + 4, ctypes.c_int) == dtype.num
