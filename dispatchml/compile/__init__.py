"""Compilation: recorded programs become a few fused loops in machine code.

`graph` says what a program is and means. `passes` make it simpler, `lower` finds its regions and what their elements
are made of, `emit` writes the text of their kernels, `machine` makes code of it, and `compiled` runs it all in order.
`scalars` and `mathematics` are the functions of one element; `entry` and `threads` call kernels.
"""

from typing import Any

from .choices import USUAL, Choices
from .graph import Program, evaluate


class Interpreted:
    """A program that runs operation by operation. reason: why it was not compiled."""

    __slots__ = ("program", "reason")

    def __init__(self, program: Program, reason: str = "") -> None:
        self.program, self.reason = program, reason

    def __call__(self, *arguments: Any) -> list[Any]:
        return evaluate(self.program, arguments)

    def forget(self) -> None:
        """Nothing."""

    def report(self) -> str:
        return f"runs operation by operation: {self.reason}"

    def lower(self) -> str:
        return repr(self.program)


def build(program: Program, choices: Choices = USUAL) -> Any:
    """An executable for a program: `executable(*arguments)` gives the list of outputs, `report()` and `lower()` texts.

    Where this process cannot run new machine code, operations are called one by one, and the report says why.
    """
    from .compiled import Executable
    from .passes import optimised

    try:
        return Executable(program, optimised(program), choices)
    except (ImportError, OSError) as error:
        return Interpreted(program, str(error))
