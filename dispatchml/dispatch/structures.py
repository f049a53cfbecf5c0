"""Transparent structures: layers of which derivatives and batches go through the rules, not round them.

Seen from outside, the product of a sparse matrix and a vector has a dense cotangent for the matrix. Seen from inside,
it is arithmetic on the stored numbers, whose derivative costs what the product costs. For a transparent layer the
engines look from inside: the layer's rule runs on traced values, and what it computes on the numbers is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import RegistrationError, at_user_line, class_name
from .layers import LAYERS, Layer, layer_of


class Inside:
    """How a transparent layer is looked at from inside; `transparent` says what each function does."""

    __slots__ = ("read", "write", "project", "tangent", "leave", "spread")

    def __init__(self, read: Any, write: Any, project: Any, tangent: Any, leave: Any, spread: Any) -> None:
        self.read, self.write, self.project = read, write, project
        self.tangent, self.leave, self.spread = tangent, leave, spread


#: Layers that are transparent; empty in most programs, which then pay nothing.
TRANSPARENT: set[Layer] = set()


def transparent(
    cls: type,
    *,
    project: Callable[[Any, Any], Any],
    tangent: Callable[[Any, Any], Any] | None = None,
    leave: Callable[[Any], Any] | None = None,
    read: Callable[..., Any] | None = None,
    write: Callable[[Any, Any], Any] | None = None,
    spread: Callable[[Any, Any], Any] | None = None,
) -> None:
    """Make derivatives and batches of somebody else's structure go through its rules.

    cls: a class that was declared with `dispatchml.register_type`. It cannot hold traced numbers, so its rules get the
    traced values themselves and take them apart with operations of the plugin.

    project(x, ct): the part of a cotangent, dense perhaps, that belongs to the structure of x. tangent(x, dx): a
    tangent in the structure of x; raises TangentMismatchError where there is more to it. leave(x): what stands for a
    batch as a value for users. Where a structure stores a vector of numbers: read(x) gives it, whatever is around x,
    with batch axes in front where it is a batch; write(x, numbers) is the same structure round other numbers, traced
    ones too, and with axes in front a batch; spread(x, block) a block of a Jacobian whose last axis runs over the
    stored numbers of x, with the axes of x in its place.

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
        info.properties["inside"] = Inside(read, write, project, tangent, leave, spread)
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


def transparent_inside(x: Any) -> tuple[Layer, type] | None:
    """The transparent layer inside of a value and its class, below engines and what is uniform; None for others."""
    while True:
        info = layer_of(type(x))
        if info is None or info in TRANSPARENT:
            return None if info is None else (info, type(x))
        if info.payload is None or not (info.slot == "transform" or info.properties.get("uniform")):
            return None
        x = info.payload(x)


def structure_of(x: Any) -> Inside | None:
    """How the structure inside of a value is looked at; None where there is none."""
    found = transparent_inside(x) if TRANSPARENT else None
    return None if found is None else found[0].properties["inside"]
