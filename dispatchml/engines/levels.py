"""Levels: which transform a traced value belongs to.

Newer is outside; a value of a lower level is a constant to a higher one.
"""

from __future__ import annotations

import itertools
from typing import Any, NoReturn

from ..backends.native import activation
from ..dispatch.errors import LeakedTracerError, at_user_line

#: Process-wide rising numbers; `next` on a count is atomic. Never a depth, which would collide across threads.
NUMBERS = itertools.count(1)
#: What a forward or batching run counts for, in entries of a tape, when it is decided whether compiling is worth it.
RUN = 10


class Carefully:
    """How many recordings run in which zeros win over infinite derivatives from the start."""

    __slots__ = ("count",)


CAREFULLY = Carefully()
CAREFULLY.count = 0


class Level:
    """One run of a forward or batching transform: opened when it starts, closed when it ends.

    state: 0 while nothing is unusual, 1 when closed, 2 in a careful run, in which zeros win over infinite derivatives.
    """

    __slots__ = ("number", "closed", "state", "name", "size")

    def __init__(self, name: str, size: int = 0, careful: bool = False) -> None:
        if activation.pending:
            activation.note_work(RUN)
        self.number = next(NUMBERS)
        self.closed = False
        self.state = 2 if careful or CAREFULLY.count else 0
        self.name = name
        self.size = size

    def __enter__(self) -> Level:
        return self

    def __exit__(self, *_: Any) -> None:
        self.closed = True
        self.state = 1

    def __repr__(self) -> str:
        return f"<level {self.number} of {self.name}{', closed' if self.closed else ''}>"


def leaked(name: str) -> NoReturn:
    """The error for a value that outlived its transform."""
    raise LeakedTracerError(
        f"A traced value of {name} was used after {name} had ended{at_user_line()}. It was probably stored in a "
        "global, an attribute or a list that outlives the differentiated function. Return it from the function instead "
        "(has_aux=True returns extra values), or store dispatchml.primal(x)."
    )
