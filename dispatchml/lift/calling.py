"""NumPy's functions and ufuncs on buffers: they get what these hold, and give views of them where NumPy's are views."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..numpy.registry import refuse_out
from .buffers import TRACED, Buffer, held, held_deeply, held_keywords, holds_traced, kept, ndarray
from .viewing import buffers_in, related, replayed
from .writing import IN_PLACE, protected, write_at


def array_ufunc(self: Buffer, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
    """What `__array_ufunc__` does."""
    out = keywords.pop("out", None)
    if out is None:
        given = [held(x) for x in inputs]
        if method == "at":
            return write_at(ufunc, inputs, given)
        return kept(getattr(ufunc, method)(*given, **held_keywords(keywords)))
    given = [held_deeply(x) for x in inputs]
    into = [held(x) for x in out]
    if not any(isinstance(x, TRACED) for x in (*given, *into)):
        getattr(ufunc, method)(*given, out=tuple(into), **held_keywords(keywords))
    else:
        if any(type(x) is ndarray for x in out):
            refuse_out(ufunc.__name__)
        where = held(keywords.pop("where", True))
        if where is not True:
            given = [protected(x, where) for x in given]
        found = getattr(ufunc, method)(*given, **held_keywords(keywords))
        for x, y in zip(out, found if type(found) is tuple else (found,), strict=True):
            if x is not None:
                x[...] = y if where is True else np.where(where, y, held(x))
    return out[0] if len(out) == 1 else out


def array_function(
    self: Buffer, function: Any, types: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> Any:
    """What `__array_function__` does."""
    if function in IN_PLACE and arguments and type(arguments[0]) is Buffer and holds_traced(arguments):
        return IN_PLACE[function](*arguments, **keywords)
    return called(function, arguments, keywords)


def called(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A function of what buffers hold; into `out=` it is written."""
    out = keywords.get("out")
    if type(out) is Buffer:
        out[...] = function(*arguments, **{k: v for k, v in keywords.items() if k != "out"})
        return out
    made = function(*map(held_deeply, arguments), **held_keywords(keywords))
    sources = list(buffers_in((*arguments, *keywords.values())))
    return related(made, sources, replayed(function, arguments, keywords))


Buffer.__array_ufunc__ = array_ufunc  # type: ignore[attr-defined]
Buffer.__array_function__ = array_function  # type: ignore[attr-defined]
