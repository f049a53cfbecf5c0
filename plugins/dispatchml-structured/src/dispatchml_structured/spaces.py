"""Tangents and cotangents of structured matrices: the derivative rules of making one and of reading its fields.

Where the entries are linear in the fields, tangents and cotangents are matrices of the same class, and cotangents pair
with tangents as matrices do: `dm.inner(G, dX)` is the sum of Re(conj(G) * dX) over all entries. A field of which w
entries are made has w times the cotangent of one entry; `weights` says what w is. So the gradient with respect to a
Toeplitz matrix is the mean of the dense gradient along each diagonal, and with respect to a Symmetric one (g + g^T)/2.

Where they are not (low rank, Kronecker), tangents and cotangents are a `Tangent`: one number for each number of the
fields, which adds field by field and pairs with others so.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import LAYER_RULES, field, layer_of, make
from dispatchml.dispatch.errors import NoMethodError, NonDifferentiableError, at_user_line, describe
from dispatchml.rules import beside, rule

from .base import Structure, dense

__all__ = ["Tangent", "declare_order", "tangent_class"]

#: Layers that the fields of a tangent may be wrapped in, each in its own: directions of factors have different units.
UNITS = ("pint:Quantity", "astropy.units:Quantity", "unyt:unyt_array", "unyt:unyt_quantity")
#: Arrays that meet structured matrices as dense ones do.
SPARSE = (
    "dispatchml_sparse.numbers:Stacked", "sparse:COO", "sparse:GCXS", "scipy.sparse:csr_array",
    "scipy.sparse:csc_array", "scipy.sparse:coo_array", "scipy.sparse:bsr_array", "scipy.sparse:dia_array",
)  # fmt: skip
#: Tangents of the classes whose entries are not linear in the fields.
TANGENTS: dict[type, type] = {}


class Tangent(Structure):
    """A direction in which the fields of a structured matrix move, or a gradient with respect to them.

    It has the fields of its primal and is no matrix: x + t moves the fields, a * t + b * u and `dm.inner(t, u)` act
    field by field, and everything else raises. `primal` is the class of its primal.
    """

    __slots__ = ()
    primal: type


def tangent_class(cls: type) -> type:
    """The class of tangents of a structured class; fields and shape are those of the primal."""
    names = cls.payload_names  # type: ignore[attr-defined]
    optional_array = dm.Array | None
    body: dict[str, Any] = {
        "__annotations__": {n: optional_array if "None" in str(cls.__annotations__[n]) else dm.Array for n in names},
        "__doc__": f"A direction of {cls.__name__}.",
    }
    body.update({n: attrs.field() for n in names})
    body.update(
        shape=property(cls.shape.fget),  # type: ignore[attr-defined]
        dtype=property(cls.dtype.fget),  # type: ignore[attr-defined]
        fields=lambda self: tuple(getattr(self, n) for n in names),
        like=lambda self, *fields: made(*fields),
        primal=cls,
        payload_names=names,
        cores=cls.cores,
        __module__=cls.__module__,
        __qualname__=f"{cls.__name__}Tangent",
    )
    made: Any = attrs.frozen(eq=False, slots=False)(type(f"{cls.__name__}Tangent", (Tangent,), body))
    TANGENTS[cls] = dm.layer(slot="meaning", coordinates=True)(made)
    for unit in UNITS:
        dm.order(outer=made, inner=unit)
    return made


# ---- rules of make and field -----------------------------------------------------------------------------------------


def declare(form: Any) -> None:
    """The rules of one class, in place of those that every layer gets."""
    cls = form.cls
    if issubclass(cls, Structure) and not issubclass(cls, Tangent):
        (declare_linear if cls.is_linear else declare_factored)(form)


def or_zero(tangent: Any, primal: Any) -> Any:
    """The tangent of a field; zeros for a constant, nothing for a block that is not there."""
    return tangent if tangent is not None or primal is None else no_direction(primal)


def no_direction(x: Any) -> Any:
    """The zero of what a field moves in: of a product of factors a Tangent, of anything else one of its kind."""
    inner = structure_inside(x)
    cls = type(inner)
    if cls not in TANGENTS or cls.is_linear and not has_factors(inner):
        return ops.zeros_like(x)
    fields = (None if getattr(inner, n) is None else field[cls, n](x) for n in cls.payload_names)
    return make[TANGENTS[cls]](*(None if v is None else no_direction(v) for v in fields))


def has_factors(x: Any) -> bool:
    """Whether a matrix is a product of factors, or of blocks of which one is."""
    inner = structure_inside(x)
    if inner is None:
        return False
    return not inner.is_linear or inner.holds_matrices and any(map(has_factors, inner.fields()))


def structure_inside(x: Any) -> Any:
    """The structured matrix below what is round it; None where there is none."""
    while not isinstance(x, Structure):
        info = layer_of(type(x))
        if info is None or info.payload is None:
            return None
        x = x.__template__ if hasattr(x, "__template__") else info.payload(x)  # a batch: all are of one kind
        x = x[0] if type(x) is tuple and x else x
    return x


def fields_of(form: Any, x: Any) -> list[Any]:
    """The fields of a matrix, which may be inside of other layers; None for a block that is not there."""
    inner = structure_inside(x)
    return [None if getattr(inner, n) is None else form.read[n](x) for n in form.payload]


def all_shapes(payloads: Any) -> tuple[Any, ...]:
    """The shapes of the fields, None for a block that is not there."""
    return tuple(None if p is None else ops.shape(p) for p in payloads)


def declare_linear(form: Any) -> None:
    """Both modes, in the pairing of matrices."""
    cls, build, names = form.cls, form.make, form.payload

    def entries(x: Any, shapes: Any, statics: Any) -> tuple[Any, ...]:
        """The fields of a tangent or cotangent, which may be dense."""
        if not cls.reads_dense:
            for owner in (cls, *(TANGENTS[c] for c in (cls,) if c in TANGENTS)):
                try:
                    return tuple(None if s is None else field[owner, n](x) for n, s in zip(names, shapes, strict=True))
                except NoMethodError:
                    pass
        return cls.entries(x, shapes, **statics)

    @rule(build, replace=True).jvp
    def make_jvp(y: Any, tangents: tuple[Any, ...], /, *payloads: Any, **statics: Any) -> Any:
        return direction(form, tuple(map(or_zero, tangents, payloads)), cls.tangent_statics(**statics))

    @rule(build).vjp
    def make_vjp(y: Any, /, *payloads: Any, needs: tuple[bool, ...], **statics: Any) -> Any:
        shapes = all_shapes(payloads)

        def make_pullback(ct: Any) -> tuple[Any, ...]:
            found = entries(ct, shapes, statics)
            weights = cls.weights(shapes, **statics)
            return tuple(
                None if not need else g if w is None else ops.multiply(g, weight_like(w, g))
                for need, g, w in zip(needs, found, weights, strict=True)
            )

        return make_pullback

    for position, name in enumerate(names):
        declare_field(form, position, name, entries)


def weight_like(w: Any, x: Any) -> Any:
    """Weights in the precision of what they multiply; they are whole numbers, and exact ones beside objects."""
    kind = ops.dtype(x).kind
    if kind == "O":
        return np.asarray(w).astype(np.int64).astype(object)[()]
    return beside(np.asarray(w, np.dtype(f"f{max(ops.dtype(x).itemsize // (1 + (kind == 'c')), 2)}")), x)


def declare_field(form: Any, position: int, name: str, entries: Any) -> None:
    """Reading a field of a linear class."""
    cls, read = form.cls, form.read[name]

    @rule(read, replace=True).jvp
    def field_jvp(y: Any, tangents: tuple[Any, ...], x: Any) -> Any:
        payloads = fields_of(form, x)
        return entries(tangents[0], all_shapes(payloads), form.statics_of(x))[position]

    field_jvp.direct = not cls.reads_dense  # type: ignore[attr-defined]

    @rule(read).vjp
    def field_vjp(y: Any, x: Any, needs: tuple[bool, ...]) -> Any:
        payloads = fields_of(form, x)
        statics = form.statics_of(x)

        def field_pullback(ct: Any) -> tuple[Any, ...]:
            w = cls.weights(all_shapes(payloads), **statics)[position]
            if w is not None:
                divided = ops.divide(ct, weight_like(np.where(w == 0, 1, w), ct))
                ct = ops.where_or_zero(w != 0, divided) if np.any(w == 0) else divided
            here = payloads[position]
            parts = [ct if k == position else no_cotangent(p, here, ct) for k, p in enumerate(payloads)]
            return (direction(form, parts, cls.tangent_statics(**statics)),)

        return field_pullback


def direction(form: Any, parts: Any, statics: dict[str, Any]) -> Any:
    """A tangent or cotangent of a linear class: one of the class, or of blocks of which one has a Tangent a Tangent."""
    if form.cls in TANGENTS and any(isinstance(structure_inside(p), Tangent) for p in parts):
        return make[TANGENTS[form.cls]](*parts)
    return form.make(*parts, **statics)


def declare_factored(form: Any) -> None:
    """Both modes, field by field."""
    cls, build, names = form.cls, form.make, form.payload

    def parts(x: Any, payloads: Any, may_be_dense: bool) -> tuple[Any, ...]:
        """The fields of a tangent or cotangent: of a Tangent, of the class itself, or of a dense cotangent."""
        for owner in (TANGENTS[cls], cls):
            try:
                return tuple(field[owner, n](x) for n in names)
            except NoMethodError:
                continue
        if may_be_dense:
            return cls.pull_dense(dense(x), *payloads)
        raise NonDifferentiableError(
            f"{describe(x)} is no direction of a {cls.__name__}{at_user_line()}: its entries are not linear in its "
            f"fields. Give {cls.__name__}Tangent or {cls.__name__} round the directions of the fields, or "
            "differentiate with respect to the fields."
        )

    carry_unit(form)

    @rule(build, replace=True).jvp
    def make_jvp(y: Any, tangents: tuple[Any, ...], /, *payloads: Any) -> Any:
        return make[TANGENTS[cls]](*with_unit_in_front(map(or_zero, tangents, payloads), payloads))

    @rule(build).vjp
    def make_vjp(y: Any, /, *payloads: Any, needs: tuple[bool, ...]) -> Any:
        def make_pullback(ct: Any) -> tuple[Any, ...]:
            found = with_unit_in_front(parts(ct, payloads, True), payloads)
            return tuple(g if need else None for g, need in zip(found, needs, strict=True))

        return make_pullback

    for position, name in enumerate(names):
        declare_factor(form, position, name, parts)


def declare_factor(form: Any, position: int, name: str, parts: Any) -> None:
    """Reading a field of a class that is not linear."""
    cls, read = form.cls, form.read[name]

    @rule(read, replace=True).jvp
    def factor_jvp(y: Any, tangents: tuple[Any, ...], x: Any) -> Any:
        return parts(tangents[0], (), False)[position]

    @rule(read).vjp
    def factor_vjp(y: Any, x: Any, needs: tuple[bool, ...]) -> Any:
        payloads = fields_of(form, x)

        def factor_pullback(ct: Any) -> tuple[Any, ...]:
            here = payloads[position]
            found = [ct if k == position else no_cotangent(p, here, ct) for k, p in enumerate(payloads)]
            return (make[TANGENTS[cls]](*found),)

        return factor_pullback


# ---- units -----------------------------------------------------------------------------------------------------------


def carry_unit(form: Any) -> None:
    """A product of factors with units is a matrix in the product of the units, which its last factor does not carry."""
    last = form.read[form.payload[-1]]
    construct, read = form.make.info.layer_default, last.info.layer_default

    def is_unit(top: Any) -> bool:
        return top.slot == "meaning" and not issubclass(top.cls, Tangent)

    form.make.info.layer_default = lambda top: (
        (lambda *payloads: in_product_of_units(form, top, payloads)) if is_unit(top) else construct(top)
    )
    last.info.layer_default = lambda top: (lambda x: last(top.payload(x))) if is_unit(top) else read(top)


def in_product_of_units(form: Any, top: Any, payloads: tuple[Any, ...]) -> Any:
    """A matrix of factors of which some carry a unit: the numbers inside, the product of the units outside."""
    carried = [layer_of(type(p)) is top for p in payloads]
    if not top.properties.get("uniform"):
        raise NoMethodError(
            f"{form.cls.__name__} of {describe(payloads)}{at_user_line()}: it is not known what {top.cls.__name__} "
            "means for a product of factors. Put it round the matrix."
        )
    numbers = [top.payload(p) if c else p for p, c in zip(payloads, carried, strict=True)]
    units = [ops.ones_of(p, shape=()) if c else 1 for p, c in zip(payloads, carried, strict=True)]
    product = ops.multiply(*units[-2:])
    if len(payloads) == 2:
        return ops.multiply(form.make(*numbers), product)
    brought = ops.add(ops.multiply(units[0], 0), product)  # in the unit of the diagonal; raises where there is none
    factor = top.payload(brought) if layer_of(type(brought)) is top else brought
    first, left, right = numbers
    return ops.multiply(form.make(first, ops.multiply(left, factor), right), units[0])


def no_cotangent(x: Any, other: Any, ct: Any) -> Any:
    """The zero cotangent of a factor beside another one with its cotangent: in units of ct * other / x."""
    if x is None:
        return None
    zero = no_direction(x)
    if all(is_without_unit(v) for v in (x, other, ct)):
        return zero
    one, unit = ops.ones_of(x, shape=()), ops.multiply(ops.ones_of(ct, shape=()), ops.ones_of(other, shape=()))
    return ops.multiply(ops.divide(zero, one), ops.divide(unit, one))


def is_without_unit(x: Any) -> bool:
    """Whether a value is a plain or traced array or a structured matrix of these."""
    while isinstance(x, Structure):
        x = next(f for f in x.fields() if f is not None)
    info = layer_of(type(x))
    while info is not None and info.slot == "transform":
        x = info.payload(x)  # type: ignore[misc]
        info = layer_of(type(x))
    return info is None or info.slot != "meaning"


def with_unit_in_front(found: Any, payloads: Any) -> tuple[Any, ...]:
    """Tangents and cotangents of factors from those that are read of the product, whose first factor has the unit of
    both, or to them: a tangent gains, and a cotangent regains, the unit that the last factor has given away.
    """
    found = tuple(found)
    info = layer_of(type(payloads[-1]))
    if info is None or info.slot != "meaning":
        return found
    unit = ops.ones_of(payloads[-1], shape=())
    *others, first, last = found
    return (*others, ops.multiply(first, unit), ops.divide(last, unit))


# ---- who holds whom --------------------------------------------------------------------------------------------------


def declare_order(kinds: list[type]) -> None:
    """The classes from the inside out, and the refusal to hold one that belongs outside."""
    for name in SPARSE:  # a product with one is the rule of a structured matrix on it, as on a dense array
        dm.order(outer=kinds[0], inner=name)
    for inner, outer in zip(kinds, kinds[1:], strict=False):
        dm.order(outer=outer, inner=inner)
    for k, inner in enumerate(kinds):
        for outer in kinds[k + 1 :]:
            refuse_inside(inner, outer)


def refuse_inside(inner: type, outer: type) -> None:
    """A matrix cannot be a field of one that belongs inside it, and its payload is none of the other's."""

    @make[inner].layer(outer)
    def cannot_hold(*payloads: Any, **statics: Any) -> Any:
        raise NoMethodError(
            f"{inner.__name__} cannot hold a {outer.__name__}{at_user_line()}: it may hold dense arrays"
            + (" and what is simpler than itself. " if inner.holds_matrices else ". ")  # type: ignore[attr-defined]
            + "Write x.materialise() for the dense array."
        )

    for owner, other in ((inner, outer), (outer, inner)):
        for name in owner.payload_names:  # type: ignore[attr-defined]
            refuse_reading(owner, name, other)


def refuse_reading(owner: type, name: str, other: type) -> None:
    """A field of one class is none of another's."""

    @field[owner, name].layer(other)
    def cannot_read(x: Any) -> Any:
        raise NoMethodError(f"A {other.__name__} has no field {name!r} of a {owner.__name__}{at_user_line()}.")


def install() -> None:
    """Replace the rules of every structured class; called when all are there."""
    LAYER_RULES.append(declare)
