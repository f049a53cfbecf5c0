"""Constant arrays that a derivative still needs: copied when small, fingerprinted when large."""

from __future__ import annotations

import math
import weakref
import zlib
from typing import Any

import numpy as np

from ..dispatch.errors import MutatedConstantError, user_line

#: Bytes up to which a constant is copied (a copy costs less than an operation).
COPY_LIMIT = 256 * 1024
#: Widths for the sums of interleaved columns: one that divides no row, so that exchanging rows changes them.
WIDTHS = (61, 67, 71, 73, 79, 83, 89, 97)
SAMPLES = 256
#: The same where it is looked at each time a gradient is taken.
LOOKS = 64


def keep_constant(tape: Any, constant: np.ndarray[Any, Any]) -> Any:
    """What the tape keeps of a writeable constant."""
    if constant.nbytes <= COPY_LIMIT:
        return constant.copy()
    if tape.constants is None:
        tape.constants = {}
    if id(constant) not in tape.constants:
        tape.constants[id(constant)] = (constant, fingerprint(constant), user_line())
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
    for constant, before, line in (tape.constants or {}).values():
        if fingerprint(constant) != before:
            raise MutatedConstantError(
                f"An array of shape {constant.shape} that the derivative needs was overwritten after it was used at "
                f"{line}. Pass a copy (x.copy()) into the computation, or write into a new array; dispatchml.frozen(x) "
                "says that an array stays as it is."
            )


def fingerprint(array: np.ndarray[Any, Any]) -> Any:
    """A number that changes when the contents change: sums of interleaved columns of its words, and a sample."""
    if array.dtype.hasobject:
        return None
    flat = array.reshape(-1) if array.flags.c_contiguous else np.ravel(array, order="K")
    raw = flat.view(np.uint8)
    words = raw[: raw.size - raw.size % 8].view(np.uint64)
    width = columns_for(array)
    whole = words.size - words.size % width
    sums = np.add.reduce(words[:whole].reshape(-1, width), 0)
    sample = words[:: max(1, words.size // SAMPLES)]
    rest = zlib.crc32(raw[whole * 8 :].tobytes())
    return zlib.crc32(sample.tobytes(), zlib.crc32(sums.tobytes(), rest))


def columns_for(array: np.ndarray[Any, Any]) -> int:
    """A width that divides the size of no axis: exchanging slices along one moves numbers to other columns."""
    return next((w for w in WIDTHS if all(n % w for n in array.shape)), math.prod(WIDTHS[:2]))


def sampled(x: np.ndarray[Any, Any]) -> Any:
    """A number that changes when most of the contents change: of some elements only, in constant time."""
    if x.dtype.char not in "fdFD":
        return fingerprint(x)
    return zlib.crc32(x.flat[:: x.size // LOOKS + 1])  # pyright: ignore[reportArgumentType]


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
