"""When the machine code is made, and where it is put: into the methods of the operations and into generated code."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from ...dispatch.operation import LOCK, forget_everything
from ..numpy import kernels
from ..numpy.memory import keep_blocks

#: Entries of tapes swept, and levels opened, before compiling is worth its tenth of a second.
WORTH = 50_000


class State:
    """What is left to do before compiling; empty once it is done or cannot be."""

    __slots__ = ("remaining", "reason", "machine")

    def __init__(self) -> None:
        wish = os.environ.get("DISPATCHML_NATIVE", "")
        self.remaining = 0 if wish == "1" else WORTH
        self.reason = "DISPATCHML_NATIVE=0 is set" if wish == "0" else "too little has been computed so far"
        self.machine: Any = None


STATE = State()
#: True until machine code is there or was found to be impossible: one look decides whether work is counted.
pending = STATE.reason.startswith("too little")


def active() -> bool:
    """Whether small arrays are computed by machine code of ours."""
    return STATE.machine is not None


def why_not() -> str:
    """Why it is not, in a few words; empty where it is."""
    return "" if active() else STATE.reason


def note_work(amount: int) -> None:
    """Count what transforms have done; when it is worth it, compile."""
    STATE.remaining -= amount
    if STATE.remaining < 0:
        activate()


def activate() -> None:
    """Compile now. Where that cannot be done, NumPy goes on doing everything, and `why_not` says why."""
    global pending
    with LOCK:
        if not pending:
            return
        pending = False
        keep_blocks()
        from . import layout  # with ctypes and what tells of the machine: not before it is wanted

        STATE.reason = layout.reason_against()
        if STATE.reason:
            return
        try:
            from .machine import Machine
            from .methods import methods, plain_functions, tools

            machine = Machine()
            plain, known = plain_functions(machine), methods(machine)
            check(plain)
        except Exception as error:  # whatever it is, NumPy does the same, and `why_not` tells
            STATE.reason = f"{type(error).__name__}: {error}"
            return
        STATE.machine = machine
        kernels.LOOPS.update({op: f for op, f in kernels.UFUNCS.items() if isinstance(f, np.ufunc)})
        kernels.UFUNCS.update(plain)
        kernels.FAST.update(tools(machine, known))
        for op, method in known.items():
            op.exact[(np.ndarray,) * op.arity].function = method
        forget_everything()


def check(plain: dict[Any, Callable[..., Any]]) -> None:
    """Compare each function with NumPy's on a few numbers, so that a surprise of a new version stays without effect."""
    x, y, mask = np.linspace(0.25, 0.75, 7), np.linspace(0.5, 1.5, 7), np.arange(7) > 3
    for op, fast in plain.items():
        given: tuple[Any, ...] = (mask, x, y)[: op.arity] if op.name.startswith("where") else (x, y)[: op.arity]
        usual = kernels.UFUNCS[op]
        with np.errstate(all="ignore"):
            found, wanted = fast(*given), usual(*given)
        if type(found) is not type(wanted) or found.dtype != wanted.dtype or found.tobytes() != wanted.tobytes():
            raise ArithmeticError(f"the machine code of {op.name} gives another result than NumPy")
