"""One forward pass: the function on dual numbers, its values and partials leaf by leaf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..backends.numpy.decompositions import UNDEFINED
from ..engines.choices import has_nan
from ..engines.forward import Dual, dual
from ..engines.levels import Level
from ..engines.views import current
from ..ops.placement import HOMES, is_remote
from .auxiliary import split_aux
from .boundary import call_user
from .containers import flatten, map_leaves, unflatten
from .inputs import Inputs, input_leaf, like_input
from .prepared import LIFTING
from .watching import apart, arrays_of
from .zeros import zero_tangent_of


class Pushed:
    """What a forward pass found. partials: one for each output leaf, None where it does not depend on the inputs."""

    __slots__ = ("structure", "values", "partials", "aux")

    def __init__(self, structure: Any, values: list[Any], partials: list[Any], aux: Any) -> None:
        self.structure, self.values, self.partials, self.aux = structure, values, partials, aux


def push(
    function: Callable[..., Any],
    inputs: Inputs,
    keywords: dict[str, Any],
    directions: list[Any],
    has_aux: bool,
    name: str,
) -> Pushed:
    """Run a function on dual numbers; a direction of None leaves that input a constant.

    A tangent of nan beside a value that is none comes from 0 * inf: the function is then run again, carefully. Or it
    comes from a derivative that does not exist, of eigenvectors of equal eigenvalues: that is an error. Numbers on a
    device are not looked at: their runs are careful from the start.
    """
    if HOMES and any(map(is_remote, [*inputs.primals, *directions])):
        found = push_once(function, inputs, keywords, directions, has_aux, Level(name, careful=True))
        inputs.check()
        return found
    outside, UNDEFINED.error = UNDEFINED.error, None
    try:
        found = push_once(function, inputs, keywords, directions, has_aux, Level(name))
    except ZeroDivisionError:
        raise
    except ArithmeticError:  # what is 0 * inf in numbers of another library, such as decimal's
        return push_once(function, inputs, keywords, directions, has_aux, Level(name, careful=True))
    if any(map(is_spoiled, found.values, found.partials)):
        found = push_once(function, inputs, keywords, directions, has_aux, Level(name, careful=True))
        if UNDEFINED.error is not None and any(map(is_spoiled, found.values, found.partials)):
            raise UNDEFINED.error
    inputs.check()
    given = arrays_of([*inputs.primals, *directions])
    if given:
        found.values, found.partials = ([apart(x, given) for x in leaves] for leaves in (found.values, found.partials))
        found.aux = map_leaves(lambda x: apart(x, given), found.aux) if has_aux else None
    if UNDEFINED.error is None:  # else a pass around this one may use what this one did not
        UNDEFINED.error = outside
    return found


def is_spoiled(y: Any, partials: Any) -> bool:
    """Whether a tangent holds nan where its value does not."""
    if type(partials) is float:
        return partials != partials and y == y
    if partials is None:
        return False
    return has_nan(partials) and not has_nan(y)


def push_once(
    function: Callable[..., Any],
    inputs: Inputs,
    keywords: dict[str, Any],
    directions: list[Any],
    has_aux: bool,
    level: Level,
) -> Pushed:
    """One run at one level."""
    name = level.name
    with level:
        given = [x if dx is None else dual(x, dx, level) for x, dx in zip(inputs.primals, directions, strict=True)]
        output = call_user(function, inputs.rebuild(given), keywords, name)
        aux = None
        if has_aux:
            output, aux = split_aux(output, name)
            aux = map_leaves(lambda x: current(x) if is_of(x, level) else x, aux)
        leaves, structure = flatten(output)
        values = [current(x) if is_of(x, level) else x for x in leaves]
        partials = [x._partials if is_of(x, level) else None for x in leaves]
    return Pushed(structure, values, partials, aux)


def is_of(x: Any, level: Level) -> bool:
    """Whether a value is a dual number of this level."""
    return type(x) is Dual and x._level is level


def values_and_tangents(pushed: Pushed, x: Any, dx: Any) -> tuple[Any, Any]:
    """The output of a pass and its tangent as trees; x and dx, an input and its tangent, give the units of zeros."""
    if LIFTING.held is not None:  # arrays of lifted code are what they hold
        x, dx = LIFTING.held((x, dx))
    tangents = [
        like_input(p, y) if p is not None else zero_tangent_of(y, x, dx) if is_differentiable(y) else y
        for y, p in zip(pushed.values, pushed.partials, strict=True)
    ]
    return unflatten(pushed.structure, pushed.values), unflatten(pushed.structure, tangents)


def is_differentiable(y: Any) -> bool:
    """Whether an output leaf has derivatives; strings, truth values and other objects pass through."""
    return input_leaf(y, "output") is not None
