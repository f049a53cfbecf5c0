"""Rotations that were made of plain numbers, outside of transforms, applied to traced ones."""

from __future__ import annotations

import types
from typing import Any

from scipy.spatial.transform import Rotation

from dispatchml.lift import replaces
from dispatchml.lift.packages import is_enabled


def on_traced(name: str) -> None:
    """Let a method go through SciPy's code for any arrays where an argument is traced, though self is not."""
    method = getattr(Rotation, name)

    def through(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return method(again(self), *arguments, **keywords)

    through.__name__ = name
    replaces(f"scipy.spatial.transform.Rotation.{name}", buffers=True)(through)


def again(rotation: Any) -> Any:
    """A rotation as it would be made now: of the arrays of lifted code, where the package is enabled."""
    if not is_enabled("scipy.spatial"):
        return rotation
    made = Rotation.__new__(Rotation)
    made.__setstate__(rotation.__getstate__())
    return made


if isinstance(vars(Rotation).get("apply"), types.FunctionType):  # it is compiled before SciPy 1.17
    for name in ("apply", "__mul__", "__pow__", "mean"):
        on_traced(name)
