"""What the plugin declares when it is loaded: the layer, a rule for every operation, and pint's operators stepping
back.
"""

from __future__ import annotations

import pint

from dispatchml.units import register_quantities

from . import nesting
from .system import SYSTEM

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
    register_quantities(pint.Quantity, SYSTEM, static=nesting.STATIC, methods=nesting.METHODS, defer=DEFER)
    pint.Quantity.__new__ = nesting.construct
    pint.Quantity.__getattr__ = nesting.read_inside
    pint.Quantity.__setitem__ = nesting.write
    pint.Quantity.__rmatmul__ = nesting.matmul_reflected
    pint.Unit.__rtruediv__ = nesting.divide_by_unit
