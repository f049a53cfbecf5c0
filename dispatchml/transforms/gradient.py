"""Gradients of real scalar functions by the reverse engine."""
# The slots of engine values are underscored, so that no attribute of a payload is hidden.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NonDifferentiableError, NonScalarOutputError, at_user_line, describe
from ..dispatch.layers import layer_of
from ..engines.constants import check_constants, is_still
from ..engines.reverse import Var, variable
from ..engines.space import F32, F64
from ..engines.tape import Cotangents, SweepError, Tape, sweep
from ..engines.traced import Traced
from ..engines.views import current
from .auxiliary import split_aux
from .boundary import call_user, explain_sweep, is_on, primal_on, run_on_tape
from .containers import is_leaf, map_leaves
from .entry import note_taken, transformed
from .inputs import Inputs, is_number, like_input
from .prepared import as_given
from .reverse_pass import careful_tape, is_spoiled, run_sweep
from .watching import SMALL, Watch, apart, arrays_of, private
from .zeros import zero_gradient


def value_and_grad(
    function: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
    lift: bool = True,
) -> Callable[..., Any]:
    """A function that returns the value and the gradient of a scalar function.

    function: takes arrays, numbers, registered layers or containers of them, and returns one real scalar (or a pair of
    it and anything else with has_aux=True). argnums: the positions of the differentiated arguments. holomorphic: for
    complex functions, return f'(z). lift=False runs the function as it is.

    The gradient has the shape, dtype and device of its argument (a 0-d array for a 0-d array, a number for a number),
    and units of output / input. For complex inputs it is df/dx + i df/dy, the direction of steepest ascent.

    Raises NonScalarOutputError for an output that is not a real scalar, IntegerInputError where nothing can be
    differentiated, TracerConversionError where a traced value would become a plain number.

    >>> import numpy as np, dispatchml as dm
    >>> dm.value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """
    function = as_given(function, lift)
    return differentiated(function, argnums, has_aux, holomorphic, "value_and_grad")


def differentiated(
    function: Callable[..., Any], argnums: int | tuple[int, ...], has_aux: bool, holomorphic: bool, name: str
) -> Callable[..., Any]:
    """The function of the value and the gradient, or for "grad" of the gradient alone; extra values beside what comes
    first.
    """
    both = name != "grad"
    simple: int = -1  # the one position, where nothing else is asked for
    if type(argnums) is int and argnums >= 0 and not has_aux and not holomorphic:
        simple = argnums

    at_once = None if has_aux or holomorphic else getattr(function, "gradient_at_once", None)  # a kernel

    @transformed(function, name)
    def value_and_gradient(*arguments: Any, **keywords: Any) -> Any:
        if at_once is not None and not keywords:
            found = at_once(arguments, argnums)
            if found is not NotImplemented:
                return found if both else found[1]
        if 0 <= simple < len(arguments):
            x = arguments[simple]
            if type(x) is float or type(x) is np.ndarray and (x.dtype is F64 or x.dtype is F32):
                found = of_one_array(function, arguments, simple, x, keywords, name)
                return found if both else found[1]
        inputs = Inputs(arguments, argnums, name).settle(SMALL)
        tape, output = run_on_tape(function, inputs, keywords, name)
        aux = None
        if has_aux:
            output, aux = split_aux(output, name)
            large = arrays_of(inputs.primals)
            aux = map_leaves(lambda x: apart(primal_on(x, tape), large), aux)
        value = primal_on(output, tape)
        check_scalar(value, name, holomorphic)
        find = holomorphic_gradients if holomorphic else gradients
        found = find(function, inputs, keywords, tape, output, value, name)
        if not tape.plain and is_spoiled(tape, found, [value]):
            tape, output = run_on_tape(function, inputs, keywords, name, careful_tape(name))
            output = output[0] if has_aux else output
            found = find(function, inputs, keywords, tape, output, value, name)
        result = inputs.results(found)
        if both:
            return ((value, aux), result) if has_aux else (value, result)
        return (result, aux) if has_aux else result

    return value_and_gradient if has_aux or holomorphic else note_taken(value_and_gradient, name, function, argnums)


def grad(
    function: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
    lift: bool = True,
) -> Callable[..., Any]:
    """A function that returns the gradient of a scalar function; the pair of it and extra values for has_aux=True.

    Arguments, units, conventions and errors as for `value_and_grad`.

    >>> import numpy as np, dispatchml as dm
    >>> dm.grad(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    function = as_given(function, lift)
    return differentiated(function, argnums, has_aux, holomorphic, "grad")


def of_one_array(
    function: Callable[..., Any], arguments: tuple[Any, ...], position: int, x: Any, keywords: dict[str, Any], name: str
) -> tuple[Any, Any]:
    """Value and gradient for one plain float or array: the common case, without containers."""
    watch: Watch | None = None
    if type(x) is np.ndarray and not is_still(x):
        if x.nbytes <= SMALL:
            x = x.copy("K")
        else:
            x = private(x)
            watch = Watch([], [x])
            watch.note_holders()
    tape = Tape(name)
    tape.append(None)
    given = list(arguments)
    given[position] = variable(x, tape, 0)
    try:
        output = call_user(function, given, keywords, name)
    finally:
        tape.close()
    value: Any = output
    if watch is not None:
        del given
        watch.check()
    if type(output) is Var and output._tape is tape:
        value = current(output)
        seed = SEEDS.get(type(value))  # pyright: ignore[reportUnknownArgumentType]
        if seed is not None:
            cotangents = Cotangents(output._index + 1)
            cotangents[output._index] = seed
            if tape.constants:
                check_constants(tape)
            try:  # as in run_sweep, without making `Inputs` for the common case
                sweep(tape, cotangents, 1)
            except SweepError as failure:
                explain_sweep(failure, function, inputs_of(arguments, position, x, name), keywords, name)
            g = cotangents[0]
            if not tape.plain and is_spoiled(tape, [g], [value]):
                inputs = inputs_of(arguments, position, x, name)
                tape, output = run_on_tape(function, inputs, keywords, name, careful_tape(name))
                return value, like_input(gradients(function, inputs, keywords, tape, output, value, name)[0], x)
            g = zero_gradient(x, value) if g is None else owned(g, 0, cotangents)
            return value, g if type(g) is type(x) else like_input(g, x)
    check_scalar(value, name, False)
    inputs = inputs_of(arguments, position, x, name)
    found = gradients(function, inputs, keywords, tape, output, value, name)
    if not tape.plain and is_spoiled(tape, found, [value]):
        tape, output = run_on_tape(function, inputs, keywords, name, careful_tape(name))
        found = gradients(function, inputs, keywords, tape, output, value, name)
    return value, like_input(found[0], x)


def inputs_of(arguments: tuple[Any, ...], position: int, x: Any, name: str) -> Inputs:
    """The inputs of a call with one plain differentiated argument, which has been settled already."""
    return Inputs((*arguments[:position], x, *arguments[position + 1 :]), position, name)


#: The seed of the sweep for plain real scalars.
SEEDS: dict[type, Any] = {float: 1.0, np.float64: np.float64(1), np.float32: np.float32(1)}


def gradients(
    function: Callable[..., Any],
    inputs: Inputs,
    keywords: dict[str, Any],
    tape: Any,
    output: Any,
    value: Any,
    name: str,
) -> list[Any]:
    """Sweep the tape from a scalar output; inputs that it does not depend on get typed zeros."""
    count = len(inputs.traced)
    if not is_on(output, tape):
        return [zero_gradient(x, value) for x in inputs.primals]
    cotangents = Cotangents(output._index + 1)
    cotangents[output._index] = ops.one_like(value)
    run_sweep(tape, cotangents, count, False, function, inputs, keywords, name)
    cotangents.extend([None] * (count - len(cotangents)))
    found: list[Any] = []
    for k, (x, g) in enumerate(zip(inputs.primals, cotangents, strict=True)):
        g = zero_gradient(x, value) if g is None else owned(g, k, cotangents)
        if type(g) is np.ndarray and any(g is other for other in found):
            g = g.copy()  # addition hands one cotangent to both of its arguments
        found.append(g)
    return found


def owned(g: Any, index: int, cotangents: Cotangents) -> Any:
    """A gradient that shares no memory with anything: what a rule handed out may be a view or read-only."""
    if isinstance(g, Traced) or index in cotangents.owned:
        return g
    flags = getattr(g, "flags", None)
    if flags is None:
        return g
    return g.copy() if g.base is not None or not flags.writeable else g


def holomorphic_gradients(
    function: Callable[..., Any],
    inputs: Inputs,
    keywords: dict[str, Any],
    tape: Any,
    output: Any,
    value: Any,
    name: str,
) -> list[Any]:
    """f'(z) for each input: sweeps from 1 and from i, which agree for holomorphic functions only."""
    from .rows import as_derivative

    count = len(inputs.traced)
    for k in inputs.traced:
        if not ops.is_complex(inputs.leaves[k]):
            raise NonDifferentiableError(
                f"{name}(holomorphic=True) needs complex inputs, not {describe(inputs.leaves[k])}{at_user_line()}. Use "
                "dispatchml.jacobian for the derivative of a complex output with respect to real inputs."
            )
    if not is_on(output, tape):
        return [zero_gradient(x, value) for x in inputs.primals]
    one = ops.one_like(value)
    swept: list[list[Any]] = []
    for seed in (one, ops.multiply(one, 1j)):
        cotangents = Cotangents(max(count, output._index + 1))
        cotangents[output._index] = seed
        run_sweep(tape, cotangents, count, True, function, inputs, keywords, name)
        swept.append(cotangents[:count])
    return [
        zero_gradient(x, value) if along is None else as_derivative(along, across, value, x, name)
        for x, along, across in zip(inputs.primals, *swept, strict=True)
    ]


def has_not_run(value: Any) -> bool:
    """Whether a value is a generator, a coroutine or a function that nobody called."""
    if type(value) in SEEDS:
        return False
    return isinstance(value, (Iterator, Awaitable)) or callable(value) and layer_of(type(value)) is None


def check_scalar(value: Any, name: str, holomorphic: bool) -> None:
    """Refuse an output of which there is no gradient."""
    is_one = is_leaf(value) and not isinstance(value, str) and not has_not_run(value) and ops.shape(value) == ()
    if not is_one or ops.dtype(value).kind == "O" and not is_number(value):
        raise NonScalarOutputError(
            f"{name} needs a function that returns one number, not {describe(value)}{at_user_line()}. Sum it up, take "
            "one element, or use dispatchml.jacobian for all of them"
            + (" (has_aux=True if the function returns extra values)." if isinstance(value, tuple) else ".")
        )
    kind = ops.dtype(value).kind
    if kind == "b" or kind in "iu" and type(value) is not int:
        raise NonScalarOutputError(
            f"{name} needs a function that returns a real number, not {describe(value)}{at_user_line()}: truth values, "
            "counts and positions do not change under small changes, so that their derivative is zero everywhere. "
            "Return what was compared, or the value at the position."
        )
    is_complex = ops.is_complex(value)
    if is_complex and not holomorphic:
        raise NonScalarOutputError(
            f"{name} needs a real output, not {describe(value)}{at_user_line()}. Take abs(y)**2, y.real or y.imag; "
            "holomorphic=True gives f'(z) of a holomorphic function."
        )
    if holomorphic and not is_complex:
        raise NonScalarOutputError(
            f"{name}(holomorphic=True) needs a complex output, not {describe(value)}{at_user_line()}."
        )
