"""NumPy's functions on traced labelled arrays: what they do on plain ones, by position.

xarray's arrays take part in NumPy's ufuncs, and not in its functions. A few of these call the array's own method
(`numpy.sum`), or slice it (`numpy.split`); all others make a plain array of it and go by position, whatever the labels
say. So they do inside of transforms, too, and say so where the result has axes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line, warn_at_user_line
from dispatchml.numpy.protocols import wrap_functions

from .labels import (
    LabelError,
    LabelWarning,
    bare,
    innermost,
    is_traced,
    label,
    labels_of,
    levels_of,
)

#: Functions that keep labels on plain arrays, those that look at shapes or truth only, and those that raise on plain
#: labelled arrays, here or there.
LABELLED = frozenset(
    """
    all amax amin any around array_split clip compress cumprod cumsum delete dsplit flip hsplit max mean min prod repeat
    round split squeeze std sum take var vsplit
    allclose array_equal array_equiv array_repr array_str array2string can_cast common_type iscomplexobj isrealobj
    may_share_memory min_scalar_type ndim result_type shape shares_memory size
    argmax argmin argpartition argsort argwhere choose copyto diagflat fill_diagonal fix imag insert isneginf isposinf
    isreal matmul moveaxis nonzero permute_dims place ptp put put_along_axis putmask real reshape rollaxis
    take_along_axis transpose trim_zeros unstack vecdot
    eig eigh qr svd tensorinv tensorsolve
    """.split()
)
#: Functions of linear algebra that dress their result as an argument of theirs.
DRESSED = {"solve": 1, "inv": 0, "pinv": 0, "cholesky": 0}
#: Functions whose result has no axes that could be named after those of their arguments.
NEW = frozenset("empty_like full_like ones_like zeros_like linspace".split())
#: How the same is said with labels.
INSTEAD = {
    "where": "xarray.where(condition, a, b) and a.where(condition, b) go by labels and keep them",
    "dot": "xarray.dot(a, b) sums over the dims that both have",
    "inner": "xarray.dot(a, b, dim=...) sums over dims by name",
    "vdot": "xarray.dot(a, b, dim=...) sums over dims by name",
    "tensordot": "xarray.dot(a, b, dim=...) sums over dims by name",
    "einsum": "xarray.dot(a, b, dim=...) sums over dims by name",
    "outer": "a * b of arrays with different dims has all pairs",
    "kron": "a * b of arrays with different dims has all pairs",
    "concatenate": "xarray.concat(arrays, dim) keeps labels",
    "stack": "xarray.concat(arrays, dim) keeps labels",
    "diff": "x.diff(dim) keeps labels",
    "gradient": "x.differentiate(coordinate) keeps labels",
    "trapezoid": "x.integrate(coordinate) keeps labels",
    "median": "x.median(dim) keeps labels",
    "quantile": "x.quantile(q, dim) keeps labels",
    "sort": "x.sortby(x) keeps labels",
    "roll": "x.roll(dim=n) keeps labels",
    "pad": "x.pad(dim=n) keeps labels",
    "copy": "x.copy() keeps labels",
    "nan_to_num": "x.fillna(0) keeps labels",
    "swapaxes": "x.transpose(...) moves the labels with the axes",
    "expand_dims": "x.expand_dims(dim) keeps labels",
    "broadcast_to": "x.broadcast_like(y) keeps labels",
    "nansum": "x.sum(dim) leaves nan out and keeps labels",
    "nanmean": "x.mean(dim) leaves nan out and keeps labels",
}


def install() -> None:
    """Look at calls of NumPy's functions from now on."""
    wrap_functions(by_position)


def by_position(function: Any, implementation: Callable[..., Any]) -> Callable[..., Any]:
    """An implementation that sees the numbers of labelled arrays where NumPy does."""
    name = getattr(function, "__name__", "")

    if name in LABELLED and name not in PARTICULAR:
        return implementation

    @functools.wraps(implementation)
    def on_numbers(*arguments: Any, **keywords: Any) -> Any:
        if not (has_labels(arguments) or has_labels(tuple(keywords.values()))):
            return implementation(*arguments, **keywords)
        if name in PARTICULAR:
            return PARTICULAR[name](function, implementation, arguments, keywords)
        y = implementation(*stripped(arguments), **{k: stripped(v) for k, v in keywords.items()})
        if name in DRESSED:
            return dressed_as(name, y, arguments[DRESSED[name]])
        if name not in NEW and has_axes(y):
            say(name)
        return y

    return on_numbers


def has_labels(values: Any) -> bool:
    """Whether there is a labelled array among arguments, traced or not."""
    for x in values:
        if type(x) in (list, tuple):
            if has_labels(x):
                return True
        elif innermost(x) is not None:
            return True
    return False


def stripped(x: Any) -> Any:
    """The numbers of labelled arrays, in containers, too."""
    if type(x) in (list, tuple):
        return type(x)(map(stripped, x))
    return bare(x)


def has_axes(y: Any) -> bool:
    """Whether a result is a traced array, or has one."""
    if isinstance(y, (list, tuple)):
        return any(map(has_axes, y))
    return is_traced(y) and bool(ops.shape(y))


def say(name: str) -> None:
    """The warning that labels are gone."""
    instead = INSTEAD.get(name, "xarray's own functions and methods keep them")
    warn_at_user_line(
        f"numpy.{name} of labelled arrays goes by position, and its result has no labels; so it is outside of "
        f"transforms. {instead}.",
        LabelWarning,
    )


def dressed_as(name: str, y: Any, x: Any) -> Any:
    """A result with the labels of an argument, as numpy.linalg gives it, where it has the argument's shape."""
    if innermost(x) is None:
        if has_axes(y):
            say(name)
        return y
    if ops.shape(y) != ops.shape(x):
        raise LabelError(
            f"numpy.linalg.{name} of labelled arrays{at_user_line()} has a result of another shape, {ops.shape(y)}, to "
            "which labels do not belong. Take the numbers, x.data, and label the result: xarray.DataArray(y, dims=...)."
        )
    found, axes = labels_of(x)
    return label(y, labels=found, hidden=tuple(axes[level] for level in levels_of(y) if level in axes))


def flat_scan(function: Any, implementation: Any, arguments: Any, keywords: Any) -> Any:
    """cumsum and cumprod without an axis: those of the array's own methods, along all dims one after another."""
    x, axis = arguments[0], arguments[1] if len(arguments) > 1 else keywords.get("axis")
    if axis is None and innermost(x) is not None and ops.ndim(x) > 1:
        return getattr(x, function.__name__)()
    return implementation(*arguments, **keywords)


def clip(function: Any, implementation: Any, arguments: Any, keywords: Any) -> Any:
    """Bounds with other labels than the array would be taken by position."""
    x, *bounds = arguments
    given = labels_or_none(x)
    for bound in (*bounds, *keywords.values()):
        other = labels_or_none(bound)
        if other is not None and (given is None or not same_labels(given, other)):
            raise LabelError(
                f"numpy.clip of an array by bounds with other labels{at_user_line()} goes by position. x.clip(low, "
                "high) goes by labels; x.data and low.data are the numbers."
            )
    return implementation(*arguments, **keywords)


def labels_or_none(x: Any) -> Any:
    """The labels of a value; None where it has none."""
    return None if innermost(x) is None else labels_of(x)[0]


def same_labels(a: Any, b: Any) -> bool:
    """Whether two arrays have the same dims in one order and the same coordinates along them."""
    return a.dims == b.dims and all(
        index.equals(b.indexes[name]) for name, index in a.indexes.items() if name in b.indexes
    )


def swapaxes(function: Any, implementation: Any, arguments: Any, keywords: Any) -> Any:
    """On plain labelled arrays the numbers move and the dims do not."""
    raise LabelError(
        f"numpy.swapaxes of a labelled array{at_user_line()} leaves the dims where they were. "
        f"{INSTEAD['swapaxes']}; x.data is the numbers."
    )


PARTICULAR = {"cumsum": flat_scan, "cumprod": flat_scan, "clip": clip, "swapaxes": swapaxes}
