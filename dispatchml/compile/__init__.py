"""Compilation: recorded programs become a few fused loops in machine code. `graph` is what they are made of."""

from typing import Any

from .graph import Program, evaluate


class Interpreted:
    """A program that runs operation by operation."""

    __slots__ = ("program",)

    def __init__(self, program: Program) -> None:
        self.program = program

    def __call__(self, *arguments: Any) -> list[Any]:
        return evaluate(self.program, arguments)

    def report(self) -> str:
        return "runs operation by operation"

    def lower(self) -> str:
        return repr(self.program)


def build(program: Program) -> Interpreted:
    """An executable for a program."""
    return Interpreted(program)
