"""Functions of NumPy that mean something else on the values of a library than what their operations say.

`numpy.ones_like` of a pint quantity is plain ones, of an astropy quantity it has the unit. What a library means is
asked for before the general implementation, on traced values as on plain ones; functions without an entry pay nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..dispatch.errors import RegistrationError, at_user_line, class_name
from ..dispatch.layers import Layer, layer_of
from .protocols import UFUNCS

#: NumPy's function -> layer -> what it is on values of that layer.
MEANINGS: dict[Any, dict[Layer, Callable[..., Any]]] = {}


def functions() -> list[Any]:
    """The functions of NumPy that have an implementation for traced values, ufuncs among them."""
    from .surface import implementations

    return list(implementations())


def library_meaning(cls: type, *originals: Any) -> Callable[[Any], Any]:
    """Say what functions of NumPy are on values of a layer whose library means something else by them.

    The decorated function is called as f(usual, *arguments, **keywords) where such a value, traced or not, is among the
    arguments or in a list of them, at any depth of layers. `usual` is what the function is otherwise. Ufuncs may be
    among the functions; operators are the operations whatever is said of the ufunc.

    Raises RegistrationError for a class that is no layer.

    >>> from dispatchml.numpy.meanings import library_meaning
    >>> @library_meaning(Quantity, np.ones_like)
    ... def plain_ones(usual, x, **keywords):
    ...     return usual(magnitude(x), **keywords)
    ... # doctest: +SKIP
    """
    info = layer_of(cls)
    if info is None:
        raise RegistrationError(f"library_meaning: {class_name(cls)} is not a layer{at_user_line()}.")

    def add(function: Any) -> Any:
        for original in originals:
            MEANINGS.setdefault(original, {})[info] = function
            UFUNCS.pop(original, None)
        return function

    return add


def with_meanings(original: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """A ufunc's function that asks what a library means by it; itself where none means anything else."""
    own = MEANINGS.get(original)
    if own is None:
        return function

    def asking(*inputs: Any, **keywords: Any) -> Any:
        found = meant(own, inputs)
        return function(*inputs, **keywords) if found is None else found(function, *inputs, **keywords)

    return asking


def meant(own: dict[Layer, Callable[..., Any]], values: Iterable[Any]) -> Callable[..., Any] | None:
    """What a library means by a function, if one of its values is among these."""
    for x in values:
        if type(x) in (list, tuple):
            found = meant(own, x)
            if found is not None:
                return found
        while (info := layer_of(type(x))) is not None:
            if info in own:
                return own[info]
            if info.payload is None:
                break
            x = info.payload(x)
            x = x[0] if type(x) is tuple and x else x
    return None
