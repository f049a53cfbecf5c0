"""`cond` and `switch`: branches as functions, of which one runs; where `jit` records, all are written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import ArgumentError, at_user_line, describe
from ..engines.batch import plain
from ..engines.traced import Traced
from ..transforms.captured import Explicit
from ..transforms.entry import check_function, hides_frames
from .choices import Choice, choose
from .dependence import recorder_in
from .frames import Frame
from .leaves import leaves_of, unflatten
from .mismatch import refuse_structure
from .truth import check_scalar, holds, without_derivatives


@hides_frames
def cond(pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], *operands: Any) -> Any:
    """`true_fun(*operands) if pred else false_fun(*operands)`.

    pred: one truth value or number; of traced numbers the primal decides. Only the branch that is taken runs and has
    derivatives, so what is infinite or undefined in the other one does no harm. Where the elements of a batch disagree
    both run, and `numpy.where` chooses. Within `jit` both are recorded, and must return the same kind of value.

    Raises ShapeError for a test of several values; ContainerMismatchError or ArgumentError where both branches are
    needed and differ in structure, shape, dtype or units.

    >>> import numpy as np, dispatchml as dm
    >>> dm.grad(lambda x: dm.cond(x > 0, np.sqrt, lambda v: 0 * v, x))(0.0)
    0.0
    """
    check_function(true_fun, "cond")
    check_function(false_fun, "cond")
    pred = without_derivatives(pred)
    check_scalar(pred, "cond")
    return branch(pred, [false_fun, true_fun], operands, "cond")


@hides_frames
def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """`branches[index](*operands)`, with an index outside taken to the nearest branch. Otherwise as `cond`.

    >>> import dispatchml as dm
    >>> dm.switch(1, [lambda x: x, lambda x: x * x], 3.0)
    9.0
    """
    functions = list(branches)
    if not functions:
        raise ArgumentError(f"switch: there are no branches{at_user_line()}.")
    for function in functions:
        check_function(function, "switch")
    index = without_derivatives(index)
    check_scalar(index, "switch")
    if ops.dtype(index).kind not in "iub":
        raise ArgumentError(f"switch: the index is a whole number, not {describe(index)}{at_user_line()}.")
    return branch(index, functions, operands, "switch")


def branch(index: Any, functions: list[Callable[..., Any]], operands: tuple[Any, ...], name: str) -> Any:
    """The result of the function that is chosen."""
    if recorder_in([index]) is None:
        place = one_place(index, len(functions), name)
        if place is not None:
            return functions[place](*operands)
    frame = Frame(name, operands)
    explicit = [Explicit(f) for f in functions]
    forms: dict[int, Any] = {}
    captured = [x for e in explicit for x in e.captured]
    begins = np.cumsum([0, *(len(e.captured) for e in explicit)])

    def one(k: int) -> Callable[[list[Any]], list[Any]]:
        def run(leaves: list[Any]) -> list[Any]:
            own, given = leaves[begins[k] : begins[k + 1]], leaves[len(captured) :]
            found, forms[k] = leaves_of(explicit[k].call(own, frame.tree(given), {}))
            known = forms[min(forms)]
            if forms[k] != known:
                refuse_structure(name, known, forms[k], "what its branches return")
            return found

        return run

    made = Choice([one(k) for k in range(len(functions))], name)
    outputs = choose(made, place_of(index, len(functions), name), [*captured, *frame.carry])
    return unflatten(forms[0], outputs)


def one_place(index: Any, count: int, name: str) -> int | None:
    """Which branch is taken; None where the elements of a batch disagree."""
    if isinstance(index, Traced):
        values = np.asarray(plain(index))
        if values.size and not (values == values.flat[0]).all():
            return None
        index = values.flat[0] if values.size else 0
    if name == "cond":
        return int(holds(index, name))
    return min(max(int(index), 0), count - 1)


def place_of(index: Any, count: int, name: str) -> Any:
    """The number of the branch, for values that are not known or differ."""
    if name == "cond":
        return index if ops.dtype(index).kind == "b" else ops.not_equal(index, 0)
    return ops.clip(index, 0, count - 1)
