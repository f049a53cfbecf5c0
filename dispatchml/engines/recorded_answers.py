"""What NumPy's functions answer to recorded numbers: as NumPy's scalars, arrays without axes or Python's numbers.

Our operations keep Python's numbers, and give scalars for scalars; NumPy's functions have habits of their own
(`numpy.where`, `numpy.copy` and `numpy.zeros_like` give arrays of them), and a program gives what they give.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..compile.graph import form_of
from .record import Rec, refuse
from .recorded_numbers import in_form
from .views import current

#: Functions of NumPy whose dtype depends on the numbers, where the operation's does not.
UNDECIDED = frozenset({np.linalg.eig, np.linalg.eigvals})


def ufunc_as_numpy_answers(protocol: Callable[..., Any]) -> Callable[..., Any]:
    """`__array_ufunc__`, whose answer to Python's numbers is NumPy's number."""

    def answer(*arguments: Any, **keywords: Any) -> Any:
        y = protocol(*arguments, **keywords)
        return tuple(map(numpys, y)) if type(y) is tuple else numpys(y)

    return answer


def numpys(y: Any) -> Any:
    """A result of a ufunc: a number of Python's as NumPy's."""
    return in_form(y, "scalar") if type(y) is Rec and y._symbol.is_weak else y


def power_as_numpy_answers(operator: Callable[..., Any]) -> Callable[..., Any]:
    """`x ** y`, which is the square of an array of truth values, but not of a scalar of them, that has no power."""

    def answer(self: Rec, other: Any) -> Any:
        is_scalar = self._symbol.form == "scalar" and self.dtype.kind == "b"
        return ops.power(self, other) if is_scalar and type(other) in (int, float) else operator(self, other)

    return answer


def function_as_numpy_answers(protocol: Callable[..., Any]) -> Callable[..., Any]:
    """`__array_function__`, whose answer to numbers is of the class that NumPy's is."""

    def answer(self: Any, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in UNDECIDED:
            refuse(f"numpy.linalg.{func.__name__}", "gives real or complex numbers as the values are")
        y = protocol(self, func, types, args, kwargs)
        if type(y) is not Rec or y.shape != ():
            return y
        try:
            plain = numbers_in((args, kwargs))
            with np.errstate(all="ignore"):
                return in_form(y, form_of(func(*plain[0], **plain[1])))
        except (HasAxes, TypeError, ValueError):
            return in_form(y, "scalar") if y._symbol.is_weak else y

    return answer


def method_as_numpy_answers(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that moves elements, whose answer to a NumPy scalar is a scalar."""

    def answer(self: Rec, *arguments: Any, **keywords: Any) -> Any:
        y = method(self, *arguments, **keywords)
        return in_form(y, "scalar") if self._symbol.form == "scalar" else y

    answer.__name__, answer.__doc__ = method.__name__, method.__doc__
    return answer


class HasAxes(Exception):
    """Among the arguments is more than numbers: the operations give what NumPy gives."""


def numbers_in(x: Any) -> Any:
    """Arguments with the numbers that their recorded ones are in this run."""
    if type(x) is Rec:
        if x.shape:
            raise HasAxes
        return current(x)
    if type(x) is tuple or type(x) is list:
        return type(x)(map(numbers_in, x))
    if type(x) is dict:
        return {k: numbers_in(v) for k, v in x.items()}
    if isinstance(x, np.ndarray) and x.shape:
        raise HasAxes
    return x
