"""What stands for a function of an installed package when one of its arguments is traced."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from ..dispatch.errors import LiftError, RegistrationError, code_line
from ..engines.refusals import REFUSED

F = TypeVar("F", bound=Callable[..., Any])

#: One condition on a version, as in ">=1.11".
CONDITION = re.compile(r"(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+)*)$")


class Replacement:
    """A function that stands for another one. name: the dotted name of that; versions: of its package, "" for all."""

    __slots__ = ("name", "function", "versions", "buffers")

    def __init__(self, name: str, function: Callable[..., Any], versions: str, buffers: bool) -> None:
        self.name, self.function, self.versions, self.buffers = name, function, versions, buffers

    def __repr__(self) -> str:
        return f"<replacement of {self.name} at {code_line(self.function)}>"


#: Replacements by the dotted name of what they stand for. Nothing is imported to enter one.
REPLACEMENTS: dict[str, Replacement] = {}


def replaces(name: str, *, versions: str = "", buffers: bool = False, replace: bool = False) -> Callable[[F], F]:
    """Declare what stands for a function of an installed package when an argument is traced.

    name: the dotted name of the function as its users write it. The decorated function has the same signature. It is
    called whenever one of the arguments, also as a keyword or inside a list, tuple or dict that is an argument, is a
    value of a transform, or a function that holds one in its closure, and never otherwise. Names of classes and of
    methods ("package.Class.method") are names of functions, too. It is written over dispatchml's operations and
    NumPy's functions, and raises LiftError for a keyword that it does not support. Where it returns NotImplemented, the
    library's own function runs; a call of that with traced values would be a call of itself. Nothing of the library is
    imported by the declaration.

    versions: for private names, the versions of the package for which they are known (">=1.11,<1.19"); in others a call
    with traced arguments raises LiftError. buffers: hand over arrays that lifted code has made as they are, so that
    they can be written into; else what they hold. replace: take the place of a declaration that is there already.

    Raises RegistrationError for what is no dotted name, no function or no range of versions, and for a second
    declaration of one name.

    >>> from dispatchml.lift import replaces
    >>> @replaces("package.part.double")
    ... def double(x):
    ...     return 2 * x
    """
    if not isinstance(name, str) or "." not in name or not all(part.isidentifier() for part in name.split(".")):
        raise RegistrationError(f"replaces({name!r}): write the dotted name of a function, such as 'scipy.linalg.det'.")
    for condition in conditions(versions):
        if not CONDITION.match(condition):
            raise RegistrationError(f"replaces({name!r}): versions={versions!r} must look like '>=1.11,<1.19'.")

    def declare(function: F) -> F:
        if not callable(function):
            raise RegistrationError(f"replaces({name!r}) decorates a function, not {function!r}.")
        known = REPLACEMENTS.get(name)
        if known is not None and not replace:
            raise RegistrationError(
                f"{name} is replaced already, at {code_line(known.function)}; the new function is at "
                f"{code_line(function)}. replace=True takes its place."
            )
        made = REPLACEMENTS[name] = Replacement(name, function, versions, buffers)
        from .replaced import look_for

        look_for(made)
        return function

    return declare


def conditions(versions: str) -> list[str]:
    """The conditions of a range of versions."""
    return [part.strip() for part in versions.split(",") if part.strip()]


def check_version(replacement: Replacement) -> None:
    """Raise LiftError where a replacement is not known to fit the version that is installed."""
    if not replacement.versions:
        return
    package = replacement.name.partition(".")[0]
    text = str(getattr(sys.modules.get(package), "__version__", ""))
    if not fits(replacement.versions, text):
        raise LiftError(
            f"{replacement.name}: the function that stands for it with traced arguments is known to fit "
            f"{package} {replacement.versions}, and version {text or 'unknown'} is installed."
        )


@functools.cache
def fits(versions: str, installed: str) -> bool:
    """Whether an installed version is in a range of versions."""
    found = (CONDITION.match(condition).groups() for condition in conditions(versions))  # type: ignore[union-attr]
    return all(holds(numbers(installed), sign, numbers(wanted)) for sign, wanted in found)


def numbers(version: str) -> tuple[int, ...]:
    """The leading whole numbers of a version."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found.group().split("."))) if found else ()


def holds(have: tuple[int, ...], sign: str, wanted: tuple[int, ...]) -> bool:
    """Whether a version fulfils a condition; 1.11 stands for 1.11.0."""
    size = max(len(have), len(wanted))
    a, b = ((*v, *(0,) * (size - len(v))) for v in (have, wanted))
    return {">=": a >= b, "<=": a <= b, "==": a == b, "!=": a != b, ">": a > b, "<": a < b}[sign]


def plainly(function: F) -> F:
    """A function that runs on plain values, with the package's code as it is while it runs.

    For kernels of operations that call functions of an enabled package: inside a transform these would make arrays that
    take traced values, which compiled code does not.

    >>> import dispatchml as dm
    >>> @dm.lift.plainly
    ... def kernel(a, b):
    ...     return scipy.linalg.solve_triangular(a, b)
    """

    @functools.wraps(function)
    def run(*arguments: Any, **keywords: Any) -> Any:
        before = REFUSED.set(None)
        try:
            return function(*arguments, **keywords)
        finally:
            REFUSED.reset(before)

    return run  # type: ignore[return-value]
