"""What is carried by axes: labels and masks, which belong to the shape of an array and not to its numbers.

A Jacobian has the axes of two values. It is computed on bare arrays, and gets what both values carry at the end. So are
vectors of all numbers of a container, and random directions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import RegistrationError, ShapeError, at_user_line, class_name, describe
from .layers import LAYERS, Layer, layer_of


class Dressing:
    """How a layer is taken off and put on again; see `dressing`."""

    __slots__ = ("bare", "again", "block", "aligns")

    def __init__(self, bare: Any, again: Any, block: Any, aligns: bool) -> None:
        self.bare, self.again, self.block, self.aligns = bare, again, block, aligns


#: Layers that are carried by axes; empty in most programs, which then pay nothing.
DRESSED: set[Layer] = set()


def dressing(
    cls: type,
    *,
    bare: Callable[[Any], Any],
    again: Callable[[Any, Any], Any],
    block: Callable[[Any, Any, Any], Any],
    aligns: bool = False,
) -> None:
    """Declare of a layer that it is carried by axes, as labels and masks are.

    bare(x): x without it. again(x, numbers): bare numbers in the shape of x with what x carries. block(b, y, x): a
    block of a Jacobian, whose axes are those of y and behind them those of x, with what both carry; either may be a
    value without the layer. All three are called with values that may be traced, and with other layers inside or round
    the layer, so they are made of operations; where there is nothing to do they return what they got.

    aligns: arithmetic joins such values by what they carry (coordinates) and not by position, so that NumPy's functions
    of neighbours, such as gradient, are refused.

    Raises RegistrationError for a class that is no layer.
    """
    info = LAYERS.get(cls)
    if info is None:
        raise RegistrationError(
            f"dressing: {class_name(cls)} is not a layer{at_user_line()}. Declare it with dispatchml.register_type."
        )
    info.properties["dressing"] = Dressing(bare, again, block, aligns)
    DRESSED.add(info)


def dressings(*values: Any) -> list[Dressing]:
    """How to take off what values carry by axes, outermost layer first."""
    if not DRESSED:
        return []
    found: list[Layer] = []
    for x in values:
        while (info := layer_of(type(x))) is not None and info.payload is not None:
            if info in DRESSED and info not in found:
                found.append(info)
            x = info.payload(x)
            x = x[0] if type(x) is tuple and x else x
    if len(found) > 1:
        from .lattice import outermost

        rest, found = found, []
        while rest:
            top = outermost(tuple(info.cls for info in rest))
            found.append(top)  # type: ignore[arg-type]
            rest.remove(top)  # type: ignore[arg-type]
    return [info.properties["dressing"] for info in found]


def bare(x: Any) -> Any:
    """A value without what it carries by axes."""
    for each in dressings(x):
        x = each.bare(x)
    return x


def refuse_aligned(x: Any) -> None:
    """Refuse neighbours of a value in arithmetic that would be joined by labels: x[1:] - x[:-1] of a labelled array."""
    if any(each.aligns for each in dressings(x)):
        raise ShapeError(
            f"A function of NumPy that goes from position to position met {describe(x)}{at_user_line()}, whose "
            "arithmetic joins by labels. Use the library's own (differentiate, integrate, diff), or pass the numbers."
        )


def dressed(x: Any, numbers: Any) -> Any:
    """Bare numbers in the shape of x with what x carries by axes."""
    for each in reversed(dressings(x)):
        numbers = each.again(x, numbers)
    return numbers


def dressed_block(block: Any, y: Any, x: Any) -> Any:
    """A block of a Jacobian with what output and input carry by axes."""
    for each in reversed(dressings(y, x)):
        block = each.block(block, y, x)
    return block
