"""What a transform runs in the place of a function that it was given: the function itself, or a lifted copy."""

from __future__ import annotations

import functools
import types
import weakref
from collections.abc import Callable
from typing import Any

from ..transforms.prepared import AS_IT_IS, enter_ready
from .buffers import TRACED, held_deeply
from .copies import COPIES, LISTED, copied, innermost, is_lifted, lifted_function
from .reach import Reach, is_users
from .suspicion import holds_numbers


def prepare(function: Any, arguments: Any) -> Any:
    """What is run for a function: the function itself where nothing is needed. It is entered in the table.

    Lists of numbers are most often handed to NumPy, so what takes them does so from the first call on: a second run
    would draw random numbers and change counters twice.
    """
    if any(map(holds_numbers, arguments)) and (inner := innermost(function)) is not None:
        LISTED.add(inner)
    found = lifted(function)
    for x in arguments:
        look_at(x)
    made = isinstance(function, types.FunctionType) and is_lifted(function)  # of a copy of what is round it
    needed = found is not function or made or any(map(is_liftable, arguments))
    return enter_ready(function, Lifted(function) if needed else AS_IT_IS)


def prepare_for_lists(function: Any, arguments: Any) -> Any:
    """The same for a function that met an error and was called with lists, which it may have handed to NumPy.

    None where it was not, or takes lists already.
    """
    inner = innermost(function)
    if inner is None or inner in LISTED or not any(map(holds_lists, arguments)):
        return None
    LISTED.add(inner)
    COPIES.pop(inner, None)
    made = prepare(function, arguments)
    return None if made is AS_IT_IS else made


def holds_lists(x: Any, depth: int = 3) -> bool:
    """Whether an argument is or holds a list or tuple with traced values."""
    cls = type(x)
    if cls is dict:
        return depth > 0 and any(holds_lists(v, depth - 1) for v in x.values())
    if cls is not list and cls is not tuple:
        return False
    return any(isinstance(v, TRACED) or depth > 0 and holds_lists(v, depth - 1) for v in x)


class Lifted:
    """A function that runs as a lifted copy."""

    __slots__ = ("function",)

    def __init__(self, function: Any) -> None:
        try:
            self.function = weakref.ref(function)
        except TypeError:  # of slots: nothing keeps what is run for it
            self.function = lambda: function

    def run(self, *arguments: Any, **keywords: Any) -> Any:
        """Run it; what comes out holds no buffers."""
        function = lifted(self.function())
        given = [lifted(x) if is_liftable(x) else x for x in arguments]
        return released(function(*given, **keywords))


def released(x: Any) -> Any:
    """A result without buffers, in containers too."""
    from ..transforms.containers import map_leaves

    x = held_deeply(x)
    return map_leaves(held_deeply, x) if not isinstance(x, (float, int)) else x


def is_liftable(x: Any) -> bool:
    """Whether an argument is a function of the user's."""
    return type(x) is types.FunctionType and is_users(x) and not is_lifted(x)


def lifted(function: Any, own: Callable[[Any], bool] = is_users) -> Any:
    """A callable that is lifted; itself where nothing needs it."""
    if type(function) is types.FunctionType:
        return lifted_function(function, own)
    if type(function) is functools.partial:
        inner = lifted(function.func, own)
        return function if inner is function.func else functools.partial(inner, *function.args, **function.keywords)
    if type(function) is types.MethodType:
        look_at(function.__self__, own)
        inner = lifted(function.__func__, own)
        return function if inner is function.__func__ else types.MethodType(inner, function.__self__)
    look_at(function, own)
    return function


def look_at(x: Any, own: Callable[[Any], bool] = is_users) -> None:
    """Put switches into the class of an object of the user's, and into those of what it holds."""
    cls = x if isinstance(x, type) else type(x)
    module = getattr(cls, "__module__", "builtins")
    if module in ("builtins", "numpy") or module.startswith("dispatchml"):
        return
    if not own(cls):
        return
    reach = Reach(own)
    reach.a_class(cls)
    for held in list(getattr(x, "__dict__", {}).values()):
        if not isinstance(held, type):
            reach.value(held, None)
    copied(reach, prepare)  # type: ignore[arg-type]
