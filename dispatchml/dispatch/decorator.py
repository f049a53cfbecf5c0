"""`@dispatch`: operations of one's own, and methods for anybody's operation."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any, TypeVar, overload

from .errors import RegistrationError, code_line
from .operation import Operation, OperationFunction, operation_from

F = TypeVar("F", bound=Callable[..., Any])


@overload
def dispatch(target: OperationFunction[Any], /, *hints: Any, replace: bool = False) -> Callable[[F], F]: ...
@overload
def dispatch(target: F, /) -> OperationFunction[F]: ...
def dispatch(target: Any, /, *hints: Any, replace: bool = False) -> Any:
    """Add a method to an operation.

    `@dispatch` on a function makes an operation from the first function of that name in its scope and adds methods to
    it afterwards. `@dispatch(ops.matmul)` adds a method to somebody else's operation (the same as
    `@ops.matmul.register`). Operations are objects: two packages' `solve` never merge.

    Raises RegistrationError where the types are read from the value, where the method is there already (say
    replace=True), or where the name is taken by something that is not an operation.

    >>> from dispatchml import dispatch
    >>> @dispatch
    ... def describe(x: int): return "a whole number"
    >>> @dispatch
    ... def describe(x: float): return "a number"
    >>> describe(2), describe(2.0)
    ('a whole number', 'a number')
    """
    info = getattr(target, "info", None)
    if isinstance(info, Operation):

        def add(function: Any) -> Any:
            info.register(function, hints, replace)
            return info.function if getattr(function, "__name__", "") == info.name else function

        return add
    if not inspect.isfunction(target):
        raise RegistrationError(f"dispatch takes a function or an operation, not {target!r}.")
    frame = sys._getframe(1)
    known = frame.f_locals.get(target.__name__)
    if known is None:
        op = new_operation(target)
    else:
        op = getattr(known, "info", None)
        if not isinstance(op, Operation):
            raise RegistrationError(
                f"dispatch: {target.__name__} ({code_line(target)}) is something else here already "
                f"({type(known).__name__}), not an operation. "
                "Choose another name, or delete the old one first."
            )
        if op.module != target.__module__:
            raise RegistrationError(
                f"dispatch: {target.__name__} ({code_line(target)}) is an operation of {op.module} here. Write "
                f"@dispatch({target.__name__}) above a function of another name to add a method to it, or choose "
                "another name for "
                "an operation of your own."
            )
    op.register(target, hints, replace)
    return op.function


def new_operation(function: Any) -> Operation:
    """An operation with the name, the parameters and the docstring of its first method."""
    parameters = list(inspect.signature(function).parameters.values())
    for p in parameters:
        if p.kind is p.VAR_POSITIONAL or p.kind is p.VAR_KEYWORD:
            raise RegistrationError(
                f"dispatch: {function.__name__} ({code_line(function)}) has *{p.name}; an operation has a fixed "
                "number of "
                "positional arguments and named keywords. Pass a tuple."
            )
        if p.kind is not p.KEYWORD_ONLY and p.default is not p.empty:
            raise RegistrationError(
                f"dispatch: {function.__name__} ({code_line(function)}): the positional parameter {p.name!r} has a "
                "default, "
                "which dispatch could not see. Put it behind a `*`."
            )
        if p.kind is p.KEYWORD_ONLY and p.default is p.empty:
            raise RegistrationError(
                f"dispatch: {function.__name__} ({code_line(function)}): the keyword {p.name!r} needs a default."
            )
    return operation_from(function, "", False, False, ()).info
