"""Pullbacks and their transposes: vjp and linearize, by the reverse engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.errors import NonDifferentiableError, TangentMismatchError, at_user_line, user_line
from ..engines.constants import COPY_LIMIT
from .containers import flatten_like, map_leaves, unflatten
from .entry import check_function, hides_frames
from .fit import fit_tangent_leaf
from .forward_pass import is_differentiable
from .inputs import Inputs, like_input
from .prepared import as_given
from .reverse_pass import Recording
from .watching import handed_out
from .zeros import plain_zero, zero_gradient


@hides_frames
def vjp(
    function: Callable[..., Any], *primals: Any, has_aux: bool = False, once: bool = False, lift: bool = True
) -> tuple[Any, ...]:
    """The value of a function and its pullback, which maps a cotangent of the value to cotangents of the primals.

    The pullback may be called again (it keeps the tape until it dies); with once=True it releases memory as it goes and
    a second call raises. It returns a tuple with one entry for each primal, in units of cotangent * output / input.
    With has_aux=True the function returns (value, extra), and (value, pullback, extra) is returned. For complex values
    the pullback is the adjoint with respect to Re(conj(ct) * dy). lift=False runs the function as it is.

    The primals may be overwritten afterwards: small arrays are copied, and for arrays of more than 256 KiB the pullback
    raises MutatedConstantError. The value and the extra are the caller's own.

    Raises TangentMismatchError or ContainerMismatchError where a cotangent does not fit the value.

    >>> import numpy as np, dispatchml as dm
    >>> y, pullback = dm.vjp(lambda x: x**2, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    function = as_given(function, lift)
    check_function(function, "vjp")
    inputs = Inputs(primals, tuple(range(len(primals))), "vjp").settle(COPY_LIMIT)
    if inputs.watch is not None:
        inputs.watch.line = user_line()
    recording = Recording(function, inputs, {}, has_aux, "vjp")
    pullback = Pullback(recording, once)
    y = unflatten(recording.structure, [handed_out(v) for v in recording.values])
    return (y, pullback, map_leaves(handed_out, recording.aux)) if has_aux else (y, pullback)


class Pullback:
    """The transposed derivative of a function at its primals: cotangents of the value to cotangents of the primals."""

    __slots__ = ("recording", "once", "used", "__weakref__")

    def __init__(self, recording: Recording, once: bool) -> None:
        self.recording, self.once, self.used = recording, once, False

    @hides_frames
    def __call__(self, ct: Any) -> Any:
        return self.pull(ct)

    def pull(self, ct: Any) -> Any:
        """The cotangents of the primals."""
        if self.once and self.used:
            raise NonDifferentiableError(
                f"This pullback was made with once=True and has been called already{at_user_line()}: its tape is gone. "
                "Leave once=True away to call it again."
            )
        recording = self.recording
        leaves = flatten_like(ct, recording.structure, "cotangent", "output")
        given = [
            fit_tangent_leaf(y, leaf, "pullback") if is_differentiable(y) else None
            for y, leaf in zip(recording.values, leaves, strict=True)
        ]
        self.used = True
        found = recording.pull(given, keep=not self.once)
        y = next((v for v in recording.values if is_differentiable(v)), 0.0)
        primals = recording.inputs.primals
        return recording.inputs.results(
            released([zero_gradient(x, y) if g is None else g for x, g in zip(primals, found, strict=True)], given)
        )


def released(found: list[Any], given: list[Any]) -> list[Any]:
    """Cotangents that share no memory with each other or with what was handed in; rules pass them on as they are."""
    known = [g for g in given if type(g) is np.ndarray]
    made: list[Any] = []
    for g in found:
        if type(g) is np.ndarray:
            if g.base is not None or not g.flags.writeable or any(g is other for other in known):
                g = g.copy()
            known.append(g)
        made.append(g)
    return made


@hides_frames
def linearize(function: Callable[..., Any], *primals: Any, has_aux: bool = False, lift: bool = True) -> tuple[Any, ...]:
    """The value of a function and its derivative at the primals as a linear function of the tangents.

    The linear function takes one tangent for each primal. It is the transpose of the pullback, which is itself linear,
    and is recorded by its first call. With has_aux=True (value, push, extra) is returned. lift=False runs the function
    as it is.

    Raises TangentMismatchError where tangents do not fit.

    >>> import numpy as np, dispatchml as dm
    >>> y, push = dm.linearize(np.sin, 0.0)
    >>> push(2.0)
    2.0
    """
    function = as_given(function, lift)
    check_function(function, "linearize")
    y, pullback, *aux = vjp(function, *primals, has_aux=has_aux)
    return y, Pushforward(pullback, y, len(primals)), *aux


class Pushforward:
    """The derivative of a function at its primals as a linear function: the transpose of its pullback, recorded
    once.
    """

    __slots__ = ("pullback", "y", "count", "transposed", "__weakref__")

    def __init__(self, pullback: Callable[..., Any], y: Any, count: int) -> None:
        self.pullback, self.y, self.count = pullback, y, count
        self.transposed: Callable[..., Any] | None = None

    @hides_frames
    def __call__(self, *tangents: Any) -> Any:
        return self.push(tangents)

    def push(self, tangents: tuple[Any, ...]) -> Any:
        """The tangent of the value."""
        if len(tangents) != self.count:
            raise TangentMismatchError(
                f"linearize: {self.count} primals and {len(tangents)} tangents{at_user_line()}; one is needed for each."
            )
        transposed = self.transposed
        if transposed is None:
            zero = map_leaves(lambda v: like_input(plain_zero(v), v) if is_differentiable(v) else v, self.y)
            transposed = self.transposed = vjp(self.pullback, zero)[1]
        return transposed(tangents)[0]
