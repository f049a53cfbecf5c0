"""What is run for a function: itself, or what lifting makes of it."""

from __future__ import annotations

import functools
import weakref
from types import FunctionType
from typing import Any

import numpy as np

#: Stands for a function that is run as it is; what is kept of functions must not keep them alive.
AS_IT_IS: Any = "as it is"


#: What is run for a function that has been seen, by its identity: AS_IT_IS, or what `lift` makes of it.
READY: dict[int, Any] = {}


#: Keeps the entries of READY true: an entry goes with its function.
REFERENCES: dict[int, Any] = {}


#: Functions that run as they are, for lift=False.
UNLIFTED: weakref.WeakSet[Any] = weakref.WeakSet()


def enter_ready(function: Any, made: Any) -> Any:
    """Enter what is run for a function, for as long as that lives; what cannot be referred to weakly is entered only
    where it lives for ever anyway, and looked at by each call elsewhere.
    """
    key = id(function)

    def forget(_: Any, ready: Any = READY, references: Any = REFERENCES) -> None:  # globals are gone at exit
        ready.pop(key, None)
        references.pop(key, None)

    try:
        REFERENCES[key] = weakref.ref(function, forget)
    except TypeError:
        if not isinstance(function, np.ufunc):
            return made
        REFERENCES[key] = function
    READY[key] = made
    return made


def as_given(function: Any, lift: bool) -> Any:
    """A function as a transform runs it; with lift=False it is not lifted."""
    if lift or not callable(function):
        return function

    @functools.wraps(function)
    def unlifted(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)

    UNLIFTED.add(unlifted)
    enter_ready(unlifted, AS_IT_IS)
    return unlifted


def is_unlifted(function: Any) -> bool:
    """Whether a function runs as it is in any case."""
    return LIFTING.prepare is None or isinstance(function, FunctionType) and function in UNLIFTED


class Lifting:
    """What `lift` does at the outermost transform of a context; None where there is nothing to do.

    prepare(function, arguments): what is run for a function that is seen for the first time. enter, leave: called when
    a transform begins and ends. release(result): the result without arrays of lifted code; held(x): what these hold, in
    lists, tuples and dictionaries. check(function, result, name): called where a result holds nothing traced at once.
    is_of_package(error): whether an error comes out of the code of a package that runs lifted.
    """

    __slots__ = ("prepare", "enter", "leave", "release", "held", "check", "is_of_package")


LIFTING = Lifting()
LIFTING.prepare = LIFTING.enter = LIFTING.leave = LIFTING.release = LIFTING.held = LIFTING.check = None
