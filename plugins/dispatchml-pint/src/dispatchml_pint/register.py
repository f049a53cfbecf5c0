"""What the plugin declares when it is loaded: the layer, a rule for every operation, and pint's operators stepping
back.
"""

from __future__ import annotations

from typing import Any

import pint

from dispatchml import ops
from dispatchml.dispatch import register_type

from . import nesting
from .particular import PARTICULAR
from .tables import families
from .units import quantity

OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
#: Operators and protocols of pint that leave the call to a value that belongs outside a quantity.
DEFER = (
    *(f"__{name}__" for name in OPERATORS),
    *(f"__i{name}__" for name in OPERATORS if name != "matmul"),
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__",
    "__array_ufunc__", "__array_function__",
)  # fmt: skip


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a class of pint first meets an operation."""
    register_type(
        pint.Quantity,
        slot="meaning",
        payload=payload,
        rebuild=rebuild,
        static=nesting.STATIC,
        methods=nesting.METHODS,
        defer=DEFER,
    )
    for name, rule in rules().items():
        op = getattr(ops, name, None)
        if op is not None:  # an older dispatchml may lack an operation
            op.layer(pint.Quantity, rule(op) if name not in PARTICULAR else rule)
    nesting.attach.layer(pint.Quantity, nesting.attach_quantity)
    nesting.convert.layer(pint.Quantity, nesting.convert_quantity)
    nesting.magnitude.layer(pint.Quantity, nesting.magnitude_of_quantity)
    accept_units()
    pint.Quantity.__new__ = nesting.construct
    pint.Quantity.__getattr__ = nesting.read_inside
    pint.Quantity.__setitem__ = nesting.write
    pint.Unit.__rtruediv__ = nesting.divide_by_unit


def payload(q: Any) -> Any:
    """What a quantity wraps."""
    return q._magnitude


def rebuild(q: Any, magnitude: Any) -> Any:
    """The same units round another magnitude."""
    return quantity(q, magnitude, q._units)


def rules() -> dict[str, Any]:
    """Operation name -> rule, or for the families what makes it."""
    return {**families(), **PARTICULAR}


def accept_units() -> None:
    """Units as operands of a product: what is left of `x * unit` inside a transform."""

    def as_quantity(x: Any) -> Any:
        return 1 * x if isinstance(x, pint.Unit) else x

    for op in (ops.multiply, ops.divide):

        def with_unit(a: Any, b: Any, op: Any = op) -> Any:
            return op(as_quantity(a), as_quantity(b))

        for hints in ((object, pint.Unit), (pint.Unit, object), (pint.Unit, pint.Unit)):
            op.register(*hints)(with_unit)
