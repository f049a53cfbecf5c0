"""Every rule for every structured class, and the order among the classes. Imported once all classes are there."""

from __future__ import annotations

from typing import Any

from dispatchml import ops
from dispatchml.dispatch.errors import ShapeError, at_user_line

from . import entries, matrices, shapes, stacks
from .base import KINDS, Structure, dense, refuse
from .spaces import TANGENTS, Tangent, declare_order, install

#: Operation -> the rule that all structured matrices share.
RULES = {**entries.RULES, **matrices.RULES, **shapes.RULES}


def fields_of(x: Any, other: Any, name: str) -> tuple[Any, ...]:
    """The fields of a tangent, or of a matrix of its primal's class."""
    if isinstance(x, (type(other), other.primal)):
        return x.fields()
    refuse(name, x, other, "a direction of fields goes with matrices and directions of one class only")
    raise AssertionError("refuse raises")


def pair_of_tangents(name: str) -> Any:
    """Sums and products of tangents, field by field; a matrix plus a tangent of it is a matrix."""
    op = getattr(ops, name)

    def rule(a: Any, b: Any) -> Any:
        t = a if isinstance(a, Tangent) else b
        if not isinstance(a, Structure) or not isinstance(b, Structure):
            number = b if t is a else a
            if name in ("multiply", "strong_multiply", "divide") and ops.ndim(number) == 0 and isinstance(t, Tangent):
                return t.mapped(lambda v: op(v, number) if t is a else op(number, v))
            raise ShapeError(
                f"{name}: a direction of {t.primal.__name__} goes with numbers as factors, and with directions, not "
                f"with an array of shape {ops.shape(number)}{at_user_line()}."
            )
        first, second = (fields_of(x, t, name) for x in (a, b))
        made = [None if x is None or y is None else op(x, y) for x, y in zip(first, second, strict=True)]
        moved = name in ("add", "subtract") and not (isinstance(a, Tangent) and isinstance(b, Tangent))
        return (b if isinstance(a, Tangent) else a).like(*made) if moved else t.like(*made)

    return rule


#: What tangents share with matrices: their axes in front, their zeros and ones.
SHARED = "reshape broadcast_to expand_dims sum zeros_like one_like zeros_of ones_of".split()
TANGENT_RULES = {
    **{name: pair_of_tangents(name) for name in ("add", "subtract", "multiply", "strong_multiply", "divide")},
    **{name: entries.RULES[name] for name in ("astype", "stop_gradient")},
    **{name: shapes.RULES[name] for name in SHARED},
    **stacks.RULES,
}


def mapped(name: str) -> Any:
    """A function of each field of a tangent."""
    op = getattr(ops, name)
    return lambda a, **keywords: a.mapped(lambda v: op(v, **keywords))


TANGENT_RULES |= {name: mapped(name) for name in ("negative", "positive", "conj", "real", "imag", "astype")}


def register() -> None:
    """Declare all of it."""
    for name, rule in RULES.items():
        op = getattr(ops, name)
        for cls in KINDS:
            op.layer(cls, rule)
    for cls in TANGENTS.values():
        for name in {*RULES, *TANGENT_RULES}:
            getattr(ops, name).layer(cls, TANGENT_RULES.get(name) or matrices.no_matrix(name))
    for cls in KINDS:
        dense.layer(cls, lambda x: x.materialise())
    declare_order([*KINDS, *(TANGENTS[cls] for cls in KINDS if cls in TANGENTS)])
    install()


register()
