"""The operations that recorded loops and branches are: each holds the programs of what is done in a round or a way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..compile.compiled import contiguous
from ..compile.graph import Program, UnsettledError, Value, evaluate
from ..dispatch.operation import operation
from .reverse import need_room

#: Python's whole numbers from which machine code does not count on.
LARGE = 1 << 62


class Overflow(UnsettledError):
    """There were more rounds than there was room for; there will be room when it is recorded again."""


class LoopProgram:
    """A loop as a program runs it.

    The operands: where it is tested, whether there is a first round; where it is counted, the number of rounds; what is
    carried; sequences; what the rounds read besides. The program of a round takes what is carried, a row of each
    sequence and the rest, and gives what is carried on, a row of each result, and where it is tested whether it goes
    on.
    """

    __slots__ = (
        "program", "carried", "rows", "results", "length", "tested", "counted", "backward", "name", "place",
        "executable", "native",
    )  # fmt: skip

    def __init__(
        self, program: Program, *, carried: int, rows: int, results: int, length: int, tested: bool, counted: bool,
        backward: bool, name: str, place: Any,
    ) -> None:  # fmt: skip
        self.program, self.carried, self.rows, self.results = program, carried, rows, results
        self.length, self.tested, self.counted, self.backward = length, tested, counted, backward
        self.name, self.place = name, place
        self.executable: Any = None
        self.native: Any = None

    def __repr__(self) -> str:
        inside = repr(getattr(self.executable, "optimised", self.program)).replace("\n", "\n  ")
        return f"{self.name} of {inside}"

    def __call__(self, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """Run it: as one native call, or round by round."""
        if self.executable is None:
            self.prepare()
        if is_large(operands):
            return self.one_by_one(list(operands), lambda *given: evaluate(self.program, given))
        if self.native is not None:
            given = operands
            if self.tested:
                given = bool(operands[0]), *operands[1:]
            elif self.counted:
                given = int(operands[0]), *operands[1:]
            found = self.native(*given)
            if found is NotImplemented:
                found = self.native(*map(contiguous, given))
            if found is not NotImplemented:
                return tuple(found)
        assert self.executable is not None
        return self.one_by_one(list(operands), self.executable)

    def prepare(self) -> None:
        """Compile a round, and the loop round it."""
        from ..compile import build
        from ..compile.rounds import native_rounds

        how = "tested" if self.tested else "counted" if self.counted else "fixed"
        self.executable = build(self.program)
        try:
            self.native = native_rounds(
                self.executable, self.carried, self.rows, self.results, self.length, how, self.backward
            )
        except (ImportError, OSError):
            self.native = None

    def one_by_one(self, given: list[Any], function: Callable[..., list[Any]]) -> tuple[Any, ...]:
        """Run it with a call for each round."""
        goes_on = bool(given.pop(0)) if self.tested else True
        count = int(given.pop(0)) if self.counted else self.length
        carry, given = given[: self.carried], given[self.carried :]
        sequences, rest = given[: self.rows], given[self.rows :]
        values = [as_value(y) for y in self.program.outputs[self.carried : self.carried + self.results]]
        results = [np.zeros((self.length, *shape), dtype) for shape, dtype in values]
        if self.tested:
            count = 0
            while goes_on:
                found = function(*carry, *rest)
                if count < self.length:
                    for y, row in zip(results, found[self.carried : -1], strict=True):
                        y[count] = row
                carry, goes_on = found[: self.carried], found[-1]
                count += 1
        if count > self.length and (results or sequences):
            need_room(self.place, count)
            raise Overflow(self.name)
        if not self.tested:
            for k in range(count - 1, -1, -1) if self.backward else range(count):
                found = function(*carry, *(x[k] for x in sequences), *rest)
                for y, row in zip(results, found[self.carried :], strict=True):
                    y[k] = row
                carry = found[: self.carried]
        return (*carry, *results)


def is_large(operands: tuple[Any, ...]) -> bool:
    """Whether one of Python's whole numbers is so large that a step from it may not be one of 64 bits."""
    return any(type(x) is int and not -LARGE < x < LARGE for x in operands)


def as_value(y: Any) -> tuple[tuple[int, ...], Any]:
    """The shape and dtype of a program's output."""
    if isinstance(y, Value):
        return y.shape, y.dtype
    return np.shape(y.value), np.asarray(y.value).dtype


@operation(variadic=True, family="control")
def loop(arrays: Any, *, program: Any = None) -> Any:
    """A loop: what is carried in the end, and the results of all rounds."""


@loop.decompose
def run_loop(arrays: Any, *, program: Any) -> Any:
    return program(arrays)


class BranchProgram:
    """Branches as a program runs them: programs, with which of the operands behind the number each of them takes."""

    __slots__ = ("programs", "name", "executables")

    def __init__(self, programs: list[tuple[Program, list[int]]], name: str) -> None:
        self.programs, self.name = programs, name
        self.executables: list[Any] = [None] * len(programs)

    def __repr__(self) -> str:
        inside = ", ".join(repr(p).replace("\n", "\n  ") for p, _ in self.programs)
        return f"{self.name} of {inside}"

    def __call__(self, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """Run the one that is chosen."""
        index, *rest = operands
        k = int(index)
        if is_large(operands):
            return tuple(evaluate(self.programs[k][0], [rest[j] for j in self.programs[k][1]]))
        function = self.executables[k]
        if function is None:
            from ..compile import build

            function = self.executables[k] = build(self.programs[k][0])
        return tuple(function(*(rest[j] for j in self.programs[k][1])))


@operation(variadic=True, family="control")
def branches(arrays: Any, *, program: Any = None) -> Any:
    """Branches: the results of the one whose number is the first operand."""


@branches.decompose
def run_branch(arrays: Any, *, program: Any) -> Any:
    return program(arrays)
