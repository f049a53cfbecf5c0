"""Generators of random numbers that a function reaches: whether it drew from them, and back to where they were."""

from __future__ import annotations

import random  # noqa: F401  # so that a module that is imported meanwhile, for purposes of its own, brings none into use
import sys
from collections.abc import Callable
from typing import Any

import numpy as np


class Draws:
    """The states of generators at one moment: those that were found, and the global ones where they are in use."""

    __slots__ = ("found", "known")

    def __init__(self, found: list[Any]) -> None:
        self.found = found
        self.note()

    def note(self) -> None:
        """Take the states of this moment for those at which it began."""
        self.known = [(g, state_of(g)) for g in (*self.found, *global_generators())]

    def around(self, call: Callable[[], Any]) -> Any:
        """The result of a call that may draw for purposes of its own, as some algorithms of linear algebra do."""
        drawn = self.happened()
        result = call()
        if not drawn:
            self.note()
        return result

    def happened(self) -> bool:
        """Whether a generator has moved on since, or one that came into use since has drawn."""
        before = {id(g) for g, _ in self.known}
        new = [g for g in global_generators() if id(g) not in before]
        return any(map(has_drawn, new)) or not all(is_same(state_of(g), state) for g, state in self.known)

    def take_back(self) -> None:
        """Set the generators back, so that the function draws the same numbers when it runs again."""
        for generator, state in self.known:
            if hasattr(generator, "setstate"):
                generator.setstate(state)
            else:
                bits_of(generator).state = state


def has_drawn(generator: Any) -> bool:
    """Whether a generator that was made a moment ago, as its module was imported, has drawn since.

    The first word of a Mersenne twister is this one until 624 words are made anew, at the second that is drawn, and
    hardly ever again; the first one that is drawn is the last of the old ones.
    """
    state = state_of(generator)
    inside = state.get("state", {}) if isinstance(state, dict) else {}
    return inside.get("pos") != 623 or inside["key"][0] != 0x80000000


def global_generators() -> list[Any]:
    """The generators behind `numpy.random.normal` and `random.random`, where their modules have been imported."""
    homes = (("numpy.random.mtrand", "_rand"), ("random", "_inst"))
    return [getattr(sys.modules[module], name) for module, name in homes if module in sys.modules]


def is_generator(x: Any) -> bool:
    """Whether a value is a generator of random numbers."""
    if "numpy.random.mtrand" in sys.modules and isinstance(x, (np.random.Generator, np.random.RandomState)):
        return True
    return "random" in sys.modules and isinstance(x, sys.modules["random"].Random)


def bits_of(generator: Any) -> Any:
    """What holds the state of one of NumPy's generators."""
    return generator.bit_generator if hasattr(generator, "bit_generator") else generator._bit_generator


def state_of(generator: Any) -> Any:
    """The state of a generator."""
    return generator.getstate() if hasattr(generator, "getstate") else bits_of(generator).state


def is_same(one: Any, other: Any) -> bool:
    """Whether two states of a generator, numbers and arrays in dictionaries, are the same."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other
