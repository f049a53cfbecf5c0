"""What the plugin declares when it is loaded: the layer, its rules, and astropy's operators stepping back."""

from __future__ import annotations

from typing import Any

from astropy.units import Quantity

from dispatchml.dispatch import carrier, order, register_type
from dispatchml.units import declare_units

from . import methods
from .entering import construct
from .system import SYSTEM

OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "divmod")
#: Operators and protocols that leave the call to what belongs outside, and to the carrier what belongs inside.
DEFER = (
    *(f"__{name}__" for name in OPERATORS),
    *(f"__r{name}__" for name in OPERATORS),
    *(f"__i{name}__" for name in OPERATORS if name not in ("matmul", "divmod")),
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__",
    "__array_ufunc__", "__array_function__",
)  # fmt: skip


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a class of astropy first meets an operation."""
    register_type(
        Quantity,
        slot="meaning",
        payload=SYSTEM.magnitude,
        rebuild=rebuild,
        static=methods.STATIC,
        methods=methods.METHODS,
        defer=DEFER,
        carrier=("unit",),
    )
    SYSTEM.quantity = (Quantity, carrier(Quantity))
    declare_units(Quantity, SYSTEM)
    for outer in ("xarray:DataArray", "xarray:Dataset"):
        order(outer=outer, inner=Quantity)
    order(outer=Quantity, inner="numpy.ma:MaskedArray")
    Quantity.__new__ = construct


def rebuild(q: Any, magnitude: Any) -> Any:
    """The same units round another magnitude."""
    return SYSTEM.make(q, magnitude, q.unit)
