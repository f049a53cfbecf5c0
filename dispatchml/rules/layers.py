"""Derivatives of constructing a layer of one's own and of reading its fields: each is the other's transpose.

The tangent of a layer is a layer of the same class and the same static fields, whose payload fields are the tangents
of the fields; a field that says where the values are (index arrays, masks) is the primal's own.
"""

from __future__ import annotations

from typing import Any

from .. import ops
from ..dispatch.construct import FORMS, LAYER_RULES, Form
from ..dispatch.errors import NoMethodError, NoRuleError, at_user_line, class_name, describe
from ..dispatch.stacks import BARE, make_stack, needs_stack, read_stack
from .linearity import LINEAR, check_linear
from .registry import batch, rule


def declare(form: Form) -> None:
    """Both rules of `make[Layer]`, and both of each `field[Layer, name]`."""
    declare_make(form)
    for name in form.payload:
        declare_field(form, name)
    declare_batch(form)


def declare_make(form: Form) -> None:
    """make is linear in its payloads: the tangent of Diagonal(x) is Diagonal(dx), the cotangent of x is the field of
    ct.
    """
    build, fields, pattern = form.make, [form.read[n] for n in form.payload], [n in form.pattern for n in form.payload]

    @rule(build).jvp
    def make_jvp(y: Any, tangents: tuple[Any, ...], /, *payloads: Any, **statics: Any) -> Any:
        if form.cls not in LINEAR:
            check_linear(form, y)
        parts = [p if fixed else tangent_or_zero(t, p) for t, p, fixed in zip(tangents, payloads, pattern, strict=True)]
        return build(*parts, **statics)

    make_jvp.takes_linear = True  # type: ignore[attr-defined]

    @rule(build).vjp
    def make_vjp(y: Any, /, *payloads: Any, needs: tuple[bool, ...], **statics: Any) -> Any:
        if form.cls not in LINEAR:
            check_linear(form, y)

        def make_pullback(ct: Any) -> tuple[Any, ...]:
            try:
                return tuple(read(ct) if need else None for read, need in zip(fields, needs, strict=True))
            except NoMethodError:
                return tuple(
                    read(on_structure(form, y, ct)) if need else None for read, need in zip(fields, needs, strict=True)
                )

        return make_pullback


def declare_field(form: Form, name: str) -> None:
    """Reading a field is linear: the tangent is the field of the tangent, the cotangent a layer that is zero
    elsewhere.
    """
    read, build = form.read[name], form.make

    @rule(read).jvp
    def field_jvp(y: Any, tangents: tuple[Any, ...], x: Any) -> Any:
        try:
            return read(tangents[0])
        except NoMethodError:
            return read(on_structure(form, x, tangents[0]))

    field_jvp.direct = True  # type: ignore[attr-defined]

    @rule(read).vjp
    def field_vjp(y: Any, x: Any, needs: tuple[bool, ...]) -> Any:
        parts = {n: form.read[n](x) for n in form.payload if n != name}
        statics = form.statics_of(x)

        def field_pullback(ct: Any) -> tuple[Any, ...]:
            payloads = [
                ct if n == name else parts[n] if n in form.pattern else tangent_or_zero(None, parts[n])
                for n in form.payload
            ]
            return (build(*payloads, **statics),)

        return field_pullback


def declare_batch(form: Form) -> None:
    """A batch of structures is a stack; any other layer takes the batch axis of its payload as its own."""

    @batch(form.make)
    def make_batch(arguments: Any, batched: Any, size: int, /, **statics: Any) -> Any:
        values = [x if flag or x is None else repeated(x, size) for x, flag in zip(arguments, batched, strict=True)]
        return make_stack(form, values, statics) if needs_stack(form) else form.make(*values, **statics)

    make_batch.__module__ = form.cls.__module__  # a rule of the class, made on its behalf

    for name in form.payload:
        declare_field_batch(form, name)


def declare_field_batch(form: Form, name: str) -> None:
    """Reading a field of a batch."""
    read = form.read[name]

    @batch(read)
    def field_batch(arguments: Any, batched: Any, size: int) -> Any:
        (x,) = arguments
        return read_stack(form, name, x) if needs_stack(form) else read(x)

    field_batch.__module__ = form.cls.__module__


def repeated(x: Any, size: int) -> Any:
    """A field that is the same for each element of the batch."""
    form = FORMS.get(type(x))
    if form is not None and form.info.properties.get("stacks"):
        fields = (getattr(x, name) for name in form.payload)
        return form.make(*(None if f is None else repeated(f, size) for f in fields), **form.statics_of(x))
    shape = ops.shape(x)
    return ops.broadcast_to(ops.reshape(x, shape=(1, *shape)), shape=(size, *shape))


def tangent_or_zero(tangent: Any, primal: Any) -> Any:
    """The tangent of a field; zero for a constant, nothing for a field that is missing."""
    if tangent is not None or primal is None:
        return tangent
    return ops.zeros_like(primal)


def on_structure(form: Form, y: Any, ct: Any) -> Any:
    """A derivative that came back as something else, such as a dense array, brought to the layer by its class's
    `project`.
    """
    if not callable(getattr(form.cls, "project", None)):
        raise NoRuleError(
            f"The derivative of {class_name(form.cls)} is {describe(ct)}{at_user_line()}, and the class does not say "
            "which part of "
            f"it belongs to its fields. Write a method project(self, dense) of {form.cls.__name__} that gives a "
            f"{form.cls.__name__}, or give the operation between them a rule for the layer."
        )
    (bare,) = BARE
    return bare(y, form).project(ct)


LAYER_RULES.append(declare)
