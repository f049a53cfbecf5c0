"""What the plugin declares when it is loaded: the layer, its rules, and astropy's operators stepping back."""

from __future__ import annotations

from typing import Any

from astropy.units import Quantity

from dispatchml.dispatch import carrier, order, register_type
from dispatchml.units import declare_units

from . import functions, methods
from .entering import install
from .system import SYSTEM

#: What leaves the call to values that belong outside, and to the carrier what belongs inside. The other operators are
#: those of ndarray, which ask `__array_ufunc__`; in place, Python then asks for the ordinary operator.
DEFER = (
    *(f"__i{name}__" for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")),
    "__eq__", "__ne__", "__array_ufunc__", "__array_function__",
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
    install()
    functions.declare()


def rebuild(q: Any, magnitude: Any) -> Any:
    """The same units round another magnitude."""
    return SYSTEM.make(q, magnitude, q.unit)
