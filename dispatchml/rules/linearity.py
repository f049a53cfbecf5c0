"""Whether the entries of a layer of one's own are linear in its fields, as tangents of its class need them to be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.construct import Form, construct_plainly
from ..dispatch.errors import RegistrationError, at_user_line, class_name
from ..dispatch.layers import layer_of
from .registry import rule_of

#: Classes whose entries were found to be linear, by one instance of each.
LINEAR: set[type] = set()
#: Classes of fields whose numbers are seen.
KINDS = (np.ndarray, np.float64, np.float32, float, type(None))
#: Entries up to which a dense equivalent is made to look at.
ENTRIES = 10_000
#: How far two sums of the same numbers may be apart, in single precision too.
TOLERANCE = 1e-3


def check_linear(form: Form, x: Any) -> None:
    """Raise where the entries of an instance show that they are not linear in its fields: a tangent of the class, with
    the tangents of the fields in it, would be a wrong one.

    Asked where nobody has given another derivative: a class that is differentiated field by field, or whose `make` has
    a rule of its own, may be anything. Nothing is said of instances that are large, or hold no plain numbers.
    """
    cls = form.cls
    if cls in LINEAR:
        return
    if form.info.materialise is None or form.info.properties.get("fieldwise") or not is_by_default(form):
        LINEAR.add(cls)
        return
    found = is_additive(form, plain_instance(x))
    if found:
        LINEAR.add(cls)
    elif found is not None:
        names = ", ".join(n for n in form.payload if n not in form.pattern)
        raise RegistrationError(
            f"{class_name(cls)} is differentiated{at_user_line()}, and its entries (materialise) are not linear in its "
            f"fields ({names}): the tangent of one would be no {cls.__name__}. Declare it with "
            f'@dispatchml.layer(slot="structure", fieldwise=True): derivatives then go through its rules, which see '
            "traced fields."
        )


def is_by_default(form: Form) -> bool:
    """Whether an instance is differentiated as one that is linear in its fields."""
    known = rule_of(form.make.info)
    return known is not None and getattr(known.jvp, "takes_linear", False)


def plain_instance(x: Any) -> Any:
    """An instance below the engines; of a batch one of its elements."""
    info = layer_of(type(x))
    while info is not None and info.slot == "transform" and info.payload is not None:
        x = info.payload(x)
        info = layer_of(type(x))
    return getattr(x, "__template__", x)


def is_additive(form: Form, x: Any) -> bool | None:
    """Whether the entries for the sum of two sets of fields are the sum of both; None where that cannot be seen."""
    if type(x) is not form.cls or any(type(getattr(x, n)) not in KINDS for n in form.payload):
        return None
    fields = {n: getattr(x, n) for n in form.payload}
    varied = [n for n, v in fields.items() if v is not None and n not in form.pattern]
    if math.prod(ops.shape(x)) > ENTRIES or any(np.asarray(fields[n]).dtype.kind not in "iufc" for n in varied):
        return None
    ones = {n: np.where(fields[n] == 0, 1, fields[n]) for n in varied}
    weights = {n: np.linspace(1.1, 1.9, v.size).reshape(v.shape) for n, v in ones.items()}
    statics = form.statics_of(x)
    known = None
    for sign in (1.0, -1.0):
        others = {n: sign * weights[n] * v for n, v in ones.items()}
        try:
            with np.errstate(all="ignore"):
                one, other, both = (
                    entries(form, {**fields, **given}, statics)
                    for given in (ones, others, {n: ones[n] + others[n] for n in varied})
                )
                size, apart = np.abs(one) + np.abs(other), np.abs(both - one - other)
        except Exception:  # a constructor that refuses other numbers, say
            continue
        if np.isfinite(size).all() and np.isfinite(apart).all() and (size.any() or apart.any()):
            known = known is not False and bool(apart.max() <= TOLERANCE * size.max())
    return known


def entries(form: Form, fields: dict[str, Any], statics: dict[str, Any]) -> Any:
    """The dense equivalent of an instance with these fields."""
    assert form.info.materialise is not None
    made = construct_plainly(form, {form.parameters[n]: v for n, v in fields.items()} | statics)
    found = np.asarray(form.info.materialise(made))
    return found if found.dtype.kind == "c" else found.astype(float)
