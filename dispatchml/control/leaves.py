"""Containers as leaves, in which arrays of lifted code are what they hold."""

from __future__ import annotations

from typing import Any

from ..engines.provider import HOLDERS
from ..transforms.containers import flatten, unflatten


def leaves_of(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of a container, and its structure."""
    leaves, structure = flatten(tree)
    if HOLDERS:
        leaves = list(map(held, leaves))
    return leaves, structure


def held(x: Any) -> Any:
    """What an array of lifted code holds now; anything else as it is."""
    holder = HOLDERS.get(type(x))
    return x if holder is None else holder[0](x)


__all__ = ["held", "leaves_of", "unflatten"]
