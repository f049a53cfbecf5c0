"""What the plugin declares when it is loaded: the layer, its rules, and the doors of numpy.ma."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import dressing, order, register_type, transparent

from . import doors, elementwise, methods, products, reductions, shapes, views
from .parts import (
    NOMASK,
    MaskedArray,
    attach,
    attach_again,
    data_of,
    data_of_masked,
    emptied,
    made,
    mask,
    mask_array,
    mask_of,
    mask_of_masked,
    put_together,
    read_data,
    statics_of,
    united,
    unmasked,
)

OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "pow")
#: Operators of numpy.ma that leave the call to a value that belongs outside a masked array.
DEFER = (
    *(f"__{name}__" for name in OPERATORS),
    *(f"__r{name}__" for name in OPERATORS),
    *(f"__i{name}__" for name in OPERATORS),
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__",
)  # fmt: skip
#: What gives numbers a meaning, outside of which of them are there.
OUTSIDE = ("xarray:DataArray", "xarray:Variable", "pint:Quantity", "astropy.units:Quantity", "unyt:unyt_array")


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a masked array first meets an operation."""
    register_type(
        MaskedArray,
        slot="meaning",
        payload=lambda x: x._data,
        rebuild=rebuild,
        static=methods.STATIC,
        methods=methods.METHODS | doors.METHODS,
        setters=views.SETTERS,
        numbers=views.DATA,
        defer=DEFER,
        carrier=("mask", "fill_value", "hardmask"),
        holds=lambda payload: type(payload) is np.ndarray,
        opaque="its functions decide by masks that NumPy's class computes",
    )
    for name, rule in rules().items():
        getattr(ops, name).layer(MaskedArray, rule)
    read_data.layer(MaskedArray, data_of_masked)
    mask_of.layer(MaskedArray, mask_of_masked)
    attach.layer(MaskedArray, attach_again)
    transparent(MaskedArray, read=None, write=None, spread=None, project=project, tangent=project, leave=lambda x: x)
    dressing(MaskedArray, bare=data_of, again=rewrite, block=block)
    for name in OUTSIDE:
        order(outer=name, inner=MaskedArray)
    doors.install()


def rebuild(x: Any, payload: Any) -> Any:
    """The same mask round other data; the constant `masked` has no other data."""
    if x is np.ma.masked:
        return x
    return attach(payload, mask_of_masked(x), **statics_of(x))


def rewrite(x: Any, numbers: Any) -> Any:
    """The same mask round numbers that may be traced."""
    return attach(numbers, mask(x), **statics_of(x))


def project(x: Any, ct: Any) -> Any:
    """A cotangent under the mask of its primal."""
    if type(x) is MaskedArray and type(ct) is MaskedArray and ct.ndim and ct.shape == x.shape and x._mask is not NOMASK:
        return put_together(unmasked(ct._data, x._mask, ct._mask), x._mask, **statics_of(x))
    return attach(emptied(ct), mask(x), **statics_of(x))


def block(found: Any, y: Any, x: Any) -> Any:
    """A block of a Jacobian is masked where output or input are."""
    rows, columns = mask(y), mask(x)
    if rows is NOMASK and columns is NOMASK:
        return attach(found, NOMASK) if ops.ndim(found) else found
    if rows is not NOMASK:
        rows = ops.reshape(mask_array(y), shape=(*ops.shape(y), *(1,) * ops.ndim(x)))
    both = united(rows, columns if columns is NOMASK else mask_array(x))
    return made(found, both if ops.shape(both) == ops.shape(found) else ops.broadcast_to(both, shape=ops.shape(found)))


def rules() -> dict[str, Any]:
    """Operation name -> rule."""
    found: dict[str, Any] = {}
    for room in (reductions, shapes, products):
        for maker, names in room.TABLES.items():
            for name in names.split():
                found[name] = maker(getattr(ops, name))
        found.update(room.PARTICULAR)
    for name in elementwise_names():
        if name not in found:
            found[name] = elementwise.elementwise(getattr(ops, name))
    found.update(elementwise.PARTICULAR)
    return found


def elementwise_names() -> list[str]:
    """The elementwise operations that are no compositions of others."""
    found = []
    for name in dir(ops):
        info = getattr(getattr(ops, name), "info", None)
        if getattr(info, "name", "") == name and info.family == "elementwise" and info.decomposition is None:
            found.append(name)
    return found
