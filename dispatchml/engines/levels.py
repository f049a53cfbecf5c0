"""Levels: which transform a traced value belongs to. Newer is outside; a value of a lower level is a constant to a higher one."""

from __future__ import annotations

import itertools
from typing import Any, NoReturn

from ..dispatch.errors import LeakedTracerError, at_user_line

#: Process-wide rising numbers; `next` on a count is atomic. Never a depth, which would collide across threads.
NUMBERS = itertools.count(1)


class Level:
    """One run of a forward or batching transform: opened when it starts, closed when it ends."""

    __slots__ = ("number", "closed", "name", "size")

    def __init__(self, name: str, size: int = 0) -> None:
        self.number = next(NUMBERS)
        self.closed = False
        self.name = name
        self.size = size

    def __enter__(self) -> Level:
        return self

    def __exit__(self, *_: Any) -> None:
        self.closed = True

    def __repr__(self) -> str:
        return f"<level {self.number} of {self.name}{', closed' if self.closed else ''}>"


def leaked(name: str) -> NoReturn:
    """The error for a value that outlived its transform."""
    raise LeakedTracerError(
        f"A traced value of {name} was used after {name} had ended{at_user_line()}. It was probably stored in a global, an "
        "attribute or a list that outlives the differentiated function. Return it from the function instead (has_aux=True "
        "returns extra values), or store dispatchml.primal(x)."
    )
