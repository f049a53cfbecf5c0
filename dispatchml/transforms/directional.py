"""Derivatives in given directions by the forward engine: jvp, derivative, hvp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NonDifferentiableError, TangentMismatchError, at_user_line, describe
from .basis import check_holomorphic, times_i
from .containers import flatten, flatten_like, map_leaves, unflatten
from .entry import check_function, hides_frames, note_taken, transformed
from .fit import as_tuple, check_difference, fit_tangent_leaf
from .forward_pass import is_differentiable, push, values_and_tangents
from .inputs import Inputs, like_input
from .prepared import as_given
from .watching import SMALL
from .zeros import in_units, per_unit


@hides_frames
def jvp(
    function: Callable[..., Any], primals: Any, tangents: Any, *, has_aux: bool = False, lift: bool = True
) -> tuple[Any, ...]:
    """The value of a function and its derivative in the direction of the tangents, in one forward pass.

    primals, tangents: tuples with one entry for each positional argument; a tangent has the shape of its primal, and
    units of a difference of it. Returns (y, dy), or (y, dy, aux) with has_aux=True. lift=False runs the function as it
    is.

    Raises TangentMismatchError or ContainerMismatchError where tangents do not fit.

    >>> import numpy as np, dispatchml as dm
    >>> dm.jvp(np.sin, (0.0,), (1.0,))
    (0.0, 1.0)
    """
    function = as_given(function, lift)
    check_function(function, "jvp")
    primals, tangents = as_tuple(primals, "jvp", "primals"), as_tuple(tangents, "jvp", "tangents")
    if len(primals) != len(tangents):
        raise TangentMismatchError(
            f"jvp: {len(primals)} primals and {len(tangents)} tangents{at_user_line()}; one tangent is needed for "
            "each primal."
        )
    inputs = Inputs(primals, tuple(range(len(primals))), "jvp").settle(SMALL)
    directions: list[Any] = []
    for (structure, _), tangent in zip(inputs.structures, tangents, strict=True):
        directions += flatten_like(tangent, structure, "tangent", "primal")
    chosen = [fit_tangent_leaf(inputs.leaves[k], directions[k], "jvp") for k in inputs.traced]
    for k, dx in zip(inputs.traced, chosen, strict=True):
        check_difference(inputs.leaves[k], dx, "jvp")
    pushed = push(function, inputs, {}, chosen, has_aux, "jvp")
    x, dx = (inputs.primals[0], chosen[0]) if chosen else (1.0, 1.0)
    y, dy = values_and_tangents(pushed, x, dx)
    return (y, dy, pushed.aux) if has_aux else (y, dy)


def derivative(
    function: Callable[..., Any], argnum: int = 0, *, has_aux: bool = False, lift: bool = True
) -> Callable[..., Any]:
    """The derivative of a function of one number, whose output may be an array or a container: forward mode.

    Units of output / input. For a complex argument f must be holomorphic, and f'(z) is returned. With has_aux=True the
    function returns (value, extra), and the pair (derivative, extra) is returned. lift=False runs the function as it
    is.

    Raises NonDifferentiableError for an argument that is not one number, or a complex function that is not holomorphic.

    >>> import dispatchml as dm
    >>> dm.derivative(lambda t: t**3)(2.0)
    12.0
    """
    function = as_given(function, lift)
    at_once = None if has_aux else getattr(function, "derivative_at_once", None)  # a kernel

    @transformed(function, "derivative")
    def derived(*arguments: Any, **keywords: Any) -> Any:
        if at_once is not None and not keywords:
            found = at_once(arguments, argnum)
            if found is not NotImplemented:
                return found
        inputs = Inputs(arguments, argnum, "derivative")
        if len(inputs.traced) != 1 or ops.shape(inputs.primals[0]) != ():
            raise NonDifferentiableError(
                f"derivative is for a function of one number; argument {argnum} is {describe(arguments[argnum])}"
                f"{at_user_line()}. Use dispatchml.jacobian or dispatchml.grad."
            )
        x = inputs.primals[0]
        one = in_units(ops.one_like(x), x)
        pushed = push(function, inputs, keywords, [one], has_aux, "derivative")
        if ops.is_complex(x):
            across = push(function, inputs, keywords, [times_i(one)], has_aux, "derivative").partials
            for p, q in zip(pushed.partials, across, strict=True):
                if p is not None and q is not None:
                    check_holomorphic(p, q, "derivative")
        dy = map_leaves(lambda p: per_unit(p, x) if is_differentiable(p) else p, values_and_tangents(pushed, x, one)[1])
        return (dy, pushed.aux) if has_aux else dy

    return derived if has_aux else note_taken(derived, "derivative", function, argnum)


@hides_frames
def hvp(function: Callable[..., Any], primals: Any, tangents: Any, *, has_aux: bool = False, lift: bool = True) -> Any:
    """The product of the Hessian of a scalar function with the tangents.

    For several primals the tuple of products, one for each. With has_aux=True the function returns (value, extra), and
    the pair (product, extra) is returned. lift=False runs the function as it is.

    Raises NonScalarOutputError and TangentMismatchError as `grad` and `jvp` do.

    >>> import numpy as np, dispatchml as dm
    >>> dm.hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    function = as_given(function, lift)
    from .gradient import grad

    check_function(function, "hvp")
    primals, tangents = as_tuple(primals, "hvp", "primals"), as_tuple(tangents, "hvp", "tangents")
    argnums: Any = 0 if len(primals) == 1 else tuple(range(len(primals)))
    found = jvp(grad(function, argnums, has_aux=has_aux), primals, tangents, has_aux=has_aux)
    product = found[1]
    if type(product) is not np.ndarray:
        given, (leaves, structure) = flatten(primals[0] if len(primals) == 1 else primals)[0], flatten(product)
        product = unflatten(structure, [like_input(g, x) for g, x in zip(leaves, given, strict=True)])
    return (product, found[2]) if has_aux else product
