"""The tape: a flat list of what was done, swept backwards once.

Creation order is topological order, so there is no sort. The sweep pops the tape and the cotangents together: residuals
die by reference count as it passes, and no garbage collector is needed. An entry is a tuple whose first element is the
function that runs it backwards: `entry[0](cotangents, ct, entry)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..backends.native import activation
from ..dispatch.errors import user_line
from .levels import CAREFULLY, NUMBERS, leaked

ndarray = np.ndarray

#: Classes on which NumPy's own operators are used directly; everything else goes through the operations.
PLAIN = frozenset({ndarray, float, int, bool, complex, *(np.dtype(c).type for c in "efdgFDG?bhilqBHILQ")})
#: Below this many elements a fresh sum is as fast as adding in place.
IN_PLACE_SIZE = 512


class Tape(list[Any]):
    """The record of one reverse transform.

    plain: every recorded value is a plain array or number, so the fast backward functions apply. careful: a branch that
    was not taken held nan or inf, so every product of the sweep must let a zero cotangent win.
    """

    __slots__ = ("level", "plain", "careful", "constants", "insides", "name")

    #: Whether the transform has ended.
    closed = False

    def __init__(self, name: str = "grad") -> None:
        self.level = next(NUMBERS)
        self.plain = True
        self.careful = CAREFULLY.count > 0
        self.constants: dict[int, Any] | None = None
        self.insides: dict[int, tuple[Any, int, Any]] | None = None  # what values were made of, by their entries
        self.name = name

    def close(self) -> None:
        """End recording: from now on an append is an error; the sweep only reads or pops."""
        if self.insides is not None:
            self.insides.clear()
        self.__class__ = ClosedTape  # pyright: ignore[reportAttributeAccessIssue]


class ClosedTape(Tape):
    """A tape whose transform has ended."""

    __slots__ = ()
    closed = True

    def append(self, entry: Any) -> None:
        leaked(self.name)


class LineTape(Tape):
    """A tape that remembers where in the user's code each entry was made; used to explain a failing sweep."""

    __slots__ = ("lines",)

    def __init__(self, name: str = "grad") -> None:
        super().__init__(name)
        self.lines: list[str] = []

    def append(self, entry: Any) -> None:
        self.lines += [""] * (len(self) - len(self.lines)) + [user_line()]
        super().append(entry)

    def close(self) -> None:
        """End recording; the lines stay."""
        if self.insides is not None:
            self.insides.clear()
        self.__class__ = ClosedLineTape  # pyright: ignore[reportAttributeAccessIssue]


class ClosedLineTape(LineTape):
    """A tape with lines whose transform has ended."""

    __slots__ = ()
    closed = True

    def append(self, entry: Any) -> None:
        leaked(self.name)


class ForgetfulTape(Tape):
    """A tape that counts its entries and keeps none: the first run of a segment that the sweep computes again."""

    __slots__ = ()

    def append(self, entry: Any) -> None:
        super().append(None)


class Cotangents(list[Any]):
    """Cotangents by tape index; `owned` are those that this sweep has allocated and may add to in place."""

    __slots__ = ("owned",)

    def __init__(self, size: int) -> None:
        super().__init__([None] * size)
        self.owned: set[int] = set()


def accumulate(cotangents: Cotangents, index: int, known: Any, more: Any) -> None:
    """Add a second or later contribution; the first is borrowed from the rule that made it and never written into."""
    if type(known) is ndarray and type(more) is ndarray:
        try:
            if known.size < IN_PLACE_SIZE:
                cotangents[index] = known + more
            elif index in cotangents.owned and known.shape == more.shape and known.dtype is more.dtype:
                np.add(known, more, known)
            else:
                cotangents[index] = known + more
                cotangents.owned.add(index)
            return
        except FloatingPointError:  # inf - inf: the sum in place has been written whole, or nothing has been stored
            if index in cotangents.owned:
                return
    else:
        try:
            cotangents[index] = ops.add(known, more)
            return
        except FloatingPointError:
            pass
    with np.errstate(invalid="ignore", divide="ignore"):
        cotangents[index] = ops.add(known, more)


#: The careful twin of each generated backward function: strong zeros, and operations instead of NumPy's operators.
CAREFUL: dict[Callable[..., None], Callable[..., None]] = {}


def run_carefully(cotangents: Cotangents, ct: Any, entry: Any) -> None:
    """Run one entry with strong zeros and without floating-point warnings."""
    function: Callable[..., None] = entry[0]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        CAREFUL.get(function, function)(cotangents, ct, entry)


#: Backward functions that compute on plain arrays or floats with Python's operators -> the function for any other
#: cotangent.
MIXED: dict[Callable[..., None], Callable[..., None]] = {}


class SweepError(Exception):
    """Carries the tape index at which a sweep failed, for the message."""

    def __init__(self, index: int, error: Exception) -> None:
        self.index, self.error = index, error


def sweep(tape: Tape, cotangents: Cotangents, inputs: int) -> None:
    """Run the tape backwards and empty it, down to the entries of the inputs."""
    if activation.pending:
        activation.note_work(len(tape))
    pop, pop_ct = tape.pop, cotangents.pop
    if len(tape) > len(cotangents):
        del tape[len(cotangents) :]
    plain = tape.plain and type(cotangents[-1]) in PLAIN
    find = MIXED.get
    try:
        with np.errstate(divide="raise", invalid="raise"):
            if tape.careful:
                for _ in range(len(tape) - inputs):
                    entry = pop()
                    ct = pop_ct()
                    if ct is not None:
                        run_carefully(cotangents, ct, entry)
            elif plain:
                for _ in range(len(tape) - inputs):
                    entry = pop()
                    ct = pop_ct()
                    if ct is not None:
                        entry[0](cotangents, ct, entry)
            else:
                for _ in range(len(tape) - inputs):
                    entry = pop()
                    ct = pop_ct()
                    if ct is not None:
                        function: Callable[..., None] = entry[0]
                        find(function, function)(cotangents, ct, entry)
    except Exception as error:
        raise SweepError(len(tape), error) from error


def sweep_keeping(tape: Tape, cotangents: Cotangents, inputs: int) -> None:
    """Run the tape backwards and keep it, for pullbacks that are called again."""
    if activation.pending:
        activation.note_work(len(tape))
    plain = tape.plain and all(c is None or type(c) in PLAIN for c in cotangents)
    index = len(cotangents)
    try:
        with np.errstate(divide="raise", invalid="raise"):
            for index in range(len(cotangents) - 1, inputs - 1, -1):
                ct = cotangents[index]
                if ct is not None:
                    entry = tape[index]
                    cotangents[index] = None
                    if tape.careful:
                        run_carefully(cotangents, ct, entry)
                    else:
                        function: Callable[..., None] = entry[0]
                        if not plain:
                            function = MIXED.get(function, function)
                        function(cotangents, ct, entry)
    except Exception as error:
        raise SweepError(index, error) from error
