"""Where the user's code meets a transform: what is no function is refused, and our frames are left out of errors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

from ..dispatch.errors import FunctionError, at_user_line, describe, hide_frames

P = ParamSpec("P")
R = TypeVar("R")


def hides_frames(call: Callable[P, R]) -> Callable[P, R]:
    """The same function, whose errors show the user's frames only."""

    @functools.wraps(call)
    def shown(*arguments: P.args, **keywords: P.kwargs) -> R:
        try:
            return call(*arguments, **keywords)
        except Exception as error:
            hide_frames(error)
            raise

    return shown


def transformed(function: Callable[..., Any], name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate what a transform makes of a function: under that function's name and with errors that show the user's
    frames only. Raises FunctionError at once for what cannot be called.
    """
    if not callable(function):
        refuse_function(function, name)
    return lambda call: functools.wraps(function)(hides_frames(call))


def note_taken(made: Callable[P, R], kind: str, function: Any, argnums: Any) -> Callable[P, R]:
    """Remember what a function is the derivative of, for kernels that call it. Its number instead of itself is kept: no
    cycle, and a wrapper that takes over its attributes is told apart.
    """
    made.taken = (id(made), kind, function, argnums)  # type: ignore[attr-defined]
    return made


def taken_of(function: Any) -> tuple[str, Any, Any] | None:
    """The transform, its function and its positions behind a function; None for anything else."""
    found = getattr(function, "taken", None)
    return found[1:] if type(found) is tuple and found[0] == id(function) else None  # pyright: ignore[reportUnknownVariableType]


def check_function(function: Any, name: str) -> None:
    """Refuse what cannot be called, before anything else is looked at."""
    if not callable(function):
        refuse_function(function, name)


def refuse_function(function: Any, name: str) -> NoReturn:
    """The error for something that is no function where a transform takes one."""
    raise FunctionError(
        f"{name} takes a function, not {describe(function)}{at_user_line()}. Hand over the function itself and call "
        f"what comes back: dispatchml.{EXAMPLES.get(name, name + '(f)(x)')}."
    )


EXAMPLES = {
    "jvp": "jvp(f, (x,), (dx,))",
    "hvp": "hvp(f, (x,), (dx,))",
    "vjp": "vjp(f, x)",
    "linearize": "linearize(f, x)",
}
