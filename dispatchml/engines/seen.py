"""Attributes of traced values that are those of what is inside them: foreign classes keep what they offer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.construct import FORMS, form_of
from ..dispatch.errors import (
    at_user_line,
    class_name,
)
from ..dispatch.families import method_of_number
from ..dispatch.layers import layer_of
from ..dispatch.parts import Part
from ..dispatch.stacks import Stack, unstacked
from .bundles import field_built
from .payloads import as_seen, describe_payload, hidden_axes, innermost


def is_claimed(x: Any, name: str) -> bool:
    """Whether the payload's registration has a static attribute or a method of a name."""
    info = layer_of(type(innermost(x)))
    return info is not None and (name in info.static or name in info.methods)


def seen_inside(x: Any) -> Any:
    """What a traced value stands for in the user's code: in a batch of numbers, which is an object array, one of
    them.
    """
    inner = as_seen(x)
    inner = innermost(x) if inner is None else inner
    if type(inner) is np.ndarray and inner.dtype == object and inner.size and not ops.shape(x):
        return inner.flat[0]
    return inner


#: What is said of a traced array's memory where code of others asks for it, which lifting enters.
OF_MEMORY: dict[str, Callable[[Any], Any]] = {}


def foreign_attribute(x: Any, name: str) -> Any:
    """An attribute that the payload's registration knows: static ones from the payload, methods as operations."""
    inner = seen_inside(x)
    info = layer_of(type(inner))
    if info is not None:
        if name in info.static:
            return getattr(inner, name)
        if name in info.fields:
            if x._base is not None and (found := field_built(x, name)) is not None:
                return found
            return None if is_missing(inner, name) else field_of(inner, name)(x)
        method = info.methods.get(name)
        if method is not None:
            if isinstance(method, property):
                return method.fget(x)  # type: ignore[misc]
            if is_property(getattr(type(inner), name, None)):
                return method(x)  # what is read without a call on the plain value is on the traced one
            return lambda *arguments, **keywords: method(x, *arguments, **keywords)
        holder = holder_inside(info, inner, name, hidden_axes(x))
        if holder is not None:
            return field_of(holder, name)(x)
        other = info.methods.get("__getattr__")  # what the library itself looks up, such as coordinates
        if other is not None:
            return other(x, name)
    elif (method := method_of_number(type(inner), name)) is not None:
        return partial(method, x)
    if name in OF_MEMORY and type(inner) is np.ndarray:
        return OF_MEMORY[name](x)
    if hasattr(inner, name) and is_plain_attribute(info, inner, name):
        raise AttributeError(
            f"x.{name} on a traced value ({describe_payload(x)}){at_user_line()}: traced values do not have what is "
            f"about memory, bytes or one plain number. dispatchml.primal(x).{name} is that of the plain value."
        )
    if hasattr(type(inner), name) or hasattr(inner, name):
        raise AttributeError(
            f"A traced {class_name(type(inner))} has no attribute {name!r}{at_user_line()}, though the plain one has. "
            f"Register it: dispatchml.register_type(..., static=({name!r},)) for what does not depend on the numbers, "
            f"methods={{{name!r}: operation}} for a method."
        )
    raise AttributeError(f"A traced {class_name(type(inner))} has no attribute {name!r}{at_user_line()}.")


def is_plain_attribute(info: Any, inner: Any, name: str) -> bool:
    """Whether an attribute is one of plain arrays and numbers, which are about memory, also where a subclass has it."""
    if info is None:
        return isinstance(inner, (np.ndarray, np.generic, float, complex))
    return isinstance(inner, np.ndarray) and getattr(type(inner), name, None) is getattr(np.ndarray, name, name)


def is_property(attribute: Any) -> bool:
    """Whether a class's attribute is read without a call: a property, or one of a class written in C."""
    return hasattr(type(attribute), "__set__")


def is_missing(x: Any, name: str) -> bool:
    """Whether a payload field of a layer of one's own, declared as `Array | None`, is None."""
    form = FORMS.get(type(x))
    return form is not None and name in form.payload and getattr(x, name) is None


def holder_inside(info: Any, value: Any, name: str, hidden: int) -> Any:
    """The layer further inside that has a payload field: the field of a quantity round a structure is a quantity."""
    while info is not None and info.payload is not None:
        value = info.payload(value)
        value = unstacked(value, hidden) if isinstance(value, Stack) else value
        info = layer_of(type(value))
        if info is not None and name in info.fields:
            return value
    return None


def field_of(holder: Any, name: str) -> Callable[[Any], Any]:
    """What reads a field of a traced value with a layer of one's own, `holder`, inside: a payload field as a part."""
    form = form_of(type(holder))
    if name not in form.read:
        return layer_of(type(holder)).fields[name]  # type: ignore[union-attr]

    def with_field(owner: Any, new: Any) -> Any:
        fields = (
            new if n == name else None if getattr(holder, n) is None else form.read[n](owner) for n in form.payload
        )
        return form.make(*fields, **form.statics_of(holder))

    return Part(form.read[name], with_field, aligned=False)
