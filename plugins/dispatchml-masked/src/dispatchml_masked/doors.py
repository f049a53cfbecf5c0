"""The doors of numpy.ma, whose functions do not dispatch: they answer traced values too, or say what to write.

numpy.ma takes its arguments apart with `asarray`, or reads masks with `getattr(x, "_mask", nomask)`, which would lose a
mask without a word. So its constructor, its functions and its ufuncs are wrapped once, in place. A call without a
traced value goes on to numpy.ma as it came.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import dispatchml.numpy as xp
from dispatchml import ops, primal
from dispatchml.dispatch import Carrier
from dispatchml.dispatch.errors import at_user_line

from . import masking, methods
from .parts import (
    NOMASK,
    UNMASKED,
    MaskedArray,
    MaskError,
    attach,
    data_of,
    has_any,
    innermost,
    is_known,
    is_traced,
    made,
    mask,
    mask_array,
    statics_of,
    united,
)
from .reductions import all_masked, count
from .views import DATA, harden_mask, mask_array_seen, mask_seen, set_fill_value, soften_mask

MODULES = (np.ma, np.ma.core, np.ma.extras)


def is_ours(x: Any) -> bool:
    """Whether numpy.ma's own code cannot take a value."""
    cls = type(x)
    if cls in UNMASKED:
        return False
    if cls is list or cls is tuple:
        return any(map(is_ours, x))
    return is_traced(x) or isinstance(x, Carrier)


def guarded(original: Callable[..., Any], implementation: Callable[..., Any]) -> Any:
    """A function of numpy.ma with an implementation for traced values."""

    def through(*arguments: Any, **keywords: Any) -> Any:
        for x in arguments:
            if is_ours(x):
                return implementation(*arguments, **keywords)
        if keywords:
            for x in keywords.values():
                if is_ours(x):
                    return implementation(*arguments, **keywords)
        return original(*arguments, **keywords)

    try:
        functools.update_wrapper(through, original)
    except (AttributeError, TypeError):
        pass
    through.__dispatchml__ = True  # type: ignore[attr-defined]
    return through


# ---- implementations -------------------------------------------------------------------------------------------------


def as_masked(y: Any) -> Any:
    """A result as numpy.ma gives it: an array is a masked one."""
    return attach(y, NOMASK) if ops.shape(y) and innermost(y) is None and ops.dtype(y).kind not in "OV" else y


def as_numpy(name: str) -> Callable[..., Any]:
    """The function of the same name and parameters of dispatchml.numpy."""

    def implementation(*arguments: Any, **keywords: Any) -> Any:
        y = getattr(xp, name)(*arguments, **keywords)
        return type(y)(map(as_masked, y)) if isinstance(y, (tuple, list)) else as_masked(y)

    return implementation


def on_primals(original: Callable[..., Any]) -> Callable[..., Any]:
    """A function of masks and numbers that has no derivative."""

    def implementation(*arguments: Any, **keywords: Any) -> Any:
        for x in arguments:
            if is_traced(x) and not is_known(mask_array(x) if mask(x) is not NOMASK else NOMASK):
                refuse(original.__name__)(x)
        return original(*map(primal, arguments), **{k: primal(v) for k, v in keywords.items()})

    return implementation


def refuse(name: str) -> Callable[..., Any]:
    """The error for a function that has no implementation here."""

    def refused(*_: Any, **__: Any) -> Any:
        instead = INSTEAD.get(name, "Write it with sums, products and numpy.where of the array, which keep its mask")
        raise MaskError(
            f"numpy.ma.{name} was called with a traced value{at_user_line()}: it would be taken apart and lose its "
            f"derivative. {instead}."
        )

    return refused


INSTEAD = {
    "polyfit": "Weight the residuals with ~x.mask, and solve the normal equations",
    "cov": "Write it with x.anom() and numpy.ma.dot",
    "corrcoef": "Write it with x.anom() and numpy.ma.dot",
    "unique": "Take numpy.unique(x.compressed())",
    "masked_object": "Write numpy.ma.masked_where(x == value, x)",
    "apply_along_axis": "Use dispatchml.vmap",
    "<ufunc>.outer": "Write x[:, None] with the operator",
    "<ufunc>.accumulate": "Write numpy.cumsum(x) or numpy.cumprod(x)",
    "<ufunc>.reduce": "Write x.max() or x.min()",
}


def extreme(name: str) -> Callable[..., Any]:
    """min, max and ptp: masked elements are left out, or stand for a fill value."""

    def implementation(
        obj: Any, axis: Any = None, out: Any = None, fill_value: Any = None, keepdims: Any = False
    ) -> Any:
        refuse_options(name, out=out)
        kept = bool(keepdims) and keepdims is not np._NoValue
        if fill_value is None or mask(obj) is NOMASK:
            return getattr(xp, name)(obj, axis=axis, keepdims=kept)
        y = getattr(xp, name)(methods.filled(obj, fill_value), axis=axis, keepdims=kept)
        return made(y, all_masked(mask_array(obj), axis, kept))

    return implementation


def position(name: str) -> Callable[..., Any]:
    """argmin and argmax."""

    def implementation(
        a: Any, axis: Any = None, fill_value: Any = None, out: Any = None, *, keepdims: Any = False
    ) -> Any:
        refuse_options(name, out=out)
        a = a if fill_value is None else methods.filled(a, fill_value)
        return getattr(xp, name)(a, axis=axis, keepdims=bool(keepdims) and keepdims is not np._NoValue)

    return implementation


def refuse_options(name: str, **options: Any) -> None:
    """The error for an option of numpy.ma that traced values do not have."""
    for option, value in options.items():
        if value is not None and value is not np._NoValue:
            raise MaskError(f"numpy.ma.{name}({option}=...) of a traced value{at_user_line()}: leave {option} out.")


def argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, endwith: bool = True, fill_value: Any = None, **_: Any
) -> Any:
    """numpy.ma.argsort."""
    refuse_options("argsort", order=order, fill_value=fill_value, endwith=None if endwith else endwith)
    return xp.argsort(a, axis=-1 if axis is np._NoValue else axis, kind=kind)


def sort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, endwith: bool = True, fill_value: Any = None, **_: Any
) -> Any:
    """numpy.ma.sort."""
    refuse_options("sort", order=order, fill_value=fill_value, endwith=None if endwith else endwith)
    return as_masked(xp.sort(a, axis=axis, kind=kind))


def sort_in_place(x: Any, *arguments: Any, **keywords: Any) -> None:
    """x.sort(), masked elements last."""
    x[...] = sort(x, *arguments, **keywords)


def reduced(self: Any, target: Any, axis: Any = 0, dtype: Any = None) -> Any:
    """numpy.ma's add.reduce and multiply.reduce."""
    name = {"add": "sum", "multiply": "prod"}.get(self.__name__)
    return refuse("<ufunc>.reduce")(target) if name is None else getattr(xp, name)(target, axis=axis, dtype=dtype)


def dot(a: Any, b: Any, strict: bool = False, out: Any = None) -> Any:
    """numpy.ma.dot; strict: masked wherever a masked element takes part."""
    refuse_options("dot", out=out)
    y = ops.dot(a, b)
    if not strict or (mask(a) is NOMASK and mask(b) is NOMASK):
        return as_masked(y)
    whole = [np.ones(ops.shape(x)) for x in (a, b)]
    gone = [ops.astype(mask_array(x), dtype=np.dtype(float)) for x in (a, b)]
    touched = ops.greater(ops.add(ops.dot(gone[0], whole[1]), ops.dot(whole[0], gone[1])), 0)
    return attach(data_of(y), united(mask(y), touched), constant=True) if has_any(touched) else as_masked(y)


def power(a: Any, b: Any, third: Any = None) -> Any:
    """numpy.ma.power."""
    refuse_options("power", third=third)
    return as_masked(ops.power(a, b))


def where(condition: Any, x: Any = np._NoValue, y: Any = np._NoValue) -> Any:
    """numpy.ma.where."""
    if x is np._NoValue and y is np._NoValue:
        return ops.nonzero(condition)
    return as_masked(xp.where(condition, x, y))


def getdata(a: Any, subok: bool = True) -> Any:
    """numpy.ma.getdata."""
    return DATA(a)


def is_masked_array(x: Any) -> bool:
    """numpy.ma.isMaskedArray."""
    return innermost(x) is not None


def is_masked(x: Any) -> bool:
    """numpy.ma.is_masked."""
    m = mask(x)
    return bool(ops.any(m)) if m is not NOMASK else False


def allclose(a: Any, b: Any, masked_equal: bool = True, rtol: float = 1e-5, atol: float = 1e-8) -> Any:
    """numpy.ma.allclose, which is not differentiable."""
    close = ops.isclose(ops.stop_gradient(a), ops.stop_gradient(b), rtol=rtol, atol=atol)
    return ops.all(methods.filled(close, masked_equal))


def constructed(
    original: Callable[..., Any],
) -> Callable[..., Any]:
    """`MaskedArray.__new__`: round a traced value the mask goes inside."""

    def construct(cls: Any, data: Any = None, *arguments: Any, **keywords: Any) -> Any:
        if cls is MaskedArray and type(data) not in UNMASKED and is_ours(data):
            return masking.masked_array(data, *arguments, **keywords)
        return original(cls, data, *arguments, **keywords)

    return functools.wraps(original)(construct)


#: Functions of the same name and parameters as NumPy's.
SAME = """
    all any append atleast_1d atleast_2d atleast_3d average angle choose clip column_stack compress concatenate
    conjugate convolve copy correlate cumprod cumsum diag diagonal diff dstack expand_dims hsplit hstack inner mean
    median nonzero ones_like outer prod ravel repeat reshape round squeeze stack std sum swapaxes take trace transpose
    var vstack zeros_like empty_like
""".split()
OTHERS: dict[str, Callable[..., Any]] = {
    **{name: as_numpy(name) for name in SAME},
    "alltrue": as_numpy("all"),
    "sometrue": as_numpy("any"),
    "product": as_numpy("prod"),
    "around": as_numpy("round"),
    "round_": as_numpy("round"),
    "row_stack": as_numpy("vstack"),
    "innerproduct": as_numpy("inner"),
    "outerproduct": as_numpy("outer"),
    **{name: extreme(name) for name in ("min", "max", "ptp")},
    **{name: position(name) for name in ("argmin", "argmax")},
    "argsort": argsort,
    "sort": sort,
    "dot": dot,
    "power": power,
    "where": where,
    "getdata": getdata,
    "set_fill_value": set_fill_value,
    "harden_mask": harden_mask,
    "soften_mask": soften_mask,
    "getmask": mask_seen,
    "getmaskarray": mask_array_seen,
    "isMaskedArray": is_masked_array,
    "isMA": is_masked_array,
    "isarray": is_masked_array,
    "is_masked": is_masked,
    "filled": methods.filled,
    "compressed": methods.compressed,
    "count": count,
    "put": np.put,
    "putmask": methods.putmask,
    "anom": methods.anom,
    "anomalies": methods.anom,
    "allclose": allclose,
    "shape": ops.shape,
    "ndim": ops.ndim,
    "size": lambda obj, axis=None: ops.size(obj) if axis is None else ops.shape(obj)[axis],
    **masking.FUNCTIONS,
}  # fmt: skip
#: Methods with parameters that NumPy's have not.
METHODS: dict[str, Callable[..., Any]] = {
    **{name: OTHERS[name] for name in ("argmax", "argmin", "argsort", "dot", "max", "min", "ptp")},
    "sort": sort_in_place,
}
#: Functions that look at the mask or at the dtype only.
STATIC = """
    allequal clump_masked clump_unmasked common_fill_value count_masked default_fill_value flatnotmasked_contiguous
    flatnotmasked_edges maximum_fill_value minimum_fill_value notmasked_contiguous notmasked_edges
""".split()
#: Functions that take no array, make one of nothing, or go through the constructor.
UNTOUCHED = frozenset(
    """
    arange array asanyarray asarray empty frombuffer fromflex fromfunction identity indices is_mask make_mask
    make_mask_descr make_mask_none mask_or masked_all ones zeros flatten_mask amax amin
    """.split()
)


def install() -> None:
    """Wrap what numpy.ma offers; once."""
    if not hasattr(MaskedArray.__new__, "__wrapped__"):
        MaskedArray.__new__ = constructed(MaskedArray.__new__)
    core = np.ma.core
    for cls, implementation in (
        (core._MaskedUnaryOperation, by_ufunc),
        (core._MaskedBinaryOperation, by_ufunc),
        (core._DomainedBinaryOperation, by_ufunc),
        (core._extrema_operation, by_extreme),
    ):
        if not hasattr(cls.__call__, "__dispatchml__"):
            cls.__call__ = guarded(cls.__call__, implementation)
    for name in ("outer", "accumulate"):
        original = getattr(core._MaskedBinaryOperation, name)
        if not hasattr(original, "__dispatchml__"):
            setattr(core._MaskedBinaryOperation, name, guarded(original, refuse(f"<ufunc>.{name}")))
    if not hasattr(core._MaskedBinaryOperation.reduce, "__dispatchml__"):
        core._MaskedBinaryOperation.reduce = guarded(core._MaskedBinaryOperation.reduce, reduced)
    for name in ("reduce", "outer"):
        original = getattr(core._extrema_operation, name)
        if not hasattr(original, "__dispatchml__"):
            setattr(core._extrema_operation, name, guarded(original, refuse(f"<ufunc>.{name}")))
    for name in np.ma.__all__:
        original = getattr(np.ma, name)
        if name in UNTOUCHED or isinstance(original, type) or not callable(original):
            continue
        if isinstance(original, core._MaskedUFunc) or hasattr(original, "__dispatchml__"):
            continue
        if name in OTHERS:
            implementation = OTHERS[name]
        else:
            implementation = on_primals(original) if name in STATIC else refuse(name)
        replace(original, guarded(original, implementation))


def replace(original: Any, made: Any) -> None:
    """Put a wrapped function where numpy.ma has the original one."""
    for module in MODULES:
        for name, value in list(vars(module).items()):
            if value is original:
                setattr(module, name, made)


def by_ufunc(self: Any, *arguments: Any, **keywords: Any) -> Any:
    """A ufunc of numpy.ma; where it has a domain, what is not finite is masked as well."""
    with np.errstate(divide="ignore", invalid="ignore"):
        y = as_masked(self.f(*arguments, **keywords))
    if getattr(self, "domain", None) is None and not isinstance(self, np.ma.core._DomainedBinaryOperation):
        return y
    lost = ops.logical_not(ops.isfinite(data_of(ops.stop_gradient(y))))
    lost = np.bool_(lost) if isinstance(lost, bool) else lost
    return made(data_of(y), united(mask(y), lost), statics_of(y)) if has_any(lost) else y


def by_extreme(self: Any, a: Any, b: Any = None) -> Any:
    """numpy.ma.minimum and maximum; of one argument, the least and the largest element."""
    name = self.__name__
    if b is None:
        return getattr(xp, "min" if name == "minimum" else "max")(a)
    return as_masked(getattr(ops, name)(a, b))
