"""Structures whose derivatives are by their fields, such as products of factors: Jacobians run over the numbers of the
fields.

The directions of such a structure are of a class of their own (`layer(coordinates=True)`), which has the structure's
fields and is no array. A Jacobian with respect to one is a direction whose fields have the axes of the output in front.
An output that is a direction is taken apart into its fields: the Hessian is a direction of directions, in which
`h.left.right[i, j, k, l]` is the second derivative by `left[i, j]` and `right[k, l]`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import attrs

from .. import ops
from ..dispatch.construct import COORDINATES, FORMS, Form, construct_plainly, form_of
from ..engines.elements import bare_of
from ..engines.traced import Traced, innermost
from .containers import NAMESPACE, is_leaf, map_leaves
from .zeros import in_units, per_unit, plain_zero, unit_of

#: Class of a structure -> whether its directions are of a class of coordinates.
KNOWN: dict[type, bool] = {}


def form_inside(x: Any) -> Form | None:
    """The form of the layer of one's own that a value is below engines and units."""
    cls = type(one_inside(x))
    return form_of(cls) if any(c in FORMS for c in cls.__mro__) else None


def one_inside(x: Any) -> Any:
    """What a value is below engines and units; of a batch one of its elements."""
    inner = bare_of(x)
    if inner is None:  # a batch of directions
        inner = innermost(x)
    return getattr(inner, "__template__", inner) if isinstance(x, Traced) else inner


def has_coordinates(x: Any) -> bool:
    """Whether derivatives by a value are by the fields of a structure."""
    if not COORDINATES:
        return False
    inner = one_inside(x)
    cls = type(inner)
    if cls in COORDINATES:
        return True
    if cls not in FORMS:
        return False
    if cls in KNOWN:
        return KNOWN[cls]
    found = type(ops.one_like(inner)) in COORDINATES
    if all(type(getattr(inner, name)) not in FORMS for name in FORMS[cls].payload):  # blocks differ by what they hold
        KNOWN[cls] = found
    return found


def one_like(x: Any) -> Any:
    """`ops.one_like`; of a structure of coordinates in units the direction of ones without them."""
    return ops.one_like(one_inside(x) if has_coordinates(x) and not is_plain_below_engines(x) else x)


def is_plain_below_engines(x: Any) -> bool:
    """Whether there are only engines around a structure, and no units."""
    return type(innermost(x)) is type(one_inside(x)) or hasattr(innermost(x), "__template__")


def fields_inside(x: Any, form: Form) -> list[Any]:
    """The fields of a structure of coordinates, wrapped as the whole is; None for one that is missing."""
    inner = one_inside(x)
    return [None if getattr(inner, n) is None else form.read[n](x) for n in form.payload]


def in_units_of(direction: Any, x: Any) -> Any:
    """A dimensionless direction with each field in the units of that of x."""
    return by_fields(in_units, direction, x)


def per_units_of(direction: Any, x: Any) -> Any:
    """A direction with each field divided by the units of that of x."""
    return by_fields(per_unit, direction, x)


def by_fields(change: Callable[[Any, Any], Any], direction: Any, x: Any) -> Any:
    """A direction with each field changed by that of x."""
    form, own = form_inside(direction), form_inside(x)
    assert form is not None
    assert own is not None
    made = []
    for d, f in zip(fields_inside(direction, form), fields_inside(x, own), strict=True):
        made.append(None if d is None else by_fields(change, d, f) if has_coordinates(f) else change(d, f))
    return form.make(*made, **form.statics_of(direction))


def zero_direction(x: Any) -> Any:
    """Zeros that x moves by, without units."""
    return plain_zero(one_inside(x) if has_coordinates(x) and not is_plain_below_engines(x) else x)


def zero_cotangent(x: Any, y: Any) -> Any:
    """The cotangent of a structure of coordinates that y does not depend on, each field in units of y / field."""
    return by_fields(lambda d, field: ops.multiply(d, ops.divide(unit_of(y), unit_of(field))), zero_direction(x), x)


class Coordinates:
    """How such a structure is looked at, as `dispatch.structures.Inside` for structures of others."""

    @staticmethod
    def read(x: Any) -> Any:
        """The numbers of all fields as a vector."""
        parts = []
        form = form_inside(x)
        assert form is not None
        for field in fields_inside(x, form):
            if field is None:
                continue
            flat = field if form_inside(field) is None else Coordinates.read(field)
            parts.append(ops.reshape(flat, shape=(-1,)))
        return ops.concatenate(tuple(parts), axis=0)

    @staticmethod
    def write(one: Any, numbers: Any) -> Any:
        """A direction round other numbers; axes in front make one with these axes in front of each field."""
        form = form_inside(one)
        assert form is not None
        taken, values = 0, []
        for field in fields_inside(one, form):
            if field is None:
                values.append(None)
                continue
            size = count_coordinates(field)
            part = ops.getitem(numbers, index=(..., slice(taken, taken + size)))
            taken += size
            if form_inside(field) is None:
                values.append(ops.reshape(part, shape=(*ops.shape(part)[:-1], *ops.shape(field))))
            else:
                values.append(Coordinates.write(field, part))
        return form.make(*values, **form.statics_of(one))

    @staticmethod
    def spread(x: Any, block: Any) -> Any:
        """A block of a Jacobian with the fields of x in place of its last axis, each per units of that field."""
        return per_units_of(Coordinates.write(one_like(x), block), x)


def count_coordinates(x: Any) -> int:
    """How many numbers a structure of coordinates has, or a field of one."""
    form = form_inside(x)
    return math.prod(ops.shape(x)) if form is None else sum(map(count_coordinates, fields_inside(x, form)))


# ---- outputs ---------------------------------------------------------------------------------------------------------


@attrs.frozen
class Apart:
    """The fields of an output that is a direction; a container, so that each of them is an output."""

    fields: tuple[Any, ...]
    form: Form

    def together(self) -> Any:
        """A direction whose fields are the derivatives of these fields."""
        fields = [f.together() if type(f) is Apart else f for f in self.fields]
        if any(isinstance(f, Traced) for f in fields):
            return self.form.make(*fields)
        names = (self.form.parameters[n] for n in self.form.payload)  # as it is: a direction may hold any other here
        return construct_plainly(self.form, dict(zip(names, fields, strict=True)))


def apart(y: Any) -> Any:
    """A direction by its fields, a matrix of coordinates as the dense array; anything else as it is."""
    if not has_coordinates(y):
        return y
    form = form_inside(y)
    assert form is not None
    if form.cls in COORDINATES:
        return Apart(tuple(map(field_apart, fields_inside(y, form))), form)
    return y.materialise() if form.info.materialise is not None else y


def field_apart(field: Any) -> Any:
    """A field of a direction by its own fields; a structured one as the dense array."""
    form = form_inside(field)
    if form is None or form.cls in COORDINATES:
        return apart(field)
    return field.materialise() if form.info.materialise is not None else field


def outputs_apart(function: Callable[..., Any], has_aux: bool) -> Callable[..., Any]:
    """A function whose outputs are taken apart."""

    @functools.wraps(function)
    def called(*arguments: Any, **keywords: Any) -> Any:
        output = function(*arguments, **keywords)
        if not COORDINATES:
            return output
        if has_aux and isinstance(output, tuple) and len(output) == 2:
            return map_leaves(apart, output[0]), output[1]
        return map_leaves(apart, output)

    return called


def outputs_together(tree: Any) -> Any:
    """A tree of blocks with the derivatives of fields in directions again."""
    if not COORDINATES or is_leaf(tree):
        return tree
    if type(tree) is Apart:
        return tree.together()
    import optree

    return optree.tree_map(
        lambda x: x.together() if type(x) is Apart else x,
        tree,
        is_leaf=lambda x: type(x) is Apart or is_leaf(x),
        namespace=NAMESPACE,
    )
