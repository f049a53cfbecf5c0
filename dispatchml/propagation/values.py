"""What operations on uncertain numbers have in common: the values in an argument, and results put together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, at_user_line, class_name
from ..dispatch.lattice import outermost
from ..dispatch.layers import layer_of
from ..dispatch.operation import Operation

if TYPE_CHECKING:
    from .numbers import Uncertain


def values_of(x: Any, known: Uncertain) -> Any:
    """The values of a number or an array of numbers, plain ones among them, as float64; anything else as it is."""
    if isinstance(x, known.cls):
        return known.mean(x)
    if not (type(x) is np.ndarray and x.dtype == object):
        return x
    flat = [known.mean(v) if isinstance(v, known.cls) else v for v in x.flat]
    for v in flat:
        info = layer_of(type(v))
        if info is not None:
            outermost((known.cls, type(v)))  # raises where the two have no order
            raise NoMethodError(
                f"An array holds {class_name(known.cls)} and {class_name(type(v))}{at_user_line()}. Use one kind of "
                "number in an array."
            )
    try:
        return np.reshape(np.array(flat, np.float64), x.shape)
    except (TypeError, ValueError):
        kinds = ", ".join(sorted({class_name(type(v)) for v in flat}))
        raise NoMethodError(
            f"An array of uncertain numbers holds values of {kinds}{at_user_line()}. Beside uncertain numbers an array "
            "may hold real numbers."
        ) from None


def is_uncertain(x: Any, known: Uncertain) -> bool:
    """Whether an argument holds uncertain numbers."""
    if isinstance(x, known.cls):
        return True
    return type(x) is np.ndarray and x.dtype == object and any(isinstance(v, known.cls) for v in x.flat)


def first_number(arguments: Iterator[Any] | Any, known: Uncertain) -> Any:
    """Some uncertain number among arguments."""
    for x in arguments:
        if isinstance(x, known.cls):
            return x
        if type(x) is np.ndarray and x.dtype == object:
            for v in x.flat:
                if isinstance(v, known.cls):
                    return v
    raise AssertionError("an uncertain number is among the arguments")


def refuse_complex(y: Any, op: Operation, known: Uncertain) -> None:
    """Uncertain numbers are real."""
    if ops.dtype(y).kind == "c":
        raise complex_error(op, known)


def complex_error(op: Operation, known: Uncertain) -> NoMethodError:
    """The error for a complex result, with what to write for the commonest ones."""
    instead = {
        "fft": "numpy.cos(w) @ x and -numpy.sin(w) @ x, with w = 2 * pi * k * n / N, are its real and imaginary part",
        "exp": "exp(1j * t) is numpy.cos(t) and numpy.sin(t)",
        "multiply": "c * x is c.real * x and c.imag * x",
        "divide": "x / c is c.real * x / abs(c)**2 and -c.imag * x / abs(c)**2",
    }.get("fft" if op.family == "fft" else op.name, "")
    return NoMethodError(
        f"{op.name} of {class_name(known.cls)} has a complex result{at_user_line()}, and these numbers are real. Write "
        f"its real and imaginary part as two real numbers{instead and ': ' + instead}; or propagate a covariance "
        "through a function that returns the two: dispatchml.propagation.propagate(f, mean, cov)."
    )


def assembled(y: Any, terms: list[tuple[Any, Any]], known: Uncertain, like: Any) -> Any:
    """The numbers with values y and linear parts by elementwise slopes; slopes and numbers broadcast against y."""
    if not ops.shape(y):
        given = [(float(p), x) for p, x in ((p, single_number(x)) for p, x in terms) if known.holds(x) and p != 0]
        return known.combine(float(y), given, like)
    made = np.empty(ops.shape(y), object)
    slopes = [np.broadcast_to(p, made.shape).ravel().tolist() for p, _ in terms]
    numbers = [np.broadcast_to(as_objects(x), made.shape).ravel().tolist() for _, x in terms]
    flat = made.reshape(-1)  # made is contiguous, so this is a view
    for k, value in enumerate(np.ravel(y).tolist()):
        pairs = [(s[k], n[k]) for s, n in zip(slopes, numbers, strict=True) if s[k] != 0 and known.holds(n[k])]
        flat[k] = known.combine(value, pairs, like)
    return made


def single_number(x: Any) -> Any:
    """The number in an array of no dimension."""
    return x[()] if isinstance(x, np.ndarray) else x


def as_objects(x: Any) -> Any:
    """A value as an array of objects."""
    if isinstance(x, np.ndarray):
        return x
    made = np.empty((), object)
    made[()] = x
    return made


def single(y: Any) -> Any:
    """A number instead of an object array of no dimension."""
    if type(y) is tuple:
        return tuple(map(single, y))
    return y[()] if type(y) is np.ndarray and not y.ndim and y.dtype == object else y
