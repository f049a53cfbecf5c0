"""Arrays that nobody else holds: one that becomes a variable whose elements are written can be a buffer."""

from __future__ import annotations

import sys
from typing import Any

from .buffers import Buffer, is_alone, ndarray
from .entering import active


class Keeping:
    """What an object is multiplied by, as `KEEPING @ x`, before lifted code assigns it to a variable of that kind."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<an array of its own>"

    def __matmul__(self, x: Any) -> Any:
        if type(x) is not ndarray or active() is None or sys.getrefcount(x) > OWNED[0]:
            return x
        return Buffer(x) if x.shape and x.dtype.kind in "fc" and x.flags.writeable and is_alone(x) else x


KEEPING = Keeping()


class Counting:
    """Finds how many references there are to an operand that nobody else holds."""

    def __matmul__(self, x: Any) -> int:
        return sys.getrefcount(x)


#: How many references there are, as `sys.getrefcount` counts, to the operand of `@` that is in no variable.
OWNED = [Counting() @ [None]]
