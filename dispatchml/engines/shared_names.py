"""Names that NumPy's arrays and another library's numbers both have, with another meaning: `mean` of an array is a
method, `mean` of a Gaussian variable is a number.

A traced value answers as what is inside: installed only for libraries that need it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..dispatch.errors import at_user_line
from ..dispatch.layers import Layer, layer_of
from .attributes import set_attribute
from .seen import foreign_attribute, seen_inside


class SharedName:
    """A descriptor that asks the layer inside first, then what the engine's class had under the name."""

    __slots__ = ("name", "usual", "layers")

    def __init__(self, name: str, usual: Any) -> None:
        self.name, self.usual = name, usual
        self.layers: set[Layer] = set()

    def __get__(self, x: Any, cls: type | None = None) -> Any:
        if x is not None:
            if layer_of(type(seen_inside(x))) in self.layers:
                return foreign_attribute(x, self.name)
        return self.usual.__get__(x, cls)

    def __set__(self, x: Any, value: Any) -> None:
        if layer_of(type(seen_inside(x))) in self.layers:
            set_attribute(x, self.name, value)
        elif hasattr(self.usual, "__set__"):
            self.usual.__set__(x, value)
        else:
            raise AttributeError(f"x.{self.name} of a traced value cannot be set{at_user_line()}: it is a method.")


def share_names(layer: Layer, names: Iterable[str]) -> None:
    """Let traced values round a layer answer these names as the layer's registration says."""
    from . import Batched, Dual, Var

    for name in names:
        for engine in (Var, Dual, Batched):
            usual = next((vars(c)[name] for c in engine.__mro__ if name in vars(c)), None)
            if usual is None:
                continue
            if not isinstance(usual, SharedName) or name not in vars(engine):
                usual = SharedName(name, usual)
                setattr(engine, name, usual)
            usual.layers.add(layer)
