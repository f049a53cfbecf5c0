"""How a NumPy function becomes the method of an operation, for arrays and for Python's own numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...dispatch.elements import array_function
from ...dispatch.errors import NoMethodError
from ...dispatch.handled import raise_if_handled

#: NumPy's function behind the array method of an operation, for generated code that knows it has a plain array.
UFUNCS: dict[Any, Callable[..., Any]] = {}

#: Functions in machine code, while there are any (backends/native): "alike", "finite", "keep" and others. Generated
#: code then calls them and UFUNCS, where it uses Python's operators and looks for itself otherwise.
FAST: dict[str, Callable[..., Any]] = {}

#: NumPy's ufuncs behind UFUNCS, while machine code stands there in their place.
LOOPS: dict[Any, Any] = {}

#: The function of Python's floats behind a guarded one; it raises where NumPy answers inf or nan.
RAW_FLOATS: dict[Any, Callable[..., Any]] = {}

OBJECT = np.dtype(object)
NUMBERS = frozenset({bool, int, float, complex})


def kernel(function: Any, array: Callable[..., Any], scalar: Callable[..., Any] | None = None) -> None:
    """Register NumPy's function for arrays (and every value below them), and one for Python's floats.

    An elementwise operation on an object array is applied to each element by dispatch, so that arrays of Fraction,
    Decimal, mpmath or uncertain numbers work.
    """
    op = function.info
    if op.family == "elementwise":
        UFUNCS[op] = array
        array = with_objects(op, array)
    op.register(array, (np.ndarray,) * op.arity, False)
    if scalar is not None:
        RAW_FLOATS[op] = getattr(scalar, "raw", scalar)
        op.register(scalar, (float,) * op.arity, False)


#: Operations that make floats of whole numbers: those beside other numbers become such numbers first.
QUOTIENTS = frozenset({"divide", "divide_or_zero", "reciprocal"})
#: Operations that hand elements on as they are; NumPy's own function does that for objects, too.
HANDING_ON = frozenset({"where", "where_or_zero", "astype", "stop_gradient"})

#: Operations on two arrays that NumPy's loops do, with a look at the result for objects.
ARITHMETIC = frozenset({"add", "subtract", "multiply", "divide"})


def of_objects(*arguments: Any) -> bool:
    """Whether there is an object array or a number of another library among the arguments."""
    return any(map(is_object, arguments))


def is_object(x: Any) -> bool:
    """Whether a value is an object array or a number that NumPy keeps as an object."""
    cls = type(x)
    if cls is np.ndarray:
        return x.dtype is OBJECT
    return cls not in NUMBERS and not isinstance(x, np.generic)


def element_classes(arguments: tuple[Any, ...]) -> dict[type, None]:
    """The classes of the elements of object arrays among the arguments."""
    arrays = [a for a in arguments if type(a) is np.ndarray and a.dtype is OBJECT]
    return dict.fromkeys(type(element) for a in arrays for element in a.flat)


def with_objects(op: Any, array: Callable[..., Any]) -> Callable[..., Any]:
    """The array function, and for object arrays the operation on each element.

    NumPy's own loops for objects are Python's operators, which would make floats of a Fraction and a float, and take
    None, the answer of intervals that overlap, for False. They are used for classes that nobody has registered.
    """
    if op.name in HANDING_ON:
        return array
    predicate = "meaning" in op.strips and op.name != "sign"

    def by_elements(*arguments: Any, **keywords: Any) -> Any:
        classes = element_classes(arguments)
        own = array_function(op, classes)
        if own is not None:
            return own(*arguments, **keywords)
        if op.name in QUOTIENTS and len(classes) > 1 and int in classes:
            from .object_elements import settled

            arguments = settled(*arguments)
        element = functools.partial(op.function, **keywords) if keywords else op.function
        try:
            y = np.frompyfunc(element, len(arguments), 1)(*arguments)
        except NoMethodError as error:
            try:
                return array(*arguments, **keywords)
            except TypeError:
                raise error from None
        return np.asarray(y, bool)[()] if predicate else y

    def on_one(a: Any) -> Any:
        if type(a) is np.ndarray and a.dtype is OBJECT:
            return by_elements(a)
        return array(a)

    def on_two(a: Any, b: Any) -> Any:
        try:
            y = array(a, b)
            if y.dtype is not OBJECT or array_function(op, element_classes((a, b))) is array:
                return y  # a bare object has no dtype
        except Exception:
            if not of_objects(a, b):
                raise
        return by_elements(a, b)

    def on_any(*arguments: Any, **keywords: Any) -> Any:
        return (by_elements if of_objects(*arguments) else array)(*arguments, **keywords)

    # libraries warn of loops over their comparisons that nobody asked for, so only arithmetic is tried first
    tried = {1: on_one, 2: on_two if op.name in ARITHMETIC else on_any}
    on_array = on_any if op.keywords or predicate else tried.get(op.arity, on_any)
    on_array.__name__ = on_array.__qualname__ = op.name
    on_array.__module__ = op.module  # it belongs to whoever has declared the operation
    return on_array


def guarded(plain: Callable[..., Any], array: Callable[..., Any], operator: bool = False) -> Callable[..., Any]:
    """A function of Python's floats that gives NumPy's inf or nan where Python raises.

    operator: it is that of an operator of Python's, whose error is raised in code that handles it.
    """

    def on_floats(*arguments: Any) -> Any:
        try:
            return plain(*arguments)
        except (ArithmeticError, ValueError) as error:
            if operator:
                raise_if_handled(error, arguments)
            return array(*arguments).item()

    on_floats.raw = plain  # type: ignore[attr-defined]
    return on_floats
