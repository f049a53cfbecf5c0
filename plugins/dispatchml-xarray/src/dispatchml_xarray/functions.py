"""xarray's constructors and functions, which take traced values too.

`DataArray(traced, dims=...)` is a traced labelled array. Functions such as `xarray.dot` ask for instances of
their classes, so they are wrapped once, where xarray has them; a call without a traced value goes on as it came.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import xarray as xr

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line

from .labels import INSIDE, DataArray, LabelError, Opened, Variable, innermost, is_traced, run, unlabel

#: Functions of xarray that take labelled arrays.
NAMES = (
    "align", "apply_ufunc", "as_variable", "broadcast", "concat", "corr", "cov", "cross", "dot", "full_like", "merge",
    "ones_like", "polyval", "unify_chunks", "where", "zeros_like",
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
    return is_traced(x) or isinstance(x, Opened)


def guarded(original: Callable[..., Any]) -> Any:
    """A function of xarray that opens traced arrays."""

    @functools.wraps(original)
    def through(*arguments: Any, **keywords: Any) -> Any:
        if not INSIDE.get() and (any(map(is_ours, arguments)) or any(map(is_ours, keywords.values()))):
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
    if isinstance(data, (list, tuple)):
        data = ops.stack(tuple(data))
    if innermost(data) is not None and (len(arguments) > at + 1 or set(keywords) - {"data"}):
        data = unlabel(data)

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


def install() -> None:
    """Wrap constructors and functions; once."""
    for cls in (DataArray, Variable):
        if "__new__" not in vars(cls):
            cls.__new__ = constructed(cls, lambda kind: object.__new__(kind))
    for name in (*NAMES, *REFUSED):
        original = getattr(xr, name, None)
        if original is None or hasattr(original, "__dispatchml__"):
            continue
        made = refused(original) if name in REFUSED else guarded(original)
        for module_name, module in list(sys.modules.items()):
            if module_name.partition(".")[0] == "xarray" and vars(module).get(name) is original:
                setattr(module, name, made)
