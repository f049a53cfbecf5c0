"""What the plugin declares when it is loaded: the layer, its rules, and unyt's operators stepping back."""

from __future__ import annotations

from typing import Any

from unyt import unyt_array

from dispatchml.dispatch import carrier, order, register_type
from dispatchml.units import declare_units

from . import methods
from .entering import install
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
    """Declare everything. Called once, by dispatchml, when a class of unyt first meets an operation."""
    register_type(
        unyt_array,
        slot="meaning",
        payload=SYSTEM.magnitude,
        rebuild=rebuild,
        static=methods.STATIC,
        methods=methods.METHODS,
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
