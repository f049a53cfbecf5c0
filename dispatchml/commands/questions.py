"""Questions about operations: which methods there are, and which one a call gets."""

from __future__ import annotations

import builtins
import difflib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any

import numpy as np

from ..dispatch.errors import DispatchmlError, class_name, code_line
from ..dispatch.layers import LAYERS
from ..dispatch.method import hint_names
from ..dispatch.operation import OPERATIONS, Operation
from ..rules.registry import BATCH_RULES, RULES
from .installed import owner


class UnknownNameError(DispatchmlError, LookupError):
    """A name on the command line that nothing has; the nearest ones are in the text."""


def unknown(kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """The error, with what may have been meant."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return UnknownNameError(f"There is no {kind} {name!r}." + (f" Did you mean {' or '.join(near)}?" if near else ""))


def find_operation(name: str) -> Operation:
    """An operation by its name, or "package.module:name" where packages have operations of one name."""
    module, _, last = name.replace(":", ".").rpartition(".")
    found = [op for op in OPERATIONS if op.name == last]
    if module:
        found = [op for op in found if f".{op.module}".endswith(f".{module}") or module in ("ops", "dispatchml.ops")]
    ours = [op for op in found if op.module.startswith("dispatchml.ops")]
    if len(ours or found) == 1:
        return (ours or found)[0]
    if found:
        places = ", ".join(sorted(f"{op.module}:{op.name}" for op in found))
        raise UnknownNameError(f"Several operations are called {name!r}: {places}. Write one of these.")
    raise unknown("operation", name, {op.name for op in OPERATIONS})


def find_type(name: str) -> type:
    """A class by its name: float, ndarray, numpy.float32, pint.Quantity, package.module:Class, or a layer's name."""
    module, _, last = name.replace(":", ".").rpartition(".")
    if not module:
        for place in (builtins, np):
            if isinstance(getattr(place, last, None), type):
                return getattr(place, last)
        layers = [cls for cls in LAYERS if cls.__name__ == last]
        if len(layers) > 1:
            places = ", ".join(sorted(f"{cls.__module__}:{last}" for cls in layers))
            raise UnknownNameError(f"Several types are called {name!r}: {places}. Write one of these.")
        if layers:
            return layers[0]
        raise unknown("type", name, known_types())
    try:
        found: Any = import_module({"np": "numpy"}.get(module, module))
    except ImportError as error:
        raise UnknownNameError(f"The type {name!r}: {error}.") from None
    cls = getattr(found, last, None)
    if not isinstance(cls, type):
        raise unknown("type", name, (f"{module}.{n}" for n in dir(found) if isinstance(getattr(found, n, None), type)))
    return cls


def known_types() -> list[str]:
    """Names that may have been meant."""
    plain = ["float", "int", "complex", "bool", "ndarray", "float32", "float64", "complex128"]
    return [*plain, *(class_name(c) for c in LAYERS), *(c.__name__ for c in LAYERS)]


def methods(op: Operation) -> Iterator[tuple[str, str, str]]:
    """What an operation has: (kind, what, where), with the plugin that brought it."""
    for method in op.methods:
        yield "method", f"{op.name}({hint_names(method.hints)})", place(method.function)
    for cls, function in op.layers.items():
        yield "layer", class_name(cls), place(function)
    for name, function in op.promised.items():
        if not any(class_name(cls) == name.replace(":", ".") for cls in op.layers):
            yield "layer", f"{name} (when it is imported)", place(function)
    if op.decomposition is not None:
        yield "decomposition", "made of smaller operations", place(op.decomposition)
    rule = RULES.get(op)
    if rule is None:
        yield "derivative", "none of its own" + (", by its decomposition" if op.decomposition else ""), ""
    elif rule.kind == "elementwise":
        names = ", ".join(f"d{n}: {text}" for n, text in zip(op.arguments, rule.partials, strict=True))
        yield "derivative", f"text: {names}", rule.place or "dispatchml.rules"
    else:
        function = rule.jvp or rule.vjp or rule.transpose
        yield "derivative", rule.kind, place(function) if function is not None else rule.place
    if op in BATCH_RULES:
        yield "batch", "rule", place(BATCH_RULES[op])


def place(function: Any) -> str:
    """Where a function was written, and by which plugin."""
    return code_line(function) + owner(function)


def which(op: Operation, names: Iterable[str]) -> tuple[str, str]:
    """The call that the types make, and the implementation that it gets; errors of the call itself are raised."""
    classes = [find_type(name) for name in names]
    function = op.function.which(*classes)  # type: ignore[attr-defined]
    return f"{op.name}({', '.join(map(class_name, classes))})", place(function)


def chosen_cells(cells: Iterable[Any], **patterns: str) -> set[Any]:
    """The cells of the matrix whose row, program and transform match shell patterns or are equal to them."""
    found = set(cells)
    for field, pattern in patterns.items():
        names = {getattr(cell, field) for cell in cells}
        fitting = {n for n in names if n == pattern or fnmatchcase(n, pattern)}
        if not fitting:
            raise unknown(field, pattern, sorted(names))
        found = {cell for cell in found if getattr(cell, field) in fitting}
    return found
