"""Compiled functions under the transforms around them: an operation whose derivatives and batches are programs, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..dispatch.operation import operation
from ..engines.batch import Batched
from ..engines.record import Rec
from ..engines.traced import Traced, innermost
from ..engines.views import current
from ..ops.metadata import OBJECT
from ..rules.registry import batch, rule
from .containers import flatten, unflatten
from .inputs import input_leaf, is_number
from .prepared import LIFTING
from .signature import UncompiledError, objects_among, static_key

if TYPE_CHECKING:
    from .compiling import Compiled


class Frame:
    """How leaves become the arguments of a function: the leaves that are no arguments of the operation, and places for
    the others.
    """

    __slots__ = ("statics", "places", "shape")

    def __init__(self, leaves: list[Any], shape: Any) -> None:
        self.places = tuple(k for k, x in enumerate(leaves) if is_argument(x))
        held = set(self.places)
        self.statics = [None if k in held else x for k, x in enumerate(leaves)]
        self.shape = shape

    def call(self, function: Callable[..., Any], values: Any) -> Any:
        """The function of these values and the static leaves."""
        leaves = list(self.statics)
        for k, x in zip(self.places, values, strict=True):
            leaves[k] = x
        arguments, keywords = unflatten(self.shape, leaves)
        found = function(*arguments, **keywords)
        return found if LIFTING.held is None else LIFTING.held(found)  # a lifted copy gives arrays of lifted code

    @property
    def key(self) -> Any:
        """What identifies it."""
        return self.places, self.shape, tuple(map(static_key, self.statics))


class Call:
    """One call of a compiled function. structure: that of the result, once it is known."""

    __slots__ = ("compiled", "frame", "structure")

    def __init__(self, compiled: Compiled, frame: Frame) -> None:
        self.compiled, self.frame = compiled, frame
        self.structure: Any = None

    def leaves(self, tree: Any) -> tuple[Any, ...]:
        """The leaves of the result, whose structure is remembered."""
        found, self.structure = flatten(tree)
        return tuple(found)

    def derived(self, kind: str, key: Any, wrap: Callable[[Callable[..., Any], Frame], Any]) -> Compiled:
        """A compiled function of the operation's arguments that is made of this one; kept with it."""
        frame = self.frame
        objects = objects_among(frame.statics)
        return self.compiled.derived((kind, key, frame.key), lambda function: wrap(function, frame), objects)


def is_argument(x: Any) -> bool:
    """Whether a leaf is handed to the program: an array, a float, a layer; whole numbers and texts are not."""
    return isinstance(x, Traced) or type(x) is not int and input_leaf(x, "jit") is not None


@operation(variadic=True)
def compiled_call(arrays: Any, *, call: Any = None) -> Any:
    """The leaves of a compiled function's result."""


def run(arrays: Any, *, call: Any) -> tuple[Any, ...]:
    """The leaves of the result of a call that nothing traces any more."""
    return call.leaves(call.frame.call(call.compiled.as_program, arrays))


compiled_call.decompose(run)


def call_through(compiled: Compiled, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The result of a compiled function some of whose arguments are traced."""
    leaves, shape = flatten((arguments, keywords))
    if any(type(innermost(x)) is Rec for x in leaves):
        return compiled.traced(arguments, keywords)  # a program around this one takes it in
    stranger = next((x for x in leaves if isinstance(x, Traced) and ops.dtype(x) is OBJECT), None)
    if stranger is not None:
        return compiled.traced_as_it_is(stranger, arguments, keywords)
    call = Call(compiled, Frame(leaves, shape))
    try:
        found = compiled_call(tuple(leaves[k] for k in call.frame.places), call=call)
    except UncompiledError:
        failed = None
    except Exception as error:
        failed = error  # the function raises its own for these arguments
    else:
        return unflatten(call.structure, [discrete(y) for y in found])
    return compiled.traced(arguments, keywords, failed)


def discrete(y: Any) -> Any:
    """An output without the derivatives that it cannot have: whole numbers and truth values are constants."""
    while isinstance(y, Traced) and not isinstance(y, Batched) and ops.dtype(y).kind in "biu":
        y = current(y)
    return y


def is_float(y: Any) -> bool:
    """Whether an output has derivatives: floats, and numbers of other libraries."""
    kind = ops.dtype(y).kind
    return kind in "fc" or kind == "O" and is_number(y)


def chosen(values: Any, flags: Any) -> Iterator[Any]:
    """The values whose flag is set."""
    return (v for v, flag in zip(values, flags, strict=True) if flag)


def merged(constants: Any, active: Any, flags: tuple[bool, ...]) -> tuple[Any, ...]:
    """Values with those whose flag is set taken from `active`."""
    rest = iter(active)
    return tuple(next(rest) if flag else x for x, flag in zip(constants, flags, strict=True))


@rule(compiled_call).jvp
def compiled_call_jvp(y, tangents, arrays, *, call):
    from .directional import jvp

    flags = tuple(dx is not None for dx in tangents)
    floats = tuple(map(is_float, y))

    def wrap(function, frame):
        def push(values, directions):
            def along(*active):
                return tuple(chosen(flatten(frame.call(function, merged(values, active, flags)))[0], floats))

            return jvp(along, tuple(chosen(values, flags)), directions)[1]

        return push

    pushed = call.derived("jvp", (flags, floats), wrap)
    found = iter(pushed(tuple(arrays), tuple(chosen(tangents, flags))))
    return tuple(next(found) if f else ops.zeros_like(ops.multiply(v, 1.0)) for v, f in zip(y, floats, strict=True))


@rule(compiled_call).vjp
def compiled_call_vjp(y, arrays, *, needs, call):
    from .pullback import vjp

    floats = tuple(map(is_float, y))

    def wrap(function, frame):
        def pull(values, cotangents):
            def of_active(*active):
                return tuple(chosen(flatten(frame.call(function, merged(values, active, needs)))[0], floats))

            return vjp(of_active, *chosen(values, needs))[1](cotangents)

        return pull

    pulled = call.derived("vjp", (needs, floats), wrap)
    values = tuple(arrays)

    def compiled_call_pullback(ct):
        with np.errstate(all="ignore"):  # a sweep looks at the flags of its operations; a program looks at its results
            found = pulled(values, tuple(chosen(ct, floats)))
        return merged((None,) * len(needs), found, needs)

    return compiled_call_pullback


@batch(compiled_call)
def compiled_call_batch(arrays, batched, size, *, call):
    from .batching import vmap

    flags = tuple(batched)
    axes = tuple(0 if flag else None for flag in flags)

    def wrap(function, frame):
        return vmap(lambda *values: frame.call(function, values), in_axes=axes)

    return call.leaves(call.derived("batch", flags, wrap)(*arrays))
