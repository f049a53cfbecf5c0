"""NumPy's protocols: `np.sin(x)`, `np.sum(x)` and the rest on layered values, by one table of functions.

Nothing falls back to `asarray`: what is not in the table raises and says what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..dispatch.errors import NoMethodError, TracerConversionError, at_user_line, describe, describe_call

#: NumPy's ufunc -> what it is called as; filled as they are met. Plugins enter other libraries' ufuncs.
UFUNCS: dict[Any, Callable[..., Any]] = {}
#: NumPy's function -> its implementation; filled as they are met.
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
#: Sequences of Python's that stand for arrays.
SEQUENCES = frozenset((list, tuple))


def array_ufunc(self: Any, ufunc: Any, method: str, x: Any, /, *others: Any, **kwargs: Any) -> Any:
    """What `__array_ufunc__` does on layered values."""
    function = UFUNCS.get(ufunc)
    if function is None:
        function = find_ufunc(ufunc, (x, *others))
    plainly = method == "__call__" and not kwargs
    if plainly and not others:
        return function(x)
    if plainly and type(x) not in SEQUENCES and type(others[0]) not in SEQUENCES and len(others) == 1:
        return function(x, others[0])
    inputs = (x, *others)
    if method != "at" and not SEQUENCES.isdisjoint(map(type, inputs)):  # at takes an index
        from .registry import operand

        inputs = tuple(map(operand, inputs))
    if plainly:
        return function(*inputs)
    from .ufuncs import call_ufunc

    return call_ufunc(ufunc, function, method, inputs, kwargs)


def find_ufunc(ufunc: Any, inputs: tuple[Any, ...]) -> Callable[..., Any]:
    """The function for a ufunc, entered in the table: of NumPy's own, or by the plugin of another library."""
    from .ufuncs import from_library, function_of

    function = function_of(ufunc)
    if function is None:
        function = from_library(ufunc)
        if function is not None:
            return function
    if function is None:
        raise NoMethodError(
            f"{describe_call(ufunc.__name__, inputs)}: this ufunc is not NumPy's own or has no "
            f"operation{at_user_line()}. "
            "Enter one with dispatchml.numpy.protocols.UFUNCS[ufunc] = operation (a plugin of its library may "
            "do so), or "
            "make an operation of your own with dispatchml.primitive."
        )
    from .meanings import with_meanings

    UFUNCS[ufunc] = function = with_meanings(ufunc, function)
    return function


def array_function(self: Any, func: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `__array_function__` does on layered values."""
    implementation = FUNCTIONS.get(func)
    if implementation is None:
        implementation = find_function(func, args)
    return implementation(*args, **kwargs)


def find_function(func: Any, args: tuple[Any, ...]) -> Callable[..., Any]:
    """The implementation for a function of NumPy, entered in the table."""
    from .surface import implementation_of

    implementation = implementation_of(func)
    if implementation is None:
        raise no_function(func, args)
    FUNCTIONS[func] = implementation = with_numpys_names(func, implementation)
    return implementation


def with_numpys_names(func: Any, implementation: Callable[..., Any]) -> Callable[..., Any]:
    """The same, where NumPy takes by name what the Array API and we take by position only: `np.round(a=x)`."""
    inner: Any = implementation
    while hasattr(inner, "__wrapped__"):
        inner = inner.__wrapped__
    only = getattr(getattr(inner, "__code__", None), "co_posonlyargcount", 0)
    if not only:
        return implementation

    def by_name(*args: Any, **kwargs: Any) -> Any:
        if kwargs and len(args) < only:
            from inspect import signature

            for name in list(signature(func).parameters)[len(args) : only]:
                if name not in kwargs:
                    break
                args = (*args, kwargs.pop(name))
        return implementation(*args, **kwargs)

    return by_name


def no_function(func: Any, args: tuple[Any, ...]) -> NoMethodError:
    """The error for a function of NumPy that has no counterpart on layered values."""
    from .surface import DIRECTIONS

    name = f"{getattr(func, '__module__', 'numpy')}.{getattr(func, '__name__', func)}"
    direction = DIRECTIONS.get(getattr(func, "__name__", ""), "")
    return NoMethodError(
        f"{describe_call(name, args)} is not defined on layered values{at_user_line()}. "
        + (f"{direction} " if direction else "")
        + "Write it with functions of dispatchml.numpy, make it an operation with dispatchml.primitive and "
        "give it a rule, or, "
        "where no derivative and no unit is wanted, pass dispatchml.primal(x)."
    )


def array_namespace(self: Any, *, api_version: str | None = None) -> Any:
    """What `__array_namespace__` answers: `dispatchml.numpy`."""
    from .. import numpy as namespace
    from .surface import API_VERSIONS

    if api_version is not None and api_version not in API_VERSIONS:
        raise ValueError(
            f"dispatchml.numpy follows the Array API standard {', '.join(API_VERSIONS)}, not {api_version!r}."
        )
    return namespace


def no_plain_memory(x: Any, door: str) -> TracerConversionError:
    """The error for handing out memory without what wraps it."""
    return TracerConversionError(
        f"{door} of {describe(x)}{at_user_line()} would hand out plain memory and lose what the value carries. Pass "
        "dispatchml.primal(x) where that is meant."
    )
