"""Data types: names, limits, promotion, and what the Array API standard asks of a namespace."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from .. import ops
from ..engines.views import share_memory
from .manipulation import copy_of
from .registry import PUBLIC, numpy_function, operand


def astype_plain(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """NumPy's astype for arrays and array-likes."""
    array = cast(Any, x if isinstance(x, (np.ndarray, np.generic)) else np.asarray(x))
    return np.astype(array, dtype, copy=copy, device=device)


@numpy_function(np.astype, plain=astype_plain)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    if ops.dtype(x) == np.dtype(dtype):
        return copy_of(x) if copy else x
    return ops.astype(x, dtype=np.dtype(dtype))


def casted(a: Any, dtype: Any) -> Any:
    """The array in a dtype, where one is asked for."""
    return a if dtype is None or ops.dtype(a) == np.dtype(dtype) else ops.astype(a, dtype=np.dtype(dtype))


def at_least_double(x: Any) -> Any:
    """A value in float64 or complex128, as the functions of NumPy give it that know no other precision."""
    return casted(x, np.result_type(ops.dtype(x), np.float64))


def typed(x: Any) -> Any:
    """What stands for a value in questions about dtypes: its dtype; plain arguments as they are."""
    if isinstance(x, (np.ndarray, np.generic, np.dtype, type, str, int, float, complex)):
        return x
    x = operand(x)
    return x if isinstance(x, np.ndarray) else ops.dtype(x)


@numpy_function(np.result_type, arrays=0)
def result_type(*arrays_and_dtypes: Any) -> Any:
    return np.result_type(*map(typed, arrays_and_dtypes))


@numpy_function(np.can_cast, arrays=0)
def can_cast(from_: Any, to: Any, /, casting: Any = "safe") -> bool:
    return np.can_cast(typed(from_), to, casting)


@numpy_function(np.min_scalar_type, arrays=0)
def min_scalar_type(a: Any, /) -> Any:
    return ops.dtype(a)


@numpy_function(np.common_type, arrays=0)
def common_type(*arrays: Any) -> Any:
    return np.common_type(*(np.empty(0, ops.dtype(operand(a))) for a in arrays))


@numpy_function(np.iscomplexobj)
def iscomplexobj(x: Any) -> bool:
    return ops.dtype(x).kind == "c"


@numpy_function(np.isrealobj)
def isrealobj(x: Any) -> bool:
    return ops.dtype(x).kind != "c"


@numpy_function(np.may_share_memory, arrays=0)
def may_share_memory(a: Any, b: Any, /, max_work: Any = None) -> bool:
    return share_memory(a, b, lambda x, y: np.may_share_memory(x, y, max_work=max_work))


@numpy_function(np.shares_memory, arrays=0)
def shares_memory(a: Any, b: Any, /, max_work: Any = None) -> bool:
    return share_memory(a, b, lambda x, y: np.shares_memory(x, y, max_work=max_work))


@numpy_function(np.array_repr, arrays=0)
def array_repr(arr: Any, max_line_width: Any = None, precision: Any = None, suppress_small: Any = None) -> str:
    return repr(arr)


@numpy_function(np.array_str, arrays=0)
def array_str(a: Any, max_line_width: Any = None, precision: Any = None, suppress_small: Any = None) -> str:
    return str(a)


@numpy_function(np.array2string, arrays=0)
def array2string(a: Any, *arguments: Any, **keywords: Any) -> str:
    return str(a)


class finfo_:
    """The limits of a floating dtype as Python's own numbers, which is what the standard asks for."""

    __slots__ = ("bits", "eps", "max", "min", "smallest_normal", "tiny", "resolution", "precision", "dtype")

    def __init__(self, type: Any) -> None:
        info = np.finfo(dtype_of(type))
        self.bits, self.dtype, self.precision = info.bits, info.dtype, info.precision
        self.eps, self.max, self.min = float(info.eps), float(info.max), float(info.min)
        self.smallest_normal = self.tiny = float(info.smallest_normal)
        self.resolution = float(info.resolution)

    def __repr__(self) -> str:
        return f"finfo(resolution={self.resolution}, min={self.min}, max={self.max}, dtype={self.dtype})"


def dtype_of(x: Any) -> Any:
    """The dtype of an array or a dtype."""
    return x if isinstance(x, (type, str, np.dtype)) else ops.dtype(x)


def finfo(type: Any, /) -> Any:
    """The limits of the floating dtype of an array or a dtype."""
    return finfo_(type)


def iinfo(type: Any, /) -> Any:
    """The limits of the integer dtype of an array or a dtype."""
    return np.iinfo(dtype_of(type))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is of a kind of the standard."""
    return np.isdtype(np.dtype(dtype), kind)


def array_namespace_info() -> Any:
    """What this namespace can do, as the standard's inspection functions tell it."""
    return np.__array_namespace_info__()


for _function in (finfo, iinfo, isdtype):
    PUBLIC[""][_function.__name__] = _function
PUBLIC[""]["__array_namespace_info__"] = array_namespace_info
