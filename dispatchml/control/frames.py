"""The value that a loop carries as a list of what may change in it."""

from __future__ import annotations

from typing import Any

from ..dispatch.layers import layer_of
from ..engines.traced import Traced
from .leaves import leaves_of, unflatten
from .mismatch import refuse_leaf, refuse_structure
from .pieces import is_number


class Frame:
    """A container: its structure, the leaves that change, and those that stay, such as texts."""

    __slots__ = ("name", "structure", "leaves", "moves")

    def __init__(self, name: str, tree: Any) -> None:
        self.name = name
        self.leaves, self.structure = leaves_of(tree)
        self.moves = [may_change(x) for x in self.leaves]

    @property
    def carry(self) -> list[Any]:
        """The leaves that change."""
        return [x for x, moves in zip(self.leaves, self.moves, strict=True) if moves]

    def tree(self, carry: list[Any]) -> Any:
        """The container with others of them."""
        rest = iter(carry)
        leaves = [next(rest) if moves else x for x, moves in zip(self.leaves, self.moves, strict=True)]
        return unflatten(self.structure, leaves)

    def numbers(self, tree: Any) -> list[Any]:
        """The leaves that change of another container, which must be alike."""
        leaves, structure = leaves_of(tree)
        if structure != self.structure:
            refuse_structure(self.name, self.structure, structure)
        found = []
        for k, (x, y, moves) in enumerate(zip(self.leaves, leaves, self.moves, strict=True)):
            if moves != may_change(y) or not moves and (type(x) is not type(y) or x != y):
                refuse_leaf(self.name, k, repr(x), repr(y))
            if moves:
                found.append(y)
        return found


def may_change(x: Any) -> bool:
    """Whether a leaf is a number, an array or a layer."""
    if isinstance(x, Traced) or is_number(x):
        return True
    info = layer_of(type(x))
    return info is not None and info.payload is not None
