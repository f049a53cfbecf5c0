"""What the plugin declares when it is loaded: the layer, its rules, and unyt's operators stepping back."""

from __future__ import annotations

from typing import Any

from unyt import unyt_array

from dispatchml.dispatch import carrier, order, register_type
from dispatchml.units import declare_units

from . import methods
from .entering import install
from .system import SYSTEM

#: What leaves the call to values that belong outside, and to the carrier what belongs inside. The other operators are
#: those of ndarray, which ask `__array_ufunc__`; in place, Python then asks for the ordinary operator.
DEFER = (
    *(f"__i{name}__" for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")),
    "__eq__", "__ne__", "__array_ufunc__", "__array_function__",
)  # fmt: skip


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a class of unyt first meets an operation."""
    register_type(
        unyt_array,
        slot="meaning",
        payload=SYSTEM.magnitude,
        rebuild=rebuild,
        static=methods.STATIC,
        methods=methods.METHODS,
        setters=methods.SETTERS,
        defer=DEFER,
        carrier=("units",),
    )
    SYSTEM.quantity = (unyt_array, carrier(unyt_array))
    declare_units(unyt_array, SYSTEM)
    for outer in ("xarray:DataArray", "xarray:Dataset"):
        order(outer=outer, inner=unyt_array)
    order(outer=unyt_array, inner="numpy.ma:MaskedArray")
    install()


def rebuild(q: Any, magnitude: Any) -> Any:
    """The same units round another magnitude."""
    return SYSTEM.make(q, magnitude, q.units)
