"""The operators of GVar, which is written in C: whom they leave a call to.

GVar's operators step back for classes in a list of the library, arrays among them, and ask everything else for a float.
Traced values and whatever else wraps numbers belong outside a GVar, so the list is replaced by one that knows them.
"""

from __future__ import annotations

import numbers
from typing import Any

import gvar._gvarcore as core
import numpy as np


class Outside(list[Any]):
    """The classes for which GVar's operators step back: all but numbers."""

    def __contains__(self, cls: Any) -> bool:
        return not issubclass(cls, NUMBERS) or super().__contains__(cls)


NUMBERS = (core.GVar, int, float, np.generic, numbers.Number, str)


def open_doors() -> None:
    """Replace the list, once."""
    if not isinstance(core._ARRAY_TYPES, Outside):
        core._ARRAY_TYPES = Outside(core._ARRAY_TYPES)
