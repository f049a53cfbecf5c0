"""One reverse pass: the function on a tape, and sweeps from cotangents of its output leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..engines.choices import has_nan
from ..engines.constants import check_constants
from ..engines.tape import Cotangents, SweepError, Tape, sweep, sweep_keeping
from .auxiliary import split_aux
from .boundary import explain_sweep, is_on, primal_on, run_on_tape
from .containers import flatten, map_leaves
from .inputs import Inputs
from .watching import apart, arrays_of


def careful_tape(name: str) -> Tape:
    """A tape whose sweep lets a zero cotangent win over an infinite derivative everywhere."""
    tape = Tape(name)
    tape.careful = True
    return tape


def is_spoiled(tape: Tape, found: list[Any], others: list[Any]) -> bool:
    """Whether cotangents hold nan where nothing else does, and a careful sweep may do better.

    Plain numbers never need it: there an operation that gives nan raises, and is done again carefully by itself.
    """
    return not tape.careful and any(map(has_nan, found)) and not any(map(has_nan, others))


def run_sweep(
    tape: Tape,
    cotangents: Cotangents,
    count: int,
    keep: bool,
    function: Callable[..., Any],
    inputs: Inputs,
    keywords: dict[str, Any],
    name: str,
) -> None:
    """One sweep down to the entries of the inputs, after a look at whatever could have been overwritten. keep: the tape
    is swept again later. The function and what it was called with explain a failing sweep.
    """
    inputs.check()
    if tape.constants:
        check_constants(tape)
    try:
        (sweep_keeping if keep else sweep)(tape, cotangents, count)
    except SweepError as failure:
        explain_sweep(failure, function, inputs, keywords, name)


class Recording:
    """A function's run on a tape: the values of its output leaves and where they are on the tape (None: not traced)."""

    __slots__ = ("function", "inputs", "keywords", "name", "tape", "structure", "values", "indices", "aux", "has_aux")

    def __init__(
        self, function: Callable[..., Any], inputs: Inputs, keywords: dict[str, Any], has_aux: bool, name: str
    ) -> None:
        self.function, self.inputs, self.keywords, self.name = function, inputs, keywords, name
        self.has_aux = has_aux
        self.record(Tape(name))

    def record(self, tape: Tape) -> None:
        """Run the function on a tape."""
        _, output = run_on_tape(self.function, self.inputs, self.keywords, self.name, tape)
        self.aux = None
        if self.has_aux:
            output, aux = split_aux(output, self.name)
            large = arrays_of(self.inputs.primals)
            self.aux = map_leaves(lambda x: apart(primal_on(x, tape), large), aux)
        leaves, self.structure = flatten(output)
        self.tape = tape
        self.values = [primal_on(x, tape) for x in leaves]
        self.indices: list[int | None] = [x._index if is_on(x, tape) else None for x in leaves]

    def pull(self, given: list[Any], keep: bool = True) -> list[Any]:
        """Cotangents of the input leaves for cotangents of the output leaves; None: no contribution. keep: sweep again
        later.

        Cotangents that hold nan, where the values do not, come from 0 * inf: the function is then run again, carefully.
        """
        found = self.pull_once(given, keep)
        if not self.tape.plain and is_spoiled(self.tape, found, [*self.values, *given]):
            self.record(careful_tape(self.name))
            found = self.pull_once(given, keep)
        return found

    def pull_once(self, given: list[Any], keep: bool) -> list[Any]:
        """One sweep."""
        count = len(self.inputs.traced)
        used = [(k, ct) for k, ct in zip(self.indices, given, strict=True) if k is not None and ct is not None]
        if not used:
            return [None] * count
        cotangents = Cotangents(max(count, 1 + max(k for k, _ in used)))
        for k, ct in used:
            known = cotangents[k]
            cotangents[k] = ct if known is None else ops.add(known, ct)
        if len(cotangents) > count:
            run_sweep(self.tape, cotangents, count, keep, self.function, self.inputs, self.keywords, self.name)
        return cotangents[:count]
