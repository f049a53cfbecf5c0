"""What every traced or layered value gets: Python's operators, NumPy's attributes and methods, NumPy's protocols.

`ArrayOperators` defines nothing about truth, conversion to plain numbers, or writing into values: engines decide these.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import numpy as xp
from .. import ops
from ..dispatch.define import LAYER_DRESSERS
from ..dispatch.errors import ShapeError, at_user_line, class_name
from ..dispatch.join import value_class
from ..dispatch.layers import layer_of
from ..dispatch.plugins import meet
from .protocols import array_function, array_namespace, array_ufunc, no_plain_memory

NO_OPERANDS = (str, bytes, dict, set, frozenset, type(None), type)


def is_operand(cls: type, reflected: str) -> bool:
    """Whether an operator takes a value of this class, or leaves it to that class's own reflected operator."""
    if cls is np.ndarray or value_class(cls) is not None:
        return True
    meet(cls)
    if layer_of(cls) is not None or cls in (list, tuple) or issubclass(cls, (np.ndarray, numbers.Number)):
        return True
    return not issubclass(cls, NO_OPERANDS) and getattr(cls, reflected, None) is getattr(object, reflected, None)


def binary(name: str, method: str) -> Callable[[Any, Any], Any]:
    """The operator `self op other`."""
    reflected = REFLECTED.get(method, f"__r{method[2:]}")

    def operator(self: Any, other: Any) -> Any:
        if not is_operand(type(other), reflected):
            return NotImplemented
        if type(other) in (list, tuple):
            other = xp.asarray(other)
        return getattr(ops, name)(self, other)

    return named(operator, method)


def mirrored(name: str, method: str) -> Callable[[Any, Any], Any]:
    """The operator `other op self`."""

    def operator(self: Any, other: Any) -> Any:
        if not is_operand(type(other), f"__{method[3:]}"):
            return NotImplemented
        if type(other) in (list, tuple):
            other = xp.asarray(other)
        return getattr(ops, name)(other, self)

    return named(operator, method)


def unary(name: str, method: str) -> Callable[[Any], Any]:
    """The operator `op self`."""

    def operator(self: Any) -> Any:
        return getattr(ops, name)(self)

    return named(operator, method)


def named(function: Any, method: str) -> Any:
    """A function under the name that tracebacks should show."""
    function.__name__ = method
    function.__qualname__ = f"ArrayOperators.{method}"
    return function


REFLECTED = {
    "__eq__": "__eq__", "__ne__": "__ne__", "__lt__": "__gt__", "__gt__": "__lt__", "__le__": "__ge__",
    "__ge__": "__le__",
}  # fmt: skip


def payload(x: Any) -> Any:
    """What a layer wraps."""
    info = layer_of(type(x))
    if info is None or info.payload is None:
        raise AttributeError(f"{class_name(type(x))} has no payload to answer for it{at_user_line()}.")
    return info.payload(x)


class ArrayOperators:
    """The operators, attributes and methods of NumPy's arrays, by operations on whatever carries them."""

    __slots__ = ()
    __array_priority__ = 1_000_000.0
    __hash__ = None  # type: ignore[assignment]

    __add__, __radd__ = binary("add", "__add__"), mirrored("add", "__radd__")
    __sub__, __rsub__ = binary("subtract", "__sub__"), mirrored("subtract", "__rsub__")
    __mul__, __rmul__ = binary("multiply", "__mul__"), mirrored("multiply", "__rmul__")
    __truediv__, __rtruediv__ = binary("divide", "__truediv__"), mirrored("divide", "__rtruediv__")
    __floordiv__, __rfloordiv__ = binary("floor_divide", "__floordiv__"), mirrored("floor_divide", "__rfloordiv__")
    __mod__, __rmod__ = binary("remainder", "__mod__"), mirrored("remainder", "__rmod__")
    __pow__, __rpow__ = binary("power", "__pow__"), mirrored("power", "__rpow__")
    __matmul__, __rmatmul__ = binary("matmul", "__matmul__"), mirrored("matmul", "__rmatmul__")
    __and__, __rand__ = binary("bitwise_and", "__and__"), mirrored("bitwise_and", "__rand__")
    __or__, __ror__ = binary("bitwise_or", "__or__"), mirrored("bitwise_or", "__ror__")
    __xor__, __rxor__ = binary("bitwise_xor", "__xor__"), mirrored("bitwise_xor", "__rxor__")
    __lshift__, __rlshift__ = binary("bitwise_left_shift", "__lshift__"), mirrored("bitwise_left_shift", "__rlshift__")
    __rshift__, __rrshift__ = (
        binary("bitwise_right_shift", "__rshift__"),
        mirrored("bitwise_right_shift", "__rrshift__"),
    )
    __eq__, __ne__ = binary("equal", "__eq__"), binary("not_equal", "__ne__")
    __lt__, __le__ = binary("less", "__lt__"), binary("less_equal", "__le__")
    __gt__, __ge__ = binary("greater", "__gt__"), binary("greater_equal", "__ge__")
    __neg__, __pos__ = unary("negative", "__neg__"), unary("positive", "__pos__")
    __abs__, __invert__ = unary("absolute", "__abs__"), unary("bitwise_invert", "__invert__")

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, ndigits: int | None = None) -> Any:
        return xp.round(self, ndigits or 0)

    # ---- protocols ------------------------------------------------------------------------------------------------

    __array_ufunc__ = array_ufunc
    __array_function__ = array_function
    __array_namespace__ = array_namespace

    # ---- a container ----------------------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        return xp.getitem(self, index)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object: it has no axes.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return iter(xp.unstack(self, axis=0))

    def __contains__(self, value: Any) -> bool:
        return bool(xp.any(self == value))

    # ---- attributes -----------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return ops.shape(payload(self))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the innermost payload."""
        return ops.dtype(payload(self))

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        """The bytes of an element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.size * self.dtype.itemsize

    @property
    def device(self) -> Any:
        """Where the payload lives, in the words of the Array API standard."""
        return getattr(payload(self), "device", "cpu")

    @property
    def T(self) -> Any:
        """The axes reversed."""
        return xp.transpose(self)

    @property
    def mT(self) -> Any:
        """The last two axes swapped."""
        return xp.matrix_transpose(self)

    @property
    def real(self) -> Any:
        """The real part."""
        return ops.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return ops.imag(self)

    @property
    def flat(self) -> Iterator[Any]:
        """The elements one by one, the last axis fastest."""
        return iter(self.ravel())

    # ---- reductions -----------------------------------------------------------------------------------------------

    def sum(self, axis: Any = None, dtype: Any = None, out: Any = None, **keywords: Any) -> Any:
        """As `numpy.sum`."""
        return xp.sum(self, axis, dtype, out, **keywords)

    def prod(self, axis: Any = None, dtype: Any = None, out: Any = None, **keywords: Any) -> Any:
        """As `numpy.prod`."""
        return xp.prod(self, axis, dtype, out, **keywords)

    def mean(self, axis: Any = None, dtype: Any = None, out: Any = None, **keywords: Any) -> Any:
        """As `numpy.mean`."""
        return xp.mean(self, axis, dtype, out, **keywords)

    def var(self, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, **keywords: Any) -> Any:
        """As `numpy.var`."""
        return xp.var(self, axis, dtype, out, ddof, **keywords)

    def std(self, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, **keywords: Any) -> Any:
        """As `numpy.std`."""
        return xp.std(self, axis, dtype, out, ddof, **keywords)

    def min(self, axis: Any = None, out: Any = None, **keywords: Any) -> Any:
        """As `numpy.min`."""
        return xp.min(self, axis, out, **keywords)

    def max(self, axis: Any = None, out: Any = None, **keywords: Any) -> Any:
        """As `numpy.max`."""
        return xp.max(self, axis, out, **keywords)

    def any(self, axis: Any = None, out: Any = None, **keywords: Any) -> Any:
        """As `numpy.any`."""
        return xp.any(self, axis, out, **keywords)

    def all(self, axis: Any = None, out: Any = None, **keywords: Any) -> Any:
        """As `numpy.all`."""
        return xp.all(self, axis, out, **keywords)

    def argmax(self, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
        """As `numpy.argmax`."""
        return xp.argmax(self, axis, out, keepdims=keepdims)

    def argmin(self, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
        """As `numpy.argmin`."""
        return xp.argmin(self, axis, out, keepdims=keepdims)

    def ptp(self, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        """As `numpy.ptp`."""
        return xp.ptp(self, axis, out, keepdims)

    def cumsum(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        """As `numpy.cumsum`."""
        return xp.cumsum(self, axis, dtype, out)

    def cumprod(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        """As `numpy.cumprod`."""
        return xp.cumprod(self, axis, dtype, out)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
        """As `numpy.trace`."""
        return xp.trace(self, offset, axis1, axis2, dtype, out)

    # ---- shapes ---------------------------------------------------------------------------------------------------

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
        """As `numpy.reshape`; the sizes as one tuple or one by one."""
        return xp.reshape(self, several(shape), order=order, copy=copy)

    def ravel(self, order: str = "C") -> Any:
        """As `numpy.ravel`."""
        return xp.ravel(self, order)

    def flatten(self, order: str = "C") -> Any:
        """A copy with one axis."""
        return xp.copy(xp.ravel(self, order))

    def transpose(self, *axes: Any) -> Any:
        """As `numpy.transpose`; the axes as one tuple or one by one."""
        return xp.transpose(self, several(axes) if axes else None)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """As `numpy.swapaxes`."""
        return xp.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Any:
        """As `numpy.squeeze`."""
        return xp.squeeze(self, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """As `numpy.diagonal`."""
        return xp.diagonal(self, offset, axis1, axis2)

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        """As `numpy.repeat`."""
        return xp.repeat(self, repeats, axis)

    def resize(self, *_: Any, **__: Any) -> Any:
        """Raises: a layered value does not change its shape in place."""
        raise ShapeError(
            f"resize works in place{at_user_line()}, which a layered value cannot. Write numpy.resize(x, shape)."
        )

    # ---- elements -------------------------------------------------------------------------------------------------

    def take(self, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
        """As `numpy.take`."""
        return xp.take(self, indices, axis, out, mode)

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Any:
        """As `numpy.compress`."""
        return xp.compress(condition, self, axis, out)

    def choose(self, choices: Any, out: Any = None, mode: str = "raise") -> Any:
        """As `numpy.choose`."""
        return xp.choose(self, choices, out, mode)

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **keywords: Any) -> Any:
        """As `numpy.clip`."""
        return xp.clip(self, min, max, out, **keywords)

    def nonzero(self) -> Any:
        """As `numpy.nonzero`."""
        return xp.nonzero(self)

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> Any:
        """As `numpy.searchsorted`."""
        return xp.searchsorted(self, v, side, sorter)

    def sort(self, axis: int = -1, *_: Any, **__: Any) -> Any:
        """Raises: NumPy's method sorts in place."""
        raise ShapeError(f"x.sort() works in place{at_user_line()}, which a layered value cannot. Write numpy.sort(x).")

    def argsort(self, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
        """As `numpy.argsort`."""
        return xp.argsort(self, axis, kind, order, stable=stable)

    def argpartition(self, kth: Any, axis: Any = -1) -> Any:
        """As `numpy.argpartition`."""
        return xp.argpartition(self, kth, axis)

    def item(self, *index: Any) -> Any:
        """One element, as a layered scalar: it keeps what it carries."""
        if not index:
            if self.size != 1:
                raise ValueError("can only convert an array of size 1 to a Python scalar")
            return self.reshape(()) if self.shape else self
        index = several(index)
        if isinstance(index, tuple) and len(index) == self.ndim:
            return self[index]
        return self.ravel()[index[0] if isinstance(index, tuple) else index]

    def tolist(self) -> Any:
        """Nested lists of layered scalars."""
        return (
            [x.tolist() if isinstance(x, (ArrayOperators, np.ndarray)) else x for x in self]
            if self.shape
            else self.item()
        )

    # ---- the rest -------------------------------------------------------------------------------------------------

    def dot(self, other: Any, out: Any = None) -> Any:
        """As `numpy.dot`."""
        return xp.dot(self, other, out)

    def round(self, decimals: int = 0, out: Any = None) -> Any:
        """As `numpy.round`."""
        return xp.round(self, decimals, out)

    def conj(self) -> Any:
        """The complex conjugate."""
        return ops.conj(self)

    conjugate = conj

    def astype(
        self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """As `numpy.ndarray.astype`."""
        return xp.astype(self, dtype, copy=copy)

    def copy(self, order: str = "C") -> Any:
        """An independent value."""
        return xp.copy(self)

    def view(self, *dtype: Any) -> Any:
        """The same values; raises for another dtype, whose bits have no derivative."""
        if dtype and dtype[0] != self.dtype and dtype[0] is not type(self):
            raise ShapeError(
                f"view({dtype[0]}) reads the bits of a layered value{at_user_line()}. Write x.astype(...) instead."
            )
        return self[...]

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """The value on a device, as the Array API standard spells it."""
        if device == self.device and stream is None:
            return self
        return xp.to_device(self, device)

    def __dlpack__(self, **_: Any) -> Any:
        raise no_plain_memory(self, "__dlpack__")

    def __dlpack_device__(self) -> tuple[int, int]:
        raise no_plain_memory(self, "__dlpack_device__")


def several(arguments: tuple[Any, ...]) -> Any:
    """Sizes or axes given as one tuple or one by one."""
    if len(arguments) == 1 and (arguments[0] is None or isinstance(arguments[0], (tuple, list))):
        return arguments[0]
    return arguments


#: What a class of somebody's own is not given, because every class has it already.
OWN = frozenset({"__module__", "__doc__", "__slots__", "__dict__", "__weakref__", "__qualname__"})


def dress(cls: type, layer: Any = None) -> None:
    """Give a layer of one's own everything that it does not define itself; `dm.layer` calls this for each."""
    for name, member in vars(ArrayOperators).items():
        if name in OWN:
            continue
        if name in ("__eq__", "__ne__", "__hash__"):
            if name not in vars(cls) or generated(vars(cls)[name]):
                setattr(cls, name, member)
        elif getattr(cls, name, None) is getattr(object, name, None):
            setattr(cls, name, member)


def generated(member: Any) -> bool:
    """Whether a comparison was written by attrs or dataclasses, which compare payloads as a whole."""
    if member is None:
        return True
    code = getattr(member, "__code__", None)
    return code is not None and (code.co_filename.startswith("<attrs generated") or code.co_filename == "<string>")


LAYER_DRESSERS.append(dress)
