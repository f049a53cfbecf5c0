"""The call rule: which implementation a call with these classes gets.

(a) the most specific method registered for the classes; else (b) the outermost layer among the arguments owns the call;
else (c) the join of the values; else (d) an error that names the nearest methods. Settled once, then cached by class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .carriers import lineage
from .errors import (
    DensifyWarning,
    JoinError,
    NoMethodError,
    RegistrationError,
    UnregisteredTypeError,
    at_user_line,
    class_name,
    describe_call,
    warn_at_user_line,
)
from .hints import fits
from .join import EDGES, above, all_python, converter, join, python_scalar, value_class
from .lattice import outermost
from .layers import Layer, layer_of
from .operation import FORGETTING, Method, Operation
from .plugins import broken_plugins


def resolve(op: Operation, arguments: tuple[Any, ...], classes: tuple[type, ...]) -> Callable[..., Any]:
    """The implementation for arguments of these classes; the arguments are there for the errors."""
    opened = None if op.opening is None else op.opening(arguments, classes)
    return chosen(op, arguments, classes) if opened is None else opened


def chosen(op: Operation, arguments: tuple[Any, ...], classes: tuple[type, ...]) -> Callable[..., Any]:
    """The same where no argument is opened."""
    method = find_method(op, classes, arguments)
    if method is not None:
        return method.function
    known = operands_of(op, classes) if op in OPERANDS else classes
    top = outermost(known)
    if top is not None:
        return layer_implementation(op, top, known, arguments)
    refuse_unregistered(op, classes, arguments)
    if all(value_class(c) is not None for c in classes):
        found = value_implementation(op, classes)
        if found is not None:
            return found
    if op.decomposition is not None:
        return op.decomposition
    raise no_method(op, arguments, classes)


#: Classes that take part in an operation as operands of a layer, such as units: operation -> class -> layer.
OPERANDS: dict[Operation, dict[type, type]] = {}


def takes_operand(layer: type, operand: type, *operations: Any) -> None:
    """Let a layer's rules for these operations take values of another class beside, or instead of, the layer's own.

    For classes that are no values themselves but have a meaning as operands: `x * metre`, where metre is a unit and
    the layer's values are quantities. Where something belongs outside the layer, that owns the call as always.

    >>> from dispatchml import ops
    >>> from dispatchml.dispatch import takes_operand
    >>> takes_operand(Quantity, Unit, ops.multiply, ops.divide)  # doctest: +SKIP
    """
    if layer_of(layer) is None:
        raise RegistrationError(f"takes_operand: {class_name(layer)} is not a layer{at_user_line()}.")
    for function in operations:
        OPERANDS.setdefault(function.info, {})[operand] = layer
        function.info.forget()
    for listener in FORGETTING:  # the operators of foreign classes ask whose operand it is, too
        listener()


def operands_of(op: Operation, classes: tuple[type, ...]) -> tuple[type, ...]:
    """The classes of a call, with the layers in the place of their operands."""
    known = OPERANDS[op]
    return tuple(next((known[b] for b in c.__mro__ if b in known), c) for c in classes)


def find_method(op: Operation, classes: tuple[type, ...], arguments: tuple[Any, ...]) -> Method | None:
    """Rule (a)."""
    hints = classes if not op.variadic else classes[:1] if len(set(classes)) == 1 else ()
    exact = op.exact.get(hints)
    if exact is not None:
        return exact
    bases = [nominal_bases(c) for c in classes]
    if op.variadic:
        candidates = [m for m in op.methods if all(fits(c, m.hints[0], b) for c, b in zip(classes, bases, strict=True))]
    else:
        candidates = [
            m
            for m in op.candidates(classes[0])
            if all(fits(c, h, b) for c, h, b in zip(classes, m.hints, bases, strict=True))
        ]
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    from .judge import most_specific

    return most_specific(op, candidates, arguments, classes)


def nominal_bases(cls: type) -> frozenset[type] | None:
    """The classes that a parameter must name to take this one: its layers, or its bases below an ndarray that nobody
    registered.

    None where every base, protocol and `object` will do.
    """
    info = layer_of(cls)
    if info is not None and info.slot == "transform":
        return frozenset((info.cls,))
    if info is not None:
        return frozenset(c for c in lineage(cls) if layer_of(c) is not None)
    if is_unregistered(cls):
        return frozenset(c for c in cls.__mro__ if is_unregistered(c))
    return None


def is_unregistered(cls: type) -> bool:
    """Whether a class is a subclass of ndarray of which nobody has said what it carries."""
    return issubclass(cls, np.ndarray) and cls is not np.ndarray and value_class(cls) is None and layer_of(cls) is None


def layer_implementation(
    op: Operation, top: Layer, classes: tuple[type, ...], arguments: tuple[Any, ...]
) -> Callable[..., Any]:
    """Rule (b), and what stands in for a missing rule: decomposition, materialise, an error; nothing is stripped
    silently.
    """
    if top.provider is not None:
        return top.provider(op, classes)
    for cls in lineage(next(c for c in classes if layer_of(c) is top)):
        if cls in op.layers:
            return op.layers[cls]
    if top.slot in op.strips and top.payload is not None:
        return stripped(op, top)
    if op.layer_default is not None:
        found = op.layer_default(top)
        if found is not None:
            return found
    if op.decomposition is not None:
        return op.decomposition
    if top.materialise is not None:
        return materialised(op, top)
    raise no_method(op, arguments, classes, top)


def stripped(op: Operation, top: Layer) -> Callable[..., Any]:
    """The operation on the payloads: its stub says that the result does not carry this layer."""
    peel = top.payload
    assert peel is not None

    def one_payload(x: Any) -> Any:
        payload = peel(x)
        if type(payload) is tuple:
            raise NoMethodError(
                f"{op.name} does not carry {class_name(top.cls)}, which wraps {len(payload)} values: say which of "
                "them it "
                f"looks at{at_user_line()}. Register a rule with @{op.name}.layer({top.cls.__name__})."
            )
        return payload

    def on_payload(*arguments: Any, **keywords: Any) -> Any:
        return op.function(*map_layer(op, top, arguments, one_payload), **keywords)

    return on_payload


def materialised(op: Operation, top: Layer) -> Callable[..., Any]:
    """The operation on a dense equivalent. It warns once a line of the user's; warnings.simplefilter("error",
    DensifyWarning) makes it an error everywhere."""

    def on_dense(*arguments: Any, **keywords: Any) -> Any:
        warn_at_user_line(
            f"{op.name} has no rule for {class_name(top.cls)}: it is computed on a dense array. Register one with "
            f"@{op.name}.layer({top.cls.__name__}).",
            DensifyWarning,
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
        if is_unregistered(cls):
            raise UnregisteredTypeError(
                f"{describe_call(op.name, arguments)}: {class_name(cls)} is a subclass of numpy.ndarray that is not "
                f"registered{at_user_line()}. Write dispatchml.register_type({class_name(cls)}, slot=..., payload=..., "
                "rebuild=...) to say what it carries, install its plugin, or pass numpy.asarray(x) to drop it "
                "knowingly."
            )


def value_implementation(op: Operation, classes: tuple[type, ...]) -> Callable[..., Any] | None:
    """Rule (c): the method of the join, or of the nearest class above it."""
    top = join(classes, op.name)
    asks_elements = op.family == "elementwise" and any(is_number_of_objects(c) for c in classes)
    if asks_elements and top is np.ndarray and np.ndarray not in classes and len(set(classes)) > 1:
        raise JoinError(
            f"{op.name}: {' and '.join(dict.fromkeys(map(class_name, classes)))} have no number class in "
            f"common{at_user_line()}. Convert one of them, or register a method with @{op.name}.register."
        )
    for cls in above(top, EDGES):
        if cls is np.ndarray and asks_elements and np.ndarray not in classes:
            return None  # an object array of them would ask its elements, which is this question again
        method = op.exact.get((cls,) if op.variadic else (cls,) * op.arity)
        if method is not None:
            function = with_converters(method.function, classes, cls, op.variadic)
            if all_python(classes) and not all_python((cls,)):
                return to_python(function)
            return function
    return None


def is_number_of_objects(cls: type) -> bool:
    """Whether values of a class become object arrays on their way to the methods for arrays."""
    node = value_class(cls)
    if node is None or node is np.ndarray or np.ndarray not in above(node, EDGES):
        return False
    return converter(cls, np.ndarray) is not None


def with_converters(
    function: Callable[..., Any], classes: tuple[type, ...], top: type, variadic: bool
) -> Callable[..., Any]:
    """The function behind the converters of the edges from each argument's class up to the method's; itself if there
    are none.
    """
    change = [converter(c, top) for c in classes]
    if not any(change):
        return function
    if variadic:

        def on_elements(elements: Any, **keywords: Any) -> Any:
            return function(tuple(f(x) if f else x for f, x in zip(change, elements, strict=True)), **keywords)

        return on_elements
    if len(change) == 2:
        first, second = change
        if first is None or second is None:
            one = first or second
            assert one is not None

            def on_left(a: Any, b: Any, **keywords: Any) -> Any:
                return function(one(a), b, **keywords)

            def on_right(a: Any, b: Any, **keywords: Any) -> Any:
                return function(a, one(b), **keywords)

            return on_right if first is None else on_left

    def on_converted(*arguments: Any, **keywords: Any) -> Any:
        return function(*(f(x) if f else x for f, x in zip(change, arguments, strict=True)), **keywords)

    return on_converted


def to_python(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function for Python's numbers: the result is Python's own again."""

    def on_python_numbers(*arguments: Any, **keywords: Any) -> Any:
        return python_scalar(function(*arguments, **keywords))

    return on_python_numbers


def no_method(
    op: Operation, arguments: tuple[Any, ...], classes: tuple[type, ...], top: Layer | None = None
) -> NoMethodError:
    """The error for a call that nothing fits, with the nearest methods and the way out."""
    text = f"No method for {describe_call(op.name, arguments)}{at_user_line()}."
    if top is not None:
        has = ", ".join(sorted(class_name(c) for c in op.layers)) or "no layer"
        text += (
            f" {class_name(top.cls)} is the outermost layer of the call and {op.name} has rules for {has}. "
            f"Register one with @{op.name}.layer({top.cls.__name__})."
        )
    else:
        near = sorted(op.methods, key=lambda m: -closeness(m, classes))[:3]
        if near:
            text += " Nearest: " + "; ".join(f"{op.name}{m!r}" for m in near) + "."
        text += " " + advice(op, classes)
    return NoMethodError(text + broken_plugins(classes))


def advice(op: Operation, classes: tuple[type, ...]) -> str:
    """What to write instead of a call that no method fits."""
    names = parameters(op, classes)
    foreign = next((c for c in classes if value_class(c) is None), None)
    if foreign in (list, tuple):
        return f"A {foreign.__name__} is a container, not an array: pass numpy.asarray(x)."
    text = f"Register one with @{op.name}.register on a function ({names})"
    if foreign is not None and is_number(foreign):
        name = class_name(foreign)
        return (
            f"{name} is a number class that nobody has registered. {text} to compute with it as it is, write "
            f"promotes({foreign.__name__}, float, convert=float) with `from dispatchml.dispatch import promotes` to "
            "compute with float instead, or make it a layer with dispatchml.register_type if it wraps other numbers."
        )
    if foreign is not None and foreign.__module__ != "builtins":
        text += f", or make {class_name(foreign)} a layer with dispatchml.register_type"
    return text + "."


def is_number(cls: type) -> bool:
    """Whether a class has arithmetic and is no array: Fraction, Decimal, numbers of other libraries."""
    return all(hasattr(cls, n) for n in ("__add__", "__mul__", "__neg__")) and not hasattr(cls, "__len__")


def parameters(op: Operation, classes: tuple[type, ...]) -> str:
    """The parameters of a method for these classes, as one would write them."""
    if op.variadic:
        return f"{op.arguments[0]}: {' | '.join(dict.fromkeys(c.__name__ for c in classes))}"
    return ", ".join(f"{n}: {c.__name__}" for n, c in zip(op.arguments, classes, strict=True))


def closeness(method: Method, classes: tuple[type, ...]) -> int:
    """How many parameters of a method fit."""
    hints = method.hints * (len(classes) if len(method.hints) == 1 else 1)
    return sum(fits(c, h, nominal_bases(c)) for c, h in zip(classes, hints, strict=False))
