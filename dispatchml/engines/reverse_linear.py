"""How linear operations of one argument are recorded: the hot shape of sum, reshape, getitem."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..backends.numpy import kernels
from ..dispatch.families import FAMILIES
from ..dispatch.operation import Operation
from ..rules.registry import Rule
from .constants import STILL, kept_static
from .generate import compile_source, looking, watching, with_keywords, word
from .reverse import Var, current, watch_choice
from .reverse_rules import function_recorder, linear_as_function, still_lines
from .space import OBJECT, PlainSpace, space_of
from .tape import PLAIN, accumulate
from .views import WRITES, has_memory, is_view

ndarray = np.ndarray

#: A view remembers what it was taken from, and in which state.
VIEW = """\
    if (type(y) is ndarray or type(y) not in PLAIN and has_memory(getattr(y, "shape", ()), {{{items}}})) and {test}:
        made._base = (x, operation, {{{items}}}, a, WRITES.count)
"""


VIEW_TEST = "(type(index) is slice or is_view({'index': index}))"


#: What elements and slices of plain arrays are, and their cotangent; an error comes in the words of the operation.
PART = """\
try: y = a[index] if type(a) is ndarray and (type(index) is slice or type(index) is int) else {called}
    except IndexError: y = {called}"""


PART_COTANGENT = """\
if (
            type(ct) is ndarray and type(index) is slice and type(primal_space) is PlainSpace
            and ct.dtype is primal_space.dtype
        ):
            x = zeros(primal_space.shape, ct.dtype)
            x[index] = ct
        else: x = {called}"""


LINEAR = """\
def record_{name}(x{keywords}):
    a = x._value if x._base is None else current(x)
    if {look}: return made
    tape = x._tape
    {value}
{still}{watch}    made = Var()
    made._value = y; made._tape = tape; made._index = len(tape); made._base = None
    if type(a) is ndarray and a.dtype is not OBJECT:
        space = PlainSpace(); space.shape = a.shape; space.dtype = a.dtype
    else: space = space_of(a)
    tape.append((backward_{name}, x._index, space{values}))
    if type(a) not in PLAIN:
        tape.plain = False
{view}    return made

def backward_{name}(cotangents, ct, entry):
    _, tape_index, primal_space{values} = entry
    try:
        {cotangent}
    except ArithmeticError:
        with np.errstate(divide="ignore", invalid="ignore"):
            x = transpose_rule(ct, primal_space{given})
    if (
        type(x) is not ndarray or type(primal_space) is not PlainSpace
        or x.dtype is not primal_space.dtype or x.shape != primal_space.shape
    ):
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
    from .provider import TRACED

    keywords = op.keywords
    name = word(op)

    def written(parameters: str, given: str) -> str:
        in_dict = given.endswith("**keywords")
        part = op is ops.getitem.info and given == ", index=index"
        view = VIEW.format(
            test="is_view(keywords)" if in_dict else VIEW_TEST if "index" in keywords and given else "True",
            items="**keywords" if in_dict else ", ".join(f"{k!r}: {k}" for k in keywords if given),
        )
        values = ", keywords" if in_dict else "".join(f", {k}" for k in keywords if given)
        return LINEAR.format(
            name=name,
            keywords=parameters,
            given=given,
            still=still_lines(op, given),
            values=values,
            view=view if op.view else "",
            watch=watching("a") + "\n" if rule.select else "",
            look=looking("a", 1, given).replace("looked(x0", "looked(x"),
            value=(PART if part else "y = {called}").format(called=f"operation(a{given})"),
            cotangent=(PART_COTANGENT if part else "x = {called}").format(
                called=f"transpose_rule(ct, primal_space{given})"
            ),
        )

    source = with_keywords(op, written)
    scope: dict[str, Any] = {
        "Var": Var, "current": current, "PLAIN": PLAIN, "ndarray": ndarray, "space_of": space_of, "np": np,
        "STILL": STILL, "kept_static": kept_static, "has_memory": has_memory, "is_view": is_view, "WRITES": WRITES,
        "PlainSpace": PlainSpace, "OBJECT": OBJECT, "looked": None, "TRACED": TRACED,
        "FAMILIES": FAMILIES, "accumulate": accumulate,
        "watch_choice": watch_choice, "zeros": np.zeros, **kernels.FAST,
        "transpose_rule": rule.transpose, "operation": op.function,
        **{f"{k}_default": v for k, v in keywords.items()},
    }  # fmt: skip
    compile_source(source, scope, f"reverse {op.name}", f"the linear rule of {op.name}")
    return scope[f"record_{name}"]
