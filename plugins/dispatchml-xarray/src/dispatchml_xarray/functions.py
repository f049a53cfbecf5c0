"""xarray's constructors and functions, which take traced values too.

`DataArray(traced, dims=...)` is a traced labelled array. Functions such as `xarray.dot` ask for instances of
their classes, so they are wrapped once, where xarray has them; a call without a traced value goes on as it came.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

import dispatchml.numpy as xp
from dispatchml import isinstance as layered_instance
from dispatchml import ops
from dispatchml.dispatch import Carrier, layer_of, lent
from dispatchml.dispatch.errors import at_user_line

from . import inner_masks
from .duck_arrays import FUNCTIONS
from .labels import DataArray, LabelError, Variable, bare, held, innermost, is_labelled, is_traced
from .opening import INSIDE, OpenedObject, run

#: Functions of xarray that take labelled arrays.
NAMES = (
    "align", "apply_ufunc", "as_variable", "broadcast", "combine_by_coords", "combine_nested", "concat", "corr", "cov",
    "cross", "dot", "full_like", "merge", "ones_like", "polyval", "unify_chunks", "where", "zeros_like",
)  # fmt: skip
#: Methods of plain labelled arrays that take others.
METHODS = (
    "broadcast_equals", "broadcast_like", "clip", "combine_first", "copy", "dot", "equals", "fillna", "identical",
    "isin", "reduce", "reindex_like", "weighted", "where",
)  # fmt: skip
#: Functions that hand arrays to other code.
REFUSED = ("map_blocks",)


def is_ours(x: Any) -> bool:
    """Whether a traced value, or what is opened from one, is among arguments."""
    cls = type(x)
    if cls is tuple or cls is list:
        return any(map(is_ours, x))
    if cls is dict:
        return any(map(is_ours, x.values()))
    return is_traced(x) or isinstance(x, OpenedObject)


def guarded(original: Callable[..., Any]) -> Any:
    """A function of xarray that opens traced arrays."""

    @functools.wraps(original)
    def through(*arguments: Any, **keywords: Any) -> Any:
        if not INSIDE.get() and (any(map(is_ours, arguments)) or any(map(is_ours, keywords.values()))):
            if keywords.get("vectorize"):
                raise LabelError(
                    f"xarray.{original.__name__}(vectorize=True) of traced arrays{at_user_line()} would call the "
                    "function with single plain numbers. Write it for whole arrays, or use dispatchml.vmap."
                )
            return run(original, *arguments, **keywords)
        return original(*arguments, **keywords)

    through.__dispatchml__ = True  # type: ignore[attr-defined]
    return through


def refused(original: Callable[..., Any]) -> Any:
    """A function of xarray that cannot take traced arrays."""

    @functools.wraps(original)
    def through(*arguments: Any, **keywords: Any) -> Any:
        if is_ours(list(arguments)) or is_ours(keywords):
            raise LabelError(
                f"xarray.{original.__name__} of a traced array{at_user_line()} would leave its derivative behind."
            )
        return original(*arguments, **keywords)

    through.__dispatchml__ = True  # type: ignore[attr-defined]
    return through


def constructed(cls: type, original: Callable[..., Any]) -> Callable[..., Any]:
    """`__new__` of an array class: round a traced value the labels go inside."""

    def construct(kind: Any, *arguments: Any, **keywords: Any) -> Any:
        if keywords.get("fastpath") or INSIDE.get() or not issubclass(kind, cls):
            return original(kind)
        at = 1 if cls is Variable else 0
        data = keywords.get("data", arguments[at] if len(arguments) > at else None)
        if not is_ours(data):
            return original(kind)
        return round_traced(kind, cls, data, at, arguments, keywords)

    return construct


def round_traced(kind: Any, cls: type, data: Any, at: int, arguments: Any, keywords: Any) -> Any:
    """A labelled array round traced numbers."""
    data = lent(data)
    if isinstance(data, (list, tuple)):
        data = ops.stack(tuple(data))
    if innermost(data) is not None and (len(arguments) > at + 1 or set(keywords) - {"data"}):
        data = bare(data)

    def build(data: Any, /, **named: Any) -> Any:
        given = list(arguments)
        if "data" in keywords:
            named["data"] = data
        else:
            given[at] = data
        made = object.__new__(kind)
        made.__init__(*given, **named)
        return made

    return run(build, data, **{k: v for k, v in keywords.items() if k != "data"})


def namespace(original: Callable[..., Any]) -> Any:
    """What xarray asks for its functions: those of dispatchml where traced numbers meet any others."""

    @functools.wraps(original)
    def through(*values: Any) -> Any:
        if INSIDE.get() and any(is_traced(v) or isinstance(v, Carrier) for v in values):
            return xp
        return original(*values)

    return through


def compatible(original: Callable[..., Any]) -> Any:
    """What xarray makes of the numbers that it is given: masked arrays that its code meets here, or makes of those that
    we have put inside of labels, keep their masks.
    """

    @functools.wraps(original)
    def through(data: Any, *arguments: Any, **keywords: Any) -> Any:
        if isinstance(data, np.ma.MaskedArray) and (INSIDE.get() or is_made_of_carried()):
            return held(data)
        if is_traced(data) and innermost(data) is not None:  # as the numbers of a plain labelled array
            return bare(data)
        return original(data, *arguments, **keywords)

    return through


def named(original: Callable[..., Any]) -> Any:
    """How xarray puts dims round the result of a reduction: masked arrays keep their masks there, too."""

    @functools.wraps(original)
    def through(dims: Any, data: Any, *arguments: Any, **keywords: Any) -> Any:
        if isinstance(data, np.ma.MaskedArray) and (INSIDE.get() or is_made_of_carried()):
            data = held(data)
        return original(dims, data, *arguments, **keywords)

    return through


def converted(original: Callable[..., Any]) -> Any:
    """How xarray takes elements and changes dtypes: of a carrier it is one again, and what comes next sees the mask."""

    @functools.wraps(original)
    def through(data: Any, *arguments: Any, **keywords: Any) -> Any:
        y = original(data, *arguments, **keywords)
        return held(y) if isinstance(y, np.ma.MaskedArray) and not isinstance(data, np.ma.MaskedArray) else y

    return through


def arrays_of(original: Callable[..., Any]) -> Any:
    """What xarray makes arrays of: a quantity of a number is one of an array without axes, which has a dtype."""

    @functools.wraps(original)
    def through(data: Any, *arguments: Any, **keywords: Any) -> Any:
        if layer_of(type(data)) is not None and getattr(data, "dtype", None) is None:
            data = held(data)
        return original(data, *arguments, **keywords)

    return through


def counted(original: Callable[..., Any]) -> Any:
    """How xarray counts what is there: what is masked is not."""

    @functools.wraps(original)
    def through(data: Any, *arguments: Any, **keywords: Any) -> Any:
        y = original(data, *arguments, **keywords)
        return y.filled(0) if layered_instance(y, np.ma.MaskedArray) else y

    return through


def is_made_of_carried() -> bool:
    """Whether xarray's own code is running on a labelled array that holds a carrier: what it computes is one, too."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in RUNNING:
        for value in frame.f_locals.values():
            for x in value if type(value) in (tuple, list) else (value,):
                if is_labelled(x) and holds_carrier(x):
                    return True
        frame = frame.f_back
    return False


def holds_carrier(x: Any) -> bool:
    """Whether a labelled array, which may be half built, holds a carrier."""
    try:
        variable = x if isinstance(x, Variable) else object.__getattribute__(x, "_variable")
        return isinstance(object.__getattribute__(variable, "_data"), Carrier)
    except AttributeError:
        return False


#: Packages whose code may run between xarray's and the user's own.
RUNNING = frozenset(("xarray", "numpy", "dispatchml", "dispatchml_xarray", "functools", "contextlib"))


def indexable(original: Callable[..., Any]) -> Any:
    """How xarray takes elements: of traced numbers as of NumPy's, with arrays of positions, too."""

    @functools.wraps(original)
    def through(array: Any) -> Any:
        if is_traced(array):
            return sys.modules["xarray.core.indexing"].NdArrayLikeIndexingAdapter(array)
        return original(array)

    return through


def replace(original: Any, made: Any) -> None:
    """Put a function where xarray has the original one."""
    made.__dispatchml__ = True
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "xarray":
            for key in [k for k, v in list(vars(module).items()) if v is original]:
                setattr(module, key, made)


def install() -> None:
    """Wrap constructors and functions; once."""
    for module, name, wrap in (
        ("xarray.compat.array_api_compat", "get_array_namespace", namespace),
        ("xarray.core.variable", "as_compatible_data", compatible),
        ("xarray.namedarray.core", "from_array", named),
        ("xarray.core.duck_array_ops", "astype", converted),
        ("xarray.core.duck_array_ops", "asarray", lambda original: arrays_of(converted(original))),
        ("xarray.core.indexing", "apply_indexer", lambda original: inner_masks.kept_elements(converted(original))),
        ("xarray.core.duck_array_ops", "count", counted),
        ("xarray.core.indexing", "as_indexable", indexable),
    ):
        original = getattr(sys.modules.get(module), name, None)
        if original is not None and not hasattr(original, "__dispatchml__"):
            replace(original, wrap(original))
    for module, functions in FUNCTIONS.items():
        for name, wrap in functions.items():
            original = getattr(importlib.import_module(module), name, None)
            if original is not None and not hasattr(original, "__dispatchml__"):
                replace(original, wrap(original))
    module = sys.modules["xarray.core.duck_array_ops"]
    for name in inner_masks.NAMES:
        original = getattr(module, name, None)
        if original is not None and not hasattr(original, "__keeps_masks__"):
            made = inner_masks.kept(original)
            made.__keeps_masks__ = True
            replace(original, made)
    for cls in (DataArray, Variable):
        if "__new__" not in vars(cls):
            cls.__new__ = constructed(cls, lambda kind: object.__new__(kind))
        for name in METHODS:
            member = getattr(cls, name, None)
            if member is not None and not hasattr(member, "__dispatchml__"):
                setattr(cls, name, guarded(member))
    for name in (*NAMES, *REFUSED):
        original = getattr(xr, name, None)
        if original is None or hasattr(original, "__dispatchml__"):
            continue
        made = refused(original) if name in REFUSED else guarded(original)
        replace(original, made)
