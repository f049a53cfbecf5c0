"""The table of stand-ins: what stands for a function, class or module in lifted code, by identity."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..engines.refusals import REFUSED

#: What stands for a function, class or module, by the identity of the original. The original is kept with it.
STAND_INS: dict[int, tuple[Any, Any]] = {}

active = REFUSED.get


def stands_for(original: Any) -> Callable[[Any], Any]:
    """Enter a function as what stands for another one."""

    def enter(function: Any) -> Any:
        STAND_INS[id(original)] = (original, function)
        return functools.wraps(original, updated=())(function) if not isinstance(original, type) else function

    return enter


def stand_in(original: Any) -> Any:
    """What stands for an object; None where nothing does."""
    known = STAND_INS.get(id(original))
    return known[1] if known is not None and known[0] is original else None
