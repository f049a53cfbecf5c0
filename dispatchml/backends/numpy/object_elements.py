"""The elements of object arrays: what they have in common, what asks them, and how a method gets a branch for them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...dispatch.elements import array_function
from ...dispatch.errors import NoMethodError, at_user_line, class_name
from .kernels import OBJECT, is_object

ndarray = np.ndarray
#: Numbers that take part in any arithmetic; whole ones become numbers of the others' class.
PYTHON = frozenset({bool, int, float, complex})


# ---- the elements ----------------------------------------------------------------------------------------------------


def samples(arrays: Any) -> dict[type, Any]:
    """One element of each class, the foreign classes first."""
    found: dict[type, Any] = {}
    for a in arrays:
        if isinstance(a, ndarray) and a.dtype is OBJECT:
            for element in a.flat:
                found.setdefault(type(element), element)
        elif isinstance(a, (ndarray, np.generic)):
            if a.size:
                element = a.flat[0].item()
                found.setdefault(type(element), element)
        else:
            found.setdefault(type(a), a)
    return {c: found[c] for c in sorted(found, key=lambda c: c in PYTHON)}


def settled(*arrays: Any) -> tuple[Any, ...]:
    """The arguments as object arrays whose elements get along: every two classes are asked, and whole numbers become
    numbers of the foreign class, so that a quotient of two of them is exact, too.
    """
    found = samples(arrays)
    foreign = [c for c in found if c not in PYTHON]
    if len(found) > 1:
        for k, one in enumerate(foreign):
            for other in list(found)[k + 1 :]:
                try:
                    ops.multiply(found[one], found[other])
                except NoMethodError:  # nobody has registered them: their own operators decide
                    continue
    given = tuple(np.asarray(a, object) for a in arrays)
    if foreign and (int in found or bool in found):
        given = tuple(np.asarray(raised(a, found[foreign[0]]), object) for a in given)
    return given


def raised(array: Any, like: Any) -> Any:
    """An array with its whole numbers made numbers of an element's class."""
    one = known(ops.ones_like, like)
    if one is None:
        return array
    return np.frompyfunc(lambda x: one * x if type(x) in (int, bool) else x, 1, 1)(array)


def of_class(array: Any, like: Any) -> Any:
    """The same for Python's floats too, where the class takes them: a float that it cannot take exactly raises."""
    one, cls = known(ops.ones_like, like), type(like)
    if one is None:
        return array

    def number(x: Any) -> Any:
        if type(x) not in (int, bool, float):
            return x
        y = ops.multiply(one, x)
        return y if type(y) is cls else x

    return np.frompyfunc(number, 1, 1)(array)


def beside_each_other(array: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function that puts elements of several arrays into one: Python's numbers become numbers of the class."""

    def on_objects(*arguments: Any, **keywords: Any) -> Any:
        y = array(*arguments, **keywords)
        found = samples((y,))
        foreign = next((x for c, x in found.items() if c not in PYTHON), None)
        if foreign is None or not (int in found or bool in found or float in found):
            return y
        return np.asarray(of_class(y, foreign), object)

    return on_objects


def known(op: Any, *elements: Any) -> Any:
    """An operation on elements; None where nobody has registered their class."""
    try:
        return op(*elements)
    except NoMethodError:
        return None


def asked(op: Any, plain: Callable[..., Any]) -> Callable[..., Any]:
    """An operation on elements; Python's own where nobody has registered their class."""

    def ask(*elements: Any) -> Any:
        try:
            return op(*elements)
        except NoMethodError:
            return plain(*elements)

    return ask


less = asked(ops.less, operator.lt)
size_of = asked(ops.absolute, abs)
conj = asked(ops.conj, lambda x: x.conjugate())
is_zero = asked(lambda x: ops.equal(x, 0), lambda x: x == 0)


def is_nan(x: Any) -> bool:
    """Whether a number is nan: it differs from itself."""
    try:
        return bool(ops.isnan(x))
    except NoMethodError:
        return bool(x != x)


def zero_of(x: Any) -> Any:
    """The zero of an element's class."""
    found = known(ops.zeros_like, x)
    return x - x if found is None else found


def one_of(arrays: Any) -> Any:
    """The one of the class of the elements."""
    element = next(iter(samples(arrays).values()), 1)
    found = known(ops.ones_like, element)
    return 1 if found is None else found


# ---- methods ---------------------------------------------------------------------------------------------------------


def branch(operation: Any, on_objects: Callable[..., Any]) -> None:
    """Give the method for arrays a way for object arrays; a function of the elements' library comes first."""
    op = operation.info
    hints = (ndarray,) * op.arity
    array = op.exact[hints].function

    def objects(arguments: Any, keywords: Any) -> Any:
        given = arguments[0] if op.variadic else arguments
        own = array_function(op, samples(given))
        if own is not None:
            return own(*arguments, **keywords)
        return on_objects(*arguments, **keywords)

    def on_one(x: Any, **keywords: Any) -> Any:
        if is_object(x):
            return objects((x,), keywords)
        return array(x, **keywords)

    def on_two(a: Any, b: Any, **keywords: Any) -> Any:
        if is_object(a) or is_object(b):
            return objects((a, b), keywords)
        return array(a, b, **keywords)

    def on_several(elements: Any, **keywords: Any) -> Any:
        if any(map(is_object, elements)):
            return objects((elements,), keywords)
        return array(elements, **keywords)

    def on_three(a: Any, b: Any, c: Any, **keywords: Any) -> Any:
        if is_object(a) or is_object(b) or is_object(c):
            return objects((a, b, c), keywords)
        return array(a, b, c, **keywords)

    made = on_several if op.variadic else {1: on_one, 2: on_two, 3: on_three}[op.arity]
    made.__name__ = made.__qualname__ = op.name
    made.__wrapped__ = array
    made.__of_objects__ = True
    op.register(made, hints, True)


def refused(operation: Any, way_out: str) -> Callable[..., Any]:
    """The error for what has no way over the elements' arithmetic."""
    name = operation.info.name

    def refuse(*arguments: Any, **keywords: Any) -> Any:
        given = arguments[0] if operation.info.variadic else arguments
        classes = ", ".join(class_name(c) for c in samples(given)) or "nothing"
        raise NoMethodError(
            f"No method for {name} of an object array of {classes}{at_user_line()}: it is computed in floats, which "
            f"would lose digits. {way_out} Convert with x.astype(float), or declare a function with "
            f"dispatchml.dispatch.for_arrays_of(ops.{name}, cls)."
        )

    return refuse


def of_settled(array: Callable[..., Any], variadic: bool = False) -> Callable[..., Any]:
    """NumPy's loops, over elements that get along."""

    def on_objects(*arguments: Any, **keywords: Any) -> Any:
        if variadic:
            return array(settled(*arguments[0]), **keywords)
        return array(*settled(*arguments), **keywords)

    return on_objects


def bare(y: Any) -> Any:
    """The element of a 0-d array, anything else as it is."""
    return y[()] if isinstance(y, ndarray) else y
