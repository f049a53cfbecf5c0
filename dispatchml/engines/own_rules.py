"""Rules of one's own structures at once: which rule a call has is found once, and fields cost no operation.

What a traced structure was built of is its field; below one derivative it is taken apart and put together field by
field. Everything else (batches, units, labels, several levels that meet) goes the long way of `elements`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.construct import FORMS, Form, construct_plainly
from ..dispatch.insides import inside_of, made_of
from ..dispatch.lattice import outermost
from ..dispatch.operation import FORGETTING, Operation
from ..dispatch.parts import ENGINE, Part
from ..dispatch.resolve import find_method
from ..dispatch.stacks import is_structure
from ..rules.linearity import LINEAR, check_linear
from ..rules.registry import rule_of
from .forward import Dual, dual
from .provider import TRACED
from .tape import PLAIN
from .views import as_part, current


def below_derivatives(x: Any) -> Any:
    """What is below derivatives; an engine's own where a batch is in between."""
    while type(x) in TRACED and not x._hides_axis:
        x = x._value
    return x


def rule_at_once(op: Operation, classes: tuple[type, ...], arguments: tuple[Any, ...]) -> Callable[..., Any] | None:
    """The rule of the outermost structure for arguments that are structures of one's own, which go through their own
    rules, and plain ones; None for all others.
    """
    own = [cls for cls in classes if cls not in PLAIN]
    if not own or not all(cls in FORMS and is_structure(FORMS[cls]) for cls in own):
        return None
    if not any(FORMS[cls].info.properties.get("fieldwise") for cls in own):
        return None
    if find_method(op, classes, arguments) is not None:
        return None
    top = outermost(tuple(own))
    assert top is not None
    mine = next(cls for cls in own if issubclass(cls, top.cls))
    return next((op.layers[c] for c in mine.__mro__ if c in op.layers), None)


# ---- fields ----------------------------------------------------------------------------------------------------------


def field_at_once(x: Any, form: Form, name: str) -> Any:
    """A field of a traced structure without an operation; None where it takes one."""
    if not is_direct(form):
        return None
    if x._base is not None:
        current(x)
        base = x._base
        if base is not None and base[1] is form.part and type(base[0]) is type(x):
            return base[0]
    cls = form.cls
    part = inside_of(x, lambda v: plain_field(v, cls, name), lambda dv: plain_field(dv, cls, name))
    if part is not None and (len(form.payload) == 1 or type(x) is Dual):
        return part
    if len(form.payload) > 1:
        return None
    found = form.read[name](x)
    if x._base is None:
        made_of(x, found)
    return found


def plain_field(x: Any, cls: type, name: str) -> Any:
    """A field of a structure of plain numbers."""
    found = getattr(x, name) if type(x) is cls else None
    return found if type(found) is np.ndarray else None


def is_direct(form: Form) -> bool:
    """Whether the fields of a tangent are the tangents of the fields, as the rules of reading say of themselves."""
    known = DIRECT.get(form)
    if known is None:
        rules = [rule_of(read.info) for read in form.read.values()]
        known = DIRECT[form] = all(r is not None and getattr(r.jvp, "direct", False) for r in rules)
    return known


#: The answers; forgotten when a layer is declared.
DIRECT: dict[Form, bool] = {}
FORGETTING.append(DIRECT.clear)


# ---- construction ----------------------------------------------------------------------------------------------------


def build_at_once(form: Form, payload: Any) -> Any:
    """A structure of one field, and of nothing else, round a dual number of plain arrays; None for everything else."""
    if type(payload) is not Dual or payload._level.state or not is_direct(form):
        return None
    x, dx = current(payload), payload._partials
    if type(x) is not np.ndarray or type(dx) is not np.ndarray or x.shape != dx.shape or x.dtype != dx.dtype:
        return None
    (name,) = form.payload
    parameter = form.parameters[name]
    y = construct_plainly(form, {parameter: x})
    if getattr(y, name) is not x:
        return None
    if form.cls not in LINEAR:
        check_linear(form, y)
    if form.is_alone:  # numbers of the same shape and dtype, which the constructor has just taken as they are
        dy = object.__new__(form.cls)
        object.__setattr__(dy, name, dx)
    else:
        dy = construct_plainly(form, {parameter: dx})
    return as_part(dual(y, dy, payload._level), payload, form.part)


def part_of_form(form: Form) -> Part:
    """A structure of one field and of nothing else as a view of the array that it was built of."""
    (read,) = form.read.values()
    return Part(lambda x: form.make(x), lambda x, new: read(new), aligned=False)


ENGINE.update(at_once=build_at_once, part=part_of_form)
