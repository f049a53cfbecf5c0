"""The numbers that structures of one's own store: as one vector and back, and as random directions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.construct import COORDINATES, FORMS, Form
from ..engines.elements import bare_of, structure_of


def form_inside(x: Any) -> Form | None:
    """The form of the structure of one's own that a value is, whatever engines and units are around it."""
    return structure_of(bare_of(x)) if FORMS else None


def stored_fields(x: Any, form: Form) -> list[Any]:
    """The fields that hold numbers, wrapped as the whole is; without index arrays and what is missing."""
    return [form.read[n](x) for n in form.payload if n not in form.pattern and is_there(x, form, n)]


def is_there(x: Any, form: Form, name: str) -> bool:
    """Whether a field that may be missing is there."""
    return getattr(bare_of(x), name) is not None


class Stored:
    """How a structure of one's own is looked at, as `dispatch.structures.Inside` for those of others."""

    __slots__ = ("form",)

    def __init__(self, form: Form) -> None:
        self.form = form

    def read(self, x: Any) -> Any:
        """All stored numbers as a vector; those of structures in its fields, too."""
        parts = []
        for field in stored_fields(x, self.form):
            inside = form_inside(field)
            flat = field if inside is None else Stored(inside).read(field)
            parts.append(ops.reshape(flat, shape=(-1,)))
        return parts[0] if len(parts) == 1 else ops.concatenate(tuple(parts), axis=0)

    def write(self, x: Any, numbers: Any) -> Any:
        """The structure of x round other numbers."""
        taken = 0

        def next_field(field: Any) -> Any:
            nonlocal taken
            inside = form_inside(field)
            size = count(field)
            part = ops.getitem(numbers, index=slice(taken, taken + size))
            taken += size
            if inside is not None:
                return Stored(inside).write(field, part)
            part = ops.reshape(part, shape=ops.shape(field))
            return ops.real(part) if ops.dtype(part).kind == "c" and ops.dtype(field).kind == "f" else part

        return rebuilt(x, self.form, next_field)


def count(x: Any) -> int:
    """How many numbers are stored."""
    form = form_inside(x)
    return math.prod(ops.shape(x)) if form is None else sum(map(count, stored_fields(x, form)))


def rebuilt(x: Any, form: Form, change: Callable[[Any], Any]) -> Any:
    """The structure of x with each field of numbers changed."""
    values = []
    for name in form.payload:
        if not is_there(x, form, name):
            values.append(None)
        else:
            field = form.read[name](x)
            values.append(field if name in form.pattern else change(field))
    return form.make(*values, **form.statics_of(x))


def normal_structure(x: Any, normal: Callable[[Any, np.random.Generator], Any], generator: np.random.Generator) -> Any:
    """A direction of a structure of one's own: normal numbers in each field; None for all other values."""
    if form_inside(x) is None and type(bare_of(x)) not in COORDINATES:
        return None
    one = ops.one_like(bare_of(x))  # a direction may be of another class than its primal
    form = FORMS.get(type(one))
    if form is None:
        return None

    def numbers(field: Any) -> Any:
        found = normal_structure(field, normal, generator)
        return normal(field, generator) if found is None else found

    return rebuilt(one, form, numbers)
