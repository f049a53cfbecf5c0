"""Loops that run: Python's, over whatever values there are. On a tape the rounds are put into segments, which the
sweep computes again, so that long loops need the memory of few rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NonDifferentiableError
from ..engines.batch import Batched, plain
from ..engines.forward import Dual, dual
from ..engines.reverse import Var, record
from ..engines.reverse_rules import backward_function, backward_output, unused_cotangent
from ..engines.space import space_of
from ..engines.tape import PLAIN
from ..engines.traced import Traced
from ..engines.views import current
from ..transforms.segments import run_segment
from .carried import Carried
from .leaves import leaves_of, unflatten
from .truth import holds

#: So many rounds are kept on the tape as they are.
KEPT = 32


def on_tape(tree: Any) -> bool:
    """Whether a derivative in reverse mode is being taken of a value."""
    for x in leaves_of(tree)[0]:
        while isinstance(x, Traced):
            if type(x) is Var:
                return True
            x = current(x)
    return False


class Rounds:
    """Runs rounds one by one, or several as a segment. step(tree, row): the next tree and what the round gives."""

    __slots__ = ("step", "carried", "done", "size", "apart")

    def __init__(self, step: Callable[..., Any], carried: Carried) -> None:
        self.step, self.carried = step, carried
        self.done, self.size, self.apart = 0, KEPT, True

    def one(self, tree: Any, *row: Any) -> Any:
        """One round."""
        new, out = self.step(tree, *row)
        if not self.done:
            while (wider := self.carried.settled(tree, new)) is not None:
                tree = wider
                new, out = self.step(tree, *row)
        self.done += 1
        return self.carried.next(new), out

    def takes_segments(self, tree: Any) -> bool:
        """Whether the next rounds had better be a segment."""
        return self.apart and self.done >= KEPT and on_tape(tree)

    def segment(self, several: Callable[..., Any], count: int, *arguments: Any) -> Any:
        """Several rounds as a segment; NotImplemented where these use a traced value that a segment cannot see.

        several: a function whose closure shows what the rounds use.
        """
        try:
            found = run_segment(several, arguments, {})
        except NonDifferentiableError:
            self.apart = False
            return NotImplemented
        self.done += count
        self.size = max(KEPT, isqrt(self.done))
        return found


def run_while(test: Callable[..., Any], body: Callable[..., Any], init: Any, name: str) -> Any:
    """The loop as long as the test holds; elements of a batch for which it does not any more stay as they are."""

    def step(tree: Any) -> Any:
        goes_on = test(tree)
        new = body(tree)
        return (new if agrees(goes_on) else chosen(goes_on, new, tree, carried)), None

    carried = Carried(name, init)
    rounds = Rounds(step, carried)
    tree = own(init)
    while holds(test(tree), name):
        if rounds.takes_segments(tree):
            size = rounds.size

            def several(tree: Any, size: int = size) -> Any:
                for _ in range(size):
                    if not holds(test(tree), name):
                        break
                    tree = carried.next(step(tree)[0])
                return tree

            found = rounds.segment(several, size, tree)
            if found is not NotImplemented:
                tree = found
                continue
        tree = rounds.one(tree)[0]
    return tree


def own(tree: Any) -> Any:
    """The same values in memory of the loop: a round may write into its arrays, the caller's stay as they are."""
    leaves, structure = leaves_of(tree)
    return unflatten(structure, list(map(copied, leaves))) if any(type(x) is np.ndarray for x in leaves) else tree


def copied(x: Any) -> Any:
    """A copy of an array; anything else as it is."""
    return x.copy() if type(x) is np.ndarray else x


def agrees(goes_on: Any) -> bool:
    """Whether a truth value is one for all elements of a batch."""
    return not isinstance(goes_on, Traced) or bool(np.all(np.asarray(plain(goes_on))))


def chosen(goes_on: Any, new: Any, old: Any, carried: Carried) -> Any:
    """The new values for the elements of a batch that go on, the old ones for the others."""
    after, before = carried.leaves(new), leaves_of(old)[0]
    return unflatten(carried.structure, [ops.where(goes_on, x, y) for x, y in zip(after, before, strict=True)])


def run_scan(
    function: Callable[..., Any], init: Any, leaves: list[Any], structure: Any, length: int, reverse: bool, name: str
) -> tuple[Any, Any]:
    """The loop over rows of sequences."""
    columns = [rows_of(copied(x), length) for x in leaves]
    order = range(length - 1, -1, -1) if reverse else range(length)
    carried = Carried(name, init)
    rounds = Rounds(function, carried)
    tree, results, form = own(init), [], None
    k = 0
    while k < length:
        if rounds.takes_segments(tree):
            chunk = [[column[j] for column in columns] for j in order[k : k + rounds.size]]

            def several(tree: Any, chunk: Any) -> Any:
                made = []
                for row in chunk:
                    tree, out = function(tree, unflatten(structure, row))
                    tree = carried.next(tree)
                    made.append(out)
                return tree, made

            found = rounds.segment(several, len(chunk), tree, chunk)
            if found is not NotImplemented:
                tree, made = found
                for out in made:
                    values, form = leaves_of(out)
                    results.append(values)
                k += len(chunk)
                continue
        tree, out = rounds.one(tree, unflatten(structure, [column[order[k]] for column in columns]))
        values, form = leaves_of(out)
        results.append(values)
        k += 1
    if not length:
        return without_rows(function, rounds.carried, init, leaves, structure)
    if reverse:
        results.reverse()
    return tree, unflatten(form, [ops.stack(tuple(column)) for column in zip(*results, strict=True)])


def without_rows(
    function: Callable[..., Any], carried: Carried, init: Any, leaves: list[Any], structure: Any
) -> tuple[Any, Any]:
    """A loop without rounds: the carry of the kind that it would have, and no rows of what a round would give."""
    row = [ops.zeros_of(x, shape=ops.shape(x)[1:]) for x in leaves]
    with np.errstate(all="ignore"):
        new, out = function(init, unflatten(structure, row))
    wider = carried.settled(init, new)
    found, form = leaves_of(out)
    return init if wider is None else wider, unflatten(form, [ops.zeros_of(y, shape=(0, *ops.shape(y))) for y in found])


def rows_of(x: Any, count: int) -> list[Any]:
    """The rows of a sequence. On a tape they are one entry together, so that the sweep makes one array of theirs."""
    if type(x) is Dual:
        return [
            dual(y, t, x._level) for y, t in zip(rows_of(current(x), count), rows_of(x._partials, count), strict=True)
        ]
    if type(x) is Batched:
        inner = ops.swapaxes(current(x), axis1=0, axis2=1)
        return [Batched(y, x._level) for y in rows_of(inner, count)]
    if type(x) is not Var:
        return [ops.getitem(x, index=k) for k in range(count)]
    payload, tape = current(x), x._tape
    rows = rows_of(payload, count)
    if not rows:
        return rows
    if type(payload) not in PLAIN:
        tape.plain = False

    def together(cotangents: Any) -> tuple[Any]:
        example = next((ct, y) for ct, y in zip(cotangents, rows, strict=True) if ct is not None)
        zero = unused_cotangent(rows[0], *example)
        return (ops.stack(tuple(zero if ct is None else ct for ct in cotangents)),)

    head = len(tape)
    tape.append((backward_function, [x._index], [space_of(payload)], together))
    return [record(row, tape, (backward_output, head, k, count)) for k, row in enumerate(rows)]
