"""Derivatives in given directions: jvp and derivative by the forward engine, vjp and linearize by the reverse engine."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .. import ops
from ..dispatch.errors import NonDifferentiableError, TangentMismatchError, at_user_line, describe
from ..engines.constants import check_constants
from ..engines.forward import Dual
from ..engines.levels import Level
from ..engines.tape import Cotangents, SweepError, sweep, sweep_keeping
from ..engines.views import current
from .boundary import Inputs, call_user, explain_sweep, is_on, primal_on, run_on_tape, zero_gradient
from .containers import flatten, flatten_like, map_leaves, unflatten


def jvp(
    function: Callable[..., Any], primals: Any, tangents: Any, *, has_aux: bool = False, lift: bool = True
) -> tuple[Any, ...]:
    """The value of a function and its derivative in the direction of the tangents, in one forward pass.

    primals, tangents: tuples with one entry for each positional argument; a tangent has the shape of its primal, and units
    of a difference of it. Returns (y, dy), or (y, dy, aux) with has_aux=True.

    Raises TangentMismatchError where tangents do not fit.

    >>> import numpy as np, dispatchml as dm
    >>> dm.jvp(np.sin, (0.0,), (1.0,))
    (0.0, 1.0)
    """
    primals, tangents = as_tuple(primals, "jvp", "primals"), as_tuple(tangents, "jvp", "tangents")
    if len(primals) != len(tangents):
        raise TangentMismatchError(
            f"jvp: {len(primals)} primals and {len(tangents)} tangents{at_user_line()}; one tangent is needed for each primal."
        )
    inputs = Inputs(primals, tuple(range(len(primals))), "jvp")
    directions: list[Any] = []
    for (structure, _), tangent in zip(inputs.structures, tangents, strict=True):
        directions += flatten_like(tangent, structure, "tangent", "primal")
    chosen = [fit_tangent_leaf(inputs.leaves[k], directions[k], "jvp") for k in inputs.traced]
    return run_forward(function, inputs, chosen, has_aux, "jvp")


def run_forward(function: Any, inputs: Inputs, directions: list[Any], has_aux: bool, name: str) -> tuple[Any, ...]:
    """Run a function on dual numbers."""
    with Level(name) as level:
        duals = [Dual(x, dx, level) for x, dx in zip(inputs.primals, directions, strict=True)]
        output = call_user(function, inputs.rebuild(duals), {}, name)
        aux = None
        if has_aux:
            from .gradient import split_aux

            output, aux = split_aux(output, name)
            aux = map_leaves(lambda x: current(x) if of(x, level) else x, aux)
        leaves, structure = flatten(output)
        values = [current(x) if of(x, level) else x for x in leaves]
        reference = inputs.primals[0], directions[0]
        partials = [x.partials if of(x, level) else zero_tangent(x, *reference) for x in leaves]
    y, dy = unflatten(structure, values), unflatten(structure, partials)
    return (y, dy, aux) if has_aux else (y, dy)


def of(x: Any, level: Level) -> bool:
    """Whether a value is a dual number of this level."""
    return type(x) is Dual and x.level is level


def zero_tangent(y: Any, x: Any, dx: Any) -> Any:
    """The typed zero tangent of an output that does not depend on the inputs."""
    return ops.zeros_like(y) if not isinstance(y, (str, bytes, bool)) and y is not None else y


def derivative(function: Callable[..., Any], argnum: int = 0, *, lift: bool = True) -> Callable[..., Any]:
    """The derivative of a function of one number, whose output may be an array or a container: forward mode.

    Units of output / input. For a complex argument f must be holomorphic, and f'(z) is returned.

    >>> import dispatchml as dm
    >>> dm.derivative(lambda t: t**3)(2.0)
    12.0
    """

    @functools.wraps(function)
    def derived(*arguments: Any, **keywords: Any) -> Any:
        inputs = Inputs(arguments, argnum, "derivative")
        if len(inputs.traced) != 1 or ops.shape(inputs.primals[0]) != ():
            raise NonDifferentiableError(
                f"derivative is for a function of one number; argument {argnum} is {describe(arguments[argnum])}{at_user_line()}. "
                "Use dispatchml.jacobian or dispatchml.grad."
            )
        x = inputs.primals[0]
        whole = functools.partial(function, **keywords) if keywords else function
        return run_forward(whole, inputs, [ops.one_like(x)], False, "derivative")[1]

    return derived


def vjp(
    function: Callable[..., Any], *primals: Any, has_aux: bool = False, once: bool = False, lift: bool = True
) -> tuple[Any, ...]:
    """The value of a function and its pullback, which maps a cotangent of the value to cotangents of the primals.

    The pullback may be called again (it keeps the tape until it dies); with once=True it releases memory as it goes and a
    second call raises. It returns a tuple with one entry for each primal.

    >>> import numpy as np, dispatchml as dm
    >>> y, pullback = dm.vjp(lambda x: x**2, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    inputs = Inputs(primals, tuple(range(len(primals))), "vjp")
    tape, output = run_on_tape(function, inputs, {}, "vjp")
    aux = None
    if has_aux:
        from .gradient import split_aux

        output, aux = split_aux(output, "vjp")
        aux = map_leaves(lambda x: primal_on(x, tape), aux)
    leaves, structure = flatten(output)
    values = [primal_on(x, tape) for x in leaves]
    indices = [x.index if is_on(x, tape) else None for x in leaves]
    count = len(inputs.traced)
    used: list[bool] = []

    def pullback(ct: Any) -> Any:
        if once and used:
            raise NonDifferentiableError(
                f"This pullback was made with once=True and has been called already{at_user_line()}: its tape is gone. "
                "Leave once=True away to call it again."
            )
        used.append(True)
        given = flatten_like(ct, structure, "cotangent", "output")
        cotangents = Cotangents(max([-1, *(i for i in indices if i is not None)]) + 1)
        for value, index, leaf in zip(values, indices, given, strict=True):
            if index is None:
                continue
            leaf = fit_tangent_leaf(value, leaf, "pullback")
            known = cotangents[index]
            cotangents[index] = leaf if known is None else ops.add(known, leaf)
        if tape.constants:
            check_constants(tape)
        try:
            if any(c is not None for c in cotangents):
                (sweep if once else sweep_keeping)(tape, cotangents, count)
        except SweepError as failure:
            explain_sweep(failure, function, inputs, {}, "vjp")
        cotangents.extend([None] * (count - len(cotangents)))
        found = [
            zero_gradient(x, values[0]) if g is None else g for x, g in zip(inputs.primals, cotangents[:count], strict=True)
        ]
        return inputs.results(found)

    y = unflatten(structure, values)
    return (y, pullback, aux) if has_aux else (y, pullback)


def linearize(function: Callable[..., Any], *primals: Any, lift: bool = True) -> tuple[Any, Callable[..., Any]]:
    """The value of a function and its derivative at the primals as a linear function of the tangents, without running f again.

    The linear function is the transpose of the pullback, which is itself linear.

    >>> import numpy as np, dispatchml as dm
    >>> y, push = dm.linearize(np.sin, 0.0)
    >>> push(2.0)
    2.0
    """
    y, pullback = vjp(function, *primals)
    zero = map_leaves(ops.zeros_like, y)

    def push(*tangents: Any) -> Any:
        if len(tangents) != len(primals):
            raise TangentMismatchError(
                f"linearize: {len(primals)} primals and {len(tangents)} tangents{at_user_line()}; one is needed for each."
            )
        return vjp(pullback, zero)[1](tangents)[0]

    return y, push


def hvp(function: Callable[..., Any], primals: Any, tangents: Any, *, lift: bool = True) -> Any:
    """The product of the Hessian of a scalar function with the tangents: the derivative of the gradient in one direction.

    For several primals the tuple of products, one for each.

    >>> import numpy as np, dispatchml as dm
    >>> dm.hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    from .gradient import grad

    primals, tangents = as_tuple(primals, "hvp", "primals"), as_tuple(tangents, "hvp", "tangents")
    argnums: Any = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(function, argnums), primals, tangents)[1]


def as_tuple(x: Any, name: str, what: str) -> tuple[Any, ...]:
    """The tuple of primals or tangents; a single value is a frequent slip."""
    if not isinstance(x, (tuple, list)):
        raise TangentMismatchError(
            f"{name}: the {what} must be a tuple with one entry for each argument{at_user_line()}, not {describe(x)}. Write (x,)."
        )
    return tuple(x)


def fit_tangent_leaf(x: Any, dx: Any, name: str) -> Any:
    """A tangent (or cotangent) leaf that fits its primal: the same shape, in its dtype where that loses nothing."""
    if type(dx) is int:
        dx = float(dx)
    if ops.shape(dx) != ops.shape(x):
        raise TangentMismatchError(
            f"{name}: the primal is {describe(x)} and its tangent {describe(dx)}{at_user_line()}; they must have the same shape."
        )
    have, want = ops.dtype(dx), ops.dtype(x)
    if have == want or "O" in (have.kind, want.kind):
        return dx
    if have.kind == "c" and want.kind != "c":
        raise TangentMismatchError(
            f"{name}: the tangent of a real primal is complex ({describe(x)}, {describe(dx)}){at_user_line()}. Use its real part."
        )
    if have.kind not in "fciub":
        raise TangentMismatchError(f"{name}: {describe(dx)} is no tangent of {describe(x)}{at_user_line()}.")
    return dx if type(x) in (float, complex) and type(dx) in (float, complex) else ops.astype(dx, dtype=want)
