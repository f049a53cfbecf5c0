"""NumPy's functions on traced labelled arrays: what they do on plain ones, by position.

xarray's arrays take part in NumPy's ufuncs, and not in its functions. A few of these call the array's own method
(`numpy.sum`), or slice it (`numpy.split`); all others make a plain array of it and go by position, whatever the labels
say. So they do inside of transforms, too, and say so where the result has axes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line, warn_at_user_line
from dispatchml.numpy.meanings import functions, library_meaning

from .elementwise import OPERATORS, keeps_attrs
from .labels import DataArray, LabelError, LabelWarning, bare, innermost, is_traced, label, labels_of, levels_of
from .opening import run

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


def install(cls: type) -> None:
    """Say what NumPy's functions are on arrays of a class of xarray."""
    for function in functions():
        name = getattr(function, "__name__", "")
        if not isinstance(function, np.ufunc) and (name not in LABELLED or name in PARTICULAR):
            library_meaning(cls, function)(PARTICULAR.get(name) or by_position(name))
    for name in OPERATORS:
        if isinstance(getattr(np, name, None), np.ufunc):
            library_meaning(cls, getattr(np, name))(named_as_first)


def by_position(name: str) -> Callable[..., Any]:
    """A function of NumPy on the numbers of labelled arrays."""

    def on_numbers(usual: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        y = usual(*stripped(arguments), **{k: stripped(v) for k, v in keywords.items()})
        if name in DRESSED:
            return dressed_as(name, y, arguments[DRESSED[name]])
        if name not in NEW and has_axes(y):
            say(name)
        return y

    return on_numbers


def named_as_first(usual: Callable[..., Any], *inputs: Any, **keywords: Any) -> Any:
    """A ufunc of which xarray has an operator, too: called as a ufunc its result has the first array's name."""
    y = usual(*inputs, **keywords)
    if not isinstance(innermost(y), DataArray) or not keeps_attrs():
        return y
    first = next(labels_of(x)[0] for x in inputs if isinstance(innermost(x), DataArray))
    found = labels_of(y)[0]
    if found.name == first.name and found.attrs == first.attrs:
        return y
    return run(lambda d: d.rename(first.name).assign_attrs(first.attrs) if first.attrs else d.rename(first.name), y)


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


def flat_scan(name: str) -> Callable[..., Any]:
    """cumsum and cumprod without an axis: those of the array's own methods, along all dims one after another."""

    def scanned(usual: Callable[..., Any], a: Any, axis: Any = None, **keywords: Any) -> Any:
        if axis is None and innermost(a) is not None and ops.ndim(a) > 1:
            return getattr(a, name)()
        return usual(a, axis=axis, **keywords)

    return scanned


def clip(usual: Callable[..., Any], x: Any, *bounds: Any, **keywords: Any) -> Any:
    """Bounds with other labels than the array would be taken by position."""
    given = labels_or_none(x)
    for bound in (*bounds, *keywords.values()):
        other = labels_or_none(bound)
        if other is not None and (given is None or not same_labels(given, other)):
            raise LabelError(
                f"numpy.clip of an array by bounds with other labels{at_user_line()} goes by position. x.clip(low, "
                "high) goes by labels; x.data and low.data are the numbers."
            )
    return usual(x, *bounds, **keywords)


def labels_or_none(x: Any) -> Any:
    """The labels of a value; None where it has none."""
    return None if innermost(x) is None else labels_of(x)[0]


def same_labels(a: Any, b: Any) -> bool:
    """Whether two arrays have the same dims in one order and the same coordinates along them."""
    return a.dims == b.dims and all(
        index.equals(b.indexes[name]) for name, index in a.indexes.items() if name in b.indexes
    )


def swapaxes(*_: Any, **__: Any) -> Any:
    """On plain labelled arrays the numbers move and the dims do not."""
    raise LabelError(
        f"numpy.swapaxes of a labelled array{at_user_line()} leaves the dims where they were. "
        f"{INSTEAD['swapaxes']}; x.data is the numbers."
    )


PARTICULAR = {"cumsum": flat_scan("cumsum"), "cumprod": flat_scan("cumprod"), "clip": clip, "swapaxes": swapaxes}
