"""Entry points: a plan becomes a function of Python that checks its arguments and runs kernels, in 0.3 us.

    plan = Plan(
        inputs=[InputSpec("array", np.dtype("d"), (1000,))],
        outputs=[OutputSpec("array", np.dtype("d"), (1000,))],
        steps=[Step(library, "scale", pointers=[0, 1], sizes=[1000], extent=1000, grain=0)],
        result="single",
    )
    function = build(plan)
    function(x)                  # the result, or NotImplemented where x is not as the plan says

Slots are numbered: inputs, constants, outputs, scratch, and last the status (`Plan.status_slot`): a 64-bit zero; where
a kernel writes something else there, the outputs are dropped and the call counts as one that does not fit.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from ..backends.native import layout
from . import blocks, machine, probes, table, threads, workers
from .driver import function
from .driver import words as driver
from .plan import InputSpec, LoopStep, OutputSpec, Pack, Plan, Rounds, Step, Unpack, arena, check
from .record import loop_of, record_of

__all__ = [
    "InputSpec", "LoopStep", "OutputSpec", "Pack", "Plan", "Rounds", "Step", "Unpack",
    "build", "fitted_calls", "give_back", "kernel_function", "loop_of", "set_otherwise",
]  # fmt: skip

FASTCALL_WITH_KEYWORDS = 0x0082


class State:
    """What an entry point changes: how long its calls and steps took, and scratch memory that waits for the next."""

    def __init__(self, scratch: int, steps: int) -> None:
        self.words = (ctypes.c_int64 * (driver.STATE_SIZE // 8 + steps))()
        for place in (driver.LAST // 8, *range(driver.STATE_SIZE // 8, len(self.words))):
            self.words[place] = -1
        self.scratch = scratch
        self.free = ctypes.CDLL(None).free

    def give_back(self) -> None:
        """Give the scratch memory back that waits."""
        count, first = self.words[driver.FREE_COUNT // 8], driver.FREE // 8
        self.words[driver.FREE_COUNT // 8] = 0
        for memory in self.words[first : first + count]:
            self.free(ctypes.c_void_p(memory))
            table.set_word("kept", table.word("kept") - self.scratch)

    __del__ = give_back


@cache
def code() -> machine.Library:
    """The compiled driver."""
    kind = layout.MACHINES[platform.machine()]
    functions = (*blocks.functions(), *workers.functions(kind), function.entry())
    made = machine.load("\n".join(f.text() for f in functions), effort=0)
    made.immortal()  # threads of the pool sleep in it when Python ends
    return made


def build(plan: Plan, otherwise: Any = NotImplemented, name: str = "compiled") -> Callable[..., Any]:
    """The function of a plan.

    otherwise: what is called, with the same arguments, where they do not fit; without it the result is NotImplemented.
    Raises ValueError for a plan that cannot be, and OSError as `machine.load` does.
    """
    check(plan)
    if probes.reason_against():
        from .portable import PortableFunction

        return PortableFunction(plan, otherwise, name)
    threads.pool()
    offsets, total = arena(plan)
    state = State(total, len(plan.steps))
    return bind(record_of(plan, ctypes.addressof(state.words), offsets, total), otherwise, name, plan, state)


def bind(record: bytes, otherwise: Any, name: str, *alive: Any) -> Callable[..., Any]:
    """A built-in function of Python that runs the driver over a record; it keeps alive what the record points to."""
    library = code()
    definition = layout.MethodDefinition(name.encode(), library.address("entry"), FASTCALL_WITH_KEYWORDS, None)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
    bound = [record, otherwise, definition, library, *alive]
    return make(ctypes.addressof(definition), bound, "dispatchml.compile.entry")


def set_otherwise(function: Callable[..., Any], otherwise: Any) -> None:
    """Exchange what a built function calls where its arguments do not fit."""
    if hasattr(function, "otherwise"):
        function.otherwise = otherwise  # type: ignore[attr-defined]
    else:
        function.__self__[1] = otherwise  # type: ignore[attr-defined]


def give_back(function: Any) -> None:
    """Give back the scratch memory of a built function that may not be called again."""
    for x in getattr(function, "__self__", ()):
        if isinstance(x, State):
            x.give_back()


def fitted_calls(function: Callable[..., Any]) -> int:
    """How many calls of a built function had arguments that fitted."""
    if hasattr(function, "fitted"):
        return function.fitted  # type: ignore[attr-defined]
    return next(x for x in function.__self__ if isinstance(x, State)).words[driver.CALLS // 8]  # type: ignore


def kernel_function(
    library: machine.Library,
    symbol: str,
    arrays: int,
    sizes: Sequence[int] = (),
    extent: int = 1,
    grain: int = 0,
) -> Callable[..., None]:
    """A kernel as a function of Python of so many arrays, inputs and outputs alike, for programs that Python drives.

    It looks at nothing but that they are arrays: dtypes, shapes, order and writeability are the caller's affair. For
    anything else than arrays the result is NotImplemented.
    """
    step = Step(library, symbol, range(arrays), sizes, extent, grain)
    return build(Plan([InputSpec("any")] * arrays, steps=[step], result="none"), name=symbol)
