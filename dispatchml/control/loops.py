"""`while_loop`, `scan` and `fori_loop`: loops as functions, which run, or are written down where `jit` records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import ArgumentError, ShapeError, at_user_line, describe
from ..engines.batch import Batched, plain
from ..engines.record import Rec
from ..engines.traced import Traced, innermost
from ..transforms.captured import Explicit
from ..transforms.entry import check_function, hides_frames
from .dependence import Look, recorder_in
from .eager import run_scan, run_while
from .frames import Frame
from .leaves import held, leaves_of, unflatten
from .pieces import is_number, joined, kind_of
from .staged import Loop, run
from .truth import check_scalar, without_derivatives


@hides_frames
def while_loop(cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init_val: Any) -> Any:
    """`while cond_fun(value): value = body_fun(value)`, and the last value.

    init_val: an array, number, layer or container of them; body_fun returns the same kind. Python's numbers in it take
    the dtype that the first round gives them. cond_fun returns one truth value; of traced numbers the primal decides.
    Differentiable in both modes to any order; in reverse mode what was carried is kept for some rounds, and the others
    are computed again. In a batch the loop runs as long as it does for any element. Within `jit` it is one loop of the
    program, whatever the number of rounds.

    Raises ContainerMismatchError or ArgumentError where the carried value changes its structure, shape, dtype or units.

    >>> import dispatchml as dm
    >>> dm.grad(lambda x: dm.while_loop(lambda v: v < 100.0, lambda v: v * x, x))(3.0)
    405.0
    """
    check_function(cond_fun, "while_loop")
    check_function(body_fun, "while_loop")
    frame = Frame("while_loop", init_val)
    test, body = Explicit(cond_fun), Explicit(body_fun)
    recorder = recorder_in(frame.leaves, test.captured, body.captured)
    if recorder is None:
        return run_while(cond_fun, body_fun, init_val, "while_loop")
    split = len(test.captured)

    def staged_test(constants: list[Any], carry: list[Any]) -> Any:
        goes_on = without_derivatives(test.call(constants[:split], (frame.tree(carry),), {}))
        check_scalar(goes_on, "while_loop")
        return ops.astype(goes_on, dtype=np.dtype(bool)) if ops.dtype(goes_on).kind != "b" else goes_on

    def staged_body(constants: list[Any], carry: list[Any], row: list[Any]) -> tuple[list[Any], list[Any]]:
        return frame.numbers(body.call(constants[split:], (frame.tree(carry),), {})), []

    made = Loop(staged_body, staged_test, None, False, "while_loop", key_of(body_fun))
    constants = [*test.captured, *body.captured]
    carry = settled(made, constants, frame.carry, [])
    last, _ = run(made, constants, carry, [])
    return frame.tree(last)


@hides_frames
def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """`for x in xs: carry, y = f(carry, x)`: the last carry, and the y of all rounds stacked.

    init: an array, number, layer or container of them; f returns the same kind as its first result. xs: an array, or a
    container of arrays of one length, whose rows are handed over; None: f gets None, `length` times. reverse: from the
    last row to the first; the y are in the order of the rows. Derivatives, batches and `jit` as with `while_loop`.

    Raises ShapeError where lengths differ, and as `while_loop` for a carry that changes.

    >>> import numpy as np, dispatchml as dm
    >>> last, totals = dm.scan(lambda total, x: (total + x, total), 0.0, np.array([1.0, 2.0, 3.0]))
    >>> float(last), totals
    (6.0, array([0., 1., 3.]))
    """
    check_function(f, "scan")
    leaves, structure = leaves_of(xs)
    count = length_of(leaves, length)
    frame = Frame("scan", init)
    explicit = Explicit(f)
    recorder = recorder_in(frame.leaves, leaves, explicit.captured)
    if recorder is None:
        return run_scan(lambda c, x: pair(f(c, x)), init, leaves, structure, count, bool(reverse), "scan")
    form: list[Any] = [None]

    def body(constants: list[Any], carry: list[Any], row: list[Any]) -> tuple[list[Any], list[Any]]:
        new, out = pair(explicit.call(constants, (frame.tree(carry), unflatten(structure, row)), {}))
        found, form[0] = leaves_of(out)
        return frame.numbers(new), found

    made = Loop(body, None, count, bool(reverse), "scan", key_of(f))
    carry = settled(made, explicit.captured, frame.carry, leaves)
    last, results = run(made, explicit.captured, carry, leaves)
    return frame.tree(last), unflatten(form[0], results)


@hides_frames
def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init_val: Any) -> Any:
    """`for i in range(lower, upper): value = body_fun(i, value)`, and the last value.

    lower, upper: whole numbers, which may be computed. init_val, derivatives, batches and `jit` as with `while_loop`.

    >>> import dispatchml as dm
    >>> dm.fori_loop(0, 5, lambda i, v: v + i, 0.0)
    10.0
    """
    check_function(body_fun, "fori_loop")
    lower, upper = bound(held(lower)), bound(held(upper))
    if any(type(x) is Batched for x in (lower, upper)):
        start = lower if type(lower) is not int else np.int64(lower)
        return while_loop(lambda s: s[0] < upper, lambda s: (s[0] + 1, body_fun(*s)), (start, init_val))[1]
    frame = Frame("fori_loop", init_val)
    explicit = Explicit(body_fun)
    recorder = recorder_in(frame.leaves, explicit.captured, [lower, upper])
    fixed = not any(type(x) is Rec for x in (lower, upper))
    if fixed and lower >= upper:
        return init_val
    if recorder is None:

        def step(value: Any, i: Any) -> tuple[Any, None]:
            return body_fun(int(i), value), None

        numbers = [np.arange(lower, upper)]
        return run_scan(step, init_val, numbers, None, upper - lower, False, "fori_loop")[0]

    def body(constants: list[Any], carry: list[Any], row: list[Any]) -> tuple[list[Any], list[Any]]:
        new = frame.numbers(explicit.call(constants, (carry[-1], frame.tree(carry[:-1])), {}))
        return [*new, ops.add(carry[-1], 1)], []

    count = None if fixed else ops.maximum(ops.subtract(upper, lower), 0)
    length = upper - lower if fixed else None
    made = Loop(body, None, length, False, "fori_loop", key_of(body_fun))
    carry = settled(made, explicit.captured, [*frame.carry, lower], [])
    last, _ = run(made, explicit.captured, carry, [], count)
    return frame.tree(last[:-1])


def bound(x: Any) -> Any:
    """A bound of a range: Python's whole number, or a recorded or batched one."""
    x = without_derivatives(x)
    if type(x) is Batched or type(x) is Rec:
        if ops.dtype(x).kind not in "iu" or ops.shape(x) != ():
            raise ArgumentError(f"fori_loop: bounds are whole numbers, not {describe(x)}{at_user_line()}.")
        return x
    try:
        return x.__index__()
    except (AttributeError, TypeError):
        raise ArgumentError(f"fori_loop: bounds are whole numbers, not {describe(x)}{at_user_line()}.") from None


def pair(found: Any) -> tuple[Any, Any]:
    """What the function of a scan returned."""
    if type(found) not in (tuple, list) or len(found) != 2:
        raise ArgumentError(
            f"scan: the function must return a carry and a result, not {describe(found)}{at_user_line()}. Return "
            "(carry, None) where there is no result."
        )
    return found[0], found[1]


def length_of(leaves: list[Any], length: Any) -> int:
    """The number of rounds."""
    lengths = set()
    for x in leaves:
        shape = ops.shape(x)
        if not shape:
            raise ShapeError(f"scan: xs holds {describe(x)}, which has no rows{at_user_line()}.")
        lengths.add(shape[0])
    if length is not None:
        try:
            lengths.add(length.__index__())
        except (AttributeError, TypeError):
            raise ArgumentError(f"scan: length is a whole number, not {describe(length)}{at_user_line()}.") from None
    if not lengths:
        raise ArgumentError(f"scan: neither xs nor length says how many rounds there are{at_user_line()}.")
    if len(lengths) > 1:
        raise ShapeError(f"scan: xs and length are of different lengths {sorted(lengths)}{at_user_line()}.")
    (count,) = lengths
    if count < 0:
        raise ArgumentError(f"scan: length={count} is negative{at_user_line()}.")
    return count


def key_of(function: Any) -> Any:
    """What a loop is known by from one recording to the next."""
    while True:
        inside = next((getattr(function, k) for k in ("func", "__func__", "__wrapped__") if hasattr(function, k)), None)
        if inside is None:
            return getattr(function, "__code__", type(function))
        function = inside


def settled(made: Loop, constants: list[Any], carry: list[Any], sequences: list[Any]) -> list[Any]:
    """What a loop begins with: whole numbers of Python that the first round makes floats are floats from the start.

    Only below derivatives and batches it must be known before; elsewhere it is seen when the round is recorded.
    """
    everything = [*constants, *carry, *sequences]
    whole = [k for k, x in enumerate(carry) if type(innermost(x)) is int or is_weak_int(innermost(x))]
    if not whole or not any(isinstance(x, Traced) for x in everything):
        return carry
    around = recorder_in(everything)
    assert around is not None
    found = Look(made, constants, carry, sequences, around).new
    carry = list(carry)
    for k in whole:
        y = found[k]
        if is_number(y) and not ops.shape(y):
            kind = joined(kind_of(plain(carry[k])), kind_of(y))
            if kind is not None and kind.dtype.kind in "fc" and not isinstance(carry[k], Traced):
                from .pieces import converted

                carry[k] = converted(carry[k], kind)
    return carry


def is_weak_int(x: Any) -> bool:
    """Whether a recorded value is one of Python's whole numbers."""
    return type(x) is Rec and x._symbol.form in ("int", "bool")
