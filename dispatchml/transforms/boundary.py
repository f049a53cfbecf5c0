"""The boundary of a transform: what goes in becomes traced, what comes out becomes plain, errors point at the user's line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .. import ops
from ..dispatch.errors import (
    DispatchmlError,
    IntegerInputError,
    at_user_line,
    class_name,
    describe,
    without_our_frames,
)
from ..engines.reverse import Var, variable
from ..engines.tape import Cotangents, LineTape, SweepError, Tape
from ..engines.views import current
from .containers import flatten, unflatten

FLOAT_KINDS = frozenset("fc")


def input_leaf(x: Any, transform: str) -> Any:
    """A leaf as it is differentiated: integers become floats, floats and layers stay, None means that it passes through."""
    cls = type(x)
    if cls is float or cls is complex:
        return x
    if cls is int:
        return float(x)
    if cls is bool or cls is str or cls is bytes or x is None:
        return None
    kind = ops.dtype(x).kind
    if kind in FLOAT_KINDS or kind == "O":
        return x
    if kind in "iu":
        return ops.astype(x, dtype=np.dtype(np.float64))
    if kind == "b":
        return None
    raise IntegerInputError(f"{transform}: no derivative with respect to {describe(x)}{at_user_line()}: its dtype is not numeric.")


def refuse_inputs(transform: str, position: int, x: Any) -> NoReturn:
    """The error for an argument in which nothing can be differentiated."""
    raise IntegerInputError(
        f"{transform}: argument {position} is {describe(x)}{at_user_line()}, which has no derivative: it is constant under small "
        "changes. Pass floating-point values (x.astype(float)), or choose other arguments with argnums=."
    )


class Inputs:
    """The differentiated arguments of one call: their leaves, which of them are traced, and how to rebuild them."""

    __slots__ = ("arguments", "positions", "structures", "leaves", "traced", "single")

    def __init__(self, arguments: tuple[Any, ...], argnums: Any, transform: str) -> None:
        self.single = not isinstance(argnums, (tuple, list))
        chosen = (argnums,) if self.single else tuple(argnums)
        count = len(arguments)
        for k in chosen:
            if not isinstance(k, int) or isinstance(k, bool) or not -count <= k < count:
                raise IntegerInputError(
                    f"{transform}: argnums={argnums!r} does not fit a call with {count} positional argument"
                    f"{'s' if count != 1 else ''}{at_user_line()}. Pass what is differentiated by position."
                )
        self.arguments = list(arguments)
        self.positions = tuple(k % count for k in chosen)
        self.structures: list[tuple[Any, int]] = []
        self.leaves: list[Any] = []
        self.traced: list[int] = []
        for k in self.positions:
            leaves, structure = flatten(arguments[k])
            self.structures.append((structure, len(leaves)))
            start = len(self.leaves)
            for leaf in leaves:
                ready = input_leaf(leaf, transform)
                if ready is not None:
                    self.traced.append(len(self.leaves))
                    leaf = ready
                self.leaves.append(leaf)
            if leaves and not any(t >= start for t in self.traced):
                refuse_inputs(transform, k, arguments[k])

    @property
    def primals(self) -> list[Any]:
        """The leaves that are differentiated."""
        return [self.leaves[k] for k in self.traced]

    def rebuild(self, traced: list[Any]) -> list[Any]:
        """All arguments, with the differentiated leaves replaced."""
        leaves = list(self.leaves)
        for k, x in zip(self.traced, traced, strict=True):
            leaves[k] = x
        arguments = list(self.arguments)
        for k, tree in zip(self.positions, self.trees(leaves), strict=True):
            arguments[k] = tree
        return arguments

    def trees(self, leaves: list[Any]) -> list[Any]:
        """One tree for each chosen argument."""
        result, start = [], 0
        for structure, count in self.structures:
            result.append(unflatten(structure, leaves[start : start + count]))
            start += count
        return result

    def results(self, found: list[Any]) -> Any:
        """Gradients in the shape of the arguments: one for argnums=k, a tuple for argnums=(...); other leaves pass through."""
        leaves = list(self.leaves)
        for k, x in zip(self.traced, found, strict=True):
            leaves[k] = x
        trees = self.trees(leaves)
        return trees[0] if self.single else tuple(trees)


def call_user(function: Callable[..., Any], arguments: Any, keywords: Any, name: str) -> Any:
    """Call the user's function; an error leaves without our frames, and one that we caused leaves as ours."""
    try:
        return function(*arguments, **keywords)
    except DispatchmlError as error:
        raise error.with_traceback(without_our_frames(error.__traceback__)) from error.__cause__
    except Exception as error:
        cause = error.__cause__ or error.__context__
        while cause is not None and not isinstance(cause, DispatchmlError):
            cause = cause.__cause__ or cause.__context__
        if cause is not None:
            raise cause.with_traceback(without_our_frames(error.__traceback__)) from None
        raise error.with_traceback(without_our_frames(error.__traceback__))


def run_on_tape(
    function: Callable[..., Any], inputs: Inputs, keywords: dict[str, Any], name: str, tape: Tape | None = None
) -> tuple[Tape, Any]:
    """Run a function with its inputs on a new tape; the tape is closed when the function is done."""
    tape = Tape(name) if tape is None else tape
    primals = inputs.primals
    tape.extend([None] * len(primals))
    try:
        return tape, call_user(function, inputs.rebuild([variable(x, tape, k) for k, x in enumerate(primals)]), keywords, name)
    finally:
        tape.close()


def is_on(x: Any, tape: Tape) -> bool:
    """Whether a value is traced on this tape."""
    return type(x) is Var and x.tape is tape


def primal_on(x: Any, tape: Tape) -> Any:
    """A value without this tape's layer."""
    return current(x) if type(x) is Var and x.tape is tape else x


def explain_sweep(
    failure: SweepError, function: Callable[..., Any], inputs: Inputs, keywords: dict[str, Any], name: str
) -> NoReturn:
    """Run the function again with a tape that remembers lines, and say which one made the failing operation."""
    error = failure.error
    line = ""
    tape = LineTape(name)
    try:
        run_on_tape(function, inputs, keywords, name, tape)
        if failure.index < len(tape.lines):
            line = tape.lines[failure.index]
    except Exception:
        line = ""
    if line:
        error.add_note(f"In the backward pass of {name}, of the operation at {line}.")
    raise error.with_traceback(without_our_frames(error.__traceback__)) from None


def zero_gradient(x: Any, y: Any) -> Any:
    """The typed zero for an input that the output does not depend on: like x, in units of y/x."""
    zero = ops.zeros_like(x)
    if is_plain(x) and is_plain(y):
        return zero
    one = ops.ones_like(x)
    unit = ops.ones_like(y) if ops.shape(y) == () else ops.ones_like(ops.getitem(ops.reshape(y, shape=(-1,)), index=0))
    return ops.multiply(ops.divide(zero, ops.square(one)), unit)


def is_plain(x: Any) -> bool:
    """Whether a value carries no meaning besides its number."""
    return isinstance(x, (np.ndarray, np.generic, float, int, complex))


__all__ = ["Cotangents", "Inputs", "call_user", "class_name", "explain_sweep", "is_on", "primal_on", "run_on_tape"]
