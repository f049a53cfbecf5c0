"""The call rule: which implementation a call with these classes gets.

(a) the most specific method registered for the classes; else (b) the outermost layer among the arguments owns the call;
else (c) the join of the values; else (d) an error that names the nearest methods. Settled once, then cached by class.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import (
    DensifyWarning,
    NoMethodError,
    UnregisteredTypeError,
    at_user_line,
    class_name,
    describe_call,
    user_line,
)
from .hints import fits, members
from .join import EDGES, above, all_python, join, python_scalar, value_class
from .lattice import outermost
from .layers import Layer, layer_of
from .operation import Method, Operation, hint_name


def resolve(op: Operation, arguments: tuple[Any, ...]) -> Callable[..., Any]:
    """The implementation for these arguments (or classes, for `which`)."""
    classes = tuple(a if isinstance(a, type) else type(a) for a in arguments)
    method = find_method(op, classes, arguments)
    if method is not None:
        return method.function
    top = outermost(classes)
    if top is not None:
        return layer_implementation(op, top, classes, arguments)
    refuse_unregistered(op, classes, arguments)
    if all(value_class(c) is not None for c in classes):
        found = value_implementation(op, classes)
        if found is not None:
            return found
    if op.decomposition is not None:
        return op.decomposition
    raise no_method(op, arguments)


def find_method(op: Operation, classes: tuple[type, ...], arguments: tuple[Any, ...]) -> Method | None:
    """Rule (a)."""
    hints = classes if not op.variadic else classes[:1] if len(set(classes)) == 1 else ()
    exact = op.exact.get(hints)
    if exact is not None:
        return exact
    flags = [layer_of(c) is not None for c in classes]
    if op.variadic:
        candidates = [
            m for m in op.methods if all(fits(c, m.hints[0], f) for c, f in zip(classes, flags, strict=True))
        ]
    else:
        candidates = [
            m
            for m in op.candidates(classes[0])
            if all(fits(c, h, f) for c, h, f in zip(classes, m.hints, flags, strict=True))
        ]
    if not candidates:
        return None
    if len(candidates) == 1:
        return candidates[0]
    from .judge import most_specific

    return most_specific(op, candidates, arguments)


def layer_implementation(
    op: Operation, top: Layer, classes: tuple[type, ...], arguments: tuple[Any, ...]
) -> Callable[..., Any]:
    """Rule (b), and what stands in for a missing rule: decomposition, materialise, an error; nothing is stripped silently."""
    if top.provider is not None:
        return top.provider(op, classes)
    for cls in next(c for c in classes if layer_of(c) is top).__mro__:
        if cls in op.layers:
            return op.layers[cls]
    if top.slot in op.strips and top.payload is not None:
        return stripped(op, top)
    if op.decomposition is not None:
        return op.decomposition
    if top.materialise is not None:
        return materialised(op, top)
    raise no_method(op, arguments, top)


def stripped(op: Operation, top: Layer) -> Callable[..., Any]:
    """The operation on the payloads: its stub says that the result does not carry this layer."""

    def on_payload(*arguments: Any, **keywords: Any) -> Any:
        return op.function(*map_layer(op, top, arguments, top.payload), **keywords)

    return on_payload


def materialised(op: Operation, top: Layer) -> Callable[..., Any]:
    """The operation on a dense equivalent, with a warning the first time."""
    warned: list[str] = []

    def on_dense(*arguments: Any, **keywords: Any) -> Any:
        if not warned:
            warned.append(user_line())
            warnings.warn(
                f"{op.name} has no rule for {class_name(top.cls)}: it is computed on a dense array. Register one with "
                f"@{op.name}.layer({top.cls.__name__}).",
                DensifyWarning,
                stacklevel=2,
            )
        return op.function(*map_layer(op, top, arguments, top.materialise), **keywords)

    return on_dense


def map_layer(op: Operation, top: Layer, arguments: tuple[Any, ...], change: Any) -> tuple[Any, ...]:
    """The arguments with `change` applied to those of one layer."""
    if op.variadic:
        return (tuple(change(x) if layer_of(type(x)) is top else x for x in arguments[0]),)
    return tuple(change(x) if layer_of(type(x)) is top else x for x in arguments)


def refuse_unregistered(op: Operation, classes: tuple[type, ...], arguments: tuple[Any, ...]) -> None:
    """A subclass of ndarray that nobody registered may carry a mask, a unit or a name: it is not taken for an array."""
    for cls in classes:
        if issubclass(cls, np.ndarray) and cls is not np.ndarray and value_class(cls) is None:
            raise UnregisteredTypeError(
                f"{describe_call(op.name, arguments)}: {class_name(cls)} is a subclass of numpy.ndarray that is not "
                f"registered{at_user_line()}. Write dispatchml.register_type({class_name(cls)}, slot=..., payload=..., "
                "rebuild=...) to say what it carries, install its plugin, or pass numpy.asarray(x) to drop it knowingly."
            )


def value_implementation(op: Operation, classes: tuple[type, ...]) -> Callable[..., Any] | None:
    """Rule (c): the method of the join, or of the nearest class above it."""
    top = join(classes, op.name)
    for cls in above(top, EDGES):
        method = op.exact.get((cls,) if op.variadic else (cls,) * op.arity)
        if method is not None:
            if all_python(classes) and not all_python((cls,)):
                return to_python(method.function)
            return method.function
    return None


def to_python(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function for Python's numbers: the result is Python's own again."""

    def on_python_numbers(*arguments: Any, **keywords: Any) -> Any:
        return python_scalar(function(*arguments, **keywords))

    return on_python_numbers


def no_method(op: Operation, arguments: tuple[Any, ...], top: Layer | None = None) -> NoMethodError:
    """The error for a call that nothing fits, with the nearest methods and the way out."""
    classes = tuple(a if isinstance(a, type) else type(a) for a in arguments)
    lines = [f"No method for {describe_call(op.name, arguments)}{at_user_line()}."]
    if top is not None:
        has = ", ".join(sorted(class_name(c) for c in op.layers)) or "no layer"
        lines.append(
            f"{class_name(top.cls)} is the outermost layer of the call and {op.name} has rules for {has}. "
            f"Register one with @{op.name}.layer({top.cls.__name__})."
        )
    else:
        near = sorted(op.methods, key=lambda m: -closeness(m, classes))[:3]
        if near:
            lines.append("Nearest: " + "; ".join(f"{op.name}{m!r}" for m in near) + ".")
        names = ", ".join(f"{n}: {c.__name__}" for n, c in zip(op.arguments, classes, strict=False))
        lines.append(f"Register one with @{op.name}.register on a function ({names})")
        foreign = next((c for c in classes if value_class(c) is None), None)
        if foreign is not None and foreign.__module__ not in ("builtins",):
            lines[-1] += f", or make {class_name(foreign)} a layer with dispatchml.register_type"
        elif foreign in (list, tuple):
            lines[-1] += f", or pass numpy.asarray(x): a {foreign.__name__} is a container, not an array"
        lines[-1] += "."
    return NoMethodError(" ".join(lines))


def closeness(method: Method, classes: tuple[type, ...]) -> int:
    """How many parameters of a method fit."""
    return sum(fits(c, h, layer_of(c) is not None) for c, h in zip(classes, method.hints, strict=False))


__all__ = ["resolve", "hint_name", "members"]
