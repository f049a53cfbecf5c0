"""What is known of a value without computing: shape, ndim, size, dtype.

Plain numbers are 0-d; layers answer for their payload.
"""

import math
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.layers import layer_of

__all__ = ["dtype", "foreign_dtype", "is_complex", "ndim", "shape", "size"]

FLOAT64, COMPLEX128, INT64, BOOL = (np.dtype(t) for t in (np.float64, np.complex128, np.int64, np.bool_))
PYTHON_DTYPES: dict[type, np.dtype[Any]] = {float: FLOAT64, complex: COMPLEX128, int: INT64, bool: BOOL}
OBJECT = np.dtype(object)
#: What reads the dtypes of other array libraries, by their class.
FOREIGN_DTYPES: dict[type, Callable[[Any], np.dtype[Any]]] = {}
#: Classes of numbers that are known to be real, as somebody has said, and as their own class says.
REAL: set[type] = set()
REAL_NUMBERS: set[type] = set()


def shape(x: Any) -> tuple[int, ...]:
    """The shape of a value; () for numbers of any kind. A meaning that has no attribute `shape` has its payload's."""
    try:
        return x.shape
    except AttributeError:
        info = None if type(x) in PYTHON_DTYPES else layer_of(type(x))
        if info is None or info.payload is None or info.slot != "meaning":
            return ()
        payload = info.payload(x)
        return shape(payload) if type(payload) is not tuple else ()


def ndim(x: Any) -> int:
    """The number of axes of a value; 0 for numbers of any kind."""
    return len(shape(x))


def size(x: Any) -> int:
    """The number of elements of a value; 1 for numbers of any kind."""
    return math.prod(shape(x))


def dtype(x: Any) -> np.dtype[Any]:
    """The dtype of a value: NumPy's own, the one that Python's numbers become, or object for other numbers."""
    found = PYTHON_DTYPES.get(type(x))
    if found is not None:
        return found
    try:
        found = x.dtype
        return found if not FOREIGN_DTYPES else known_dtype(found)
    except AttributeError:
        info = layer_of(type(x))
        payload = info.payload(x) if info is not None and info.payload is not None else ()
        return dtype(payload) if type(payload) is not tuple else OBJECT


def known_dtype(found: Any) -> np.dtype[Any]:
    """NumPy's dtype for one of NumPy or of another library."""
    read = FOREIGN_DTYPES.get(type(found))
    return found if read is None else read(found)


def foreign_dtype(cls: type, read: Callable[[Any], np.dtype[Any]]) -> None:
    """Declare how the dtypes of another array library, objects of this class, are told by NumPy's names.

    >>> import dispatchml as dm, torch  # doctest: +SKIP
    >>> dm.ops.foreign_dtype(torch.dtype, lambda dtype: numpy.dtype(str(dtype)[6:]))  # doctest: +SKIP
    """
    FOREIGN_DTYPES[cls] = read


def is_complex(x: Any) -> bool:
    """Whether the numbers of a value are complex: by its dtype, or by their classes where it is an object."""
    cls = type(x)
    if cls in REAL or cls in REAL_NUMBERS:
        return False
    kind = dtype(x).kind
    if kind != "O":
        return kind == "c"
    from .conversion import numbers_below

    below = numbers_below(x)
    classes = set(map(type, below.flat)) if isinstance(below, np.ndarray) else {type(below)}
    found = any(issubclass(c, numbers.Complex) and not issubclass(c, numbers.Real) for c in classes)
    if below is x and not found and layer_of(cls) is None and not isinstance(x, np.ndarray):
        REAL_NUMBERS.add(cls)
    return found
