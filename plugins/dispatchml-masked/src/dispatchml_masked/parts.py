"""A masked array taken apart and put together: `read_data`, `mask_of` and `attach` are operations.

All rules are written with them. A traced masked array is taken apart into a traced plain array and its mask, which is
no number and has no derivative; what is computed is put together again. So nothing else needs a derivative rule, and
masks are never seen by the engines.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import SLOTS, Carrier, carrier, is_traced, layer_of, operation
from dispatchml.dispatch.errors import DispatchmlError, at_user_line, describe
from dispatchml.rules import batch, nondifferentiable, rule

MaskedArray = np.ma.MaskedArray
NOMASK = np.ma.nomask
#: Classes that have no mask, for a quick answer.
UNMASKED = frozenset({np.ndarray, float, int, complex, bool, *np.sctypeDict.values()})


class MaskError(DispatchmlError, TypeError):
    """Something that has no meaning for masked elements."""


@operation(family="layers")
def read_data(x: Any, *, fill: Any = None) -> Any:
    """The data of a masked array; anything else as it is. fill: a number for what is below the mask."""


@operation(family="layers")
def mask_of(x: Any) -> Any:
    """The mask of a masked array; `nomask` for anything else."""


@operation(family="layers")
def attach(data: Any, mask: Any, *, fill_value: Any = None, hard: bool = False, constant: bool = False) -> Any:
    """A masked array of data and a mask. constant: a masked number is the constant `numpy.ma.masked`."""


@operation(family="layers")
def attach_over(data: Any, mask: Any, below: Any, *, fill_value: Any = None, hard: bool = False) -> Any:
    """The same with other numbers, plain ones, below the mask."""


# ---- on plain values, inside and outside of other layers -------------------------------------------------------------


@read_data.register
def data_of_unmasked(x: object, *, fill: Any = None) -> Any:
    return x


@mask_of.register
def mask_of_unmasked(x: object) -> Any:
    return NOMASK


def data_of_masked(x: Any, *, fill: Any = None) -> Any:
    """The rule of `read_data` for masked arrays."""
    if isinstance(x, Carrier):
        data = x._payload  # pyright: ignore[reportAttributeAccessIssue]
        return data if fill is None else replaced(data, mask_of_masked(x), fill)
    data = x._data
    if type(data) is not np.ndarray:
        refuse_class(x)
    if fill is not None and x._mask is not NOMASK:
        data = np.where(x._mask, data.dtype.type(fill) if data.dtype.kind != "O" else fill, data)
    return data if data.shape else data[()]


def mask_of_masked(x: Any) -> Any:
    """The rule of `mask_of` for masked arrays."""
    mask = x.mask if isinstance(x, Carrier) else x._mask
    if not isinstance(x, Carrier) and x.dtype.names is not None:
        refuse_class(x)
    return NOMASK if mask is NOMASK else np.bool_(mask) if np.ndim(mask) == 0 else np.asarray(mask)


def refuse_class(x: Any) -> None:
    """Structured arrays have a mask for each field; subclasses of ndarray belong outside the mask."""
    if x.dtype.names is not None:
        raise MaskError(
            f"A masked array of records ({x.dtype}){at_user_line()} has a mask for each field, and no arithmetic. Take "
            "the fields: x['name']."
        )
    raise MaskError(
        f"A masked array round {describe(x._data)}{at_user_line()}: masks belong inside what the class says, so write "
        f"{type(x._data).__name__}(numpy.ma.array(...)) with its constructor."
    )


@attach.register
def put_together(
    data: object, mask: object, *, fill_value: Any = None, hard: bool = False, constant: bool = False
) -> Any:
    """A masked array of plain data; the mask is copied."""
    given: Any = data
    if constant and not getattr(given, "shape", ()) and mask:
        return np.ma.masked
    array = given if type(given) is np.ndarray else np.asarray(given)
    if type(mask) is np.ndarray and mask.shape == array.shape and mask.dtype == bool:
        return masked_array(array, mask.copy(), fill_value, hard)
    if mask is not NOMASK:
        mask = np.array(np.broadcast_to(np.asarray(mask), array.shape))
    return masked_array(array, mask, fill_value, hard)


class Unfinished(MaskedArray):
    """A masked array on the way: numpy.ma's `__array_finalize__`, written in Python, takes longer than an operation."""

    __array_finalize__ = np.ndarray.__array_finalize__


def masked_array(array: Any, mask: Any, fill_value: Any = None, hard: bool = False) -> Any:
    """numpy.ma's array of an array and a mask of its own in the same shape, as `array.view(MaskedArray)`."""
    made: Any = array.view(Unfinished)
    info: dict[str, Any] = {}
    made.__dict__.update(
        _fill_value=None, _hardmask=hard, _sharedmask=False, _isfield=False, _baseclass=np.ndarray, _optinfo=info,
        _basedict=info, _mask=mask,
    )  # fmt: skip
    made.__class__ = MaskedArray
    if fill_value is not None and array.dtype.kind == np.asarray(fill_value).dtype.kind:
        made._fill_value = np.asarray(fill_value, array.dtype)
    return made


@attach_over.register
def put_over(data: object, mask: object, below: object, *, fill_value: Any = None, hard: bool = False) -> Any:
    return masked_array(np.where(mask, below, data), mask.copy(), fill_value, hard)  # type: ignore[attr-defined]


def carried(data: Any, mask: Any, *, fill_value: Any = None, hard: bool = False, constant: bool = False) -> Any:
    """A mask round a layer that NumPy's class cannot hold: a structure, an array of another library."""
    if mask is not NOMASK:
        mask = np.array(np.broadcast_to(np.asarray(mask), ops.shape(data)))
    return carrier(MaskedArray)(data, mask=mask, fill_value=fill_value, hardmask=hard)  # type: ignore[call-arg]


def attach_again(data: Any, mask: Any, **statics: Any) -> Any:
    """The rule of `attach` for masked data: both masks."""
    return attach(data_of(data), united(mask_of(data), mask), **statics)


def belongs_outside(layer: Any) -> bool:
    """Whether a layer that is not a masked array wraps masked arrays: whatever else gives numbers a meaning does."""
    return SLOTS.index(layer.slot) >= SLOTS.index("meaning")


def data_default(layer: Any) -> Any:
    """`read_data` for other layers."""
    if not belongs_outside(layer):
        return data_of_unmasked
    return lambda x, *, fill=None: layer.rebuild(x, read_data(layer.payload(x), fill=fill))


def mask_default(layer: Any) -> Any:
    """`mask_of` for other layers."""
    if not belongs_outside(layer):
        return mask_of_unmasked
    return lambda x: mask_of(layer.payload(x))


def attach_default(layer: Any) -> Any:
    """`attach` for other layers."""
    if not belongs_outside(layer):
        return carried
    return lambda data, mask, **statics: layer.rebuild(data, attach(layer.payload(data), mask, **statics))


def attach_over_default(layer: Any) -> Any:
    """`attach_over` for other layers."""
    if not belongs_outside(layer):
        return lambda data, mask, below, **statics: carried(ops.where(mask, below, data), mask, **statics)
    return lambda data, mask, below, **statics: attach(ops.where(mask, below, data), mask, **statics)


attach_over.info.layer_default = attach_over_default
read_data.info.layer_default = data_default
mask_of.info.layer_default = mask_default
attach.info.layer_default = attach_default


# ---- derivatives -----------------------------------------------------------------------------------------------------

nondifferentiable(mask_of)


@rule(attach_over).jvp
def attach_over_jvp(y: Any, tangents: Any, data: Any, mask: Any, below: Any, **statics: Any) -> Any:
    return attach_jvp(y, tangents[:1], data, mask, **statics)


@rule(attach_over).vjp
def attach_over_vjp(y: Any, data: Any, mask: Any, below: Any, *, needs: Any, **statics: Any) -> Any:
    def attach_over_pullback(ct: Any) -> Any:
        return zeroed(ct._data if type(ct) is MaskedArray else data_of(ct), united(mask_of(ct), mask)), None, None

    return attach_over_pullback


@rule(read_data).jvp
def data_jvp(y: Any, tangents: Any, x: Any, *, fill: Any) -> Any:
    if type(tangents[0]) is MaskedArray and type(x) is MaskedArray and tangents[0].ndim:
        return unmasked(tangents[0]._data, x._mask, tangents[0]._mask)
    return emptied(tangents[0]) if fill is None else zeroed(emptied(tangents[0]), mask_of(x))


@rule(read_data).vjp
def data_vjp(y: Any, x: Any, *, needs: Any, fill: Any) -> Any:
    mask, statics = mask_of(x), statics_of(x)

    def data_pullback(ct: Any) -> Any:
        if type(ct) is np.ndarray and type(mask) is np.ndarray and mask.shape == ct.shape:
            return (put_together(unmasked(ct, mask), mask, **statics),)
        return (attach(emptied(ct), mask, **statics),)

    return data_pullback


@rule(attach).jvp
def attach_jvp(y: Any, tangents: Any, data: Any, mask: Any, **statics: Any) -> Any:
    if type(tangents[0]) is np.ndarray and type(mask) is np.ndarray and mask.shape == tangents[0].shape:
        return put_together(unmasked(tangents[0], mask), mask, **statics)
    tangent, mask = data_of(tangents[0]), united(mask_of(tangents[0]), mask)
    return attach(zeroed(tangent, mask), mask, **statics)


@rule(attach).vjp
def attach_vjp(y: Any, data: Any, mask: Any, *, needs: Any, **statics: Any) -> Any:
    def attach_pullback(ct: Any) -> Any:
        return zeroed(data_of(ct), united(mask_of(ct), mask)), None

    return attach_pullback


@batch(read_data)
def data_batch(arguments: Any, batched: Any, size: int, *, fill: Any = None) -> Any:
    return read_data(arguments[0], fill=fill)


@batch(mask_of)
def mask_batch(arguments: Any, batched: Any, size: int) -> Any:
    mask = mask_of(arguments[0])
    return ops.broadcast_to(mask, shape=ops.shape(arguments[0])) if ops.ndim(mask) == 0 else mask


@batch(attach)
def attach_batch(arguments: Any, batched: Any, size: int, **statics: Any) -> Any:
    data, mask = arguments
    if not batched[0]:
        data = ops.broadcast_to(ops.expand_dims(data, axis=0), shape=(size, *ops.shape(data)))
    if batched[1]:
        missing = ops.ndim(data) - ops.ndim(mask)
        mask = ops.reshape(mask, shape=(size, *(1,) * missing, *ops.shape(mask)[1:])) if missing > 0 else mask
    statics["constant"] = False
    return attach(data, mask, **statics)


def unmasked(x: Any, *masks: Any) -> Any:
    """A plain array of numbers with zero where a plain mask in its shape is."""
    for m in masks:
        if m is not NOMASK:
            x = np.where(m, x.dtype.type(0), x)
    return x


# ---- what rules use --------------------------------------------------------------------------------------------------


def innermost(x: Any) -> Any:
    """The masked array inside of a value; None where there is none."""
    while type(x) not in UNMASKED:
        info = layer_of(type(x))
        if info is None or info.payload is None:
            return None
        if isinstance(x, MaskedArray) or info.cls is MaskedArray:
            return x
        if not belongs_outside(info):
            return None
        x = info.payload(x)
        x = x[0] if type(x) is tuple else x
    return None


def data_of(x: Any) -> Any:
    """The data of a value that may be masked, traced or in a batch; of any other value itself."""
    return x if innermost(x) is None else read_data(x)


def mask(x: Any) -> Any:
    """The mask of a value that may be masked, traced or in a batch; `nomask` where there is none."""
    return mask_inside(x, innermost(x))


def mask_inside(x: Any, inner: Any) -> Any:
    """The same where the masked array inside is known."""
    if inner is None or (inner.mask if isinstance(inner, Carrier) else inner._mask) is NOMASK:
        return NOMASK
    if type(inner) is MaskedArray and inner.dtype.names is None and inner.ndim and inner.ndim == ops.ndim(x):
        return inner._mask  # not of one element of a batch
    return mask_of(x)


def is_known(m: Any) -> bool:
    """Whether a mask is plain, and not that of one element of a batch."""
    return isinstance(m, (np.ndarray, np.bool_, bool))


def united(*masks: Any) -> Any:
    """Masked where one of them is."""
    given = [m for m in masks if m is not NOMASK]
    if not given:
        return NOMASK
    total = given[0]
    for m in given[1:]:
        if m is not total:
            total = total | m if is_known(total) and is_known(m) else ops.logical_or(total, m)
    return np.bool_(total) if isinstance(total, bool) else total


def statics_of(x: Any) -> dict[str, Any]:
    """The fill value and the hardness of a masked array inside of a value."""
    inner = innermost(x)
    if inner is None:
        return {}
    if isinstance(inner, Carrier):
        return {"fill_value": inner.fill_value, "hard": inner.hardmask}
    return {"fill_value": inner._fill_value, "hard": inner._hardmask}


def has_any(m: Any) -> bool:
    """Whether a mask masks something, of a batch in any of its elements."""
    if m is NOMASK:
        return False
    if type(m) is np.ndarray:
        return bool(m.any())
    while not is_known(m):
        m = m._value
    return bool(np.any(m))


def number_like(x: Any, value: float) -> Any:
    """A number that stands in an array like x: of its kind, in its units."""
    kind = ops.dtype(x).kind
    if is_bare(x):
        return bool(value) if kind == "b" else int(value) if kind in "iu" or value in (0, 1) else value
    return ops.full_like(x, value=value)


def is_bare(x: Any) -> bool:
    """Whether a value is plain numbers below all derivatives and batches."""
    while is_traced(x):
        x = layer_of(type(x)).payload(x)  # type: ignore[union-attr]
    return layer_of(type(x)) is None


def replaced(x: Any, m: Any, value: float) -> Any:
    """x with a number where the mask is."""
    if not has_any(m):
        return x
    if is_bare(x):
        return ops.where(m, typed(number_like(x, value), x), x)
    return ops.where(m, number_like(x, value), x)


def typed(number: Any, x: Any) -> Any:
    """A number in the dtype of an array or a NumPy scalar, so that it widens nothing."""
    kind = ops.dtype(x)
    return number if kind.kind == "O" or isinstance(x, (float, complex, int)) else kind.type(number)


def zeroed(x: Any, m: Any) -> Any:
    """x with zero where the mask is."""
    if type(x) is np.ndarray and x.dtype.kind in "fc" and is_known(m):
        return np.where(m, x.dtype.type(0), x) if np.any(m) else x
    return ops.where(m, ops.zeros_like(x), x) if has_any(m) else x


def emptied(x: Any) -> Any:
    """The data of a tangent or cotangent, zero where it is masked."""
    if type(x) in UNMASKED:
        return x
    return zeroed(data_of(x), mask(x))


def made(data: Any, m: Any, statics: Any = None) -> Any:
    """A result of data and a mask; a number that is not masked is a plain number, a masked one the constant `masked`,
    as in numpy.ma.
    """
    shape = ops.shape(data)
    if is_known(m):
        if not shape:
            return attach(data, m, constant=True) if m else data
        if np.ndim(m) == 0 and not m:
            m = NOMASK
    return attach(data, m, **(statics or {}))


def mask_array(x: Any) -> Any:
    """The mask of a value in its full shape."""
    m = mask(x)
    shape = ops.shape(x)
    return m if ops.shape(m) == shape else ops.broadcast_to(m, shape=shape)
