"""Transparent structures: layers of which derivatives and batches go through the rules, not round them.

Seen from outside, the product of a sparse matrix and a vector has a dense cotangent for the matrix. Seen from inside,
it is arithmetic on the stored numbers, whose derivative costs what the product costs. For a transparent layer the
engines look from inside: the layer's rule runs on traced values, and what it computes on the numbers is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import RegistrationError, at_user_line, class_name
from .layers import LAYERS, Layer


class Inside:
    """How a transparent layer is looked at from inside.

    read: the operation that reads the stored numbers of a foreign structure, whatever is around it. write(x, numbers):
    the same structure round other numbers, which may be traced. project(x, ct): the part of a cotangent that belongs to
    the structure of x. leave(x): what a batch of such structures is when it leaves the transform.
    """

    __slots__ = ("read", "write", "project", "leave")

    def __init__(self, read: Any, write: Any, project: Any, leave: Any) -> None:
        self.read, self.write, self.project, self.leave = read, write, project, leave


#: Layers that are transparent; empty in most programs, which then pay nothing.
TRANSPARENT: set[Layer] = set()


def transparent(
    cls: type,
    *,
    read: Callable[..., Any],
    write: Callable[[Any, Any], Any],
    project: Callable[[Any, Any], Any],
    leave: Callable[[Any], Any] | None = None,
) -> None:
    """Make derivatives and batches of somebody else's structure go through its rules.

    cls: a class that was declared with `dispatchml.register_type`. It cannot hold traced numbers, so its rules get the
    traced values themselves and take them apart with `read`, an operation of the plugin that reads the stored numbers
    and has derivative and batch rules. write(x, numbers): the same structure round other numbers, traced ones too.
    project(x, ct): the part of a cotangent, dense perhaps, that belongs to the structure of x. leave(x): what stands
    for a batch of such structures as a value for users.

    A rule may return NotImplemented: the engine then differentiates round it, by the operation's own rule. (The fields
    of a structure of one's own can be traced themselves: it needs none of this.)

    Raises RegistrationError for a class that is no layer.
    """
    from .operation import LOCK, forget_everything

    info = LAYERS.get(cls)
    if info is None:
        raise RegistrationError(
            f"transparent: {class_name(cls)} is not a layer{at_user_line()}. Declare it with dispatchml.register_type "
            "first."
        )
    with LOCK:
        info.properties["inside"] = Inside(read, write, project, leave)
        TRANSPARENT.add(info)
        forget_everything()


def uniform(cls: type) -> None:
    """Declare of a layer that what it says holds for each number by itself, whatever the shape, as a unit does.

    Then a layer round a transparent structure (a quantity of a sparse matrix) is looked through as well: its numbers
    are read with `rebuild(x, numbers of the payload)`. Labels and masks, which belong to a shape, are not uniform.
    """
    from .operation import LOCK, forget_everything

    info = LAYERS.get(cls)
    if info is None:
        raise RegistrationError(f"uniform: {class_name(cls)} is not a layer{at_user_line()}.")
    with LOCK:
        info.properties["uniform"] = True
        forget_everything()


def inside_of(info: Layer | None) -> Inside | None:
    """How a layer is looked at from inside; None where it is not."""
    return None if info is None or not TRANSPARENT else info.properties.get("inside")
