"""xarray's methods and attributes on traced labelled arrays: its own code runs on the opened array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dispatchml import ops, primal
from dispatchml.dispatch import layer_of
from dispatchml.dispatch.errors import at_user_line

from . import views
from .indexing import write
from .labels import DataArray, LabelError, innermost, is_traced, labels_of, levels_of, unlabel
from .opening import Loc, run

#: Methods that leave for another library, a file or a picture: a derivative does not follow.
LEAVING = frozenset(
    """
    as_numpy chunk close compute convert_calendar curvefit from_dict from_iris from_series interp_calendar load
    load_async
    map_blocks persist plot query rank set_close to_dask_dataframe to_dataframe to_dict to_index to_index_variable
    to_iris to_masked_array to_netcdf to_numpy to_pandas to_series to_zarr unify_chunks tolist
    """.split()
)
#: What the engines answer themselves.
ENGINES = frozenset("dtype item nbytes ndim shape size".split())


def leaving(name: str) -> Callable[..., Any]:
    """A method that a traced value does not have."""

    def refused(x: Any, /, *_: Any, **__: Any) -> Any:
        raise LabelError(
            f"x.{name} of a traced labelled array{at_user_line()} would leave its derivative behind. Use "
            "dispatchml.primal(x) for the plain array, or x.data for the traced numbers."
        )

    refused.__name__ = name
    return refused


def by_xarray(name: str) -> Callable[..., Any]:
    """A method or attribute of xarray."""

    def called(x: Any, /, *arguments: Any, **keywords: Any) -> Any:
        return run(lambda d, /, *a, **k: getattr(d, name)(*a, **k), x, *arguments, **keywords)

    called.__name__ = name
    return called


def attribute(name: str) -> Callable[..., Any]:
    """What is read without a call."""

    def read(x: Any) -> Any:
        return run(lambda d: getattr(d, name), x)

    read.__name__ = name
    return read


def data(x: Any) -> Any:
    """x.data: the numbers, with whatever is inside the labels."""
    return unlabel(x, labels=labels_of(x)[0])


def values(x: Any) -> Any:
    """x.values: plain numbers."""
    found = data(x)
    inner = found
    while is_traced(inner):
        inner = layer_of(type(inner)).payload(inner)  # type: ignore[union-attr]
    if layer_of(type(inner)) is not None:
        raise LabelError(
            f"x.values of a traced labelled {type(inner).__name__}{at_user_line()} would lose what it carries. Take "
            "x.data, which keeps it."
        )
    return found


def copy(x: Any, deep: bool = True, data: Any = None) -> Any:
    """x.copy()."""
    if data is not None:
        return run(lambda d, data: d.copy(deep=deep, data=data), x, data)
    return ops.positive(x) if deep else ops.getitem(x, index=Ellipsis)


#: Methods whose code takes no traced numbers, and what does the same.
INSTEAD = {
    "rolling_exp": "Write it as a recursion, or as xarray.dot with the weights.",
}


def unsupported(name: str, instead: str) -> Callable[..., Any]:
    """A method that cannot run on traced numbers."""

    def refused(x: Any, /, *_: Any, **__: Any) -> Any:
        raise LabelError(f"x.{name}() of a traced labelled array{at_user_line()} takes no traced numbers. {instead}")

    refused.__name__ = name
    return refused


def sortby(x: Any, /, variables: Any, ascending: bool = True) -> Any:
    """x.sortby(...): an order has no derivative."""
    if callable(variables):
        variables = variables(x)
    keys = [key_of(v) for v in variables] if isinstance(variables, (list, tuple)) else key_of(variables)
    return run(lambda d: d.sortby(keys, ascending=ascending), x)


def key_of(key: Any) -> Any:
    """What is sorted by, plain."""
    if innermost(key) is None or not is_traced(key):
        return key
    if levels_of(key):
        raise LabelError(
            f"x.sortby(traced) in a batch{at_user_line()}: each element has an order of its own, and coordinates have "
            "one for all. Use the numbers: numpy.sort, numpy.take_along_axis with numpy.argsort."
        )
    return primal(key)


def coordinate(x: Any, name: str) -> Any:
    """x.name of a coordinate or an attribute, and the accessors that other packages register."""
    if name.startswith("_"):
        raise AttributeError(
            f"A traced labelled array has no {name!r}{at_user_line()}: code of xarray that knows no traced values "
            "looked for it. Take the numbers, x.data, or use the method of the traced array."
        )
    return run(lambda d: getattr(d, name), x)


def reduction(name: str) -> Callable[..., Any]:
    """A reduction over dims; of objects (fractions, uncertain numbers) by their own arithmetic."""
    by_name = by_xarray(name)

    def called(x: Any, /, dim: Any = None, *arguments: Any, **keywords: Any) -> Any:
        if ops.dtype(x).kind != "O" or arguments or set(keywords) - {"axis"}:
            return by_name(x, dim, *arguments, **keywords)
        dims = labels_of(x)[0].dims
        axis = keywords.get("axis")
        if dim is not None and dim is not ...:
            axis = tuple(dims.index(n) for n in ((dim,) if isinstance(dim, str) else dim))
        return getattr(ops, name)(x, axis=axis)

    called.__name__ = name
    return called


def methods_of(cls: type) -> dict[str, Any]:
    """The methods and attributes of a class of xarray."""
    found: dict[str, Any] = {}
    for name in dir(cls):
        if name.startswith("_") or name in ENGINES:
            continue
        member = getattr(cls, name)
        if name in LEAVING:
            found[name] = leaving(name)
        elif isinstance(member, property) or not callable(member):
            found[name] = attribute(name)
        else:
            found[name] = by_xarray(name)
    found["__getattr__"], found["__setitem__"] = coordinate, write
    own = {"data": data, "values": values, "variable": views.VARIABLE, "copy": copy}
    own |= {name: reduction(name) for name in ("sum", "prod", "mean", "std", "var", "median", "max", "min")}
    own |= {name: unsupported(name, instead) for name, instead in INSTEAD.items()}
    own["sortby"] = sortby
    own |= {name: views.METHODS[name] for name in ("attrs", "encoding")}
    if cls is DataArray:
        own["loc"], own["coords"] = Loc, views.CoordinatesOf
    found.update({k: v for k, v in own.items() if k in found})
    return found
