"""A function that can be compiled for arguments of any kinds, and the functions that are derived from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import kinds
from .compiling import Code, compile
from .entering import enter
from .errors import KernelError
from .source import Source
from .spelling import spelled

#: How many columns a pass takes along: the first that is enough, else the last.
CHUNKS = (1, 4, 8)
#: LLVM's effort for dual numbers: with more, it writes loops again for each condition that stays the same in them, and
#: takes two to three times as long for code that is no faster.
DUALS = 2


class Program:
    """A closed source with the code that was made of it.

    unchecked: indices are not compared with the sizes of arrays. codes: by kinds of arguments. others: programs
    made of it.
    """

    __slots__ = (
        "source",
        "spelled",
        "unchecked",
        "effort",
        "codes",
        "others",
        "along",
        "refused",
        "entered",
        "segmented",
        "otherwise",
    )

    def __init__(self, source: Source, unchecked: bool = False) -> None:
        self.source, self.unchecked = source, unchecked
        #: What derivatives are made of: the same with some of NumPy's functions written out.
        self.spelled = spelled(source)
        #: How hard LLVM looks for good code.
        self.effort = 3
        self.codes: dict[tuple[str, ...], Code] = {}
        self.others: dict[Any, Program] = {}
        #: Native functions by kinds of arguments.
        self.entered: dict[tuple[str, ...], Callable[..., Any] | None] = {}
        #: Why a reverse program cannot be written.
        self.refused: dict[Any, str] = {}
        #: The same with loops in segments, for when this one raises MemoryError: a loop was too long to be run back.
        self.segmented: Callable[[], Program] | None = None
        #: Another source of the same, for when this one cannot be compiled.
        self.otherwise: Callable[[], Source] | None = None
        #: What it is the tangent of: a program, the kinds of its arguments, which leaves are active.
        self.along: tuple[Program, tuple[str, ...], tuple[bool, ...]] | None = None

    def code(self, arguments: tuple[str, ...]) -> Code:
        """The code for arguments of some kinds."""
        found = self.codes.get(arguments)
        if found is None:
            found = self.codes[arguments] = self.compiled(arguments)
        return found

    def compiled(self, arguments: tuple[str, ...]) -> Code:
        """New code, of the other source where this one cannot be compiled."""
        try:
            return compile(self.source, arguments, self.unchecked, self.effort)
        except KernelError:
            if self.otherwise is None:
                raise
            try:
                return compile(self.otherwise(), arguments, self.unchecked, self.effort)
            except KernelError:
                pass  # what the text itself does not have is the better answer
            raise

    def lowered(self, arguments: tuple[str, ...]) -> Source:
        """The source over numbers alone, which dual numbers have more of than expressions of whole arrays."""
        from .reverse import lowered

        return lowered(self.spelled, arguments)

    def __call__(self, *arguments: Any) -> Any:
        """The result for plain arguments."""
        given = kinds.kinds_of(arguments)
        if given is None:
            kinds.refuse(next(x for x in arguments if kinds.kind_of(x) is None))
        return self.run(given, arguments)

    def run(self, given: tuple[str, ...], arguments: tuple[Any, ...]) -> Any:
        """The result for plain arguments of known kinds."""
        call = self.entered.get(given) or self.enter(given)
        if call is not None:
            found = call(*arguments)
            if found is not NotImplemented:
                return found
        try:
            return self.code(given)(*arguments)
        except MemoryError:
            if self.segmented is None:
                raise
        return self.segmented()(*arguments)

    def enter(self, given: tuple[str, ...]) -> Callable[..., Any] | None:
        """The native function for arguments of some kinds; None where there is none."""
        if given not in self.entered:
            self.entered[given] = enter(self.code(given), self.source.name)
        return self.entered[given]

    def derived(
        self, key: Any, make: Callable[[], Source], again: Callable[[Program], Program] | None = None
    ) -> Program:
        """A program that is made of this one; kept with it. again: makes the same of another program."""
        found = self.others.get(key)
        if found is None:
            found = self.others[key] = Program(make(), self.unchecked)
            segmented = self.segmented
            if segmented is not None and again is not None:
                found.segmented = lambda: again(segmented())
        return found

    # ---- forward mode ------------------------------------------------------------------------------------------------

    def tangent(self, arguments: tuple[str, ...], active: tuple[bool, ...]) -> Program:
        """The tangent along one direction: of the leaves of the arguments and the tangents of the active ones."""
        from .forward import tangent_source

        made = self.derived(
            ("tangent", arguments, active),
            lambda: tangent_source(self.spelled, arguments, active),
            lambda other: other.tangent(arguments, active),
        )
        made.along = self, arguments, active
        made.effort = DUALS
        made.otherwise = lambda: tangent_source(self.lowered(arguments), arguments, active)
        return made

    def of_tangents(self, batched: tuple[bool, ...], size: int) -> Program | None:
        """Of a tangent: the program for many tangents at one point; None where the point is batched, too."""
        if self.along is None:
            return None
        program, arguments, active = self.along
        directions = batched[len(active) :]
        if any(batched[: len(active)]) or not all(directions):
            return None
        return program.columns(arguments, active, size)

    def columns(self, arguments: tuple[str, ...], active: tuple[bool, ...], count: int) -> Program:
        """The tangents along so many directions, some at once."""
        from .forward import columns_source

        chunk = next((c for c in CHUNKS if c >= count), CHUNKS[-1])
        made = self.derived(
            ("columns", arguments, active, chunk),
            lambda: columns_source(self.spelled, arguments, active, chunk),
            lambda other: other.columns(arguments, active, count),
        )
        made.effort = DUALS
        made.otherwise = lambda: columns_source(self.lowered(arguments), arguments, active, chunk)
        return made

    # ---- reverse mode ------------------------------------------------------------------------------------------------

    def gradient(self, given: tuple[str, ...], positions: tuple[int, ...]) -> Program | None:
        """The value and the gradient by some arguments, numbers or arrays; None where that cannot be had in one go."""
        key = ("gradient", given, positions)
        if key in self.refused or key in self.others:
            return self.others.get(key)
        result = self.code(given).result
        wanted = [given[p] for p in positions]
        if any(map(kinds.is_tuple, given)) or not all(k[0] in "df" for k in (*wanted, result)) or len(result) > 1:
            self.refused[key] = "it is no number of floats"
            return None
        active = tuple(k in positions for k in range(len(given)))
        from .backward import gradient_source

        try:
            made = self.derived(key, lambda: gradient_source(self.spelled, given, active, result, checkpoints=False))
        except KernelError as error:
            self.refused[key] = str(error)
            return None
        made.segmented = lambda: self.derived(
            (*key, "segmented"), lambda: gradient_source(self.spelled, given, active, result)
        )
        return made

    def pull(self, arguments: tuple[str, ...], active: tuple[bool, ...], result: str) -> Program | None:
        """The cotangents of the active leaves, by running the text back; None where that cannot be done."""
        from .backward import pull_source

        key = ("pull", arguments, active, result)
        if key in self.refused:
            return None
        try:
            made = self.derived(key, lambda: pull_source(self.spelled, arguments, active, result, checkpoints=False))
            made.segmented = lambda: self.derived(
                (*key, "segmented"), lambda: pull_source(self.spelled, arguments, active, result)
            )
            return made
        except KernelError as error:
            self.refused[key] = str(error)
            return None

    def loop(self, arguments: tuple[str, ...], batched: tuple[bool, ...]) -> Program:
        """The function of each element of a batch."""
        from .batching import loop_source

        return self.derived(
            ("loop", arguments, batched),
            lambda: loop_source(self.source, arguments, batched),
            lambda other: other.loop(arguments, batched),
        )


def leaf_kinds(leaves: Any) -> tuple[str, ...]:
    """The kinds of numbers and arrays of which only class, dtype and dimensions are known: order in memory is left
    open.
    """
    from .. import ops

    found = []
    for x in leaves:
        if type(x) in kinds.NUMBERS:
            found.append(kinds.NUMBERS[type(x)])
            continue
        dtype, ndim = kinds.character(np.dtype(ops.dtype(x))), ops.ndim(x)
        found.append(f"{dtype}{ndim}C" if ndim or not is_scalar(x) else dtype)
    return tuple(found)


def is_scalar(x: Any) -> bool:
    """Whether the value behind a traced one is a number, no array."""
    from ..engines.record import Rec
    from ..engines.traced import innermost
    from ..engines.views import current

    inside = innermost(x)
    return not isinstance(current(inside) if type(inside) is Rec else inside, np.ndarray)
