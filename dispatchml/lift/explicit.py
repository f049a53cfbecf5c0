"""`lift(f)`: a function that takes traced values wherever it comes from."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from ..dispatch.errors import FunctionError, at_user_line, describe, is_ours
from .automatic import lifted, look_at
from .copies import is_lifted
from .reach import is_users
from .replaced import switch_of
from .stand_ins import active, stand_in


def lift(function: Callable[..., Any], *, allow_zero: bool = False) -> Callable[..., Any]:
    """A function, or class, that takes traced values: for code that transforms do not reach by names.

    Transforms lift the functions that they are given and those that these reach by name in the user's own modules. What
    they reach in another way (from a list, a dictionary, another package) is lifted by `dm.lift(f)` or `@dm.lift`. On
    plain values outside of transforms the function does what it did. A class gets lifted methods and is returned.

    allow_zero: the result may depend on nothing that is differentiated, which raises LiftError otherwise for functions
    that use a package that is enabled.

    Raises FunctionError for what cannot be called.

    >>> import math, dispatchml as dm
    >>> activations = {"sine": dm.lift(lambda x: math.sin(x))}
    >>> dm.grad(lambda x: activations["sine"](x))(0.0)
    1.0
    """
    if not callable(function):
        raise FunctionError(f"dispatchml.lift takes a function or a class, not {describe(function)}{at_user_line()}.")
    own = owner(function)
    if isinstance(function, type):
        known = stand_in(function)
        if known is None:
            look_at(function, own)
        return function if known is None else known
    known = stand_in(function) or switch_of(function)
    if known is not None:
        return known
    if not isinstance(function, (types.FunctionType, types.MethodType, functools.partial)):
        look_at(function, own)
        return function
    if isinstance(function, types.FunctionType) and is_lifted(function) and not allow_zero:
        return function

    from .packages import ZERO_ALLOWED

    @functools.wraps(function)
    def lifted_in_transforms(*arguments: Any, **keywords: Any) -> Any:
        if active() is None:
            return function(*arguments, **keywords)
        return lifted(function, own)(*arguments, **keywords)

    if allow_zero:
        ZERO_ALLOWED.add(lifted_in_transforms)
    return lifted_in_transforms


@functools.cache
def of_package(name: str) -> Callable[[Any], bool]:
    """What says whether a function or class belongs to a package, or is the user's."""

    def belongs(x: Any) -> bool:
        module = getattr(x, "__module__", None) or ""
        code = getattr(x, "__code__", None)
        return is_users(x) or module.partition(".")[0] == name and (code is None or not is_ours(code.co_filename))

    return belongs


def owner(function: Any) -> Callable[[Any], bool]:
    """Whose code is lifted with a function: the user's, and that of the function's own package."""
    inner = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    if not isinstance(inner, (type, types.FunctionType, types.MethodType)):
        inner = type(inner)
    inner = getattr(inner, "__func__", inner)
    module = getattr(inner, "__module__", None) or ""
    return is_users if is_users(inner) or module.startswith("dispatchml") else of_package(module.partition(".")[0])
