"""Arrays of lifted code: plain memory until a traced value is written, with NumPy's aliasing before and after.

A buffer holds a NumPy array, or the traced value that it has become. A view of plain memory is NumPy's own view. Once
its root is traced, a view knows how it was taken and gathers its elements from there when it is read; a write goes to
the root as a functional update, by positions that NumPy itself finds: the same slicing and reshaping of whole numbers.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import LiftError, at_user_line
from ..dispatch.layers import Layer, add_layer
from ..engines.provider import HOLDERS, provide
from ..engines.record import Rec
from ..engines.space import SPACES
from ..engines.traced import Traced
from ..ops.index import is_basic
from ..transforms.boundary import LIFTING

ndarray = np.ndarray
Take = Callable[[Any], Any]


class Buffer:
    """An array that takes traced values. `_value` is what it holds; a view has its root and how it is taken from it."""

    __slots__ = ("_value", "_root", "_take", "_version", "_order", "_part", "_viewed", "__weakref__")
    __array_priority__ = 2_000_000.0
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any, root: Buffer | None = None, take: Take | None = None) -> None:
        self._value, self._root, self._take = value, root, take
        self._version: int = 0 if root is None else root._version
        self._order = "C"
        #: (buffer, "real" or "imag") of what is a part of complex numbers.
        self._part: tuple[Buffer, str] | None = None
        #: Whether views of it have been taken; "reshaped" where its shape was set after that.
        self._viewed: Any = False

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
    T = property(lambda self: view(self, lambda x: x.T), doc="The axes reversed.")
    mT = property(lambda self: view(self, lambda x: x.mT), doc="The last two axes exchanged.")
    real = property(lambda x: part(x, "real"), lambda x, new: set_part(x, "real", new), doc="The real part.")
    imag = property(lambda x: part(x, "imag"), lambda x, new: set_part(x, "imag", new), doc="The imaginary part.")
    flat = property(lambda self: held(self).flat, doc="As `numpy.ndarray.flat`.")

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
        return np.array(value, dtype=dtype, copy=copy) if type(value) is ndarray else value.__array__(dtype)

    def __reduce__(self) -> Any:
        return held(self).__reduce__()

    def __copy__(self) -> Buffer:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Buffer:
        return self.copy()

    def copy(self, order: Any = "C") -> Buffer:
        """An independent buffer."""
        value = held(self)
        return Buffer(value.copy(order) if type(value) is ndarray else fresh(value))

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
        if type(made) is ndarray or type(value) is not ndarray and made.shape:
            return linked(self, made, lambda x: x[index])
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
        write(self, index, new)

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[k] for k in range(len(self)))

    def __contains__(self, x: Any) -> bool:
        return bool(np.any(held(self) == held(x)))

    # ---- methods of arrays -------------------------------------------------------------------------------------------

    def reshape(self, *shape: Any, order: str = "C", **keywords: Any) -> Any:
        """As `numpy.ndarray.reshape`."""
        return view(self, lambda x: x.reshape(*shape, order=order))

    def ravel(self, order: str = "C") -> Any:
        """As `numpy.ndarray.ravel`."""
        return view(self, lambda x: x.ravel(order))

    def transpose(self, *axes: Any) -> Any:
        """As `numpy.ndarray.transpose`."""
        return view(self, lambda x: x.transpose(*axes))

    def swapaxes(self, one: int, other: int) -> Any:
        """As `numpy.ndarray.swapaxes`."""
        return view(self, lambda x: x.swapaxes(one, other))

    def squeeze(self, axis: Any = None) -> Any:
        """As `numpy.ndarray.squeeze`."""
        return view(self, lambda x: x.squeeze(axis))

    def view(self, *arguments: Any) -> Any:
        """As `numpy.ndarray.view`, for the same dtype; of plain memory any."""
        if type(held(self)) is ndarray and arguments and arguments[0] is not ndarray:
            return held(self).view(*arguments)
        return view(self, lambda x: x[...])

    def fill(self, value: Any) -> None:
        """As `numpy.ndarray.fill`."""
        self[...] = value

    def sort(self, axis: int = -1, kind: Any = None, order: Any = None, **keywords: Any) -> None:
        """As `numpy.ndarray.sort`, in place."""
        self[...] = np.sort(held(self), axis)

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """As `numpy.ndarray.put`."""
        if mode != "raise":
            raise LiftError(f"put(mode={mode!r}) into an array of lifted code{at_user_line()}: write x.flat[i] = v.")
        self[np.unravel_index(np.asarray(indices), self.shape)] = values

    # ---- NumPy's protocols -------------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        out = keywords.pop("out", None)
        if out is None:
            given = [held(x) for x in inputs]
            if method == "at":
                return write_at(ufunc, inputs, given)
            return kept(getattr(ufunc, method)(*given, **held_keywords(keywords)))
        given = [held_deeply(x) for x in inputs]
        into = [held(x) for x in out]
        if not any(isinstance(x, TRACED) for x in (*given, *into)):
            getattr(ufunc, method)(*given, out=tuple(into), **held_keywords(keywords))
        else:
            if any(type(x) is ndarray for x in out):
                from ..numpy.registry import refuse_out

                refuse_out(ufunc.__name__)
            where = held(keywords.pop("where", True))
            if where is not True:
                given = [protected(x, where) for x in given]
            found = getattr(ufunc, method)(*given, **held_keywords(keywords))
            for x, y in zip(out, found if type(found) is tuple else (found,), strict=True):
                if x is not None:
                    x[...] = y if where is True else np.where(where, y, held(x))
        return out[0] if len(out) == 1 else out

    def __array_function__(self, func: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        out = kwargs.get("out")
        if func in IN_PLACE and type(args[0]) is Buffer and holds_traced([held_deeply(x) for x in args]):
            return IN_PLACE[func](*args, **kwargs)
        if type(out) is Buffer:
            kwargs = {k: v for k, v in kwargs.items() if k != "out"}
            out[...] = func(*args, **kwargs)
            return out
        if func in VIEWS and args and type(args[0]) is Buffer:
            rest = tuple(map(held_deeply, args[1:]))
            return view(args[0], lambda x: func(x, *rest, **kwargs))
        return kept(func(*map(held_deeply, args), **held_keywords(kwargs)))


TRACED = (Traced, Rec)


def held(x: Any) -> Any:
    """What a buffer holds now; everything else as it is."""
    if type(x) is not Buffer:
        return x
    root = x._root
    if x._part is not None:
        return getattr(held(x._part[0]), x._part[1])
    if root is not None and root._version != x._version:
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


#: Up to so many bytes, the plain memory of an array that has become traced is made nan.
FORGOTTEN = 2**18


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


# ---- views -----------------------------------------------------------------------------------------------------------


def linked(x: Buffer, made: Any, take: Take) -> Buffer:
    """A view of a buffer."""
    if x._part is not None:
        owner, name = x._part
        return part(view(owner, take), name)
    if x._root is None:
        x._viewed = x._viewed or True
        return Buffer(made, x, take)
    before = x._take
    assert before is not None
    return Buffer(made, x._root, lambda v: take(before(v)))


def view(x: Buffer, take: Take) -> Any:
    """What a function that may give a view gives for a buffer: a view where NumPy would give one."""
    value = held(x)
    made = take(value)
    if type(value) is ndarray:
        shares = type(made) is ndarray and np.may_share_memory(made, value)
    else:
        where = positions(x)
        shares = np.may_share_memory(take(where), where)
    if type(made) in (list, tuple):
        return type(made)(view(x, lambda v, k=k: take(v)[k]) for k in range(len(made)))  # pyright: ignore[reportArgumentType]
    if not shares:
        return kept(made)
    return linked(x, made, take)


def positions(x: Buffer) -> Any:
    """The flat positions of a buffer's elements in its root, laid out in memory as its root was."""
    from ..numpy.manipulation import order_of

    root = x if x._root is None else x._root
    shape = root._value.shape
    where = np.arange(math.prod(shape)).reshape(shape)
    if root._order == "F" or order_of(root._value) == "F":
        where = np.asfortranarray(where)
    return where if x._take is None else x._take(where)


def part(x: Buffer, name: str) -> Any:
    """The real or imaginary part: of plain memory NumPy's own view of it."""
    value = held(x)
    made = getattr(value, name)
    if type(value) is ndarray:
        if made is value or not made.shape or not made.flags.writeable:
            return x if name == "real" else made
    elif value.dtype.kind != "c":
        return x if name == "real" else made
    found = Buffer(made)
    found._part = x, name
    return found


def set_part(x: Buffer, name: str, new: Any) -> None:
    """`x.real = new` and `x.imag = new`."""
    value, new = held(x), held(new)
    if new is x or new is value:
        return
    if type(value) is ndarray and not isinstance(new, TRACED):
        setattr(value, name, new)
    elif value.dtype.kind != "c":
        x[...] = new
    else:
        x[...] = new + 1j * value.imag if name == "real" else value.real + 1j * new  # pyright: ignore[reportAttributeAccessIssue, reportOperatorIssue]


def write(x: Buffer, index: Any, new: Any) -> None:
    """`x[index] = new` where x or new is traced: the root holds a new value, which every view sees."""
    if x._part is not None:
        owner, name = x._part
        now = held(x)
        now = now.copy() if type(now) is ndarray else now
        refuse_lost(now, new)
        set_part(owner, name, ops.setitem(now, fit(new, now, index), index=index))
        return
    root = x if x._root is None else x._root
    value = root._value
    if root._viewed == "reshaped" and type(value) is ndarray:
        raise LiftError(
            f"A traced value was written into an array whose shape had been set after views of it were taken"
            f"{at_user_line()}. Write x = x.reshape(shape) instead of x.shape = shape."
        )
    if type(value) is ndarray and value.flags.f_contiguous and not value.flags.c_contiguous:
        root._order = "F"
    whole = index is Ellipsis or type(index) is slice and index == slice(None)
    memory = value if type(value) is ndarray else None
    if memory is not None:
        refuse_lost(value, new)
        value = value.copy("K") if not whole or x is not root else value
    if x is root and whole and ops.shape(new) == value.shape and isinstance(new, TRACED):
        made = fresh(new) if new.dtype == value.dtype else ops.astype(new, dtype=value.dtype)
    elif x is root:
        made = ops.setitem(value, fit(new, value, index), index=index)
    else:
        where = positions(x)[index]
        flat = np.unravel_index(where, value.shape)
        made = ops.setitem(value, broadcast(new, where.shape), index=flat)
    root._value = made
    root._version += 1
    if memory is not None and memory.nbytes <= FORGOTTEN and memory.flags.writeable:
        memory.fill(np.nan)  # who still holds the plain memory shall not take it for the array


def fit(new: Any, value: Any, index: Any) -> Any:
    """What is written, as operations take it; one element of several axes becomes a number, as in NumPy."""
    if type(new) in (list, tuple):
        new = array_of(held_deeply(new))
    if type(index) is int and len(value.shape) == 1 and ops.ndim(new) and ops.size(new) == 1:
        return ops.reshape(new, shape=())
    return new


def broadcast(new: Any, shape: tuple[int, ...]) -> Any:
    """What is written to positions of this shape."""
    if type(new) in (list, tuple):
        new = array_of(held_deeply(new))
    have = ops.shape(new)
    if have == shape:
        return new
    if len(have) > len(shape):
        new = ops.reshape(new, shape=have[len(have) - len(shape) :])
    return ops.broadcast_to(new, shape=shape)


def refuse_lost(value: Any, new: Any) -> None:
    """Refuse to write complex numbers into real ones, which would lose half of them."""
    if isinstance(new, TRACED) and new.dtype.kind == "c" and value.dtype.kind == "f":
        raise LiftError(
            f"A complex traced value was written into a real array{at_user_line()}: its imaginary part would be lost. "
            "Make the array with dtype=complex, or write x.real."
        )


def write_at(ufunc: Any, inputs: tuple[Any, ...], given: list[Any]) -> None:
    """`ufunc.at`."""
    x, index, *values = inputs[0], *map(held_deeply, given[1:])
    value = held(x)
    if type(value) is ndarray and not holds_traced(values):
        ufunc.at(value, index, *values)
        return
    if type(x) is not Buffer:
        ufunc.at(x, index, *values)
        return
    target = fresh(value) if isinstance(value, TRACED) else ops.multiply(first_traced(values) * 0, np.ones(value.shape))
    if not isinstance(value, TRACED):
        target = ops.add(np.zeros(value.shape), ops.broadcast_to(ops.sum(target) * 0, shape=value.shape)) + value
    ufunc.at(target, index, *values)
    x[...] = target


def first_traced(values: list[Any]) -> Any:
    """The first traced value, summed to a number."""
    return ops.sum(next(x for x in values if isinstance(x, TRACED)))


def protected(x: Any, where: Any) -> Any:
    """An argument with ones where its value is not used, so that nothing of it comes out of a division by zero."""
    return np.where(where, x, 1) if isinstance(x, TRACED) or type(x) is ndarray else x


def copyto(target: Buffer, source: Any, casting: str = "same_kind", where: Any = True) -> None:
    """As `numpy.copyto`."""
    target[...] = source if where is True else np.where(held(where), held(source), held(target))


def fill_diagonal(a: Buffer, val: Any, wrap: bool = False) -> None:
    """As `numpy.fill_diagonal`, for matrices."""
    n = min(a.shape)
    a[np.arange(n), np.arange(n)] = val


def putmask(a: Buffer, mask: Any, values: Any) -> None:
    """As `numpy.putmask`."""
    copyto(a, values, where=mask)


def place(arr: Buffer, mask: Any, vals: Any) -> None:
    """As `numpy.place`: the values go round where there are fewer of them than places."""
    where = np.flatnonzero(np.broadcast_to(np.asarray(held(mask), bool), arr.shape))
    if where.size:
        values = held_deeply(vals)
        values = np.ravel(array_of(values) if type(values) in (list, tuple) else values)
        if len(values) != where.size:
            values = values[np.arange(where.size) % len(values)]
        arr[np.unravel_index(where, arr.shape) if arr.shape else ()] = values if arr.shape else values[0]


#: Functions of NumPy that write into their first argument.
IN_PLACE: dict[Any, Callable[..., Any]] = {
    np.copyto: copyto, np.fill_diagonal: fill_diagonal, np.putmask: putmask, np.place: place,
    np.put: lambda a, ind, v, mode="raise": a.put(ind, v, mode),
}  # fmt: skip
#: Functions of NumPy whose results may be views of their first argument.
VIEWS = {
    np.reshape, np.ravel, np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.squeeze, np.expand_dims,
    np.atleast_1d, np.atleast_2d, np.atleast_3d, np.broadcast_to, np.split, np.array_split, np.hsplit, np.vsplit,
    np.dsplit, np.diagonal, np.flip, np.flipud, np.fliplr, np.rot90, np.matrix_transpose, np.permute_dims,
    np.lib.stride_tricks.sliding_window_view,
}  # fmt: skip


# ---- operators and the remaining methods -----------------------------------------------------------------------------


def operators() -> None:
    """Python's operators: those of what is held, in place where Python says so."""
    import operator

    for name in "add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift lt le gt ge eq ne".split():
        function = getattr(operator, name)
        method = name.strip("_")
        setattr(Buffer, f"__{method}__", direct(function))
        if name not in ("lt", "le", "gt", "ge", "eq", "ne"):
            setattr(Buffer, f"__r{method}__", reflected(function))
            setattr(Buffer, f"__i{method}__", in_place(function, getattr(operator, f"i{method}")))
    for name in ("neg", "pos", "abs", "invert"):
        setattr(Buffer, f"__{name}__", unary(getattr(operator, name)))
    Buffer.__divmod__ = lambda self, other: (self // other, self % other)  # type: ignore[attr-defined]
    Buffer.__rdivmod__ = lambda self, other: (other // self, other % self)  # type: ignore[attr-defined]


def direct(function: Any) -> Any:
    """The operator of what a buffer holds."""

    def operator(self: Buffer, other: Any) -> Any:
        return kept(function(held(self), held_deeply(other)))

    return operator


def reflected(function: Any) -> Any:
    """The same with the operands the other way round."""

    def operator(self: Buffer, other: Any) -> Any:
        return kept(function(held_deeply(other), held(self)))

    return operator


def unary(function: Any) -> Any:
    """The same for one operand."""

    def operator(self: Buffer) -> Any:
        return kept(function(held(self)))

    return operator


def in_place(function: Any, change: Any) -> Any:
    """The operator that changes its first operand."""

    def operator(self: Buffer, other: Any) -> Any:
        value, other = held(self), held_deeply(other)
        if type(value) is ndarray and not holds_traced(other):
            change(value, other)
        else:
            new = function(value, other)
            if ops.shape(new) != value.shape:
                change(np.empty(value.shape), np.empty(ops.shape(new)))  # NumPy's error
            write(self, Ellipsis, new)
        return self

    return operator


def methods() -> None:
    """Methods of arrays that are functions of NumPy too."""
    for name in (
        "sum mean prod min max std var any all cumsum cumprod argmin argmax argsort argpartition trace clip round "
        "nonzero searchsorted take repeat dot compress choose"
    ).split():
        setattr(Buffer, name, method_of(name, getattr(np, name)))
    for name in "astype conj conjugate flatten diagonal tolist item".split():
        setattr(Buffer, name, method_of(name, None))


def method_of(name: str, function: Any) -> Any:
    """A method: of what is held, or NumPy's function where an argument is traced."""

    def method(self: Buffer, *arguments: Any, **keywords: Any) -> Any:
        value = held(self)
        arguments, keywords = held_deeply(arguments), held_keywords(keywords)
        if function is not None and type(value) is ndarray and (holds_traced(arguments) or holds_traced(keywords)):
            return kept(function(value, *arguments, **keywords))
        return kept(getattr(value, name)(*arguments, **keywords))

    method.__name__ = method.__qualname__ = name
    return method


operators()
methods()


def on_held(op: Any, classes: tuple[type, ...]) -> Callable[..., Any]:
    """An operation with buffers among its arguments: on what they hold."""

    def on_values(*arguments: Any, **keywords: Any) -> Any:
        return op.function(*map(held_deeply, arguments), **keywords)

    return on_values


HOLDERS[Buffer] = (held, on_held)
LIFTING.held = held_deeply
SPACES[Buffer] = lambda x: SPACES[type(held(x))](held(x))
add_layer(Layer(Buffer, "transform", payload=held, provider=provide, sealed=True, place="dispatchml.lift"))
