"""The numbers of traced sparse arrays without an operation: what the array was made of is at hand.

A rule takes arrays apart, computes on their numbers and puts the result on a pattern. Of a chain of rules only the
arithmetic is recorded, and the array at the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml.dispatch import inside_of, is_traced, layer_of, made_of, put_around

from .foreign import put_together, take_apart
from .numbers import Stacked, assemble, is_foreign, values
from .pattern import Pattern

#: Numbers without axes.
NUMBERS = frozenset({float, int, complex, *(np.dtype(c).type for c in "efdgFDGbhilqBHILQ")})


def read_numbers(x: Any, pattern: Pattern) -> Any:
    """The stored numbers of a sparse array that has this very pattern, traced where it is; a vector."""
    if not is_traced(x):
        return values(x, pattern=pattern)

    def tangent(dx: Any) -> Any:
        return numbers_on(dx, pattern.zero)

    found = inside_of(x, lambda v: numbers_on(v, pattern), tangent)
    if found is not None:
        return found
    found = values(x, pattern=pattern)
    if plain_array(x) is not None:
        made_of(x, found)
    return found


def numbers_on(x: Any, pattern: Pattern) -> Any:
    """The numbers of an array that stores the places of a pattern in its order; None where it does not."""
    if is_traced(x):
        return None if plain_array(x) is None else read_numbers(x, pattern)
    if not is_foreign(type(x)):
        return None
    data, own = take_apart(x)
    if own is pattern:
        return data
    return data if own.kind == pattern.kind and own.fill == pattern.fill and own.same_places(pattern) else None


def put_on(numbers: Any, pattern: Pattern) -> Any:
    """The sparse array of numbers on a pattern, traced where they are."""
    if not is_traced(numbers):
        return assemble(numbers, pattern=pattern)
    made = put_around(numbers, lambda y: on_pattern(y, pattern), lambda dy: on_pattern(dy, pattern.zero))
    if made is not None:
        return made
    made = assemble(numbers, pattern=pattern)
    inner = plain_array(made)
    return made if inner is None or take_apart(inner)[1] is not pattern else made_of(made, numbers)


def on_pattern(y: Any, pattern: Pattern) -> Any:
    """A vector of numbers on a pattern; None for what is no vector of as many."""
    if type(y) is np.ndarray:
        return put_together(y, pattern) if y.shape == (pattern.nnz,) else None
    return put_on(y, pattern) if is_traced(y) and not y._hides_axis else None


def plain_array(x: Any) -> Any:
    """The sparse array of plain numbers below all derivatives; None for a batch, a quantity and everything else."""
    while is_traced(x):
        if x._hides_axis:
            return None
        x = layer_of(type(x)).payload(x)  # type: ignore[union-attr]
    cls = type(x)
    return x if cls is not Stacked and is_foreign(cls) else None


def is_number(x: Any) -> bool:
    """Whether a value is a number without axes, traced perhaps, and not one of a batch."""
    while is_traced(x):
        if x._hides_axis:
            return False
        x = layer_of(type(x)).payload(x)  # type: ignore[union-attr]
    return type(x) in NUMBERS
