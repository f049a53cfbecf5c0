"""Arrays of lifted code: plain memory until a traced value is written, with NumPy's aliasing before and after.

A buffer holds a NumPy array, or the traced value that it has become. A view of plain memory is NumPy's own view. Once
its root is traced, a view knows how it was taken and gathers its elements from there when it is read; a write goes to
the root as a functional update, by positions that NumPy itself finds: the same slicing and reshaping of whole numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..dispatch.errors import LiftError, at_user_line
from ..dispatch.layers import Layer, add_layer
from ..engines.provider import HOLDERS, provide
from ..engines.record import Rec
from ..engines.space import SPACES
from ..engines.traced import Traced
from ..engines.views import has_memory
from ..numpy.manipulation import in_order
from ..ops.index import is_basic
from ..transforms.prepared import LIFTING

ndarray = np.ndarray
Take = Callable[[Any], Any]


class Buffer:
    """An array that takes traced values. `_value` is what it holds; a view has its root and how it is taken from it."""

    __slots__ = ("_value", "_root", "_take", "_version", "_strides", "_part", "_viewed", "_lent", "__weakref__")
    __array_priority__ = 2_000_000.0
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any, root: Buffer | None = None, take: Take | None = None) -> None:
        self._value, self._root, self._take = value, root, take
        self._version: int = 0 if root is None else root._version
        #: How it lies in memory, once that is not seen any more: the strides of its own memory.
        self._strides: tuple[int, ...] | None = None
        #: (buffer, "real" or "imag") of what is a part of complex numbers.
        self._part: tuple[Buffer, str] | None = None
        #: Whether views of it have been taken; "reshaped" where its shape was set after that.
        self._viewed: Any = False
        #: Weak references to what lends its plain memory; True where a traced value was lent.
        self._lent: Any = None

    # ---- what it holds -----------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return self._value.shape

    @shape.setter
    def shape(self, shape: Any) -> None:
        if type(self._value) is not ndarray:
            raise LiftError(f"x.shape = ... of a traced array{at_user_line()}. Write x = x.reshape(shape).")
        if self._root is None:
            self._value.shape = shape
            self._viewed = "reshaped" if self._viewed else False
            return
        take = self._take
        assert take is not None
        self._value.shape = shape
        self._take = lambda x: take(x).reshape(shape)

    @property
    def dtype(self) -> Any:
        """The dtype."""
        return self._value.dtype

    ndim = property(lambda self: len(self._value.shape), doc="The number of axes.")
    size = property(lambda self: self._value.size, doc="The number of elements.")
    T = property(lambda self: viewing.view(self, lambda x: x.T), doc="The axes reversed.")
    mT = property(lambda self: viewing.view(self, lambda x: x.mT), doc="The last two axes exchanged.")
    real = property(
        lambda x: viewing.part(x, "real"), lambda x, v: viewing.set_part(x, "real", v), doc="The real part."
    )
    imag = property(
        lambda x: viewing.part(x, "imag"), lambda x, v: viewing.set_part(x, "imag", v), doc="The other part."
    )
    flat = property(
        lambda x: elements.Elements(x), lambda x, v: x.flat.__setitem__(Ellipsis, v), doc="As `numpy.ndarray.flat`."
    )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__array_interface__":
            raise AttributeError(name)
        return getattr(held(self), name)

    def __repr__(self) -> str:
        return f"<buffer of {held(self)!r}>"

    def __len__(self) -> int:
        return len(self._value)

    def __bool__(self) -> bool:
        return bool(held(self))

    def __float__(self) -> float:
        return float(held(self))

    def __int__(self) -> int:
        return int(held(self))

    def __index__(self) -> int:
        return held(self).__index__()

    def __complex__(self) -> complex:
        return complex(held(self))

    def __format__(self, how: str) -> str:
        return format(held(self), how)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        value = held(self)
        if type(value) is not ndarray:
            return value.__array__(dtype)
        if copy is not True and (dtype is None or dtype == value.dtype):
            return lending.lend(self)
        return np.array(value, dtype=dtype, copy=copy)

    def __reduce__(self) -> Any:
        return held(self).__reduce__()

    def __copy__(self) -> Buffer:
        return self.copy("K")

    def __deepcopy__(self, memo: Any) -> Buffer:
        return self.copy("K")

    def copy(self, order: Any = "C") -> Buffer:
        """An independent buffer."""
        value = held(self)
        return Buffer(value.copy(order) if type(value) is ndarray else in_order(fresh(value), order))

    # ---- reading and writing -----------------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        index = held_index(index)
        value = held(self)
        if type(index) is int:
            if len(value.shape) == 1:
                return value[index]
        elif not is_basic(index):
            return kept(value[index])
        made = value[index]
        if type(made) is ndarray or type(value) is not ndarray and has_memory(made.shape, {"index": index}):
            return viewing.linked(self, made, lambda x: x[index])
        return made

    def __setitem__(self, index: Any, new: Any) -> None:
        index, new = held_index(index), held(new)
        value = held(self)
        if type(value) is ndarray:
            if type(new) in (list, tuple):
                new = held_deeply(new)
                if holds_traced(new):
                    new = array_of(new)
            if not isinstance(new, TRACED):
                value[index] = new
                return
        writing.write(self, index, new)

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[k] for k in range(len(self)))

    def __contains__(self, x: Any) -> bool:
        return bool(np.any(held(self) == held(x)))

    # ---- methods of arrays -------------------------------------------------------------------------------------------

    def view(self, *arguments: Any) -> Any:
        """As `numpy.ndarray.view`, for the same dtype; of plain memory any."""
        value = held(self)
        if type(value) is not ndarray or not arguments or arguments[0] in (ndarray, value.dtype):
            return self[...]
        return lending.lend(self).view(*arguments)


TRACED = (Traced, Rec)


def held(x: Any) -> Any:
    """What a buffer holds now; everything else as it is."""
    if type(x) is not Buffer:
        return x
    root = x._root
    if x._part is not None:
        return getattr(held(x._part[0]), x._part[1])
    if root is not None and (root._version != x._version or root._lent is True):
        assert x._take is not None
        x._value, x._version = x._take(root._value), root._version
    return x._value


def held_deeply(x: Any) -> Any:
    """The same inside lists, tuples and dictionaries."""
    cls = type(x)
    if cls is Buffer:
        return held(x)
    if cls is list or cls is tuple:
        for v in x:
            if type(v) is Buffer or type(v) in (list, tuple, dict):
                return cls(map(held_deeply, x))
    elif cls is dict:
        return {k: held_deeply(v) for k, v in x.items()}
    return x


def held_keywords(keywords: dict[str, Any]) -> dict[str, Any]:
    """Keywords without buffers."""
    return {k: held_deeply(v) for k, v in keywords.items()} if keywords else keywords


def held_index(index: Any) -> Any:
    """An index without buffers."""
    if type(index) is Buffer:
        return held(index)
    return tuple(map(held, index)) if type(index) is tuple else index


def holds_traced(x: Any) -> bool:
    """Whether a value is traced or recorded, or a list, tuple or dictionary that holds one, at any depth."""
    if isinstance(x, TRACED):
        return True
    if type(x) is Buffer:
        return isinstance(held(x), TRACED)
    if type(x) in (list, tuple):
        return any(map(holds_traced, x))
    return type(x) is dict and any(map(holds_traced, x.values()))


def kept(x: Any) -> Any:
    """A result of lifted code: floating arrays can be written into, so they are buffers."""
    cls = type(x)
    if cls is ndarray:
        return Buffer(x) if x.shape and x.dtype.kind in "fc" and x.flags.writeable and is_alone(x) else x
    return tuple(map(kept, x)) if cls is tuple else x


def is_alone(x: Any) -> bool:
    """Whether nobody else holds the memory of an array that a function has given."""
    base = x.base
    return base is None or type(base) is ndarray and base.base is None and sys.getrefcount(base) <= 3


def array_of(x: Any) -> Any:
    """A list that holds traced values as one traced array."""
    from ..numpy.registry import operand

    return operand(x)


def fresh(x: Any) -> Any:
    """A traced value of its own with the same content: nothing is computed, and writes to one stay its own."""
    from ..engines.views import current

    if not isinstance(x, TRACED):
        return x.copy()
    current(x)
    made = object.__new__(type(x))
    for name in slots_of(type(x)):
        setattr(made, name, getattr(x, name))
    made._base = None
    return made


def slots_of(cls: type) -> tuple[str, ...]:
    """The slots of an engine's class."""
    return cls.__slots__  # type: ignore[attr-defined]


def on_held(op: Any, classes: tuple[type, ...]) -> Callable[..., Any]:
    """An operation with buffers among its arguments: on what they hold."""

    def on_values(*arguments: Any, **keywords: Any) -> Any:
        return op.function(*map(held_deeply, arguments), **keywords)

    return on_values


HOLDERS[Buffer] = (held, on_held)
LIFTING.held = held_deeply
SPACES[Buffer] = lambda x: SPACES[type(held(x))](held(x))
add_layer(Layer(Buffer, "transform", payload=held, provider=provide, sealed=True, place="dispatchml.lift"))


from . import buffer_methods, calling, elements, lending, viewing, writing  # noqa: E402, F401  they need the class
