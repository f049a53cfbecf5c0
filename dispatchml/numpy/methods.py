"""NumPy's attributes and methods on traced and layered values, by functions of `dispatchml.numpy`."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np

from .. import numpy as xp
from .. import ops
from ..dispatch.errors import ShapeError, at_user_line, class_name
from ..dispatch.layers import layer_of
from ..engines.parts import part, write_part
from ..engines.seen import seen_inside
from .protocols import no_plain_memory


def payload(x: Any) -> Any:
    """What a layer wraps."""
    info = layer_of(type(x))
    if info is None or info.payload is None:
        raise AttributeError(f"{class_name(type(x))} has no payload to answer for it{at_user_line()}.")
    return info.payload(x)


def several(arguments: tuple[Any, ...]) -> Any:
    """Sizes or axes given as one tuple or one by one."""
    if len(arguments) == 1 and (arguments[0] is None or isinstance(arguments[0], (tuple, list))):
        return arguments[0]
    return arguments


class ArrayMethods:
    """The attributes and methods of NumPy's arrays."""

    __slots__ = ()

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
        """The real part, as a view of a traced array."""
        return part(self, "real")

    @real.setter
    def real(self, value: Any) -> None:
        write_part(self, "real", value)

    @property
    def imag(self) -> Any:
        """The imaginary part, as a view of a traced array."""
        return part(self, "imag")

    @imag.setter
    def imag(self, value: Any) -> None:
        write_part(self, "imag", value)

    @property
    def flat(self) -> Any:
        """The elements one by one, the last axis fastest, to be read and written by position."""
        from .writing import Flat

        return Flat(self)

    @flat.setter
    def flat(self, values: Any) -> None:
        self.flat[...] = values

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

    def fill(self, value: Any) -> None:
        """As `numpy.ndarray.fill`."""
        from .writing import fill

        fill(self, value)

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """As `numpy.ndarray.put`."""
        from .writing import put

        put(self, indices, values, mode)

    def sort(self, axis: int = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
        """As `numpy.ndarray.sort`, in place."""
        from .writing import sort

        sort(self, axis, kind, order)

    def partition(self, kth: Any, axis: int = -1, kind: str = "introselect", order: Any = None) -> None:
        """As `numpy.ndarray.partition`, in place."""
        from .writing import partition

        partition(self, kth, axis)

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
            return xp.getitem(self, index)
        return xp.getitem(self.ravel(), index[0] if isinstance(index, tuple) else index)

    def tolist(self) -> Any:
        """Nested lists of layered scalars."""
        if not self.shape:
            return self.item()
        return [x.tolist() if hasattr(x, "tolist") else x for x in xp.unstack(self)]

    # ---- the rest -------------------------------------------------------------------------------------------------

    def dot(self, other: Any, out: Any = None) -> Any:
        """As `numpy.dot`."""
        return xp.dot(self, other, out)

    def round(self, decimals: int = 0, out: Any = None) -> Any:
        """As `numpy.round`."""
        return xp.round(self, decimals, out)

    def conj(self) -> Any:
        """The complex conjugate; of real numbers the value itself, as NumPy's method gives it."""
        return self if self.dtype.kind in "biuf" else ops.conj(self)

    conjugate = conj

    def astype(
        self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """As `numpy.ndarray.astype`."""
        from .manipulation import in_order

        return in_order(xp.astype(self, dtype, copy=copy), order)

    def copy(self, order: str = "C") -> Any:
        """An independent value."""
        return xp.copy(self, order)

    def view(self, *dtype: Any) -> Any:
        """The same values, for numpy.ndarray without what a subclass says; raises for another dtype, whose bits have no
        derivative.
        """
        if dtype and dtype[0] is np.ndarray:
            inner = seen_inside(cast(Any, self))
            info = layer_of(type(inner))
            numbers = None if info is None else info.properties.get("numbers")
            if numbers is not None or type(inner) is np.ndarray:
                return xp.getitem(self, ...) if numbers is None else numbers(self)
        if dtype and dtype[0] != self.dtype and dtype[0] is not type(self):
            raise ShapeError(
                f"view({dtype[0]}) reads the bits of a layered value{at_user_line()}. Write x.astype(...) instead."
            )
        return xp.getitem(self, ...)

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """The value on a device, as the Array API standard spells it."""
        if device == self.device and stream is None:
            return self
        return xp.to_device(self, device)

    def __dlpack__(self, **_: Any) -> Any:
        raise no_plain_memory(self, "__dlpack__")

    def __dlpack_device__(self) -> tuple[int, int]:
        raise no_plain_memory(self, "__dlpack_device__")
