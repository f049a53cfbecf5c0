"""Constant arrays that a derivative still needs: copied when small, fingerprinted when large."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ..backends.native import activation
from ..backends.numpy import kernels
from ..dispatch.errors import MutatedConstantError, user_line

#: Bytes up to which a constant is copied (a copy costs less than an operation).
COPY_LIMIT = 256 * 1024
#: Bytes whose fingerprint takes as long, without machine code, as what else is counted as one piece of work.
LOOKED_AT = 8192


def keep_constant(tape: Any, constant: np.ndarray[Any, Any]) -> Any:
    """What the tape keeps of a writeable constant."""
    if constant.nbytes <= COPY_LIMIT or constant.dtype.hasobject:
        return constant.copy("K")
    if tape.constants is None:
        tape.constants = {}
    if id(constant) not in tape.constants:
        look = look_at([constant])
        tape.constants[id(constant)] = (constant, look, look(constant), user_line())
    return constant


#: Classes of static keywords that cannot change.
STILL = frozenset(
    {
        type(None),
        bool,
        int,
        float,
        complex,
        str,
        slice,
        type,
        type(...),
        *(np.dtype(c).type for c in "?bhilqBHILQefdFD"),
    }
)


def kept_static(value: Any) -> Any:
    """A static keyword as the tape keeps it: index arrays, masks and lists are copied; their owner may refill them."""
    kind = type(value)
    if kind in STILL:
        return value
    if kind is np.ndarray:
        return value if is_still(value) else value.copy()
    if kind is tuple:
        return value if STILL.issuperset(map(type, value)) else tuple(map(kept_static, value))
    return [kept_static(v) for v in value] if kind is list else value


def check_constants(tape: Any) -> None:
    """Raise where a large constant was overwritten since it was recorded."""
    for constant, look, before, line in (tape.constants or {}).values():
        if look(constant) != before:
            raise MutatedConstantError(
                f"An array of shape {constant.shape} that the derivative needs was overwritten after it was used at "
                f"{line}. Pass a copy (x.copy()) into the computation, or write into a new array; dispatchml.frozen(x) "
                "says that an array stays as it is."
            )


def look_at(arrays: list[Any]) -> Callable[[Any], Any]:
    """How the contents of arrays are compared with what they were: by machine code where there is some."""
    if activation.pending:
        activation.note_work(sum(x.nbytes for x in arrays) // LOOKED_AT)
    return kernels.FAST.get("fingerprint", fingerprint)


def fingerprint(array: np.ndarray[Any, Any]) -> Any:
    """A number that changes when the contents do; of objects the objects themselves."""
    if array.dtype.hasobject:
        return tuple(array.flat)
    import zlib  # not before it is wanted

    flat = array.reshape(-1) if array.flags.c_contiguous else np.ravel(array, order="K")
    return zlib.crc32(flat.view(np.uint8))  # pyright: ignore[reportArgumentType]


#: The views that `frozen` has made: promises, also where what they are views of can be written.
PROMISED: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def is_still(x: np.ndarray[Any, Any]) -> bool:
    """Whether nobody can write into an array: it is read-only and so is what it is a view of, or it is promised."""
    if x.flags.writeable:
        return False
    base = x.base
    return type(base) is not np.ndarray or not base.flags.writeable or PROMISED.get(id(x)) is x


def frozen(array: Any) -> Any:
    """A read-only view of an array: a promise that nobody overwrites it while derivatives need it, sparing the check.

    >>> import numpy as np, dispatchml as dm
    >>> w = dm.frozen(np.ones(3))
    >>> w.flags.writeable
    False
    """
    if not isinstance(array, np.ndarray):
        return array
    view = array.view()
    view.flags.writeable = False
    PROMISED[id(view)] = view
    return view
