"""The type `Dual`: a number and n partial derivatives, in registers as a vector, in memory side by side.

A dual number has a tag that says which derivative it belongs to. Duals of different derivatives nest: the one with the
smaller tag, which began later, is outside. Two of one derivative combine.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.typeconv import Conversion  # pyright: ignore[reportPrivateImportUsage]
from numba.extending import lower_cast, models, register_model


class Dual(types.Type):
    """A number and n partials of type `base`, which is a float or a dual number of an earlier derivative."""

    def __init__(self, base: Any, count: int, tag: int) -> None:
        self.base, self.count, self.tag = base, count, tag
        super().__init__(f"Dual({base}, {count}, derivative {tag})")

    @property
    def float(self) -> Any:
        """The type of the innermost number."""
        return self.base.float if isinstance(self.base, Dual) else self.base

    def unify(self, typingctx: Any, other: Any) -> Any:
        """The type of what is this at one place and another number elsewhere."""
        return joined(self, other)

    def can_convert_from(self, typingctx: Any, other: Any) -> Any:
        """Constants become duals with zero partials."""
        found = joined(self, other)
        if other == self or found is None:
            return None
        if found == self:
            return Conversion.promote
        return Conversion.unsafe if found == joined(self, types.float64) else None  # as NumPy stores wider floats

    def can_convert_to(self, typingctx: Any, other: Any) -> Any:
        """A dual number may become one of a later derivative."""
        return (
            Conversion.promote if isinstance(other, Dual) and other != self and joined(self, other) == other else None
        )


def joined(a: Any, b: Any) -> Any:
    """The type of a sum of two numbers; None where there is none."""
    if isinstance(a, Dual) and isinstance(b, Dual):
        if a.tag == b.tag:
            base = joined(a.base, b.base)
            return None if base is None or a.count != b.count else Dual(base, a.count, a.tag)
        first, second = (a, b) if a.tag < b.tag else (b, a)
        base = joined(first.base, second)
        return None if base is None else Dual(base, first.count, first.tag)
    if isinstance(b, Dual):
        a, b = b, a
    if isinstance(a, Dual):
        base = joined(a.base, b)
        return None if base is None else Dual(base, a.count, a.tag)
    if isinstance(a, types.Float):
        if isinstance(b, types.Float):
            return a if a.bitwidth >= b.bitwidth else b
        if isinstance(b, (types.Integer, types.Boolean)):
            small = isinstance(b, types.Boolean) or b.bitwidth <= 16  # pyright: ignore[reportAttributeAccessIssue]
            return a if small or a.bitwidth == 64 else types.float64
    if isinstance(b, types.Float) and isinstance(a, (types.Integer, types.Boolean)):
        return joined(b, a)
    return None


def partials_type(base_value: Any, ty: Dual) -> Any:
    """How the partials lie in registers."""
    if ty.count == 1:
        return base_value
    return ir.ArrayType(base_value, ty.count) if isinstance(ty.base, Dual) else ir.VectorType(base_value, ty.count)


@register_model(Dual)
class DualModel(models.DataModel):
    """In registers {number, partials}; in memory and between functions an array of numbers."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type)
        self.base = dmm.lookup(fe_type.base)
        inner = self.base.get_value_type()
        self.value_type = ir.LiteralStructType([inner, partials_type(inner, fe_type)])
        self.data_type = ir.ArrayType(self.base.get_data_type(), fe_type.count + 1)
        self.count, self.nested = fe_type.count, isinstance(fe_type.base, Dual)

    def get_value_type(self) -> Any:
        return self.value_type

    def get_data_type(self) -> Any:
        return self.data_type

    get_argument_type = get_data_type

    def get_return_type(self) -> Any:
        return self.value_type

    def partial(self, builder: Any, value: Any, k: int) -> Any:
        """One partial."""
        partials = builder.extract_value(value, 1)
        if self.count == 1:
            return partials
        if self.nested:
            return builder.extract_value(partials, k)
        return builder.extract_element(partials, ir.Constant(ir.IntType(32), k))

    def as_data(self, builder: Any, value: Any) -> Any:
        data = ir.Constant(self.data_type, ir.Undefined)
        parts = [builder.extract_value(value, 0), *(self.partial(builder, value, k) for k in range(self.count))]
        for k, part in enumerate(parts):
            data = builder.insert_value(data, self.base.as_data(builder, part), k)
        return data

    def from_data(self, builder: Any, data: Any) -> Any:
        parts = [self.base.from_data(builder, builder.extract_value(data, k)) for k in range(self.count + 1)]
        return self.assembled(builder, parts[0], parts[1:])

    def assembled(self, builder: Any, number: Any, partials: list[Any]) -> Any:
        """A value of its parts."""
        if self.count == 1:
            packed = partials[0]
        else:
            packed = ir.Constant(self.value_type.elements[1], ir.Undefined)
            for k, p in enumerate(partials):
                if self.nested:
                    packed = builder.insert_value(packed, p, k)
                else:
                    packed = builder.insert_element(packed, p, ir.Constant(ir.IntType(32), k))
        made = builder.insert_value(ir.Constant(self.value_type, ir.Undefined), number, 0)
        return builder.insert_value(made, packed, 1)

    as_argument = as_data
    from_argument = from_data  # pyright: ignore[reportAssignmentType]

    def as_return(self, builder: Any, value: Any) -> Any:
        return value

    def from_return(self, builder: Any, value: Any) -> Any:
        return value

    def load_from_data_pointer(self, builder: Any, ptr: Any, align: Any = None) -> Any:
        return self.from_data(builder, builder.load(ptr, align=align))


@lower_cast(types.Integer, Dual)
@lower_cast(types.Float, Dual)
@lower_cast(types.Boolean, Dual)
@lower_cast(Dual, Dual)
def to_dual(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    """A constant, or a dual number of an earlier derivative, as a dual number."""
    model = context.data_model_manager.lookup(toty)
    if isinstance(fromty, Dual) and fromty.tag == toty.tag:
        own = context.data_model_manager.lookup(fromty)
        parts = [builder.extract_value(value, 0), *(own.partial(builder, value, k) for k in range(own.count))]
        number, *partials = (context.cast(builder, p, fromty.base, toty.base) for p in parts)
        return model.assembled(builder, number, partials)
    number = context.cast(builder, value, fromty, toty.base)
    made = builder.insert_value(ir.Constant(model.value_type, ir.Undefined), number, 0)
    return builder.insert_value(made, ir.Constant(model.value_type.elements[1], None), 1)
