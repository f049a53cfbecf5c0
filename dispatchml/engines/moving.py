"""Values that were given other memory, as `x.data = numbers` does: views taken before are of the memory that x had.

A view knows its owner by the object, which the user holds, too. So what the owner was is remembered beside it, with the
stamp of the moment: a view with an older stamp is one of that.
"""

from __future__ import annotations

from typing import Any

#: Values that have moved, by id: (the value, [(stamp, what it was before)]). Empty in most programs.
MOVED: dict[int, tuple[Any, list[tuple[int, Any]]]] = {}


def remember_moving(x: Any, stamp: int) -> None:
    """Keep what a value is, for the views that were taken of it until now; values of ended transforms are let go."""
    for key, (known, _) in list(MOVED.items()):
        if transform_of(known).closed:
            MOVED.pop(key, None)
    old = object.__new__(type(x))
    for slot in type(x).__slots__:
        setattr(old, slot, getattr(x, slot))
    MOVED.setdefault(id(x), (x, []))[1].append((stamp, old))


def before_moving(x: Any, stamp: int) -> Any:
    """What a view with a stamp was taken from: the value, or what it was before it moved for the first time after."""
    known, moves = MOVED[id(x)]
    if known is x and stamp is not None:
        return next((old for at, old in moves if at > stamp), x)
    return x


def transform_of(x: Any) -> Any:
    """The tape, level or recorder that a traced value belongs to."""
    return next(getattr(x, name) for name in ("_tape", "_level", "_recorder") if hasattr(type(x), name))
