"""The reverse engine: traced values, and how each kind of rule is recorded on the tape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.operation import Operation
from ..rules.registry import Rule
from .generate import compile_source
from .space import SPACES, space_of, space_of_traced
from .tape import PLAIN, Cotangents, Tape, accumulate
from .traced import Traced
from .views import current, is_view

ndarray = np.ndarray


class Var(Traced):
    """A value on a tape. base: None, or what a view was taken from, so that a write to one is seen in the other."""

    __slots__ = ("value", "tape", "index", "base")
    # No __init__: filling the slots in generated code takes half the time of a call. `variable` is for everywhere else.

    @property
    def level_number(self) -> int:
        """The number that orders levels."""
        return self.tape.level


def variable(value: Any, tape: Tape, index: int, base: Any = None) -> Var:
    """A traced value for an entry of a tape."""
    made = Var()
    made.value, made.tape, made.index, made.base = value, tape, index, base
    return made


def record(value: Any, tape: Tape, entry: tuple[Any, ...]) -> Var:
    """Put an entry on a tape and return its traced value."""
    made = variable(value, tape, len(tape))
    tape.append(entry)
    if type(value) not in PLAIN:
        tape.plain = False
    return made


# ---- rules given as functions ----------------------------------------------------------------------------------------


def backward_function(cotangents: Cotangents, ct: Any, entry: Any) -> None:
    """Run a pullback that came from a rule, and bring each cotangent to its primal's space."""
    _, indices, spaces, pullback = entry
    try:
        found = pullback(ct)
    except FloatingPointError:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = pullback(ct)
    for index, space, x in zip(indices, spaces, found, strict=True):
        if index is not None and x is not None:
            x = space.project(x)
            known = cotangents[index]
            if known is None:
                cotangents[index] = x
            else:
                accumulate(cotangents, index, known, x)


def backward_head(cotangents: Cotangents, ct: Any, entry: Any) -> None:
    """Run the pullback of an operation with several outputs; outputs nobody used have zero cotangents."""
    outputs = entry[4]
    full = tuple(ops.zeros_like(y) if c is None else c for c, y in zip(ct, outputs, strict=True))
    backward_function(cotangents, full, entry[:4])


def backward_output(cotangents: Cotangents, ct: Any, entry: Any) -> None:
    """Hand the cotangent of one output to the operation that made it."""
    _, head, position, count = entry
    slots = cotangents[head]
    if slots is None:
        slots = cotangents[head] = [None] * count
    slots[position] = ct


def record_outputs(outputs: tuple[Any, ...], tape: Tape, indices: Any, spaces: Any, pullback: Any) -> tuple[Any, ...]:
    """Put an operation with several outputs on the tape: one entry for it, one for each output."""
    head = len(tape)
    tape.append((backward_head, indices, spaces, pullback, outputs))
    return tuple(record(y, tape, (backward_output, head, k, len(outputs))) for k, y in enumerate(outputs))


def function_recorder(op: Operation, rule: Rule, active: tuple[int, ...]) -> Callable[..., Any]:
    """How an operation with a function rule is recorded when these arguments are traced on one tape."""
    from .missing import missing_rule

    if rule.vjp is None:
        return missing_rule(op, "vjp")
    make_pullback, count = rule.vjp, op.arity
    needs = tuple(k in active for k in range(count))
    function, select = op.function, rule.select

    def recorded(*arguments: Any, **keywords: Any) -> Any:
        tape = arguments[active[0]].tape
        indices: list[int | None] = [None] * count
        spaces: list[Any] = [None] * count
        values = list(arguments)
        for k in active:
            x = arguments[k]
            values[k] = a = x.value if x.base is None else current(x)
            indices[k] = x.index
            spaces[k] = space_of(a)
            if type(a) not in PLAIN:
                tape.plain = False
        if len(active) < count:
            for k, x in enumerate(arguments):
                if type(x) is ndarray:
                    values[k] = keep(tape, x)
        y = function(*values, **keywords)
        pullback = make_pullback(y, *values, needs=needs, **keywords)
        if select and not tape.careful:
            watch_choice(tape, values)
        if type(y) is tuple:
            return record_outputs(y, tape, indices, spaces, pullback)
        made = variable(y, tape, len(tape))
        tape.append((backward_function, indices, spaces, pullback))
        if type(y) not in PLAIN:
            tape.plain = False
        return made

    recorded.__name__ = recorded.__qualname__ = f"record_{op.name}"
    return recorded


def variadic_recorder(op: Operation, rule: Rule) -> Callable[..., Any]:
    """How an operation on a tuple of arrays is recorded; which elements are traced is looked up at each call."""
    from .missing import missing_rule

    function, make_pullback, transpose = op.function, rule.vjp, rule.transpose
    if make_pullback is None and transpose is None:
        return missing_rule(op, "vjp")

    def recorded(elements: tuple[Any, ...], tape: Tape, **keywords: Any) -> Any:
        needs = tuple(type(x) is Var and x.tape is tape for x in elements)
        values = tuple(
            current(x) if need else keep(tape, x) if type(x) is ndarray else x
            for x, need in zip(elements, needs, strict=True)
        )
        y = function(values, **keywords)
        indices = [x.index if need else None for x, need in zip(elements, needs, strict=True)]
        spaces = [space_of(v) for v in values]
        if any(type(v) not in PLAIN for v in values):
            tape.plain = False
        if make_pullback is not None:
            pullback = make_pullback(y, values, needs=needs, **keywords)
        else:

            def pullback(ct: Any) -> Any:
                return transpose(ct, tuple(spaces), **keywords)  # type: ignore[misc]

        if type(y) is tuple:
            return record_outputs(y, tape, indices, spaces, pullback)
        return record(y, tape, (backward_function, indices, spaces, pullback))

    recorded.__name__ = recorded.__qualname__ = f"record_{op.name}"
    return recorded


# ---- linear rules of one argument: the hot shape of sum, reshape, getitem ---------------------------------------------

#: A view remembers what it was taken from, and in which state.
VIEW = """\
    if (type(y) is ndarray or y.shape) and is_view({{{items}}}):
        made.base = (x, operation, {{{items}}}, a)
"""

LINEAR = """\
def record_{name}(x{keywords}):
    a = x.value if x.base is None else current(x)
    tape = x.tape
    y = operation(a{given})
    made = Var()
    made.value = y; made.tape = tape; made.index = len(tape); made.base = None
    tape.append((backward_{name}, x.index, ArraySpace(a.shape, a.dtype) if type(a) is ndarray else space_of(a){values}))
    if type(a) not in PLAIN:
        tape.plain = False
{view}    return made

def backward_{name}(cotangents, ct, entry):
    _, tape_index, primal_space{values} = entry
    try:
        x = transpose_rule(ct, primal_space{given})
    except FloatingPointError:
        with np.errstate(divide="ignore", invalid="ignore"):
            x = transpose_rule(ct, primal_space{given})
    if type(x) is not ndarray or x.dtype is not primal_space.dtype or x.shape != primal_space.shape or not x.shape:
        x = primal_space.project(x)
    known = cotangents[tape_index]
    if known is None:
        cotangents[tape_index] = x
    else:
        accumulate(cotangents, tape_index, known, x)
"""


def linear_recorder(op: Operation, rule: Rule, active: tuple[int, ...]) -> Callable[..., Any]:
    """How a linear operation is recorded; with several arguments the constants' cotangents are dropped."""
    if op.arity > 1:
        return function_recorder(op, linear_as_function(rule), active)
    from .space import ArraySpace

    keywords = op.keywords
    source = LINEAR.format(
        name=op.name,
        keywords=", *" * bool(keywords) + "".join(f", {k}={k}_default" for k in keywords),
        given="".join(f", {k}={k}" for k in keywords),
        values="".join(f", {k}" for k in keywords),
        view=VIEW.format(name=op.name, items=", ".join(f"{k!r}: {k}" for k in keywords)) if op.view else "",
    )
    scope: dict[str, Any] = {
        "Var": Var, "current": current, "PLAIN": PLAIN, "ndarray": ndarray, "space_of": space_of, "np": np,
        "is_view": is_view, "ArraySpace": ArraySpace, "accumulate": accumulate, "transpose_rule": rule.transpose, "operation": op.function,
        **{f"{k}_default": v for k, v in keywords.items()},
    }  # fmt: skip
    compile_source(source, scope, f"reverse {op.name}", f"the linear rule of {op.name}")
    return scope[f"record_{op.name}"]


def linear_as_function(rule: Rule) -> Rule:
    """A linear rule of several arguments in the form of a function rule."""
    made = Rule(rule.op, "function")
    transpose = rule.transpose
    assert transpose is not None

    def vjp(y: Any, *arguments: Any, needs: tuple[bool, ...], **keywords: Any) -> Any:
        spaces = tuple(space_of(a) for a in arguments)

        def linear_pullback(ct: Any) -> Any:
            return transpose(ct, spaces, **keywords)

        return linear_pullback

    made.vjp = vjp
    return made


# ---- constants and choices -------------------------------------------------------------------------------------------


def keep(tape: Tape, constant: Any) -> Any:
    """A constant array that a rule will read in the backward sweep: safe against the caller overwriting it."""
    from .constants import keep_constant

    return keep_constant(tape, constant) if constant.flags.writeable else constant


def watch_choice(tape: Tape, values: list[Any]) -> None:
    """Where a choice between values holds nan or inf, the sweep must let zero cotangents win everywhere."""
    from .choices import has_non_finite

    if any(has_non_finite(v) for v in values):
        tape.careful = True


SPACES[Var] = space_of_traced
