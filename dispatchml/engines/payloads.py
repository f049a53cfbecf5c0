"""What lies inside the engines' values, below all levels."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..dispatch.errors import (
    class_name,
)
from ..dispatch.stacks import unstacked
from .writable import Writable


class Wrapper(Writable):
    """Base of what has a payload. `_value` is the payload."""

    __slots__ = ()

    _value: Any
    #: Whether the payload has an axis in front that is not there for the user.
    _hides_axis = False


def describe_payload(x: Any) -> str:
    """The innermost payload by class, shape and dtype."""
    inner = innermost(x)
    shape = ops.shape(inner)
    return f"{class_name(type(inner))} {ops.dtype(inner)}" + (f", shape {shape}" if shape else "")


def innermost(x: Any) -> Any:
    """The payload below every engine layer."""
    while isinstance(x, Wrapper):
        x = x._value
    return x


def as_seen(x: Any) -> Any:
    """The payload below every engine layer, as the user's code sees it: an element for a stack in a batch, and None for
    what has an axis in front otherwise.
    """
    hidden = 0
    while isinstance(x, Wrapper):
        hidden += x._hides_axis
        x = x._value
    return unstacked(x, hidden)


def hidden_axes(x: Any) -> int:
    """How many axes of its payload a value hides."""
    hidden = 0
    while isinstance(x, Wrapper):
        hidden += x._hides_axis
        x = x._value
    return hidden
