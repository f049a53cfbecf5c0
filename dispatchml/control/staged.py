"""Loops that are not run but written down: their form, and what a level of a transform makes of one.

A staged loop is a function of leaves. The newest level among them owns it: under a tangent it becomes the loop of
values and tangents, under a batch that of all elements, on a tape two loops, one forward that keeps what it carried and
one backward. What is left when no level is, is recorded as one node of a program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..dispatch.errors import NonDifferentiableError, at_user_line
from ..engines.batch import Batched
from ..engines.forward import Dual
from ..engines.reverse import Var
from ..engines.traced import Traced
from ..engines.writable import Writable

Leaves = list[Any]


class Loop:
    """What is done in each round of a loop.

    body(constants, carry, row): the next carry, and the row that this round gives. test(constants, carry): whether
    another round follows; None: there are `length` of them, or as many as `count` says when it runs. length: the number
    of rows of sequences and results; where rounds are counted or tested there may be fewer. backward: from the last
    round to the first. name: the user's word for it; line: where it is. key: under which it is remembered how many
    rounds there were.
    """

    __slots__ = ("body", "test", "length", "backward", "name", "key", "depth")

    def __init__(
        self,
        body: Callable[[Leaves, Leaves, Leaves], tuple[Leaves, Leaves]],
        test: Callable[[Leaves, Leaves], Any] | None,
        length: int | None,
        backward: bool,
        name: str,
        key: Any,
    ) -> None:
        self.body, self.test, self.length, self.backward = body, test, length, backward
        self.name, self.key = name, key
        #: How many loops of one loop it is made of are within it.
        self.depth = 0

    def like(self, body: Any, test: Any = None, length: int | None = None, backward: bool = False) -> Loop:
        """Another loop that is made of this one."""
        made = Loop(body, test, length, backward, self.name, self.key)
        made.depth = self.depth
        return made

    @property
    def place(self) -> tuple[Any, int]:
        """Where the number of its rounds is remembered."""
        return self.key, self.depth


def run(loop: Loop, constants: Leaves, carry: Leaves, sequences: Leaves, count: Any = None) -> tuple[Leaves, Leaves]:
    """The last carry and the results of a staged loop. count: the number of rounds where that is known when it runs."""
    traced = [x for x in (*constants, *carry, *sequences, count) if isinstance(x, Traced)]
    if not traced:
        from .recorded import record_loop

        return record_loop(loop, constants, carry, sequences, count)
    top = max(traced, key=lambda x: x._level_number)
    if type(top) is Var:
        from .reverse import on_tape

        found = on_tape(loop, constants, carry, sequences, count, top._tape)
    elif type(top) is Dual:
        from .forward import on_duals

        found = on_duals(loop, constants, carry, sequences, count, top._level)
    else:
        from .batched import on_batch

        assert type(top) is Batched
        found = on_batch(loop, constants, carry, sequences, count, top._level)
    return found


def is_float(x: Any) -> bool:
    """Whether a leaf has derivatives."""
    return ops.dtype(x).kind in "fcO"


def fresh(x: Any) -> Any:
    """The same value, which may be written into without the other one's seeing it."""
    if not isinstance(x, Writable):
        return x
    made = object.__new__(type(x))
    for cls in type(x).__mro__:
        for name in cls.__dict__.get("__slots__", ()):
            setattr(made, name, getattr(x, name))
    return made


def check_received(outputs: Leaves, number: int, name: str) -> None:
    """Refuse results that depend on a traced value which the loop was not given."""
    if any(isinstance(y, Traced) and y._level_number >= number for y in outputs):
        raise NonDifferentiableError(
            f"{name}: its function uses a traced value that it did not receive{at_user_line()}, from a global or from "
            "an object; its derivative would be lost. Pass it as an argument or in the carried value, or hold it in "
            "the function's closure."
        )
