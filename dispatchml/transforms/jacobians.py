"""Jacobians and Hessians: derivatives of all outputs with respect to all inputs, by batched passes of the engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..dispatch.errors import NonDifferentiableError, NoRuleError
from .columns import columns
from .containers import unflatten
from .coordinates import outputs_apart, outputs_together
from .entry import check_function, note_taken, transformed
from .forward_pass import is_differentiable
from .inputs import Inputs
from .prepared import as_given
from .reverse_pass import Recording
from .rows import rows
from .watching import SMALL

#: Up to this many numbers of input the forward mode is chosen without asking how many outputs there are.
FEW = 4


def jacfwd(
    function: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
    chunk_size: int | None = None,
    lift: bool = True,
) -> Callable[..., Any]:
    """The Jacobian of a function in forward mode: fast where there are fewer inputs than outputs.

    For each output leaf the container of the differentiated argument (a tuple of them for argnums=(...)), whose leaves
    have shape output.shape + input.shape, units output / input and the dtype that both promote to; a Python float for
    one number of another. All plain inputs share one batched pass over the identity; a layered input has a pass of its
    own. chunk_size: how many columns go through the function at once, which bounds memory.

    For complex inputs the function must be holomorphic, and f'(z) is returned; holomorphic=True only says that this is
    known. With has_aux=True the function returns (value, extra), and the pair (Jacobian, extra) is returned. lift=False
    runs the function as it is.

    Raises NonDifferentiableError for a function of complex numbers that is not holomorphic.

    >>> import numpy as np, dispatchml as dm
    >>> dm.jacfwd(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    function = as_given(function, lift)

    @transformed(function, "jacfwd")
    def jacobian_forward(*arguments: Any, **keywords: Any) -> Any:
        inputs = Inputs(arguments, argnums, "jacfwd").settle(SMALL)
        found = columns(outputs_apart(function, has_aux), inputs, keywords, has_aux, chunk_size, "jacfwd")
        return assemble(inputs, *found, has_aux)

    return jacobian_forward if has_aux else note_taken(jacobian_forward, "jacfwd", function, argnums)


def jacrev(
    function: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
    chunk_size: int | None = None,
    lift: bool = True,
) -> Callable[..., Any]:
    """The Jacobian of a function in reverse mode: fast where there are fewer outputs than inputs.

    Results, arguments and errors as for `jacfwd`; chunk_size is the number of rows that are swept at once.

    >>> import numpy as np, dispatchml as dm
    >>> dm.jacrev(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    function = as_given(function, lift)

    @transformed(function, "jacrev")
    def jacobian_reverse(*arguments: Any, **keywords: Any) -> Any:
        inputs = Inputs(arguments, argnums, "jacrev").settle(SMALL)
        recording = Recording(outputs_apart(function, has_aux), inputs, keywords, has_aux, "jacrev")
        return assemble(inputs, *rows(recording, chunk_size, "jacrev"), has_aux)

    return jacobian_reverse if has_aux else note_taken(jacobian_reverse, "jacrev", function, argnums)


def jacobian(
    function: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
    chunk_size: int | None = None,
    lift: bool = True,
) -> Callable[..., Any]:
    """The Jacobian of a function, in forward mode where inputs are few and in reverse mode where outputs are few.

    The function is run once to see how many outputs it has, and once more if the forward mode wins. An operation that
    has a rule for one mode only is differentiated in that one. Results, arguments and errors as for `jacfwd`.

    >>> import numpy as np, dispatchml as dm
    >>> dm.jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    function = as_given(function, lift)

    @transformed(function, "jacobian")
    def jacobian_by_shape(*arguments: Any, **keywords: Any) -> Any:
        inputs = Inputs(arguments, argnums, "jacobian").settle(SMALL)
        found = cheaper(outputs_apart(function, has_aux), inputs, keywords, has_aux, chunk_size)
        return assemble(inputs, *found, has_aux)

    return jacobian_by_shape


def cheaper(
    function: Callable[..., Any], inputs: Inputs, keywords: dict[str, Any], has_aux: bool, chunk_size: int | None
) -> tuple[Any, list[Any], list[Any], Any]:
    """Rows or columns, whichever are fewer; the others where an operation lacks the rule for a mode."""
    name = "jacobian"
    count = sum(ops.size(x) for x in inputs.primals)
    if count > FEW:
        try:
            recording = Recording(function, inputs, keywords, has_aux, name)
        except NoRuleError:
            return columns(function, inputs, keywords, has_aux, chunk_size, name)
        if count > sum(ops.size(y) for y in recording.values if is_differentiable(y)):
            return rows(recording, chunk_size, name)
        del recording
    try:
        return columns(function, inputs, keywords, has_aux, chunk_size, name)
    except NoRuleError:
        return rows(Recording(function, inputs, keywords, has_aux, name), chunk_size, name)
    except NonDifferentiableError as refused:  # entries of factored matrices are no directions, but have rows
        try:
            return rows(Recording(function, inputs, keywords, has_aux, name), chunk_size, name)
        except NonDifferentiableError:
            raise refused from None


def hessian(
    function: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
    chunk_size: int | None = None,
    lift: bool = True,
) -> Callable[..., Any]:
    """The second derivatives of a function, forward over reverse.

    For a scalar function of x the shape is x.shape + x.shape, in units of output / input**2; for containers or several
    argnums, containers of containers. Arguments and errors as for `jacfwd`.

    >>> import numpy as np, dispatchml as dm
    >>> dm.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    function = as_given(function, lift)
    check_function(function, "hessian")
    first = jacrev(function, argnums, has_aux=has_aux)
    return jacfwd(first, argnums, has_aux=has_aux, chunk_size=chunk_size)


def assemble(inputs: Inputs, structure: Any, values: list[Any], blocks: list[Any], aux: Any, has_aux: bool) -> Any:
    """The tree of outputs of trees of inputs; output leaves without derivatives pass through."""
    leaves = [y if found is None else inputs.results(found) for y, found in zip(values, blocks, strict=True)]
    result = outputs_together(unflatten(structure, leaves))
    return (result, aux) if has_aux else result
