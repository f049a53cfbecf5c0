"""Arrays of the caller's that a derivative still needs: copied when small, watched for being overwritten when large."""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount
from typing import Any, cast

import numpy as np

from ..dispatch.errors import MutatedConstantError, user_line
from ..dispatch.layers import layer_of
from ..engines.constants import is_still, look_at
from ..engines.levels import NUMBERS

#: Bytes up to which an input is copied where the sweep follows at once: only the function itself could overwrite it.
SMALL = 64 * 1024


class Watch:
    """Arrays that must stay as they are, with what was found in them.

    own: private views among them. Whoever needs one holds it, so that these are not compared again where as many hold
    them after the function's run as before, and no other transform ran meanwhile that could have let go of them.
    """

    __slots__ = ("arrays", "found", "held", "line", "look", "count", "number")

    def __init__(self, arrays: list[Any], own: list[Any] | None = None) -> None:
        self.arrays = arrays = [*(own or ()), *arrays]
        self.look = look = look_at(arrays)
        self.found = list(map(look, arrays))
        self.line = ""
        self.held = [0] * len(arrays)
        self.count = len(own or ())
        self.number = 0

    def note_holders(self) -> None:
        """Count who holds the private views, when a level or tape is about to be opened."""
        self.held[: self.count] = self.holders()[: self.count]
        self.number = next(NUMBERS)

    def holders(self) -> list[int]:
        """How many hold each array."""
        return [getrefcount(x) for x in self.arrays]

    def check(self) -> None:
        """Raise where one of them was overwritten."""
        alone = next(NUMBERS) == self.number + 2
        for x, before, held, holds in zip(self.arrays, self.found, self.held, self.holders(), strict=True):
            if not (alone and holds == held) and self.look(x) != before:
                raise MutatedConstantError(
                    f"An array of shape {x.shape} that the derivative needs was overwritten after it was used at "
                    f"{self.line or user_line()}. Pass a copy (x.copy()) into the computation, or write into a new "
                    "array; dispatchml.frozen(x) says that an array stays as it is."
                )


def private(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A view of an array that nobody else has. Views of it hold it, and not what it is a view of."""
    return np.asarray(memoryview(x))  # type: ignore[arg-type]


def settled(x: Any, limit: float, large: list[Any]) -> Any:
    """A value whose arrays are nobody else's: copied up to a number of bytes, and collected in `large` beyond it.

    Read-only arrays are promised to stay (`frozen`). What a layer wraps is treated likewise.
    """

    def settled_array(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if is_still(x):
            return x
        if x.nbytes <= limit or x.dtype.hasobject:
            return x.copy("K")
        large.append(x)
        return x

    return settled_array(x) if type(x) is np.ndarray else with_arrays(settled_array, x)


def with_arrays(function: Callable[[Any], Any], x: Any) -> Any:
    """A value whose arrays a function was applied to, those that layers wrap; itself where all stayed what they are."""
    if type(x) is np.ndarray:
        return function(x)
    info = layer_of(type(x))
    if info is None or info.payload is None or info.rebuild is None or info.slot == "transform":
        return x
    payload = info.payload(x)
    if type(payload) is not tuple:
        made = with_arrays(function, payload)
        return x if made is payload else info.rebuild(x, made)
    parts = cast(tuple[Any, ...], payload)
    several = tuple(with_arrays(function, p) for p in parts)
    return x if all(a is b for a, b in zip(several, parts, strict=True)) else info.rebuild(x, several)


def handed_out(x: Any) -> Any:
    """A value whose arrays the caller may overwrite."""
    return settled(x, float("inf"), [])


def apart(x: Any, arrays: list[Any]) -> Any:
    """A value that can be written and shares no memory with some arrays: copied where it is not so."""

    def copied(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        shares = any(x is a or x.base is not None and np.may_share_memory(x, a) for a in arrays)
        return x.copy() if shares or not x.flags.writeable else x

    return with_arrays(copied, x)


def arrays_of(leaves: list[Any]) -> list[Any]:
    """The arrays among values, and in what layers wrap, each once; not those that nobody can write into."""
    found: dict[int, Any] = {}

    def seen(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if not is_still(x):
            found[id(x)] = x
        return x

    for x in leaves:
        with_arrays(seen, x)
    return list(found.values())
