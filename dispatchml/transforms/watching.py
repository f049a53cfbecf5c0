"""Arrays of the caller's that a derivative still needs: copied when small, watched for being overwritten when large."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from ..backends.numpy import kernels
from ..dispatch.errors import MutatedConstantError, user_line
from ..dispatch.layers import layer_of
from ..engines.constants import fingerprint, is_still, sampled

#: Bytes up to which an input is copied where the sweep follows at once: only the function itself could overwrite it.
SMALL = 64 * 1024


class Watch:
    """Arrays that must stay as they are, with what was found in them."""

    __slots__ = ("known", "line", "look")

    def __init__(self, arrays: list[Any], look: Callable[[Any], Any] = fingerprint) -> None:
        self.look = look
        self.known = [(x, look(x)) for x in arrays]
        self.line = user_line() if arrays and look is fingerprint else ""

    def check(self) -> None:
        """Raise where one of them was overwritten."""
        for x, before in self.known:
            if self.look(x) != before:
                refuse_overwritten(x, self.line)


def refuse_overwritten(x: Any, line: str = "") -> None:
    """The error for an array that the derivative needs and that is not what it was."""
    raise MutatedConstantError(
        f"An array of shape {x.shape} that the derivative needs was overwritten after it was used at "
        f"{line or user_line()}. Pass a copy (x.copy()) into the computation, or write into a new array; "
        "dispatchml.frozen(x) says that an array stays as it is."
    )


def look_at() -> Callable[[Any], Any]:
    """How large arrays are looked at where the sweep follows at once: machine code where there is some."""
    return kernels.FAST.get("sample", sampled)


def settled(x: Any, limit: float, large: list[Any]) -> Any:
    """A value whose arrays are nobody else's: copied up to a number of bytes, and collected in `large` beyond it.

    Read-only arrays are promised to stay (`frozen`). What a layer wraps is treated likewise.
    """
    if type(x) is np.ndarray:
        if is_still(x):
            return x
        if x.nbytes <= limit:
            return x.copy("K")
        large.append(x)
        return x
    info = layer_of(type(x))
    if info is None or info.payload is None or info.rebuild is None or info.slot == "transform":
        return x
    payload = info.payload(x)
    if type(payload) is not tuple:
        made = settled(payload, limit, large)
        return x if made is payload else info.rebuild(x, made)
    parts = cast(tuple[Any, ...], payload)
    several = tuple(settled(p, limit, large) for p in parts)
    return x if all(a is b for a, b in zip(several, parts, strict=True)) else info.rebuild(x, several)


def handed_out(x: Any) -> Any:
    """A value whose arrays the caller may overwrite."""
    return settled(x, float("inf"), [])


def arrays_of(leaves: list[Any]) -> list[Any]:
    """The arrays that could be overwritten, each once."""
    found: list[Any] = []
    for x in leaves:
        settled(x, -1, found)
    return list({id(x): x for x in found}.values())
