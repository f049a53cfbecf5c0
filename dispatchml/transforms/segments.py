"""checkpoint: a segment that is computed again in the backward sweep instead of keeping what the sweep needs.

The segment becomes one entry of the tape, which holds its inputs only. Under a tangent or a batch the segment is that
of the pushed-forward or batched function, so that it stays one at every level below.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NonDifferentiableError, at_user_line, code_line, user_line
from ..engines.batch import Batched
from ..engines.forward import Dual, dual, fit_tangent
from ..engines.levels import Level, leaked
from ..engines.refusals import REFUSED
from ..engines.reverse import Var, record, variable
from ..engines.reverse_rules import backward_function, backward_output
from ..engines.space import space_of
from ..engines.tape import PLAIN, Cotangents, ForgetfulTape, SweepError, Tape, sweep
from ..engines.traced import Traced
from ..engines.views import current
from .boundary import is_on
from .captured import Explicit
from .containers import flatten, unflatten
from .entry import transformed
from .forward_pass import is_differentiable
from .prepared import as_given
from .reverse_pass import careful_tape, is_spoiled
from .watching import Watch, arrays_of

Segment = Callable[[list[Any]], list[Any]]


def checkpoint(function: Callable[..., Any], *, lift: bool = True) -> Callable[..., Any]:
    """The same function, of which a derivative in reverse mode keeps the arguments only and computes the rest again.

    It costs one more run of the function in the backward sweep and saves the memory of everything inside. Arguments and
    results are containers of arrays, numbers and layers as for `grad`; traced values in the function's closure,
    defaults or bound object are treated as arguments. The function must do the same when it runs again: no side
    effects, no unseeded random draws. Checkpoints nest, and work under every other transform. lift=False runs the
    function as it is.

    Raises MutatedConstantError where an array that the function receives, or holds in its closure, defaults, partial
    arguments or bound object, or reads from a global, was overwritten before it runs again. `dispatchml.frozen` spares
    the check.

    Raises NonDifferentiableError where the function reads a traced value from a global or an object, of which the
    derivative would be lost.

    >>> import numpy as np, dispatchml as dm
    >>> dm.grad(dm.checkpoint(lambda x: np.sin(x) ** 2))(0.0)
    0.0
    """
    function = as_given(function, lift)

    @transformed(function, "checkpoint")
    def checkpointed(*arguments: Any, **keywords: Any) -> Any:
        return run_segment(function, arguments, keywords)

    return checkpointed


def run_segment(function: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
    """Run a function as a segment of whatever derivatives are being taken."""
    explicit = Explicit(function)
    leaves, structure = flatten((explicit.captured, arguments, keywords))
    places = [k for k, x in enumerate(leaves) if isinstance(x, Traced)]
    if not places:
        return function(*arguments, **keywords)
    made: list[Any] = [None]
    watch = Watch(arrays_of([*explicit.leaves, *leaves]))
    watch.line = user_line()
    runs = itertools.count()

    def segment(values: list[Any]) -> list[Any]:
        if next(runs):
            watch.check()
        full = list(leaves)
        for k, x in zip(places, values, strict=True):
            full[k] = x
        found, made[0] = flatten(explicit.call(*unflatten(structure, full)))
        return found

    outputs = compute(segment, [leaves[k] for k in places], code_line(function))
    return unflatten(made[0], outputs)


def compute(segment: Segment, values: list[Any], name: str) -> list[Any]:
    """Run a segment on values of which some may be traced; the newest level among them owns the run."""
    traced = [x for x in values if isinstance(x, Traced)]
    if not traced:
        return segment(values)
    top = max(traced, key=lambda x: x._level_number)
    if type(top) is Var:
        outputs = on_tape(segment, values, top._tape, name)
    elif type(top) is Dual:
        outputs = on_duals(segment, values, top._level, name)
    else:
        outputs = on_batch(segment, values, top._level, name)
    return outputs


def check_captured(outputs: list[Any], number: int, name: str) -> None:
    """Refuse results that depend on a traced value which the segment was not given."""
    if any(isinstance(y, Traced) and y._level_number >= number for y in outputs):
        raise NonDifferentiableError(
            f"checkpoint: the function ({name}) uses a traced value that it did not receive{at_user_line()}, from a "
            "global or "
            "from an object; its derivative would be lost. Pass it as an argument, or hold it in the function's "
            "closure."
        )


# ---- reverse ---------------------------------------------------------------------------------------------------------


def on_tape(segment: Segment, values: list[Any], tape: Tape, name: str) -> list[Any]:
    """One entry for the whole segment, which holds its inputs, and one for each output."""
    mine = [type(x) is Var and x._tape is tape for x in values]
    payloads = [current(x) if own else x for x, own in zip(values, mine, strict=True)]
    indices = [x._index if own else None for x, own in zip(values, mine, strict=True)]
    spaces = [space_of(a) if own else None for a, own in zip(payloads, mine, strict=True)]
    outputs = compute(lambda given: forgetfully(segment, given, mine), payloads, name)
    check_captured(outputs, tape.level, name)
    taped = [k for k, y in enumerate(outputs) if is_differentiable(y)]
    if any(own and type(a) not in PLAIN for a, own in zip(payloads, mine, strict=True)):
        tape.plain = False

    def pull(cotangents: list[Any]) -> list[Any]:
        given = [k for k, ct in enumerate(cotangents) if ct is not None]
        back = functools.partial(pull_back, segment, mine, [taped[k] for k in given])
        return compute(back, [*payloads, *(cotangents[k] for k in given)], name)

    head = len(tape)
    tape.append((backward_function, [i for i in indices if i is not None], [s for s in spaces if s is not None], pull))
    found = list(outputs)
    for position, k in enumerate(taped):
        found[k] = record(outputs[k], tape, (backward_output, head, position, len(taped)))
    return found


def forgetfully(segment: Segment, values: list[Any], chosen: list[bool]) -> list[Any]:
    """Run a segment traced, so that it behaves as in a derivative, on a tape that keeps nothing."""
    tape = ForgetfulTape("checkpoint")
    return untraced(run_on(segment, values, chosen, tape), tape)


def run_on(segment: Segment, values: list[Any], chosen: list[bool], tape: Tape) -> list[Any]:
    """Run a segment with the chosen values on a tape."""
    count = sum(chosen)
    list.extend(tape, [None] * count)
    numbers = iter(range(count))
    given = [variable(x, tape, next(numbers)) if own else x for x, own in zip(values, chosen, strict=True)]
    refused: list[Any] = []
    outermost = REFUSED.set(refused) if REFUSED.get() is None else None  # a backward sweep runs outside of the function
    try:
        outputs = segment(given)
    finally:
        if outermost is not None:
            REFUSED.reset(outermost)
        tape.close()
    if refused:
        raise refused[0]
    return outputs


def untraced(outputs: list[Any], tape: Tape) -> list[Any]:
    """Outputs without the layer of a tape."""
    return [current(y) if type(y) is Var and y._tape is tape else y for y in outputs]


def pull_back(segment: Segment, chosen: list[bool], used: list[int], values: list[Any]) -> list[Any]:
    """Run a segment again, this time on a tape, and sweep from the cotangents of the used outputs; carefully where
    that gives nan.
    """
    tape = Tape("checkpoint")
    found, outputs = swept(segment, chosen, used, values, tape)
    if not tape.plain and is_spoiled(tape, found, [*outputs, *values[len(chosen) :]]):
        found, _ = swept(segment, chosen, used, values, careful_tape("checkpoint"))
    return found


def swept(
    segment: Segment, chosen: list[bool], used: list[int], values: list[Any], tape: Tape
) -> tuple[list[Any], list[Any]]:
    """The cotangents of a segment's inputs by one run and one sweep, and its outputs."""
    count = len(chosen)
    primals, given = values[:count], values[count:]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        outputs = run_on(segment, primals, chosen, tape)
    inputs = sum(chosen)
    on = [(outputs[k]._index, ct) for k, ct in zip(used, given, strict=True) if is_on(outputs[k], tape)]
    found: list[Any] = [None] * inputs
    if on:
        cotangents = Cotangents(max(inputs, 1 + max(k for k, _ in on)))
        for k, ct in on:
            known = cotangents[k]
            cotangents[k] = ct if known is None else ops.add(known, ct)
        if len(cotangents) > inputs:
            try:
                sweep(tape, cotangents, inputs)
            except SweepError as failure:
                raise failure.error from None
        found = cotangents[:inputs]
    return found, outputs


# ---- forward and batch -----------------------------------------------------------------------------------------------


def on_duals(segment: Segment, values: list[Any], level: Level, name: str) -> list[Any]:
    """The segment of values and tangents."""
    if level.closed:
        leaked(level.name)
    mine = [type(x) is Dual and x._level is level for x in values]
    payloads = [current(x) if own else x for x, own in zip(values, mine, strict=True)]
    tangents = [x._partials for x, own in zip(values, mine, strict=True) if own]
    count = len(values)
    dependent: list[bool] = []

    def pushed(given: list[Any]) -> list[Any]:
        partials = iter(given[count:])
        with Level("checkpoint") as inner:
            duals = [dual(x, next(partials), inner) if own else x for x, own in zip(given[:count], mine, strict=True)]
            outputs = segment(duals)
            dependent[:] = [type(y) is Dual and y._level is inner for y in outputs]
            plain = [current(y) if d else y for y, d in zip(outputs, dependent, strict=True)]
            return plain + [y._partials for y, d in zip(outputs, dependent, strict=True) if d]

    found = compute(pushed, [*payloads, *tangents], name)
    outputs, partials = found[: len(dependent)], iter(found[len(dependent) :])
    check_captured(outputs, level.number, name)
    return [dual(y, fit_tangent(next(partials), y), level) if d else y for y, d in zip(outputs, dependent, strict=True)]


def on_batch(segment: Segment, values: list[Any], level: Level, name: str) -> list[Any]:
    """The segment of the values with their batch axis."""
    if level.closed:
        leaked(level.name)
    mine = [type(x) is Batched and x._level is level for x in values]
    payloads = [current(x) if own else x for x, own in zip(values, mine, strict=True)]
    dependent: list[bool] = []

    def batched(given: list[Any]) -> list[Any]:
        with Level("checkpoint", level.size) as inner:
            outputs = segment([Batched(x, inner) if own else x for x, own in zip(given, mine, strict=True)])
            dependent[:] = [type(y) is Batched and y._level is inner for y in outputs]
            return [current(y) if d else y for y, d in zip(outputs, dependent, strict=True)]

    outputs = compute(batched, payloads, name)
    check_captured(outputs, level.number, name)
    return [Batched(y, level) if d else y for y, d in zip(outputs, dependent, strict=True)]
