"""What numpy.ma hands out as a view, and what it sets in place: data, masks, fill values, the hardness of a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops, primal
from dispatchml.dispatch import Part, before_writing, change, rewrite, shown
from dispatchml.dispatch.errors import at_user_line

from .parts import (
    NOMASK,
    MaskError,
    attach,
    data_of,
    has_any,
    innermost,
    is_known,
    is_traced,
    mask,
    mask_array,
    statics_of,
    united,
)


def with_data(x: Any, new: Any) -> Any:
    """The same mask round other data; of what is not masked, the data."""
    return new if innermost(x) is None else attach(new, mask(x), **statics_of(x))


def with_mask(x: Any, new: Any) -> Any:
    """The same data under another mask."""
    return attach(data_of(x), new, **statics_of(x))


#: x.data, which is memory of x in numpy.ma.
DATA = Part(data_of, with_data)
#: x.mask in its full shape; what is written to it has been looked at before.
MASK = Part(mask_array, with_mask)


def under_mask(x: Any, m: Any, **statics: Any) -> Any:
    """The data of x as a view, under a mask of its own, which what is written to the view changes."""
    statics = statics_of(x) | statics
    own = [m]

    def with_own_mask(owner: Any, new: Any) -> Any:
        own[0] = mask(new)
        old, data = data_of(owner), data_of(new)
        if has_any(own[0]):  # what is below this mask has a derivative all the same, in the owner
            same = ops.equal(ops.stop_gradient(old), ops.stop_gradient(data))
            data = ops.where(ops.logical_and(own[0], same), old, data)
        return with_data(owner, data)

    return Part(lambda owner: attach(data_of(owner), own[0], **statics), with_own_mask, aligned=False)(x)


# ---- masks -----------------------------------------------------------------------------------------------------------


def mask_seen(x: Any) -> Any:
    """x.mask: what is written to it is written to the mask of x."""
    m = mask(x)
    if is_known(m):
        return shown(x, mask, write_mask) if is_traced(x) and isinstance(m, np.ndarray) and m is not NOMASK else m
    return Part(mask_array, lambda owner, new: with_mask(owner, checked(owner, new)))(x)


def mask_array_seen(x: Any) -> Any:
    """numpy.ma.getmaskarray: the mask, or a new array where there is none."""
    return np.zeros(ops.shape(x), bool) if mask(x) is NOMASK else mask_seen(x)


def checked(x: Any, new: Any) -> Any:
    """A new mask, refused where it unmasks: nothing is known of the derivative of what is below a mask."""
    old = mask(x)
    if has_any(old) and np.any(np.asarray(primal(ops.logical_and(mask_array(x), ops.logical_not(new))))):
        raise MaskError(
            f"Masked elements are shown by writing to the mask{at_user_line()}: the numbers below it have no "
            "derivative. Write numbers to these elements, x[i] = v, which unmasks them."
        )
    return new


def write_mask(x: Any, new: Any) -> None:
    """Put another mask on x, and on what x is a view of if that has one; one of a view of an array without a mask is
    the view's own, as in numpy.ma.
    """
    checked(x, new)
    if mask(x) is NOMASK and getattr(x, "_base", None) is not None:
        change(x, lambda old: under_mask(old, new), "x.mask = ...")
    else:
        rewrite(x, MASK, new)


def set_mask(x: Any, value: Any) -> None:
    """x.mask = value: a truth value, an array of them; a hard mask only grows."""
    from .masking import as_mask

    old, shape = mask(x), ops.shape(x)
    if value is np.ma.masked:
        value = True
    if old is NOMASK and value is NOMASK:
        return
    new = as_mask(np.bool_(False) if value is NOMASK else value, shape)
    new = np.zeros(shape, bool) if new is NOMASK else new
    if statics_of(x).get("hard"):
        new = united(old, new)
    write_mask(x, ops.broadcast_to(new, shape=shape))


def own_mask(x: Any, value: Any, in_place: bool) -> None:
    """Before a masked value is written into a view of an array without a mask: as in numpy.ma, the mask that this makes
    is the view's own.
    """
    if mask(x) is NOMASK and has_any(mask(value)) and type(x._base[1]) is not Part:
        if is_traced(value) and not in_place:
            raise MaskError(
                f"Traced numbers of which some are masked are written into a view of an array without a mask"
                f"{at_user_line()}: the array would show what is below the mask, which has no derivative. Write to the "
                "array itself, or give it a mask first: x.mask = False."
            )
        change(x, lambda old: under_mask(old, np.zeros(ops.shape(x), bool)), "x[...] = masked")


before_writing(np.ma.MaskedArray, own_mask)


# ---- what is beside data and mask ------------------------------------------------------------------------------------


def set_static(x: Any, what: str, **statics: Any) -> None:
    """Change what a masked array says beside its data and mask."""

    def changed(old: Any) -> Any:
        return Part(
            lambda owner: attach(data_of(owner), mask(owner), **statics_of(owner) | statics),
            lambda owner, new: attach(data_of(new), mask(new), **statics_of(owner)),
        )(old)

    change(x, changed, what)


def set_fill_value(x: Any, value: Any = None) -> None:
    """x.fill_value = value, x.set_fill_value(value)."""
    kind = ops.dtype(x)
    value = np.ma.default_fill_value(kind) if value is None else np.asarray(value, kind)[()]
    set_static(x, "x.fill_value = ...", fill_value=value)


def harden_mask(x: Any) -> Any:
    """x.harden_mask()."""
    set_static(x, "x.harden_mask()", hard=True)
    return x


def soften_mask(x: Any) -> Any:
    """x.soften_mask()."""
    set_static(x, "x.soften_mask()", hard=False)
    return x


def shrink_mask(x: Any) -> Any:
    """x.shrink_mask(): without its mask where nothing is masked."""
    m = mask(x)
    if m is not NOMASK and is_known(m) and not has_any(m):
        change(x, lambda old: under_mask(old, NOMASK), "x.shrink_mask()")
    return x


SETTERS = {"mask": set_mask, "fill_value": set_fill_value}
