"""New operations from a name, where there is no stub to write."""

from __future__ import annotations

import keyword
import sys
from typing import Any

from ..dispatch import operation as operation_of_stub
from ..dispatch.errors import RegistrationError, at_user_line

__all__ = ["operation"]

#: The names of an operation's arguments, as the texts of rules use them.
ARGUMENTS = ("a", "b", "c")


def operation(name: Any, *, arity: int = 1, family: str = "elementwise") -> Any:
    """An operation of one to three array arguments, with a name and nothing else yet. Elementwise unless `family` says
    otherwise.

    Given a stub (a function with positional arguments and a docstring) instead of a name, the operation of that stub.
    What it does is declared by `dispatchml.primitive`, or by methods (`@softclip.register`) and `dispatchml.rules`.

    Raises RegistrationError for a name that is no identifier or another number of arguments.

    >>> from dispatchml import ops
    >>> ops.operation("softclip", arity=1).__name__
    'softclip'
    """
    if callable(name):
        return operation_of_stub(name)
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise RegistrationError(f"ops.operation: {name!r} is no name for an operation{at_user_line()}.")
    if not isinstance(arity, int) or not 1 <= arity <= len(ARGUMENTS):
        raise RegistrationError(
            f"ops.operation({name!r}): arity={arity!r} must be 1, 2 or 3{at_user_line()}. Write a stub with named "
            "arguments "
            "and keyword-only settings for anything else: ops.operation(stub)."
        )
    names = ", ".join(ARGUMENTS[:arity])
    scope: dict[str, Any] = {"__name__": sys._getframe(1).f_globals.get("__name__", "__main__")}
    exec(
        f'def {name}({names}):\n    "{name}({names}), elementwise."', scope
    )  # a name that is an identifier, checked above
    return operation_of_stub(family=family)(scope[name])
