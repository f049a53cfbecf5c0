"""How linear operations of one argument are recorded: the hot shape of sum, reshape, getitem."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..backends.numpy import kernels
from ..backends.numpy.shaping import COPIED_SIZE
from ..dispatch.operation import Operation
from ..rules.indexing import getitem_transpose
from ..rules.registry import Rule
from .constants import STILL, kept_static
from .generate import compile_source, looking, watching, with_keywords, word, words_of_looking
from .reverse import Var, current, watch_choice
from .reverse_rules import function_recorder, linear_as_function, still_lines
from .space import F32, F64, OBJECT, PlainSpace, space_of
from .tape import IN_PLACE_SIZE, Cotangents, accumulate
from .views import WRITES, has_memory, is_view

ndarray = np.ndarray

#: A view remembers what it was taken from, and in which state.
VIEW = """\
    if (type(y) is ndarray or type(y) not in PLAIN and has_memory(getattr(y, "shape", ()), {{{items}}})) and {test}:
        made._base = (x, operation, {{{items}}}, a, WRITES.count)
"""


VIEW_TEST = "(type(index) is slice or is_view({'index': index}))"


#: Slices of plain arrays of floats, without a space.
SLICE = """\
    if type(index) is slice and type(a) is ndarray and a.ndim and (a.dtype is F64 or a.dtype is F32):
        y = a[index]
{watch}        made = Var()
        made._value = y; made._tape = tape; made._index = len(tape)
        made._base = (x, operation, {{{items}}}, a, WRITES.count)
        tape.append((backward_slice, x._index, a.shape, a.dtype, index))
        return made
"""


#: What elements of plain arrays are; an error comes in the words of the operation.
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

#: Sums of small plain arrays, along one axis or all: the cotangent is spread into an array of its own.
SUM_COTANGENT = """\
if (
            (type(ct) is ndarray or type(ct) is float64) and type(primal_space) is PlainSpace
            and ct.dtype is primal_space.dtype and (axis is None or type(axis) is int)
            and prod(primal_space.shape) <= COPIED_SIZE
        ):
            if axis and not keepdims and axis != -ct.ndim - 1:
                ct = ct[..., None] if axis == -1 or axis == ct.ndim else expand_dims(ct, axis)
            x = empty(primal_space.shape, ct.dtype)
            x[...] = ct
        else: x = {called}"""


LINEAR = """\
def record_{name}(x{keywords}):
    a = x._value if x._base is None else current(x)
    tape = x._tape
{slice}    if {look}: return made
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


def slice_backward(cotangents: Cotangents, ct: Any, entry: Any) -> None:
    """Write the cotangent of a slice of a plain array into zeros of the array's shape, which large arrays keep."""
    _, slot, shape, dtype, index = entry
    known = cotangents[slot]
    if type(ct) is not ndarray or ct.dtype is not dtype:
        space = PlainSpace()
        space.shape, space.dtype = shape, dtype
        term = space.project(getitem_transpose(ct, space, index=index))
    elif slot in cotangents.owned and type(known) is ndarray and known.dtype is dtype:
        place = known[index]
        try:
            np.add(place, ct, place)
        except FloatingPointError:  # inf - inf: the sum in place has been written whole
            pass
        return
    else:
        term = np.zeros(shape, dtype)
        term[index] = ct
        if known is None and term.size >= IN_PLACE_SIZE:
            cotangents.owned.add(slot)
    if known is None:
        cotangents[slot] = term
    else:
        accumulate(cotangents, slot, known, term)


def linear_recorder(op: Operation, rule: Rule, active: tuple[int, ...]) -> Callable[..., Any]:
    """How a linear operation is recorded; with several arguments the constants' cotangents are dropped."""
    if op.arity > 1:
        return function_recorder(op, linear_as_function(rule), active)

    keywords = op.keywords
    name = word(op)

    def written(parameters: str, given: str) -> str:
        in_dict = given.endswith("**keywords")
        part = op is ops.getitem.info and given == ", index=index"
        total = op is ops.sum.info and given == ", axis=axis, dtype=dtype, keepdims=keepdims"
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
            slice=SLICE.format(items="'index': index", watch=f"    {watching('a')}\n") if part else "",
            value=(PART if part else "y = {called}").format(called=f"operation(a{given})"),
            cotangent=(PART_COTANGENT if part else SUM_COTANGENT if total else "x = {called}").format(
                called=f"transpose_rule(ct, primal_space{given})"
            ),
        )

    source = with_keywords(op, written)
    scope: dict[str, Any] = {
        "Var": Var, "current": current, "ndarray": ndarray, "space_of": space_of, "np": np,
        "STILL": STILL, "kept_static": kept_static, "has_memory": has_memory, "is_view": is_view, "WRITES": WRITES,
        "PlainSpace": PlainSpace, "OBJECT": OBJECT, **words_of_looking(),
        "accumulate": accumulate, "watch_choice": watch_choice, "zeros": np.zeros,
        "empty": np.empty, "expand_dims": np.expand_dims,
        "float64": np.float64, "F64": F64, "F32": F32, "prod": math.prod, "COPIED_SIZE": COPIED_SIZE,
        "backward_slice": slice_backward, **kernels.FAST,
        "transpose_rule": rule.transpose, "operation": op.function,
        **{f"{k}_default": v for k, v in keywords.items()},
    }  # fmt: skip
    compile_source(source, scope, f"reverse {op.name}", f"the linear rule of {op.name}")
    return scope[f"record_{name}"]
